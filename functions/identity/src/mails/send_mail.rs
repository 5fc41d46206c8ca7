//! SQS `identity-mails`: sends a waiting mail.

use cloud::Mail;
use db_core::{CoreDb, LinkPurpose, MailKind, WaitingMail};
use messages::Language;
use runtime::{Cx, Error, Result, TenantId};
use serde::Deserialize;
use uuid::Uuid;

use crate::mails::letter::Values;
use crate::mails::mailer::{MailMessage, link, message};
use crate::secret::Secret;

/// Sends a requested mail, once: if the message is delivered again, the row says that the mail was sent.
pub async fn send_mail(cx: Cx, input: MailMessage) -> Result<()> {
    let db = cx.get::<CoreDb>().await?;
    let Some(waiting) = db.waiting_mail(input.mail_id).await? else { return Ok(()) };
    if let Some(mail) = mail_of(&cx, &db, &waiting).await? {
        let sender = cx.get::<Mail>().await?;
        let bytes = message(mail.kind, mail.language, sender.from(), &mail.to, &mail.values)?;
        sender.send_raw(&[mail.to], bytes).await?;
    }
    waiting.sent(cx.now).await
}

/// A mail that is ready to be sent.
struct ReadyMail {
    kind: MailKind,
    to: String,
    language: Language,
    values: Values,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    user_id: Option<Uuid>,
    email: Option<String>,
    old_email: Option<String>,
    locale: Option<String>,
    tenant_id: Option<TenantId>,
    invitation_id: Option<Uuid>,
}

/// The mail that is to be sent; `None` if the account does not exist or there is nothing to confirm.
async fn mail_of(cx: &Cx, db: &CoreDb, waiting: &WaitingMail) -> Result<Option<ReadyMail>> {
    let detail: Detail = serde_json::from_value(waiting.detail.clone()).map_err(Error::internal)?;
    if waiting.kind == MailKind::Invitation {
        return invitation(cx, db, &detail).await;
    }
    // By id, or by address where only the address is known.
    let user = match (detail.user_id, &detail.email) {
        (Some(user), _) => user,
        (None, Some(email)) => match db.account(email).await? {
            Some(account) if waiting.kind == MailKind::VerifyAgain && account.verified => return Ok(None),
            Some(account) if waiting.kind == MailKind::SignedUpAgain && !account.verified => {
                // Signed up twice, never confirmed: the first person may have been somebody else. So the owner of the
                // address chooses a new password.
                return to_person(cx, db, MailKind::ResetPassword, account.user, &detail).await.map(Some);
            }
            Some(account) => account.user,
            None => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    let password_changed_at = db.profile(user).await?.password_changed_at;
    if waiting.kind == MailKind::ConfirmNewEmail && password_changed_at.is_some_and(|at| at >= waiting.asked_at) {
        // The change was requested with a password that is not valid any more.
        return Ok(None);
    }
    to_person(cx, db, waiting.kind, user, &detail).await.map(Some)
}

async fn to_person(cx: &Cx, db: &CoreDb, kind: MailKind, user: Uuid, detail: &Detail) -> Result<ReadyMail> {
    let profile = db.profile(user).await?;
    let to = match (kind, &detail.email) {
        (MailKind::ConfirmNewEmail, Some(new)) => new.clone(),
        // The address that the account had when the change was requested.
        (MailKind::EmailIsChanging, _) => detail.old_email.clone().unwrap_or_else(|| profile.email.clone()),
        _ => profile.email.clone(),
    };
    let about = detail.email.clone().unwrap_or_else(|| profile.email.clone());
    let language = Language::named(detail.locale.as_ref().unwrap_or(&profile.locale));
    let (page, purpose) = match kind {
        MailKind::VerifyEmail | MailKind::VerifyAgain => ("verify-email", Some(LinkPurpose::VerifyEmail)),
        MailKind::ResetPassword => ("reset-password", Some(LinkPurpose::ResetPassword)),
        MailKind::ConfirmNewEmail => ("confirm-email", Some(LinkPurpose::ChangeEmail)),
        MailKind::SignedUpAgain | MailKind::PasswordChanged | MailKind::EmailIsChanging | MailKind::Invitation => {
            ("login", None)
        }
    };
    let link = match purpose {
        Some(purpose) => {
            let secret = Secret::random(user)?;
            db.add_link(user, purpose, &to, secret.hash(), cx.now).await?;
            link(cx.env(), page, Some(&secret.text))?
        }
        None => link(cx.env(), page, None)?,
    };
    Ok(ReadyMail { kind, to, language, values: Values { link, email: about, ..Values::default() } })
}

async fn invitation(cx: &Cx, db: &CoreDb, detail: &Detail) -> Result<Option<ReadyMail>> {
    let (Some(tenant), Some(id)) = (detail.tenant_id, detail.invitation_id) else { return Ok(None) };
    let secret = Secret::random(tenant.0)?;
    let Some(mail) = db.invitation_mail(tenant, id, secret.hash()).await? else { return Ok(None) };
    let values = Values {
        link: link(cx.env(), "accept-invitation", Some(&secret.text))?,
        email: mail.email.clone(),
        organisation: mail.organisation,
        inviter: mail.inviter.unwrap_or_default(),
        message: mail.message,
        until: mail.expires_at.date().to_string(),
    };
    let language = Language::named(&mail.locale);
    Ok(Some(ReadyMail { kind: MailKind::Invitation, to: mail.email, language, values }))
}
