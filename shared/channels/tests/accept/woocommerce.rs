//! Readers of WooCommerce's product CSV and of the WXR XML. Facts: the fact sheet woocommerce §1 (header),
//! §2 (escapes, formula guard, sanitiser, lists), §3 (values), §4 (parents and variations), §5 (WXR).
//! Readings of open points: a sale price below the regular price is what is paid, its dates are only checked; one
//! attribute entry per value; `Meta:` columns are attributes; a blank attribute value of a variation means "any" and
//! is not reported, but at least one must be set; parents come before their variations in both formats; the weight of
//! WXR is in the store's unit, taken as kg; a WXR product's parent is named by its SKU, else by its id.

use super::{Seen, barcode, date, decimal, some, table, url, utf8, whole};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
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
fn grams(unit: &str) -> Option<Decimal> {
    match unit {
        "kg" => Some(Decimal::new(1000, 0)),
        "g" => Some(Decimal::ONE),
        "lbs" => Some(Decimal::new(45_359_237, 5)),
        "oz" => Some(Decimal::new(28_349_523_125, 9)),
        _ => None,
    }
}

/// The product without a panic on overflow.
fn times(a: Decimal, b: Decimal) -> Result<Decimal, String> {
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
struct Parent {
    name: String,
    variable: bool,
    attributes: Vec<Attribute>,
    combos: HashSet<Vec<(String, String)>>,
}

struct Attribute {
    key: String,
    label: String,
    values: Vec<(String, String)>,
    varies: bool,
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
fn prices(regular: Option<Decimal>, sale: Option<Decimal>) -> Result<(Option<Decimal>, Option<Decimal>), String> {
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
fn options(parent: &mut Parent, own: Vec<(String, String)>) -> Result<Vec<(String, String)>, String> {
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

/// One `<item>`: its leaf elements, its terms (domain, nicename, text) and its postmeta.
#[derive(Default)]
struct Item {
    fields: HashMap<String, String>,
    terms: Vec<(String, String, String)>,
    meta: Vec<(String, String)>,
}

impl Item {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn meta(&self, key: &str) -> &str {
        self.meta.iter().find(|m| m.0 == key).map_or("", |m| m.1.as_str())
    }

    fn money(&self, key: &str) -> Result<Option<Decimal>, String> {
        let value = some(self.meta(key)).map(|s| decimal(&s)).transpose();
        value.map_err(|e| format!("{key}: {e}"))
    }
}

/// Slug of a product category → its name and the slug of its parent.
type Tree = HashMap<String, (String, String)>;

/// Read a WordPress export (WXR 1.2).
pub fn woocommerce_wxr(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let (items, tree) = parse(utf8(bytes)?)?;
    let (mut files, mut ids, mut skus) = (HashMap::new(), HashSet::new(), HashSet::new());
    for item in &items {
        let id = whole(item.field("wp:post_id")).map_err(|e| format!("wp:post_id: {e}"))?;
        if id < 1 || !ids.insert(id) {
            return Err(format!("wp:post_id {id} is not positive or comes twice"));
        }
        if item.field("wp:post_type") == "attachment" {
            let address = item.field("wp:attachment_url");
            url(address).map_err(|e| format!("attachment {id}: {e}"))?;
            files.insert(id.to_string(), address.to_owned());
        }
    }
    let (mut out, mut parents) = (Vec::new(), HashMap::new());
    for item in items.iter().filter(|i| i.field("wp:post_type").starts_with("product")) {
        let seen = post(item, &tree, &files, &mut parents);
        let seen = seen.map_err(|e| format!("item {}: {e}", item.field("wp:post_id")))?;
        if seen.sku.as_ref().is_some_and(|s| !skus.insert(s.clone())) {
            return Err(format!("SKU {:?} comes twice", seen.sku));
        }
        out.push(seen);
    }
    Ok(out)
}

fn post(
    item: &Item,
    tree: &Tree,
    files: &HashMap<String, String>,
    parents: &mut HashMap<String, Parent>,
) -> Result<Seen, String> {
    let variation = match item.field("wp:post_type") {
        "product" => false,
        "product_variation" => true,
        other => return Err(format!("post type {other:?} is unknown")),
    };
    let of = |domain: &str| item.terms.iter().filter(move |t| t.0 == domain).collect::<Vec<_>>();
    let types = of("product_type");
    let kind = types.first().map_or("simple", |t| t.1.as_str());
    if types.len() > 1 || !["simple", "variable", "grouped", "external"].contains(&kind) {
        return Err(format!("product type {kind:?} is unknown or not the only one"));
    }
    if !variation && item.field("title").trim().is_empty() {
        return Err("title: required".into());
    }
    let status = item.field("wp:status");
    if !["publish", "private", "draft", "pending", "future", "trash"].contains(&status) {
        return Err(format!("wp:status {status:?} is unknown"));
    }
    for (key, allowed) in [
        ("_manage_stock", &["yes", "no", "parent"][..]),
        ("_stock_status", &["instock", "outofstock", "onbackorder"][..]),
        ("_tax_status", &["taxable", "shipping", "none"][..]),
        ("_backorders", &["yes", "no", "notify"][..]),
    ] {
        let value = item.meta(key);
        if !value.is_empty() && !allowed.contains(&value) {
            return Err(format!("{key}: {value:?} is none of {allowed:?}"));
        }
    }
    let (regular, sale, current) = (item.money("_regular_price")?, item.money("_sale_price")?, item.money("_price")?);
    prices(regular, sale)?;
    if kind != "variable" && regular.is_some() && current != regular && current != sale {
        return Err(format!("_price {current:?} is neither the regular nor the sale price, the shop shows _price"));
    }
    let stock = some(item.meta("_stock")).map(|s| signed_whole(&s)).transpose()?;
    let weight = item.money("_weight")?.zip(grams("kg"));
    let weight = weight.map(|(w, g)| times(w, g)).transpose()?;
    let mut images = Vec::new();
    let gallery = item.meta("_product_image_gallery").split(',');
    for id in std::iter::once(item.meta("_thumbnail_id")).chain(gallery).filter(|s| !s.is_empty()) {
        let file = files.get(id.trim());
        images.push(file.cloned().ok_or_else(|| format!("image {id:?} is not an attachment of the file"))?);
    }
    let mut categories = Vec::new();
    for (_, slug, name) in of("product_cat") {
        categories.push(path(tree, slug, name)?);
    }
    let id = item.field("wp:post_id");
    let mut seen = Seen {
        sku: some(item.meta("_sku")),
        is_parent: kind == "variable" && !variation,
        title: some(item.field("title")),
        description: some(item.field("content:encoded")).or_else(|| some(item.meta("_variation_description"))),
        short_description: some(item.field("excerpt:encoded")),
        ean: some(item.meta("_global_unique_id")),
        categories,
        tags: of("product_tag").iter().map(|t| t.2.clone()).collect(),
        price: current,
        regular_price: regular.filter(|r| current.is_some_and(|c| c < *r)),
        stock: stock.filter(|_| item.meta("_manage_stock") == "yes"),
        weight_grams: weight,
        images,
        published: Some(status == "publish"),
        slug: some(item.field("wp:post_name")),
        link: some(item.field("link")),
        id: some(id),
        ..Seen::default()
    };
    seen.ean.iter().try_for_each(|s| barcode(s)).map_err(|e| format!("_global_unique_id: {e}"))?;
    if variation {
        let named = item.meta.iter().filter_map(|(k, v)| Some((k.strip_prefix("attribute_")?.to_owned(), v.clone())));
        let own = named.filter(|(_, v)| !v.is_empty()).collect();
        let parent = parents.get_mut(item.field("wp:post_parent"));
        let parent = parent.ok_or_else(|| format!("parent {:?} is not above", item.field("wp:post_parent")))?;
        seen.options = options(parent, own)?;
        seen.parent = some(&parent.name);
        return Ok(seen);
    }
    let attributes = declared(item)?;
    for a in &attributes {
        seen.attributes.extend(a.values.iter().map(|v| (a.label.clone(), v.1.clone())));
    }
    let name = seen.sku.clone().unwrap_or_else(|| id.to_owned());
    let variable = seen.is_parent;
    parents.insert(id.to_owned(), Parent { name, variable, attributes, combos: HashSet::new() });
    Ok(seen)
}

/// A stock of PHP's kind: `5` or `5.0000`.
fn signed_whole(s: &str) -> Result<i64, String> {
    let (number, zeros) = s.split_once('.').unwrap_or((s, ""));
    match zeros.bytes().all(|b| b == b'0') {
        true => whole(number).map_err(|e| format!("_stock: {e}")),
        false => Err(format!("_stock: {s:?} is not a whole number")),
    }
}

/// The path of a category from the root down, by the terms that the file declares.
fn path(tree: &Tree, slug: &str, name: &str) -> Result<Vec<String>, String> {
    let mut out = vec![name.to_owned()];
    let mut above = tree.get(slug).map_or("", |t| t.1.as_str());
    while !above.is_empty() {
        let term = tree.get(above).ok_or_else(|| format!("category {above:?} is not declared"))?;
        out.push(term.0.clone());
        above = term.1.as_str();
        if out.len() > 100 {
            return Err(format!("category {slug:?} is below itself"));
        }
    }
    out.reverse();
    Ok(out)
}

/// The attributes of `_product_attributes`, those of taxonomies with the terms of the item.
fn declared(item: &Item) -> Result<Vec<Attribute>, String> {
    let text = item.meta("_product_attributes");
    let mut out: Vec<Attribute> = Vec::new();
    let entries = match text {
        "" => Vec::new(),
        s => match php(s)? {
            Php::Array(entries) => entries,
            _ => return Err("_product_attributes is not an array".into()),
        },
    };
    for (key, value) in entries {
        let (Php::Scalar(key), Php::Array(fields)) = (key, value) else {
            return Err("_product_attributes: an entry is not an array".into());
        };
        let get = |name: &str| {
            let hit = fields.iter().find(|(k, _)| matches!(k, Php::Scalar(s) if s == name));
            match hit {
                Some((_, Php::Scalar(s))) => Ok(s.as_str()),
                _ => Err(format!("_product_attributes {key:?}: no {name}")),
            }
        };
        let (name, taxonomy) = (get("name")?, get("is_taxonomy")? == "1");
        let values: Vec<(String, String)> = if taxonomy {
            let terms = item.terms.iter().filter(|t| t.0 == name);
            terms.map(|t| (t.1.clone(), t.2.clone())).collect()
        } else {
            let parts = get("value")?.split('|').map(str::trim).filter(|s| !s.is_empty());
            parts.map(|s| (s.to_owned(), s.to_owned())).collect()
        };
        if values.is_empty() || (taxonomy && key != name) {
            return Err(format!("attribute {name:?}: no values, or under another key {key:?}"));
        }
        let label = if taxonomy { name.strip_prefix("pa_").unwrap_or(name) } else { name }.to_owned();
        let varies = get("is_variation")? == "1";
        out.push(Attribute { key: key.clone(), label, values, varies });
    }
    let lost = item.terms.iter().find(|t| t.0.starts_with("pa_") && !out.iter().any(|a| a.key == t.0));
    match lost {
        Some(t) => Err(format!("term {:?} of {:?} is not in _product_attributes", t.2, t.0)),
        None => Ok(out),
    }
}

/// A PHP value; all scalars as text.
enum Php {
    Scalar(String),
    Array(Vec<(Php, Php)>),
}

/// Read a whole PHP-serialized text, string lengths in bytes.
fn php(text: &str) -> Result<Php, String> {
    let mut rest = text;
    let value = php_value(&mut rest, 0).ok_or_else(|| {
        format!("PHP-serialized value is broken at byte {} (length in bytes?): {text:?}", text.len() - rest.len())
    })?;
    match rest {
        "" => Ok(value),
        _ => Err(format!("PHP-serialized value has {rest:?} after its end")),
    }
}

fn php_value<'a>(rest: &mut &'a str, depth: u32) -> Option<Php> {
    let all: &'a str = rest;
    let (kind, body) = (all.get(..2)?, all.get(2..)?);
    if kind == "N;" {
        *rest = body;
        return Some(Php::Scalar(String::new()));
    }
    let (number, after) = match kind {
        "i:" | "d:" | "b:" => body.split_once(';')?,
        "s:" | "a:" => body.split_once(':')?,
        _ => return None,
    };
    if kind == "d:" || kind == "i:" || kind == "b:" {
        number.parse::<f64>().ok()?;
        *rest = after;
        return Some(Php::Scalar(number.to_owned()));
    }
    let count: usize = number.parse().ok()?;
    if kind == "s:" {
        let body = after.strip_prefix('"')?;
        let text = body.get(..count)?;
        *rest = body.get(count..)?.strip_prefix("\";")?;
        return Some(Php::Scalar(text.to_owned()));
    }
    *rest = after.strip_prefix('{')?;
    let mut out = Vec::new();
    for _ in 0..count {
        let key = php_value(rest, depth + 1).filter(|k| matches!(k, Php::Scalar(_)))?;
        let value = if depth < 50 {
            php_value(rest, depth + 1)?
        } else {
            return None;
        };
        out.push((key, value));
    }
    *rest = rest.strip_prefix('}')?;
    Some(Php::Array(out))
}

/// Bytes or text of an event as a String (the type depends on the version of quick-xml); UTF-8 is known.
fn raw<T: AsRef<[u8]> + ?Sized>(part: &T) -> String {
    String::from_utf8_lossy(part.as_ref()).replace("\r\n", "\n").replace('\r', "\n")
}

/// An entity or character reference without `&` and `;`.
fn entity(name: &str) -> Result<char, String> {
    let code = match name.strip_prefix('#').map(|n| (n, n.strip_prefix('x'))) {
        Some((_, Some(hex))) => u32::from_str_radix(hex, 16).ok(),
        Some((plain, None)) => plain.parse().ok(),
        None => ["amp&", "lt<", "gt>", "quot\"", "apos'"]
            .iter()
            .find(|e| e.get(..e.len() - 1) == Some(name))
            .and_then(|e| e.chars().last())
            .map(u32::from),
    };
    let known = code.and_then(char::from_u32).filter(|c| legal(*c));
    known.ok_or_else(|| format!("unknown or illegal reference &{name};"))
}

/// Characters that XML 1.0 allows.
fn legal(c: char) -> bool {
    c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}' || matches!(c, '\t' | '\n' | '\r')
}

/// Resolve the references in an attribute value.
fn unescape(s: &str) -> Result<String, String> {
    let mut parts = s.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or_else(|| format!("bare & in {s:?}"))?;
        out.push(entity(name)?);
        out.push_str(rest);
    }
    Ok(out)
}

/// What has been read of a WXR file so far.
#[derive(Default)]
struct Wxr {
    stack: Vec<String>,
    text: String,
    prefixes: HashSet<String>,
    version: String,
    item: Item,
    term: HashMap<String, String>,
    items: Vec<Item>,
    tree: Tree,
}

fn parse(text: &str) -> Result<(Vec<Item>, Tree), String> {
    if let Some(c) = text.chars().find(|c| !legal(*c)) {
        return Err(format!("character {c:?} is not allowed in XML"));
    }
    let declaration = text.split("?>").next().unwrap_or_default().to_ascii_lowercase();
    if declaration.starts_with("<?xml") && declaration.contains("encoding=") && !declaration.contains("utf-8") {
        return Err("the XML declares another encoding than UTF-8".into());
    }
    let (mut reader, mut buffer, mut wxr) = (Reader::from_reader(text.as_bytes()), Vec::new(), Wxr::default());
    loop {
        let event = reader.read_event_into(&mut buffer).map_err(|e| format!("XML: {e}"))?;
        match event {
            Event::Start(e) => wxr.open(&e)?,
            Event::Empty(e) => {
                wxr.open(&e)?;
                wxr.close()?;
            }
            Event::End(_) => wxr.close()?,
            Event::Text(e) => wxr.text.push_str(&raw(&*e)),
            Event::CData(e) => wxr.text.push_str(&raw(&*e)),
            Event::GeneralRef(e) => wxr.text.push(entity(&raw(&*e))?),
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    if !wxr.stack.is_empty() {
        return Err(format!("XML: <{}> is never closed", wxr.stack.join("><")));
    }
    if wxr.version != "1.2" {
        return Err(format!("wp:wxr_version {:?} instead of 1.2", wxr.version));
    }
    Ok((wxr.items, wxr.tree))
}

impl Wxr {
    fn open(&mut self, e: &BytesStart) -> Result<(), String> {
        let name = raw(e.name().0);
        let mut attributes = HashMap::new();
        for a in e.attributes() {
            let a = a.map_err(|e| format!("XML attribute: {e}"))?;
            attributes.insert(raw(a.key.0), unescape(&raw(&*a.value))?);
        }
        self.prefixes.extend(attributes.keys().filter_map(|k| Some(k.strip_prefix("xmlns:")?.to_owned())));
        let prefix = name.split_once(':').map(|n| n.0);
        if prefix.is_some_and(|p| !self.prefixes.contains(p)) {
            return Err(format!("XML: prefix of <{name}> is not declared"));
        }
        self.stack.push(name);
        let stack: Vec<&str> = self.stack.iter().map(String::as_str).collect();
        match stack[..] {
            ["rss"] | ["rss", "channel"] => {}
            [root] => return Err(format!("root element <{root}> instead of <rss>")),
            ["rss", "channel", "item"] => self.item = Item::default(),
            ["rss", "channel", "wp:term"] => self.term.clear(),
            ["rss", "channel", "item", "category"] => {
                let get = |key: &str| attributes.get(key).cloned().unwrap_or_default();
                if get("domain").is_empty() || get("nicename").is_empty() {
                    return Err("<category> without domain or nicename".into());
                }
                self.item.terms.push((get("domain"), get("nicename"), String::new()));
            }
            ["rss", "channel", "item", "wp:postmeta"] => self.item.meta.push(Default::default()),
            ["rss", "channel", "item", "wp:postmeta", "wp:meta_key" | "wp:meta_value"] => {}
            ["rss", "channel", "item", "wp:comment", ..] => {}
            ["rss", "channel", "item", leaf, _, ..] => {
                return Err(format!("markup inside <{leaf}>"));
            }
            _ => {}
        }
        self.text.clear();
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        let stack: Vec<&str> = self.stack.iter().map(String::as_str).collect();
        match stack[..] {
            ["rss", "channel", "wp:wxr_version"] => self.version = text.trim().to_owned(),
            ["rss", "channel", "item"] => self.items.push(std::mem::take(&mut self.item)),
            ["rss", "channel", "item", "category"] => {
                if text.trim().is_empty() {
                    return Err("<category> without a name".into());
                }
                if let Some(term) = self.item.terms.last_mut() {
                    term.2 = text;
                }
            }
            ["rss", "channel", "item", "wp:postmeta"] => {
                let (key, value) = self.item.meta.last().cloned().unwrap_or_default();
                if key.is_empty() {
                    return Err("<wp:postmeta> without a key".into());
                }
                let length = value.strip_prefix("a:").or_else(|| value.strip_prefix("s:"));
                if length.is_some_and(|l| l.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with([':'])) {
                    php(value.trim()).map_err(|e| format!("{key}: {e}"))?;
                }
            }
            ["rss", "channel", "item", "wp:postmeta", part] => {
                if let Some(meta) = self.item.meta.last_mut() {
                    *(if part == "wp:meta_key" { &mut meta.0 } else { &mut meta.1 }) = text;
                }
            }
            ["rss", "channel", "item", leaf] => {
                self.item.fields.insert(leaf.to_owned(), text);
            }
            ["rss", "channel", "wp:term", part] => {
                self.term.insert(part.to_owned(), text);
            }
            ["rss", "channel", "wp:term"] => {
                let get = |key: &str| self.term.get(key).cloned().unwrap_or_default();
                if get("wp:term_taxonomy") == "product_cat" {
                    self.tree.insert(get("wp:term_slug"), (get("wp:term_name"), get("wp:term_parent")));
                }
            }
            _ => {}
        }
        self.stack.pop();
        Ok(())
    }
}
