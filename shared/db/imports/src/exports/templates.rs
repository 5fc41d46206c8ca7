//! Templates of exports, and Amazon templates that sellers uploaded.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ImportsDb;

/// A template of exports: saved choices under a name, shared in the organisation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExportTemplate {
    /// The id.
    pub id: Uuid,
    /// Its name, unique in the organisation; case does not count.
    pub name: String,
    /// Its purpose.
    pub description: String,
    /// The choices: the body of `POST /v1/exports`.
    #[schema(value_type = Object)]
    pub definition: Value,
    /// The number of changes of the definition; the template's `ETag`.
    pub version: i32,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// One version of a template.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TemplateVersion {
    /// The version.
    pub version: i32,
    /// The choices.
    #[schema(value_type = Object)]
    pub definition: Value,
    /// Who saved it.
    pub saved_by: String,
    /// When it was saved.
    #[serde(with = "time::serde::rfc3339")]
    pub saved_at: OffsetDateTime,
}

/// A template to be created, or to replace an existing one.
pub struct NewTemplate {
    /// Its name.
    pub name: String,
    /// Its purpose.
    pub description: String,
    /// The choices.
    pub definition: Value,
}

/// An Amazon template, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedAmazonTemplate {
    /// The id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// How many columns it has.
    pub columns: i32,
    /// When it was uploaded.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// How many versions of a template are kept.
const VERSIONS: i32 = 50;

fn name_taken(failed: sqlx::Error, name: &str) -> Error {
    on_constraint(failed, "export_templates_name_key", || Error::Conflict {
        code: "name_taken",
        message: messages::exports::template_name_taken(name),
    })
}

