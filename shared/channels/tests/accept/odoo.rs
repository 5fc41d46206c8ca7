//! Reads Odoo product imports: CSV of `product.template` and of `product.product` (technical header names), and XML data files.
//!
//! Facts: the fact sheet odoo §1-§5, shared/corpus/schemas/odoo-import_xml.rng, odoo-sync.md (default_code, barcode, standard_price
//! and weight belong to the variant, so a template with several variants does not keep them; list_price belongs to the template).
//! `id` is the external id, `parent` the template's external id; weights are kg; the root category `All` is left out of paths; what is
//! given by an external id stays that id where the file does not define its name. Attribute lines of a template come back in
//! `attributes` as (attribute, comma list of values). `eval` is never run, only literals and `ref('…')` are recognised.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::{Seen, number};

type Row = [(String, String)];
const BOOLEANS: [&str; 8] = [
    "sale_ok",
    "purchase_ok",
    "active",
    "is_storable",
    "available_in_pos",
    "is_published",
    "website_published",
    "can_be_expensed",
];
pub(super) const MODULES: [&str; 13] = [
    "base",
    "product",
    "sale",
    "stock",
    "purchase",
    "account",
    "uom",
    "mrp",
    "website",
    "website_sale",
    "point_of_sale",
    "delivery",
    "mail",
];

/// CSV for `product.category`, `product.attribute` or `product.attribute.value`: names by external ids. What a record belongs to stands
/// above it, or in `known`.
pub fn odoo_named(
    bytes: &[u8],
    above: &str,
    known: &HashMap<String, String>,
) -> Result<HashMap<String, String>, String> {
    let (mut ids, mut names, mut siblings) = (HashSet::new(), HashMap::new(), HashSet::new());
    for row in csv_rows(bytes)? {
        let id = external_id(get(&row, "id").ok_or("no external id")?, "-", &mut ids)?;
        let name = get(&row, "name").ok_or(format!("{id}: no name"))?;
        let parent = get(&row, &format!("{above}/id"));
        if let Some(parent) = parent.filter(|parent| !names.contains_key(*parent) && !known.contains_key(*parent)) {
            return Err(format!("{id}: no matching record found for external id {parent:?}"));
        }
        if !siblings.insert((parent.map(str::to_string), name.to_string())) {
            return Err(format!("{id}: {name:?} stands twice below {parent:?}"));
        }
        names.insert(id, name.to_string());
    }
    Ok(names)
}

/// CSV for `product.template`; `names` are those of attributes and values that were imported before.
pub fn odoo_templates(bytes: &[u8], names: &HashMap<String, String>) -> Result<Vec<Seen>, String> {
    let rows = csv_rows(bytes)?;
    let (mut ids, mut barcodes) = (HashSet::new(), HashSet::new());
    let mut groups: Vec<Vec<Vec<(String, String)>>> = Vec::new();
    for (n, row) in rows.into_iter().enumerate() {
        let continues = row.iter().all(|(name, v)| v.is_empty() || is_line(name));
        if continues {
            groups.last_mut().ok_or("the first data row is a continuation row")?.push(row);
        } else if get(&row, "id").is_none() {
            return Err(format!("data row {}: no external id, every import creates again", n + 1));
        } else {
            groups.push(vec![row]);
        }
    }
    let mut out = Vec::new();
    for group in &groups {
        let Some(row) = group.first() else { continue };
        if !has(row, "name") {
            return Err("column name is missing".into());
        }
        let id = external_id(get(row, "id").unwrap_or(""), "-", &mut ids)?;
        let at = |m: String| format!("{id}: {m}");
        let mut seen = product(row, false).map_err(at)?;
        seen.title.as_ref().ok_or(at("name is missing".into()))?;
        let mut lines: Vec<(String, Vec<String>)> = Vec::new();
        for row in group {
            let named =
                |id: &str| names.get(id).cloned().ok_or(format!("no matching record found for external id {id:?}"));
            match (get(row, "attribute_line_ids/attribute_id/id"), get(row, "attribute_line_ids/value_ids/id")) {
                (None, None) => {}
                (Some(attribute), Some(values)) => {
                    let values = list(values).map_err(at)?.iter().map(|id| named(id)).collect::<Result<_, _>>();
                    lines.push((named(attribute).map_err(at)?, values.map_err(at)?));
                }
                (a, v) => return Err(at(format!("attribute line {a:?} with values {v:?}"))),
            }
        }
        attribute_lines(&mut seen, lines).map_err(at)?;
        unique_barcode(&seen, &mut barcodes).map_err(at)?;
        seen.id = Some(id);
        out.push(seen);
    }
    Ok(out)
}

