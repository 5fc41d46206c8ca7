//! Which column of a supplier's file fills which field.
//!
//! [`suggest`] reads the header names, in English and French, and proposes a mapping. A column whose name says
//! nothing stays unmapped, which the seller sees: no column is guessed from its content.

use std::collections::HashSet;

use product::{Field, WeightUnit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::aliases::{LOCATED, SEGMENT, field_named, normalize, unit_in};

/// What a column fills.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A field that every product has.
    Field(Field),
    /// An attribute of the organisation, by its code.
    Attribute(String),
    /// What a channel calls the product, by its key, such as `shopify.handle`.
    Identifier(String),
}

impl Target {
    /// The name of the field in reports and histories: `price`, `attributes.color`, `identifiers.shopify.handle`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Target::Field(field) => field.name().to_owned(),
            Target::Attribute(code) => format!("attributes.{code}"),
            Target::Identifier(key) => format!("identifiers.{key}"),
        }
    }
}

/// What a blank cell says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// Nothing: the product keeps what it has.
    #[default]
    Leave,
    /// That there is no value: the product loses what it has.
    Clear,
}

/// What becomes of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMapping {
    /// The column's header, as the file has it; empty for a value that comes from no column.
    pub column: String,
    /// The field it fills; without a field, an attribute and an identifier the column is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub field: Option<Field>,
    /// The code of the attribute it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The key of the identifier it fills, such as `shopify.handle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The unit that a weight column's header names, as in `Poids (g)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub unit: Option<WeightUnit>,
    /// What a blank cell says; what the mapping as a whole says unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blank: Option<Blank>,
    /// What stands in for a blank cell; with an empty `column`, the value of every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// An expression that makes the value of the cell, such as `value | number * 1.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
}

impl ColumnMapping {
    /// A column that fills a field.
    #[must_use]
    pub fn to_field(column: &str, field: Field) -> Self {
        Self { column: column.to_owned(), field: Some(field), ..Self::default() }
    }

    /// What the column fills.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        match (self.field, &self.attribute, &self.identifier) {
            (Some(field), ..) => Some(Target::Field(field)),
            (None, Some(code), _) => Some(Target::Attribute(code.clone())),
            (None, None, Some(key)) => Some(Target::Identifier(key.clone())),
            (None, None, None) => None,
        }
    }

    /// Checks what can be checked without a file.
    ///
    /// # Errors
    /// What is wrong, for the seller.
    pub fn check(&self) -> Result<(), String> {
        let targets = [self.field.is_some(), self.attribute.is_some(), self.identifier.is_some()];
        if targets.into_iter().filter(|set| *set).count() > 1 {
            return Err(format!(
                "the column \"{}\" fills a field, an attribute or an identifier: one of them",
                self.column
            ));
        }
        if let Some(code) = self.attribute.as_ref().filter(|code| !product::is_code(code)) {
            return Err(format!("expected the code of an attribute (a-z, 0-9, _ and -), found \"{code}\""));
        }
        if self.column.contains('\0')
            || self.default.as_ref().is_some_and(|text| text.contains('\0') || text.len() > 10_000)
        {
            return Err("expected names and values without NUL characters, at most 10,000 bytes long".to_owned());
        }
        if self.column.is_empty() && (self.target().is_none() || (self.default.is_none() && self.transform.is_none())) {
            return Err("a value that comes from no column needs a field, and a default or an expression".to_owned());
        }
        self.transform.as_deref().map_or(Ok(()), crate::check_expression)
    }
}

/// One entry for each column of the file, in the file's order; then the values that come from no column.
pub type Mapping = Vec<ColumnMapping>;

/// What is proposed for one column, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggestion {
    /// What would become of it.
    #[serde(flatten)]
    pub mapping: ColumnMapping,
    /// How sure that is, in percent; 0 for a column that is left out.
    pub confidence: u8,
    /// Why.
    pub why: String,
}

/// Proposes a mapping from the header names alone. A field is filled by one column, the images by as many as there
/// are; a second column for a field, and a column with an unknown name, stay unmapped.
#[must_use]
pub fn suggest<S: AsRef<str>>(headers: &[S]) -> Mapping {
    suggest_with(headers, &[]).into_iter().map(|suggestion| suggestion.mapping).collect()
}

