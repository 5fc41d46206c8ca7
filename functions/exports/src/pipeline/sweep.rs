//! Once a minute: exports that stalled, for example because their process was killed, are queued again, and given up
//! after three tries. Due deliveries are queued, and unpublished events are published.

use db_imports::ImportsDb;
use runtime::{Cx, Result, log_error};
use time::Duration;

use crate::pipeline::messages::{publish_events, send_delivery, send_export};

/// After this time without progress an export is stalled: longer than an export writes between two updates of its
/// progress, and longer than a message waits.
const STALE: Duration = Duration::minutes(2);
const EVENT_AGE: Duration = Duration::seconds(30);
/// A delivery that was queued less long ago is still on its way.
const DUE_AGE: Duration = Duration::seconds(30);
const MOST: i32 = 100;

/// Resumes stalled exports, queues due deliveries and publishes events.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    for (tenant, export) in db.stalled_exports(cx.now - STALE, MOST).await? {
        tracing::warn!(%export, "a stalled export is resumed");
        if let Err(error) = send_export(&cx, tenant, export).await {
            log_error(&error, &export.to_string());
        }
    }
    for (tenant, delivery) in db.due_export_deliveries(cx.now - DUE_AGE, MOST).await? {
        if let Err(error) = send_delivery(&cx, tenant, delivery).await {
            log_error(&error, &delivery.to_string());
        }
    }
    for tenant in db.tenants_with_unpublished_events(cx.now - EVENT_AGE).await? {
        // The failure of one organisation does not stop the others.
        if let Err(error) = publish_events(&cx, &db, tenant).await {
            log_error(&error, &tenant.to_string());
        }
    }
    Ok(())
}
