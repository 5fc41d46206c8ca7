//! The queue `notifications-notices`

use db_core::CoreDb;
use runtime::{Cx, Result, log_error};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::notices::event::{BusMessage, default_wish, occurrence};
use crate::notices::notice_mail;
use crate::webhooks::deliveries::{body, send_deliveries};

/// Notifies people and webhooks of an event. If the message is delivered again, nobody is notified twice.
pub async fn take_event(cx: Cx, event: BusMessage) -> Result<()> {
    let Some(occurrence) = occurrence(&event.kind, &event.detail)? else {
        tracing::warn!(kind = event.kind, "an event without notifications");
        return Ok(());
    };
    let (db, tenant, notice) = (cx.get::<CoreDb>().await?, occurrence.tenant, &occurrence.notice);
    let recipients = db.add_notice(tenant, notice, |role| default_wish(notice.event, role), cx.now).await?;
    for user in recipients {
        // If a mail cannot be sent now, `sweep` sends it later.
        if let Err(failed) = notice_mail::send(&cx, &db, tenant, notice.id, user).await {
            log_error(&failed, &cx.request_id);
        }
    }
    let at = occurrence.at.unwrap_or_else(|| cx.now.format(&Rfc3339).unwrap_or_default());
    let body = |webhook: Uuid| body(notice.event, webhook, &occurrence.data, &at);
    let deliveries = db.add_deliveries(tenant, notice.id, notice.event, None, body, cx.now).await?;
    send_deliveries(&cx, deliveries.into_iter().map(|delivery| (tenant, delivery))).await
}
