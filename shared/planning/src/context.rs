//! The data of the catalogue that a plan needs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use product::{Attribute, Product, SourcePolicy};
use time::OffsetDateTime;
use uuid::Uuid;

/// The data of the catalogue that is read before rows are planned.
pub struct Context<'k> {
    /// The number of products that the organisation's plan allows; `None` = no limit.
    pub quota: Option<i64>,
    /// Which source may change which fields.
    pub policy: &'k SourcePolicy,
    /// The codes of the families.
    pub families: BTreeSet<&'k str>,
    /// The language of the catalogue's texts, as a locale.
    pub locale: &'static str,
    /// The products that have one of the rows' codes, and the parents that the rows name.
    pub products: Vec<Product>,
    /// Those of the products that the undo of an import moved to the trash. A row creates such a product again: as if the
    /// undone import had never run.
    pub undone: HashSet<Uuid>,
    /// The definitions of attributes, if a row has attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// The categories of the rows that exist.
    pub categories: BTreeSet<Uuid>,
    /// The products that have a value of a unique field, by field and value.
    pub taken: HashMap<(String, String), Vec<Uuid>>,
    /// The parents of the variants that the file shows, by the SKU of the variant.
    pub parents: Vec<(String, Uuid)>,
    /// The variants of the rows' parents, by parent and options.
    pub variants: HashMap<(Uuid, BTreeMap<String, String>), Uuid>,
    /// For products that rows of the file left unchanged: the number of the last such row.
    pub unchanged: HashMap<Uuid, i32>,
    /// How many more products the organisation's plan allows.
    pub room: Option<i64>,
    /// Whether the plan lists the result of each row, not only their numbers.
    pub trace: bool,
    /// The time of the planning.
    pub now: OffsetDateTime,
}
