//! Reads Google Merchant Center product feeds (TSV and RSS 2.0) the way the fetcher does.
//!
//! Facts: the fact sheet google-merchant §1-§3, §5: attribute list and limits, quoted TSV fields with `"` doubled, repeated
//! attributes as comma list, RSS elements by namespace URI (`title`, `link`, `description` also without one).
//! `g:id` is returned as `id` and `sku`; `product_type` as categories; `item_group_id` as `parent`; of the variant attributes those that
//! differ inside the group are options, the rest attributes. Repeated attributes are joined with `,` in `attributes`.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use rust_decimal::Decimal;

use super::xml::{clean, entity, raw};
use super::{Seen, number};

type Item = [(String, String)];
/// Open element: attribute name or structure name, text so far, texts of sub-attributes with their rank.
type Open = (String, String, Vec<(u8, String)>);
const NS: &str = "http://base.google.com/ns/1.0";
const AXES: [&str; 6] = ["color", "size", "pattern", "material", "age_group", "gender"];
const REPEATED: &[&str] = &[
    "additional_image_link",
    "product_type",
    "product_highlight",
    "product_detail",
    "shipping",
    "tax",
    "certification",
    "excluded_destination",
    "included_destination",
    "promotion_id",
    "video_link",
];

/// Tab-delimited feed.
pub fn google_tsv(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let mut rows = tsv(clean(bytes)?)?.into_iter();
    let mut header: Vec<String> = Vec::new();
    for cell in rows.next().ok_or("the file is empty")? {
        let name = cell.split('(').next().unwrap_or("").trim().trim_start_matches("g:").replace(' ', "_");
        if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            || name.is_empty()
            || header.contains(&name)
        {
            return Err(format!("header {cell:?} is no attribute name or stands twice"));
        }
        header.push(name);
    }
    let mut items = Vec::new();
    for (n, row) in rows.enumerate() {
        if row.len() != header.len() {
            return Err(format!("row {}: {} cells under {} attributes", n + 2, row.len(), header.len()));
        }
        let mut item: Vec<(String, String)> = Vec::new();
        for (name, cell) in header.iter().zip(row) {
            let values =
                if REPEATED.contains(&name.as_str()) { comma_list(&cell)? } else { vec![cell.trim().to_string()] };
            item.extend(values.into_iter().filter(|v| !v.is_empty()).map(|v| (name.clone(), v)));
        }
        items.push(item);
    }
    feed(&items)
}