/// CSV for `product.product`, imported after the templates.
pub fn odoo_variants(bytes: &[u8], templates: &[Seen]) -> Result<Vec<Seen>, String> {
    let mut ids: HashSet<String> = templates.iter().filter_map(|t| t.id.as_deref().map(qualified)).collect();
    let mut barcodes: HashSet<String> = templates.iter().filter_map(|t| t.ean.clone()).collect();
    let mut combinations = HashSet::new();
    let mut prices: HashMap<String, Decimal> = HashMap::new();
    let mut out = Vec::new();
    for (n, row) in csv_rows(bytes)?.iter().enumerate() {
        let id = get(row, "id").ok_or(format!("data row {}: no external id, every import creates again", n + 1))?;
        let id = external_id(id, "-", &mut ids)?;
        let at = |m: String| format!("{id}: {m}");
        let mut seen = product(row, false).map_err(at)?;
        let parent = get(row, "product_tmpl_id/id").ok_or(at("product_tmpl_id/id is missing".into()))?;
        let template = templates.iter().find(|t| t.id.as_deref().map(qualified) == Some(qualified(parent)));
        let template = template.ok_or(at(format!("product_tmpl_id/id {parent:?} is not among the templates")))?;
        let axes: Vec<(&str, Vec<&str>)> = template
            .attributes
            .iter()
            .filter(|(a, _)| !a.starts_with("x_"))
            .map(|(a, v)| (a.as_str(), v.split(',').collect()))
            .collect();
        let column = "product_template_attribute_value_ids";
        if let Some(values) = get(row, column) {
            for value in list(values).map_err(at)? {
                let mut found: Vec<(&str, &str)> = Vec::new();
                for (axis, allowed) in &axes {
                    let fits = |v: &str| value == v || value == format!("{axis}: {v}");
                    found.extend(allowed.iter().filter(|v| fits(v)).map(|v| (*axis, *v)));
                }
                match found.as_slice() {
                    [(axis, v)] => seen.options.push((axis.to_string(), v.to_string())),
                    _ => {
                        return Err(at(format!("{value:?} is no (single) attribute value of {parent}")));
                    }
                }
            }
            let chosen = |axis: &str| seen.options.iter().any(|(a, _)| a == axis);
            if let Some((axis, _)) = axes.iter().find(|(axis, values)| values.len() > 1 && !chosen(axis)) {
                return Err(at(format!("no value for {axis}")));
            }
        } else if let Some(values) = get(row, &format!("{column}/id")) {
            let values = list(values).map_err(at)?;
            values.iter().try_for_each(|v| plain_id(v, "-")).map_err(at)?;
            seen.options = values.into_iter().map(|v| (String::new(), v)).collect();
        } else if template.is_parent {
            return Err(at(format!("{column} is missing")));
        }
        let mut key = seen.options.clone();
        key.sort();
        if !combinations.insert((qualified(parent), key)) {
            return Err(at("the same combination of values stands twice".into()));
        }
        seen.options.retain(|(a, _)| axes.iter().all(|(axis, values)| axis != a || values.len() > 1));
        if let Some(price) = seen.price
            && *prices.entry(qualified(parent)).or_insert(price) != price
        {
            return Err(at("list_price belongs to the template: variants overwrite each other's".into()));
        }
        if template.ean.is_none() || template.ean != seen.ean {
            unique_barcode(&seen, &mut barcodes).map_err(at)?;
        }
        seen.price = seen.price.or(template.price);
        seen.title = seen.title.or_else(|| template.title.clone());
        (seen.parent, seen.id) = (Some(parent.to_string()), Some(id));
        out.push(seen);
    }
    Ok(out)
}

