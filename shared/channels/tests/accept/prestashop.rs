//! Readers of PrestaShop's back-office CSV imports. Facts: the fact sheet prestashop §1 (mechanics), §2 (column
//! order of 9.1 and 8.0, parsing, limits), §3 (combinations), §4 (categories). The columns are bound by position and
//! the first line is skipped unread; a file may stop early, but all its lines have the same number of cells.
//! Readings of open points: separators `;` and `,` (the `_sep` functions take another multi-value separator); a comma
//! in a number is a decimal point, as PrestaShop reads it; the store's weight unit is kg; `price_tex` wins over
//! `price_tin` and is given raw in `net_price`; a discount lowers `price` only where the price is tax included, and
//! is always reported as attribute `reduction_price` / `reduction_percent`; a combination's price and weight are the
//! impacts as they come; its `image_position` is an attribute until [`combine`] resolves it.

use super::prestashop_columns::*;
use super::{Seen, at_most, date, gtin, signed, some, table, url, utf8, whole};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// The columns of a version: 8.0 has no `location`, but `meta_keywords` and three columns of the old stock management.
fn columns(newest: &[&'static str], version: &str) -> Result<Vec<&'static str>, String> {
    if version == "9.1" {
        return Ok(newest.to_vec());
    }
    if version != "8.0" {
        return Err(format!("version {version:?} is unknown"));
    }
    let mut out = Vec::new();
    for name in newest.iter().filter(|n| **n != "location") {
        out.push(*name);
        match *name {
            "meta_title" => out.push("meta_keywords"),
            "shop" => out.extend(["advanced_stock_management", "depends_on_stock", "warehouse"]),
            _ => {}
        }
    }
    Ok(out)
}

/// One line, its cells by field name.
struct Line {
    cells: HashMap<&'static str, String>,
    multi: char,
}

/// The lines of a file after the first, with the checks that all entities share.
fn read(bytes: &[u8], columns: &[&'static str], version: &str, multi: char) -> Result<Vec<(u64, Line)>, String> {
    if multi == ';' || !multi.is_ascii() {
        return Err(format!("multi-value separator {multi:?}"));
    }
    let rows = table(utf8(bytes)?, b';', false)?;
    let Some(((_, header), rows)) = rows.split_first() else {
        return Err("the file is empty, its first line is skipped".into());
    };
    if header.get(1).is_some_and(|c| c == "0" || c == "1") {
        return Err("the first line looks like data, it would be skipped".into());
    }
    if header.len() > columns.len() {
        return Err(format!("{} columns, {} known in version {version}", header.len(), columns.len()));
    }
    let mut out = Vec::new();
    for (number, cells) in rows {
        if cells.len() != header.len() {
            return Err(format!("line {number}: {} cells, the first line has {}", cells.len(), header.len()));
        }
        let cells = columns.iter().copied().zip(cells.iter().map(|c| c.trim().to_owned())).collect();
        let line = Line { cells, multi };
        line.check(version).map_err(|e| format!("line {number}: {e}"))?;
        out.push((*number, line));
    }
    Ok(out)
}

impl Line {
    fn get(&self, key: &str) -> &str {
        self.cells.get(key).map_or("", String::as_str)
    }

    /// `getPrice`: a comma is a point, `%` goes; what PHP would cut off is an error.
    fn amount(&self, key: &str) -> Result<Option<Decimal>, String> {
        let cell = some(&self.get(key).replace(',', ".").replace('%', ""));
        cell.map(|s| signed(&s)).transpose().map_err(|e| format!("{key}: {e}"))
    }

    fn integer(&self, key: &str) -> Result<Option<i64>, String> {
        let cell = some(self.get(key)).map(|s| whole(&s)).transpose();
        cell.map_err(|e| format!("{key}: {e}"))
    }

    fn check(&self, version: &str) -> Result<(), String> {
        if let Some(key) = FLAGS.iter().find(|k| !["", "0", "1"].contains(&self.get(k))) {
            return Err(format!("{key}: {:?} is neither 0 nor 1", self.get(key)));
        }
        for key in AMOUNTS {
            if self.amount(key)?.is_some_and(|n| n < Decimal::ZERO) {
                return Err(format!("{key}: {} is below zero", self.get(key)));
            }
        }
        for key in INTEGERS {
            let least = match *key {
                "quantity" => i64::MIN,
                "id" | "id_product" | "minimal_quantity" => 1,
                _ => 0,
            };
            if self.integer(key)?.is_some_and(|n| n < least) {
                return Err(format!("{key}: {} is too small", self.get(key)));
            }
        }
        for key in DATES.iter().filter(|k| !self.get(k).is_empty()) {
            date(self.get(key)).map_err(|e| format!("{key}: {e}"))?;
        }
        for (key, allowed) in ENUMS {
            let cell = self.get(key);
            if !cell.is_empty() && !allowed.contains(&cell) {
                return Err(format!("{key}: {cell:?} is none of {allowed:?}"));
            }
        }
        for (key, limit) in LIMITS {
            at_most(self.get(key), *limit).map_err(|e| format!("{key}: {e}"))?;
        }
        at_most(self.get("ean13"), if version == "9.1" { 14 } else { 13 }).map_err(|e| format!("ean13: {e}"))?;
        for key in ["ean13", "upc"] {
            some(self.get(key)).iter().try_for_each(|s| gtin(s)).map_err(|e| format!("{key}: {e}"))?;
        }
        if self.get("name").contains(['<', '>', ';', '=', '#', '{', '}']) {
            return Err(format!("name: {:?} has one of <>;=#{{}}", self.get("name")));
        }
        if !self.get("link_rewrite").bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(format!("link_rewrite: {:?} is invalid and would be replaced", self.get("link_rewrite")));
        }
        for key in ["description", "description_short"] {
            let html = self.get(key).to_ascii_lowercase();
            if html.contains("<script") || html.contains("<iframe") {
                return Err(format!("{key}: script or iframe"));
            }
        }
        Ok(())
    }

    /// A list split with quoting, as categories and image addresses are.
    fn quoted(&self, key: &str) -> Result<Vec<String>, String> {
        let cell = self.get(key);
        let rows = table(cell, u8::try_from(self.multi).unwrap_or(b','), false).map_err(|e| format!("{key}: {e}"))?;
        let entries: Vec<String> = rows.into_iter().flat_map(|r| r.1).map(|s| s.trim().to_owned()).collect();
        match entries.iter().any(String::is_empty) {
            true => Err(format!("{key}: empty entry in {cell:?}")),
            false => Ok(entries),
        }
    }

    /// A list split without any quoting.
    fn exploded(&self, key: &str) -> Result<Vec<&str>, String> {
        let cell = self.get(key);
        if cell.is_empty() {
            return Ok(Vec::new());
        }
        let entries: Vec<&str> = cell.split(self.multi).map(str::trim).collect();
        match entries.iter().any(|e| e.is_empty() || e.starts_with('"')) {
            true => Err(format!("{key}: empty or quoted entry in {cell:?}, quotes are not understood here")),
            false => Ok(entries),
        }
    }

    /// Image addresses, with as many alternative texts if there are any.
    fn images(&self, addresses: &str) -> Result<Vec<String>, String> {
        let images = self.quoted(addresses)?;
        images.iter().try_for_each(|s| url(s)).map_err(|e| format!("{addresses}: {e}"))?;
        let texts = self.get("image_alt").split(self.multi).count();
        if !self.get("image_alt").is_empty() && texts != images.len() {
            return Err(format!("image_alt: {texts} texts for {} images", images.len()));
        }
        Ok(images)
    }

    /// `Name:Value[:Position[:Custom]]`, as (name, value).
    fn features(&self) -> Result<Vec<(String, String)>, String> {
        let mut out = Vec::new();
        for entry in self.exploded("features")? {
            let parts: Vec<&str> = entry.split(':').map(str::trim).collect();
            let (name, value) = match parts[..] {
                [n, v] => (n, v),
                [n, v, p] if p.is_empty() || whole(p).is_ok() => (n, v),
                [n, v, p, "" | "0" | "1"] if p.is_empty() || whole(p).is_ok() => (n, v),
                _ => {
                    return Err(format!("features: {entry:?} is not Name:Value:Position:Customized"));
                }
            };
            if name.is_empty() || value.is_empty() {
                return Err(format!("features: {entry:?} has no name or value"));
            }
            out.push((name.to_owned(), value.to_owned()));
        }
        Ok(out)
    }

    /// The fields that products and combinations have under the same names.
    fn common(&self) -> Result<Seen, String> {
        let ean = some(self.get("ean13")).or_else(|| some(self.get("upc")));
        let weight = match self.amount("weight")? {
            Some(w) => Some(w.checked_mul(Decimal::ONE_THOUSAND).ok_or("weight: too large")?.normalize()),
            None => None,
        };
        Ok(Seen {
            sku: some(self.get("reference")),
            ean,
            cost: self.amount("wholesale_price")?,
            stock: self.integer("quantity")?,
            weight_grams: weight,
            ..Seen::default()
        })
    }
}

/// The product import with the default separators.
pub fn products(bytes: &[u8], version: &str) -> Result<Vec<Seen>, String> {
    products_sep(bytes, version, ',')
}

/// The product import with the multi-value separator that the user types.
pub fn products_sep(bytes: &[u8], version: &str, multi: char) -> Result<Vec<Seen>, String> {
    let (mut out, mut keys): (Vec<Seen>, HashSet<String>) = (Vec::new(), HashSet::new());
    for (number, line) in read(bytes, &columns(PRODUCT, version)?, version, multi)? {
        let seen = product(&line).map_err(|e| format!("line {number}: {e}"))?;
        let id = seen.id.as_ref().map(|i| format!("id {i}"));
        for key in [id, seen.sku.as_ref().map(|s| format!("reference {s}"))].into_iter().flatten() {
            if !keys.insert(key.clone()) {
                return Err(format!("line {number}: {key} comes twice"));
            }
        }
        out.push(seen);
    }
    Ok(out)
}

fn product(line: &Line) -> Result<Seen, String> {
    if line.get("name").is_empty() {
        return Err("name: required".into());
    }
    let mut categories = Vec::new();
    for entry in line.quoted("category")? {
        if entry.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("category: {entry:?} is taken for an id"));
        }
        let path: Vec<String> = entry.split('/').map(|s| s.trim().to_owned()).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("category: empty segment in {entry:?}"));
        }
        categories.push(path);
    }
    let weight_ok = line.amount("weight")?.is_none_or(|w| w >= Decimal::ZERO);
    let (net, gross) = (line.amount("price_tex")?, line.amount("price_tin")?);
    let gross = gross.filter(|_| net.is_none());
    if !weight_ok || (net.is_none() && gross.is_none()) {
        return Err("no price (it would be 0), or a weight below zero".into());
    }
    let (amount, percent) = (line.amount("reduction_price")?, line.amount("reduction_percent")?);
    let amount = amount.filter(|a| !a.is_zero());
    let percent = percent.filter(|p| !p.is_zero());
    if amount.is_some() && percent.is_some() {
        return Err("discount amount and percent, the percent would be lost".into());
    }
    let (from, to) = (line.get("reduction_from"), line.get("reduction_to"));
    if !from.is_empty() && !to.is_empty() && from > to {
        return Err("the discount ends before it starts".into());
    }
    let base = gross.or(net).unwrap_or_default();
    if percent.is_some_and(|p| p > Decimal::ONE_HUNDRED) || amount.is_some_and(|a| a > base) {
        return Err("the discount is greater than the price".into());
    }
    let cut = match (amount, percent) {
        (Some(a), _) => Some(a),
        (None, Some(p)) => Some(base.checked_mul(p).ok_or("price: too large")? / Decimal::ONE_HUNDRED),
        (None, None) => None,
    };
    let mut attributes = line.features()?;
    for (key, value) in [("reduction_price", amount), ("reduction_percent", percent)] {
        attributes.extend(value.map(|v| (key.to_owned(), v.normalize().to_string())));
    }
    line.exploded("accessories")?;
    let file = some(line.get("file_url"));
    file.iter().try_for_each(|s| url(s)).map_err(|e| format!("file_url: {e}"))?;
    Ok(Seen {
        title: some(line.get("name")),
        description: some(line.get("description")),
        short_description: some(line.get("description_short")),
        brand: some(line.get("manufacturer")),
        categories,
        tags: line.exploded("tags")?.into_iter().map(str::to_owned).collect(),
        price: gross.map(|g| (g - cut.unwrap_or_default()).normalize()),
        regular_price: gross.filter(|_| cut.is_some()),
        net_price: net,
        images: line.images("image")?,
        attributes,
        published: some(line.get("active")).map(|a| a == "1"),
        seo_title: some(line.get("meta_title")),
        seo_description: some(line.get("meta_description")),
        slug: some(line.get("link_rewrite")),
        condition: some(line.get("condition")),
        id: some(line.get("id")),
        ..line.common()?
    })
}

