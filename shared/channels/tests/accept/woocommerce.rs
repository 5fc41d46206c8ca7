//! Readers of WooCommerce's product CSV and of the WXR XML. Facts: the fact sheet woocommerce §1 (header),
//! §2 (escapes, formula guard, sanitiser, lists), §3 (values), §4 (parents and variations), §5 (WXR, in [`super::wxr`]).
//! Readings of open points: a sale price below the regular price is what is paid, its dates are only checked; one
//! attribute entry per value; `Meta:` columns are attributes; a blank attribute value of a variation means "any" and
//! is not reported, but at least one must be set; parents come before their variations in both formats; the weight of
//! WXR is in the store's unit, taken as kg; a WXR product's parent is named by its SKU, else by its id.

use super::{Seen, barcode, date, decimal, some, table, url, utf8, whole};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap, HashSet};

const COLUMNS: &[&str] = &[
    "id",
    "type",
    "sku",
    "gtin, upc, ean, or isbn",
    "name",
    "published",
    "is featured?",
    "visibility in catalog",
    "short description",
    "description",
    "date sale price starts",
    "date sale price ends",
    "tax status",
    "tax class",
    "in stock?",
    "stock",
    "low stock amount",
    "backorders allowed?",
    "sold individually?",
    "allow customer reviews?",
    "purchase note",
    "sale price",
    "regular price",
    "categories",
    "tags",
    "shipping class",
    "images",
    "download limit",
    "download expiry days",
    "parent",
    "grouped products",
    "upsells",
    "cross-sells",
    "external url",
    "button text",
    "position",
];
/// Cells that the importer's sanitiser leaves alone (all others lose their tags and outer blanks).
const RAW: &[&str] = &["name", "short description", "description", "purchase note"];
/// Cells that lose the quote of the formula guard.
const TYPED: &[&str] = &[
    "published",
    "tax status",
    "stock",
    "low stock amount",
    "sale price",
    "regular price",
    "categories",
    "tags",
    "grouped products",
    "upsells",
    "cross-sells",
    "position",
    "download limit",
    "download expiry days",
];
const BASE_TYPES: &[&str] = &["simple", "variable", "variation", "grouped", "external"];

/// Grams per unit of a weight column.
pub(super) fn grams(unit: &str) -> Option<Decimal> {
    match unit {
        "kg" => Some(Decimal::new(1000, 0)),
        "g" => Some(Decimal::ONE),
        "lbs" => Some(Decimal::new(45_359_237, 5)),
        "oz" => Some(Decimal::new(28_349_523_125, 9)),
        _ => None,
    }
}

/// The product without a panic on overflow.
pub(super) fn times(a: Decimal, b: Decimal) -> Result<Decimal, String> {
    let product = a.checked_mul(b).map(|p| p.normalize());
    product.ok_or_else(|| format!("{a} is too large"))
}

#[derive(Default)]
struct Head {
    at: HashMap<String, usize>,
    attributes: BTreeSet<u32>,
    meta: Vec<(String, usize)>,
    weight: Option<(usize, Decimal)>,
    sizes: Vec<usize>,
}

/// One row, its cells as the importer's sanitiser leaves them.
struct Line<'a> {
    head: &'a Head,
    cells: Vec<String>,
}

impl Line<'_> {
    fn get(&self, key: &str) -> &str {
        let cell = self.head.at.get(key).and_then(|i| self.cells.get(*i));
        let cell = cell.map_or("", String::as_str);
        if TYPED.contains(&key) { unguard(cell) } else { cell }
    }

    fn number(&self, key: &str) -> Result<Option<Decimal>, String> {
        let cell = some(self.get(key)).map(|s| decimal(&s)).transpose();
        cell.map_err(|e| format!("{key}: {e}"))
    }

    fn integer(&self, key: &str) -> Result<Option<i64>, String> {
        let cell = some(self.get(key)).map(|s| whole(&s)).transpose();
        cell.map_err(|e| format!("{key}: {e}"))
    }

    fn one_of(&self, key: &str, allowed: &[&str]) -> Result<&str, String> {
        let cell = self.get(key);
        match cell.is_empty() || allowed.contains(&cell) {
            true => Ok(cell),
            false => Err(format!("{key}: {cell:?} is none of {allowed:?}")),
        }
    }

    fn list(&self, key: &str) -> Result<Vec<String>, String> {
        list(self.get(key)).map_err(|e| format!("{key}: {e}"))
    }
}

/// Undo the formula guard as `unescape_data` does.
fn unguard(s: &str) -> &str {
    match ["'=", "'+", "'-", "'@"].iter().any(|p| s.starts_with(p)) {
        true => s.get(1..).unwrap_or(s),
        false => s,
    }
}