/// UTF-8 CSV, separator found as base_import does; rows as (technical name, value); wholly blank rows dropped, ragged files refused.
fn csv_rows(bytes: &[u8]) -> Result<Vec<Vec<(String, String)>>, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8: {e}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err("NUL character".into());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for separator in [b',', b';', b'\t', b'|'] {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        rows.clear();
        for record in reader.records() {
            let record = record.map_err(|e| format!("CSV: {e}"))?;
            if record.iter().any(|c| !c.trim().is_empty()) {
                rows.push(record.iter().map(str::to_string).collect());
            }
        }
        let width = rows.first().map_or(0, Vec::len);
        if width > 1 && rows.iter().all(|r| r.len() == width) {
            return named(rows);
        }
    }
    Err("all rows should be of the same size: ragged file or no separator found".into())
}

fn named(rows: Vec<Vec<String>>) -> Result<Vec<Vec<(String, String)>>, String> {
    let mut rows = rows.into_iter();
    let header: Vec<String> = rows.next().unwrap_or_default().iter().map(|h| h.replace(":id", "/id")).collect();
    for (i, name) in header.iter().enumerate() {
        let part =
            |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !name.split('/').all(part) || name.split('/').count() > 3 || header.iter().take(i).any(|h| h == name) {
            return Err(format!("header {name:?} is no technical field name or stands twice"));
        }
        if matches!(name.as_str(), "qty_available" | "virtual_available") {
            return Err(format!("{name}: stock is never a product column"));
        }
    }
    if !header.iter().any(|h| h == "id") {
        return Err("column id is missing: every import creates again".into());
    }
    Ok(rows.map(|r| header.iter().cloned().zip(r).collect()).collect())
}

pub(super) fn get<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.trim().is_empty())
}

fn has(row: &Row, name: &str) -> bool {
    row.iter().any(|(n, _)| n == name)
}

fn is_line(name: &str) -> bool {
    name.starts_with("attribute_line_ids/") || name.starts_with("seller_ids/") || name.starts_with("packaging_ids/")
}

fn qualified(id: &str) -> String {
    if id.contains('.') { id.to_string() } else { format!("__import__.{id}") }
}

pub(super) fn plain_id(id: &str, also: &str) -> Result<(), String> {
    let (module, name) = id.split_once('.').unwrap_or(("x", id));
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || also.contains(c);
    if module.is_empty() || name.is_empty() || !module.chars().all(good) || !name.chars().all(good) {
        return Err(format!("external id {id:?}: letters, digits, _ and one dot only"));
    }
    Ok(())
}

fn external_id(id: &str, also: &str, ids: &mut HashSet<String>) -> Result<String, String> {
    plain_id(id, also)?;
    if id.split_once('.').is_some_and(|(module, _)| MODULES.contains(&module)) {
        return Err(format!("external id {id:?} belongs to an installed module"));
    }
    if !ids.insert(qualified(id)) {
        return Err(format!("external id {id:?} stands twice"));
    }
    Ok(id.to_string())
}

/// A many2many cell.
fn list(cell: &str) -> Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    for part in cell.split(',').map(|p| p.trim().to_string()) {
        if part.is_empty() || out.contains(&part) {
            return Err(format!("list {cell:?}: blank or repeated entry"));
        }
        out.push(part);
    }
    Ok(out)
}

pub(super) fn unique_barcode(seen: &Seen, taken: &mut HashSet<String>) -> Result<(), String> {
    match &seen.ean {
        Some(code) if !taken.insert(code.clone()) => Err(format!("barcode {code} is already used")),
        _ => Ok(()),
    }
}

/// A template with several variants keeps nothing that belongs to the variant.
pub(super) fn attribute_lines(seen: &mut Seen, lines: Vec<(String, Vec<String>)>) -> Result<(), String> {
    let mut names = HashSet::new();
    for (attribute, values) in lines {
        if values.is_empty() || !names.insert(attribute.clone()) {
            return Err(format!("attribute line {attribute:?} is empty or stands twice"));
        }
        seen.is_parent |= values.len() > 1;
        seen.attributes.push((attribute, values.join(",")));
    }
    if seen.is_parent {
        (seen.sku, seen.ean, seen.cost, seen.weight_grams) = (None, None, None, None);
    }
    Ok(())
}

