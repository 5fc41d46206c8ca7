//! `PrestaShop`'s files of products and of combinations. Source: `AdminImportController.php` of 8.0 and 9.1, which
//! binds columns by position; we read the names that its own samples and exports have.

use product::Field;
use rust_decimal::Decimal;

use super::{AXES, Cells, Columns, IDENTIFIER, Record, slot};

pub(crate) struct PrestaShop {
    id: Option<usize>,
    upc: Option<usize>,
    active: Option<usize>,
    categories: Option<usize>,
    images: Option<usize>,
    features: Option<usize>,
    price: Option<usize>,
    net: Option<usize>,
    discount: Option<usize>,
    percent: Option<usize>,
    texts: Vec<(Field, Option<usize>)>,
}

impl PrestaShop {
    pub(crate) fn new(columns: &Columns) -> Self {
        let find = |names: &[&str]| columns.find(names);
        Self {
            id: find(&["product_id", "id"]),
            upc: find(&["upc"]),
            active: find(&["active_0_1", "active"]),
            categories: find(&["categories_x_y_z", "categories"]),
            images: find(&["image_urls_x_y_z", "image_urls"]),
            price: find(&["price_tax_included"]),
            net: find(&["price_tax_excluded"]),
            discount: find(&["discount_amount"]),
            percent: find(&["discount_percent"]),
            features: find(&["feature_name_value_position_customized", "feature_name_value_position", "features"]),
            texts: vec![
                (Field::Title, find(&["name"])),
                (Field::CostPrice, find(&["wholesale_price", "cost_price"])),
                (Field::Sku, find(&["reference"])),
                (Field::SupplierReference, find(&["supplier_reference"])),
                (Field::Brand, find(&["manufacturer", "brand"])),
                (Field::Ean, find(&["ean13", "ean_13"])),
                (Field::Width, find(&["width"])),
                (Field::Height, find(&["height"])),
                (Field::Length, find(&["depth"])),
                (Field::Weight, find(&["weight"])),
                (Field::Stock, find(&["quantity"])),
                (Field::ShortDescription, find(&["summary"])),
                (Field::Description, find(&["description"])),
                (Field::Tags, find(&["tags_x_y_z"])),
                (Field::SeoTitle, find(&["meta_title"])),
                (Field::SeoDescription, find(&["meta_description"])),
                (Field::Slug, find(&["url_rewritten", "rewritten_url"])),
            ],
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let texts = self.texts.iter().map(|(field, column)| (slot(*field), *column));
        let more = [
            (slot(Field::Status), self.active),
            (slot(Field::Category), self.categories),
            (slot(Field::ImageUrls), self.images),
            (slot(Field::Price), self.price),
            (slot(Field::CompareAtPrice), self.price),
            (slot(Field::NetPrice), self.net),
            (IDENTIFIER, self.id),
        ];
        texts.chain(more).filter_map(|(slot, column)| Some((slot, column?))).collect()
    }

    /// Returns the price with the discount, with VAT and, if the file has it, without; `None` without a discount. An
    /// amount wins over percents, as in the shop.
    fn discounted(&self, row: &Cells<'_>) -> Option<(String, Option<String>)> {
        let number = |text: &str| text.replace(',', ".").trim_end_matches('%').trim().parse::<Decimal>().ok();
        let price = number(row.get(self.price))?;
        let off = match number(row.get(self.discount)).filter(|amount| *amount > Decimal::ZERO) {
            Some(amount) => amount,
            None => price.checked_mul(number(row.get(self.percent))?)? / Decimal::ONE_HUNDRED,
        };
        let sale = (off > Decimal::ZERO && off < price).then(|| price - off)?;
        let net = number(row.get(self.net)).and_then(|net| net.checked_mul(sale)?.checked_div(price));
        let net = net.map(|net| net.round_dp(4).normalize().to_string());
        Some((sale.normalize().to_string(), net))
    }

    pub(crate) fn push(&mut self, number: i32, row: &Cells<'_>, records: &mut Vec<Record>) {
        let mut record = Record::new(number);
        for (field, column) in &self.texts {
            let text = row.get(*column);
            // An unknown measure is written as 0.
            let measure = matches!(field, Field::Width | Field::Height | Field::Length | Field::Weight);
            if !(measure && text.trim_matches(['0', '.', ',']).is_empty()) {
                record.set(*field, text);
            }
        }
        match self.discounted(row) {
            Some((sale, net)) => {
                record.set(Field::Price, sale);
                record.set(Field::NetPrice, net.unwrap_or_default());
                record.set(Field::CompareAtPrice, row.get(self.price));
            }
            None => {
                record.set(Field::Price, row.get(self.price));
                record.set(Field::NetPrice, row.get(self.net));
            }
        }
        if record.get(Field::Ean).is_none() {
            record.set(Field::Ean, row.get(self.upc));
        }
        // The shop reads everything but a blank and 0 as true.
        let active = row.get(self.active);
        record.set(
            Field::Status,
            if self.active.is_none() {
                ""
            } else if matches!(active, "" | "0") {
                "inactive"
            } else {
                "active"
            },
        );
        // `A/B/C`, or an id; the first is the main one.
        let category = row.get(self.categories);
        let category = match category.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => category.split(',').next().unwrap_or_default(),
        };
        record.set(Field::Category, category.trim().replace('/', " > "));
        let images: Vec<&str> =
            row.get(self.images).split(',').map(str::trim).filter(|url| url.contains("://")).take(20).collect();
        record.set(Field::ImageUrls, images.join("\n"));
        let id = row.get(self.id);
        if record.get(Field::Sku).is_none() && record.get(Field::Ean).is_none() && !id.is_empty() {
            record.set(Field::Sku, format!("prestashop-{id}"));
        }
        record.put(IDENTIFIER, id);
        // `Colour:Red:1:0`: name, value, position, and whether the value is the product's own.
        for feature in row.get(self.features).split(',') {
            let mut parts = feature.split(':');
            if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                record.describe(name, value);
            }
        }
        records.push(record);
    }
}

