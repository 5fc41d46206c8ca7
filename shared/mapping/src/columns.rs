//! Maps the columns of a supplier's file to fields.
//!
//! [`suggest`] reads the header names, in English and French, and proposes a mapping. A column with an unknown name
//! stays unmapped, and the seller sees that: columns are not guessed from their content.

use std::collections::HashSet;

use messages::{Language, Text, mapping as say};
use product::{Field, WeightUnit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::aliases::{LOCATED, SEGMENT, field_named, normalize, unit_in};

/// The target of a column: what it fills.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A field that every product has.
    Field(Field),
    /// An attribute of the organisation, by its code.
    Attribute(String),
    /// An identifier of the product in a channel, by its key, such as `shopify.handle`.
    Identifier(String),
}

impl Target {
    /// Returns the name of the field in reports and histories: `price`, `attributes.color`,
    /// `identifiers.shopify.handle`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Target::Field(field) => field.name().to_owned(),
            Target::Attribute(code) => format!("attributes.{code}"),
            Target::Identifier(key) => format!("identifiers.{key}"),
        }
    }
}

/// The meaning of a blank cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// The product keeps its value.
    #[default]
    Leave,
    /// The product's value is removed.
    Clear,
}

/// The mapping of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMapping {
    /// The column's header, as in the file; empty for a value that does not come from a column.
    pub column: String,
    /// The field that it fills. A column without a field, an attribute and an identifier is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub field: Option<Field>,
    /// The code of the attribute that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The key of the identifier that it fills, such as `shopify.handle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// For a column of weights: the unit in its header, as in `Poids (g)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub unit: Option<WeightUnit>,
    /// The meaning of a blank cell. Default: the setting of the whole mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blank: Option<Blank>,
    /// The value in place of a blank cell; if `column` is empty, the value of every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// An expression that computes the value from the cell, such as `value | number * 1.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
}

impl ColumnMapping {
    /// Creates the mapping of a column to a field.
    #[must_use]
    pub fn to_field(column: &str, field: Field) -> Self {
        Self { column: column.to_owned(), field: Some(field), ..Self::default() }
    }

    /// Returns the target of the column; `None` if the column is left out.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        match (self.field, &self.attribute, &self.identifier) {
            (Some(field), ..) => Some(Target::Field(field)),
            (None, Some(code), _) => Some(Target::Attribute(code.clone())),
            (None, None, Some(key)) => Some(Target::Identifier(key.clone())),
            (None, None, None) => None,
        }
    }

    /// Checks everything that can be checked without a file.
    ///
    /// # Errors
    /// The message for the seller: what is wrong.
    pub fn check(&self) -> Result<(), Text> {
        let targets = [self.field.is_some(), self.attribute.is_some(), self.identifier.is_some()];
        if targets.into_iter().filter(|set| *set).count() > 1 {
            return Err(say::several_targets(&self.column));
        }
        if let Some(code) = self.attribute.as_ref().filter(|code| !product::is_code(code)) {
            return Err(say::attribute_code(code));
        }
        if self.column.contains('\0')
            || self.default.as_ref().is_some_and(|text| text.contains('\0') || text.len() > 10_000)
        {
            return Err(say::column_invalid());
        }
        if self.column.is_empty() && (self.target().is_none() || (self.default.is_none() && self.transform.is_none())) {
            return Err(say::no_column());
        }
        self.transform.as_deref().map_or(Ok(()), crate::check_expression)
    }
}

/// The mapping of a file: one entry for each column, in the order of the file, then the values that do not come from a
/// column.
pub type Mapping = Vec<ColumnMapping>;

/// The proposed mapping of one column, and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggestion {
    /// The mapping.
    #[serde(flatten)]
    pub mapping: ColumnMapping,
    /// The confidence in percent; 0 for a column that is left out.
    pub confidence: u8,
    /// The reason.
    pub why: String,
}

/// Proposes a mapping from the header names and the cells below them, with reasons in `language`. A column of valid
/// EANs is mapped to the EAN whatever its name is, because check digits are not right by chance. No other field is
/// recognised by content.
#[must_use]
pub fn suggest<S: AsRef<str>>(headers: &[S], samples: &[Vec<String>], language: Language) -> Vec<Suggestion> {
    let mut candidates: Vec<Option<(Field, usize)>> =
        headers.iter().map(|header| field_named(header.as_ref())).collect();
    let mut proved = None;
    let ean_header = candidates.iter().position(|candidate| candidate.is_some_and(|(field, _)| field == Field::Ean));
    // The header `ean` is ignored if its column has no codes, but another column has them.
    if ean_header.is_none_or(|column| no_gtins(samples, column)) {
        proved = (0..headers.len()).find(|column| candidates[*column].is_none() && are_gtins(samples, *column));
        if let Some(column) = proved {
            candidates[column] = Some((Field::Ean, 0));
            if let Some(column) = ean_header {
                candidates[column] = None;
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
            None => (None, 0, say::name_unknown()),
            Some((field, rank)) => match beaten_by(field, rank, index) {
                Some(other) => (None, 0, say::better_name(headers[other].as_ref(), field)),
                None if proved == Some(index) => (Some(field), 85, say::cells_are_eans()),
                None if (LOCATED..SEGMENT).contains(&rank) => (Some(field), 75, say::name_without_language(field)),
                None if rank >= SEGMENT => (Some(field), 70, say::end_of_path(field)),
                None => (Some(field), if rank == 0 { 99 } else { 90 }, say::name_known(field)),
            },
        };
        let unit = if field == Some(Field::Weight) { unit_in(header) } else { None };
        let mapping = ColumnMapping { column: header.to_owned(), field, unit, ..ColumnMapping::default() };
        suggestions.push(Suggestion { mapping, confidence, why: why.into_string(language) });
    }
    suggestions
}

/// Returns `true` if a column's cells are EANs: at least nine of ten filled cells, and at least five cells, have the
/// right check digit.
fn are_gtins(samples: &[Vec<String>], column: usize) -> bool {
    let cells = samples.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.trim().is_empty());
    let (filled, valid) = cells.fold((0, 0), |(filled, valid), cell| {
        (filled + 1, valid + usize::from(product::Gtin::parse(cell).is_ok() && cell.trim().len() >= 12))
    });
    valid >= 5 && valid * 10 >= filled * 9
}

