//! `POST /v1/views`

use db_catalog::{CatalogDb, SavedView};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};

use crate::products::input::name;
use crate::views::input::NewView;

/// Saves a query as a view.
pub async fn create_view(cx: Cx, input: Body<NewView>) -> Result<Created<SavedView>> {
    let (input, db) = (input.0, cx.get::<CatalogDb>().await?);
    let name = name("name", &input.name)?;
    db.save_view(cx.tenant()?, None, &name, input.shared, &input.query, &Stamp::of(&cx)?).await.map(Created)
}
