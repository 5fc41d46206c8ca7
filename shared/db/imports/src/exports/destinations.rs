//! Destinations of files: mail addresses, folders on servers, webhooks, buckets.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ImportsDb;

/// A destination as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    /// The id.
    pub id: Uuid,
    /// Its name, unique in the organisation; case does not count.
    pub name: String,
    /// `email`, `ftp`, `webhook` or `s3`.
    pub kind: String,
    /// Where it is, without secrets.
    pub settings: Value,
    /// The encrypted secrets.
    pub secret: Option<Vec<u8>>,
    /// The fingerprint of the key that an SFTP server showed at the first connection.
    pub host_key: Option<String>,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

/// A destination to be created, or to replace an existing one.
pub struct NewDestination {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Where it is.
    pub settings: Value,
    /// The encrypted secrets; `None` keeps the existing ones.
    pub secret: Option<Vec<u8>>,
    /// Whether the server and the account are the same as before. Only then the server's known key and the secrets are
    /// kept.
    pub same_server: bool,
}

impl ImportsDb {
    /// Lists the destinations, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn destinations(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<Destination>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = load_destinations(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |destination| Cursor::Id(destination.id)))
    }

    /// Returns one destination.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn destination(&self, tenant: TenantId, id: Uuid) -> Result<Destination> {
        load_destination(&mut begin(&self.pool, tenant).await?, tenant, id).await
    }

    /// Returns those of `ids` that are destinations of the tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known_destinations(&self, tenant: TenantId, ids: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let known = sqlx::query_scalar!(
            "select destination_id from export_destinations where tenant_id = $1 and destination_id = any($2)",
            tenant.0,
            ids
        );
        known.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Creates or changes a destination.
    ///
    /// # Errors
    /// 404 when the destination to change does not exist; 409 when another destination has the name.
    pub async fn put_destination(
        &self,
        tenant: TenantId,
        id: Uuid,
        create: bool,
        new: &NewDestination,
        stamp: &Stamp,
    ) -> Result<Destination> {
        let mut tx = begin(&self.pool, tenant).await?;
        if !create {
            load_destination(&mut tx, tenant, id).await?;
        }
        sqlx::query!(
            "insert into export_destinations (tenant_id, destination_id, name, kind, settings, secret, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)
             on conflict (tenant_id, destination_id) do update
             set name = excluded.name, kind = excluded.kind, settings = excluded.settings, updated_at = excluded.updated_at,
                 secret = coalesce(excluded.secret, case when $8 then export_destinations.secret end),
                 host_key = case when $8 then export_destinations.host_key end",
            tenant.0,
            id,
            new.name,
            new.kind,
            new.settings,
            new.secret.as_deref(),
            stamp.at,
            new.same_server
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "export_destinations_name_key", || Error::Conflict {
                code: "name_taken",
                message: messages::exports::destination_name_taken(&new.name),
            })
        })?;
        let action = if create { "export_destination.created" } else { "export_destination.changed" };
        let shown = json!({ "name": new.name, "kind": new.kind, "settings": new.settings });
        record_change(&mut tx, tenant, stamp, Change::new(action, id).to(shown)).await?;
        let saved = load_destination(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Stores the key that a server showed at the first connection.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pin_destination(&self, tenant: TenantId, id: Uuid, host_key: &str) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update export_destinations set host_key = $3 where tenant_id = $1 and destination_id = $2 and host_key is null",
            tenant.0,
            id,
            host_key
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Deletes a destination.
    ///
    /// # Errors
    /// 404 when it does not exist; 409 while a schedule or a template delivers to it.
    pub async fn delete_destination(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = load_destination(&mut tx, tenant, id).await?;
        let users = sqlx::query_scalar!(
            r#"select name as "name!" from (
                   select name from export_schedules where tenant_id = $1 and definition -> 'destinations' ? $2
                   union all
                   select name from export_templates where tenant_id = $1 and definition -> 'destinations' ? $2
               ) users order by name limit 5"#,
            tenant.0,
            id.to_string()
        );
        let users = users.fetch_all(&mut *tx).await.map_err(error)?;
        if !users.is_empty() {
            let message = messages::exports::destination_in_use(users.join(", "));
            return Err(Error::Conflict { code: "destination_in_use", message });
        }
        let gone =
            sqlx::query!("delete from export_destinations where tenant_id = $1 and destination_id = $2", tenant.0, id);
        gone.execute(&mut *tx).await.map_err(error)?;
        let gone = Change::new("export_destination.deleted", id).from(json!({ "name": before.name }));
        record_change(&mut tx, tenant, stamp, gone).await?;
        tx.commit().await.map_err(error)
    }
}

async fn load_destination(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<Destination> {
    load_destinations(tx, tenant, Some(id), None, 1)
        .await?
        .pop()
        .ok_or_else(|| Error::NotFound(messages::things::destination()))
}

async fn load_destinations(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Destination>> {
    let found = sqlx::query_as!(
        Destination,
        "select destination_id as id, name, kind, settings, secret, host_key, created_at from export_destinations
         where tenant_id = $1 and ($2::uuid is null or destination_id = $2) and ($3::uuid is null or destination_id < $3)
         order by destination_id desc limit $4",
        tenant.0,
        id,
        before,
        limit
    );
    found.fetch_all(&mut **tx).await.map_err(error)
}
