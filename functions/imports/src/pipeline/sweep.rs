//! Resumes or ends imports that stopped.
//!
//! When a process is killed, its message is lost for as long as SQS hides it; and a step may die between its database
//! and its queue. So once a minute each import without progress is sent again, a few times; then it ends with a
//! message. No import hangs.

use db_catalog::CatalogDb;
use db_imports::{ImportStatus, ImportsDb};
use messages::imports as say;
use runtime::{Cx, Result, TenantId, log_error};
use time::Duration;
use uuid::Uuid;

use crate::automations::runs::fail;
use crate::imports::restart::PREVIEWS;
use crate::pipeline::messages::{STALE, publish_events, send_batches, send_file, send_finish};

/// At most this many imports in one sweep; the next sweep is in a minute.
const MOST: i32 = 100;
/// How many times an import is resumed without progress in between.
const MAX_RESUMES: i32 = 10;
/// How many records of previews one sweep deletes.
const MOST_FORGOTTEN: i32 = 20_000;
/// An event is published by the step that wrote it. An older event was not published.
const EVENT_AGE: Duration = Duration::seconds(30);

/// Resumes or ends imports that stopped.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    for (tenant, import) in db.stalled_imports(cx.now - STALE, MOST).await? {
        // An import that cannot be resumed does not block the others.
        if let Err(error) = resume(&cx, &db, tenant, import).await {
            log_error(&error, &import.to_string());
        }
    }
    for tenant in db.tenants_with_unpublished_events(cx.now - EVENT_AGE).await? {
        // An organisation whose events cannot be published does not block the others.
        if let Err(error) = publish_events(&cx, &db, tenant).await {
            log_error(&error, &tenant.to_string());
        }
    }
    cx.get::<CatalogDb>().await?.forget_previews(cx.now - PREVIEWS, MOST_FORGOTTEN).await?;
    Ok(())
}

async fn resume(cx: &Cx, db: &ImportsDb, tenant: TenantId, import: Uuid) -> Result<()> {
    let job = db.import(tenant, import).await?;
    if job.status == ImportStatus::AwaitingUpload {
        return fail(cx, tenant, &job, "upload_missing", say::upload_missing(), cx.now).await;
    }
    let resumes = db.note_resume(tenant, import, cx.now).await?;
    tracing::warn!(%import, status = job.status.as_str(), resumes, "a stalled import is resumed");
    match job.status {
        ImportStatus::Finishing if resumes > MAX_RESUMES => {
            fail(cx, tenant, &job, "finish_failed", say::report_failed(), cx.now).await
        }
        ImportStatus::Parsing if resumes > MAX_RESUMES => {
            fail(cx, tenant, &job, "internal_error", say::unreadable_on_our_side(), cx.now).await
        }
        ImportStatus::Parsing => send_file(cx, tenant, &job, 0).await,
        ImportStatus::Previewing | ImportStatus::Judging if resumes > MAX_RESUMES => {
            fail(cx, tenant, &job, "preview_failed", say::preview_failed(), cx.now).await
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
