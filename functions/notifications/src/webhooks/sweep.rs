//! Each minute

use db_core::CoreDb;
use runtime::{Cx, Result, log_error};
use time::Duration;

use crate::notices::notice_mail;
use crate::webhooks::deliveries::send_deliveries;

/// So many of each in one sweep; the next comes in a minute.
const MOST: i32 = 200;
/// Notices are kept for so long.
const NOTICES: Duration = Duration::days(7);
/// Deliveries are kept for so long.
const DELIVERIES: Duration = Duration::days(30);

/// Sends deliveries whose time has come, and mails that were lost; forgets what is old.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<CoreDb>().await?;
    send_deliveries(&cx, db.due_deliveries(cx.now, MOST).await?.into_iter()).await?;
    for (tenant, notice, user) in db.unsent_notice_mails(cx.now - Duration::minutes(2), MOST).await? {
        // One address that takes no mail does not keep the others.
        if let Err(failed) = notice_mail::send(&cx, &db, tenant, notice, user).await {
            log_error(&failed, &cx.request_id);
        }
    }
    db.forget_notifications(cx.now - NOTICES, cx.now - DELIVERIES, 10_000).await?;
    Ok(())
}
