//! Suppliers.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use messages::Text;
use product::{Currency, PriceRule};
use runtime::{Cursor, Error, Page, Result, TenantId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::SuppliersDb;

/// A supplier.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Supplier {
    /// Its id.
    pub id: Uuid,
    /// Its details.
    #[serde(flatten)]
    pub details: SupplierDetails,
    /// When it was archived. An archived supplier is kept, but its offers are no longer chosen.
    #[serde(with = "time::serde::rfc3339::option")]
    pub archived_at: Option<OffsetDateTime>,
    /// The supplier that it was merged into.
    pub merged_into: Option<Uuid>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// The details of a supplier. `null` = not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SupplierDetails {
    /// Its name. It is unique in the organisation; case does not matter.
    pub name: String,
    /// Its code, unique in the organisation.
    pub code: Option<String>,
    /// The people to contact.
    pub contacts: Vec<Contact>,
    /// Its web site.
    pub website: Option<String>,
    /// Its postal address.
    pub address: Option<String>,
    /// Its country, two letters of ISO 3166.
    pub country: Option<String>,
    /// Anything else.
    pub notes: Option<String>,
    /// How it is paid.
    pub payment_terms: Option<String>,
    /// The ISO 4217 code of its prices.
    pub currency: Option<String>,
    /// Days until delivery, for offers that do not say otherwise.
    pub lead_days: Option<i32>,
    /// The smallest value of an order.
    #[schema(value_type = Option<String>)]
    pub minimum_order: Option<Decimal>,
    /// How its prices become selling prices.
    pub price_rule: PriceRule,
    /// Its place in the order of preference, the smallest first. Default: 100.
    pub preference: Option<i32>,
}

/// A person at a supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// What the person does.
    #[serde(default)]
    pub role: Option<String>,
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default)]
    pub phone: Option<String>,
}