/// RSS 2.0 feed.
pub fn google_rss(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let mut reader = NsReader::from_str(clean(bytes)?);
    let (mut items, mut item): (Vec<Vec<(String, String)>>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    let mut open: Vec<Open> = Vec::new();
    let mut closed_root = false;
    loop {
        let (google, event) = match reader.read_resolved_event().map_err(|e| format!("XML: {e}"))? {
            (ResolveResult::Bound(ns), event) => (raw(ns.0) == NS, event),
            (ResolveResult::Unbound, event) => (false, event),
            (ResolveResult::Unknown(_), _) => return Err("XML: undeclared namespace prefix".into()),
        };
        match event {
            Event::Eof => break,
            Event::Decl(d) => {
                let text = raw(&*d).to_lowercase();
                if text.contains("encoding") && !text.contains("utf-8") {
                    return Err("the XML declaration names an encoding other than UTF-8".into());
                }
            }
            Event::DocType(_) => return Err("a DTD is not expected".into()),
            Event::Start(e) => {
                let name = element(&e, google, &open)?;
                if closed_root || open.len() > 8 {
                    return Err(format!("XML: <{name}> after the root element or nested too deep"));
                }
                open.push((name, String::new(), Vec::new()));
            }
            Event::Empty(e) => {
                element(&e, google, &open)?;
                closed_root |= open.is_empty();
            }
            Event::End(_) => {
                let (name, text, mut subs) = open.pop().ok_or("XML: unexpected end tag")?;
                closed_root |= open.is_empty();
                subs.sort_by_key(|(rank, _)| *rank);
                let joined: Vec<String> = subs.into_iter().map(|(_, t)| t).collect();
                let text = if joined.is_empty() { text.trim().to_string() } else { joined.join(":") };
                match (open.len(), name.as_str()) {
                    (2, "item") => items.push(std::mem::take(&mut item)),
                    (3, n) if open.get(2).is_some_and(|o| o.0 == "item") && !text.is_empty() => {
                        item.push((n.to_string(), text))
                    }
                    (4.., _) => {
                        if let Some(parent) = open.last_mut() {
                            let rank = match name.as_str() {
                                "country" | "digital_source_type" => 0,
                                "price" => 2,
                                _ => 1,
                            };
                            parent.2.push((rank, text));
                        }
                    }
                    _ => {}
                }
            }
            Event::Text(t) => add(&mut open, &raw(&*t).replace("\r\n", "\n"))?,
            Event::CData(t) => add(&mut open, &raw(&*t))?,
            Event::GeneralRef(r) => add(&mut open, &entity(&raw(&*r))?)?,
            _ => {}
        }
    }
    if !open.is_empty() || !closed_root {
        return Err("XML: the document ends inside an element".into());
    }
    feed(&items)
}

/// Attribute name of an element: structure by depth, attributes by namespace. `?…` marks what Google does not look at.
fn element(e: &BytesStart, google: bool, open: &[Open]) -> Result<String, String> {
    let full = raw(e.name().0);
    let local = full.rsplit(':').next().unwrap_or("").to_string();
    for a in e.attributes() {
        a.map_err(|x| format!("XML: {x}"))?;
    }
    match open.len() {
        0 if local != "rss" => Err(format!("root is <{local}>, not <rss>")),
        1 if local != "channel" => Err(format!("<{local}> inside <rss>")),
        3 if google => Ok(local),
        3 if !full.contains(':') && matches!(local.as_str(), "title" | "link" | "description") => {
            Ok(format!("rss:{local}"))
        }
        3 => Ok(format!("?{local}")),
        _ => Ok(local),
    }
}

fn add(open: &mut [Open], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(top) => top.1.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("XML: text outside of the root element".into()),
    }
    Ok(())
}

fn tsv(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row): (Vec<Vec<String>>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let line = rows.len() + 1;
        let mut cell = String::new();
        if let Some(mut inner) = rest.strip_prefix('"') {
            loop {
                let (before, after) =
                    inner.split_once('"').ok_or(format!("row {line}: a quoted cell is never closed"))?;
                cell.push_str(before);
                match after.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        inner = more;
                    }
                    None => {
                        rest = after;
                        break;
                    }
                }
            }
        } else {
            let end = rest.find(['\t', '\r', '\n']).unwrap_or(rest.len());
            cell.push_str(rest.get(..end).unwrap_or(""));
            rest = rest.get(end..).unwrap_or("");
            if cell.contains('"') {
                return Err(format!("row {line}: quote in an unquoted cell {cell:?}"));
            }
        }
        row.push(cell);
        if let Some(next) = rest.strip_prefix('\t') {
            rest = next;
            if rest.is_empty() {
                row.push(String::new());
            }
        } else if let Some(next) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
            rest = next;
            rows.push(std::mem::take(&mut row));
        } else if !rest.is_empty() {
            return Err(format!("row {line}: text after a closing quote or a lone carriage return"));
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    Ok(rows)
}

/// Values of a repeated attribute: separated by commas, values with commas quoted.
fn comma_list(cell: &str) -> Result<Vec<String>, String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut chars = cell.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '"' && !(quoted && chars.peek() == Some(&'"')) {
            quoted = !quoted;
        } else if c == ',' && !quoted {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            last.push(c);
            if c == '"' {
                chars.next();
            }
        }
    }
    if quoted {
        return Err(format!("unclosed quote in the list {cell:?}"));
    }
    Ok(out.into_iter().map(|v| v.trim().to_string()).collect())
}

