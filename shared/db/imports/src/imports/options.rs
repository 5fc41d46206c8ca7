//! What a seller chooses for an import, and what was found in the file.

use std::collections::BTreeMap;

use mapping::{Blank, Mapping, Tables};
use product::{Currency, Language, LengthUnit, MatchKey, Missing, OnError, Rule, WeightUnit};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tabular::{Finding, ReadOptions};
use utoipa::ToSchema;
use uuid::Uuid;

/// When an import is held until somebody lets it through. A bound that is not given is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// A file that ends in the middle is held with the rows that it has; otherwise it is refused.
    pub cut_short: bool,
    /// The file has fewer rows than the last one of its kind, by more than so many percent.
    #[schema(value_type = Option<String>)]
    pub shrinks_percent: Option<Decimal>,
    /// More of the supplier's products than 1 and than so many percent would be archived or put out of stock.
    #[schema(value_type = Option<String>)]
    pub absent_percent: Option<Decimal>,
    /// A price would move by more than so many percent.
    #[schema(value_type = Option<String>)]
    pub price_percent: Option<Decimal>,
    /// The columns are not those of the last file of its kind.
    pub new_columns: bool,
    /// More rows than this would change something.
    pub approve_above: Option<i32>,
}

impl Guards {
    /// What watches over runs that nobody watches: a file cut short, half as many rows, a tenth of the products gone, prices
    /// that halve or double, other columns.
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

/// Why a guard holds an import, or what is to be known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// A code that clients branch on.
    pub code: String,
    /// What was found, and what to do.
    pub message: String,
}

/// The sizes that a file may have, as the settings were when the import began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SizeLimits {
    /// Bytes.
    pub bytes: u64,
    /// Rows of a CSV.
    pub csv: i32,
    /// Rows of a sheet.
    pub excel: i32,
    /// Objects of a JSON file.
    pub json: i32,
    /// Elements of an XML file.
    pub xml: i32,
}

impl Default for SizeLimits {
    fn default() -> Self {
        Self { bytes: 50_000_000, csv: 100_000, excel: 50_000, json: 50_000, xml: 50_000 }
    }
}

impl SizeLimits {
    /// The rows that a file of this format may have.
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
    /// The mapping, when the suggestion is not to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub mapping: Option<Mapping>,
    /// The currency of prices whose row names none.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// The unit of weights whose row and header name none: `g`, `kg`, `lb` or `oz`.
    #[schema(value_type = String)]
    pub weight_unit: WeightUnit,
    /// The unit of lengths that name none.
    #[serde(default)]
    pub length_unit: LengthUnit,
    /// What the seller knows better of the file than its beginning tells.
    #[serde(default)]
    pub read: ReadOptions,
    /// What a blank cell says, where its column does not say.
    #[serde(default)]
    pub blank: Blank,
    /// Whether attributes that the mapping names and that are not there are made.
    #[serde(default)]
    pub create_attributes: bool,
    /// The organisation's categories by the supplier's words for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, Uuid>,
    /// Tables for the filter `lookup` of expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: Tables,
    /// By what products are found, in this order; SKU, then EAN unless said.
    #[serde(default = "default_keys")]
    pub match_by: Vec<MatchKey>,
    /// What becomes of the supplier's products that the file does not have.
    #[serde(default)]
    pub missing: Missing,
    /// What becomes of a row with a wrong value.
    #[serde(default)]
    pub on_error: OnError,
    /// Whether nothing is applied when one row is rejected.
    #[serde(default)]
    pub all_or_nothing: bool,
    /// The organisation's rules, as the setting was when the import began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// When the import is held.
    #[serde(default)]
    pub guards: Guards,
    /// The sizes that a file may have.
    #[serde(default)]
    pub limits: SizeLimits,
    /// The language of messages about rows.
    #[serde(default)]
    pub language: Language,
    /// Where the mapping comes from: `given`, `saved:<name> v<version>`, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping_source: Option<String>,
}

fn default_keys() -> Vec<MatchKey> {
    MatchKey::DEFAULT.to_vec()
}

impl ImportOptions {
    /// Whether it must be known what every row would do before the first is applied.
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
    /// Such as `UTF-8`.
    pub encoding: String,
    /// The character between the cells of a CSV.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// The row with the column names, counted from 1; 0 = none.
    pub header_row: i64,
    /// The sheet of a workbook.
    #[serde(default)]
    pub sheet: Option<String>,
    /// Where the rows of a JSON or XML file are.
    #[serde(default)]
    pub path: Option<String>,
    /// The shop or system whose export it is.
    #[serde(default)]
    pub platform: Option<String>,
    /// What was found, and why.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// `point` or `comma`.
    pub decimal_mark: String,
    /// The columns and the field that each fills; `null` = left out.
    #[schema(value_type = Vec<Object>)]
    pub columns: Mapping,
}
