//! The rows of a file that are planned together.

use std::collections::{BTreeMap, BTreeSet};

use product::{DecimalMark, ImportMode, Language, MatchKey, Outcome, ProductRow, Rules};
use uuid::Uuid;

/// A valid row and its number in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// As the spreadsheet shows it.
    pub number: i32,
    /// The values.
    pub product: ProductRow,
}

/// A row that was rejected or taken back before the catalogue was asked, and the codes that it has all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOutRow {
    /// As the spreadsheet shows it.
    pub number: i32,
    /// `rejected` or `skipped`.
    pub action: &'static str,
    /// Its SKU.
    pub sku: Option<String>,
    /// Its EAN, in 14 digits.
    pub gtin14: Option<String>,
    /// The supplier's reference.
    pub reference: Option<String>,
}

/// Rows that are written together.
pub struct Batch {
    /// The batch, the same at each delivery.
    pub id: Uuid,
    /// Its place in the import, from 0.
    pub number: i32,
    /// The import it belongs to.
    pub import: Uuid,
    /// The supplier of its products.
    pub supplier: Option<Uuid>,
    /// What to do with products that are there.
    pub mode: ImportMode,
    /// By what products are found, in this order.
    pub match_by: Vec<MatchKey>,
    /// The codes by which rows of the file can name products: those that a column fills.
    pub named_by: Vec<MatchKey>,
    /// Whether it holds the variants of products that other batches hold.
    pub variants: bool,
    /// The key of the identifier by which rows name their parents; their SKUs unless said.
    pub parent_by: Option<String>,
    /// Whether a variant's row shows its main image alone, however many it has.
    pub one_image: bool,
    /// The organisation's own rules.
    pub rules: Rules,
    /// The language of what is said about rows.
    pub language: Language,
    /// How the file writes numbers.
    pub decimal_mark: DecimalMark,
    /// Whether a wrong value of an attribute is left out instead of its row.
    pub reject_values: bool,
    /// Attributes that are made if they are not there, by code, with their names.
    pub new_attributes: BTreeMap<String, String>,
    /// Attributes that a shop's file brings along: a value that cannot be taken is left out, not its row.
    pub optional_attributes: BTreeSet<String>,
    /// The valid rows, no two with the same SKU or GTIN but for those that break one of the organisation's rules.
    pub rows: Vec<BatchRow>,
    /// The others.
    pub rejected: Vec<LeftOutRow>,
    /// What is known already: rows that were rejected or skipped before.
    pub before: Outcome,
}

impl Batch {
    /// A batch with the usual choices.
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