pub(crate) struct Combinations {
    product: Option<usize>,
    names: Option<usize>,
    values: Option<usize>,
    upc: Option<usize>,
    images: Option<usize>,
    texts: Vec<(Field, Option<usize>)>,
}

impl Combinations {
    pub(crate) fn new(columns: &Columns) -> Self {
        let find = |names: &[&str]| columns.find(names);
        Self {
            product: find(&["product_id"]),
            names: find(&["attribute_name_type_position"]),
            values: find(&["value_value_position"]),
            upc: find(&["upc"]),
            images: find(&["image_urls_x_y_z"]),
            texts: vec![
                (Field::Sku, find(&["reference"])),
                (Field::SupplierReference, find(&["supplier_reference"])),
                (Field::Ean, find(&["ean13", "ean_13"])),
                (Field::CostPrice, find(&["wholesale_price", "cost_price"])),
                (Field::Stock, find(&["quantity"])),
            ],
        }
    }

    pub(crate) fn places(&self) -> Vec<(usize, usize)> {
        let texts = self.texts.iter().map(|(field, column)| (slot(*field), *column));
        let more = [
            (slot(Field::Parent), self.product),
            (slot(Field::Option1Name), self.names),
            (slot(Field::Option1Value), self.values),
            (slot(Field::ImageUrls), self.images),
        ];
        texts.chain(more).filter_map(|(slot, column)| Some((slot, column?))).collect()
    }

    pub(crate) fn push(&mut self, number: i32, row: &Cells<'_>, records: &mut Vec<Record>) {
        let mut record = Record { variant: true, ..Record::new(number) };
        for (field, column) in &self.texts {
            record.set(*field, row.get(*column));
        }
        if record.get(Field::Ean).is_none() {
            record.set(Field::Ean, row.get(self.upc));
        }
        record.set(Field::Parent, row.get(self.product));
        // `Color:color:0, Disk space:select:1` beside `Blue:0, 16GB:1`.
        let parts = |cell: &str| -> Vec<String> {
            cell.split(',').map(|part| part.split(':').next().unwrap_or_default().trim().to_owned()).collect()
        };
        let (names, values) = (parts(row.get(self.names)), parts(row.get(self.values)));
        for ((name, value), (axis, chosen)) in AXES.into_iter().zip(names.into_iter().zip(values)) {
            record.set(name, axis);
            record.set(value, chosen);
        }
        let images: Vec<&str> =
            row.get(self.images).split(',').map(str::trim).filter(|url| url.contains("://")).take(20).collect();
        record.set(Field::ImageUrls, images.join("\n"));
        records.push(record);
    }
}
