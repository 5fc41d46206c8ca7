//! `GET /v1/webhooks/{id}/deliveries`

use db_core::{CoreDb, WebhookDelivery};
use runtime::{Cx, Page, PageQuery, Path, Query, Result};

/// Lists the deliveries of a webhook with their results, the newest first. They are kept for 30 days.
pub async fn list_deliveries(cx: Cx, id: Path, page: Query<PageQuery>) -> Result<Page<WebhookDelivery>> {
    cx.get::<CoreDb>().await?.deliveries(cx.tenant()?, id.0, page.0.after_id()?, page.0.limit()?).await
}
