//! What is known before rows are planned.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use product::{Attribute, Product, SourcePolicy};
use time::OffsetDateTime;
use uuid::Uuid;

/// What the catalogue knows of the rows before they are planned.
pub struct Context<'k> {
    /// How many products the plan has room for; `None` = any number.
    pub quota: Option<i64>,
    /// Which source may change what.
    pub policy: &'k SourcePolicy,
    /// The codes of the families.
    pub families: BTreeSet<&'k str>,
    /// The language of the catalogue's texts, as a locale.
    pub locale: &'static str,
    /// Products that have one of the rows' codes, or are their parents.
    pub products: Vec<Product>,
    /// Definitions of attributes, when a row has any.
    pub attributes: BTreeMap<String, Attribute>,
    /// Those categories of the rows that are there.
    pub categories: BTreeSet<Uuid>,
    /// Who has the value of a field that must be unique: by field and value.
    pub taken: HashMap<(String, String), Vec<Uuid>>,
    /// The parents of the variants that rows' files show, by the variants' SKUs.
    pub parents: Vec<(String, Uuid)>,
    /// The variants of the rows' parents, by parent and options.
    pub variants: HashMap<(Uuid, BTreeMap<String, String>), Uuid>,
    /// Rows of the file that left these products unchanged: the last one of each.
    pub unchanged: HashMap<Uuid, i32>,
    /// How many more products there may be.
    pub room: Option<i64>,
    /// Whether the rows' fates are wanted, not only their number.
    pub trace: bool,
    /// When the rows are planned.
    pub now: OffsetDateTime,
}