/// Proposes a mapping from the header names and from what stands below them: a column of valid EANs is one whatever its
/// name, because check digits do not come by chance. Nothing else is taken from the content.
#[must_use]
pub fn suggest_with<S: AsRef<str>>(headers: &[S], samples: &[Vec<String>]) -> Vec<Suggestion> {
    let mut candidates: Vec<Option<(Field, usize)>> =
        headers.iter().map(|header| field_named(header.as_ref())).collect();
    let mut proved = None;
    let named = candidates.iter().position(|candidate| candidate.is_some_and(|(field, _)| field == Field::Ean));
    // A heading that stands over another column than the codes do is not believed.
    if named.is_none_or(|column| no_gtins(samples, column)) {
        proved = (0..headers.len()).find(|column| candidates[*column].is_none() && are_gtins(samples, *column));
        if let Some(column) = proved {
            candidates[column] = Some((Field::Ean, 0));
            if let Some(named) = named {
                candidates[named] = None;
            }
        }
    }
    let beaten_by = |field: Field, rank: usize, index: usize| {
        let stronger = |(other, rival): (usize, &Option<(Field, usize)>)| {
            rival.filter(|(theirs, their_rank)| *theirs == field && (*their_rank, other) < (rank, index)).map(|_| other)
        };
        if field == Field::ImageUrls { None } else { candidates.iter().enumerate().find_map(stronger) }
    };
    let mut suggestions = Vec::with_capacity(headers.len());
    for (index, header) in headers.iter().enumerate() {
        let header = header.as_ref();
        let (field, confidence, why) = match candidates[index] {
            None => (None, 0, "its name is not known".to_owned()),
            Some((field, rank)) => match beaten_by(field, rank, index) {
                Some(other) => {
                    (None, 0, format!("\"{}\" fills {field} already, and has the better name", headers[other].as_ref()))
                }
                None if proved == Some(index) => {
                    (Some(field), 85, "its cells have the check digits of EANs".to_owned())
                }
                None if (LOCATED..SEGMENT).contains(&rank) => {
                    (Some(field), 75, format!("its name without its language is one of {field}'s"))
                }
                None if rank >= SEGMENT => (Some(field), 70, format!("the end of its path is a name of {field}")),
                None => (Some(field), if rank == 0 { 99 } else { 90 }, format!("its name is one of {field}'s")),
            },
        };
        let unit = if field == Some(Field::Weight) { unit_in(header) } else { None };
        let mapping = ColumnMapping { column: header.to_owned(), field, unit, ..ColumnMapping::default() };
        suggestions.push(Suggestion { mapping, confidence, why });
    }
    suggestions
}

/// Whether a column's cells are EANs: nine of ten that are filled have the right check digit, at least five.
fn are_gtins(samples: &[Vec<String>], column: usize) -> bool {
    let cells = samples.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.trim().is_empty());
    let (filled, valid) = cells.fold((0, 0), |(filled, valid), cell| {
        (filled + 1, valid + usize::from(product::Gtin::parse(cell).is_ok() && cell.trim().len() >= 12))
    });
    valid >= 5 && valid * 10 >= filled * 9
}

/// Whether none of a column's cells is an EAN.
fn no_gtins(samples: &[Vec<String>], column: usize) -> bool {
    samples.iter().filter_map(|row| row.get(column)).all(|cell| product::Gtin::parse(cell).is_err())
}

/// The code that a new attribute for a column gets: `Puissance (W)` -> `puissance_w`; none when nothing is left.
#[must_use]
pub fn code_of(header: &str) -> Option<String> {
    let plain: String = normalize(header).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let code: String = plain.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    let code: String = code.chars().take(100).collect();
    (!code.is_empty()).then_some(code)
}

/// What changed between the columns that a mapping knows and those of a file: columns that are gone, and new ones.
#[must_use]
pub fn known_columns(mapping: &[ColumnMapping], columns: &[String]) -> (Vec<String>, Vec<String>) {
    let names: HashSet<String> = columns.iter().map(|column| normalize(column)).collect();
    let known: HashSet<String> = mapping.iter().map(|one| normalize(&one.column)).collect();
    let named = mapping.iter().filter(|one| !one.column.is_empty()).map(|one| one.column.clone());
    let missing = named.filter(|column| !names.contains(&normalize(column))).collect();
    let new = columns.iter().filter(|column| !known.contains(&normalize(column))).cloned().collect();
    (missing, new)
}

