//! Reader of Shopify's product CSV, old and new header. Facts: the fact sheet shopify §1 (headers and their
//! map, matched by name without case), §2 (required columns, values), §3 (rows of one handle, images), §4 (limits).
//! Readings of open points: 15 MB = 15,000,000 bytes; `published` is the Published cell unless the status is not
//! Active; a quantity counts only with an inventory tracker; a compare-at price above the price is the price before
//! the sale; `Type` is a category path of one segment; metafields and Google columns come as attributes.

use super::{Row, Seen, at_most, barcode, decimal, some, table, url, utf8, whole};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

const MAX_BYTES: usize = 15_000_000;
const OPTIONS: [(&str, &str); 3] =
    [("option1 name", "option1 value"), ("option2 name", "option2 value"), ("option3 name", "option3 value")];

/// New name, old name (lower case), level: p product, v variant, o option, i image, g Google, h handle.
const COLUMNS: &[(&str, &str, char)] = &[
    ("url handle", "handle", 'h'),
    ("title", "title", 'p'),
    ("description", "body (html)", 'p'),
    ("vendor", "vendor", 'p'),
    ("product category", "product category", 'p'),
    ("standardized product type", "standardized product type", 'p'),
    ("custom product type", "custom product type", 'p'),
    ("type", "type", 'p'),
    ("tags", "tags", 'p'),
    ("published on online store", "published", 'p'),
    ("status", "status", 'p'),
    ("gift card", "gift card", 'p'),
    ("seo title", "seo title", 'p'),
    ("seo description", "seo description", 'p'),
    ("option1 name", "option1 name", 'o'),
    ("option1 value", "option1 value", 'o'),
    ("option1 linked to", "option1 linked to", 'o'),
    ("option2 name", "option2 name", 'o'),
    ("option2 value", "option2 value", 'o'),
    ("option2 linked to", "option2 linked to", 'o'),
    ("option3 name", "option3 name", 'o'),
    ("option3 value", "option3 value", 'o'),
    ("option3 linked to", "option3 linked to", 'o'),
    ("sku", "variant sku", 'v'),
    ("barcode", "variant barcode", 'v'),
    ("price", "variant price", 'v'),
    ("compare-at price", "variant compare at price", 'v'),
    ("cost per item", "cost per item", 'v'),
    ("charge tax", "variant taxable", 'v'),
    ("tax code", "variant tax code", 'v'),
    ("unit price total measure", "unit price total measure", 'v'),
    ("unit price total measure unit", "unit price total measure unit", 'v'),
    ("unit price base measure", "unit price base measure", 'v'),
    ("unit price base measure unit", "unit price base measure unit", 'v'),
    ("inventory tracker", "variant inventory tracker", 'v'),
    ("inventory quantity", "variant inventory qty", 'v'),
    ("continue selling when out of stock", "variant inventory policy", 'v'),
    ("weight value (grams)", "variant grams", 'v'),
    ("weight unit for display", "variant weight unit", 'v'),
    ("requires shipping", "variant requires shipping", 'v'),
    ("fulfillment service", "variant fulfillment service", 'v'),
    ("variant image url", "variant image", 'v'),
    ("product image url", "image src", 'i'),
    ("image position", "image position", 'i'),
    ("image alt text", "image alt text", 'i'),
    ("google shopping / google product category", "google shopping / google product category", 'g'),
    ("google shopping / gender", "google shopping / gender", 'g'),
    ("google shopping / age group", "google shopping / age group", 'g'),
    ("google shopping / manufacturer part number (mpn)", "google shopping / mpn", 'g'),
    ("google shopping / ad group name", "google shopping / adwords grouping", 'g'),
    ("google shopping / ads labels", "google shopping / adwords labels", 'g'),
    ("google shopping / condition", "google shopping / condition", 'g'),
    ("google shopping / custom product", "google shopping / custom product", 'g'),
    ("google shopping / custom label 0", "google shopping / custom label 0", 'g'),
    ("google shopping / custom label 1", "google shopping / custom label 1", 'g'),
    ("google shopping / custom label 2", "google shopping / custom label 2", 'g'),
    ("google shopping / custom label 3", "google shopping / custom label 3", 'g'),
    ("google shopping / custom label 4", "google shopping / custom label 4", 'g'),
];

