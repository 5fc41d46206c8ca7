//! `POST /v1/products/{id}/revert`

use db_catalog::{Action, CatalogDb, Product};
use product::{ContentError, with_field};
use runtime::{Body, Cx, Error, IfMatch, Path, Result, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::products::input::origin;

/// The change to revert.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevertProduct {
    /// A change of the product's history.
    pub change_id: Uuid,
    /// Which of its fields to revert. Default: all of them.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}

/// Reverts fields to their values before a change, whatever their values are now.
pub async fn revert_product(cx: Cx, id: Path, seen: IfMatch, input: Body<RevertProduct>) -> Result<Versioned<Product>> {
    let (db, tenant) = (cx.get::<CatalogDb>().await?, cx.tenant()?);
    let mut changes = db.product_change(tenant, id.0, input.0.change_id).await?;
    if let Some(fields) = &input.0.fields {
        if let Some(other) = fields.iter().find(|field| !changes.contains_key(*field)) {
            return Err(Error::invalid("fields", "not_changed", messages::catalog::field_not_in_change(other)));
        }
        changes.retain(|field, _| fields.contains(field));
    }
    let (origin, stamp) = origin(&cx)?;
    let revert = |product: &Product| {
        changes.iter().try_fold(product.content.clone(), |content, (field, change)| {
            with_field(&content, field, change.old.clone())
                .map_err(|ContentError { field, code, message }| Error::invalid(&field, &code, message))
        })
    };
    let product = db.edit_product(tenant, id.0, &seen, Action::Revert, &origin, &stamp, revert).await?;
    let version = product.version;
    Ok(Versioned(product, version))
}