/// What a file needs and `mapping` lacks, as a sentence's object: `a title`, `an EAN or a SKU`. Empty when complete.
#[must_use]
pub fn missing_required(mapping: &[ColumnMapping]) -> Vec<&'static str> {
    let has = |wanted: Field| mapping.iter().any(|column| column.field == Some(wanted));
    let mut missing = Vec::new();
    if !has(Field::Title) {
        missing.push("a title");
    }
    if !has(Field::Ean) && !has(Field::Sku) {
        missing.push("an EAN or a SKU");
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(headers: &[&str]) -> Vec<Option<Field>> {
        suggest(headers).into_iter().map(|column| column.field).collect()
    }

    #[test]
    fn reads_english_and_french_headers() {
        assert_eq!(
            fields(&[
                "Référence",
                "Nom du produit",
                "Code-barres",
                "Prix TTC",
                "Marque",
                "Qté",
                "Poids (kg)",
                "Divers"
            ]),
            [
                Some(Field::Sku),
                Some(Field::Title),
                Some(Field::Ean),
                Some(Field::Price),
                Some(Field::Brand),
                Some(Field::Stock),
                Some(Field::Weight),
                None
            ]
        );
        assert_eq!(
            fields(&["SKU", "Product Name", "GTIN", "Price", "Compare-at price", "Image Src", "supplier reference"]),
            [
                Some(Field::Sku),
                Some(Field::Title),
                Some(Field::Ean),
                Some(Field::Price),
                Some(Field::CompareAtPrice),
                Some(Field::ImageUrls),
                Some(Field::SupplierReference)
            ]
        );
    }

    #[test]
    fn codes_are_where_their_check_digits_are() {
        let codes = ["4006381333931", "4006381333948", "4006381333955", "4006381333962", "4006381333979"];
        let rows =
            |named: &str| codes.iter().map(|code| vec![(*code).to_owned(), named.to_owned()]).collect::<Vec<_>>();
        assert!(codes.iter().all(|code| product::Gtin::parse(code).is_ok()));
        let fields = |headers: [&str; 2], named: &str| {
            let suggested = suggest_with(&headers, &rows(named));
            suggested.into_iter().map(|one| one.mapping.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(["Divers", "Prix"], "1"), [Some(Field::Ean), Some(Field::Price)]);
        assert_eq!(
            fields(["Divers", "EAN"], "7992"),
            [Some(Field::Ean), None],
            "the heading stands over another column"
        );
        assert_eq!(fields(["Divers", "EAN"], "96385074"), [None, Some(Field::Ean)]);
        assert_eq!(suggest(&["name-fr_FR", "name-en_US"])[0].field, Some(Field::Title));
    }

    #[test]
    fn the_better_name_wins_and_the_other_stays_unmapped() {
        assert_eq!(fields(&["designation", "title"]), [None, Some(Field::Title)]);
        assert_eq!(fields(&["title", "title"]), [Some(Field::Title), None]);
        assert_eq!(fields(&["prix_ht", "prix_ttc"]), [Some(Field::NetPrice), Some(Field::Price)]);
    }

    #[test]
    fn takes_every_image_column_and_the_unit_of_the_weight() {
        assert_eq!(fields(&["image 1", "image_2", "photo3"]), [Some(Field::ImageUrls); 3]);
        assert_eq!(suggest(&["Poids (g)"])[0].unit, Some(WeightUnit::Gram));
        assert_eq!(suggest(&["weight_kg"])[0].unit, Some(WeightUnit::Kilogram));
        assert_eq!(suggest(&["weight"])[0].unit, None);
    }

    #[test]
    fn says_what_is_missing() {
        assert_eq!(missing_required(&suggest(&["price", "stock"])), ["a title", "an EAN or a SKU"]);
        assert!(missing_required(&suggest(&["title", "ean"])).is_empty());
    }
}
