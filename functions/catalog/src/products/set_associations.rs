//! `PATCH /v1/products/{id}/associations`

use std::collections::BTreeMap;

use db_catalog::CatalogDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::products::associations::Associations;

/// The associations to set. Absent kinds stay.
#[derive(Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct NewAssociations {
    /// Products that are sold with it, at most 200.
    pub cross_sell: Option<Vec<Uuid>>,
    /// Better products, at most 200.
    pub up_sell: Option<Vec<Uuid>>,
    /// Accessories, at most 200.
    pub accessory: Option<Vec<Uuid>>,
    /// Products that replace it, at most 200.
    pub replacement: Option<Vec<Uuid>>,
}

/// Sets the products that are associated with a product.
pub async fn set_associations(cx: Cx, id: Path, input: Body<NewAssociations>) -> Result<Associations> {
    let NewAssociations { cross_sell, up_sell, accessory, replacement } = input.0;
    let kinds =
        [("cross_sell", cross_sell), ("up_sell", up_sell), ("accessory", accessory), ("replacement", replacement)];
    let new: BTreeMap<String, Vec<Uuid>> =
        kinds.into_iter().filter_map(|(kind, ids)| Some((kind.to_owned(), ids?))).collect();
    let db = cx.get::<CatalogDb>().await?;
    Ok(db.set_associations(cx.tenant()?, id.0, &new, &Stamp::of(&cx)?).await?.into())
}