fn get<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Checks between items: unique ids, variant groups.
fn feed(items: &[Vec<(String, String)>]) -> Result<Vec<Seen>, String> {
    let mut ids = HashSet::new();
    let mut groups: HashMap<&str, Vec<[Option<&str>; 6]>> = HashMap::new();
    for (n, item) in items.iter().enumerate() {
        let id = get(item, "id").ok_or(format!("item {}: id is missing", n + 1))?;
        if !ids.insert(id) {
            return Err(format!("id {id:?} stands twice"));
        }
        if let Some(group) = get(item, "item_group_id") {
            groups.entry(group).or_default().push(AXES.map(|a| get(item, a)));
        }
    }
    for (group, members) in &groups {
        let shape = |m: &[Option<&str>; 6]| m.map(|v| v.is_some());
        let first = members.first().map(shape);
        if members.iter().any(|m| Some(shape(m)) != first) {
            return Err(format!("item_group_id {group:?}: the variants do not have the same attributes"));
        }
        if members.iter().collect::<HashSet<_>>().len() < members.len() {
            return Err(format!(
                "item_group_id {group:?}: variants without a difference in color, size, pattern, material, age group, gender"
            ));
        }
    }
    items.iter().map(|i| one(i, &groups).map_err(|e| format!("item {:?}: {e}", get(i, "id").unwrap_or("")))).collect()
}