/// The combination import with the default separators.
pub fn combinations(bytes: &[u8], version: &str) -> Result<Vec<Seen>, String> {
    combinations_sep(bytes, version, ',')
}

/// The combination import with the multi-value separator that the user types.
pub fn combinations_sep(bytes: &[u8], version: &str, multi: char) -> Result<Vec<Seen>, String> {
    let (mut out, mut keys): (Vec<Seen>, HashSet<String>) = (Vec::new(), HashSet::new());
    for (number, line) in read(bytes, &columns(COMBINATION, version)?, version, multi)? {
        let seen = combination(&line).map_err(|e| format!("line {number}: {e}"))?;
        let parent = seen.parent.clone().unwrap_or_default();
        let mut own = vec![
            format!("reference {:?}", line.get("reference")),
            format!("combination {:?} of {parent:?}", seen.options),
        ];
        if line.get("default_on") == "1" {
            own.push(format!("default combination of {parent:?}"));
        }
        if let Some(key) = own.into_iter().find(|k| !keys.insert(k.clone())) {
            return Err(format!("line {number}: {key} comes twice"));
        }
        out.push(seen);
    }
    Ok(out)
}

fn combination(line: &Line) -> Result<Seen, String> {
    let parent = some(line.get("product_reference")).or_else(|| some(line.get("id_product")));
    if parent.is_none() {
        return Err("neither id_product nor product_reference, the row would be ignored".into());
    }
    if line.get("reference").is_empty() {
        return Err("reference: empty, each import would add the combination again".into());
    }
    let (groups, values) = (line.exploded("group")?, line.exploded("attribute")?);
    if groups.is_empty() || groups.len() != values.len() {
        return Err(format!("{} attributes with {} values", groups.len(), values.len()));
    }
    let mut options: Vec<(String, String)> = Vec::new();
    for (group, value) in groups.into_iter().zip(values) {
        let parts: Vec<&str> = group.split(':').map(str::trim).collect();
        let axis = match parts[..] {
            [name, "select" | "radio" | "color"] => name,
            [name, "select" | "radio" | "color", position] if whole(position).is_ok() => name,
            _ => return Err(format!("group: {group:?} is not Name:Type:Position")),
        };
        let parts: Vec<&str> = value.split(':').map(str::trim).collect();
        let value = match parts[..] {
            [name] => name,
            [name, position] if whole(position).is_ok() => name,
            _ => return Err(format!("attribute: {value:?} is not Value:Position")),
        };
        if axis.is_empty() || value.is_empty() || options.iter().any(|o| o.0 == axis) {
            return Err(format!("group {axis:?} = {value:?} is empty or comes twice"));
        }
        options.push((axis.to_owned(), value.to_owned()));
    }
    let impact = line.amount("price")?;
    if impact.is_some_and(|p| p.normalize().scale() > 6) {
        return Err("price: the impact has more than six decimals".into());
    }
    let mut attributes = Vec::new();
    for position in line.exploded("image_position")? {
        if whole(position).map_err(|e| format!("image_position: {e}"))? < 1 {
            return Err(format!("image_position: {position} is below 1"));
        }
        attributes.push(("image_position".to_owned(), position.to_owned()));
    }
    let images = line.images("image_url")?;
    Ok(Seen { parent, net_price: impact, images, options, attributes, ..line.common()? })
}

