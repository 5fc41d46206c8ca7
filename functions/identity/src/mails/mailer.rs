//! Mails: requested in the database, sent through the queue `mails`, in English or French.

use cloud::{Outgoing, Queues};
use db_core::MailKind;
use lettre::message::{Mailbox, MultiPart};
use messages::{Language, identity as say};
use minijinja::{AutoEscape, Environment, context};
use runtime::{Cx, Env, Error, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::mails::letter::{Letter, Values};

/// A message of the queue `mails`.
#[derive(Debug, Serialize, Deserialize)]
pub struct MailMessage {
    /// The id of the mail to send, in the table `mails`.
    pub mail_id: Uuid,
}

/// Sends a mail that was requested: puts it on the queue. If the queue does not accept it, `sweep_mails` sends it a
/// minute later.
pub(crate) async fn post(cx: &Cx, mail_id: Uuid) {
    let send = async {
        let message = Outgoing::json(&MailMessage { mail_id }, mail_id)?;
        cx.get::<Queues>().await?.send("identity-mails", vec![message]).await
    };
    if let Err(error) = send.await {
        runtime::log_error(&error, &cx.request_id);
    }
}

/// Returns the address of a page of the web application, with a token: `APP_URL`/`page`#token=….
///
/// A browser does not send what follows the `#`, so no server logs the token.
pub(crate) fn link(env: &Env, page: &str, token: Option<&str>) -> Result<String> {
    let app = env.text("APP_URL")?.trim_end_matches('/').to_owned();
    Ok(match token {
        Some(token) => format!("{app}/{page}#token={token}"),
        None => format!("{app}/{page}"),
    })
}

/// Returns a complete message (RFC 5322): text and HTML, in the recipient's language.
pub(crate) fn message(kind: MailKind, language: Language, from: &str, to: &str, values: &Values) -> Result<Vec<u8>> {
    let letter = Letter::new(kind, values);
    let action_and_link = say::mail_link(letter.action.clone(), &values.link);
    let (footer, button_hint) = (say::mail_footer(), say::mail_button_hint());
    let context = context! {
        language => language.code(),
        subject => letter.subject.shown(language),
        opening => letter.opening.shown(language),
        quote => letter.quote.as_ref().map(|quote| quote.shown(language)),
        advice => letter.advice.shown(language),
        action => letter.action.shown(language),
        action_and_link => action_and_link.shown(language),
        link => values.link.as_str(),
        button_hint => button_hint.shown(language),
        footer => footer.shown(language),
    };
    let mut templates = Environment::new();
    templates
        .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    let mut render = |name: &'static str, source: &'static str| {
        templates.add_template(name, source)?;
        templates.get_template(name)?.render(&context)
    };
    let text = render("layout.txt", include_str!("../../mails/layout.txt")).map_err(Error::internal)?;
    let html = render("layout.html", include_str!("../../mails/layout.html")).map_err(Error::internal)?;
    let address = |address: &str| -> Result<Mailbox> { address.parse().map_err(Error::internal) };
    let message = lettre::Message::builder()
        .from(Mailbox::new(Some("Products Manager".to_owned()), address(from)?.email))
        .to(address(to)?)
        .subject(letter.subject.shown(language))
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(Error::internal)?;
    Ok(message.formatted())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [MailKind; 7] = [
        MailKind::VerifyEmail,
        MailKind::SignedUpAgain,
        MailKind::ResetPassword,
        MailKind::PasswordChanged,
        MailKind::ConfirmNewEmail,
        MailKind::EmailIsChanging,
        MailKind::Invitation,
    ];

    #[test]
    fn every_mail_is_text_and_html_in_both_languages() {
        let values = Values {
            link: "https://app.example/page#token=abc".into(),
            email: "marie@shop.example".into(),
            organisation: "L'Atelier <du> Nord".into(),
            inviter: "paul@shop.example".into(),
            message: Some("Come & see".into()),
            until: "2026-12-01".into(),
        };
        for kind in KINDS {
            let mut subjects = Vec::new();
            for language in [Language::En, Language::Fr] {
                let bytes = message(kind, language, "no-reply@pm.example", "marie@shop.example", &values).unwrap();
                let raw = String::from_utf8(bytes).unwrap();
                assert!(
                    raw.contains("multipart/alternative") && raw.contains("text/plain") && raw.contains("text/html")
                );
                let subject = raw.lines().find(|line| line.starts_with("Subject: ")).unwrap().to_owned();
                assert!(subject.len() > 12 && !subject.contains("{{"), "{subject}");
                subjects.push(subject);
            }
            assert_ne!(subjects[0], subjects[1], "{kind:?}");
        }
    }

    #[test]
    fn what_people_wrote_is_escaped_and_begins_no_header() {
        let values = Values {
            organisation: "<script>alert(1)</script>\r\nBcc: all@shop.example".into(),
            inviter: "paul@shop.example".into(),
            ..Values::default()
        };
        let raw = String::from_utf8(
            message(MailKind::Invitation, Language::En, "a@b.example", "c@d.example", &values).unwrap(),
        )
        .unwrap();
        assert!(!raw.contains("\nBcc:") && !raw.lines().any(|line| line.starts_with("Bcc")), "{raw}");
        let html = raw.split("text/html").nth(1).unwrap();
        assert!(!html.contains("<script>"), "{html}");
    }
}
