//! SQS `exports-deliveries`: the files of an export on their way to a destination.
//!
//! File by file: what is there is noted, and never sent again. A try that fails is made again as [`net::wait_after`] says; the
//! files stay where they are whatever becomes of it.

use db_imports::ImportsDb;
use runtime::{Cx, Error, Result, log_error};
use time::OffsetDateTime;

use crate::destinations::delivery::{DeliveryError, send};
use crate::destinations::failure::DeliveryFailure;
use crate::pipeline::messages::{DeliveryMessage, publish_events};

/// Tries a delivery. Delivered again while another tries, or when it has ended, it does nothing.
pub async fn deliver_files(cx: Cx, message: DeliveryMessage) -> Result<()> {
    let (tenant, db) = (message.tenant_id, cx.get::<ImportsDb>().await?);
    let Some(due) = db.take_export_delivery(tenant, message.delivery_id, cx.now).await? else { return Ok(()) };
    let job = db.export(tenant, due.export).await?;
    let destination = match db.destination(tenant, due.destination).await {
        Err(Error::NotFound(_)) => {
            let why = Some(("the destination was deleted", None));
            db.end_export_delivery(tenant, due.id, why, OffsetDateTime::now_utc()).await?;
            return publish_events(&cx, &db, tenant).await;
        }
        found => found?,
    };
    let sent = send(&cx, &db, tenant, &job, &destination, due.id, due.files_done).await;
    let failed = match sent {
        Ok(()) => None,
        Err(DeliveryError::Failed(failed)) => Some(failed),
        // A fault of ours is tried again as theirs are.
        Err(DeliveryError::Ours(error)) => {
            log_error(&error, &due.id.to_string());
            Some(DeliveryFailure::new("a service of ours does not answer"))
        }
    };
    let now = OffsetDateTime::now_utc();
    let ended = failed.as_ref().map(|failed| {
        let again = net::wait_after(due.attempt).filter(|_| !failed.hopeless).map(|wait| now + wait);
        (failed.why.as_str(), again)
    });
    db.end_export_delivery(tenant, due.id, ended, now).await?;
    publish_events(&cx, &db, tenant).await
}
