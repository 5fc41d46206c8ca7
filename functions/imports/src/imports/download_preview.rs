//! `GET /v1/imports/{id}/preview/download`

use std::time::Duration;

use cloud::{Objects, Upload};
use db_catalog::{CatalogDb, PreviewRow};
use db_imports::ImportsDb;
use runtime::{Cursor, Cx, Error, Path, Result};
use serde::Serialize;
use tabular::neutralize;
use utoipa::ToSchema;

/// The download of a whole preview.
#[derive(Serialize, ToSchema)]
pub struct PreviewDownload {
    /// The address of a CSV with a line for each field that would change; valid for one hour.
    url: String,
}

const PAGE: i64 = 5_000;

/// Returns the whole preview as a CSV: row, action, product, field, old and new value.
pub async fn download_preview(cx: Cx, id: Path) -> Result<PreviewDownload> {
    let tenant = cx.tenant()?;
    cx.get::<ImportsDb>().await?.import(tenant, id.0).await?;
    let (catalog, objects) = (cx.get::<CatalogDb>().await?, cx.get::<Objects>().await?);
    let key = format!("reports/{tenant}/{}/preview.csv", id.0);
    let mut upload = objects.upload(&key, "text/csv; charset=utf-8").await?;
    let written = async {
        upload.write("\u{feff}row,action,sku,ean,title,field,old,new\r\n".as_bytes()).await?;
        let mut after = None;
        loop {
            let page = catalog.preview_rows(tenant, id.0, None, after, PAGE).await?;
            write_page(&mut upload, &page.data).await?;
            after = match page.next_cursor.as_ref().and(page.data.last()).map(PreviewRow::cursor) {
                Some(Cursor::Number(number)) => Some(number),
                _ => return Ok(()),
            };
        }
    }
    .await;
    match written {
        Ok(()) => upload.finish().await?,
        Err(error) => {
            upload.abort().await;
            return Err(error);
        }
    };
    let url = objects.presign_download(&key, "import-preview.csv", Duration::from_secs(60 * 60)).await?;
    Ok(PreviewDownload { url })
}

async fn write_page(upload: &mut Upload, rows: &[PreviewRow]) -> Result<()> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let shown = |value: &serde_json::Value| match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for row in rows {
        let text = |value: &Option<String>| neutralize(value.as_deref().unwrap_or_default()).into_owned();
        let number = row.row.map(|row| row.to_string()).unwrap_or_default();
        let start = [number, row.action.clone(), text(&row.sku), text(&row.ean), text(&row.title)];
        let mut write =
            |rest: [String; 3]| csv.write_record(start.iter().cloned().chain(rest)).map_err(Error::internal);
        if row.changes.0.is_empty() {
            write([String::new(), String::new(), String::new()])?;
        }
        for (field, change) in &row.changes.0 {
            let (old, new) = (shown(&change.old), shown(&change.new));
            write([field.clone(), neutralize(&old).into_owned(), neutralize(&new).into_owned()])?;
        }
    }
    upload.write(&csv.into_inner().map_err(Error::internal)?).await
}
