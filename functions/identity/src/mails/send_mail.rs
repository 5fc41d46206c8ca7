//! The queue `mails`

use cloud::Mail;
use db_core::{CoreDb, LinkPurpose, MailKind, WaitingMail};
use runtime::{Cx, Error, Result, TenantId};
use serde::Deserialize;
use uuid::Uuid;

use crate::mails::mailer::{Fill, MailMessage, link, message};
use crate::secret::Secret;

/// Sends a mail that was asked for, once: delivered again, the message finds that it was sent.
pub async fn send_mail(cx: Cx, input: MailMessage) -> Result<()> {
    let db = cx.get::<CoreDb>().await?;
    let Some(waiting) = db.waiting_mail(input.mail_id).await? else { return Ok(()) };
    if let Some(mail) = written(&cx, &db, &waiting).await? {
        let sender = cx.get::<Mail>().await?;
        let bytes = message(mail.kind, &mail.locale, sender.from(), &mail.to, &mail.fill)?;
        sender.send_raw(&[mail.to], bytes).await?;
    }
    waiting.sent(cx.now).await
}

struct Written {
    kind: MailKind,
    to: String,
    locale: String,
    fill: Fill,
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

/// What is to be sent; nothing, when there is no such account or nothing to confirm.
async fn written(cx: &Cx, db: &CoreDb, waiting: &WaitingMail) -> Result<Option<Written>> {
    let detail: Detail = serde_json::from_value(waiting.detail.clone()).map_err(Error::internal)?;
    if waiting.kind == MailKind::Invitation {
        return invitation(cx, db, &detail).await;
    }
    // By address where only that is known, else by id.
    let user = match (detail.user_id, &detail.email) {
        (Some(user), _) => user,
        (None, Some(email)) => match db.account(email).await? {
            Some(account) if waiting.kind == MailKind::VerifyAgain && account.verified => return Ok(None),
            Some(account) if waiting.kind == MailKind::SignedUpAgain && !account.verified => {
                // Signed up twice, never confirmed: the first one may have been somebody else, so a password is chosen anew.
                return to_person(cx, db, MailKind::ResetPassword, account.user, &detail).await.map(Some);
            }
            Some(account) => account.user,
            None => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    let changed = db.profile(user).await?.password_changed_at;
    if waiting.kind == MailKind::ConfirmNewEmail && changed.is_some_and(|at| at >= waiting.asked_at) {
        // Whoever asked knew a password that is none any more.
        return Ok(None);
    }
    to_person(cx, db, waiting.kind, user, &detail).await.map(Some)
}

async fn to_person(cx: &Cx, db: &CoreDb, kind: MailKind, user: Uuid, detail: &Detail) -> Result<Written> {
    let profile = db.profile(user).await?;
    let to = match (kind, &detail.email) {
        (MailKind::ConfirmNewEmail, Some(new)) => new.clone(),
        // The address that it was when the change was asked for.
        (MailKind::EmailIsChanging, _) => detail.old_email.clone().unwrap_or_else(|| profile.email.clone()),
        _ => profile.email.clone(),
    };
    let about = detail.email.clone().unwrap_or_else(|| profile.email.clone());
    let locale = detail.locale.clone().unwrap_or(profile.locale);
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
    Ok(Written { kind, to, locale, fill: Fill { link, email: about, ..Fill::default() } })
}

async fn invitation(cx: &Cx, db: &CoreDb, detail: &Detail) -> Result<Option<Written>> {
    let (Some(tenant), Some(id)) = (detail.tenant_id, detail.invitation_id) else { return Ok(None) };
    let secret = Secret::random(tenant.0)?;
    let Some(mail) = db.invitation_mail(tenant, id, secret.hash()).await? else { return Ok(None) };
    let fill = Fill {
        link: link(cx.env(), "accept-invitation", Some(&secret.text))?,
        email: mail.email.clone(),
        organisation: mail.organisation,
        inviter: mail.inviter.unwrap_or_default(),
        message: mail.message,
        until: mail.expires_at.date().to_string(),
    };
    Ok(Some(Written { kind: MailKind::Invitation, to: mail.email, locale: mail.locale, fill }))
}
