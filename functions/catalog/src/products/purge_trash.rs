//! Empties the trash and shortens the history, every day.

use std::time::Instant;

use db_catalog::CatalogDb;
use runtime::{Cx, Result, log_error};
use time::Duration;

/// For how long products stay in the trash.
const IN_TRASH: Duration = Duration::days(30);
/// The most products that are deleted in one transaction.
const AT_ONCE: i64 = 500;
/// For how long the function works: well below its timeout. The rest follows the next day.
const WORKING: std::time::Duration = std::time::Duration::from_secs(600);

/// Deletes products that were in the trash for 30 days, and the history that an organisation does not keep any longer.
pub async fn purge_trash(cx: Cx) -> Result<()> {
    let (db, started) = (cx.get::<CatalogDb>().await?, Instant::now());
    for (tenant, months) in db.catalogs_to_tend().await? {
        let tended = async {
            while started.elapsed() < WORKING && db.purge_trash(tenant, cx.now - IN_TRASH, AT_ONCE).await? > 0 {}
            if let Some(months) = months {
                // A month counts as 31 days: history is kept a day too long rather than a day too short.
                let before = cx.now - Duration::days(31 * i64::from(months));
                while started.elapsed() < WORKING && db.forget_history(tenant, before, 10 * AT_ONCE).await? > 0 {}
            }
            Ok(())
        };
        // A failure for one organisation, such as locked rows, does not stop the others.
        if let Err(error) = tended.await {
            log_error(&error, &tenant.to_string());
        }
    }
    let tended = db.tend_history(cx.now).await?;
    tracing::info!(tended, "partitions of the history were made or dropped");
    Ok(())
}