/// Scalar fields, the same in all three formats.
pub(super) fn product(row: &Row, xml: bool) -> Result<Seen, String> {
    let own = |name: &str| get(row, name).map(str::to_string);
    let number = |name: &str| get(row, name).map(|v| number(name, if xml { v.trim() } else { v })).transpose();
    let mut flags: HashMap<&str, bool> = HashMap::new();
    for (name, value) in row {
        let lower = value.to_lowercase();
        let flag = match lower.as_str() {
            "1" | "true" | "yes" => true,
            "0" | "false" | "no" | "" => false,
            "y" | "t" | "on" if xml => true,
            "n" | "f" | "off" if xml => false,
            _ if BOOLEANS.contains(&name.as_str()) => {
                return Err(format!("{name}: {value:?} is no boolean"));
            }
            _ => continue,
        };
        if name == "active" && value.is_empty() {
            return Err("blank active archives the product".into());
        }
        flags.insert(name, flag);
    }
    match get(row, "type") {
        None | Some("consu" | "service" | "combo" | "Goods" | "Service" | "Combo") => {}
        Some("product") if !has(row, "is_storable") => {}
        Some(v) => return Err(format!("type {v:?}")),
    }
    let rich = own("description_ecommerce").or(own("website_description"));
    let sale = own("description_sale");
    let mut seen = Seen {
        sku: own("default_code"),
        title: own("name"),
        short_description: sale.clone().filter(|_| rich.is_some()),
        description: rich.or(sale).or(own("description")),
        ean: own("barcode"),
        price: number("list_price")?.or(number("lst_price")?),
        cost: number("standard_price")?,
        weight_grams: number("weight")?.and_then(|kg| kg.checked_mul(Decimal::from(1000))),
        brand: own("product_brand_id"),
        seo_title: own("website_meta_title"),
        seo_description: own("website_meta_description"),
        slug: own("seo_name"),
        published: flags.get("is_published").or(flags.get("website_published")).or(flags.get("active")).copied(),
        ..Seen::default()
    };
    number("volume")?;
    seen.regular_price = number("compare_list_price")?.filter(|l| seen.price.is_some_and(|p| *l > p));
    if seen.ean.as_ref().is_some_and(|e| e.contains(['.', ',']) || e.contains("E+")) {
        return Err(format!("barcode {:?} was written as a number", seen.ean));
    }
    for name in ["categ_id", "public_categ_ids"] {
        let paths = match get(row, name) {
            Some(path) if name == "categ_id" => vec![path.to_string()],
            Some(paths) => list(paths)?,
            None => Vec::new(),
        };
        for path in paths {
            let mut parts: Vec<String> = path.split(" / ").map(str::to_string).collect();
            if parts.iter().any(|p| p.trim().is_empty() || p.trim() != p) {
                return Err(format!("{name}: {path:?} is not like \"All / A / B\""));
            }
            if name == "categ_id" && parts.first().is_some_and(|p| p == "All") {
                parts.remove(0);
            }
            if !parts.is_empty() && !seen.categories.contains(&parts) {
                seen.categories.push(parts);
            }
        }
        for id in get(row, &format!("{name}/id")).map(list).transpose()?.unwrap_or_default() {
            plain_id(&id, "-")?;
            if id != "product.product_category_all" {
                seen.categories.push(vec![id]);
            }
        }
    }
    if let Some(tags) = get(row, "product_tag_ids").or_else(|| get(row, "product_tag_ids/id")) {
        seen.tags = list(tags)?;
    }
    seen.images.extend(own("image_file"));
    if let Some(image) = get(row, "image_1920") {
        let url = image.starts_with("http://") || image.starts_with("https://");
        let base64 = image.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=\n\r ".contains(&b));
        if (url && (xml || !image.bytes().all(|b| b.is_ascii_graphic()))) || (xml && !base64) {
            return Err("image_1920 is neither base64 nor a usable URL".into());
        }
        if url || !base64 {
            seen.images.push(image.to_string());
        }
    }
    seen.attributes = row.iter().filter(|(n, v)| n.starts_with("x_") && !v.is_empty()).cloned().collect();
    Ok(seen)
}
