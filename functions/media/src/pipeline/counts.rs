//! Publishes to the catalogue how many pictures its products have. The catalogue is another database, so this happens
//! after the commit here.

use db_catalog::CatalogDb;
use db_media::MediaDb;
use runtime::{Cx, Result, TenantId, log_error};

/// How many products are published in one step.
const AT_ONCE: i64 = 500;

/// Publishes the numbers that are due. Publishing a number twice changes nothing.
pub(crate) async fn publish_counts(cx: &Cx, tenant: TenantId) -> Result<()> {
    let (media, catalog) = (cx.get::<MediaDb>().await?, cx.get::<CatalogDb>().await?);
    loop {
        let due = media.counts_due(tenant, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(());
        }
        catalog.set_media_counts(tenant, &due).await?;
        media.counts_published(tenant, &due).await?;
        if i64::try_from(due.len()).unwrap_or(i64::MAX) < AT_ONCE {
            return Ok(());
        }
    }
}

/// Publishes the numbers that are due; if that fails, [`sweep`](crate::sweep) does it later.
pub(crate) async fn publish_counts_soon(cx: &Cx, tenant: TenantId) {
    if let Err(error) = publish_counts(cx, tenant).await {
        log_error(&error, &cx.request_id);
    }
}
