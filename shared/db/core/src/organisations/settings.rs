//! An organisation's settings: typed keys with defaults, a history of every change, and a copy in each warm process.
//!
//! The caller's check brings the number of the settings' last change along, so a warm function reads its copy without a
//! round trip and still never reads an old value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use db_tenancy::{Change, Stamp, begin, error, record_change};
use product::{OfferRule, Rule, Rules};
use runtime::{Cursor, Cx, Error, Page, Resource, Result, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;

/// A setting: its key, what it decides, its default, and what it may be.
pub struct Setting<T: 'static> {
    key: &'static str,
    about: &'static str,
    default: fn() -> T,
    check: fn(&T) -> std::result::Result<(), String>,
}

/// A setting of any type.
pub trait AnySetting: Sync {
    /// The key, `<group>.<name>`.
    fn key(&self) -> &'static str;
    /// What it decides, in a sentence.
    fn about(&self) -> &'static str;
    /// The value when nobody set one.
    fn default_value(&self) -> Value;
    /// Nothing, when `value` is acceptable.
    ///
    /// # Errors
    /// 422, saying what was expected and what was found.
    fn check(&self, value: &Value) -> Result<()>;
}

impl<T: Serialize + DeserializeOwned> AnySetting for Setting<T> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn default_value(&self) -> Value {
        serde_json::to_value((self.default)()).unwrap_or_default()
    }

    fn check(&self, value: &Value) -> Result<()> {
        let parsed: T = serde_json::from_value(value.clone())
            .map_err(|problem| Error::invalid("value", "invalid", format!("expected {}: {problem}", self.about)))?;
        (self.check)(&parsed).map_err(|problem| Error::invalid("value", "invalid", problem))
    }
}

