//! The rules of an organisation's catalogue, and its quota of products.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::CatalogDb;
use crate::products::setup::{LANGUAGES, setup};

/// The rules of an organisation's catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogRules {
    /// The language of titles and descriptions: `fr`, `en`, `de`, `it` or `es`. Search uses it to recognise the forms
    /// of a word. `null` = no particular language.
    #[serde(default)]
    pub language: Option<String>,
    /// The sources that may overwrite a field, the strongest first, by field; `*` stands for every other field.
    /// Sources: `user`, `supplier:<id>`, `supplier`, `import`, `key`, `sync`, `rule`, `ai`. A weaker source does not
    /// overwrite what a stronger one wrote. A source that is not listed is weaker than all listed ones. Without a list
    /// the last write wins.
    #[serde(default)]
    pub source_priority: BTreeMap<String, Vec<String>>,
    /// Whether an edit by hand locks the field against files, syncs and API keys.
    #[serde(default)]
    pub lock_on_edit: bool,
    /// For how many months the history of products is kept, 1 to 240; `null` = without limit.
    #[serde(default)]
    pub history_months: Option<i32>,
}

/// How many products the catalogue has, and how many it may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CatalogUse {
    /// Products that count towards the quota: neither archived nor in the trash.
    pub products: i64,
    /// How many there may be; `null` = any number.
    pub quota: Option<i64>,
}

impl CatalogDb {
    /// Returns the rules of the organisation's catalogue.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog_rules(&self, tenant: TenantId) -> Result<CatalogRules> {
        let mut tx = begin(&self.pool, tenant).await?;
        rules(&mut tx, tenant).await
    }

    /// Replaces the rules. A product gets the new language when it is next written; the job
    /// [`Work::Assess`](crate::Work) writes all of them.
    ///
    /// # Errors
    /// 422 for a rule that is invalid.
    pub async fn set_catalog_rules(&self, tenant: TenantId, new: &CatalogRules, stamp: &Stamp) -> Result<CatalogRules> {
        let language = match &new.language {
            None => "simple",
            Some(locale) => {
                LANGUAGES.iter().find(|(known, _)| known == locale).map(|(_, name)| *name).ok_or_else(|| {
                    Error::invalid("language", "locale_unknown", messages::catalog::catalog_language_unknown(locale))
                })?
            }
        };
        if new.history_months.is_some_and(|months| !(1..=240).contains(&months)) {
            return Err(Error::invalid("history_months", "out_of_range", messages::catalog::history_months()));
        }
        check_priority(&new.source_priority)?;
        let mut tx = begin(&self.pool, tenant).await?;
        let before = rules(&mut tx, tenant).await?;
        sqlx::query!(
            "insert into catalogs (tenant_id, language, priority, lock_on_edit, history_months) values ($1, $2, $3, $4, $5)
             on conflict (tenant_id) do update set language = excluded.language, priority = excluded.priority,
                 lock_on_edit = excluded.lock_on_edit, history_months = excluded.history_months",
            tenant.0,
            language,
            Json(&new.source_priority) as _,
            new.lock_on_edit,
            new.history_months
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let change = Change::new("catalog.rules_changed", tenant).from(json!(before)).to(json!(new));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)?;
        Ok(new.clone())
    }

    /// Returns how many products the catalogue has, and how many it may have.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog_use(&self, tenant: TenantId) -> Result<CatalogUse> {
        let mut tx = begin(&self.pool, tenant).await?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        Ok(CatalogUse { products: setup.products, quota: setup.quota })
    }

    /// Sets the quota of products; `None` = any number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_product_quota(&self, tenant: TenantId, quota: Option<i64>) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into catalogs (tenant_id, quota) values ($1, $2) on conflict (tenant_id) do update set quota = excluded.quota",
            tenant.0,
            quota
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }
}

async fn rules(tx: &mut TenantTx, tenant: TenantId) -> Result<CatalogRules> {
    let found = sqlx::query!(
        r#"select language, priority as "priority: Json<BTreeMap<String, Vec<String>>>", lock_on_edit, history_months
           from catalogs where tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(error)?;
    Ok(match found {
        None => {
            CatalogRules { language: None, source_priority: BTreeMap::new(), lock_on_edit: false, history_months: None }
        }
        Some(row) => CatalogRules {
            language: LANGUAGES.iter().find(|(_, name)| *name == row.language).map(|(locale, _)| (*locale).to_owned()),
            source_priority: row.priority.0,
            lock_on_edit: row.lock_on_edit,
            history_months: row.history_months,
        },
    })
}

fn check_priority(priority: &BTreeMap<String, Vec<String>>) -> Result<()> {
    const KINDS: [&str; 7] = ["user", "supplier", "import", "key", "sync", "rule", "ai"];
    if priority.len() > 500 || priority.keys().any(|field| field.len() > 200 || field.chars().any(char::is_control)) {
        return Err(Error::invalid("source_priority", "too_many", messages::catalog::too_many_priorities()));
    }
    for (field, sources) in priority {
        let known = field == "*"
            || product::with_field(&product::Content::default(), field, serde_json::Value::Null).is_ok()
            || field == "status";
        if !known {
            return Err(Error::invalid(
                "source_priority",
                "unknown_field",
                messages::catalog::priority_field_unknown(field),
            ));
        }
        for source in sources {
            let kind = source.split(':').next().unwrap_or_default();
            if !KINDS.contains(&kind) || sources.len() > 100 || source.len() > 200 {
                let message = messages::catalog::source_unknown(KINDS.join(", "), source);
                return Err(Error::invalid("source_priority", "source_unknown", message));
            }
        }
    }
    Ok(())
}
