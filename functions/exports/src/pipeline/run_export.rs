//! One try to write an export: its files, or the reason why there are none.

use std::time::Instant;

use db_imports::ImportsDb;
use runtime::{Cx, Error, Metric, Result, TenantId, Unit, emit_metrics, log_error};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::pipeline::messages::{publish_events, send_deliveries};
use crate::pipeline::write::write_files;

/// After so many tries an export is given up.
const MAX_TRIES: i32 = 3;
const GIVEN_UP: &str = "the files could not be written because of a fault on our side; begin the export again";

/// Writes an export's files, unless it has ended. A try that another one is at work on is left to it.
pub(crate) async fn run_export(cx: &Cx, tenant: TenantId, export: Uuid) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    let Some((job, tries)) = db.begin_export(tenant, export, cx.now).await? else { return Ok(()) };
    // A try that was killed left no error: the number of tries alone says so.
    if tries > MAX_TRIES {
        db.fail_export(tenant, export, "given_up", GIVEN_UP, cx.now).await?;
        return publish_events(cx, &db, tenant).await;
    }
    let started = Instant::now();
    match write_files(cx, &db, tenant, &job, tries).await {
        // Cancelled, or another try has taken over.
        Ok(None) => return Ok(()),
        Ok(Some(result)) => {
            let begun = db.complete_export(tenant, export, tries, &result, OffsetDateTime::now_utc()).await?;
            send_deliveries(cx, tenant, begun).await;
            #[expect(clippy::cast_precision_loss, reason = "a measurement")]
            emit_metrics(
                cx,
                &[("function", "exports.write_export")],
                &[
                    Metric("ProductsExported", f64::from(result.exported), Unit::Count),
                    Metric("ExportTime", started.elapsed().as_millis() as f64, Unit::Milliseconds),
                ],
            );
        }
        // What the seller chose cannot be done: no try can mend that.
        Err(Error::Conflict { code, message }) => {
            db.fail_export(tenant, export, code, &message, OffsetDateTime::now_utc()).await?;
        }
        Err(Error::Invalid(errors)) => {
            let message =
                errors.iter().map(|one| format!("{}: {}", one.field, one.message)).collect::<Vec<_>>().join("; ");
            db.fail_export(tenant, export, "choices_invalid", &message, OffsetDateTime::now_utc()).await?;
        }
        Err(Error::NotFound(what)) => {
            let message = format!("there is no such {what} any more");
            db.fail_export(tenant, export, "not_found", &message, OffsetDateTime::now_utc()).await?;
        }
        Err(error) if tries >= MAX_TRIES => {
            log_error(&error, &export.to_string());
            db.fail_export(tenant, export, "given_up", GIVEN_UP, OffsetDateTime::now_utc()).await?;
        }
        Err(error) => return Err(error),
    }
    publish_events(cx, &db, tenant).await
}
