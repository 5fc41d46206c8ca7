//! `GET /v1/export-layouts`

use channels::{LayoutInfo, layouts};
use runtime::{Cx, Page, Result};

/// Lists the layouts.
pub async fn list_layouts(cx: Cx) -> Result<Page<LayoutInfo>> {
    Ok(Page { data: layouts(cx.language), next_cursor: None })
}
