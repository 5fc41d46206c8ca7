//! The settings and rules that a write of products needs, read in one round trip.

use std::collections::{BTreeMap, HashMap};

use db_tenancy::TenantTx;
use product::{Requirement, SourcePolicy, default_requirements};
use runtime::TenantId;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

/// An attribute of a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FamilyAttribute {
    /// The attribute's code.
    pub code: String,
    /// The channels that require it, such as `default` or `amazon`; `*` = all.
    #[serde(default)]
    pub required_in: Vec<String>,
}

/// The languages of catalogues: the locale, and the name of PostgreSQL's text search configuration.
pub(crate) const LANGUAGES: [(&str, &str); 5] =
    [("fr", "french"), ("en", "english"), ("de", "german"), ("it", "italian"), ("es", "spanish")];

/// The settings and rules that a write of products needs.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) products: i64,
    pub(crate) quota: Option<i64>,
    pub(crate) language: String,
    pub(crate) policy: SourcePolicy,
    /// The requirements of the channel `default`.
    pub(crate) requirements: Vec<Requirement>,
    /// The requirements of other channels and languages.
    pub(crate) scopes: Vec<ScopeRules>,
    pub(crate) families: HashMap<String, Vec<FamilyAttribute>>,
}

/// The requirements of one channel in one language.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ScopeRules {
    pub(crate) channel: String,
    pub(crate) locale: String,
    pub(crate) requirements: Vec<Requirement>,
}

impl Setup {
    /// Returns the language of the catalogue's texts, as a locale.
    pub(crate) fn locale(&self) -> &'static str {
        LANGUAGES.iter().find(|(_, name)| *name == self.language).map_or("en", |(locale, _)| locale)
    }

    /// Returns the attributes that a product's family requires in a channel.
    pub(crate) fn required_attributes(&self, family: Option<&str>, channel: &str) -> Vec<String> {
        let attributes = family.and_then(|family| self.families.get(family)).map(Vec::as_slice).unwrap_or_default();
        let required = attributes
            .iter()
            .filter(|attribute| attribute.required_in.iter().any(|name| name == channel || name == "*"));
        required.map(|attribute| attribute.code.clone()).collect()
    }
}

#[derive(Deserialize, Debug)]
pub(crate) struct FamilyRow {
    code: String,
    attributes: Vec<FamilyAttribute>,
}

/// Reads the setup, in one round trip.
pub(crate) async fn setup(tx: &mut TenantTx, tenant: TenantId) -> sqlx::Result<Setup> {
    let row = sqlx::query!(
        r#"select coalesce(c.products, 0) as "products!", case when c.tenant_id is null then 100000 else c.quota end as quota,
                  coalesce(c.language, 'simple') as "language!",
                  coalesce(c.priority, '{}') as "priority!: Json<BTreeMap<String, Vec<String>>>",
                  coalesce(c.lock_on_edit, false) as "lock_on_edit!",
                  (select jsonb_agg(jsonb_build_object('channel', channel, 'locale', locale, 'requirements', requirements))
                   from completeness_rules where tenant_id = $1) as "rules: Json<Vec<ScopeRules>>",
                  (select jsonb_agg(jsonb_build_object('code', code, 'attributes', attributes))
                   from families where tenant_id = $1) as "families: Json<Vec<FamilyRow>>"
           from (values (1)) as one left join catalogs c on c.tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let mut scopes = row.rules.map(|rules| rules.0).unwrap_or_default();
    let own = scopes.iter().position(|scope| scope.channel == "default" && scope.locale.is_empty());
    let requirements = own.map_or_else(default_requirements, |own| scopes.remove(own).requirements);
    let families = row.families.map(|families| families.0).unwrap_or_default();
    Ok(Setup {
        products: row.products,
        quota: row.quota,
        language: row.language,
        policy: SourcePolicy { priority: row.priority.0, lock_on_edit: row.lock_on_edit },
        requirements,
        scopes,
        families: families.into_iter().map(|family| (family.code, family.attributes)).collect(),
    })
}
