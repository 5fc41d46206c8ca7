//! The catalogue is told how many media its products have: in another database, so after the commit here.

use db_catalog::CatalogDb;
use db_media::MediaDb;
use runtime::{Cx, Result, TenantId, log_error};

/// Products told of at once.
const AT_ONCE: i64 = 500;

/// Tells what is due. Told twice, it is the same.
pub(crate) async fn publish_counts(cx: &Cx, tenant: TenantId) -> Result<()> {
    let (media, catalog) = (cx.get::<MediaDb>().await?, cx.get::<CatalogDb>().await?);
    loop {
        let due = media.counts_due(tenant, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(());
        }
        catalog.set_media_counts(tenant, &due).await?;
        media.counts_told(tenant, &due).await?;
        if i64::try_from(due.len()).unwrap_or(i64::MAX) < AT_ONCE {
            return Ok(());
        }
    }
}

/// Tells what is due; where it cannot, the sweeper will.
pub(crate) async fn tell_soon(cx: &Cx, tenant: TenantId) {
    if let Err(error) = publish_counts(cx, tenant).await {
        log_error(&error, &cx.request_id);
    }
}