struct Row {
    id: Uuid,
    name: String,
    code: Option<String>,
    contacts: Json<Vec<Contact>>,
    website: Option<String>,
    address: Option<String>,
    country: Option<String>,
    notes: Option<String>,
    payment_terms: Option<String>,
    currency: Option<String>,
    lead_days: Option<i32>,
    minimum_order: Option<Decimal>,
    price_rule: Json<PriceRule>,
    preference: i32,
    archived_at: Option<OffsetDateTime>,
    merged_into: Option<Uuid>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl From<Row> for Supplier {
    fn from(row: Row) -> Self {
        let details = SupplierDetails {
            name: row.name,
            code: row.code,
            contacts: row.contacts.0,
            website: row.website,
            address: row.address,
            country: row.country,
            notes: row.notes,
            payment_terms: row.payment_terms,
            currency: row.currency,
            lead_days: row.lead_days,
            minimum_order: row.minimum_order.map(|amount| amount.normalize()),
            price_rule: row.price_rule.0,
            preference: Some(row.preference),
        };
        let Row { id, archived_at, merged_into, created_at, updated_at, .. } = row;
        Self { id, details, archived_at, merged_into, created_at, updated_at }
    }
}

impl SupplierDetails {
    /// Checks every value, and removes the space around the name and the code.
    ///
    /// # Errors
    /// 422 with one error for each invalid value.
    pub fn tidy_and_check(&mut self) -> Result<()> {
        let mut errors = Vec::new();
        let mut say = |field: &str, code: &str, message: Text| {
            errors.push(runtime::FieldError { field: field.to_owned(), code: code.to_owned(), message });
        };
        self.name = self.name.trim().to_owned();
        self.code = self.code.take().map(|code| code.trim().to_owned()).filter(|code| !code.is_empty());
        self.currency = self.currency.take().map(|code| Currency::parse(&code).map_or(code, String::from));
        let length = self.name.chars().count();
        if !(1..=200).contains(&length) || self.name.chars().any(char::is_control) {
            say("name", "length", messages::suppliers::name_length(length));
        }
        if self.code.as_ref().is_some_and(|code| code.chars().count() > 50 || code.chars().any(char::is_control)) {
            say("code", "length", messages::suppliers::code_length());
        }
        if self
            .country
            .as_ref()
            .is_some_and(|country| country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            say("country", "invalid", messages::suppliers::country_invalid());
        }
        if let Some(Err(problem)) = self.currency.as_deref().map(Currency::parse) {
            say("currency", "currency_unknown", problem.message());
        }
        if self.lead_days.is_some_and(|days| !(0..=3_650).contains(&days)) {
            say("lead_days", "out_of_range", messages::suppliers::lead_days());
        }
        let most = Decimal::from(1_000_000_000);
        if self.minimum_order.is_some_and(|amount| amount < Decimal::ZERO || amount > most) {
            say("minimum_order", "out_of_range", messages::suppliers::minimum_order());
        }
        if self.contacts.len() > 50 {
            say("contacts", "too_many", messages::suppliers::too_many_contacts());
        }
        let of_contacts = self.contacts.iter().flat_map(|contact| {
            [Some(&contact.name), contact.role.as_ref(), contact.email.as_ref(), contact.phone.as_ref()]
        });
        if of_contacts.flatten().any(|text| text.chars().count() > 200 || text.chars().any(char::is_control)) {
            say("contacts", "value_too_long", messages::suppliers::contact_texts());
        }
        for (field, text) in [
            ("website", &self.website),
            ("address", &self.address),
            ("notes", &self.notes),
            ("payment_terms", &self.payment_terms),
        ] {
            if text.as_ref().is_some_and(|text| text.chars().count() > 5_000 || text.contains('\0')) {
                say(field, "value_too_long", messages::suppliers::text_too_long());
            }
        }
        for wrong in self.price_rule.check() {
            say(&wrong.field, &wrong.code, wrong.message);
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }
}

impl SuppliersDb {
    /// Returns the names of all suppliers, by their ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn supplier_names(&self, tenant: TenantId) -> Result<BTreeMap<Uuid, String>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!("select supplier_id, name from suppliers where tenant_id = $1", tenant.0);
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (row.supplier_id, row.name)).collect())
    }

    /// Returns the supplier with this name, or creates it. For a merged supplier, returns the one that it was merged
    /// into.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn supplier_named(&self, tenant: TenantId, name: &str, stamp: &Stamp) -> Result<Supplier> {
        let mut tx = begin(&self.pool, tenant).await?;
        let id = Uuid::now_v7();
        let inserted = sqlx::query!(
            "insert into suppliers (tenant_id, supplier_id, name, created_at, updated_at) values ($1, $2, $3, $4, $4)
             on conflict on constraint suppliers_name_key do nothing",
            tenant.0,
            id,
            name,
            stamp.at
        );
        if inserted.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0 {
            record_change(&mut tx, tenant, stamp, Change::new("supplier.created", id).to(json!({ "name": name })))
                .await?;
        }
        let found = sqlx::query_scalar!(
            "select coalesce(merged_into, supplier_id) as \"id!\" from suppliers where tenant_id = $1 and name_key = lower($2)",
            tenant.0,
            name
        );
        let id = found.fetch_one(&mut *tx).await.map_err(error)?;
        let supplier = supplier(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(supplier)
    }

    /// Returns the suppliers, the oldest first; merged suppliers only with `all`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn suppliers(
        &self,
        tenant: TenantId,
        search: Option<&str>,
        all: bool,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<Supplier>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let like =
            search.map(|text| format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
        let rows = sqlx::query_as!(
            Row,
            r#"select supplier_id as id, name, code, contacts as "contacts: Json<Vec<Contact>>", website, address, country, notes,
                      payment_terms, currency, lead_days, minimum_order, price_rule as "price_rule: Json<PriceRule>", preference,
                      archived_at, merged_into, created_at, updated_at
               from suppliers
               where tenant_id = $1 and ($2::uuid is null or supplier_id > $2) and ($4::text is null or name ilike $4 or code ilike $4)
                 and ($5 or merged_into is null)
               order by supplier_id limit $3"#,
            tenant.0,
            after,
            limit + 1,
            like,
            all
        );
        let rows = rows.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(rows.into_iter().map(Supplier::from).collect(), limit, |supplier| Cursor::Id(supplier.id)))
    }

    /// Returns one supplier.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn supplier(&self, tenant: TenantId, id: Uuid) -> Result<Supplier> {
        let mut tx = begin(&self.pool, tenant).await?;
        supplier(&mut tx, tenant, id).await
    }

    /// Creates a supplier.
    ///
    /// # Errors
    /// 422 for invalid values; 409 if the name or the code is taken.
    pub async fn create_supplier(
        &self,
        tenant: TenantId,
        mut details: SupplierDetails,
        stamp: &Stamp,
    ) -> Result<Supplier> {
        details.tidy_and_check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let id = Uuid::now_v7();
        sqlx::query!(
            "insert into suppliers (tenant_id, supplier_id, name, created_at, updated_at) values ($1, $2, $3, $4, $4)",
            tenant.0,
            id,
            details.name,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(name_taken)?;
        write(&mut tx, tenant, id, &details, stamp.at).await?;
        record_change(&mut tx, tenant, stamp, Change::new("supplier.created", id).to(json!(details))).await?;
        let created = supplier(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(created)
    }

    /// Changes a supplier as `change` says. `Some(true)` in `archived` archives it, `Some(false)` undoes that.
    ///
    /// # Errors
    /// 404; 422 for invalid values; 409 if the name or the code is taken.
    pub async fn change_supplier(
        &self,
        tenant: TenantId,
        id: Uuid,
        archived: Option<bool>,
        stamp: &Stamp,
        change: impl FnOnce(&SupplierDetails) -> Result<SupplierDetails>,
    ) -> Result<Supplier> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!("select from suppliers where tenant_id = $1 and supplier_id = $2 for update", tenant.0, id)
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?;
        let before = supplier(&mut tx, tenant, id).await?;
        let mut details = change(&before.details)?;
        details.tidy_and_check()?;
        write(&mut tx, tenant, id, &details, stamp.at).await?;
        if let Some(archived) = archived {
            sqlx::query!(
                "update suppliers set archived_at = case when $3 then coalesce(archived_at, $4) end where tenant_id = $1 and supplier_id = $2",
                tenant.0,
                id,
                archived,
                stamp.at
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        }
        let after = supplier(&mut tx, tenant, id).await?;
        record_change(&mut tx, tenant, stamp, Change::new("supplier.changed", id).from(json!(before)).to(json!(after)))
            .await?;
        tx.commit().await.map_err(error)?;
        Ok(after)
    }

    /// Deletes a supplier with its offers and mappings. The caller checks that it has no products.
    ///
    /// # Errors
    /// 404 if it does not exist; 409 if an automation fetches its files.
    pub async fn delete_supplier(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = supplier(&mut tx, tenant, id).await?;
        let automation = sqlx::query_scalar!(
            "select a.name from automations a join suppliers s on s.tenant_id = a.tenant_id and s.supplier_id = a.supplier_id
             where a.tenant_id = $1 and (s.supplier_id = $2 or s.merged_into = $2) limit 1",
            tenant.0,
            id
        );
        if let Some(name) = automation.fetch_optional(&mut *tx).await.map_err(error)? {
            let message = messages::suppliers::has_automation(name);
            return Err(Error::Conflict { code: "supplier_in_use", message });
        }
        sqlx::query!(
            "delete from suppliers where tenant_id = $1 and (supplier_id = $2 or merged_into = $2)",
            tenant.0,
            id
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("supplier.deleted", id).from(json!(before))).await?;
        tx.commit().await.map_err(error)
    }
}

pub(crate) async fn supplier(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<Supplier> {
    let row = sqlx::query_as!(
        Row,
        r#"select supplier_id as id, name, code, contacts as "contacts: Json<Vec<Contact>>", website, address, country, notes,
                  payment_terms, currency, lead_days, minimum_order, price_rule as "price_rule: Json<PriceRule>", preference,
                  archived_at, merged_into, created_at, updated_at
           from suppliers where tenant_id = $1 and supplier_id = $2"#,
        tenant.0,
        id
    );
    Ok(row
        .fetch_optional(&mut **tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(messages::things::supplier()))?
        .into())
}

async fn write(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Uuid,
    details: &SupplierDetails,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update suppliers set name = $3, code = $4, contacts = $5, website = $6, address = $7, country = $8, notes = $9, payment_terms = $10,
                currency = $11, lead_days = $12, minimum_order = $13, price_rule = $14, preference = $15, updated_at = $16
         where tenant_id = $1 and supplier_id = $2",
        tenant.0,
        id,
        details.name,
        details.code,
        Json(&details.contacts) as _,
        details.website,
        details.address,
        details.country,
        details.notes,
        details.payment_terms,
        details.currency,
        details.lead_days,
        details.minimum_order,
        Json(&details.price_rule) as _,
        details.preference.unwrap_or(100),
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(name_taken)?;
    Ok(())
}

fn name_taken(failed: sqlx::Error) -> Error {
    let constraint = failed.as_database_error().and_then(|database| database.constraint()).unwrap_or_default();
    let (code, message) = match constraint {
        "suppliers_name_key" => ("name_taken", messages::suppliers::name_taken()),
        "suppliers_code_key" => ("code_taken", messages::suppliers::code_taken()),
        _ => return error(failed),
    };
    Error::Conflict { code, message }
}
