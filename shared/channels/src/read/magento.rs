//! Magento 2's catalogue CSV. Simple products come before the configurable product that makes them its variants; rows
//! of a store view are translations. Source: `CatalogImportExport/Model/Import/Product.php` and
//! `ConfigurableImportExport`.

use std::collections::HashMap;

use product::Field;

use super::{AXES, Cells, Columns, IDENTIFIER, Record, slot};

/// What Magento writes for a value to be emptied.
const EMPTY: &str = "__EMPTY__VALUE__";

/// The most attributes of a product.
const MOST: usize = 1_000;

pub(crate) struct Magento {
    sku: Option<usize>,
    store: Option<usize>,
    online: Option<usize>,
    categories: Option<usize>,
    base_image: Option<usize>,
    more_images: Option<usize>,
    price: Option<usize>,
    special: Option<usize>,
    variations: Option<usize>,
    labels: Option<usize>,
    attributes: Option<usize>,
    texts: Vec<(Field, Option<usize>)>,
    /// The rows of SKUs: a variant is reported with the row of its product.
    rows: HashMap<String, i32>,
    links: Vec<Record>,
}

impl Magento {
    pub(crate) fn new(columns: &Columns) -> Self {
        let find = |names: &[&str]| columns.find(names);
        Self {
            sku: find(&["sku"]),
            store: find(&["store_view_code"]),
            online: find(&["product_online", "status"]),
            categories: find(&["categories"]),
            base_image: find(&["base_image", "image"]),
            more_images: find(&["additional_images"]),
            price: find(&["price"]),
            special: find(&["special_price"]),
            variations: find(&["configurable_variations"]),
            labels: find(&["configurable_variation_labels"]),
            attributes: find(&["additional_attributes"]),
            texts: vec![
                (Field::Title, find(&["name"])),
                (Field::Description, find(&["description"])),
                (Field::ShortDescription, find(&["short_description"])),
                (Field::Weight, find(&["weight"])),
                (Field::Stock, find(&["qty"])),
                (Field::Slug, find(&["url_key"])),
                (Field::SeoTitle, find(&["meta_title"])),
                (Field::SeoDescription, find(&["meta_description"])),
                (Field::Ean, find(&["ean", "gtin", "barcode"])),
                (Field::Brand, find(&["manufacturer", "brand"])),
                (Field::CostPrice, find(&["cost"])),
            ],
            rows: HashMap::new(),
            links: Vec::new(),
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let texts = self.texts.iter().map(|(field, column)| (slot(*field), *column));
        let more = [
            (slot(Field::Sku), self.sku),
            (slot(Field::Status), self.online),
            (slot(Field::Category), self.categories),
            (slot(Field::ImageUrls), self.base_image),
            (slot(Field::Price), self.price),
            (slot(Field::CompareAtPrice), self.price),
            (slot(Field::Parent), self.variations),
            (IDENTIFIER, self.sku),
        ];
        texts.chain(more).filter_map(|(slot, column)| Some((slot, column?))).collect()
    }

    pub(crate) fn push(&mut self, number: i32, row: &Cells<'_>, records: &mut Vec<Record>) {
        let store = row.get(self.store);
        if !store.is_empty() {
            let message = messages::channels::row_of_a_store_view(store);
            return records.push(Record::left_out(number, "translation", message));
        }
        let text = |column: Option<usize>| Some(row.get(column)).filter(|text| *text != EMPTY).unwrap_or_default();
        let mut record = Record::new(number);
        let sku = text(self.sku).to_owned();
        record.set(Field::Sku, sku.clone());
        for (field, column) in &self.texts {
            record.set(*field, text(*column));
        }
        let (price, special) = (text(self.price), text(self.special));
        if special.is_empty() {
            record.set(Field::Price, price);
        } else {
            record.set(Field::Price, special);
            record.set(Field::CompareAtPrice, price);
        }
        record.set(
            Field::Status,
            match text(self.online) {
                "1" => "active",
                "2" | "0" => "inactive",
                _ => "",
            },
        );
        let category = text(self.categories).split(',').next().unwrap_or_default();
        record.set(Field::Category, category.strip_prefix("Default Category/").unwrap_or(category).replace('/', " > "));
        // Names of files in the shop's own folder are not addresses.
        let images: Vec<&str> = std::iter::once(text(self.base_image))
            .chain(text(self.more_images).split(','))
            .map(str::trim)
            .filter(|url| url.starts_with("http"))
            .take(20)
            .collect();
        record.set(Field::ImageUrls, images.join("\n"));
        record.put(IDENTIFIER, sku.clone());
        for (code, value) in attributes(text(self.attributes)) {
            // Most shops keep these fields here, some in columns of their own.
            let field = match code.as_str() {
                "ean" | "gtin" | "barcode" => Some(Field::Ean),
                "manufacturer" | "brand" => Some(Field::Brand),
                "cost" => Some(Field::CostPrice),
                _ => None,
            };
            match field {
                Some(field) => record.fill(field, &value),
                None => record.describe(&code, &value),
            }
        }
        let axes = self.link(&sku, text(self.variations), text(self.labels), number);
        for ((name, _), axis) in AXES.into_iter().zip(axes) {
            record.set(name, axis);
        }
        self.rows.insert(sku, number);
        records.push(record);
    }

    /// Makes products variants, from `sku=A,color=Red|sku=B,color=Blue`. Returns the axes. The labels, such as
    /// `color=Colour`, are the names of axes for people.
    fn link(&mut self, parent: &str, variations: &str, labels: &str, number: i32) -> Vec<String> {
        let mut axes: Vec<String> = Vec::new();
        let label_of = |axis: &str| {
            let pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
            let label = pairs
                .map(|(code, label)| (code.trim(), label.trim()))
                .find(|(code, label)| *code == axis && !label.is_empty());
            label.map_or(axis, |(_, label)| label).to_owned()
        };
        for variation in variations.split('|').filter(|part| !part.trim().is_empty()) {
            let pairs: Vec<(&str, &str)> = variation
                .split(',')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (key.trim(), value.trim()))
                .collect();
            let Some((_, sku)) = pairs.iter().find(|(key, _)| *key == "sku") else { continue };
            let mut link = Record { variant: true, ..Record::new(self.rows.get(*sku).copied().unwrap_or(number)) };
            link.set(Field::Sku, *sku);
            link.set(Field::Parent, parent);
            for ((name, value), (axis, chosen)) in AXES.into_iter().zip(pairs.iter().filter(|(key, _)| *key != "sku")) {
                let axis = label_of(axis);
                link.set(name, axis.clone());
                link.set(value, *chosen);
                if !axes.contains(&axis) {
                    axes.push(axis);
                }
            }
            self.links.push(link);
        }
        axes
    }