/// `explode_values`: commas split, `\,` is a comma, entries are trimmed.
fn list(s: &str) -> Result<Vec<String>, String> {
    if s.is_empty() {
        return Ok(Vec::new());
    }
    let parts = s.replace("\\,", "\0");
    let parts: Vec<String> = parts.split(',').map(|p| p.replace('\0', ",").trim().to_owned()).collect();
    match parts.iter().any(String::is_empty) {
        true => Err(format!("empty entry in the list {s:?}")),
        false => Ok(parts),
    }
}

/// `parse_description_field`: `\n` is a newline, `\\n` stays as it is.
fn lines(s: &str) -> String {
    let parts: Vec<String> = s.split("\\\\n").map(|p| p.replace("\\n", "\n")).collect();
    parts.join("\\\\n")
}

/// A parent product while its variations are read: its attributes (key, label, values as (slug, text)).
#[derive(Default)]
pub(super) struct Parent {
    pub(super) name: String,
    pub(super) variable: bool,
    pub(super) attributes: Vec<Attribute>,
    pub(super) combos: HashSet<Vec<(String, String)>>,
}

pub(super) struct Attribute {
    pub(super) key: String,
    pub(super) label: String,
    pub(super) values: Vec<(String, String)>,
    pub(super) varies: bool,
}

/// Read a product CSV.
pub fn woocommerce_csv(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let rows = table(utf8(bytes)?, b',', false)?;
    let Some(((_, names), rows)) = rows.split_first() else {
        return Err("the file has no header line".into());
    };
    let head = header(names)?;
    let (mut out, mut keys): (Vec<Seen>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    let mut parents: Vec<Parent> = Vec::new();
    for (line, cells) in rows {
        if cells.iter().all(|c| c.is_empty() || c == "0") {
            continue;
        }
        let seen = clean(&head, names, cells).and_then(|l| row(&l, &keys, &mut parents));
        let seen = seen.map_err(|e| format!("line {line}: {e}"))?;
        let index = parents.len();
        let mut name = seen.sku.clone().unwrap_or_default();
        for key in [seen.sku.clone(), seen.id.as_ref().map(|i| format!("id:{i}"))].into_iter().flatten() {
            if keys.insert(key.clone(), index).is_some() {
                return Err(format!("line {line}: SKU or ID {key:?} comes twice"));
            }
            if name.is_empty() {
                name = key;
            }
        }
        let attributes = seen.attributes.iter().filter(|a| !a.0.starts_with("Meta: "));
        let mut parent = Parent { name, variable: seen.is_parent, ..Parent::default() };
        for (label, value) in attributes {
            let value = (value.clone(), value.clone());
            match parent.attributes.iter_mut().find(|a| a.label == *label) {
                Some(a) => a.values.push(value),
                None => parent.attributes.push(Attribute {
                    key: label.clone(),
                    label: label.clone(),
                    values: vec![value],
                    varies: true,
                }),
            }
        }
        parents.push(parent);
        out.push(seen);
    }
    Ok(out)
}

fn header(names: &[String]) -> Result<Head, String> {
    let mut head = Head::default();
    for (i, name) in names.iter().enumerate() {
        let low = name.trim().to_lowercase();
        let words: Vec<&str> = low.splitn(3, ' ').collect();
        let number = words.get(1).and_then(|n| n.parse::<u32>().ok());
        match (words.first(), number, words.get(2)) {
            (Some(&"attribute"), Some(n), Some(&("name" | "value(s)" | "visible" | "global" | "default"))) => {
                head.attributes.insert(n);
            }
            (Some(&"download"), Some(_), Some(&("id" | "name" | "url"))) => {}
            _ if COLUMNS.contains(&low.as_str()) => {}
            _ if low.starts_with("meta: ") => {
                head.meta.push((format!("Meta: {}", name.trim().get(6..).unwrap_or_default()), i));
            }
            _ => {
                let unit = low.split_once(" (").and_then(|(n, u)| Some((n, u.strip_suffix(')')?)));
                match unit {
                    Some(("weight", u)) if grams(u).is_some() => head.weight = grams(u).map(|g| (i, g)),
                    Some(("length" | "width" | "height", "m" | "cm" | "mm" | "in" | "yd")) => head.sizes.push(i),
                    _ => {
                        return Err(format!("unknown column {name:?}, the importer leaves it out"));
                    }
                }
            }
        }
        if head.at.insert(low, i).is_some() {
            return Err(format!("column {name:?} comes twice"));
        }
    }
    for key in ["type", "sku", "name"] {
        if !head.at.contains_key(key) {
            return Err(format!("column {key} is missing"));
        }
    }
    Ok(head)
}

/// The sanitiser: outer blanks go; tags would go, which is an error here. Cells beyond the header would be lost.
fn clean<'a>(head: &'a Head, names: &[String], cells: &[String]) -> Result<Line<'a>, String> {
    let mut out = Vec::new();
    for (i, cell) in cells.iter().enumerate() {
        let Some(name) = names.get(i) else {
            if cell.is_empty() {
                continue;
            }
            return Err(format!("cell {cell:?} is beyond the header"));
        };
        let low = name.trim().to_lowercase();
        if RAW.contains(&low.as_str()) || low.starts_with("meta: ") {
            out.push(cell.clone());
        } else if cell.contains('<') {
            return Err(format!("{low}: the importer strips tags from {cell:?}"));
        } else {
            out.push(cell.trim().to_owned());
        }
    }
    Ok(Line { head, cells: out })
}

