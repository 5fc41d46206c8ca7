//! Families: which attributes a kind of product has, and which of them a channel requires.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::CatalogDb;
use crate::describe::attributes::definitions;
use crate::errors::check_code;
use crate::products::setup::FamilyAttribute;

/// A kind of product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Family {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The attributes that its products have.
    #[schema(value_type = Vec<FamilyAttribute>)]
    pub attributes: Json<Vec<FamilyAttribute>>,
}

impl CatalogDb {
    /// Returns the families, in the order of their codes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn families(&self, tenant: TenantId) -> Result<Vec<Family>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Family,
            r#"select code, name, attributes as "attributes: Json<Vec<FamilyAttribute>>" from families where tenant_id = $1 order by code"#,
            tenant.0
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Creates or changes a family. The caller starts the job that computes the completeness of its products again.
    ///
    /// # Errors
    /// 422 for an attribute that does not exist.
    pub async fn put_family(&self, tenant: TenantId, family: &Family, stamp: &Stamp) -> Result<()> {
        check_code(&family.code)?;
        let mut tx = begin(&self.pool, tenant).await?;
        let known = definitions(&mut tx, tenant).await?;
        if let Some(unknown) = family.attributes.iter().find(|attribute| !known.contains_key(&attribute.code)) {
            let message = messages::catalog::attribute_unknown(&unknown.code);
            return Err(Error::invalid("attributes", "attribute_unknown", message));
        }
        if family.attributes.len() > 1_000 || family.attributes.iter().any(|attribute| attribute.required_in.len() > 50)
        {
            return Err(Error::invalid("attributes", "too_many", messages::catalog::family_too_large()));
        }
        sqlx::query!(
            "insert into families (tenant_id, code, name, attributes) values ($1, $2, $3, $4)
             on conflict (tenant_id, code) do update set name = excluded.name, attributes = excluded.attributes",
            tenant.0,
            family.code,
            family.name,
            Json(&family.attributes.0) as _
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("family.set", &family.code).to(json!(family))).await?;
        tx.commit().await.map_err(error)
    }

    /// Deletes a family that no product has.
    ///
    /// # Errors
    /// 404; 409 if products have it.
    pub async fn delete_family(&self, tenant: TenantId, code: &str, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let used = sqlx::query_scalar!(
            "select exists (select from products where tenant_id = $1 and family = $2) as \"used!\"",
            tenant.0,
            code
        );
        if used.fetch_one(&mut *tx).await.map_err(error)? {
            return Err(Error::Conflict { code: "family_in_use", message: messages::catalog::family_in_use() });
        }
        let deleted = sqlx::query!("delete from families where tenant_id = $1 and code = $2", tenant.0, code);
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::family()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("family.deleted", code)).await?;
        tx.commit().await.map_err(error)
    }
}
