//! `POST /v1/exports`

use channels::shopify::Columns;
use cloud::{Outgoing, Queues};
use db_catalog::CatalogDb;
use db_imports::{ExportJob, ImportsDb, NewExport};
use db_tenancy::Stamp;
use product::ProductStatus;
use runtime::{Body, Created, Cx, Error, IdempotencyKey, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::write::{ExportMessage, Options, write_export};

/// More products are exported in the background.
const AT_ONCE: i32 = 1_000;

/// The layout of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportLayout {
    /// Shopify's product CSV.
    Shopify,
}

/// An export that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateExport {
    /// The layout of the files.
    pub layout: ExportLayout,
    /// `all` (default): every column of the channel's template. `filled`: only those that the catalogue fills, so
    /// that an import into the shop erases nothing else.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub columns: Columns,
    /// The products' statuses; only active ones unless said.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub statuses: Vec<ProductStatus>,
}

/// Begins an export.
pub async fn create_export(cx: Cx, input: Body<CreateExport>, key: IdempotencyKey) -> Result<Created<ExportJob>> {
    let (caller, input) = (cx.caller()?.clone(), input.0);
    let ExportLayout::Shopify = input.layout;
    let statuses = if input.statuses.is_empty() { vec![ProductStatus::Active] } else { input.statuses };
    let options = Options { columns: input.columns, statuses };
    let new = NewExport {
        id: Uuid::now_v7(),
        layout: "shopify".to_owned(),
        options: serde_json::to_value(&options).map_err(Error::internal)?,
        idempotency_key: key.0,
    };
    let db = cx.get::<ImportsDb>().await?;
    let job = db.create_export(caller.tenant, &new, &Stamp::of(&cx)?).await?;
    if job.id != new.id {
        return Ok(Created(job.without_keys()));
    }
    let count = cx.get::<CatalogDb>().await?.snapshot(caller.tenant, &options.statuses).await?.count().await?;
    if count <= AT_ONCE {
        write_export(&cx, caller.tenant, job.id).await?;
    } else {
        let message = Outgoing::json(&ExportMessage { tenant_id: caller.tenant, export_id: job.id }, caller.tenant)?;
        cx.get::<Queues>().await?.send("exports", vec![message]).await?;
    }
    Ok(Created(db.export(caller.tenant, job.id).await?.without_keys()))
}