fn row(line: &Line, keys: &HashMap<String, usize>, parents: &mut [Parent]) -> Result<Seen, String> {
    let kinds: Vec<String> = list(&line.get("type").to_lowercase())?;
    let bases: Vec<&String> = kinds.iter().filter(|k| BASE_TYPES.contains(&k.as_str())).collect();
    let other = kinds.iter().find(|k| !BASE_TYPES.contains(&k.as_str()) && *k != "virtual" && *k != "downloadable");
    if other.is_some() || bases.len() != 1 {
        return Err(format!("type {:?} is unknown", line.get("type")));
    }
    let kind = bases.first().map_or("", |k| k.as_str());
    let variation = kind == "variation";
    if !variation && line.get("name").trim().is_empty() {
        return Err("name: required".into());
    }
    line.one_of("visibility in catalog", &["visible", "catalog", "search", "hidden"])?;
    for key in ["is featured?", "sold individually?", "allow customer reviews?"] {
        line.one_of(key, &["1", "0", "yes", "no", "true", "false"])?;
    }
    line.one_of("tax status", &["taxable", "shipping", "none"])?;
    line.one_of("in stock?", &["1", "0", "backorder"])?;
    line.one_of("backorders allowed?", &["1", "0", "notify"])?;
    for key in ["position", "low stock amount", "download limit", "download expiry days"] {
        line.integer(key)?;
    }
    let mut dates = Vec::new();
    for key in ["date sale price starts", "date sale price ends"] {
        let day = line.get(key).split([' ', 'T']).next().unwrap_or_default();
        if !day.is_empty() {
            date(day).map_err(|e| format!("{key}: {e}"))?;
            dates.push(day);
        }
    }
    if dates.windows(2).any(|w| w.first() > w.last()) {
        return Err("the sale ends before it starts".into());
    }
    for key in ["grouped products", "upsells", "cross-sells"] {
        for entry in line.list(key)? {
            entry.strip_prefix("id:").map_or(Ok(0), whole).map_err(|e| format!("{key}: {e}"))?;
        }
    }
    let published = match line.one_of("published", &["1", "0", "-1", "2"])? {
        "" => None,
        s => Some(s == "1"),
    };
    let id = line.integer("id")?;
    if id.is_some_and(|i| i < 1) {
        return Err(format!("id: {id:?} is not positive"));
    }
    let stock = match line.get("stock") {
        "parent" if variation => None,
        _ => line.integer("stock")?,
    };
    let (price, regular_price) = prices(line.number("regular price")?, line.number("sale price")?)?;
    let cell = |i: usize| line.cells.get(i).map_or("", |s| unguard(s));
    for &i in &line.head.sizes {
        some(cell(i)).iter().try_for_each(|s| decimal(s).map(drop)).map_err(|e| format!("size: {e}"))?;
    }
    let weight = line.head.weight.map(|(i, g)| (cell(i), g)).filter(|(s, _)| !s.is_empty());
    let weight = weight.map(|(s, g)| decimal(s).and_then(|w| times(w, g))).transpose();
    let images = line.list("images")?;
    images.iter().try_for_each(|s| url(s)).map_err(|e| format!("images: {e}"))?;
    if variation && images.len() > 1 {
        return Err("images: a variation takes only one".into());
    }
    let link = some(line.get("external url"));
    link.iter().try_for_each(|s| url(s)).map_err(|e| format!("external url: {e}"))?;
    let ean = some(line.get("gtin, upc, ean, or isbn"));
    ean.iter().try_for_each(|s| barcode(s)).map_err(|e| format!("GTIN: {e}"))?;
    let mut categories = Vec::new();
    for path in line.list("categories")? {
        let path: Vec<String> = path.split('>').map(|s| s.trim().to_owned()).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("categories: empty segment in {path:?}"));
        }
        categories.push(path);
    }
    let mut seen = Seen {
        sku: some(line.get("sku")),
        is_parent: kind == "variable",
        title: some(line.get("name")),
        description: some(&lines(line.get("description"))),
        short_description: some(&lines(line.get("short description"))),
        ean,
        categories,
        tags: line.list("tags")?,
        price,
        regular_price,
        stock,
        weight_grams: weight.map_err(|e| format!("weight: {e}"))?,
        images,
        published,
        link,
        id: id.map(|i| i.to_string()),
        ..Seen::default()
    };
    if variation && seen.sku.is_none() && seen.id.is_none() {
        return Err("a variation without SKU and ID cannot be matched again".into());
    }
    let attributes = attributes(line, variation)?;
    let reference = line.get("parent");
    if variation {
        let parent = match keys.get(reference) {
            Some(index) => parents.get_mut(*index),
            None => None,
        };
        let parent = parent.ok_or_else(|| format!("parent {reference:?} is not in the rows above"))?;
        seen.options = options(parent, attributes)?;
        seen.parent = some(reference);
    } else if !reference.is_empty() {
        return Err(format!("parent {reference:?} on a product of type {kind}"));
    } else {
        seen.attributes = attributes;
    }
    for (key, i) in &line.head.meta {
        seen.attributes.extend(line.cells.get(*i).and_then(|s| some(s)).map(|v| (key.clone(), v)));
    }
    Ok(seen)
}

