//! Imports that stopped.
//!
//! A message may be lost to a killed process for as long as SQS hides it, and a step may die between its database
//! and its queue. So once a minute: whatever made no progress is sent on its way again, a few times; then it ends
//! with a message. No import hangs.

use db_catalog::CatalogDb;
use db_imports::{ImportStatus, ImportsDb};
use runtime::{Cx, Result, TenantId, log_error};
use time::Duration;
use uuid::Uuid;

use crate::automations::runs::fail;
use crate::imports::restart::PREVIEWS;
use crate::pipeline::messages::{STALE, publish_events, send_batches, send_file, send_finish};

/// So many imports in one sweep; the next comes in a minute.
const MOST: i32 = 100;
/// So often an import is resumed without any progress in between.
const MAX_RESUMES: i32 = 10;
/// Records of previews that one sweep forgets.
const MOST_FORGOTTEN: i32 = 20_000;
/// An event is published by the step that wrote it; one that is older was left.
const EVENT_AGE: Duration = Duration::seconds(30);

/// Resumes or ends what stopped.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    for (tenant, import) in db.stalled_imports(cx.now - STALE, MOST).await? {
        // One import that cannot be resumed does not keep the others.
        if let Err(error) = resume(&cx, &db, tenant, import).await {
            log_error(&error, &import.to_string());
        }
    }
    cx.get::<CatalogDb>().await?.forget_previews(cx.now - PREVIEWS, MOST_FORGOTTEN).await?;
    for tenant in db.tenants_with_unpublished_events(cx.now - EVENT_AGE).await? {
        // Nor does one organisation's event keep another's.
        if let Err(error) = publish_events(&cx, &db, tenant).await {
            log_error(&error, &tenant.to_string());
        }
    }
    Ok(())
}

async fn resume(cx: &Cx, db: &ImportsDb, tenant: TenantId, import: Uuid) -> Result<()> {
    let job = db.import(tenant, import).await?;
    if job.status == ImportStatus::AwaitingUpload {
        let message = "no file arrived within 24 hours; begin the import again";
        return fail(cx, tenant, import, job.status, "upload_missing", message, cx.now).await;
    }
    let resumes = db.note_resume(tenant, import, cx.now).await?;
    tracing::warn!(%import, status = job.status.as_str(), resumes, "a stalled import is resumed");
    match job.status {
        ImportStatus::Finishing if resumes > MAX_RESUMES => {
            let message = "the products are written, but the report could not be made because of a fault on our side";
            fail(cx, tenant, import, job.status, "finish_failed", message, cx.now).await
        }
        ImportStatus::Parsing if resumes > MAX_RESUMES => {
            let message = "the file could not be read because of a fault on our side; resume the import to try again";
            fail(cx, tenant, import, job.status, "internal_error", message, cx.now).await
        }
        ImportStatus::Parsing => send_file(cx, tenant, &job).await,
        ImportStatus::Previewing | ImportStatus::Judging if resumes > MAX_RESUMES => {
            let message =
                "what the file would do could not be found out because of a fault on our side; preview it again";
            fail(cx, tenant, import, job.status, "preview_failed", message, cx.now).await
        }
        ImportStatus::Applying if resumes > MAX_RESUMES => {
            if db.fail_open_batches(tenant, import, cx.now).await? {
                send_finish(cx, tenant, import).await?;
            }
            Ok(())
        }
        ImportStatus::Applying | ImportStatus::Previewing => {
            let sent = send_batches(cx, db, tenant, import).await?;
            if sent == 0 && db.settle_import(tenant, import, cx.now).await? {
                send_finish(cx, tenant, import).await?;
            }
            Ok(())
        }
        _ => send_finish(cx, tenant, import).await,
    }
}
