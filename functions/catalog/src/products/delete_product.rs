//! `DELETE /v1/products/{id}`

use db_catalog::CatalogDb;
use runtime::{Cx, NoContent, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::products::input::origin;

/// The kind of deletion.
#[derive(Deserialize, IntoParams)]
pub struct Deletion {
    /// Whether to delete a product in the trash for good. Default: false.
    #[serde(default)]
    pub permanent: bool,
}

/// Moves a product into the trash, a parent together with its variants. They stay there for 30 days.
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
