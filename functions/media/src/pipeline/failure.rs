//! Pictures that could not be read.

use db_media::MediaDb;
use runtime::{Cx, Result, TenantId};
use uuid::Uuid;

use crate::pipeline::counts::tell_soon;

/// Notes what is wrong with a picture.
pub(crate) async fn fail(cx: &Cx, tenant: TenantId, id: Uuid, code: &str, problem: &str) -> Result<()> {
    tracing::info!(%id, code, "a picture cannot be used");
    cx.get::<MediaDb>().await?.fail_medium(tenant, id, code, problem, time::OffsetDateTime::now_utc()).await?;
    tell_soon(cx, tenant).await;
    Ok(())
}