/// What is paid, and the price before the sale.
pub(super) fn prices(
    regular: Option<Decimal>,
    sale: Option<Decimal>,
) -> Result<(Option<Decimal>, Option<Decimal>), String> {
    match (regular, sale) {
        (None, Some(_)) => Err("sale price without a regular price".into()),
        (Some(r), Some(s)) if s < r => Ok((Some(s), Some(r))),
        (r, _) => Ok((r, None)),
    }
}

/// The attribute columns of a row: name and value, a pair for each value.
fn attributes(line: &Line, variation: bool) -> Result<Vec<(String, String)>, String> {
    let (mut out, mut names) = (Vec::new(), HashSet::new());
    for n in &line.head.attributes {
        let get = |part: &str| line.get(&format!("attribute {n} {part}"));
        let (name, cell) = (get("name"), get("value(s)"));
        let values = list(unguard(cell)).map_err(|e| format!("attribute {n}: {e}"))?;
        for part in ["visible", "global"] {
            line.one_of(&format!("attribute {n} {part}"), &["1", "0", "yes", "no", "true", "false"])?;
        }
        if name.is_empty() && !(values.is_empty() && get("default").is_empty()) {
            return Err(format!("attribute {n}: values {cell:?} without a name"));
        }
        if name.is_empty() {
            continue;
        }
        if !names.insert(name.to_lowercase()) {
            return Err(format!("attribute {name:?} comes twice"));
        }
        if !variation && values.is_empty() {
            return Err(format!("attribute {name:?} has no value"));
        }
        if variation && values.len() > 1 {
            return Err(format!("attribute {name:?}: a variation has one value, not {values:?}"));
        }
        let default = get("default");
        if !default.is_empty() && !values.iter().any(|v| v == default) {
            return Err(format!("attribute {name:?}: default {default:?} is none of its values"));
        }
        out.extend(values.into_iter().map(|v| (name.to_owned(), v)));
    }
    Ok(out)
}

/// Match a variation's attributes with those of its parent; the result has the parent's labels and value texts.
pub(super) fn options(parent: &mut Parent, own: Vec<(String, String)>) -> Result<Vec<(String, String)>, String> {
    if !parent.variable {
        return Err(format!("parent {:?} is not of type variable", parent.name));
    }
    let mut out = Vec::new();
    for (name, value) in own {
        let attribute = parent.attributes.iter().find(|a| a.key.eq_ignore_ascii_case(&name));
        let attribute = attribute.filter(|a| a.varies);
        let attribute = attribute.ok_or_else(|| format!("attribute {name:?} is not on the parent"))?;
        let text = attribute.values.iter().find(|(slug, _)| *slug == value).map(|v| v.1.clone());
        let text = text.ok_or_else(|| format!("{name:?} = {value:?} is not a value of the parent"))?;
        out.push((attribute.label.clone(), text));
    }
    if out.is_empty() {
        return Err("a variation without any attribute value".into());
    }
    match parent.combos.insert(out.clone()) {
        true => Ok(out),
        false => Err(format!("variation {out:?} of {:?} comes twice", parent.name)),
    }
}
