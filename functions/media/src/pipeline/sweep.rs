//! Stalled work: a process may be killed, a message lost, a file never uploaded.

use db_media::{MediaDb, MediumState, object_key};
use runtime::{Cx, Result, TenantId, log_error};
use time::Duration;
use uuid::Uuid;

use crate::media::files::remove_files;
use crate::pipeline::counts::publish_counts;
use crate::pipeline::failure::fail;
use crate::pipeline::messages::{Work, send, send_files};

/// Work that made no progress for this time has stalled.
const STALLED: Duration = Duration::minutes(5);
/// A picture that is not ready after this time fails.
const HOPELESS: Duration = Duration::hours(24);
/// The most of each kind in one run; the next run follows in a minute.
const MOST: i32 = 200;

/// Resumes or ends stalled work, removes files of deleted pictures, and publishes numbers of pictures that are due.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<MediaDb>().await?;
    for state in db.unfinished_media(cx.now - STALLED, MOST).await? {
        // A picture that cannot be resumed must not block the others.
        if let Err(error) = resume(&cx, &db, &state).await {
            log_error(&error, &state.id.to_string());
        }
    }
    for (tenant, job) in db.unfinished_jobs(cx.now - STALLED, MOST).await? {
        if let Err(error) = resume_job(&cx, &db, tenant, job).await {
            log_error(&error, &job.to_string());
        }
    }
    for tenant in db.tenants_with_counts_due(cx.now - Duration::seconds(30), MOST).await? {
        if let Err(error) = publish_counts(&cx, tenant).await {
            log_error(&error, &tenant.to_string());
        }
    }
    Ok(())
}

async fn resume(cx: &Cx, db: &MediaDb, state: &MediumState) -> Result<()> {
    let MediumState { tenant, id, status } = state;
    if status == "deleted" {
        // The file may have any of the extensions.
        for format in images::Format::ALL {
            let original = object_key(*id, &format!("original.{}", format.extension()));
            remove_files(cx, *tenant, *id, &original).await?;
        }
        return Ok(());
    }
    let medium = db.medium(*tenant, *id).await?;
    let age = cx.now - medium.created_at;
    // A picture that waits in a long queue must not be queued again every minute.
    db.touch_medium(*tenant, *id, cx.now).await?;
    match status.as_str() {
        "awaiting_upload" => fail(cx, *tenant, *id, "upload_missing", messages::media::upload_missing()).await,
        _ if age > HOPELESS => fail(cx, *tenant, *id, "internal_error", messages::media::fault()).await,
        "fetching" => send(cx, *tenant, &Work::Fetch { tenant_id: *tenant, medium_id: *id }).await,
        _ => send_files(cx, *tenant, "media-files", &[medium.object_key]).await,
    }
}

async fn resume_job(cx: &Cx, db: &MediaDb, tenant: TenantId, id: Uuid) -> Result<()> {
    let Some(job) = db.work_on_job(tenant, id, true, cx.now).await? else { return Ok(()) };
    tracing::warn!(%id, kind = job.kind, "a stalled job is resumed");
    match job.object_key {
        Some(key) => send_files(cx, tenant, "media-zips", &[key]).await,
        None => send(cx, tenant, &Work::Thumbnails { tenant_id: tenant, job_id: id }).await,
    }
}