impl ImportsDb {
    /// Lists the templates, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn export_templates(
        &self,
        tenant: TenantId,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<ExportTemplate>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = load_templates(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |template| Cursor::Id(template.id)))
    }

    /// Returns one template.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn export_template(&self, tenant: TenantId, id: Uuid) -> Result<ExportTemplate> {
        load_template(&mut begin(&self.pool, tenant).await?, tenant, id).await
    }

    /// Lists the versions of a template, the newest first; the last fifty are kept.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn template_versions(&self, tenant: TenantId, id: Uuid) -> Result<Vec<TemplateVersion>> {
        let mut tx = begin(&self.pool, tenant).await?;
        load_template(&mut tx, tenant, id).await?;
        let found = sqlx::query_as!(
            TemplateVersion,
            "select version, definition, saved_by, saved_at from export_template_versions
             where tenant_id = $1 and template_id = $2 order by version desc",
            tenant.0,
            id
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Creates a template.
    ///
    /// # Errors
    /// 409 when another template has the name.
    pub async fn create_template(&self, tenant: TenantId, new: &NewTemplate, stamp: &Stamp) -> Result<ExportTemplate> {
        let (id, mut tx) = (Uuid::now_v7(), begin(&self.pool, tenant).await?);
        sqlx::query!(
            "insert into export_templates (tenant_id, template_id, name, description, definition, version, created_at, updated_at)
             values ($1, $2, $3, $4, $5, 1, $6, $6)",
            tenant.0,
            id,
            new.name,
            new.description,
            new.definition,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| name_taken(failed, &new.name))?;
        note_version(&mut tx, tenant, id, stamp).await?;
        let created =
            Change::new("export_template.created", id).to(json!({ "name": new.name, "definition": new.definition }));
        record_change(&mut tx, tenant, stamp, created).await?;
        let saved = load_template(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Replaces a template. If `version` is given, only while the template still has this version.
    ///
    /// # Errors
    /// 404 when it does not exist, 412 when somebody changed it meanwhile, 409 when another template has the name.
    pub async fn put_template(
        &self,
        tenant: TenantId,
        id: Uuid,
        version: Option<i64>,
        new: &NewTemplate,
        stamp: &Stamp,
    ) -> Result<ExportTemplate> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = load_template(&mut tx, tenant, id).await?;
        let done = sqlx::query!(
            "update export_templates set name = $3, description = $4, definition = $5, updated_at = $6,
                    version = version + case when definition = $5 then 0 else 1 end
             where tenant_id = $1 and template_id = $2 and ($7::bigint is null or version = $7)",
            tenant.0,
            id,
            new.name,
            new.description,
            new.definition,
            stamp.at,
            version
        );
        let done = done.execute(&mut *tx).await.map_err(|failed| name_taken(failed, &new.name))?;
        if done.rows_affected() == 0 {
            return Err(Error::Changed { version: before.version.into() });
        }
        note_version(&mut tx, tenant, id, stamp).await?;
        let changed = Change::new("export_template.changed", id)
            .from(json!({ "name": before.name, "definition": before.definition }))
            .to(json!({ "name": new.name, "definition": new.definition }));
        record_change(&mut tx, tenant, stamp, changed).await?;
        let saved = load_template(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes a template. Exports and schedules that were made from it have their own copy of the choices.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn delete_template(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = load_template(&mut tx, tenant, id).await?;
        let deleted =
            sqlx::query!("delete from export_templates where tenant_id = $1 and template_id = $2", tenant.0, id);
        deleted.execute(&mut *tx).await.map_err(error)?;
        let deleted = Change::new("export_template.deleted", id).from(json!({ "name": before.name }));
        record_change(&mut tx, tenant, stamp, deleted).await?;
        tx.commit().await.map_err(error)
    }

    /// Stores an Amazon template.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_amazon_template(
        &self,
        tenant: TenantId,
        id: Uuid,
        name: &str,
        template: &Value,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into amazon_templates (tenant_id, amazon_template_id, name, template, created_at) values ($1, $2, $3, $4, $5)",
            tenant.0,
            id,
            name,
            template,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("amazon_template.created", id).to(json!({ "name": name })))
            .await?;
        tx.commit().await.map_err(error)
    }

    /// Lists the Amazon templates, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn amazon_templates(
        &self,
        tenant: TenantId,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<NamedAmazonTemplate>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            NamedAmazonTemplate,
            r#"select amazon_template_id as id, name, jsonb_array_length(template -> 'columns') as "columns!", created_at
               from amazon_templates where tenant_id = $1 and ($2::uuid is null or amazon_template_id < $2)
               order by amazon_template_id desc limit $3"#,
            tenant.0,
            before,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(found, limit, |template| Cursor::Id(template.id)))
    }

    /// Returns one Amazon template, as it is stored.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn amazon_template(&self, tenant: TenantId, id: Uuid) -> Result<Value> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_scalar!(
            "select template from amazon_templates where tenant_id = $1 and amazon_template_id = $2",
            tenant.0,
            id
        );
        found
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?
            .ok_or_else(|| Error::NotFound(messages::things::template()))
    }

    /// Deletes an Amazon template.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn delete_amazon_template(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted =
            sqlx::query!("delete from amazon_templates where tenant_id = $1 and amazon_template_id = $2", tenant.0, id);
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::template()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("amazon_template.deleted", id)).await?;
        tx.commit().await.map_err(error)
    }
}

/// Stores the current version of a template, and deletes versions that are more than fifty versions old.
async fn note_version(tx: &mut TenantTx, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
    sqlx::query!(
        "insert into export_template_versions (tenant_id, template_id, version, definition, saved_by, saved_at)
         select tenant_id, template_id, version, definition, $3, $4 from export_templates where tenant_id = $1 and template_id = $2
         on conflict do nothing",
        tenant.0,
        id,
        stamp.actor_name(),
        stamp.at
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    sqlx::query!(
        "delete from export_template_versions v using export_templates t
         where v.tenant_id = $1 and v.template_id = $2 and t.tenant_id = $1 and t.template_id = $2 and v.version <= t.version - $3",
        tenant.0,
        id,
        VERSIONS
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}

async fn load_template(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<ExportTemplate> {
    load_templates(tx, tenant, Some(id), None, 1)
        .await?
        .pop()
        .ok_or_else(|| Error::NotFound(messages::things::template()))
}

async fn load_templates(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ExportTemplate>> {
    let found = sqlx::query_as!(
        ExportTemplate,
        "select template_id as id, name, description, definition, version, created_at, updated_at from export_templates
         where tenant_id = $1 and ($2::uuid is null or template_id = $2) and ($3::uuid is null or template_id < $3)
         order by template_id desc limit $4",
        tenant.0,
        id,
        before,
        limit
    );
    found.fetch_all(&mut **tx).await.map_err(error)
}
