//! `POST /v1/audit-log/exports`

use std::time::Duration;

use cloud::{Objects, Upload};
use db_tenancy::{AuditEntry, AuditFilter};
use runtime::{Created, Cx, Error, Query, Result};
use serde::Serialize;
use tabular::neutralize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::entries::newest;

/// The file with the audit trail.
#[derive(Serialize, ToSchema)]
pub struct AuditFile {
    /// The address from which it can be downloaded for one hour.
    pub download_url: String,
    /// How many lines it has, without the header.
    pub lines: u64,
}

/// How many entries are read at a time.
const PAGE: i64 = 1_000;

/// Writes the audit trail into a CSV file, the newest entry first, a page at a time.
pub async fn export_audit(cx: Cx, filter: Query<AuditFilter>) -> Result<Created<AuditFile>> {
    let objects = cx.get::<Objects>().await?;
    let key = format!("exports/{}/audit/{}.csv", cx.tenant()?, Uuid::now_v7());
    let mut upload = objects.upload(&key, "text/csv; charset=utf-8").await?;
    match write(&cx, &filter.0, &mut upload).await {
        Ok(lines) => {
            upload.finish().await?;
            let download_url = objects.presign_download(&key, "audit-log.csv", Duration::from_secs(3_600)).await?;
            Ok(Created(AuditFile { download_url, lines }))
        }
        Err(failed) => {
            upload.abort().await;
            Err(failed)
        }
    }
}

async fn write(cx: &Cx, filter: &AuditFilter, upload: &mut Upload) -> Result<u64> {
    let (mut before, mut lines) = (None, 0);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header =
        ["at", "actor_kind", "actor", "action", "target_kind", "target", "before", "after", "address", "request_id"];
    writer.write_record(header).map_err(Error::internal)?;
    loop {
        let entries = newest(cx, filter, before, PAGE).await?;
        for entry in &entries {
            writer.write_record(cells(entry)).map_err(Error::internal)?;
        }
        upload.write(&writer.into_inner().map_err(|failed| Error::internal(failed.to_string()))?).await?;
        writer = csv::Writer::from_writer(Vec::new());
        lines += u64::try_from(entries.len()).unwrap_or_default();
        match entries.last() {
            Some(last) if entries.len() as i64 == PAGE => before = Some(last.id),
            _ => return Ok(lines),
        }
    }
}

fn cells(entry: &AuditEntry) -> [String; 10] {
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let at = entry.at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    [
        at,
        entry.actor_kind.clone(),
        entry.actor_name.clone(),
        entry.action.clone(),
        entry.target_kind.clone(),
        entry.target_id.clone(),
        json(&entry.before),
        json(&entry.after),
        entry.address.clone().unwrap_or_default(),
        entry.request_id.clone(),
    ]
    .map(|cell| neutralize(&cell).into_owned())
}