/// Where the columns of this file are, by their new names.
#[derive(Default)]
struct Head {
    at: HashMap<&'static str, usize>,
    /// Columns of product metafields: label and position.
    meta: Vec<(String, usize)>,
    market_prices: Vec<usize>,
    market_flags: Vec<usize>,
    old: bool,
}

impl Head {
    fn get<'a>(&self, row: &'a [String], key: &str) -> &'a str {
        let cell = self.at.get(key).and_then(|i| row.get(*i));
        cell.map_or("", String::as_str)
    }

    /// Whether the row says anything in a column of this level.
    fn says(&self, row: &[String], level: char) -> bool {
        COLUMNS.iter().any(|c| c.2 == level && !self.get(row, c.0).is_empty())
    }

    fn number(&self, row: &[String], key: &str) -> Result<Option<Decimal>, String> {
        match self.get(row, key) {
            "" => Ok(None),
            s => decimal(s).map(Some).map_err(|e| format!("{key}: {e}")),
        }
    }

    fn flag(&self, row: &[String], key: &str) -> Result<Option<bool>, String> {
        flag(self.get(row, key)).map_err(|e| format!("{key}: {e}"))
    }

    fn one_of(&self, row: &[String], key: &str, allowed: &[&str]) -> Result<Option<String>, String> {
        let cell = self.get(row, key).to_ascii_lowercase();
        if cell.is_empty() || allowed.contains(&cell.as_str()) {
            return Ok(some(&cell));
        }
        Err(format!("{key}: {cell:?} is none of {allowed:?}"))
    }
}

fn flag(s: &str) -> Result<Option<bool>, String> {
    match s.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(format!("{s:?} is neither TRUE nor FALSE")),
    }
}

/// Read a product CSV. A product with options gives its parent, then one entry per variant.
pub fn shopify(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("{} bytes, more than 15 MB", bytes.len()));
    }
    let rows = table(utf8(bytes)?, b',', true)?;
    let Some(((_, names), rows)) = rows.split_first() else {
        return Err("the file has no header line".into());
    };
    let head = header(names)?;
    let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
    let mut handles = HashSet::new();
    for row in rows {
        let (line, cells) = row;
        if cells.len() != names.len() {
            return Err(format!("line {line}: {} cells, the header has {}", cells.len(), names.len()));
        }
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let handle = head.get(cells, "url handle");
        if let Some((last, group)) = groups.last_mut()
            && !handle.is_empty()
            && *last == handle
        {
            group.push(row);
            continue;
        }
        if handle.is_empty() && head.get(cells, "title").is_empty() {
            return Err(format!("line {line}: neither a handle nor a title"));
        }
        if !handle.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(format!("line {line}: handle {handle:?} has other than letters, digits, hyphens"));
        }
        at_most(handle, 255).map_err(|e| format!("line {line}, handle: {e}"))?;
        if !handle.is_empty() && !handles.insert(handle.to_ascii_lowercase()) {
            return Err(format!("line {line}: handle {handle:?} again, its rows are not contiguous"));
        }
        groups.push((handle, vec![row]));
    }
    let (mut out, mut skus) = (Vec::new(), HashSet::new());
    for (handle, group) in groups {
        product(&head, handle, &group, &mut skus, &mut out)?;
    }
    Ok(out)
}

