//! The last batch is settled -> report, totals, event.

use cloud::{Objects, Upload};
use db_imports::{ImportStatus, ImportsDb, RowReport};
use db_tenancy::Stamp;
use runtime::{Cx, Error, Result, TenantId};
use tabular::neutralize;
use uuid::Uuid;

use crate::messages::FinishMessage;
use crate::parse::publish;

const PAGE: i64 = 2_000;

/// Completes an import; delivered again, it finds it complete.
pub async fn finish(cx: Cx, message: FinishMessage) -> Result<()> {
    let FinishMessage { tenant_id: tenant, import_id: import } = message;
    let db = cx.get::<ImportsDb>().await?;
    let job = match db.import(tenant, import).await {
        Err(Error::NotFound(_)) => return Ok(()),
        found => found?,
    };
    if job.status == ImportStatus::Finishing {
        let report = write_report(&cx, &db, tenant, import).await?;
        db.complete_import(tenant, import, report.as_deref(), &Stamp::of_job(&cx, "imports.finish")).await?;
    }
    publish(&cx, &db, tenant).await
}

/// Writes what is to be said about the rows as a CSV that a spreadsheet opens; gives its key, or none when there is
/// nothing to say.
async fn write_report(cx: &Cx, db: &ImportsDb, tenant: TenantId, import: Uuid) -> Result<Option<String>> {
    let mut page = db.row_reports(tenant, import, None, PAGE).await?.data;
    if page.is_empty() {
        return Ok(None);
    }
    let key = format!("reports/{tenant}/{import}/errors.csv");
    let mut upload = cx.get::<Objects>().await?.upload(&key, "text/csv; charset=utf-8").await?;
    // The mark by which Excel knows UTF-8.
    let header = "\u{feff}row,column,field,value,code,message\r\n";
    let written = async {
        upload.write(header.as_bytes()).await?;
        while let Some(last) = page.last().map(RowReport::key) {
            write_page(&mut upload, &page).await?;
            page = db.row_reports(tenant, import, Some(last), PAGE).await?.data;
        }
        Ok(())
    }
    .await;
    match written {
        Ok(()) => upload.finish().await.map(|_| Some(key)),
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

async fn write_page(upload: &mut Upload, page: &[RowReport]) -> Result<()> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for report in page {
        let text = |value: &Option<String>| neutralize(value.as_deref().unwrap_or_default()).into_owned();
        csv.write_record([
            report.row.to_string(),
            text(&report.column),
            text(&report.field),
            text(&report.value),
            report.code.clone(),
            neutralize(&report.message).into_owned(),
        ])
        .map_err(Error::internal)?;
    }
    upload.write(&csv.into_inner().map_err(Error::internal)?).await
}
