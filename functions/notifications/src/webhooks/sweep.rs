//! Runs every minute

use db_core::CoreDb;
use runtime::{Cx, Result, log_error};
use time::Duration;

use crate::notices::notice_mail;
use crate::webhooks::deliveries::send_deliveries;

/// The most of each kind in one run; the next run follows in a minute.
const MOST: i32 = 200;
/// How long notices are kept.
const NOTICES: Duration = Duration::days(7);
/// How long deliveries are kept.
const DELIVERIES: Duration = Duration::days(30);

/// Sends deliveries that are due and mails that were lost; deletes old notices and deliveries.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<CoreDb>().await?;
    send_deliveries(&cx, db.due_deliveries(cx.now, MOST).await?.into_iter()).await?;
    for (tenant, notice, user) in db.unsent_notice_mails(cx.now - Duration::minutes(2), MOST).await? {
        // An address that accepts no mail must not block the others.
        if let Err(failed) = notice_mail::send(&cx, &db, tenant, notice, user).await {
            log_error(&failed, &cx.request_id);
        }
    }
    db.forget_notifications(cx.now - NOTICES, cx.now - DELIVERIES, 10_000).await?;
    Ok(())
}
