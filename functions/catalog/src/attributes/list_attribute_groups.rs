//! `GET /v1/attribute-groups`

use db_catalog::{AttributeGroup, CatalogDb};
use runtime::{Cx, Page, Result};

/// Lists the groups in which attributes are shown, in their order.
pub async fn list_attribute_groups(cx: Cx) -> Result<Page<AttributeGroup>> {
    let data = cx.get::<CatalogDb>().await?.attribute_groups(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
