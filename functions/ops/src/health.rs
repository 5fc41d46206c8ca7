//! `GET /v1/health`

use db_core::CoreDb;
use db_tenancy::Database;
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// The health of the API, for load balancers and people.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; otherwise the answer is an error.
    pub status: &'static str,
}

/// Returns `ok` if the core database answers; otherwise 503.
pub async fn health(cx: Cx) -> Result<Health> {
    let db = cx.get::<CoreDb>().await?;
    db.pool().acquire().await.map_err(db_tenancy::error)?;
    Ok(Health { status: "ok" })
}
