//! `POST /v1/imports/{id}/apply`

use db_catalog::CatalogDb;
use db_imports::{ImportJob, ImportStatus, ImportsDb, Run};
use db_tenancy::Stamp;
use messages::{Language, Text, Value, imports as say};
use runtime::{Accepted, Body, Cx, Error, Path, Permission, Result};
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;

use crate::imports::choices::Choices;
use crate::imports::restart::{PREVIEWS, read_again};
use crate::pipeline::messages::{send_batches, send_finish};

/// The options for applying an import.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApplyImport {
    /// New choices. If given, the file is read again first. Default: the preview is applied.
    pub choices: Option<Choices>,
    /// Whether to apply the import even if products changed since the preview.
    pub although_changed: bool,
}

/// How many of the changed products are named.
const SHOWN: i64 = 10;

/// Texts separated by commas, as a value of a message.
struct Listed(Vec<Text>);

impl Value for Listed {
    fn shown_in(&self, language: Language) -> String {
        self.0.iter().map(|text| text.shown(language)).collect::<Vec<_>>().join(", ")
    }
}

/// Applies a previewed import, lets a held import through, or starts an uploaded one. 409 when products changed since
/// the preview in fields that the file has, or the preview is older than 29 days. A held import needs the permission
/// `start:imports` too.
pub async fn apply_import(cx: Cx, id: Path, input: Body<ApplyImport>) -> Result<Accepted<ImportJob>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let import = db.import(tenant, id.0).await?;
    if import.status == ImportStatus::Held {
        // A guard asks somebody who may do more than import.
        cx.caller()?.check(Permission::ImportsStart)?;
    }
    let previewed = matches!(import.status, ImportStatus::Ready | ImportStatus::Held);
    if !previewed || input.0.choices.is_some() {
        return read_again(&cx, id, input.0.choices.unwrap_or_default(), Run::Apply).await.map(Accepted);
    }
    if import.previewed_at.is_none_or(|at| at < cx.now - PREVIEWS + Duration::DAY) {
        return Err(Error::Conflict { code: "preview_expired", message: say::preview_expired() });
    }
    if import.options.all_or_nothing && import.totals.rejected > 0 {
        let message = say::correct_rows_first(import.totals.rejected);
        return Err(Error::Conflict { code: "rows_rejected", message });
    }
    if !input.0.although_changed {
        let columns = import.layout.iter().flat_map(|layout| &layout.columns);
        let mut fields: Vec<String> =
            columns.filter_map(|column| column.target()).map(|target| target.name()).collect();
        fields.extend(["dimensions".to_owned(), "parent_id".to_owned(), "options".to_owned()]);
        let changed = cx.get::<CatalogDb>().await?.changed_since_preview(tenant, id.0, &fields, SHOWN).await?;
        if !changed.is_empty() {
            let rows = changed.iter().map(|product| say::row_of_product(product.row, &product.code));
            let message = say::catalogue_changed(Listed(rows.collect()));
            return Err(Error::Conflict { code: "catalogue_changed", message });
        }
    }
    let released = db.release(tenant, id.0, &Stamp::of(&cx)?).await?;
    let sent = send_batches(&cx, &db, tenant, id.0).await?;
    if sent == 0 && db.settle_import(tenant, id.0, cx.now).await? {
        send_finish(&cx, tenant, id.0).await?;
    }
    Ok(Accepted(released))
}
