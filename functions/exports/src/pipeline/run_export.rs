//! One try to write an export: stores its files, or the reason why it failed.

use std::time::Instant;

use db_core::language_of;
use db_imports::ImportsDb;
use runtime::{Cx, Error, Metric, Result, TenantId, Unit, emit_metrics, log_error};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::pipeline::messages::{publish_events, send_deliveries};
use crate::pipeline::write::write_files;

/// After this many tries an export is given up.
const MAX_TRIES: i32 = 3;

/// Writes an export's files, unless it has ended or another try is still writing them.
pub(crate) async fn run_export(cx: &Cx, tenant: TenantId, export: Uuid) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    let language = language_of(cx, tenant).await;
    let Some((job, tries)) = db.begin_export(tenant, export, language, cx.now).await? else { return Ok(()) };
    // A killed try leaves no error: only the number of tries shows it.
    if tries > MAX_TRIES {
        db.fail_export(tenant, export, "given_up", messages::exports::given_up().shown(language), cx.now).await?;
        return publish_events(cx, &db, tenant).await;
    }
    let started = Instant::now();
    match write_files(cx, &db, tenant, &job, tries, language).await {
        // Cancelled, or another try has taken over.
        Ok(None) => return Ok(()),
        Ok(Some(result)) => {
            let begun = db.complete_export(tenant, export, tries, &result, language, OffsetDateTime::now_utc()).await?;
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
        // The seller's choices are not possible: trying again cannot help.
        Err(Error::Conflict { code, message }) => {
            db.fail_export(tenant, export, code, message.shown(language), OffsetDateTime::now_utc()).await?;
        }
        Err(Error::Invalid(errors)) => {
            let texts = errors.into_iter().map(|error| messages::runtime::invalid(error.field, error.message));
            let message = texts.map(|text| text.shown(language).to_owned()).collect::<Vec<_>>().join("; ");
            db.fail_export(tenant, export, "choices_invalid", &message, OffsetDateTime::now_utc()).await?;
        }
        Err(Error::NotFound(what)) => {
            let message = messages::exports::gone(what);
            db.fail_export(tenant, export, "not_found", message.shown(language), OffsetDateTime::now_utc()).await?;
        }
        Err(error @ Error::Fault(_)) => {
            log_error(&error, &export.to_string());
            let message = messages::exports::fault();
            db.fail_export(tenant, export, "internal_error", message.shown(language), OffsetDateTime::now_utc())
                .await?;
        }
        Err(error) if tries >= MAX_TRIES => {
            log_error(&error, &export.to_string());
            db.fail_export(
                tenant,
                export,
                "given_up",
                messages::exports::given_up().shown(language),
                OffsetDateTime::now_utc(),
            )
            .await?;
        }
        Err(error) => return Err(error),
    }
    publish_events(cx, &db, tenant).await
}
