//! Shopify's product CSV: the rows of one handle are one product. The first row describes the product, each row with an
//! option or a price is a variant, the others are images. Both headers (2021 and 2024/25) by name. Source:
//! help.shopify.com, "Using CSV files to import and export products".

use std::collections::HashSet;

use product::{Field, ShownVariants};

use super::{AXES, Cells, Columns, IDENTIFIER, Record, code_part, slot};

/// At most this many variants are recorded to identify their parent.
const SHOWN: usize = 8;

pub(crate) struct Shopify {
    handle: Option<usize>,
    product: Vec<(Field, Option<usize>)>,
    variant: Vec<(Field, Option<usize>)>,
    grams: Option<usize>,
    published: Option<usize>,
    status: Option<usize>,
    option_names: [Option<usize>; 3],
    option_values: [Option<usize>; 3],
    image: Option<usize>,
    image_position: Option<usize>,
    variant_image: Option<usize>,
    /// The rows of the product that is being read.
    group: Vec<(i32, Vec<String>)>,
}

impl Shopify {
    pub(crate) fn new(columns: &Columns) -> Self {
        let find = |names: &[&str]| columns.find(names);
        Self {
            handle: find(&["handle", "url_handle"]),
            product: vec![
                (Field::Title, find(&["title"])),
                (Field::Description, find(&["body_html", "description"])),
                (Field::Brand, find(&["vendor"])),
                (Field::Category, find(&["type"])),
                (Field::Category, find(&["product_category"])),
                (Field::Tags, find(&["tags"])),
                (Field::SeoTitle, find(&["seo_title"])),
                (Field::SeoDescription, find(&["seo_description"])),
            ],
            variant: vec![
                (Field::Sku, find(&["variant_sku", "sku"])),
                (Field::Ean, find(&["variant_barcode", "barcode"])),
                (Field::Price, find(&["variant_price", "price"])),
                (Field::CompareAtPrice, find(&["variant_compare_at_price", "compare_at_price"])),
                (Field::CostPrice, find(&["cost_per_item"])),
                (Field::Stock, find(&["variant_inventory_qty", "inventory_quantity"])),
            ],
            grams: find(&["variant_grams", "weight_value_grams"]),
            published: find(&["published", "published_on_online_store"]),
            status: find(&["status"]),
            option_names: [find(&["option1_name"]), find(&["option2_name"]), find(&["option3_name"])],
            option_values: [find(&["option1_value"]), find(&["option2_value"]), find(&["option3_value"])],
            image: find(&["image_src", "product_image_url"]),
            image_position: find(&["image_position"]),
            variant_image: find(&["variant_image", "variant_image_url"]),
            group: Vec::new(),
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let named = self.product.iter().chain(&self.variant).map(|(field, column)| (slot(*field), *column));
        let more = [
            (slot(Field::Weight), self.grams),
            (slot(Field::Status), self.status.or(self.published)),
            (slot(Field::ImageUrls), self.image),
            (slot(Field::Parent), self.handle),
            (slot(Field::Option1Value), self.option_values[0]),
            (IDENTIFIER, self.handle),
        ];
        named.chain(more).filter_map(|(slot, column)| Some((slot, column?))).collect()
    }

    pub(crate) fn push(&mut self, number: i32, row: &Cells<'_>, cells: &[String], records: &mut Vec<Record>) {
        let handle = row.get(self.handle);
        let same =
            self.group.first().is_some_and(|(_, first)| Cells(first).get(self.handle) == handle && !handle.is_empty());
        if !same {
            self.finish(records);
        }
        self.group.push((number, cells.to_vec()));
        // A product has at most 2,048 variants and 250 images.
        if self.group.len() >= 5_000 {
            self.finish(records);
        }
    }

    fn is_variant(&self, row: &Cells<'_>) -> bool {
        let columns = [self.option_values[0], self.variant[0].1, self.variant[2].1];
        columns.into_iter().any(|column| !row.get(column).is_empty())
    }

    pub(crate) fn finish(&mut self, records: &mut Vec<Record>) {
        let group = std::mem::take(&mut self.group);
        let Some((number, first)) = group.first().map(|(number, cells)| (*number, Cells(cells))) else { return };
        let handle = first.get(self.handle).to_owned();
        let names = self.option_names.map(|column| first.get(column).to_owned());
        let variants: Vec<(i32, Cells<'_>)> = group
            .iter()
            .enumerate()
            .map(|(at, (number, cells))| (at, *number, Cells(cells)))
            .filter(|(at, _, row)| *at == 0 || self.is_variant(row))
            .map(|(_, number, row)| (number, row))
            .collect();
        let mut product = Record::new(number);
        for (field, column) in &self.product {
            product.fill(*field, first.get(*column));
        }
        let images = self.images(&group);
        product.set(Field::ImageUrls, images.join("\n"));
        product.set(Field::Status, self.status_of(&first));
        product.put(IDENTIFIER, handle.clone());
        let alone = variants.len() == 1 && (names[0].is_empty() || names[0] == "Title");
        if alone {
            self.fill_variant(&mut product, &first);
            if product.get(Field::Sku).is_none() && product.get(Field::Ean).is_none() {
                product.set(Field::Sku, handle);
            }
            records.push(product);
        } else {
            product.set(Field::Sku, handle.clone());
            for ((name, _), text) in AXES.into_iter().zip(&names) {
                product.set(name, text.clone());
            }
            let records_of_variants: Vec<Record> =
                variants.iter().map(|(number, row)| self.variant(*number, row, &handle, &names)).collect();
            let skus = records_of_variants.iter().filter_map(|variant| variant.get(Field::Sku).map(str::to_owned));
            // Shopify demands that a variant's image is one of the product's images too.
            let theirs: HashSet<&str> = variants.iter().map(|(_, row)| row.get(self.variant_image)).collect();
            let shown = ShownVariants {
                skus: skus.take(SHOWN).collect(),
                images: images.iter().rev().take_while(|url| theirs.contains(*url)).count(),
            };
            product.shown = Some(shown.clone());
            records.push(product);
            records.extend(
                records_of_variants.into_iter().map(|variant| Record { shown: Some(shown.clone()), ..variant }),
            );
        }
        for (row, cells) in group.iter().skip(1) {
            if !self.is_variant(&Cells(cells)) {
                let message = messages::channels::row_of_an_image(number);
                records.push(Record::left_out(*row, "merged", message));
            }
        }
    }

    fn variant(&self, number: i32, row: &Cells<'_>, handle: &str, names: &[String; 3]) -> Record {
        let mut variant = Record { variant: true, ..Record::new(number) };
        self.fill_variant(&mut variant, row);
        variant.set(Field::Parent, handle);
        variant.set(Field::ImageUrls, row.get(self.variant_image));
        let mut code = handle.to_owned();
        for (((name, value), text), column) in AXES.into_iter().zip(names).zip(self.option_values) {
            if !text.is_empty() {
                let chosen = row.get(column);
                variant.set(name, text.clone());
                variant.set(value, if chosen.is_empty() { "-" } else { chosen });
                code = format!("{code}-{}", code_part(chosen));
            }
        }
        if variant.get(Field::Sku).is_none() && variant.get(Field::Ean).is_none() {
            variant.set(Field::Sku, code);
        }
        variant
    }

    fn fill_variant(&self, record: &mut Record, row: &Cells<'_>) {
        for (field, column) in &self.variant {
            record.set(*field, row.get(*column).trim_start_matches('\''));
        }
        let grams = row.get(self.grams);
        // Shopify writes 0 for an unknown weight.
        if !matches!(grams, "" | "0" | "0.0") {
            record.set(Field::Weight, format!("{grams} g"));
        }
    }

    /// Returns the status from `Status`, else from `Published`, which distinguishes active and draft only.
    fn status_of(&self, row: &Cells<'_>) -> &'static str {
        match row.get(self.status).to_lowercase().as_str() {
            "active" => "active",
            "draft" | "unlisted" => "draft",
            "archived" => "archived",
            _ => match row.get(self.published).to_lowercase().as_str() {
                "true" => "active",
                "false" => "draft",
                _ => "",
            },
        }
    }

    /// Returns the images of all rows, in the order of their positions.
    fn images<'g>(&self, group: &'g [(i32, Vec<String>)]) -> Vec<&'g str> {
        let mut images: Vec<(usize, usize, &str)> = group
            .iter()
            .enumerate()
            .map(|(at, (_, cells))| {
                let row = Cells(cells);
                let url = cells.get(self.image.unwrap_or(usize::MAX)).map_or("", |cell| cell.trim());
                (row.get(self.image_position).parse().unwrap_or(usize::MAX), at, url)
            })
            .filter(|(.., url)| !url.is_empty())
            .collect();
        images.sort_unstable();
        let mut urls: Vec<&str> = images.into_iter().map(|(.., url)| url).collect();
        urls.dedup();
        urls.truncate(20);
        urls
    }
}
