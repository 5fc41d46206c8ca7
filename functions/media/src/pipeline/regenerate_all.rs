//! `POST /v1/media/thumbnails`

use db_media::{MediaDb, MediaJob, MediaJobKind};
use db_tenancy::Stamp;
use runtime::{Accepted, Cx, Result};
use uuid::Uuid;

use crate::pipeline::messages::{Work, send};

/// Makes the thumbnails of every picture again, in the background.
pub async fn regenerate_all(cx: Cx) -> Result<Accepted<MediaJob>> {
    let (tenant, id) = (cx.tenant()?, Uuid::now_v7());
    let job =
        cx.get::<MediaDb>().await?.create_job(tenant, id, MediaJobKind::Thumbnails, None, &Stamp::of(&cx)?).await?;
    send(&cx, tenant, &Work::Thumbnails { tenant_id: tenant, job_id: id }).await?;
    Ok(Accepted(job))
}
