//! Pictures that could not be read.

use db_core::language_of;
use db_media::MediaDb;
use messages::Text;
use runtime::{Cx, Result, TenantId};
use uuid::Uuid;

use crate::pipeline::counts::publish_counts_soon;

/// Marks a picture as failed with this problem.
pub(crate) async fn fail(cx: &Cx, tenant: TenantId, id: Uuid, code: &str, problem: Text) -> Result<()> {
    tracing::info!(%id, code, "a picture cannot be used");
    let (db, problem) = (cx.get::<MediaDb>().await?, problem.into_string(language_of(cx, tenant).await));
    db.fail_medium(tenant, id, code, &problem, time::OffsetDateTime::now_utc()).await?;
    publish_counts_soon(cx, tenant).await;
    Ok(())
}
