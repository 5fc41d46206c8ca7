//! What earlier imports know about a file: the mapping that was chosen for its columns, its size, its content.

use db_tenancy::{begin, error};
use mapping::Mapping;
use runtime::{Result, TenantId};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{FileLayout, ImportJob, ImportOptions, ImportsDb};

impl ImportsDb {
    /// Returns the mapping of the last file with the same columns, of the same supplier, and the id of its import. Only
    /// mappings that somebody chose count.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remembered_mapping(
        &self,
        tenant: TenantId,
        supplier: Option<Uuid>,
        columns_hash: &str,
    ) -> Result<Option<(Uuid, Mapping)>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            r#"select import_id, options as "options: Json<ImportOptions>" from import_jobs
               where tenant_id = $1 and columns_hash = $2 and supplier_id is not distinct from $3
                 and status in ('completed', 'completed_with_errors') and jsonb_typeof(options -> 'mapping') = 'array'
               order by import_id desc limit 1"#,
            tenant.0,
            columns_hash,
            supplier
        );
        let found = found.fetch_optional(&mut *tx).await.map_err(error)?;
        Ok(found.and_then(|row| Some((row.import_id, row.options.0.mapping?))))
    }

    /// Returns the rows and the layout of the last import of the same automation (or, by hand, of the same supplier)
    /// that was read to its end and applied.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_of_its_kind(
        &self,
        tenant: TenantId,
        import: &ImportJob,
    ) -> Result<Option<(i32, Option<FileLayout>)>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            r#"select total_rows as "rows!", layout as "layout: Json<FileLayout>" from import_jobs
               where tenant_id = $1 and import_id < $2 and automation_id is not distinct from $3
                 and supplier_id is not distinct from $4 and total_rows is not null
                 and status in ('completed', 'completed_with_errors')
               order by import_id desc limit 1"#,
            tenant.0,
            import.id,
            import.automation_id,
            import.supplier_id
        );
        let found = found.fetch_optional(&mut *tx).await.map_err(error)?;
        Ok(found.map(|row| (row.rows, row.layout.map(|layout| layout.0))))
    }

    /// Whether the last file of an automation with this name had this content (its SHA-256). If no file had this name,
    /// the last file of any name counts. The import with the idempotency `key` does not count. Older content that comes
    /// back is new, because the content between is in the catalogue. A file that failed on our side or was never read
    /// may be imported again; a file whose import a person cancelled is not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn had_content(
        &self,
        tenant: TenantId,
        automation: Uuid,
        name: &str,
        hash: &str,
        key: &str,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let had = sqlx::query_scalar!(
            r#"with had as (
                   select content_hash, status, file_name, import_id from import_jobs
                   where tenant_id = $1 and automation_id = $2 and idempotency_key is distinct from $4
                     and status not in ('awaiting_upload', 'failed')
               )
               select coalesce($3 in (
                   (select content_hash from had order by (file_name = $5) desc, import_id desc limit 1),
                   (select content_hash from had where status <> 'cancelled' order by (file_name = $5) desc, import_id desc limit 1)
               ), false) as "had!""#,
            tenant.0,
            automation,
            hash,
            key,
            name
        );
        had.fetch_one(&mut *tx).await.map_err(error)
    }

    /// Lists the rejected rows of an import with their errors, in the file's order. `after` is the last row of the
    /// previous page.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rejected_rows(
        &self,
        tenant: TenantId,
        import: Uuid,
        after: i32,
        limit: i64,
    ) -> Result<Vec<(i32, Vec<RejectedValue>)>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            r#"select row_number, jsonb_agg(jsonb_build_object('column', column_name, 'field', field, 'code', code, 'message', message)
                      order by ordinal) as "values!: Json<Vec<RejectedValue>>"
               from import_row_errors where tenant_id = $1 and import_id = $2 and row_number > $3 and not notice
               group by row_number order by row_number limit $4"#,
            tenant.0,
            import,
            after,
            limit
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (row.row_number, row.values.0)).collect())
    }
}

/// One error of a rejected row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct RejectedValue {
    /// The column.
    pub column: Option<String>,
    /// The field that it fills.
    pub field: Option<String>,
    /// The code of the error.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
}
