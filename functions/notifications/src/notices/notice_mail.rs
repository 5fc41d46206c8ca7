//! Mails about notices.

use cloud::Mail;
use db_core::{CoreDb, NoticeMail};
use lettre::message::{Mailbox, MultiPart};
use minijinja::{AutoEscape, Environment, context};
use runtime::{Cx, Error, Result, TenantId};
use uuid::Uuid;

/// Sends the mail about a notice, once: delivered again, it finds that it was sent.
pub(crate) async fn send(cx: &Cx, db: &CoreDb, tenant: TenantId, notice: Uuid, user: Uuid) -> Result<()> {
    let Some(mail) = db.notice_mail(tenant, notice, user, cx.now).await? else { return Ok(()) };
    let sender = cx.get::<Mail>().await?;
    let app = cx.env().text("APP_URL")?.trim_end_matches('/').to_owned();
    let bytes = message(&mail, sender.from(), &app)?;
    sender.send_raw(std::slice::from_ref(&mail.to), bytes).await?;
    mail.sent(cx.now).await
}

/// Where a notice leads.
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

/// A whole message (RFC 5322): text and HTML.
fn message(mail: &NoticeMail, from: &str, app: &str) -> Result<Vec<u8>> {
    let (language, look, why, choose) = if mail.locale == "fr" {
        ("fr", "Voir", "Vous recevez cet e-mail en tant que membre de", "Choisir ses e-mails")
    } else {
        ("en", "Look at it", "You get this mail as a member of", "Choose which mails you get")
    };
    let values = context! {
        language,
        look,
        why,
        choose,
        title => mail.text.title.as_str(),
        message => mail.text.message.as_str(),
        organisation => mail.organisation.as_str(),
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
    // A file's name may not begin a header of its own.
    let subject = mail.text.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = lettre::Message::builder()
        .from(Mailbox::new(Some("Products Manager".to_owned()), address(from)?.email))
        .to(address(&mail.to)?)
        .subject(subject)
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(Error::internal)?;
    Ok(message.formatted())
}
