//! Saved mappings: how a supplier's files are read.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, begin, error, on_constraint, record_change};
use mapping::{Blank, ColumnMapping, Tables};
use messages::Text;
use product::{Currency, Field, LengthUnit, MatchKey, WeightUnit};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use tabular::ReadOptions;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::SuppliersDb;

/// A saved mapping: how a supplier's files are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedMapping {
    /// Its name, unique for the supplier.
    pub name: String,
    /// The number of its current version, from 1.
    pub version: i32,
    /// Its definition.
    #[schema(value_type = SavedMappingDefinition)]
    pub definition: Json<SavedMappingDefinition>,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// The definition of a mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedMappingDefinition {
    /// Which column fills which field.
    pub columns: Vec<ColumnMapping>,
    /// The currency of prices without a currency.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The unit of weights without a unit: `g`, `kg`, `lb` or `oz`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub weight_unit: Option<WeightUnit>,
    /// The unit of lengths without a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_unit: Option<LengthUnit>,
    /// How to read the files, where it is known better than what is detected from their first rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadOptions>,
    /// What a blank cell means. A column may decide otherwise for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blank: Option<Blank>,
    /// Whether attributes that the mapping names are created if they do not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_attributes: Option<bool>,
    /// The organisation's categories by the supplier's words for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<BTreeMap<String, Uuid>>,
    /// Tables for the filter `lookup` of expressions, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub tables: Option<Tables>,
    /// The keys by which existing products are found, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_by: Option<Vec<MatchKey>>,
}

/// How many versions of a mapping are kept.
const VERSIONS: i32 = 50;

impl SuppliersDb {
    /// Returns a supplier's mappings, in the order of their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn mappings(&self, tenant: TenantId, supplier: Uuid) -> Result<Vec<SavedMapping>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            SavedMapping,
            r#"select name, version, definition as "definition: Json<SavedMappingDefinition>", updated_at from mappings
               where tenant_id = $1 and supplier_id = $2 order by name"#,
            tenant.0,
            supplier
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Returns the versions of a supplier's mapping, the newest first.
    ///
    /// # Errors
    /// 404 if the mapping does not exist.
    pub async fn mapping_versions(&self, tenant: TenantId, supplier: Uuid, name: &str) -> Result<Vec<SavedMapping>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            SavedMapping,
            r#"select name, version, definition as "definition: Json<SavedMappingDefinition>", updated_at from mapping_versions
               where tenant_id = $1 and supplier_id = $2 and name = $3 order by version desc"#,
            tenant.0,
            supplier,
            name
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        if found.is_empty() { Err(Error::NotFound(messages::things::mapping())) } else { Ok(found) }
    }

    /// Saves a mapping: a new one, or the next version if the definition changed. The last fifty versions are kept.
    ///
    /// # Errors
    /// 404 if the supplier does not exist; 422 for a mapping that is invalid or has no column for a code.
    pub async fn put_mapping(
        &self,
        tenant: TenantId,
        supplier: Uuid,
        name: &str,
        definition: &SavedMappingDefinition,
        stamp: &Stamp,
    ) -> Result<SavedMapping> {
        let length = name.chars().count();
        if !(1..=100).contains(&length) || name.chars().any(char::is_control) {
            return Err(Error::invalid("name", "length", messages::suppliers::mapping_name(length)));
        }
        let wrong = |message: Text| Error::invalid("columns", "mapping_invalid", message);
        if let Some(Err(message)) =
            definition.columns.iter().map(ColumnMapping::check).find(std::result::Result::is_err)
        {
            return Err(wrong(message));
        }
        let has = |field: Field| definition.columns.iter().any(|column| column.field == Some(field));
        if !has(Field::Ean) && !has(Field::Sku) && !has(Field::SupplierReference) {
            return Err(wrong(match has(Field::Title) {
                true => messages::suppliers::mapping_without_code(),
                false => messages::suppliers::mapping_without_title_and_code(),
            }));
        }
        if definition.match_by.as_ref().is_some_and(|keys| keys.is_empty() || keys.len() > 10) {
            return Err(Error::invalid("match_by", "length", messages::suppliers::mapping_keys()));
        }
        if definition.columns.len() > 2_000 || definition.columns.iter().any(|column| column.column.contains('\0')) {
            return Err(Error::invalid("columns", "invalid", messages::suppliers::mapping_columns()));
        }
        let mut tx = begin(&self.pool, tenant).await?;
        let saved = sqlx::query_as!(
            SavedMapping,
            r#"insert into mappings (tenant_id, supplier_id, name, version, definition, created_at, updated_at) values ($1, $2, $3, 1, $4, $5, $5)
               on conflict (tenant_id, supplier_id, name) do update
               set version = mappings.version + (mappings.definition <> excluded.definition)::integer,
                   definition = excluded.definition, updated_at = excluded.updated_at
               returning name, version, definition as "definition: Json<SavedMappingDefinition>", updated_at"#,
            tenant.0,
            supplier,
            name,
            Json(definition) as _,
            stamp.at
        );
        let saved = saved.fetch_one(&mut *tx).await.map_err(|failed| {
            on_constraint(failed, "mappings_supplier_fkey", || Error::NotFound(messages::things::supplier()))
        })?;
        sqlx::query!(
            "insert into mapping_versions (tenant_id, supplier_id, name, version, definition, updated_at) values ($1, $2, $3, $4, $5, $6)
             on conflict do nothing",
            tenant.0,
            supplier,
            name,
            saved.version,
            Json(definition) as _,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "delete from mapping_versions where tenant_id = $1 and supplier_id = $2 and name = $3 and version <= $4",
            tenant.0,
            supplier,
            name,
            saved.version - VERSIONS
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("mapping.saved", format!("{supplier}/{name}")).to(json!(definition)),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes a mapping.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn delete_mapping(&self, tenant: TenantId, supplier: Uuid, name: &str, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!(
            "delete from mappings where tenant_id = $1 and supplier_id = $2 and name = $3",
            tenant.0,
            supplier,
            name
        );
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::mapping()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("mapping.deleted", format!("{supplier}/{name}"))).await?;
        tx.commit().await.map_err(error)
    }
}
