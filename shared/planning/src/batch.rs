//! The rows of a file that are planned together.

use std::collections::{BTreeMap, BTreeSet};

use messages::Language;
use product::{DecimalMark, ImportMode, MatchKey, Outcome, ProductRow, Rules};
use uuid::Uuid;

/// A valid row and its number in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// The number of the row, as the spreadsheet shows it.
    pub number: i32,
    /// The values of the row.
    pub product: ProductRow,
}

/// A row that was rejected or skipped before the catalogue was read, with the codes that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOutRow {
    /// The number of the row, as the spreadsheet shows it.
    pub number: i32,
    /// `rejected` or `skipped`.
    pub action: &'static str,
    /// The SKU of the row.
    pub sku: Option<String>,
    /// The EAN of the row, in 14 digits.
    pub gtin14: Option<String>,
    /// The supplier's reference in the row.
    pub reference: Option<String>,
}

/// Rows that are written together.
pub struct Batch {
    /// The id of the batch, the same for each delivery of its message.
    pub id: Uuid,
    /// The index of the batch in the import, from 0.
    pub number: i32,
    /// The import to which it belongs.
    pub import: Uuid,
    /// The supplier of its products.
    pub supplier: Option<Uuid>,
    /// What to do with products that exist already.
    pub mode: ImportMode,
    /// The codes by which products are found, in this order.
    pub match_by: Vec<MatchKey>,
    /// The codes by which the file's rows can name products: those with a column in the file.
    pub named_by: Vec<MatchKey>,
    /// Whether it holds variants of products that are in other batches.
    pub variants: bool,
    /// The key of the identifier by which rows name their parents. Default: the parent's SKU.
    pub parent_by: Option<String>,
    /// Whether the row of a variant shows only its main image, even if it has more.
    pub one_image: bool,
    /// The organisation's own rules.
    pub rules: Rules,
    /// The language of messages about rows.
    pub language: Language,
    /// The file's decimal mark.
    pub decimal_mark: DecimalMark,
    /// Whether a wrong value of an attribute is left out, instead of rejecting its row.
    pub reject_values: bool,
    /// Attributes that are created if they do not exist: their names, by code.
    pub new_attributes: BTreeMap<String, String>,
    /// Attributes that are in a shop's file by default: a wrong value is left out, and its row is imported.
    pub optional_attributes: BTreeSet<String>,
    /// The valid rows. No two of them have the same SKU or GTIN, except rows that break one of the organisation's
    /// rules.
    pub rows: Vec<BatchRow>,
    /// The rows that are left out.
    pub rejected: Vec<LeftOutRow>,
    /// The results before planning: rows that were rejected or skipped.
    pub before: Outcome,
}

impl Batch {
    /// Creates an empty batch with the default options.
    #[must_use]
    pub fn new(id: Uuid, import: Uuid) -> Self {
        Self {
            id,
            number: 0,
            import,
            supplier: None,
            mode: ImportMode::Update,
            match_by: MatchKey::DEFAULT.to_vec(),
            named_by: Vec::new(),
            variants: false,
            parent_by: None,
            one_image: false,
            rules: Rules::default(),
            language: Language::En,
            decimal_mark: DecimalMark::Point,
            reject_values: false,
            new_attributes: BTreeMap::new(),
            optional_attributes: BTreeSet::new(),
            rows: Vec::new(),
            rejected: Vec::new(),
            before: Outcome::default(),
        }
    }
}
