//! `GET /v1/export-layouts`

use channels::{LayoutInfo, layouts};
use runtime::{Cx, Page, Result};

/// The layouts that there are.
pub async fn list_layouts(_cx: Cx) -> Result<Page<LayoutInfo>> {
    Ok(Page { data: layouts(), next_cursor: None })
}