/// The currency of a price that names none.
pub const DEFAULT_CURRENCY: Setting<String> = Setting {
    key: "imports.default_currency",
    about: "the currency of prices in supplier files that name none, an ISO 4217 code",
    default: || "EUR".to_owned(),
    check: |code| {
        let shaped = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if shaped { Ok(()) } else { Err(format!("expected an ISO 4217 code such as EUR, found \"{code}\"")) }
    },
};
/// The roles whose members must have a second factor.
pub const TWO_FACTOR_ROLES: Setting<Vec<String>> = Setting {
    key: "security.two_factor_roles",
    about: "the roles whose members must use two-factor authentication, as a list of names or ids",
    default: Vec::new,
    check: |roles| {
        let known = |role: &String| {
            runtime::Role::named(role).is_some() || role.parse::<Uuid>().is_ok_and(|id| id.to_string() == *role)
        };
        match roles.iter().find(|role| !known(role)) {
            None => Ok(()),
            Some(role) => Err(format!("expected names of roles such as super_admin, or ids, found \"{role}\"")),
        }
    },
};
/// The language of invitations that name none.
pub const LOCALE: Setting<String> = Setting {
    key: "general.locale",
    about: "the language of invitations that name none, en or fr",
    default: || "en".to_owned(),
    check: |locale| {
        let known = matches!(locale.as_str(), "en" | "fr");
        if known { Ok(()) } else { Err(format!("expected en or fr, found \"{locale}\"")) }
    },
};
/// How the best of several suppliers' offers is chosen.
pub const OFFER_RULE: Setting<OfferRule> = Setting {
    key: "suppliers.offer_rule",
    about: "how the best of several offers is chosen: cheapest_in_stock, cheapest, fastest or preferred",
    default: OfferRule::default,
    check: |_| Ok(()),
};
/// The largest file that is imported.
pub const MAX_FILE_BYTES: Setting<u64> = Setting {
    key: "imports.max_file_bytes",
    about: "the largest file that is imported, in bytes, at most 50,000,000",
    default: || 50_000_000,
    check: |bytes| within(*bytes, 1, 50_000_000),
};
/// The most rows of a CSV that is imported.
pub const MAX_ROWS_CSV: Setting<u64> = Setting {
    key: "imports.max_rows_csv",
    about: "the most rows of a CSV file that is imported, at most 200,000",
    default: || 100_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The most rows of a workbook that is imported.
pub const MAX_ROWS_EXCEL: Setting<u64> = Setting {
    key: "imports.max_rows_excel",
    about: "the most rows of a workbook that is imported, at most 200,000",
    default: || 50_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The most objects of a JSON file that is imported.
pub const MAX_ROWS_JSON: Setting<u64> = Setting {
    key: "imports.max_rows_json",
    about: "the most objects of a JSON file that is imported, at most 200,000",
    default: || 50_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The most elements of an XML file that is imported.
pub const MAX_ROWS_XML: Setting<u64> = Setting {
    key: "imports.max_rows_xml",
    about: "the most elements of an XML file that is imported, at most 200,000",
    default: || 50_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// What the organisation demands of what is imported.
pub const VALIDATION_RULES: Setting<Vec<Rule>> = Setting {
    key: "imports.validation_rules",
    about: "rules that imported products have to keep, each with field, check (required, pattern, range, in_list, unique, compare, max_change) and severity (error, warning)",
    default: Vec::new,
    check: |rules| Rules::new(rules).map(|_| ()),
};

fn within(value: u64, least: u64, most: u64) -> std::result::Result<(), String> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(format!("expected {least} to {most}, found {value}")) }
}

/// Every setting, in the order of its key.
pub const SETTINGS: &[&dyn AnySetting] = &[
    &LOCALE,
    &DEFAULT_CURRENCY,
    &MAX_FILE_BYTES,
    &MAX_ROWS_CSV,
    &MAX_ROWS_EXCEL,
    &MAX_ROWS_JSON,
    &MAX_ROWS_XML,
    &VALIDATION_RULES,
    &TWO_FACTOR_ROLES,
    &OFFER_RULE,
];

/// The setting with this key.
///
/// # Errors
/// 404 when there is none.
pub fn setting(key: &str) -> Result<&'static dyn AnySetting> {
    SETTINGS.iter().copied().find(|setting| setting.key() == key).ok_or(Error::NotFound("setting"))
}

/// The values that an organisation set.
#[derive(Clone, Debug, Default)]
pub struct Settings(Map<String, Value>);

impl Settings {
    /// The value of a setting, or its default.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, setting: &Setting<T>) -> T {
        let set = self.0.get(setting.key).and_then(|value| serde_json::from_value(value.clone()).ok());
        set.unwrap_or_else(setting.default)
    }

    /// The value that was set, if one was.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }
}

/// A change of a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingChange {
    /// Its id, in the order of time.
    pub id: Uuid,
    /// The key.
    pub key: String,
    /// What it was; none = the default.
    pub old: Option<Value>,
    /// What it became; none = the default.
    pub new: Option<Value>,
    /// Who changed it.
    pub actor_id: Option<Uuid>,
    /// What they were called.
    pub actor_name: String,
    /// When.
    pub at: OffsetDateTime,
}

/// The settings that this process has read, with the number of the change after which it read them.
struct Copies(Mutex<HashMap<TenantId, (i64, Arc<Settings>)>>);

impl Resource for Copies {
    async fn open(_cx: &Cx) -> Result<Self> {
        Ok(Self(Mutex::default()))
    }
}

/// A process keeps no more organisations' settings than this.
const MOST_COPIES: usize = 1_000;

