//! Exports in which every row is one product: Odoo's templates and records, Google's feeds. Sources:
//! `product_template.xls` and `import_xml.rng` of Odoo 19; support.google.com/merchants, "Product data specification".

use product::Field;

use super::{Cells, Columns, IDENTIFIER, Record, slot};

pub(crate) struct Plain {
    id: Option<usize>,
    /// The column with the model of a row, and the prefix of the models that are products.
    only: Option<(usize, &'static str)>,
    /// The columns of each field. If a field has several, the first that is filled counts.
    texts: Vec<(Field, Option<usize>)>,
    /// The columns of the regular price and of the sale price.
    sale: Option<(usize, usize)>,
    /// Further images, separated by commas or line ends.
    images: Option<usize>,
    /// The separator in a category's path, if it is not ` > `.
    separator: Option<&'static str>,
    prefix: &'static str,
}

impl Plain {
    pub(crate) fn odoo(columns: &Columns) -> Self {
        let find = |names: &[&str]| columns.find(names);
        let both = find(&["description", "field_description"]).is_some();
        let sales_field = if both { Field::ShortDescription } else { Field::Description };
        Self {
            id: find(&["external_id", "id"]),
            only: find(&["model"]).map(|column| (column, "product.")),
            texts: vec![
                (Field::Sku, find(&["internal_reference", "default_code", "field_default_code"])),
                (Field::Title, find(&["name", "field_name"])),
                (Field::Ean, find(&["barcode", "field_barcode"])),
                (Field::Price, find(&["sales_price", "sale_price", "list_price", "field_list_price"])),
                (Field::CostPrice, find(&["cost", "standard_price", "field_standard_price"])),
                (Field::Weight, find(&["weight", "field_weight"])),
                (Field::Description, find(&["description", "field_description"])),
                // The text for customers is the description; if the file has a description too, it is the summary.
                (sales_field, find(&["sales_description", "description_sale", "field_description_sale"])),
                (Field::Category, find(&["product_category", "category", "categ_id"])),
                (Field::Tags, find(&["product_tag_ids", "tags"])),
            ],
            sale: None,
            images: None,
            separator: Some(" / "),
            prefix: "odoo-",
        }
    }

    pub(crate) fn google(columns: &Columns) -> Self {
        let find = |names: &[&str]| columns.find(names);
        Self {
            id: find(&["g_id", "id"]),
            only: None,
            texts: vec![
                (Field::Sku, find(&["g_id", "id"])),
                (Field::Title, find(&["g_title", "title"])),
                (Field::Description, find(&["g_description", "description"])),
                (Field::Ean, find(&["g_gtin", "gtin"])),
                (Field::Brand, find(&["g_brand", "brand"])),
                (Field::SupplierReference, find(&["g_mpn", "mpn"])),
                (Field::Price, find(&["g_sale_price", "sale_price"])),
                (Field::Price, find(&["g_price", "price"])),
                (Field::Category, find(&["g_product_type", "product_type"])),
                (Field::Category, find(&["g_google_product_category", "google_product_category"])),
                (Field::ImageUrls, find(&["g_image_link", "image_link"])),
                (Field::Weight, find(&["g_shipping_weight"])),
            ],
            sale: find(&["g_price", "price"]).zip(find(&["g_sale_price", "sale_price"])),
            images: find(&["g_additional_image_link", "additional_image_link"]),
            separator: None,
            prefix: "",
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let texts = self.texts.iter().map(|(field, column)| (slot(*field), *column));
        texts.chain([(IDENTIFIER, self.id)]).filter_map(|(slot, column)| Some((slot, column?))).collect()
    }

    pub(crate) fn push(&mut self, number: i32, row: &Cells<'_>, records: &mut Vec<Record>) {
        if let Some((column, beginning)) = self.only {
            let model = row.get(Some(column));
            // `product.template` and `product.product` are products; attributes, tags and price lists are not.
            if !matches!(model.strip_prefix(beginning), Some("template" | "product")) {
                let message = messages::channels::row_of_a_record(model);
                return records.push(Record::left_out(number, "no_product", message));
            }
        }
        let mut record = Record::new(number);
        for (field, column) in &self.texts {
            match self.separator {
                // The root `All` of Odoo does not describe a product.
                Some(separator) if *field == Field::Category => {
                    let path = row.get(*column);
                    let path = path.strip_prefix("All").and_then(|below| below.strip_prefix(separator)).unwrap_or(path);
                    record.fill(*field, &path.replace(separator, " > "));
                }
                _ => record.fill(*field, row.get(*column)),
            }
        }
        if let Some((regular, _)) = self.sale.filter(|(_, sale)| !row.get(Some(*sale)).is_empty()) {
            record.set(Field::CompareAtPrice, row.get(Some(regular)));
        }
        let more = row.get(self.images);
        if !more.is_empty()
            && let Some((_, images)) = record.cells.iter_mut().find(|(at, _)| *at == slot(Field::ImageUrls))
        {
            let urls = more.split([',', '\n', '|']).map(str::trim).filter(|url| url.contains("://"));
            urls.take(19).for_each(|url| images.push_str(&format!("\n{url}")));
        }
        let id = row.get(self.id);
        if record.get(Field::Sku).is_none() && record.get(Field::Ean).is_none() && !id.is_empty() {
            record.set(Field::Sku, format!("{}{id}", self.prefix));
        }
        record.put(IDENTIFIER, id);
        records.push(record);
    }
}
