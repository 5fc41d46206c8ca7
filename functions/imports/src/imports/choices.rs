//! What a seller chooses for an import: given when it is begun, when it is started again, and by an automation.

use std::collections::BTreeMap;

use db_core::{
    CoreDb, DEFAULT_CURRENCY, LOCALE, MAX_FILE_BYTES, MAX_ROWS_CSV, MAX_ROWS_EXCEL, MAX_ROWS_JSON, MAX_ROWS_XML,
    Settings, VALIDATION_RULES,
};
use db_imports::{Guards, ImportOptions, SizeLimits};
use db_suppliers::{SavedMappingDefinition, SuppliersDb};
use mapping::{Blank, ColumnMapping, Tables, missing_required};
use product::{Currency, Field, ImportMode, Language, LengthUnit, MatchKey, Missing, OnError, WeightUnit};
use runtime::{Cx, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use tabular::ReadOptions;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a seller chooses for an import. What is not said is as the saved mapping says, or as usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// What to do with products that are there: `update` (default), `ignore` or `create_only`.
    pub mode: Option<ImportMode>,
    /// Which column fills what. Without it the columns are mapped as they were the last time, as the shop's export that they
    /// are, or by their names.
    pub mapping: Option<Vec<ColumnMapping>>,
    /// The name of a mapping that was saved for the supplier, in place of `mapping`.
    pub saved_mapping: Option<String>,
    /// The ISO 4217 code of prices whose row names none; the setting `imports.default_currency` unless said.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The unit of weights that name none: `g`, `kg` (default), `lb` or `oz`.
    #[schema(value_type = Option<String>)]
    pub weight_unit: Option<WeightUnit>,
    /// The unit of lengths that name none: `mm`, `cm` (default), `m` or `in`.
    pub length_unit: Option<LengthUnit>,
    /// What you know better of the file than its beginning tells.
    pub read: Option<ReadOptions>,
    /// What a blank cell says, where its column does not say: `leave` (default) or `clear`.
    pub blank: Option<Blank>,
    /// Whether attributes that the mapping names and that are not there are made.
    pub create_attributes: Option<bool>,
    /// Your categories by the supplier's words for them.
    pub categories: Option<BTreeMap<String, Uuid>>,
    /// Tables for the filter `lookup` of expressions, by name.
    #[schema(value_type = Option<Object>)]
    pub tables: Option<Tables>,
    /// By what products are found, in this order; `sku`, then `ean` unless said.
    pub match_by: Option<Vec<MatchKey>>,
    /// What becomes of the supplier's products that the file does not have.
    pub missing: Option<Missing>,
    /// Whether a wrong value rejects its row (default) or is left out.
    pub on_error: Option<OnError>,
    /// Whether nothing is applied when one row is rejected.
    pub all_or_nothing: Option<bool>,
    /// When the import is held until somebody lets it through.
    pub guards: Option<Guards>,
    /// The language of messages about rows; the setting `general.locale` unless said.
    pub language: Option<Language>,
}

impl Choices {
    /// Checks what can be checked without a file.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(mapping) = &self.mapping {
            check_mapping(mapping)?;
        }
        if self.mapping.is_some() && self.saved_mapping.is_some() {
            return Err(Error::invalid(
                "saved_mapping",
                "invalid",
                "expected either a mapping or the name of a saved one",
            ));
        }
        if let Some(keys) = &self.match_by {
            let unique = keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key));
            if keys.is_empty() || !unique {
                return Err(Error::invalid(
                    "match_by",
                    "invalid",
                    "expected sku, ean and supplier_reference, each at most once",
                ));
            }
        }
        let percents =
            self.guards.iter().flat_map(|guards| [guards.shrinks_percent, guards.absent_percent, guards.price_percent]);
        if percents.flatten().any(|percent| percent.is_sign_negative()) {
            return Err(Error::invalid("guards", "invalid", "expected percentages of at least 0"));
        }
        let entries = self.tables.iter().flatten().map(|(_, table)| table.len()).sum::<usize>();
        if entries > 10_000 || self.categories.as_ref().is_some_and(|table| table.len() > 10_000) {
            return Err(Error::invalid("tables", "too_many", "expected at most 10,000 entries in the tables"));
        }
        Ok(())
    }

    /// These choices, and where they say nothing, the others.
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

    /// The choices that made an import.
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

    /// The choices as an import keeps them, completed by the saved mapping and the organisation's settings.
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
            return Err(Error::invalid(
                "missing",
                "supplier_missing",
                "what is missing is told of a supplier's products; name the supplier too",
            ));
        }
        if self.match_by.as_ref().is_some_and(|keys| keys.contains(&MatchKey::SupplierReference)) && supplier.is_none()
        {
            return Err(Error::invalid(
                "match_by",
                "supplier_missing",
                "a supplier's reference belongs to a supplier; name the supplier too",
            ));
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
            // The setting takes any code of three letters; one that is no currency falls back on its default.
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

/// 422 unless a mapping can be used: one that only finds products, and makes none, needs no title.
pub(crate) fn check_mapping(mapping: &[ColumnMapping]) -> Result<()> {
    if mapping.len() > 2_000 {
        return Err(Error::invalid(
            "mapping",
            "too_many",
            format!("expected at most 2,000 columns, found {}", mapping.len()),
        ));
    }
    if let Some(Err(message)) = mapping.iter().map(ColumnMapping::check).find(std::result::Result::is_err) {
        return Err(Error::invalid("mapping", "mapping_invalid", message));
    }
    let has = |field: Field| mapping.iter().any(|column| column.field == Some(field));
    if !has(Field::Ean) && !has(Field::Sku) && !has(Field::SupplierReference) {
        let missing = missing_required(mapping);
        let message = format!("expected a column for {}", missing.last().copied().unwrap_or("an EAN or a SKU"));
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

/// The mapping that was saved for the supplier under a name, and which version of it.
async fn saved_mapping(
    cx: &Cx,
    tenant: TenantId,
    supplier: Option<Uuid>,
    name: &str,
) -> Result<(String, SavedMappingDefinition)> {
    let Some(supplier) = supplier else {
        return Err(Error::invalid(
            "saved_mapping",
            "supplier_missing",
            "a saved mapping belongs to a supplier; name the supplier too",
        ));
    };
    let known = cx.get::<SuppliersDb>().await?.mappings(tenant, supplier).await?;
    let names: Vec<String> = known.iter().map(|mapping| mapping.name.clone()).collect();
    let found = known.into_iter().find(|mapping| mapping.name == *name);
    found.map(|mapping| (format!("saved:{} v{}", mapping.name, mapping.version), mapping.definition.0)).ok_or_else(
        || {
            let message = format!("the supplier has no mapping \"{name}\"; it has: {}", names.join(", "));
            Error::invalid("saved_mapping", "mapping_unknown", message)
        },
    )
}