fn one(item: &Item, groups: &HashMap<&str, Vec<[Option<&str>; 6]>>) -> Result<Seen, String> {
    for (i, (name, _)) in item.iter().enumerate() {
        if !REPEATED.contains(&name.as_str()) && item.iter().take(i).any(|(n, _)| n == name) {
            return Err(format!("{name} stands twice"));
        }
    }
    let own = |name: &str| get(item, name).or_else(|| get(item, &format!("rss:{name}"))).map(str::to_string);
    let structured = |name: &str| {
        let (source, text) = get(item, name)?.split_once(':')?;
        let known = matches!(source.trim(), "default" | "trained_algorithmic_media");
        Some(if known {
            Ok(text.trim().trim_matches('"').to_string())
        } else {
            Err(format!("{name}: digital_source_type {source:?}"))
        })
    };
    let title = own("title").or(structured("structured_title").transpose()?).ok_or("title is missing")?;
    let description =
        own("description").or(structured("structured_description").transpose()?).ok_or("description is missing")?;
    let need = |name: &str| own(name).ok_or(format!("{name} is missing"));
    let (id, link, image, price) = (need("id")?, need("link")?, need("image_link")?, need("price")?);
    let limits = [
        ("id", 50),
        ("brand", 70),
        ("mpn", 70),
        ("item_group_id", 50),
        ("color", 100),
        ("size", 100),
        ("product_type", 750),
    ];
    let labels =
        ["custom_label_0", "custom_label_1", "custom_label_2", "custom_label_3", "custom_label_4"].map(|l| (l, 100));
    let texts = item
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .chain([("title", title.as_str()), ("description", description.as_str())]);
    for (name, value) in texts {
        let all = limits.iter().chain(&labels).chain(&[("title", 150), ("description", 5000)]);
        if all.clone().any(|(n, max)| *n == name && value.chars().count() > *max) {
            return Err(format!("{name} is too long ({} characters)", value.chars().count()));
        }
    }
    let extra: Vec<String> =
        item.iter().filter(|(n, _)| n == "additional_image_link").map(|(_, v)| v.clone()).collect();
    if extra.len() > 10 {
        return Err(format!("{} additional images, 10 are allowed", extra.len()));
    }
    for url in [&link, &image].into_iter().chain(&extra) {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or("");
        if rest.is_empty()
            || url.len() > 2000
            || !rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&b))
        {
            return Err(format!("{url:?} is no valid http(s) URL"));
        }
    }
    let availability = need("availability")?.replace(' ', "_");
    let date = get(item, "availability_date");
    match availability.as_str() {
        "in_stock" | "out_of_stock" => {}
        "preorder" | "backorder" if date.is_some_and(iso_date) => {}
        _ => return Err(format!("availability {availability:?} with date {date:?}")),
    }
    let mut seen = Seen {
        sku: Some(id.clone()),
        id: Some(id),
        title: Some(title),
        description: Some(description),
        ..Seen::default()
    };
    let (amount, currency) = money("price", &price)?;
    seen.price = Some(amount);
    if let Some(sale) = get(item, "sale_price") {
        let (reduced, other) = money("sale_price", sale)?;
        if other != currency || reduced >= amount {
            return Err(format!("sale_price {sale:?} against price {price:?}"));
        }
        (seen.price, seen.regular_price) = (Some(reduced), Some(amount));
    }
    if let Some(span) = get(item, "sale_price_effective_date") {
        let (from, to) = span.split_once('/').unwrap_or((span, ""));
        if !iso_date(from) || !iso_date(to) || from.get(..10) > to.get(..10) {
            return Err(format!("sale_price_effective_date {span:?}"));
        }
    }
    seen.cost = get(item, "cost_of_goods_sold").map(|v| money("cost_of_goods_sold", v)).transpose()?.map(|(a, _)| a);
    seen.currency = Some(currency);
    (seen.link, seen.images) = (Some(link), vec![image]);
    seen.images.extend(extra);
    seen.brand = own("brand");
    seen.ean = own("gtin");
    seen.condition = own("condition");
    seen.parent = own("item_group_id");
    seen.weight_grams = get(item, "shipping_weight").map(grams).transpose()?;
    identifiers(item, &seen)?;
    words(item)?;
    for (_, path) in item.iter().filter(|(n, _)| n == "product_type") {
        seen.categories.push(category(path)?);
    }
    if let Some(path) = get(item, "google_product_category") {
        let number = path.bytes().all(|b| b.is_ascii_digit());
        if path.starts_with(|c: char| c.is_ascii_digit()) && !number {
            return Err(format!("google_product_category {path:?}: one number only"));
        }
        category(path)?;
    }
    let members = get(item, "item_group_id").and_then(|g| groups.get(g));
    const USED: &str = " id title description link image_link additional_image_link price sale_price brand gtin condition item_group_id \
product_type shipping_weight cost_of_goods_sold rss:title rss:link rss:description ";
    for (name, value) in item.iter().filter(|(n, _)| !USED.contains(&format!(" {n} ")) && !n.starts_with('?')) {
        let axis = AXES.iter().position(|a| a == name);
        let differs = axis.zip(members).is_some_and(|(a, m)| {
            let values: HashSet<_> = m.iter().map(|v| v.get(a)).collect();
            values.len() > 1 || (m.len() == 1 && a < 4)
        });
        let list = if differs { &mut seen.options } else { &mut seen.attributes };
        match list.iter_mut().find(|(n, _)| n == name) {
            Some((_, v)) => *v = format!("{v},{value}"),
            None => list.push((name.clone(), value.clone())),
        }
    }
    Ok(seen)
}

/// `15.00 EUR`, more than zero.
fn money(name: &str, value: &str) -> Result<(Decimal, String), String> {
    let bad = || format!("{name}: {value:?} is not like \"15.00 EUR\" and more than zero");
    let (amount, currency) = value.split_once(' ').ok_or_else(bad)?;
    let amount = number(name, amount).map_err(|_| bad())?;
    if amount.is_zero() || currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(bad());
    }
    Ok((amount, currency.to_string()))
}

fn grams(value: &str) -> Result<Decimal, String> {
    let at = value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len());
    let (amount, unit) = value.split_at(at);
    let factor = match unit {
        "g" => "1",
        "kg" => "1000",
        "lb" => "453.59237",
        "oz" => "28.349523125",
        _ => return Err(format!("weight {value:?}: unit g, kg, lb or oz expected")),
    };
    let factor = Decimal::from_str(factor).ok();
    number("weight", amount.trim_end())
        .ok()
        .zip(factor)
        .and_then(|(n, f)| n.checked_mul(f))
        .ok_or(format!("weight {value:?}"))
}