impl CoreDb {
    /// The settings of the caller's organisation; from this process's copy when nothing has changed since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settings(&self, cx: &Cx) -> Result<Arc<Settings>> {
        let (tenant, version) = (cx.tenant()?, cx.caller()?.settings_version);
        let copies = cx.get::<Copies>().await?;
        let lock = || copies.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, settings)) = lock().get(&tenant)
            && *of == version
        {
            return Ok(Arc::clone(settings));
        }
        let read = Arc::new(self.stored_settings(tenant).await?);
        let mut copies = lock();
        if copies.len() >= MOST_COPIES {
            copies.clear();
        }
        copies.insert(tenant, (version, Arc::clone(&read)));
        Ok(read)
    }

    /// The settings as the database has them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stored_settings(&self, tenant: TenantId) -> Result<Settings> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!("select key, value from settings where tenant_id = $1", tenant.0);
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Settings(found.into_iter().map(|row| (row.key, row.value)).collect()))
    }

    /// Sets a setting, or puts it back to its default (`None`).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_setting(&self, tenant: TenantId, key: &str, value: Option<&Value>, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        // The row of the organisation is the lock of its settings.
        sqlx::query!("update tenants set settings_version = settings_version + 1 where tenant_id = $1", tenant.0)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        let old = sqlx::query_scalar!("select value from settings where tenant_id = $1 and key = $2", tenant.0, key)
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?;
        if old.as_ref() == value {
            return Ok(());
        }
        match value {
            Some(value) => {
                sqlx::query!(
                    "insert into settings (tenant_id, key, value, updated_at) values ($1, $2, $3, $4)
                     on conflict (tenant_id, key) do update set value = excluded.value, updated_at = excluded.updated_at",
                    tenant.0,
                    key,
                    value,
                    stamp.at
                )
                .execute(&mut *tx)
                .await
                .map_err(error)?;
            }
            None => {
                sqlx::query!("delete from settings where tenant_id = $1 and key = $2", tenant.0, key)
                    .execute(&mut *tx)
                    .await
                    .map_err(error)?;
            }
        }
        sqlx::query!(
            "insert into settings_history (tenant_id, change_id, key, old, new, actor_id, actor_name, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            tenant.0,
            Uuid::now_v7(),
            key,
            old,
            value,
            stamp.actor(),
            stamp.actor_name(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let change = Change::new("setting.changed", key).from(json!({ "value": old })).to(json!({ "value": value }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// The changes of a setting, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn setting_history(
        &self,
        tenant: TenantId,
        key: &str,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<SettingChange>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            SettingChange,
            "select change_id as id, key, old, new, actor_id, actor_name, at from settings_history
             where tenant_id = $1 and key = $2 and ($3::uuid is null or change_id < $3)
             order by change_id desc limit $4",
            tenant.0,
            key,
            before,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(found, limit, |change| Cursor::Id(change.id)))
    }

    /// One change of a setting.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn setting_change(&self, tenant: TenantId, key: &str, id: Uuid) -> Result<SettingChange> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query_as!(
            SettingChange,
            "select change_id as id, key, old, new, actor_id, actor_name, at from settings_history
             where tenant_id = $1 and key = $2 and change_id = $3",
            tenant.0,
            key,
            id
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or(Error::NotFound("change"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_acceptable_and_keys_are_in_order() {
        for setting in SETTINGS {
            setting.check(&setting.default_value()).unwrap();
        }
        assert!(SETTINGS.is_sorted_by_key(|setting| setting.key()));
        assert!(setting("general.colour").is_err());
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        for (key, value) in [
            ("imports.default_currency", json!("euro")),
            ("imports.default_currency", json!(3)),
            ("security.two_factor_roles", json!(["boss"])),
            ("security.two_factor_roles", json!("super_admin")),
            ("general.locale", json!("de")),
            ("suppliers.offer_rule", json!("dearest")),
        ] {
            assert_eq!(setting(key).unwrap().check(&value).unwrap_err().status(), 422, "{key} = {value}");
        }
        let settings = Settings(Map::from_iter([("imports.default_currency".to_owned(), json!("CHF"))]));
        assert_eq!(settings.get(&DEFAULT_CURRENCY), "CHF");
        assert_eq!(settings.get(&LOCALE), "en");
    }
}