/// Match the header line by name; unknown, repeated, mixed and missing columns are errors.
fn header(names: &[String]) -> Result<Head, String> {
    let (mut head, mut new, mut seen) = (Head::default(), false, HashSet::new());
    for (i, name) in names.iter().enumerate() {
        let low = name.trim().to_lowercase();
        if !seen.insert(low.clone()) {
            return Err(format!("column {name:?} comes twice"));
        }
        if let Some((key, old, _)) = COLUMNS.iter().find(|c| c.0 == low || c.1 == low) {
            head.at.insert(*key, i);
            head.old |= key != old && low == *old;
            new |= key != old && low == *key;
        } else if let Some((label, key)) = name.trim().split_once(" (product.metafields.") {
            let key = key.strip_suffix(')').and_then(|k| k.split_once('.'));
            if label.is_empty() || !key.is_some_and(|(n, k)| !n.is_empty() && !k.is_empty()) {
                return Err(format!("column {name:?} is not a metafield"));
            }
            head.meta.push((label.to_owned(), i));
        } else if low.starts_with("included / ") {
            head.market_flags.push(i);
        } else if ["price / ", "compare at price / ", "compare-at price / "].iter().any(|p| low.starts_with(p)) {
            head.market_prices.push(i);
        } else if low.starts_with("option4 ") {
            return Err("more than 3 options".into());
        } else {
            return Err(format!("unknown column {name:?}"));
        }
    }
    if head.old && new {
        return Err("the header mixes old and new column names".into());
    }
    if !head.at.contains_key("title") {
        return Err("required column Title is missing".into());
    }
    let variant = COLUMNS.iter().any(|c| c.2 == 'v' && head.at.contains_key(c.0));
    if variant && !(head.at.contains_key("option1 name") && head.at.contains_key("option1 value")) {
        return Err("variant columns without Option1 name and value".into());
    }
    Ok(head)
}

/// All rows of one handle.
fn product(
    head: &Head,
    handle: &str,
    rows: &[&Row],
    skus: &mut HashSet<String>,
    out: &mut Vec<Seen>,
) -> Result<(), String> {
    let Some((first, lead)) = rows.first().copied() else {
        return Ok(());
    };
    let mut parent = lead_row(head, handle, lead).map_err(|e| format!("line {first}: {e}"))?;
    let mut axes: Vec<&str> = Vec::new();
    for (n, (name, _)) in OPTIONS.iter().enumerate() {
        match head.get(lead, name) {
            "" => {}
            s if n != axes.len() => {
                return Err(format!("line {first}: {name} {s:?} after an empty one"));
            }
            s if axes.iter().any(|a| a.eq_ignore_ascii_case(s)) => {
                return Err(format!("line {first}: option {s:?} twice"));
            }
            s => axes.push(s),
        }
    }
    let (mut variants, mut images, mut combos) = (Vec::new(), Vec::new(), HashSet::new());
    for (i, (line, row)) in rows.iter().map(|r| (r.0, &r.1)).enumerate() {
        let at = |e: String| format!("line {line}: {e}");
        for (key, _, _) in COLUMNS.iter().filter(|c| c.2 == 'p' && i > 0) {
            let cell = head.get(row, key);
            if !cell.is_empty() && cell != head.get(lead, key) {
                return Err(at(format!("{key} {cell:?} contradicts the first row of the handle")));
            }
        }
        image(head, row, &mut images).map_err(at)?;
        for &n in head.market_flags.iter().chain(&head.market_prices) {
            let cell = row.get(n).map_or("", String::as_str);
            if head.market_flags.contains(&n) {
                flag(cell).map_err(at)?;
            } else if !cell.is_empty() {
                decimal(cell).map_err(at)?;
            }
        }
        let valued = OPTIONS.iter().any(|(_, v)| !head.get(row, v).is_empty());
        let varied = head.says(row, 'v');
        if !valued && !varied && i > 0 {
            if !head.says(row, 'i') {
                return Err(at("neither a variant nor an image".into()));
            }
            continue;
        }
        if varied && axes.is_empty() {
            return Err(at("variant cells without an option name (Title / Default Title)".into()));
        }
        let mut seen = variant(head, row).map_err(at)?;
        for (n, (name, value)) in OPTIONS.iter().enumerate() {
            let (name, value) = (head.get(row, name), head.get(row, value));
            match axes.get(n) {
                None if value.is_empty() && name.is_empty() => {}
                None => {
                    return Err(at(format!("option {name:?} = {value:?} has no name in the first row")));
                }
                Some(axis) if !name.is_empty() && name != *axis => {
                    return Err(at(format!("option {name:?}, the first row says {axis:?}")));
                }
                Some(axis) if value.is_empty() => {
                    return Err(at(format!("no value for option {axis:?}")));
                }
                Some(axis) => seen.options.push(((*axis).to_owned(), value.to_owned())),
            }
        }
        if !combos.insert(seen.options.clone()) {
            return Err(at(format!("variant {:?} comes twice", seen.options)));
        }
        if seen.sku.as_ref().is_some_and(|s| !skus.insert(s.clone())) {
            return Err(at(format!("SKU {:?} comes twice", seen.sku)));
        }
        variants.push((line, seen));
    }
    parent.images = ordered(images).map_err(|e| format!("handle {handle:?}: {e}"))?;
    for (line, seen) in &variants {
        if let Some(missing) = seen.images.iter().find(|u| !parent.images.contains(*u)) {
            return Err(format!("line {line}: variant image {missing:?} is not an image of the product"));
        }
    }
    if variants.len() > 2048 {
        return Err(format!("handle {handle:?}: {} variants, 2048 allowed", variants.len()));
    }
    let simple = variants.len() == 1 && (axes.is_empty() || default_title(&variants));
    if simple {
        let own = variants.pop().map(|(_, v)| v).unwrap_or_default();
        let images = parent.images;
        out.push(Seen {
            sku: own.sku,
            ean: own.ean,
            price: own.price,
            regular_price: own.regular_price,
            cost: own.cost,
            stock: own.stock,
            weight_grams: own.weight_grams,
            images,
            ..parent
        });
        return Ok(());
    }
    let name = parent.slug.clone().or_else(|| parent.title.clone());
    out.push(Seen { is_parent: true, ..parent });
    out.extend(variants.into_iter().map(|(_, v)| Seen { parent: name.clone(), ..v }));
    Ok(())
}

