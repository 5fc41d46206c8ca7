//! What a seller chooses for an import, and what was found in the file.

use std::collections::BTreeMap;

use mapping::{Blank, Mapping, Tables};
use messages::{Language, Text};
use product::{Currency, LengthUnit, MatchKey, Missing, OnError, Rule, WeightUnit};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tabular::{Finding, ReadOptions};
use utoipa::ToSchema;
use uuid::Uuid;

/// The conditions under which an import is held until a person lets it through. A limit that is not given is not
/// checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// Hold a file that ends in the middle, with the rows that it has. Default: such a file is refused.
    pub cut_short: bool,
    /// Hold if the file has fewer rows than the last one of its kind, by more than this many percent.
    #[schema(value_type = Option<String>)]
    pub shrinks_percent: Option<Decimal>,
    /// Hold if more than one of the supplier's products, and more than this many percent of them, would be archived or
    /// put out of stock.
    #[schema(value_type = Option<String>)]
    pub absent_percent: Option<Decimal>,
    /// Hold if a price would change by more than this many percent.
    #[schema(value_type = Option<String>)]
    pub price_percent: Option<Decimal>,
    /// Hold if the columns are not those of the last file of its kind.
    pub new_columns: bool,
    /// Hold if more than this many products would be created or changed.
    pub approve_above: Option<i32>,
}

impl Guards {
    /// The guards of automations: a file that is cut short, half as many rows, a tenth of the products gone, prices
    /// that change by half, other columns.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            cut_short: true,
            shrinks_percent: Some(Decimal::from(50)),
            absent_percent: Some(Decimal::from(10)),
            price_percent: Some(Decimal::from(50)),
            new_columns: true,
            approve_above: None,
        }
    }
}

/// Why a guard holds an import, or a warning about its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileNotice {
    /// A code that clients branch on.
    pub code: String,
    /// What was found, and what to do.
    #[schema(value_type = String)]
    pub message: Text,
}

impl FileNotice {
    /// Creates a notice.
    #[must_use]
    pub fn new(code: &str, message: Text) -> Self {
        Self { code: code.to_owned(), message }
    }

    /// Returns the same notice with its message in `language` only.
    #[must_use]
    pub fn in_only(&self, language: Language) -> Self {
        Self { code: self.code.clone(), message: self.message.in_only(language) }
    }
}

/// The size limits of a file, from the settings at the time when the import began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SizeLimits {
    /// The most bytes of a file.
    pub bytes: u64,
    /// The most rows of a CSV.
    pub csv: i32,
    /// The most rows of a sheet.
    pub excel: i32,
    /// The most objects of a JSON file.
    pub json: i32,
    /// The most elements (rows) of an XML file.
    pub xml: i32,
}

impl Default for SizeLimits {
    fn default() -> Self {
        Self { bytes: 50_000_000, csv: 100_000, excel: 50_000, json: 50_000, xml: 50_000 }
    }
}

impl SizeLimits {
    /// The most rows of a file of this format.
    #[must_use]
    pub fn rows(&self, format: &str) -> i32 {
        match format {
            "xlsx" | "xls" | "ods" => self.excel,
            "json" | "jsonl" => self.json,
            "xml" => self.xml,
            _ => self.csv,
        }
    }
}

/// What the seller chose for an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportOptions {
    /// The mapping. Default: the suggested one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub mapping: Option<Mapping>,
    /// The currency of prices whose row has no currency.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// The unit of weights whose row and header have no unit: `g`, `kg`, `lb` or `oz`.
    #[schema(value_type = String)]
    pub weight_unit: WeightUnit,
    /// The unit of lengths without a unit.
    #[serde(default)]
    pub length_unit: LengthUnit,
    /// What the seller knows about the file, and is not to be found out from its beginning.
    #[serde(default)]
    pub read: ReadOptions,
    /// The meaning of a blank cell, unless its column has its own.
    #[serde(default)]
    pub blank: Blank,
    /// Whether attributes that the mapping names and that do not exist are created.
    #[serde(default)]
    pub create_attributes: bool,
    /// The organisation's categories, by the names that the supplier uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, Uuid>,
    /// Tables for the filter `lookup` of expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: Tables,
    /// The keys by which products are found, in this order. Default: SKU, then EAN.
    #[serde(default = "default_keys")]
    pub match_by: Vec<MatchKey>,
    /// What to do with the supplier's products that the file does not have.
    #[serde(default)]
    pub missing: Missing,
    /// What to do with a row that has a wrong value.
    #[serde(default)]
    pub on_error: OnError,
    /// Whether nothing is applied when one row is rejected.
    #[serde(default)]
    pub all_or_nothing: bool,
    /// The organisation's validation rules, at the time when the import began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The conditions under which the import is held.
    #[serde(default)]
    pub guards: Guards,
    /// The size limits of a file.
    #[serde(default)]
    pub limits: SizeLimits,
    /// The language of the import's messages.
    #[serde(default)]
    pub language: Language,
    /// The origin of the mapping: `given`, `saved:<name> v<version>`, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping_source: Option<String>,
}

fn default_keys() -> Vec<MatchKey> {
    MatchKey::DEFAULT.to_vec()
}

impl ImportOptions {
    /// Whether the preview must be complete before the first row is applied.
    #[must_use]
    pub fn needs_preview(&self) -> bool {
        self.missing != Missing::Leave
            || self.all_or_nothing
            || self.guards.price_percent.is_some()
            || self.guards.approve_above.is_some()
    }
}

/// What was found in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileLayout {
    /// `csv`, `xlsx`, `xls`, `ods`, `json`, `jsonl` or `xml`.
    pub format: String,
    /// `gzip` or `zip`, when it is packed.
    #[serde(default)]
    pub packing: Option<String>,
    /// The text encoding, such as `UTF-8`.
    pub encoding: String,
    /// The character between the cells of a CSV.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// The row with the column names, counted from 1; 0 if the file has no such row.
    pub header_row: i64,
    /// The sheet of a workbook.
    #[serde(default)]
    pub sheet: Option<String>,
    /// Where the rows of a JSON or XML file are.
    #[serde(default)]
    pub path: Option<String>,
    /// The shop or system that exported the file.
    #[serde(default)]
    pub platform: Option<String>,
    /// What was found, and the reasons.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The decimal mark: `point` or `comma`.
    pub decimal_mark: String,
    /// The columns and the field that each one fills; `null` if the column is left out.
    #[schema(value_type = Vec<Object>)]
    pub columns: Mapping,
}

impl FileLayout {
    /// Returns the same layout with its texts in `language` only.
    #[must_use]
    pub fn in_only(&self, language: Language) -> Self {
        let findings = self.findings.iter().map(|finding| finding.clone().in_only(language)).collect();
        Self { findings, ..self.clone() }
    }
}
