//! `DELETE /v1/products/{id}`

use db_catalog::CatalogDb;
use runtime::{Cx, NoContent, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::products::input::origin;

/// How far a deletion goes.
#[derive(Deserialize, IntoParams)]
pub struct Deletion {
    /// Deletes for good what is in the trash already.
    #[serde(default)]
    pub permanent: bool,
}

/// Moves a product, and the variants of a parent, into the trash, where they stay for 30 days.
pub async fn delete_product(cx: Cx, id: Path, how: Query<Deletion>) -> Result<NoContent> {
    let (db, tenant) = (cx.get::<CatalogDb>().await?, cx.tenant()?);
    let (origin, stamp) = origin(&cx)?;
    if how.0.permanent {
        db.delete_product(tenant, id.0, &stamp).await?;
    } else {
        db.trash_product(tenant, id.0, true, &origin, &stamp).await?;
    }
    Ok(NoContent)
}
