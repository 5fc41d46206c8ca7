//! The organisation's attributes and their groups.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use product::Attribute;
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::CatalogDb;
use crate::errors::{check_code, invalid};

/// An attribute and its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodedAttribute {
    /// The code under which products store its values.
    pub code: String,
    /// Its definition.
    #[serde(flatten)]
    pub attribute: Attribute,
}

/// A group in which attributes are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttributeGroup {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place among the groups.
    pub position: i32,
}

/// The most attributes of an organisation.
const MOST: i64 = 2_000;
/// The most options of all attributes together: they are always read as a whole.
const MOST_OPTIONS: usize = 20_000;

/// Returns every attribute by its code.
pub(crate) async fn definitions(tx: &mut TenantTx, tenant: TenantId) -> Result<BTreeMap<String, Attribute>> {
    read_definitions(tx, tenant).await.map_err(error)
}

/// Like [`definitions`], with the error of sqlx, for callers that handle races differently from other failures.
pub(crate) async fn read_definitions(tx: &mut TenantTx, tenant: TenantId) -> sqlx::Result<BTreeMap<String, Attribute>> {
    let found = sqlx::query!(
        r#"select code, definition as "definition: Json<Attribute>" from attributes where tenant_id = $1"#,
        tenant.0
    );
    let found = found.fetch_all(&mut **tx).await?;
    Ok(found.into_iter().map(|row| (row.code, row.definition.0)).collect())
}

impl CatalogDb {
    /// Returns the attributes, in the order of their codes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attributes(&self, tenant: TenantId) -> Result<Vec<CodedAttribute>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let definitions = definitions(&mut tx, tenant).await?;
        Ok(definitions.into_iter().map(|(code, attribute)| CodedAttribute { code, attribute }).collect())
    }

    /// Creates or changes an attribute.
    ///
    /// # Errors
    /// 422 if the definition is invalid; 409 if it changes the kind, or removes options that products have.
    pub async fn put_attribute(
        &self,
        tenant: TenantId,
        code: &str,
        new: &Attribute,
        stamp: &Stamp,
    ) -> Result<CodedAttribute> {
        check_code(code)?;
        let wrong = new.check();
        if !wrong.is_empty() {
            return Err(invalid(wrong));
        }
        let mut tx = begin(&self.pool, tenant).await?;
        let known = definitions(&mut tx, tenant).await?;
        let before = known.get(code);
        if before.is_none() && i64::try_from(known.len()).unwrap_or(i64::MAX) >= MOST {
            return Err(Error::invalid("code", "too_many", messages::catalog::too_many_attributes(MOST)));
        }
        let others =
            known.iter().filter(|(other, _)| other.as_str() != code).map(|(_, attribute)| attribute.options.len());
        if others.sum::<usize>() + new.options.len() > MOST_OPTIONS {
            return Err(Error::invalid("options", "too_many", messages::catalog::too_many_options(MOST_OPTIONS)));
        }
        if let Some(group) = &new.group {
            let found = sqlx::query_scalar!(
                "select 1 as \"one!\" from attribute_groups where tenant_id = $1 and code = $2",
                tenant.0,
                group
            );
            if found.fetch_optional(&mut *tx).await.map_err(error)?.is_none() {
                return Err(Error::invalid("group", "group_unknown", messages::catalog::group_unknown(group)));
            }
        }
        if let Some(before) = before {
            let shape = |attribute: &Attribute| (attribute.kind, attribute.localisable, attribute.measure.clone());
            if shape(before) != shape(new) {
                return Err(Error::Conflict { code: "kind_fixed", message: messages::catalog::kind_fixed() });
            }
            for gone in before.options.iter().filter(|option| new.options.iter().all(|kept| kept.code != option.code)) {
                self.refuse_used(&mut tx, code, &gone.code).await?;
            }
        }
        sqlx::query!(
            "insert into attributes (tenant_id, code, definition, created_at, updated_at) values ($1, $2, $3, $4, $4)
             on conflict (tenant_id, code) do update set definition = excluded.definition, updated_at = excluded.updated_at",
            tenant.0,
            code,
            Json(new) as _,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let mut line =
            Change::new(if before.is_some() { "attribute.changed" } else { "attribute.created" }, code).to(json!(new));
        line.before = before.map(|before| json!(before));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        Ok(CodedAttribute { code: code.to_owned(), attribute: new.clone() })
    }

    /// Deletes an attribute that no product and no family has.
    ///
    /// # Errors
    /// 404; 409 if it is in use.
    pub async fn delete_attribute(&self, tenant: TenantId, code: &str, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = definitions(&mut tx, tenant)
            .await?
            .remove(code)
            .ok_or_else(|| Error::NotFound(messages::things::attribute()))?;
        let used = sqlx::query!(
            "select exists (select from products where tenant_id = $1 and attributes ? $2) as \"by_product!\",
                    exists (select from families where tenant_id = $1 and attributes @> $3) as \"by_family!\"",
            tenant.0,
            code,
            json!([{ "code": code }])
        );
        let used = used.fetch_one(&mut *tx).await.map_err(error)?;
        if used.by_product || used.by_family {
            let message = match used.by_product {
                true => messages::catalog::attribute_in_products(),
                false => messages::catalog::attribute_in_families(),
            };
            return Err(Error::Conflict { code: "attribute_in_use", message });
        }
        sqlx::query!("delete from attributes where tenant_id = $1 and code = $2", tenant.0, code)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("attribute.deleted", code).from(json!(before))).await?;
        tx.commit().await.map_err(error)
    }

    /// Refuses to remove an option that products have.
    async fn refuse_used(&self, tx: &mut TenantTx, attribute: &str, option: &str) -> Result<()> {
        let key = format!("attributes.{attribute}:{option}");
        let used = sqlx::query_scalar!(
            "select exists (select from found_products where keys @> array[$1::text]) as \"used!\"",
            key
        );
        if used.fetch_one(&mut **tx).await.map_err(error)? {
            return Err(Error::Conflict { code: "option_in_use", message: messages::catalog::option_in_use(option) });
        }
        Ok(())
    }

    /// Returns the attribute groups, in their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attribute_groups(&self, tenant: TenantId) -> Result<Vec<AttributeGroup>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            AttributeGroup,
            "select code, name, position from attribute_groups where tenant_id = $1 order by position, code",
            tenant.0
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Creates or changes an attribute group.
    ///
    /// # Errors
    /// 422 if the code is invalid.
    pub async fn put_attribute_group(&self, tenant: TenantId, group: &AttributeGroup, stamp: &Stamp) -> Result<()> {
        check_code(&group.code)?;
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into attribute_groups (tenant_id, code, name, position) values ($1, $2, $3, $4)
             on conflict (tenant_id, code) do update set name = excluded.name, position = excluded.position",
            tenant.0,
            group.code,
            group.name,
            group.position
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("attribute_group.set", &group.code).to(json!(group))).await?;
        tx.commit().await.map_err(error)
    }

    /// Deletes an attribute group; its attributes stay, without a group.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn delete_attribute_group(&self, tenant: TenantId, code: &str, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!("delete from attribute_groups where tenant_id = $1 and code = $2", tenant.0, code);
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::attribute_group()));
        }
        sqlx::query!(
            "update attributes set definition = definition - 'group' where tenant_id = $1 and definition->>'group' = $2",
            tenant.0,
            code
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("attribute_group.deleted", code)).await?;
        tx.commit().await.map_err(error)
    }
}
