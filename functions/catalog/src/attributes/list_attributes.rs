//! `GET /v1/attributes`

use db_catalog::{CatalogDb, CodedAttribute};
use runtime::{Cx, Page, Result};

/// Lists the organisation's attributes, in the order of their codes.
pub async fn list_attributes(cx: Cx) -> Result<Page<CodedAttribute>> {
    let data = cx.get::<CatalogDb>().await?.attributes(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
