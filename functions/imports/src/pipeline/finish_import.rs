//! Runs when the last batch is settled: checks the guards, or completes the import (absent products, report, totals,
//! event).

use std::time::{Duration, Instant};

use db_catalog::CatalogDb;
use db_imports::{ImportJob, ImportStatus, ImportsDb};
use db_tenancy::Stamp;
use messages::imports as say;
use product::Missing;
use runtime::{Cx, Error, Result, TenantId};

use crate::automations::runs::{count_import, fail};
use crate::pipeline::guards::preview_holds;
use crate::pipeline::messages::{FinishMessage, publish_events, send_batches, send_finish, time_now};
use crate::pipeline::report::write_report;

/// How long one invocation archives absent products; then the next one continues. Well below the function's timeout.
const WORKING: Duration = Duration::from_secs(20);

/// Checks a preview or completes an import. A repeated delivery changes nothing.
pub async fn finish_import(cx: Cx, message: FinishMessage) -> Result<()> {
    let FinishMessage { tenant_id: tenant, import_id: import } = message;
    let db = cx.get::<ImportsDb>().await?;
    let job = match db.import(tenant, import).await {
        Err(Error::NotFound(_)) => return Ok(()),
        found => found?,
    };
    match job.status {
        ImportStatus::Judging => judge(&cx, &db, tenant, &job).await?,
        ImportStatus::Finishing => {
            if !leave_out_absent(&cx, &db, tenant, &job).await? {
                return send_finish(&cx, tenant, import).await;
            }
            let report = write_report(&cx, &db, tenant, &job).await?;
            let stamp = Stamp::of_job(&cx, "imports.finish_import");
            let (ended, now) = db.complete_import(tenant, import, report.as_deref(), &stamp).await?;
            if now {
                count_import(&cx, tenant, &ended).await?;
            }
        }
        _ => {}
    }
    publish_events(&cx, &db, tenant).await
}

async fn judge(cx: &Cx, db: &ImportsDb, tenant: TenantId, job: &ImportJob) -> Result<()> {
    let catalog = cx.get::<CatalogDb>().await?;
    if db.has_failed_batches(tenant, job.id).await? {
        // Without a part of the file, the guards and the absent products would be wrong.
        return fail(cx, tenant, job, "preview_failed", say::part_of_preview_failed(), time_now()).await;
    }
    let rejected = job.totals.rejected;
    if job.options.all_or_nothing && rejected > 0 && job.run == db_imports::Run::Apply {
        let report = write_report(cx, db, tenant, job).await?;
        db.set_report(tenant, job.id, report.as_deref(), time_now()).await?;
        return fail(cx, tenant, job, "rows_rejected", say::nothing_applied(rejected), time_now()).await;
    }
    let holds = preview_holds(&catalog, tenant, job).await?;
    if rejected > 0 && (job.run == db_imports::Run::Preview || !holds.is_empty()) {
        // Before the status changes: nothing writes the report of an import that waits.
        let report = write_report(cx, db, tenant, job).await?;
        db.set_report(tenant, job.id, report.as_deref(), time_now()).await?;
    }
    let judged = db.judge(tenant, job.id, &holds, time_now()).await?;
    if judged.status == ImportStatus::Applying {
        let sent = send_batches(cx, db, tenant, job.id).await?;
        if sent == 0 && db.settle_import(tenant, job.id, time_now()).await? {
            send_finish(cx, tenant, job.id).await?;
        }
    }
    Ok(())
}

/// Archives the supplier's products that the file does not have, or puts them out of stock. Returns `true` if all are
/// done.
async fn leave_out_absent(cx: &Cx, db: &ImportsDb, tenant: TenantId, job: &ImportJob) -> Result<bool> {
    let missing = job.options.missing;
    // A file without rows does not show which products are missing.
    let is_known = missing != Missing::Leave && job.totals.rows.is_some_and(|rows| rows > 0);
    let Some(supplier) = job.supplier_id.filter(|_| is_known) else { return Ok(true) };
    let (catalog, began) = (cx.get::<CatalogDb>().await?, Instant::now());
    let mut after = None;
    let done = loop {
        after = catalog.leave_out_absent(tenant, job.id, supplier, missing, after, time_now()).await?;
        if after.is_none() || began.elapsed() > WORKING {
            break after.is_none();
        }
    };
    let count = catalog.count_left_out(tenant, job.id, missing).await?;
    db.note_absent(tenant, job.id, count, time_now()).await?;
    Ok(done)
}
