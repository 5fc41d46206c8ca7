//! SQS `media-work`: work that takes longer than a request may.

use std::time::Duration;

use cloud::Objects;
use db_media::{MediaDb, MediaJobState};
use net::{FetchError, Fetcher};
use runtime::{Cx, Page, PageQuery, Result, TenantId};
use uuid::Uuid;

use crate::media::input::MAX_BYTES;
use crate::pipeline::failure::fail;
use crate::pipeline::messages::{Work, send, send_files};

/// The most time that a server may take for a picture. Three times this is less than the function's timeout.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pauses before further attempts on a server that does not answer; after the last one the picture fails.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// How many pictures are queued in one step.
const AT_ONCE: i64 = 100;

/// Does one piece of work. If the message is delivered again, it writes the same file to the same key, and queues no
/// picture twice.
pub async fn run_job(cx: Cx, work: Work) -> Result<()> {
    match work {
        Work::Fetch { tenant_id, medium_id } => fetch(&cx, tenant_id, medium_id).await,
        Work::Thumbnails { tenant_id, job_id } => regenerate(&cx, tenant_id, job_id).await,
    }
}

async fn fetch(cx: &Cx, tenant: TenantId, id: Uuid) -> Result<()> {
    let db = cx.get::<MediaDb>().await?;
    let medium = match db.medium(tenant, id).await {
        Err(runtime::Error::NotFound(_)) => return Ok(()),
        found => found?,
    };
    let Some(url) = medium.source_url.filter(|_| medium.status == "fetching") else { return Ok(()) };
    let fetcher = cx.get::<Fetcher>().await?;
    let mut fetched = fetcher.fetch(&url, MAX_BYTES, PATIENCE).await;
    for pause in PAUSES {
        if fetched.as_ref().err().is_some_and(FetchError::is_passing) {
            tokio::time::sleep(pause).await;
            fetched = fetcher.fetch(&url, MAX_BYTES, PATIENCE).await;
        }
    }
    match fetched {
        // S3's notification starts the next step.
        Ok(fetched) => cx.get::<Objects>().await?.write(&medium.object_key, &medium.declared, fetched.bytes).await,
        Err(problem) => fail(cx, tenant, id, problem.code(), problem.message()).await,
    }
}

async fn regenerate(cx: &Cx, tenant: TenantId, job: Uuid) -> Result<()> {
    let db = cx.get::<MediaDb>().await?;
    let Some(job) = db.work_on_job(tenant, job, false, cx.now).await? else { return Ok(()) };
    let after = job.done_to.parse().ok();
    let Page { data, next_cursor } = db.media(tenant, Some("ready"), false, after, AT_ONCE).await?;
    let keys: Vec<String> = data.iter().map(|medium| medium.object_key.clone()).collect();
    if !keys.is_empty() {
        send_files(cx, tenant, "media-files", &keys).await?;
    }
    let more = PageQuery { limit: None, cursor: next_cursor }.after_id()?;
    let step = MediaJobState {
        done_to: more.map_or_else(|| "end".to_owned(), |last| last.to_string()),
        done: i32::try_from(keys.len()).unwrap_or(i32::MAX),
        ended: more.is_none().then_some(Ok(())),
        ..MediaJobState::default()
    };
    let noted = db.note_job_step(tenant, &job, &step, time::OffsetDateTime::now_utc()).await?;
    if noted && more.is_some() {
        send(cx, tenant, &Work::Thumbnails { tenant_id: tenant, job_id: job.id }).await?;
    }
    Ok(())
}
