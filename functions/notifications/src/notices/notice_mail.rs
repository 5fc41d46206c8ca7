//! Mails about notices.

use cloud::Mail;
use db_core::{CoreDb, NoticeMail};
use lettre::message::{Mailbox, MultiPart};
use messages::{Language, notifications as say};
use minijinja::{AutoEscape, Environment, context};
use runtime::{Cx, Error, Result, TenantId};
use uuid::Uuid;

/// Sends the mail about a notice; if it was sent already, does nothing.
pub(crate) async fn send(cx: &Cx, db: &CoreDb, tenant: TenantId, notice: Uuid, user: Uuid) -> Result<()> {
    let Some(mail) = db.notice_mail(tenant, notice, user, cx.now).await? else { return Ok(()) };
    let sender = cx.get::<Mail>().await?;
    let app = cx.env().text("APP_URL")?.trim_end_matches('/').to_owned();
    let bytes = message(&mail, sender.from(), &app)?;
    sender.send_raw(std::slice::from_ref(&mail.to), bytes).await?;
    mail.sent(cx.now).await
}

/// Returns the address in the application that a notice leads to.
fn link(mail: &NoticeMail, app: &str) -> String {
    let page = [
        ("import_id", "imports"),
        ("export_id", "exports"),
        ("automation_id", "automations"),
        ("webhook_id", "webhooks"),
    ]
    .into_iter()
    .find_map(|(key, page)| Some(format!("{page}/{}", mail.subject.get(key)?.as_str()?)));
    format!("{app}/{}", page.unwrap_or_else(|| "notifications".to_owned()))
}

/// Returns the complete message (RFC 5322), in text and HTML.
fn message(mail: &NoticeMail, from: &str, app: &str) -> Result<Vec<u8>> {
    let language = Language::named(&mail.locale);
    let values = context! {
        language => language.code(),
        open => say::mail_open().into_string(language),
        reason => say::mail_reason(&mail.organisation).into_string(language),
        choose => say::mail_preferences().into_string(language),
        title => mail.text.title.as_str(),
        message => mail.text.message.as_str(),
        link => link(mail, app),
        preferences => format!("{app}/notifications/preferences"),
    };
    let mut templates = Environment::new();
    templates
        .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    let mut render = |name: &'static str, source: &'static str| {
        templates.add_template(name, source)?;
        templates.get_template(name)?.render(&values)
    };
    let text = render("notice.txt", include_str!("../../mails/notice.txt")).map_err(Error::internal)?;
    let html = render("notice.html", include_str!("../../mails/notice.html")).map_err(Error::internal)?;
    let address = |address: &str| -> Result<Mailbox> { address.parse().map_err(Error::internal) };
    // A line break in a file's name must not begin another header.
    let subject = mail.text.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = lettre::Message::builder()
        .from(Mailbox::new(Some("Products Manager".to_owned()), address(from)?.email))
        .to(address(&mail.to)?)
        .subject(subject)
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(Error::internal)?;
    Ok(message.formatted())
}