fn default_title(variants: &[(u64, Seen)]) -> bool {
    let default = [("Title".to_owned(), "Default Title".to_owned())];
    variants.iter().all(|(_, v)| v.options == default)
}

/// The product-level cells of the first row.
fn lead_row(head: &Head, handle: &str, row: &[String]) -> Result<Seen, String> {
    if head.get(row, "title").trim().is_empty() {
        return Err("the first row of the handle has no title".into());
    }
    let status = head.one_of(row, "status", &["active", "draft", "archived"])?;
    let shown = head.flag(row, "published on online store")?;
    head.flag(row, "gift card")?;
    head.flag(row, "google shopping / custom product")?;
    let published = match (shown, status.as_deref()) {
        (Some(false), _) | (_, Some("draft" | "archived")) => Some(false),
        (Some(true), _) | (None, Some(_)) => Some(true),
        (None, None) => None,
    };
    let tags = head.get(row, "tags").split(',').map(str::trim).filter(|t| !t.is_empty());
    let tags: Vec<String> = tags.map(str::to_owned).collect();
    if tags.len() > 250 {
        return Err(format!("{} tags, 250 allowed", tags.len()));
    }
    tags.iter().try_for_each(|t| at_most(t, 255)).map_err(|e| format!("tag: {e}"))?;
    let mut categories: Vec<Vec<String>> = Vec::new();
    if let Some(path) = some(head.get(row, "product category")) {
        let path: Vec<String> = path.split('>').map(|s| s.trim().to_owned()).collect();
        if path.iter().any(String::is_empty) {
            return Err("product category with an empty segment".into());
        }
        categories.push(path);
    }
    categories.extend(some(head.get(row, "type")).map(|t| vec![t]));
    let mut attributes = Vec::new();
    for (label, i) in &head.meta {
        let value = row.get(*i).and_then(|s| some(s));
        attributes.extend(value.map(|v| (label.clone(), v)));
    }
    for (key, _, _) in COLUMNS.iter().filter(|c| c.2 == 'g' && !c.0.ends_with("/ condition")) {
        let label = key.trim_start_matches("google shopping / ").to_owned();
        attributes.extend(some(head.get(row, key)).map(|v| (label, v)));
    }
    Ok(Seen {
        title: some(head.get(row, "title")),
        description: some(head.get(row, "description")),
        brand: some(head.get(row, "vendor")),
        categories,
        tags,
        attributes,
        published,
        seo_title: some(head.get(row, "seo title")),
        seo_description: some(head.get(row, "seo description")),
        slug: some(handle),
        condition: condition(head, row)?,
        ..Seen::default()
    })
}