/// Both files together: combinations of unknown products, wrong image positions and prices below zero are errors;
/// products with combinations become parents and the image positions become addresses.
pub fn combine(products: Vec<Seen>, combinations: Vec<Seen>) -> Result<Vec<Seen>, String> {
    let mut out = products;
    for mut seen in combinations {
        let name = seen.parent.clone();
        let parent = out.iter_mut().find(|p| p.parent.is_none() && (p.sku == name || p.id == name));
        let parent = parent.ok_or_else(|| format!("combination {:?} of the unknown product {name:?}", seen.sku))?;
        parent.is_parent = true;
        let price = parent.net_price.zip(seen.net_price).map(|(base, impact)| base.checked_add(impact));
        if price.is_some_and(|p| p.is_none_or(|p| p < Decimal::ZERO)) {
            return Err(format!("combination {:?}: the price with its impact is below zero", seen.sku));
        }
        for (_, position) in seen.attributes.drain(..) {
            let index = position.parse::<usize>().ok().and_then(|p| p.checked_sub(1));
            let image = index.and_then(|i| parent.images.get(i)).cloned();
            let image = image.ok_or_else(|| format!("combination {:?}: no image {position}", seen.sku))?;
            if !seen.images.contains(&image) {
                seen.images.push(image);
            }
        }
        out.push(seen);
    }
    Ok(out)
}

