//! The choices for an import: given when it is created, when it is read again, and by an automation.

use std::collections::BTreeMap;

use db_core::{
    CoreDb, DEFAULT_CURRENCY, LOCALE, MAX_FILE_BYTES, MAX_ROWS_CSV, MAX_ROWS_EXCEL, MAX_ROWS_JSON, MAX_ROWS_XML,
    Settings, VALIDATION_RULES,
};
use db_imports::{Guards, ImportOptions, SizeLimits};
use db_suppliers::{SavedMappingDefinition, SuppliersDb};
use mapping::{Blank, ColumnMapping, Tables};
use messages::{Language, imports as say};
use product::{Currency, Field, ImportMode, LengthUnit, MatchKey, Missing, OnError, WeightUnit};
use runtime::{Cx, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use tabular::ReadOptions;
use utoipa::ToSchema;
use uuid::Uuid;

/// The choices for an import. For a choice that is not given, the saved mapping counts, then the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// What to do with products that already exist: `update` (default), `ignore` or `create_only`.
    pub mode: Option<ImportMode>,
    /// Which column fills which field. Default: the columns are mapped as they were the last time, or as the known
    /// export of a shop system, or by their names.
    pub mapping: Option<Vec<ColumnMapping>>,
    /// The name of a mapping that was saved for the supplier, instead of `mapping`.
    pub saved_mapping: Option<String>,
    /// The currency (ISO 4217) of prices whose row has no currency. Default: the setting `imports.default_currency`.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The unit of weights without a unit: `g`, `kg` (default), `lb` or `oz`.
    #[schema(value_type = Option<String>)]
    pub weight_unit: Option<WeightUnit>,
    /// The unit of lengths without a unit: `mm`, `cm` (default), `m` or `in`.
    pub length_unit: Option<LengthUnit>,
    /// How the file is to be read. Default: it is found out from the beginning of the file.
    pub read: Option<ReadOptions>,
    /// What a blank cell does, unless its column has its own choice: `leave` (default) or `clear`.
    pub blank: Option<Blank>,
    /// Whether attributes that the mapping names and that do not exist are created. Default: `false`.
    pub create_attributes: Option<bool>,
    /// Your categories, by the names that the supplier uses.
    pub categories: Option<BTreeMap<String, Uuid>>,
    /// Tables for the filter `lookup` of expressions, by name.
    #[schema(value_type = Option<Object>)]
    pub tables: Option<Tables>,
    /// The keys by which products are found, in this order. Default: `sku`, then `ean`.
    pub match_by: Option<Vec<MatchKey>>,
    /// What to do with the supplier's products that the file does not have.
    pub missing: Option<Missing>,
    /// Whether a wrong value rejects its row (default) or is left out.
    pub on_error: Option<OnError>,
    /// Whether nothing is applied if one row is rejected. Default: `false`.
    pub all_or_nothing: Option<bool>,
    /// The conditions under which the import is held until a person lets it through.
    pub guards: Option<Guards>,
    /// The language of the import's messages. Default: the setting `general.locale`.
    pub language: Option<Language>,
}

