//! S3 `inbox/`: a mail that SES took in, or a file that was put into an automation's folder.

use cloud::Objects;
use db_suppliers::{Automation, RunEnd, SuppliersDb};
use runtime::{Cx, Error, ObjectCreated, Result, TenantId};
use uuid::Uuid;

use crate::automation::Source;
use crate::fetching::{Found, told};
use crate::mail;
use crate::parse::time_now;
use crate::run_automation::{import_files, run_of};

/// No mail is larger: SES takes none of more than 40 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Imports what arrived.
pub async fn receive_file(cx: Cx, object: ObjectCreated) -> Result<()> {
    let db = cx.get::<SuppliersDb>().await?;
    let rest = object.key.strip_prefix("inbox/").unwrap_or_default();
    if rest.starts_with("mail/") {
        let raw = cx.get::<Objects>().await?.read_small(&object.key, MAX_BYTES).await?;
        let Some(mail) = mail::read(&raw) else {
            tracing::warn!(key = object.key, "this is no mail");
            return Ok(());
        };
        let found = match &mail.token {
            Some(token) => db.automation_of_token(token).await?,
            None => None,
        };
        let Some((tenant, id)) = found else {
            tracing::warn!(key = object.key, "a mail to no automation");
            return Ok(());
        };
        let automation = db.automation(tenant, id).await?;
        return take_mail(&cx, tenant, &automation, mail, &object.key).await;
    }
    let mut parts = rest.splitn(3, '/');
    let ids = (parts.next().and_then(|id| id.parse().ok()), parts.next().and_then(|id| id.parse().ok()));
    let (Some(tenant), Some(id)) = ids else {
        tracing::warn!(key = object.key, "an object of no automation");
        return Ok(());
    };
    let automation = match db.automation(TenantId(tenant), id).await {
        Err(Error::NotFound(_)) => return Ok(()),
        found => found?,
    };
    if automation.kind != "drop" {
        return note(&cx, TenantId(tenant), &automation, &object.key, "nothing_new", "the automation has no folder", &[]).await;
    }
    let bytes = cx.get::<Objects>().await?.read_small(&object.key, MAX_BYTES).await?;
    let name = parts.next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    take(&cx, TenantId(tenant), &automation, vec![Found { name, bytes }], &object.key).await
}

async fn take_mail(cx: &Cx, tenant: TenantId, automation: &Automation, mail: mail::Mail, key: &str) -> Result<()> {
    let source: Source = serde_json::from_value(automation.source.clone()).map_err(Error::internal)?;
    let Source::Email { allowed_senders } = source else {
        return note(cx, tenant, automation, key, "nothing_new", "the automation takes no mails", &[]).await;
    };
    // A mail of a stranger is no failure of the automation: otherwise strangers could make it pause.
    let refused = if !mail::is_allowed(&mail.sender, &allowed_senders) {
        Some(format!("a mail of {} was left: it is none of the allowed senders", mail.sender))
    } else if let Some(why) = &mail.distrusted {
        Some(format!("a mail of {} was left: {why}", mail.sender))
    } else if mail.files.is_empty() {
        Some(format!("a mail of {} has no attachment that could be a table", mail.sender))
    } else {
        None
    };
    match refused {
        Some(why) => note(cx, tenant, automation, key, "nothing_new", &why, &[]).await,
        None => take(cx, tenant, automation, mail.files, key).await,
    }
}

async fn take(cx: &Cx, tenant: TenantId, automation: &Automation, files: Vec<Found>, key: &str) -> Result<()> {
    if !automation.enabled {
        let message = "the automation is not enabled; the file was left";
        return note(cx, tenant, automation, key, "nothing_new", message, &[]).await;
    }
    let run = run_of(key);
    if !cx.get::<SuppliersDb>().await?.begin_automation_run(tenant, automation.id, run, "arrival", cx.now).await? {
        return Err(Error::internal("another arrival is under way; this one waits"));
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    match import_files(cx, tenant, automation, run, files).await {
        Ok(imports) if imports.is_empty() => {
            let message = format!("{}: had before, with the same content", names.join(", "));
            end(cx, tenant, automation, run, "nothing_new", &message, &[]).await
        }
        Ok(imports) => end(cx, tenant, automation, run, "imported", &names.join(", "), &imports).await,
        Err(error) => {
            end(cx, tenant, automation, run, "failed", &told(&error), &[]).await?;
            Err(error)
        }
    }
}

async fn note(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    key: &str,
    status: &'static str,
    message: &str,
    imports: &[Uuid],
) -> Result<()> {
    let run = run_of(key);
    cx.get::<SuppliersDb>().await?.begin_automation_run(tenant, automation.id, run, "arrival", cx.now).await?;
    end(cx, tenant, automation, run, status, message, imports).await
}

async fn end(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    run: Uuid,
    status: &'static str,
    message: &str,
    imports: &[Uuid],
) -> Result<()> {
    let end = RunEnd { status, message, imports, state: None };
    cx.get::<SuppliersDb>().await?.end_automation_run(tenant, automation.id, run, &end, time_now()).await?;
    Ok(())
}
