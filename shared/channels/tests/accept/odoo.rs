//! Reads Odoo product imports: CSV of `product.template` and of `product.product` (technical header names), and XML data files.
//!
//! Facts: the fact sheet odoo §1-§5, shared/corpus/schemas/odoo-import_xml.rng, odoo-sync.md (default_code, barcode, standard_price
//! and weight belong to the variant, so a template with several variants does not keep them; list_price belongs to the template).
//! `id` is the external id, `parent` the template's external id; weights are kg; the root category `All` is left out of paths; what is
//! given by an external id stays that id where the file does not define its name. Attribute lines of a template come back in
//! `attributes` as (attribute, comma list of values). `eval` is never run, only literals and `ref('…')` are recognised.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use rust_decimal::Decimal;

use super::Seen;

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
const MODULES: [&str; 13] = [
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

/// CSV for `product.template`.
pub fn odoo_templates(bytes: &[u8]) -> Result<Vec<Seen>, String> {
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
            let either = |name: &str| get(row, &format!("{name}/id")).or_else(|| get(row, name));
            match (either("attribute_line_ids/attribute_id"), either("attribute_line_ids/value_ids")) {
                (None, None) => {}
                (Some(attribute), Some(values)) => lines.push((attribute.to_string(), list(values).map_err(at)?)),
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

fn get<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
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

fn plain_id(id: &str, also: &str) -> Result<(), String> {
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

fn unique_barcode(seen: &Seen, taken: &mut HashSet<String>) -> Result<(), String> {
    match &seen.ean {
        Some(code) if !taken.insert(code.clone()) => Err(format!("barcode {code} is already used")),
        _ => Ok(()),
    }
}

/// A template with several variants keeps nothing that belongs to the variant.
fn attribute_lines(seen: &mut Seen, lines: Vec<(String, Vec<String>)>) -> Result<(), String> {
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
fn product(row: &Row, xml: bool) -> Result<Seen, String> {
    let own = |name: &str| get(row, name).map(str::to_string);
    let number = |name: &str| get(row, name).map(|v| decimal(name, if xml { v.trim() } else { v })).transpose();
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

fn decimal(name: &str, value: &str) -> Result<Decimal, String> {
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    if whole.is_empty() || part.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(format!("{name}: {value:?} is not a plain decimal"));
    }
    Decimal::from_str(value).map_err(|e| format!("{name}: {value:?}: {e}"))
}

#[derive(Default)]
struct Node {
    name: String,
    attrs: Vec<(String, String)>,
    kids: Vec<Node>,
    text: String,
    after: String,
    comment: bool,
}

#[derive(Default)]
struct Record {
    id: String,
    model: String,
    /// Literal values by field.
    values: Vec<(String, String)>,
    /// External ids by field, and the whole `eval` text.
    refs: Vec<(String, Vec<String>)>,
    evals: Vec<(String, String)>,
}

/// XML data file of a module.
pub fn odoo_xml(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let root = tree(bytes)?;
    if !matches!(root.name.as_str(), "odoo" | "openerp" | "data") {
        return Err(format!("root element <{}>", root.name));
    }
    let mut records: Vec<Record> = Vec::new();
    data(&root, &mut records)?;
    let known: HashMap<&str, &Record> = records.iter().map(|r| (r.id.as_str(), r)).collect();
    let mut barcodes = HashSet::new();
    let mut out = Vec::new();
    for record in &records {
        let at = |m: String| format!("{}: {m}", record.id);
        if !matches!(record.model.as_str(), "product.template" | "product.product") {
            continue;
        }
        let mut seen = product(&record.values, true).map_err(at)?;
        seen.id = Some(record.id.clone());
        seen.parent = one(record, "product_tmpl_id").map(str::to_string);
        if seen.title.is_none() && seen.parent.is_none() {
            return Err(at("name is missing".into()));
        }
        for (field, ids) in &record.refs {
            for id in ids {
                match field.as_str() {
                    "categ_id" | "public_categ_ids" => {
                        seen.categories.extend(path(id, &known).filter(|p| !p.is_empty()))
                    }
                    "product_tag_ids" => seen.tags.push(name_of(id, &known)),
                    "product_brand_id" => seen.brand = Some(name_of(id, &known)),
                    "product_template_attribute_value_ids" => {
                        let ptav = known.get(id.as_str());
                        let value = ptav.and_then(|r| one(r, "product_attribute_value_id")).unwrap_or(id);
                        let attribute = known.get(value).and_then(|r| one(r, "attribute_id")).unwrap_or("");
                        seen.options.push((name_of(attribute, &known), name_of(value, &known)));
                    }
                    _ => {}
                }
            }
        }
        let mut lines: Vec<(String, Vec<String>)> = Vec::new();
        for line in records.iter().filter(|r| r.model == "product.template.attribute.line") {
            if one(line, "product_tmpl_id") == Some(record.id.as_str()) {
                let values = line.refs.iter().filter(|(f, _)| f == "value_ids").flat_map(|(_, ids)| ids);
                lines.push((
                    name_of(one(line, "attribute_id").unwrap_or(""), &known),
                    values.map(|v| name_of(v, &known)).collect(),
                ));
            }
        }
        for (_, eval) in record.evals.iter().filter(|(f, _)| f == "attribute_line_ids") {
            for part in eval.split("attribute_id").skip(1) {
                let ids = refs(part);
                let (first, rest) = ids.split_first().ok_or(at("attribute line without ref".into()))?;
                lines.push((name_of(first, &known), rest.iter().map(|v| name_of(v, &known)).collect()));
            }
        }
        attribute_lines(&mut seen, lines).map_err(at)?;
        unique_barcode(&seen, &mut barcodes).map_err(at)?;
        if let Some(parent) = seen.parent.as_deref().and_then(|p| known.get(p)) {
            let template = product(&parent.values, true)?;
            if seen.price.is_some() && seen.price != template.price {
                return Err(at("list_price belongs to the template: the variant overwrites it".into()));
            }
            (seen.price, seen.title) = (template.price, template.title);
        }
        out.push(seen);
    }
    let own: HashSet<String> = out.iter().filter_map(|s| s.parent.clone()).collect();
    out.iter_mut().filter(|s| s.id.as_ref().is_some_and(|i| own.contains(i))).for_each(|s| s.is_parent = true);
    Ok(out)
}

fn one<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    record.refs.iter().find(|(f, _)| f == field).and_then(|(_, ids)| ids.first()).map(String::as_str)
}

fn name_of(id: &str, known: &HashMap<&str, &Record>) -> String {
    known.get(id).and_then(|r| get(&r.values, "name")).unwrap_or(id).to_string()
}

fn path(id: &str, known: &HashMap<&str, &Record>) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next.filter(|i| *i != "product.product_category_all" && out.len() < 50) {
        out.insert(0, name_of(id, known));
        next = known.get(id).and_then(|r| one(r, "parent_id"));
    }
    if out.first().is_some_and(|p| p == "All") {
        out.remove(0);
    }
    Some(out)
}

/// External ids of `ref('…')` in Python text.
fn refs(eval: &str) -> Vec<String> {
    let quoted = |part: &str| {
        let quote = part.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        part.get(1..)?.split(quote).next().map(str::to_string)
    };
    eval.split("ref(").skip(1).filter_map(quoted).collect()
}

fn attr<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.attrs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

fn only(node: &Node, allowed: &[&str]) -> Result<(), String> {
    match node.attrs.iter().find(|(n, _)| !allowed.contains(&n.as_str())) {
        Some((n, _)) => Err(format!("<{}> has the unknown attribute {n}", node.name)),
        None => Ok(()),
    }
}

fn data(node: &Node, records: &mut Vec<Record>) -> Result<(), String> {
    only(node, &["noupdate", "auto_sequence", "uid", "context"])?;
    if !node.text.trim().is_empty() || !node.after.trim().is_empty() {
        return Err(format!("text inside <{}>", node.name));
    }
    for kid in &node.kids {
        match kid.name.as_str() {
            "odoo" | "openerp" | "data" => data(kid, records)?,
            "record" => record(kid, None, records)?,
            "menuitem" | "template" | "asset" | "delete" | "act_window" | "report" | "function" => {}
            other => return Err(format!("unknown element <{other}>")),
        }
    }
    Ok(())
}

/// One record; `owner` is the template of a record nested in a field.
fn record(node: &Node, owner: Option<&str>, records: &mut Vec<Record>) -> Result<(), String> {
    only(node, &["id", "model", "forcecreate", "uid", "context"])?;
    let id = attr(node, "id").unwrap_or("").to_string();
    let model =
        attr(node, "model").filter(|m| !m.is_empty()).ok_or(format!("record {id:?} without model"))?.to_string();
    if id.is_empty() && owner.is_none() {
        return Err(format!("a {model} record has no external id"));
    }
    if !id.is_empty() {
        plain_id(&id, "")?;
        if records.iter().any(|r| r.id == id) {
            return Err(format!("external id {id:?} stands twice"));
        }
    }
    if !node.text.trim().is_empty() || !node.after.trim().is_empty() {
        return Err(format!("{id}: text between the fields"));
    }
    let label = id.clone();
    let mut found = Record { id, model, ..Record::default() };
    if let Some(owner) = owner {
        found.refs.push(("product_tmpl_id".into(), vec![owner.into()]));
    }
    let (mut names, mut nested): (HashSet<&str>, Vec<&Node>) = (HashSet::new(), Vec::new());
    for kid in &node.kids {
        let name = attr(kid, "name").unwrap_or("");
        let at = |m: String| format!("{label}, field {name:?}: {m}");
        only(kid, &["name", "ref", "eval", "search", "type", "file", "model", "use"]).map_err(at)?;
        if !kid.after.trim().is_empty() {
            return Err(at("text after the field".into()));
        }
        if kid.name != "field" || name.is_empty() || !names.insert(name) {
            return Err(at(format!("<{}>: not a field, or without name, or the same name twice", kid.name)));
        }
        let sources = ["ref", "eval", "search", "type"].iter().filter(|a| attr(kid, a).is_some()).count();
        let empty = kid.kids.is_empty() && kid.text.trim().is_empty();
        if sources > 1 || (sources == 1 && attr(kid, "type").is_none() && !empty) {
            return Err(at("ref, eval, search, type and content exclude each other".into()));
        }
        let (model_used, by_code) =
            (attr(kid, "model").is_some() || attr(kid, "use").is_some(), attr(kid, "ref").is_none() && sources == 1);
        if model_used && (!by_code || attr(kid, "type").is_some()) {
            return Err(at("model or use without eval or search".into()));
        }
        let value = match attr(kid, "type") {
            None if !kid.kids.is_empty() => {
                nested.extend(&kid.kids);
                continue;
            }
            None => kid.text.clone(),
            Some("base64" | "char" | "file") if attr(kid, "file").is_some() && empty => {
                if name == "image_1920" {
                    found.values.push(("image_file".into(), attr(kid, "file").unwrap_or("").into()));
                }
                continue;
            }
            Some("base64" | "char" | "file") if kid.kids.is_empty() => kid.text.clone(),
            Some("int") if kid.text.trim() == "None" || kid.text.trim().parse::<i64>().is_ok() => kid.text.clone(),
            Some("float") if kid.text.trim().parse::<f64>().is_ok() => kid.text.clone(),
            Some("list" | "tuple") if !kid.kids.is_empty() && kid.kids.iter().all(|k| k.name == "value") => {
                continue;
            }
            Some("html" | "xml") if !kid.kids.is_empty() && kid.text.trim().is_empty() => {
                markup(kid).replace("%%", "%")
            }
            Some("html" | "xml") => {
                return Err(at("type html or xml takes elements; text is lost".into()));
            }
            Some(t) => return Err(at(format!("type {t:?} with content {:?}", kid.text))),
        };
        if kid.comment || (attr(kid, "file").is_some() && attr(kid, "type").is_none()) {
            return Err(at("comment inside a value, or file without type".into()));
        }
        let eval = attr(kid, "eval").unwrap_or("");
        let ids = attr(kid, "ref").map_or(refs(eval), |r| vec![r.to_string()]);
        for id in ids.iter().filter(|_| !eval.contains("raise_if_not_found")) {
            plain_id(id, "").map_err(at)?;
            let module = id.split_once('.').map(|(m, _)| m);
            let own = module.is_none_or(|m| {
                !MODULES.contains(&m) && records.iter().any(|r| r.id.split_once('.').is_some_and(|x| x.0 == m))
            });
            if own && !records.iter().any(|r| r.id == *id) {
                return Err(at(format!("ref {id:?} is not defined before")));
            }
        }
        if attr(kid, "ref").is_some() || !eval.is_empty() {
            found.refs.push((name.to_string(), ids));
            found.evals.push((name.to_string(), eval.to_string()));
        }
        let literal = match eval.trim() {
            "" if sources == 0 || attr(kid, "type").is_some() => value,
            "" | "None" => String::new(),
            e => e.trim_matches(['\'', '"']).to_string(),
        };
        if !eval.contains(['(', '[']) && attr(kid, "ref").is_none() {
            found.values.push((name.to_string(), literal));
        }
    }
    let owner = found.id.clone();
    records.push(found);
    nested.into_iter().try_for_each(|n| {
        if n.name == "record" {
            record(n, Some(owner.as_str()), records)
        } else {
            Err(format!("<{}> in a field", n.name))
        }
    })
}

/// Elements back to text.
fn markup(node: &Node) -> String {
    let escape = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::new();
    for kid in &node.kids {
        let attrs: String =
            kid.attrs.iter().map(|(n, v)| format!(" {n}=\"{}\"", escape(v).replace('"', "&quot;"))).collect();
        let void = matches!(kid.name.as_str(), "br" | "hr" | "img");
        let end = if void { String::new() } else { format!("</{}>", kid.name) };
        out += &format!("<{}{attrs}>{}{}{end}{}", kid.name, escape(&kid.text), markup(kid), escape(&kid.after));
    }
    out
}

fn tree(bytes: &[u8]) -> Result<Node, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8: {e}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(c) = text.chars().find(|c| !legal(*c)) {
        return Err(format!("illegal character U+{:04X}", u32::from(c)));
    }
    let mut reader = Reader::from_str(text);
    let mut stack = vec![Node::default()];
    loop {
        match reader.read_event().map_err(|e| format!("XML: {e}"))? {
            Event::Eof => break,
            Event::Decl(d) => {
                let decl = raw(&*d).to_lowercase();
                if decl.contains("encoding") && !decl.contains("utf-8") {
                    return Err("the XML declaration names an encoding other than UTF-8".into());
                }
            }
            Event::DocType(_) => return Err("a DTD is not expected".into()),
            Event::Start(e) if stack.len() < 64 => stack.push(element(&e)?),
            Event::Start(_) => return Err("XML: nested too deep".into()),
            Event::Empty(e) => close(&mut stack, element(&e)?)?,
            Event::End(_) => {
                let node = stack.pop().ok_or("XML: unexpected end tag")?;
                close(&mut stack, node)?;
            }
            Event::Text(t) => add(&mut stack, &raw(&*t).replace("\r\n", "\n")),
            Event::CData(t) => add(&mut stack, &raw(&*t)),
            Event::GeneralRef(r) => add(&mut stack, &entity(&raw(&*r))?),
            Event::Comment(_) => stack.iter_mut().for_each(|n| n.comment = true),
            _ => {}
        }
    }
    let top = stack.pop().filter(|_| stack.is_empty()).ok_or("XML: the document ends inside an element")?;
    if !top.text.trim().is_empty() || top.kids.len() != 1 || top.kids.iter().any(|k| !k.after.trim().is_empty()) {
        return Err("XML: not exactly one root element".into());
    }
    top.kids.into_iter().next().ok_or("XML: no root element".into())
}

fn close(stack: &mut [Node], node: Node) -> Result<(), String> {
    stack.last_mut().ok_or("XML: unexpected end tag")?.kids.push(node);
    Ok(())
}

fn add(stack: &mut [Node], text: &str) {
    if let Some(top) = stack.last_mut() {
        match top.kids.last_mut() {
            Some(kid) => kid.after.push_str(text),
            None => top.text.push_str(text),
        }
    }
}

fn element(e: &BytesStart) -> Result<Node, String> {
    let mut node = Node { name: raw(e.name().0), ..Node::default() };
    for a in e.attributes() {
        let a = a.map_err(|x| format!("XML: {x}"))?;
        let (text, mut value) = (raw(&*a.value).replace(['\n', '\t'], " "), String::new());
        for (i, part) in text.split('&').enumerate() {
            match part.split_once(';') {
                _ if i == 0 => value += part,
                Some((name, rest)) => value += &(entity(name)? + rest),
                None => return Err("XML: lone & in an attribute".into()),
            }
        }
        node.attrs.push((raw(a.key.0), value));
    }
    Ok(node)
}

fn raw<T: AsRef<[u8]> + ?Sized>(bytes: &T) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

fn entity(name: &str) -> Result<String, String> {
    let code = match name {
        "amp" => Some(38),
        "lt" => Some(60),
        "gt" => Some(62),
        "quot" => Some(34),
        "apos" => Some(39),
        _ => match name.strip_prefix("#x") {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => name.strip_prefix('#').and_then(|d| d.parse().ok()),
        },
    };
    let c = code.and_then(char::from_u32).filter(|c| legal(*c)).ok_or(format!("XML: illegal reference &{name};"))?;
    Ok(c.to_string())
}

fn legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}
