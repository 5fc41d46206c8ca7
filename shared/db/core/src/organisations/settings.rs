//! An organisation's settings: typed keys with defaults, a history of every change, and a copy in each warm process.
//!
//! The check of the caller returns the number of the last change of the settings. So a warm function reads its copy
//! without a round trip, and still never reads an old value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use db_tenancy::{Change, Stamp, begin, error, record_change};
use messages::{Language, Text, identity as say, things};
use product::{OfferRule, Rule, Rules};
use runtime::{Cursor, Cx, Error, Page, Resource, Result, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;

/// A setting: its key, what it decides, its default, and the check of its values.
pub struct Setting<T: 'static> {
    key: &'static str,
    about: fn() -> Text,
    default: fn() -> T,
    check: fn(&T) -> std::result::Result<(), Text>,
}

/// A setting of any type.
pub trait AnySetting: Sync {
    /// The key, `<group>.<name>`.
    fn key(&self) -> &'static str;
    /// What it decides, in a sentence.
    fn about(&self) -> Text;
    /// The default value.
    fn default_value(&self) -> Value;
    /// Checks that `value` is acceptable.
    ///
    /// # Errors
    /// 422, with what was expected and what was found.
    fn check(&self, value: &Value) -> Result<()>;
}

impl<T: Serialize + DeserializeOwned> AnySetting for Setting<T> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn about(&self) -> Text {
        (self.about)()
    }

    fn default_value(&self) -> Value {
        serde_json::to_value((self.default)()).unwrap_or_default()
    }

    fn check(&self, value: &Value) -> Result<()> {
        let parsed: T = serde_json::from_value(value.clone())
            .map_err(|problem| Error::invalid("value", "invalid", say::setting_invalid(self.about(), problem)))?;
        (self.check)(&parsed).map_err(|problem| Error::invalid("value", "invalid", problem))
    }
}

/// The currency of prices without a currency.
pub const DEFAULT_CURRENCY: Setting<String> = Setting {
    key: "imports.default_currency",
    about: say::setting_default_currency,
    default: || "EUR".to_owned(),
    check: |code| {
        let shaped = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if shaped { Ok(()) } else { Err(say::currency_invalid(code)) }
    },
};
/// The roles whose members must have a second factor.
pub const TWO_FACTOR_ROLES: Setting<Vec<String>> = Setting {
    key: "security.two_factor_roles",
    about: say::setting_two_factor_roles,
    default: Vec::new,
    check: |roles| {
        let known = |role: &String| {
            runtime::Role::named(role).is_some() || role.parse::<Uuid>().is_ok_and(|id| id.to_string() == *role)
        };
        match roles.iter().find(|role| !known(role)) {
            None => Ok(()),
            Some(role) => Err(say::role_list_invalid(role)),
        }
    },
};
/// The default language of imports, automations, invitations and stored results.
pub const LOCALE: Setting<String> = Setting {
    key: "general.locale",
    about: say::setting_locale,
    default: || "en".to_owned(),
    check: |locale| {
        let known = matches!(locale.as_str(), "en" | "fr");
        if known { Ok(()) } else { Err(say::locale_unknown(locale)) }
    },
};
/// How the best of several suppliers' offers is chosen.
pub const OFFER_RULE: Setting<OfferRule> = Setting {
    key: "suppliers.offer_rule",
    about: say::setting_offer_rule,
    default: OfferRule::default,
    check: |_| Ok(()),
};
/// The size of the largest file that can be imported, in bytes.
pub const MAX_FILE_BYTES: Setting<u64> = Setting {
    key: "imports.max_file_bytes",
    about: say::setting_max_file_bytes,
    default: || 50_000_000,
    check: |bytes| within(*bytes, 1, 50_000_000),
};
/// The most rows of a CSV file that can be imported.
pub const MAX_ROWS_CSV: Setting<u64> = Setting {
    key: "imports.max_rows_csv",
    about: say::setting_max_rows_csv,
    default: || 100_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The most rows of a workbook that can be imported.
pub const MAX_ROWS_EXCEL: Setting<u64> = Setting {
    key: "imports.max_rows_excel",
    about: say::setting_max_rows_excel,
    default: || 50_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The most objects of a JSON file that can be imported.
pub const MAX_ROWS_JSON: Setting<u64> = Setting {
    key: "imports.max_rows_json",
    about: say::setting_max_rows_json,
    default: || 50_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The most elements of an XML file that can be imported.
pub const MAX_ROWS_XML: Setting<u64> = Setting {
    key: "imports.max_rows_xml",
    about: say::setting_max_rows_xml,
    default: || 50_000,
    check: |rows| within(*rows, 1, 200_000),
};
/// The rules for imported products.
pub const VALIDATION_RULES: Setting<Vec<Rule>> = Setting {
    key: "imports.validation_rules",
    about: say::setting_validation_rules,
    default: Vec::new,
    check: |rules| Rules::new(rules).map(|_| ()),
};

fn within(value: u64, least: u64, most: u64) -> std::result::Result<(), Text> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(messages::runtime::out_of_range(least, most, value)) }
}

/// All settings, in the order of their keys.
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

/// Returns the setting with this key.
///
/// # Errors
/// 404 when it does not exist.
pub fn setting(key: &str) -> Result<&'static dyn AnySetting> {
    SETTINGS.iter().copied().find(|setting| setting.key() == key).ok_or_else(|| Error::NotFound(things::setting()))
}

