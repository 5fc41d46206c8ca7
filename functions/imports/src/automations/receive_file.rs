//! S3 `inbox/`: a mail that SES received, or a file that was put into an automation's folder.

use cloud::Objects;
use db_suppliers::{Automation, RunEnd, SuppliersDb};
use messages::{Text, imports as say};
use runtime::{Cx, Error, ObjectCreated, Result, TenantId};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::automations::automation::{Source, language_of};
use crate::automations::fetch::{Found, sentence};
use crate::automations::inbound_mail;
use crate::automations::runs::{end, import_files, run_of};

/// The most bytes of a mail or a file. SES accepts mails of at most 40 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Imports a mail or a file that arrived.
pub async fn receive_file(cx: Cx, object: ObjectCreated) -> Result<()> {
    let db = cx.get::<SuppliersDb>().await?;
    let rest = object.key.strip_prefix("inbox/").unwrap_or_default();
    if rest.starts_with("mail/") {
        let raw = read_object(&cx, &object).await?;
        let Some(mail) = inbound_mail::parse_mail(&raw) else {
            tracing::warn!(key = object.key, "this is not a mail");
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
        return take_mail(&cx, tenant, &automation, mail, &object).await;
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
        return leave(&cx, TenantId(tenant), &automation, &object, say::no_folder()).await;
    }
    if object.size > MAX_BYTES {
        let message = say::arrived_too_large(MAX_BYTES, object.size);
        return leave(&cx, TenantId(tenant), &automation, &object, message).await;
    }
    let bytes = read_object(&cx, &object).await?;
    let name = parts.next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    take(&cx, TenantId(tenant), &automation, vec![Found { name, bytes }], &object).await
}

async fn read_object(cx: &Cx, object: &ObjectCreated) -> Result<Vec<u8>> {
    let stored = cx.get::<Objects>().await?.read(&object.key, object.version_id.as_deref()).await?;
    let mut bytes = Vec::new();
    stored.body.take(MAX_BYTES).read_to_end(&mut bytes).await.map_err(Error::internal)?;
    Ok(bytes)
}

/// The id of the run for an arrival. A file that replaces an earlier one is another arrival.
fn arrival(object: &ObjectCreated) -> Uuid {
    run_of(&format!("{} {}", object.key, object.version_id.as_deref().unwrap_or_default()))
}

async fn take_mail(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    mail: inbound_mail::Mail,
    object: &ObjectCreated,
) -> Result<()> {
    let source: Source = serde_json::from_value(automation.source.clone()).map_err(Error::internal)?;
    let Source::Email { allowed_senders } = source else {
        return leave(cx, tenant, automation, object, say::no_mails()).await;
    };
    // A mail from a stranger is not a failure of the automation. Otherwise strangers could pause it.
    let refused = if !inbound_mail::is_allowed(&mail.sender, &allowed_senders) {
        Some(say::sender_not_allowed(&mail.sender))
    } else if let Some(reason) = &mail.distrusted {
        Some(say::mail_distrusted(&mail.sender, reason.clone()))
    } else if mail.files.is_empty() {
        Some(say::no_table_attached(&mail.sender))
    } else {
        None
    };
    match refused {
        Some(reason) => leave(cx, tenant, automation, object, reason).await,
        None => take(cx, tenant, automation, mail.files, object).await,
    }
}

async fn take(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    files: Vec<Found>,
    object: &ObjectCreated,
) -> Result<()> {
    if !automation.enabled {
        return leave(cx, tenant, automation, object, say::not_enabled()).await;
    }
    let (run, language) = (arrival(object), language_of(cx, tenant, automation).await?);
    if !cx.get::<SuppliersDb>().await?.begin_automation_run(tenant, automation.id, run, "arrival", cx.now).await? {
        return Ok(());
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let names = names.join(", ");
    let (status, failed, message, imports) = match import_files(cx, tenant, automation, run, files).await {
        Ok(imports) if imports.is_empty() => {
            ("nothing_new", Some(false), say::same_content(names).into_string(language), imports)
        }
        Ok(imports) => ("imported", None, names, imports),
        // The queue delivers it again, with the same run id.
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
        Err(error) => ("failed", Some(true), sentence(&error, language), Vec::new()),
    };
    end(cx, tenant, automation, run, &RunEnd { status, failed, message: &message, imports: &imports, state: None })
        .await
}

/// Notes an arrival that is ignored. It does not count as a failure of the automation, because anybody can send it.
async fn leave(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    object: &ObjectCreated,
    message: Text,
) -> Result<()> {
    let (run, language) = (arrival(object), language_of(cx, tenant, automation).await?);
    if !cx.get::<SuppliersDb>().await?.begin_automation_run(tenant, automation.id, run, "arrival", cx.now).await? {
        return Ok(());
    }
    end(
        cx,
        tenant,
        automation,
        run,
        &RunEnd { status: "nothing_new", failed: None, message: message.shown(language), imports: &[], state: None },
    )
    .await
}