/// The category import; each category has its own path in `categories`.
pub fn categories(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let mut out: Vec<Seen> = Vec::new();
    for (number, line) in read(bytes, CATEGORY, "9.1", ',')? {
        let seen = category(&line, &out).map_err(|e| format!("line {number}: {e}"))?;
        if out.iter().any(|o| o.categories == seen.categories || (o.id.is_some() && o.id == seen.id)) {
            return Err(format!("line {number}: category {:?} or its id comes twice", seen.title));
        }
        out.push(seen);
    }
    Ok(out)
}

fn category(line: &Line, above: &[Seen]) -> Result<Seen, String> {
    let (name, parent) = (line.get("name"), line.get("parent"));
    if name.is_empty() || name.contains('/') || name.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("name: {name:?} is empty, has a slash or would be taken for an id"));
    }
    let id = some(parent).filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
    let fits = |s: &&Seen| {
        if id.is_some() { s.id == id } else { s.title.as_deref() == Some(parent) }
    };
    let found: Vec<&Seen> = above.iter().filter(fits).collect();
    let mut path = match found[..] {
        [one] => one.categories.first().cloned().unwrap_or_default(),
        [] if ["", "Home", "Root", "1", "2"].contains(&parent) => Vec::new(),
        [] => {
            return Err(format!("parent {parent:?} is not among the categories above"));
        }
        _ => {
            return Err(format!("parent {parent:?} is the name of several categories"));
        }
    };
    path.push(name.to_owned());
    let images = line.quoted("image")?;
    images.iter().try_for_each(|s| url(s)).map_err(|e| format!("image: {e}"))?;
    Ok(Seen {
        parent: some(parent),
        title: some(name),
        description: some(line.get("description")),
        categories: vec![path],
        images,
        published: some(line.get("active")).map(|a| a == "1"),
        seo_title: some(line.get("meta_title")),
        seo_description: some(line.get("meta_description")),
        slug: some(line.get("link_rewrite")),
        id: some(line.get("id")),
        ..Seen::default()
    })
}
