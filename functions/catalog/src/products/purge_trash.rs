//! Every day: the trash after 30 days, the history after its time.

use std::time::Instant;

use db_catalog::CatalogDb;
use runtime::{Cx, Result, log_error};
use time::Duration;

/// Products lie in the trash for so long.
const IN_TRASH: Duration = Duration::days(30);
/// So many are deleted in one transaction.
const AT_ONCE: i64 = 500;
/// The function stops well before it is stopped; the rest comes the next day.
const WORKING: std::time::Duration = std::time::Duration::from_secs(600);

/// Deletes what lay in the trash for 30 days, and the history that an organisation does not want to keep any longer.
pub async fn purge_trash(cx: Cx) -> Result<()> {
    let (db, began) = (cx.get::<CatalogDb>().await?, Instant::now());
    for (tenant, months) in db.catalogs_to_tend().await? {
        let tended = async {
            while began.elapsed() < WORKING && db.purge_trash(tenant, cx.now - IN_TRASH, AT_ONCE).await? > 0 {}
            if let Some(months) = months {
                // A month of 31 days: rather a day too long than one too short.
                let before = cx.now - Duration::days(31 * i64::from(months));
                while began.elapsed() < WORKING && db.forget_history(tenant, before, 10 * AT_ONCE).await? > 0 {}
            }
            Ok(())
        };
        // One organisation whose rows are locked does not keep the others.
        if let Err(error) = tended.await {
            log_error(&error, &tenant.to_string());
        }
    }
    let tended = db.tend_history(cx.now).await?;
    tracing::info!(tended, "partitions of the history were made or dropped");
    Ok(())
}
