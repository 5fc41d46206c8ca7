//! `GET /v1/health`

use db_core::CoreDb;
use db_tenancy::Database;
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// Health, for load balancers and people.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`; anything else comes as an error.
    pub status: &'static str,
}

/// `ok` when the core database answers; 503 otherwise.
pub async fn health(cx: Cx) -> Result<Health> {
    let db = cx.get::<CoreDb>().await?;
    db.pool().acquire().await.map_err(db_tenancy::error)?;
    Ok(Health { status: "ok" })
}
