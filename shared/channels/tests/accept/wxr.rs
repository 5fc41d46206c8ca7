//! Reader of the WordPress export (WXR 1.2) with products of WooCommerce. Facts and readings of open points: see
//! [`super::woocommerce`].

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use rust_decimal::Decimal;

use super::php::{Php, php};
use super::woocommerce::{Attribute, Parent, grams, options, prices, times};
use super::xml::{entity, legal, raw};
use super::{Seen, barcode, decimal, some, url, utf8, whole};

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

/// Resolve the references in an attribute value.
fn unescape(s: &str) -> Result<String, String> {
    let mut parts = s.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or_else(|| format!("bare & in {s:?}"))?;
        out.push_str(&entity(name)?);
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
            Event::Text(e) => wxr.text.push_str(&raw(&*e).replace("\r\n", "\n").replace('\r', "\n")),
            Event::CData(e) => wxr.text.push_str(&raw(&*e).replace("\r\n", "\n").replace('\r', "\n")),
            Event::GeneralRef(e) => wxr.text.push_str(&entity(&raw(&*e))?),
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