impl Choices {
    /// Checks the choices, as far as that is possible without a file.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(mapping) = &self.mapping {
            check_mapping(mapping)?;
        }
        if self.mapping.is_some() && self.saved_mapping.is_some() {
            return Err(Error::invalid("saved_mapping", "invalid", say::mapping_or_saved()));
        }
        if let Some(keys) = &self.match_by {
            let unique = keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key));
            if keys.is_empty() || !unique {
                return Err(Error::invalid("match_by", "invalid", say::match_by_invalid()));
            }
        }
        let percents =
            self.guards.iter().flat_map(|guards| [guards.shrinks_percent, guards.absent_percent, guards.price_percent]);
        if percents.flatten().any(|percent| percent.is_sign_negative()) {
            return Err(Error::invalid("guards", "invalid", say::percent_negative()));
        }
        let entries = self.tables.iter().flatten().map(|(_, table)| table.len()).sum::<usize>();
        if entries > 10_000 || self.categories.as_ref().is_some_and(|table| table.len() > 10_000) {
            return Err(Error::invalid("tables", "too_many", say::too_many_entries()));
        }
        Ok(())
    }

    /// Merges two sets of choices: `other` counts where these have no value.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            mode: self.mode.or(other.mode),
            mapping: self.mapping.clone().or(if self.saved_mapping.is_some() { None } else { other.mapping }),
            saved_mapping: self.saved_mapping.or(if self.mapping.is_some() { None } else { other.saved_mapping }),
            currency: self.currency.or(other.currency),
            weight_unit: self.weight_unit.or(other.weight_unit),
            length_unit: self.length_unit.or(other.length_unit),
            read: self.read.or(other.read),
            blank: self.blank.or(other.blank),
            create_attributes: self.create_attributes.or(other.create_attributes),
            categories: self.categories.or(other.categories),
            tables: self.tables.or(other.tables),
            match_by: self.match_by.or(other.match_by),
            missing: self.missing.or(other.missing),
            on_error: self.on_error.or(other.on_error),
            all_or_nothing: self.all_or_nothing.or(other.all_or_nothing),
            guards: self.guards.or(other.guards),
            language: self.language.or(other.language),
        }
    }

    /// The choices of an existing import.
    pub(crate) fn of(mode: ImportMode, options: &ImportOptions) -> Self {
        let options = options.clone();
        Self {
            mode: Some(mode),
            mapping: options.mapping,
            saved_mapping: None,
            currency: Some(options.currency),
            weight_unit: Some(options.weight_unit),
            length_unit: Some(options.length_unit),
            read: Some(options.read),
            blank: Some(options.blank),
            create_attributes: Some(options.create_attributes),
            categories: Some(options.categories),
            tables: Some(options.tables),
            match_by: Some(options.match_by),
            missing: Some(options.missing),
            on_error: Some(options.on_error),
            all_or_nothing: Some(options.all_or_nothing),
            guards: Some(options.guards),
            language: Some(options.language),
        }
    }

    /// Completes the choices with the saved mapping and the organisation's settings, as an import stores them.
    pub(crate) async fn options(
        self,
        cx: &Cx,
        tenant: TenantId,
        supplier: Option<Uuid>,
    ) -> Result<(ImportMode, ImportOptions)> {
        self.check()?;
        let settings = cx.get::<CoreDb>().await?.stored_settings(tenant).await?;
        let saved = match &self.saved_mapping {
            Some(name) => Some(saved_mapping(cx, tenant, supplier, name).await?),
            None => None,
        };
        if self.missing.is_some_and(|missing| missing != Missing::Leave) && supplier.is_none() {
            return Err(Error::invalid("missing", "supplier_missing", say::missing_needs_supplier()));
        }
        if self.match_by.as_ref().is_some_and(|keys| keys.contains(&MatchKey::SupplierReference)) && supplier.is_none()
        {
            return Err(Error::invalid("match_by", "supplier_missing", say::reference_needs_supplier()));
        }
        let mapping_source = match (&self.mapping, &saved) {
            (Some(_), _) => Some("given".to_owned()),
            (None, Some((source, _))) => Some(source.clone()),
            (None, None) => None,
        };
        let saved = saved.map(|(_, definition)| definition);
        let of_saved = saved.clone().unwrap_or_default();
        let currency = match self.currency.or(of_saved.currency) {
            Some(currency) => currency,
            // The setting allows any code of three letters. One that is not a currency is replaced by the default.
            None => Currency::parse(&settings.get(&DEFAULT_CURRENCY)).unwrap_or(Currency::EUR),
        };
        let options = ImportOptions {
            mapping: self.mapping.or(saved.map(|saved| saved.columns)),
            currency,
            weight_unit: self.weight_unit.or(of_saved.weight_unit).unwrap_or_default(),
            length_unit: self.length_unit.or(of_saved.length_unit).unwrap_or_default(),
            read: self.read.or(of_saved.read).unwrap_or_default(),
            blank: self.blank.or(of_saved.blank).unwrap_or_default(),
            create_attributes: self.create_attributes.or(of_saved.create_attributes).unwrap_or_default(),
            categories: self.categories.or(of_saved.categories).unwrap_or_default(),
            tables: self.tables.or(of_saved.tables).unwrap_or_default(),
            match_by: self.match_by.or(of_saved.match_by).unwrap_or_else(|| MatchKey::DEFAULT.to_vec()),
            missing: self.missing.unwrap_or_default(),
            on_error: self.on_error.unwrap_or_default(),
            all_or_nothing: self.all_or_nothing.unwrap_or_default(),
            rules: settings.get(&VALIDATION_RULES),
            guards: self.guards.unwrap_or_default(),
            limits: limits(&settings),
            language: self.language.unwrap_or_else(|| Language::named(&settings.get(&LOCALE))),
            mapping_source,
        };
        Ok((self.mode.unwrap_or_default(), options))
    }
}

/// Checks that a mapping can be used; otherwise the error is a 422. A mapping that only finds products, and creates
/// none, needs no title.
pub(crate) fn check_mapping(mapping: &[ColumnMapping]) -> Result<()> {
    if mapping.len() > 2_000 {
        return Err(Error::invalid("mapping", "too_many", say::too_many_columns(mapping.len())));
    }
    if let Some(Err(message)) = mapping.iter().map(ColumnMapping::check).find(std::result::Result::is_err) {
        return Err(Error::invalid("mapping", "mapping_invalid", message));
    }
    let has = |field: Field| mapping.iter().any(|column| column.field == Some(field));
    if !has(Field::Ean) && !has(Field::Sku) && !has(Field::SupplierReference) {
        let message = say::column_expected(messages::mapping::a_code());
        return Err(Error::invalid("mapping", "mapping_invalid", message));
    }
    Ok(())
}

fn limits(settings: &Settings) -> SizeLimits {
    let rows = |setting| i32::try_from(settings.get(setting)).unwrap_or(i32::MAX);
    SizeLimits {
        bytes: settings.get(&MAX_FILE_BYTES),
        csv: rows(&MAX_ROWS_CSV),
        excel: rows(&MAX_ROWS_EXCEL),
        json: rows(&MAX_ROWS_JSON),
        xml: rows(&MAX_ROWS_XML),
    }
}

/// Returns the mapping that was saved for the supplier under a name, and its origin with the version.
async fn saved_mapping(
    cx: &Cx,
    tenant: TenantId,
    supplier: Option<Uuid>,
    name: &str,
) -> Result<(String, SavedMappingDefinition)> {
    let Some(supplier) = supplier else {
        return Err(Error::invalid("saved_mapping", "supplier_missing", say::saved_mapping_needs_supplier()));
    };
    let known = cx.get::<SuppliersDb>().await?.mappings(tenant, supplier).await?;
    let names: Vec<String> = known.iter().map(|mapping| mapping.name.clone()).collect();
    let found = known.into_iter().find(|mapping| mapping.name == *name);
    found.map(|mapping| (format!("saved:{} v{}", mapping.name, mapping.version), mapping.definition.0)).ok_or_else(
        || {
            let message = say::saved_mapping_unknown(name, names.join(", "));
            Error::invalid("saved_mapping", "mapping_unknown", message)
        },
    )
}
