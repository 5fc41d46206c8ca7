//! `POST /v1/suppliers/{id}/merge`

use cloud::{Outgoing, Queues};
use db_catalog::{CatalogDb, CatalogJob, Condition, Op, ProductQuery, Selection, Work};
use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use product::{Edit, EditAction};
use runtime::{Accepted, Body, Cx, Path, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// The target of a merge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeSupplier {
    /// The supplier that stays.
    pub into: Uuid,
}

/// Merges a supplier into another one. Offers and mappings move at once, products in a job. A repeated call resumes an
/// interrupted merge.
pub async fn merge_supplier(cx: Cx, id: Path, input: Body<MergeSupplier>) -> Result<Accepted<CatalogJob>> {
    let (tenant, stamp, into) = (cx.tenant()?, Stamp::of(&cx)?, input.0.into);
    cx.get::<SuppliersDb>().await?.merge_supplier(tenant, id.0, into, &stamp).await?;
    let query = ProductQuery {
        filter: vec![
            Condition::equals("supplier_id", id.0.to_string()),
            Condition { field: "trashed".to_owned(), op: Op::In, value: json!([true, false]) },
        ],
        ..ProductQuery::default()
    };
    let edit = Edit {
        field: "supplier_id".to_owned(),
        action: EditAction::Set,
        value: json!(into),
        find: None,
        replace: None,
    };
    let work = Work::Edit(Selection { ids: None, query: Some(query) }, vec![edit]);
    let job = cx.get::<CatalogDb>().await?.begin_job(tenant, &work, None, &stamp).await?;
    let message = Outgoing::json(&json!({ "tenant_id": tenant, "job_id": job.id }), tenant)?;
    cx.get::<Queues>().await?.send("catalog-bulk-jobs", vec![message]).await?;
    Ok(Accepted(job))
}