/// Returns `true` if no cell of a column is an EAN.
fn no_gtins(samples: &[Vec<String>], column: usize) -> bool {
    samples.iter().filter_map(|row| row.get(column)).all(|cell| product::Gtin::parse(cell).is_err())
}

/// Returns the code of a new attribute for a column: `Puissance (W)` -> `puissance_w`. Returns `None` if no character
/// of the header can be in a code.
#[must_use]
pub fn code_of(header: &str) -> Option<String> {
    let plain: String = normalize(header).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let code: String = plain.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    let code: String = code.chars().take(100).collect();
    (!code.is_empty()).then_some(code)
}

/// Compares the columns of a mapping with those of a file. Returns the columns that the file does not have, and the
/// columns that the mapping does not have.
#[must_use]
pub fn known_columns(mapping: &[ColumnMapping], columns: &[String]) -> (Vec<String>, Vec<String>) {
    let names: HashSet<String> = columns.iter().map(|column| normalize(column)).collect();
    let known: HashSet<String> = mapping.iter().map(|entry| normalize(&entry.column)).collect();
    let names_of_mapping = mapping.iter().filter(|entry| !entry.column.is_empty()).map(|entry| entry.column.clone());
    let missing = names_of_mapping.filter(|column| !names.contains(&normalize(column))).collect();
    let new = columns.iter().filter(|column| !known.contains(&normalize(column))).cloned().collect();
    (missing, new)
}

/// Returns what `mapping` lacks and a file needs, in words for a message: "a title", "an EAN or a SKU". Empty if the
/// mapping is complete.
#[must_use]
pub fn missing_required(mapping: &[ColumnMapping]) -> Vec<Text> {
    let has = |wanted: Field| mapping.iter().any(|column| column.field == Some(wanted));
    let mut missing = Vec::new();
    if !has(Field::Title) {
        missing.push(say::a_title());
    }
    if !has(Field::Ean) && !has(Field::Sku) {
        missing.push(say::a_code());
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mapping that header names alone suggest.
    fn names_only(headers: &[&str]) -> Mapping {
        suggest(headers, &[], Language::En).into_iter().map(|suggestion| suggestion.mapping).collect()
    }

    fn fields(headers: &[&str]) -> Vec<Option<Field>> {
        names_only(headers).into_iter().map(|column| column.field).collect()
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
    fn a_column_of_valid_codes_is_the_ean() {
        let codes = ["4006381333931", "4006381333948", "4006381333955", "4006381333962", "4006381333979"];
        let rows = |other_cell: &str| {
            codes.iter().map(|code| vec![(*code).to_owned(), other_cell.to_owned()]).collect::<Vec<_>>()
        };
        assert!(codes.iter().all(|code| product::Gtin::parse(code).is_ok()));
        let fields = |headers: [&str; 2], other_cell: &str| {
            let suggested = suggest(&headers, &rows(other_cell), Language::En);
            suggested.into_iter().map(|suggestion| suggestion.mapping.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(["Divers", "Prix"], "1"), [Some(Field::Ean), Some(Field::Price)]);
        assert_eq!(
            fields(["Divers", "EAN"], "7992"),
            [Some(Field::Ean), None],
            "the heading stands over another column"
        );
        assert_eq!(fields(["Divers", "EAN"], "96385074"), [None, Some(Field::Ean)]);
        assert_eq!(names_only(&["name-fr_FR", "name-en_US"])[0].field, Some(Field::Title));
    }

    #[test]
    fn the_better_name_wins_and_the_other_stays_unmapped() {
        assert_eq!(fields(&["designation", "title"]), [None, Some(Field::Title)]);
        assert_eq!(fields(&["title", "title"]), [Some(Field::Title), None]);
        assert_eq!(fields(&["prix_ht", "prix_ttc"]), [Some(Field::NetPrice), Some(Field::Price)]);
    }

    #[test]
    fn maps_every_image_column_and_reads_the_unit_of_the_weight() {
        assert_eq!(fields(&["image 1", "image_2", "photo3"]), [Some(Field::ImageUrls); 3]);
        assert_eq!(names_only(&["Poids (g)"])[0].unit, Some(WeightUnit::Gram));
        assert_eq!(names_only(&["weight_kg"])[0].unit, Some(WeightUnit::Kilogram));
        assert_eq!(names_only(&["weight"])[0].unit, None);
    }

    #[test]
    fn reports_missing_fields() {
        assert_eq!(missing_required(&names_only(&["price", "stock"])), [say::a_title(), say::a_code()]);
        assert!(missing_required(&names_only(&["title", "ean"])).is_empty());
    }
}
