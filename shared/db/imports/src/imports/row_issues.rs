//! Errors and notices about single rows.

use std::collections::HashMap;

use db_tenancy::{TenantTx, begin, error};
use product::RowIssue;
use runtime::{Cursor, Page, Result, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{BatchRecord, ImportsDb};

/// One error or notice about one row of an imported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowReport {
    /// The row's number, as a spreadsheet shows it.
    pub row: i32,
    /// The header of the column; `null` if it concerns the whole row.
    pub column: Option<String>,
    /// The field that the column fills.
    pub field: Option<String>,
    /// A code that clients branch on. `superseded` is a notice: a later row has the same SKU or EAN.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
    /// The value that was found, shortened.
    pub value: Option<String>,
    /// Whether it is a notice only: the row was imported, or skipped on purpose.
    pub notice: bool,
    #[serde(skip)]
    key: i64,
}

/// A row has at most this many reports: the key of a report is `row * MOST + ordinal`.
const MOST: usize = 100;
/// At most this many reports of one batch about a row. A row can be in two batches, one of each phase.
const MOST_OF_BATCH: usize = MOST / 2;

impl ImportsDb {
    /// Lists the reports about an import's rows, in the file's order. `after` is the last key of the previous page.
    ///
    /// # Errors
    /// 404 when the tenant has no such import.
    pub async fn row_reports(
        &self,
        tenant: TenantId,
        import: Uuid,
        after: Option<i64>,
        limit: i64,
    ) -> Result<Page<RowReport>> {
        let mut tx = begin(&self.pool, tenant).await?;
        crate::imports::job::job(&mut tx, tenant, import).await?;
        let after = after.unwrap_or(-1);
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let (row, ordinal) = (after.div_euclid(most), after.rem_euclid(most));
        let reports = sqlx::query_as!(
            RowReport,
            "select row_number as row, column_name as column, field, code, message, value, notice,
                    row_number::bigint * $6 + ordinal as \"key!\"
             from import_row_errors
             where tenant_id = $1 and import_id = $2 and (row_number, ordinal) > ($3, $4)
             order by row_number, ordinal limit $5",
            tenant.0,
            import,
            i32::try_from(row).unwrap_or(i32::MAX),
            i16::try_from(ordinal).unwrap_or(i16::MAX),
            limit + 1,
            most
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        Ok(Page::cut(reports, limit, |report| Cursor::Number(report.key)))
    }
}

impl RowReport {
    /// The key after which the next page of reports begins.
    #[must_use]
    pub fn key(&self) -> i64 {
        self.key
    }
}

/// Replaces the issues of a batch.
pub(crate) async fn replace(
    tx: &mut TenantTx,
    tenant: TenantId,
    import: Uuid,
    batch: &BatchRecord,
    issues: &[RowIssue],
    columns: &HashMap<String, String>,
) -> Result<()> {
    sqlx::query!(
        "delete from import_row_errors where tenant_id = $1 and import_id = $2 and batch = $3",
        tenant.0,
        import,
        batch.number
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    let mut ordinals: HashMap<i32, usize> = HashMap::new();
    let mut rows = Vec::new();
    let mut numbers: Vec<i16> = Vec::new();
    let mut kept: Vec<&RowIssue> = Vec::new();
    for issue in issues {
        let ordinal = ordinals.entry(issue.row).or_default();
        if *ordinal < MOST_OF_BATCH {
            rows.push(issue.row);
            numbers.push(
                i16::try_from(*ordinal).unwrap_or(i16::MAX) + batch.phase * i16::try_from(MOST_OF_BATCH).unwrap_or(0),
            );
            kept.push(issue);
        }
        *ordinal += 1;
    }
    let column: Vec<Option<String>> =
        kept.iter().map(|issue| issue.error.field.as_ref().and_then(|field| columns.get(field).cloned())).collect();
    let field: Vec<Option<String>> = kept.iter().map(|issue| issue.error.field.clone()).collect();
    let notice: Vec<bool> = kept
        .iter()
        .map(|issue| issue.error.is_notice() || matches!(issue.error.code.as_str(), "superseded" | "in_trash"))
        .collect();
    let code: Vec<String> = kept.iter().map(|issue| issue.error.code.clone()).collect();
    let message: Vec<String> = kept.iter().map(|issue| issue.error.message.clone()).collect();
    let value: Vec<Option<String>> = kept.iter().map(|issue| issue.error.value.clone()).collect();
    sqlx::query!(
        "insert into import_row_errors (tenant_id, import_id, batch, row_number, ordinal, column_name, field, code, message, value, notice)
         select $1, $2, $3, r.* from unnest($4::int[], $5::smallint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bool[]) r
         on conflict do nothing",
        tenant.0,
        import,
        batch.number,
        &rows,
        &numbers,
        &column as _,
        &field as _,
        &code,
        &message,
        &value as _,
        &notice
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