    pub(crate) fn finish(&mut self, records: &mut Vec<Record>) {
        records.append(&mut self.links);
    }
}

/// Returns the codes and values of `color=Red,care="Wash, dry",sizes=S|M`. A comma in an unquoted value ends the value
/// only if a code and `=` follow, as in the importer (`Product::_parseAdditionalAttributes`).
fn attributes(list: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = list;
    while !rest.is_empty() && found.len() < MOST {
        let piece = rest.split(',').next().unwrap_or_default();
        let (code, after) = match piece.split_once('=') {
            Some((code, _)) => (Some(code), &rest[code.len() + 1..]),
            None => (None, rest),
        };
        let (value, next) = match after.strip_prefix('"').filter(|_| code.is_some()) {
            // A quoted value; two quotes are one.
            Some(quoted) => {
                let bytes = quoted.as_bytes();
                let mut end = 0;
                while end < bytes.len() && !(bytes[end] == b'"' && bytes.get(end + 1) != Some(&b'"')) {
                    end += if bytes[end] == b'"' { 2 } else { 1 };
                }
                let value = quoted.get(..end).unwrap_or(quoted).replace("\"\"", "\"");
                (value, quoted.get(end + 1..).unwrap_or_default().trim_start_matches(','))
            }
            None => {
                let (value, next) = after.split_once(',').unwrap_or((after, ""));
                (value.to_owned(), next)
            }
        };
        match (code, found.last_mut()) {
            (Some(code), _) => {
                let value = if value == EMPTY { String::new() } else { value.replace('|', ", ") };
                found.push((code.trim().to_lowercase(), value));
            }
            (None, Some((_, before))) => before.push_str(&format!(",{value}")),
            (None, None) => {}
        }
        rest = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::attributes;

    #[test]
    fn additional_attributes_are_split_as_magento_splits_them() {
        let found =
            attributes(r#"Color=Red,care="Wash, ""cold"", dry",note=a,b and c,sizes=S|M,gone=__EMPTY__VALUE__,eq=1=2"#);
        let expected = [
            ("color", "Red"),
            ("care", "Wash, \"cold\", dry"),
            ("note", "a,b and c"),
            ("sizes", "S, M"),
            ("gone", ""),
            ("eq", "1=2"),
        ];
        assert_eq!(found, expected.map(|(code, value)| (code.to_owned(), value.to_owned())));
        for odd in ["", ",", "=", "a", "a=\"", "a=\"\"\"", ",=,\"", "é=\"é"] {
            let _ = attributes(odd);
        }
    }
}