/// `YYYY-MM-DD`, optionally `THH:MM[:SS]` with `Z` or an offset.
fn iso_date(value: &str) -> bool {
    let shape: String = value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let month = value.get(5..7).and_then(|m| m.parse::<u8>().ok()).is_some_and(|m| (1..=12).contains(&m));
    let day = value.get(8..10).and_then(|d| d.parse::<u8>().ok()).is_some_and(|d| (1..=31).contains(&d));
    let (date, time) = shape.split_once('T').unwrap_or((shape.as_str(), "00:00"));
    let clock = time.strip_prefix("00:00").map(|z| z.strip_prefix(":00").unwrap_or(z));
    date == "0000-00-00" && month && day && matches!(clock, Some("" | "Z" | "+0000" | "-0000" | "+00:00" | "-00:00"))
}

/// gtin, mpn, brand and identifier_exists against each other.
fn identifiers(item: &Item, seen: &Seen) -> Result<(), String> {
    let mpn = get(item, "mpn").is_some();
    if let Some(gtin) = &seen.ean {
        if super::gtin(gtin).is_err() {
            return Err(format!("gtin {gtin:?}: wrong length or check digit"));
        }
        let thirteen = match gtin.len() {
            12 => format!("0{gtin}"),
            14 => gtin.get(1..).unwrap_or("").to_string(),
            _ => gtin.clone(),
        };
        if ["02", "04", "2"].iter().any(|p| thirteen.starts_with(p)) {
            return Err(format!("gtin {gtin:?} has a restricted prefix"));
        }
    }
    match get(item, "identifier_exists") {
        Some("no" | "false") if seen.ean.is_some() => Err("identifier_exists is no, but there is a gtin".into()),
        Some("no" | "false") if mpn && seen.brand.is_some() => {
            Err("identifier_exists is no, but there are brand and mpn".into())
        }
        Some("no" | "false") => Ok(()),
        None | Some("yes" | "true") => {
            let book = seen.ean.as_ref().is_some_and(|g| g.starts_with("978") || g.starts_with("979"));
            let used = matches!(seen.condition.as_deref(), Some("used" | "refurbished"));
            if used || book || (seen.brand.is_some() && (mpn || seen.ean.is_some())) {
                return Ok(());
            }
            Err("brand with gtin or mpn is missing and identifier_exists is not no".into())
        }
        Some(other) => Err(format!("identifier_exists {other:?}")),
    }
}

/// Attributes with a fixed vocabulary or format.
fn words(item: &Item) -> Result<(), String> {
    for (name, value) in item {
        let v = value.as_str();
        let good = match name.as_str() {
            "condition" => matches!(v, "new" | "refurbished" | "used"),
            "gender" => matches!(v, "male" | "female" | "unisex"),
            "age_group" => matches!(v, "newborn" | "infant" | "toddler" | "kids" | "adult"),
            "adult" | "is_bundle" => matches!(v, "yes" | "no" | "true" | "false"),
            "multipack" => v.parse::<u32>().is_ok(),
            "unit_pricing_measure" | "unit_pricing_base_measure" => {
                let (amount, unit) = v.split_at(v.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(v.len()));
                number(name, amount.trim_end()).is_ok() && !unit.is_empty()
            }
            "shipping" => {
                let country =
                    v.split(':').next().is_some_and(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase()));
                let price = v.rsplit(':').next().unwrap_or("");
                country && price.split_once(' ').is_some_and(|(n, c)| number(name, n).is_ok() && c.len() == 3)
            }
            _ => true,
        };
        if !good {
            return Err(format!("{name} {value:?} is not allowed"));
        }
    }
    Ok(())
}

fn category(path: &str) -> Result<Vec<String>, String> {
    let parts: Vec<String> = path.split(" > ").map(str::to_string).collect();
    if parts.iter().any(|p| p.trim().is_empty() || p.trim() != p || p.contains('>')) {
        return Err(format!("category path {path:?}: levels are separated by \" > \""));
    }
    Ok(parts)
}
