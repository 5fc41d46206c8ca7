//! Mails: asked for in the database, sent through the queue `mails`, written from templates in English and French.

use cloud::{Outgoing, Queues};
use db_core::MailKind;
use lettre::message::{Mailbox, MultiPart};
use minijinja::{AutoEscape, Environment, context};
use runtime::{Cx, Env, Error, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A message of the queue `mails`.
#[derive(Debug, Serialize, Deserialize)]
pub struct MailMessage {
    /// The row of the mail that is to be sent.
    pub mail_id: Uuid,
}

/// Has a mail sent that was asked for. When the queue cannot take it, the sweeper sends it a minute later.
pub(crate) async fn post(cx: &Cx, mail_id: Uuid) {
    let sent = async {
        let message = Outgoing::json(&MailMessage { mail_id }, mail_id)?;
        cx.get::<Queues>().await?.send("identity-mails", vec![message]).await
    };
    if let Err(failed) = sent.await {
        runtime::log_error(&failed, &cx.request_id);
    }
}

macro_rules! templates {
    ($($name:literal),*) => {
        const TEMPLATES: &[(&str, &str)] = &[$(
            (concat!($name, ".en.txt"), include_str!(concat!("../../mails/", $name, ".en.txt"))),
            (concat!($name, ".en.html"), include_str!(concat!("../../mails/", $name, ".en.html"))),
            (concat!($name, ".fr.txt"), include_str!(concat!("../../mails/", $name, ".fr.txt"))),
            (concat!($name, ".fr.html"), include_str!(concat!("../../mails/", $name, ".fr.html"))),
        )*];
    };
}

templates!(
    "layout",
    "verify_email",
    "signed_up_again",
    "reset_password",
    "password_changed",
    "confirm_new_email",
    "email_is_changing",
    "invitation"
);

/// What a template is filled with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fill {
    pub(crate) link: String,
    pub(crate) email: String,
    pub(crate) organisation: String,
    pub(crate) inviter: String,
    pub(crate) message: Option<String>,
    pub(crate) until: String,
}

/// The address of a page of the web application, with a token: `APP_URL`/`page`#token=….
///
/// Behind the `#`, a token reaches the page and no server's log.
pub(crate) fn link(env: &Env, page: &str, token: Option<&str>) -> Result<String> {
    let app = env.text("APP_URL")?.trim_end_matches('/').to_owned();
    Ok(match token {
        Some(token) => format!("{app}/{page}#token={token}"),
        None => format!("{app}/{page}"),
    })
}

/// A whole message (RFC 5322): text and HTML, in the recipient's language.
pub(crate) fn message(kind: MailKind, locale: &str, from: &str, to: &str, fill: &Fill) -> Result<Vec<u8>> {
    let locale = if locale == "fr" { "fr" } else { "en" };
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(
        |name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        },
    );
    for (name, source) in TEMPLATES {
        templates.add_template(name, source).map_err(Error::internal)?;
    }
    // What stands in the subject is one line: a name may not begin a header, or a paragraph, of its own.
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let values = context! {
        link => fill.link.as_str(),
        email => fill.email.as_str(),
        organisation => one_line(&fill.organisation),
        inviter => one_line(&fill.inviter),
        message => fill.message.clone(),
        until => fill.until.as_str(),
    };
    let render = |kind_of: &str| {
        let name = format!("{}.{locale}.{kind_of}", kind.name());
        templates.get_template(&name).and_then(|template| template.render(values.clone()))
    };
    let text = render("txt").map_err(Error::internal)?;
    let html = render("html").map_err(Error::internal)?;
    // The first line of the text is the subject.
    let (subject, text) = text.split_once('\n').ok_or_else(|| Error::internal("the template has no subject"))?;
    let address = |address: &str| -> Result<Mailbox> { address.parse().map_err(Error::internal) };
    let message = lettre::Message::builder()
        .from(Mailbox::new(Some("Products Manager".to_owned()), address(from)?.email))
        .to(address(to)?)
        .subject(one_line(subject))
        .multipart(MultiPart::alternative_plain_html(text.trim_start().to_owned(), html))
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
        let fill = Fill {
            link: "https://app.example/page#token=abc".into(),
            email: "marie@shop.example".into(),
            organisation: "L'Atelier <du> Nord".into(),
            inviter: "paul@shop.example".into(),
            message: Some("Come & see".into()),
            until: "2026-12-01".into(),
        };
        for kind in KINDS {
            let mut subjects = Vec::new();
            for locale in ["en", "fr"] {
                let bytes = message(kind, locale, "no-reply@pm.example", "marie@shop.example", &fill).unwrap();
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
        let fill = Fill {
            organisation: "<script>alert(1)</script>\r\nBcc: all@shop.example".into(),
            inviter: "paul@shop.example".into(),
            ..Fill::default()
        };
        let raw = String::from_utf8(message(MailKind::Invitation, "en", "a@b.example", "c@d.example", &fill).unwrap())
            .unwrap();
        assert!(!raw.contains("\nBcc:") && !raw.lines().any(|line| line.starts_with("Bcc")), "{raw}");
        let html = raw.split("text/html").nth(1).unwrap();
        assert!(!html.contains("<script>"), "{html}");
    }
}
