//! `WooCommerce`'s product CSV, and the `WordPress` export (WXR) of such a shop. Variations wait for the end of the
//! file, because they name their parents by SKU or by `id:44`. Source: `class-wc-product-csv-importer.php` and
//! `…-exporter.php` of the plugin.

use std::collections::HashMap;

use product::Field;

use super::{AXES, Cells, Columns, IDENTIFIER, Record, slot};

pub(crate) struct WooCommerce {
    id: Option<usize>,
    kind: Option<usize>,
    parent: Option<usize>,
    texts: Vec<(Field, Option<usize>)>,
    regular: Option<usize>,
    sale: Option<usize>,
    published: Option<usize>,
    in_stock: Option<usize>,
    images: Option<usize>,
    categories: Option<usize>,
    weight: (Option<usize>, &'static str),
    sides: Vec<(Field, Option<usize>, &'static str)>,
    /// Name and value of each attribute. In WXR the name is in the header.
    attributes: Vec<(Option<usize>, String, usize)>,
    thumbnail: Option<usize>,
    gallery: Option<usize>,
    attachment: Option<usize>,
    wxr: bool,
    /// SKUs by ids.
    skus: HashMap<String, String>,
    /// Addresses of attachments by ids.
    files: HashMap<String, String>,
    variable: Vec<Record>,
    /// Variations, the parent that each names, and the values that it has on axes.
    variations: Vec<(Record, String, Options)>,
}

/// Names and values of attributes.
type Options = Vec<(String, String)>;

/// Returns the unit in a header such as `Weight (lbs)`.
fn unit(columns: &[String], column: Option<usize>, known: &[(&str, &'static str)]) -> &'static str {
    let header = column.and_then(|index| columns.get(index)).map(|header| header.to_lowercase()).unwrap_or_default();
    known.iter().find(|(mark, _)| header.contains(&format!("({mark})"))).map_or("", |(_, unit)| unit)
}

impl WooCommerce {
    pub(crate) fn csv(found: &Columns, columns: &[String]) -> Self {
        let find = |names: &[&str]| found.find(names);
        let by_prefix = |prefix: &str| columns.iter().position(|column| column.to_lowercase().starts_with(prefix));
        let (weight, length, width, height) =
            (by_prefix("weight"), by_prefix("length"), by_prefix("width"), by_prefix("height"));
        let lengths = [("cm", "cm"), ("mm", "mm"), ("m", "m"), ("in", "in")];
        let attributes = (1..=50).filter_map(|number| {
            let name = find(&[&format!("attribute_{number}_name")])?;
            let value = find(&[&format!("attribute_{number}_value_s")])?;
            Some((Some(name), String::new(), value))
        });
        Self {
            id: find(&["id"]),
            kind: find(&["type"]),
            parent: find(&["parent"]),
            texts: vec![
                (Field::Sku, find(&["sku"])),
                (Field::Title, find(&["name"])),
                (Field::Ean, find(&["gtin_upc_ean_or_isbn"])),
                (Field::ShortDescription, find(&["short_description"])),
                (Field::Description, find(&["description"])),
                (Field::Stock, find(&["stock"])),
                (Field::Tags, find(&["tags"])),
                (Field::Brand, find(&["brands", "brand"])),
            ],
            regular: find(&["regular_price"]),
            sale: find(&["sale_price"]),
            published: find(&["published"]),
            in_stock: find(&["in_stock"]),
            images: find(&["images"]),
            categories: find(&["categories"]),
            weight: (weight, unit(columns, weight, &[("kg", "kg"), ("g", "g"), ("lbs", "lb"), ("oz", "oz")])),
            sides: vec![
                (Field::Length, length, unit(columns, length, &lengths)),
                (Field::Width, width, unit(columns, width, &lengths)),
                (Field::Height, height, unit(columns, height, &lengths)),
            ],
            attributes: attributes.collect(),
            thumbnail: None,
            gallery: None,
            attachment: None,
            wxr: false,
            skus: HashMap::new(),
            files: HashMap::new(),
            variable: Vec::new(),
            variations: Vec::new(),
        }
    }

    pub(crate) fn wxr(found: &Columns, columns: &[String]) -> Self {
        let find = |names: &[&str]| found.find(names);
        let meta = |key: &str| found.find(&[&mapping::normalize(&format!("wp:postmeta[{key}]"))]);
        let attributes = columns.iter().enumerate().filter_map(|(index, column)| {
            let name = column.strip_prefix("wp:postmeta[attribute_")?.strip_suffix(']')?;
            Some((None, name.trim_start_matches("pa_").to_owned(), index))
        });
        Self {
            id: find(&["wp_post_id"]),
            kind: find(&["wp_post_type"]),
            parent: find(&["wp_post_parent"]),
            texts: vec![
                (Field::Sku, meta("_sku")),
                (Field::Title, find(&["title"])),
                (Field::Ean, meta("_global_unique_id")),
                (Field::ShortDescription, find(&["excerpt_encoded"])),
                (Field::Description, find(&["content_encoded"])),
                (Field::Stock, meta("_stock")),
            ],
            regular: meta("_regular_price"),
            sale: meta("_sale_price"),
            published: find(&["wp_status"]),
            in_stock: meta("_stock_status"),
            images: None,
            categories: None,
            weight: (meta("_weight"), ""),
            sides: vec![
                (Field::Length, meta("_length"), ""),
                (Field::Width, meta("_width"), ""),
                (Field::Height, meta("_height"), ""),
            ],
            attributes: attributes.collect(),
            thumbnail: meta("_thumbnail_id"),
            gallery: meta("_product_image_gallery"),
            attachment: find(&["wp_attachment_url"]),
            wxr: true,
            skus: HashMap::new(),
            files: HashMap::new(),
            variable: Vec::new(),
            variations: Vec::new(),
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let texts = self.texts.iter().map(|(field, column)| (slot(*field), *column));
        let sides = self.sides.iter().map(|(field, column, _)| (slot(*field), *column));
        let more = [
            (slot(Field::Price), self.regular),
            (slot(Field::CompareAtPrice), self.regular),
            (slot(Field::Status), self.published),
            (slot(Field::ImageUrls), self.images.or(self.thumbnail)),
            (slot(Field::Category), self.categories),
            (slot(Field::Weight), self.weight.0),
            (slot(Field::Parent), self.parent),
            (IDENTIFIER, self.id),
        ];
        texts.chain(sides).chain(more).filter_map(|(slot, column)| Some((slot, column?))).collect()
    }

    pub(crate) fn push(&mut self, number: i32, row: &Cells<'_>, records: &mut Vec<Record>) {
        let kind = row.get(self.kind).to_lowercase();
        let kinds: Vec<&str> = kind.split(',').map(str::trim).collect();
        let id = row.get(self.id).to_owned();
        if self.wxr && kind == "attachment" {
            self.files.insert(id, row.get(self.attachment).to_owned());
            return records.push(Record::left_out(number, "merged", messages::channels::row_of_a_picture()));
        }
        if self.wxr && !matches!(kind.as_str(), "product" | "product_variation") {
            let message = messages::channels::row_not_a_product(&kind);
            return records.push(Record::left_out(number, "no_product", message));
        }
        let mut record = self.record(number, row);
        if record.get(Field::Sku).is_none() && record.get(Field::Ean).is_none() && !id.is_empty() {
            record.set(Field::Sku, format!("woo-{id}"));
        }
        if let Some(sku) = record.get(Field::Sku).map(str::to_owned).filter(|_| !id.is_empty()) {
            self.skus.insert(id, sku);
        }
        if kinds.contains(&"variation") || kind == "product_variation" {
            let parent = row.get(self.parent).trim_start_matches("id:").to_owned();
            let options = self.attributes(row);
            // Each has one value; its commas are escaped as in lists.
            let options = options.into_iter().map(|(axis, value)| (axis, value.replace("\\,", ","))).collect();
            record.variant = true;
            self.variations.push((record, parent, options));
        } else if kinds.contains(&"variable") || self.wxr {
            // In WXR it is known only at the end which products have variations.
            for (name, value) in self.attributes(row) {
                record.describe(&name, &value);
            }
            self.variable.push(record);
        } else {
            for (name, value) in self.attributes(row) {
                record.describe(&name, &value);
            }
            records.push(record);
        }
    }

    fn attributes(&self, row: &Cells<'_>) -> Options {
        let pairs = self.attributes.iter().map(|(name, fixed, value)| {
            let name = if name.is_some() { row.get(*name).to_owned() } else { fixed.clone() };
            (name, row.get(Some(*value)).to_owned())
        });
        pairs.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect()
    }

    fn record(&self, number: i32, row: &Cells<'_>) -> Record {
        let mut record = Record::new(number);
        for (field, column) in &self.texts {
            let text = unguarded(row.get(*column));
            let text = match field {
                Field::Description | Field::ShortDescription if !self.wxr => text.replace("\\n", "\n"),
                Field::Tags if !self.wxr => listed(text).join("\n"),
                _ => text.to_owned(),
            };
            record.set(*field, text);
        }
        let (regular, sale) = (unguarded(row.get(self.regular)), unguarded(row.get(self.sale)));
        if sale.is_empty() {
            record.set(Field::Price, regular);
        } else {
            record.set(Field::Price, sale);
            record.set(Field::CompareAtPrice, regular);
        }
        record.set(
            Field::Status,
            match row.get(self.published) {
                "1" | "publish" => "active",
                "0" | "private" => "inactive",
                "-1" | "2" | "draft" | "pending" => "draft",
                _ => "",
            },
        );
        if record.get(Field::Stock).is_none() && matches!(row.get(self.in_stock), "0" | "outofstock") {
            record.set(Field::Stock, "0");
        }
        let images = listed(row.get(self.images)).into_iter().filter(|url| url.contains("://"));
        record.set(Field::ImageUrls, images.take(20).collect::<Vec<_>>().join("\n"));
        record.set(Field::Category, listed(row.get(self.categories)).into_iter().next().unwrap_or_default());
        let (weight, unit) = self.weight;
        let weight = row.get(weight);
        if !weight.is_empty() {
            record.set(Field::Weight, format!("{weight} {unit}").trim_end());
        }
        for (field, column, unit) in &self.sides {
            let side = row.get(*column);
            if !side.is_empty() {
                record.set(*field, format!("{side} {unit}").trim_end());
            }
        }
        record.put(IDENTIFIER, row.get(self.id));
        if let Some(thumbnail) = self.thumbnail {
            // The ids are kept in an extra slot until the addresses of all attachments are known.
            let ids = format!("{},{}", row.get(Some(thumbnail)), row.get(self.gallery));
            record.put(usize::MAX, ids.trim_matches(','));
        }
        record
    }

    pub(crate) fn finish(&mut self, records: &mut Vec<Record>) {
        let mut axes: HashMap<String, Vec<String>> = HashMap::new();
        let variations = std::mem::take(&mut self.variations);
        for (_, parent, options) in &variations {
            let parent = self.skus.get(parent).unwrap_or(parent).clone();
            let known = axes.entry(parent).or_default();
            for (name, _) in options {
                if !known.contains(name) && known.len() < AXES.len() {
                    known.push(name.clone());
                }
            }
        }
        for mut record in std::mem::take(&mut self.variable) {
            let id = record.cells.iter().find(|(slot, _)| *slot == IDENTIFIER).map(|(_, id)| id.clone());
            // A product with an EAN but no SKU gets a SKU if variations have to name it.
            if let Some(id) = id.filter(|id| record.get(Field::Sku).is_none() && axes.contains_key(id)) {
                let sku = format!("woo-{id}");
                record.set(Field::Sku, sku.clone());
                if let Some(names) = axes.remove(&id) {
                    axes.insert(sku.clone(), names);
                }
                self.skus.insert(id, sku);
            }
            let names = record.get(Field::Sku).and_then(|sku| axes.get(sku)).cloned().unwrap_or_default();
            // The options of the variations are not attributes of the product.
            record.attributes.retain(|(name, _)| !names.contains(name));
            for ((name, _), axis) in AXES.into_iter().zip(names) {
                record.set(name, axis);
            }
            self.show(&mut record);
            records.push(record);
        }
        for (mut record, parent, options) in variations {
            let parent = self.skus.get(&parent).cloned().unwrap_or(parent);
            for ((name, value), axis) in AXES.into_iter().zip(axes.get(&parent).into_iter().flatten()) {
                // A variation without a value for an option stands for any value.
                let chosen = options.iter().find(|(name, _)| name == axis).map_or("any", |(_, value)| value.as_str());
                record.set(name, axis.clone());
                record.set(value, chosen);
            }
            record.set(Field::Parent, parent);
            self.show(&mut record);
            records.push(record);
        }
    }

    /// Replaces the ids of pictures by their addresses.
    fn show(&self, record: &mut Record) {
        let place = record.cells.iter().position(|(slot, _)| *slot == usize::MAX);
        if let Some((_, ids)) = place.map(|place| record.cells.remove(place)) {
            let urls = ids.split(',').filter_map(|id| self.files.get(id.trim())).filter(|url| url.contains("://"));
            record.set(Field::ImageUrls, urls.take(20).map(String::as_str).collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Returns a cell without the apostrophe that the exporter adds before formulas, and before numbers too.
fn unguarded(text: &str) -> &str {
    let rest = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(text)
}

/// Returns the parts of a list that is joined by `, `. A comma within a part is written `\,`.
fn listed(list: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&',') => {
                part.push(',');
                characters.next();
            }
            ',' => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}