fn condition(head: &Head, row: &[String]) -> Result<Option<String>, String> {
    head.one_of(row, "google shopping / condition", &["new", "used", "refurbished"])
}

/// The variant-level cells of a row.
fn variant(head: &Head, row: &[String]) -> Result<Seen, String> {
    if head.at.contains_key("price") && head.get(row, "price").is_empty() {
        return Err("price: empty, the variant would be free".into());
    }
    if head.old && head.at.contains_key("fulfillment service") && head.get(row, "fulfillment service").is_empty() {
        return Err("fulfillment service: required in each variant row".into());
    }
    let price = head.number(row, "price")?;
    let before = head.number(row, "compare-at price")?;
    head.one_of(row, "continue selling when out of stock", &["deny", "continue"])?;
    head.one_of(row, "weight unit for display", &["g", "kg", "lb", "oz"])?;
    head.flag(row, "charge tax")?;
    head.flag(row, "requires shipping")?;
    let ean = some(head.get(row, "barcode"));
    ean.iter().try_for_each(|s| barcode(s)).map_err(|e| format!("barcode: {e}"))?;
    let quantity = some(head.get(row, "inventory quantity")).map(|s| whole(&s)).transpose();
    let quantity = quantity.map_err(|e| format!("inventory quantity: {e}"))?;
    let tracked = !head.at.contains_key("inventory tracker") || !head.get(row, "inventory tracker").is_empty();
    let image = some(head.get(row, "variant image url"));
    image.iter().try_for_each(|s| url(s)).map_err(|e| format!("variant image: {e}"))?;
    Ok(Seen {
        sku: some(head.get(row, "sku")),
        ean,
        price,
        regular_price: before.filter(|b| price.is_some_and(|p| *b > p)),
        cost: head.number(row, "cost per item")?,
        stock: quantity.filter(|_| tracked),
        weight_grams: head.number(row, "weight value (grams)")?,
        images: image.into_iter().collect(),
        condition: condition(head, row)?,
        ..Seen::default()
    })
}

/// Add the product image of a row, with its position if it says one.
fn image(head: &Head, row: &[String], images: &mut Vec<(Option<i64>, String)>) -> Result<(), String> {
    let link = head.get(row, "product image url");
    let position = head.get(row, "image position");
    if link.is_empty() {
        if position.is_empty() && head.get(row, "image alt text").is_empty() {
            return Ok(());
        }
        return Err("image position or alt text without an image URL".into());
    }
    url(link).map_err(|e| format!("product image: {e}"))?;
    let position = some(position).map(|s| whole(&s)).transpose();
    images.push((position.map_err(|e| format!("image position: {e}"))?, link.to_owned()));
    Ok(())
}

/// The image URLs in the order of their positions, which are distinct and start at 1.
fn ordered(mut images: Vec<(Option<i64>, String)>) -> Result<Vec<String>, String> {
    if images.len() > 250 {
        return Err(format!("{} images, 250 allowed", images.len()));
    }
    let mut places: Vec<i64> = images.iter().filter_map(|i| i.0).collect();
    places.sort_unstable();
    if places.first().is_some_and(|p| *p != 1) {
        return Err("the image positions do not start at 1".into());
    }
    if places.windows(2).any(|w| w.first() == w.last()) {
        return Err("two images have the same position".into());
    }
    images.sort_by_key(|i| i.0.unwrap_or(i64::MAX));
    Ok(images.into_iter().map(|i| i.1).collect())
}
