//! SQS `exports-deliveries`: sends the files of an export to a destination.
//!
//! File by file: each sent file is recorded, and never sent again. A failed try is repeated after [`net::wait_after`].
//! The files of the export stay in the store, whether the delivery succeeds or not.

use db_core::language_of;
use db_imports::ImportsDb;
use runtime::{Cx, Error, Result, log_error};
use time::OffsetDateTime;

use crate::destinations::delivery::send;
use crate::destinations::failure::{DeliveryError, DeliveryFailure};
use crate::pipeline::messages::{DeliveryMessage, publish_events};

/// Tries a delivery. Does nothing if another try is running or the delivery has ended.
pub async fn deliver_files(cx: Cx, message: DeliveryMessage) -> Result<()> {
    let (tenant, db) = (message.tenant_id, cx.get::<ImportsDb>().await?);
    let Some(due) = db.take_export_delivery(tenant, message.delivery_id, cx.now).await? else { return Ok(()) };
    let (job, language) = (db.export(tenant, due.export).await?, language_of(&cx, tenant).await);
    let destination = match db.destination(tenant, due.destination).await {
        Err(Error::NotFound(_)) => {
            let why = messages::exports::destination_deleted();
            db.end_export_delivery(tenant, due.id, Some((&why, None)), language, OffsetDateTime::now_utc()).await?;
            return publish_events(&cx, &db, tenant).await;
        }
        found => found?,
    };
    let sent = send(&cx, &db, tenant, &job, &destination, due.id, due.files_done).await;
    let failed = match sent {
        Ok(()) => None,
        Err(DeliveryError::Failed(failed)) => Some(failed),
        // Our own faults are retried like those of the server.
        Err(DeliveryError::Ours(error)) => {
            log_error(&error, &due.id.to_string());
            Some(DeliveryFailure::new(messages::exports::service_unavailable()))
        }
    };
    let now = OffsetDateTime::now_utc();
    let ended = failed.as_ref().map(|failed| {
        let again = net::wait_after(due.attempt).filter(|_| !failed.hopeless).map(|wait| now + wait);
        (&failed.why, again)
    });
    db.end_export_delivery(tenant, due.id, ended, language, now).await?;
    publish_events(&cx, &db, tenant).await
}