/// The values that an organisation has set.
#[derive(Clone, Debug, Default)]
pub struct Settings(Map<String, Value>);

impl Settings {
    /// Returns the value of a setting, or its default.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, setting: &Setting<T>) -> T {
        let set = self.0.get(setting.key).and_then(|value| serde_json::from_value(value.clone()).ok());
        set.unwrap_or_else(setting.default)
    }

    /// Returns the value that was set; `None` if the default applies.
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
    /// The value before; `None` = the default.
    pub old: Option<Value>,
    /// The value after; `None` = the default.
    pub new: Option<Value>,
    /// Who changed it.
    pub actor_id: Option<Uuid>,
    /// Their name at that time.
    pub actor_name: String,
    /// When it was changed.
    pub at: OffsetDateTime,
}

/// The settings that this process has read, with the number of the last change at that time.
struct Copies(Mutex<HashMap<TenantId, (i64, Arc<Settings>)>>);

impl Resource for Copies {
    async fn open(_cx: &Cx) -> Result<Self> {
        Ok(Self(Mutex::default()))
    }
}

/// A process keeps the settings of at most this number of organisations.
const MOST_COPIES: usize = 1_000;

impl CoreDb {
    /// Returns the settings of the caller's organisation; from the copy of this process if nothing has changed since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settings(&self, cx: &Cx) -> Result<Arc<Settings>> {
        let (tenant, version) = (cx.tenant()?, cx.caller()?.settings_version);
        let copies = cx.get::<Copies>().await?;
        let lock = || copies.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((copied, settings)) = lock().get(&tenant)
            && *copied == version
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

    /// Returns the settings as the database has them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stored_settings(&self, tenant: TenantId) -> Result<Settings> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!("select key, value from settings where tenant_id = $1", tenant.0);
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Settings(found.into_iter().map(|row| (row.key, row.value)).collect()))
    }

    /// Returns the language in which the organisation's results are stored.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn language(&self, tenant: TenantId) -> Result<Language> {
        Ok(Language::named(&self.stored_settings(tenant).await?.get(&LOCALE)))
    }

    /// Sets a setting, or resets it to its default (`None`).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_setting(&self, tenant: TenantId, key: &str, value: Option<&Value>, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        // The row of the organisation is the lock for its settings.
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

    /// Returns the changes of a setting, the newest first.
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

    /// Returns one change of a setting.
    ///
    /// # Errors
    /// 404 when it does not exist.
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
        .ok_or_else(|| Error::NotFound(things::change()))
    }
}

/// Returns the language in which an organisation's results are stored; English if it cannot be read now, because a result
/// must be stored all the same.
pub async fn language_of(cx: &Cx, tenant: TenantId) -> Language {
    match cx.get::<CoreDb>().await {
        Ok(db) => db.language(tenant).await.unwrap_or_default(),
        Err(_) => Language::default(),
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
