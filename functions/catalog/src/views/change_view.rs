//! `PUT /v1/views/{id}`

use db_catalog::{CatalogDb, SavedView};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};

use crate::products::input::name;
use crate::views::input::NewView;

/// Changes a view of the caller.
pub async fn change_view(cx: Cx, id: Path, input: Body<NewView>) -> Result<SavedView> {
    let (input, db) = (input.0, cx.get::<CatalogDb>().await?);
    let name = name("name", &input.name)?;
    db.save_view(cx.tenant()?, Some(id.0), &name, input.shared, &input.query, &Stamp::of(&cx)?).await
}
