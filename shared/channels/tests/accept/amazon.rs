//! Reads Amazon flat files the way Seller Central does: legacy template ("v1", match by row 3), current template ("v2", match by the
//! row of attribute paths) and Inventory Loader.
//!
//! Facts: the fact sheet amazon §1-§4, §6: tab-separated, no quoting, leading rows untouched, example row `ABC123`, parents
//! before children, title ≤ 200, bullets ≤ 500, keywords ≤ 249 bytes, SKU ≤ 40. Text is UTF-8, for v1 and loader also Windows-1252.
//! Browse nodes come back as one-element category paths; bullets, keywords, `list_price` and all other columns as attributes named
//! like the v1 column (or the root of the v2 path). `parent` is the parent's SKU. Delete rows are checked but not returned.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use rust_decimal::Decimal;

use super::{Seen, gtin, number};

type Row = [(String, String)];

/// Legacy template: three leading rows, then data.
pub fn amazon_v1(bytes: &[u8], template_head: &[u8]) -> Result<Vec<Seen>, String> {
    let data = after_head(bytes, template_head, 3)?;
    let (head, data) = decode(&bytes[..bytes.len() - data.len()], data, true)?;
    let rows: Vec<&str> = head.split('\n').collect();
    if rows.first().is_none_or(|r| !r.trim_start_matches('\u{feff}').starts_with("TemplateType=")) {
        return Err("row 1 does not start with TemplateType=".into());
    }
    let names: Vec<Option<String>> = cells(rows.get(2).copied().unwrap_or("")).map(|c| Some(c.to_string())).collect();
    listings(&table(&data, &names, 4)?, false)
}

/// Current template: everything above the data untouched, columns by attribute path.
pub fn amazon_v2(bytes: &[u8], template_head: &[u8]) -> Result<Vec<Seen>, String> {
    let head = std::str::from_utf8(template_head).map_err(|e| format!("template: {e}"))?;
    let lines: Vec<&str> = head.trim_start_matches('\u{feff}').split_inclusive('\n').collect();
    let is_paths = |l: &&str| cells(l).any(|c| c == "contribution_sku#1.value");
    let technical = lines.iter().position(is_paths).ok_or("template has no row with contribution_sku#1.value")?;
    let paths: Vec<&str> = cells(lines.get(technical).copied().unwrap_or("")).collect();
    let sku_at = paths.iter().position(|p| *p == "contribution_sku#1.value").unwrap_or(0);
    let example = lines.iter().skip(technical + 1).position(|l| cells(l).nth(sku_at) == Some("ABC123"));
    let settings = lines.first().and_then(|l| cells(l).next()).unwrap_or("");
    let data_row = settings.split(['&', '?']).find_map(|p| p.trim_start_matches("settings=").strip_prefix("dataRow="));
    let mut head_rows = example.map_or(lines.len(), |n| n + technical + 1);
    if let Some(row) = data_row {
        let row: usize = row.trim().parse().map_err(|_| format!("dataRow={row}"))?;
        if row <= technical + 1 || row > lines.len() + 1 {
            return Err(format!("dataRow={row} does not fit a template head of {} rows", lines.len()));
        }
        head_rows = row - 1;
    }
    let data = after_head(bytes, template_head, head_rows)?;
    let (_, data) = decode(&bytes[..bytes.len() - data.len()], data, false)?;
    let names: Vec<Option<String>> = paths.iter().map(|p| v1_name(p)).collect();
    listings(&table(&data, &names, head_rows + 1)?, true)
}

/// Offer-only Inventory Loader: one header row.
pub fn amazon_inventory_loader(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let (_, text) = decode(b"", bytes, true)?;
    let text = text.trim_start_matches('\u{feff}');
    let (header, data) = text.split_once('\n').ok_or("no data row")?;
    let names: Vec<Option<String>> = cells(header).map(|c| Some(c.to_string())).collect();
    for (i, name) in names.iter().enumerate() {
        let plain = name
            .iter()
            .all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        if !plain || names.iter().take(i).any(|n| n == name) {
            return Err(format!("header {name:?} is no loader column or stands twice"));
        }
    }
    if let Some(need) = ["sku", "price", "quantity"].iter().find(|n| !names.iter().flatten().any(|h| h == *n)) {
        return Err(format!("required column {need} is missing"));
    }
    let (mut out, mut skus): (Vec<Seen>, HashSet<String>) = (Vec::new(), HashSet::new());
    for (line, row) in table(data, &names, 2)? {
        let at = |m: String| format!("line {line}: {m}");
        let sku = checked_sku(get(&row, "sku").unwrap_or(""), &mut skus).map_err(at)?;
        match get(&row, "add-delete") {
            None | Some("a") => {}
            Some("d" | "x") => continue,
            Some(v) => return Err(at(format!("add-delete {v:?}"))),
        }
        let mut seen = Seen { sku: Some(sku), ..Seen::default() };
        let kind = match get(&row, "product-id-type") {
            None => None,
            Some("1") => Some("ASIN"),
            Some("2") => Some("ISBN"),
            Some("3") => Some("UPC"),
            Some("4") => Some("EAN"),
            Some(v) => return Err(at(format!("product-id-type {v:?}"))),
        };
        product_id(kind, get(&row, "product-id"), &mut seen).map_err(at)?;
        let price = |name: &str| get(&row, name).map(|v| number(name, v)).transpose();
        seen.price = price("price").map_err(at)?;
        let low = price("minimum-seller-allowed-price").map_err(at)?;
        let high = price("maximum-seller-allowed-price").map_err(at)?;
        if low.is_some_and(|l| seen.price.is_some_and(|p| p < l))
            || high.is_some_and(|h| seen.price.is_some_and(|p| p > h))
        {
            return Err(at("price outside of the allowed minimum and maximum".into()));
        }
        seen.stock = get(&row, "quantity").map(quantity).transpose().map_err(at)?;
        seen.condition = match get(&row, "item-condition") {
            None => None,
            Some("11") => Some("new".into()),
            Some(v) if v.parse::<u8>().is_ok_and(|n| (1..=10).contains(&n)) => Some(v.into()),
            Some(v) => return Err(at(format!("item-condition {v:?}"))),
        };
        out.push(seen);
    }
    Ok(out)
}

/// The bytes after the first `rows` rows, which must be those of the template.
fn after_head<'a>(bytes: &'a [u8], template: &[u8], rows: usize) -> Result<&'a [u8], String> {
    let mut want = template.split_inclusive(|b| *b == b'\n');
    let mut got = bytes.split_inclusive(|b| *b == b'\n');
    let mut used = 0;
    for row in 1..=rows {
        let want = want.next().ok_or(format!("the template has fewer than {rows} rows"))?;
        let got = got.next().ok_or(format!("leading row {row} is missing"))?;
        let open_end = !want.ends_with(b"\n") && matches!(got.strip_prefix(want), Some(b"\n" | b"\r\n"));
        if got != want && !open_end {
            return Err(format!("leading row {row} is not that of the template"));
        }
        used += got.len();
    }
    Ok(bytes.get(used..).unwrap_or_default())
}

/// UTF-8, or (where allowed) Windows-1252; never both in one file.
fn decode(head: &[u8], data: &[u8], legacy: bool) -> Result<(String, String), String> {
    let utf8 = |b: &[u8]| std::str::from_utf8(b).map(str::to_string).map_err(|e| format!("not UTF-8: {e}"));
    match (utf8(head), utf8(data)) {
        (Ok(h), Ok(d)) => Ok((h, d)),
        (Err(e), _) | (_, Err(e)) if !legacy => Err(e),
        (Ok(_), _) if !head.is_ascii() => Err("leading rows are UTF-8, data rows are not".into()),
        (_, Ok(_)) if !data.is_ascii() => Err("data rows are UTF-8, leading rows are not".into()),
        _ => Ok((cp1252(head)?, cp1252(data)?)),
    }
}

fn cp1252(bytes: &[u8]) -> Result<String, String> {
    const HIGH: [u16; 32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D,
        0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,
        0x017E, 0x0178,
    ];
    let one = |b: &u8| match b {
        0x80..=0x9F => {
            HIGH.get(usize::from(b - 0x80)).and_then(|u| char::from_u32(u32::from(*u))).filter(|c| *c != '\0')
        }
        _ => Some(char::from(*b)),
    };
    bytes.iter().map(one).collect::<Option<String>>().ok_or("neither UTF-8 nor Windows-1252".into())
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.trim_end_matches(['\n', '\r']).split('\t')
}

/// Data rows under the names (`None`: a column that is not looked at).
fn table(text: &str, names: &[Option<String>], first: usize) -> Result<Vec<(usize, Vec<(String, String)>)>, String> {
    let mut out = Vec::new();
    for (n, line) in text.split_terminator('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let values: Vec<&str> = line.split('\t').collect();
        let at = |m: String| Err(format!("line {}: {m}", n + first));
        if values.len() != names.len() {
            return at(format!("{} cells under {} columns (tab or newline inside a cell?)", values.len(), names.len()));
        }
        if let Some(v) =
            values.iter().find(|v| v.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')))
        {
            return at(format!("control character in {v:?}"));
        }
        let quoted = |v: &str| v.strip_prefix('"').and_then(|v| v.strip_suffix('"')).map(str::to_string);
        let filled: Vec<&str> = values.iter().copied().filter(|v| !v.is_empty()).collect();
        if !filled.is_empty() && filled.iter().all(|v| quoted(v).is_some()) {
            return at("all cells are quoted; quotes are literal here".into());
        }
        let doubled = |v: &&str| quoted(v).is_some_and(|q| q.contains("\"\"") && !q.replace("\"\"", "").contains('"'));
        if let Some(v) = filled.iter().copied().find(|v| doubled(v)) {
            return at(format!("{v:?} is quoted as in CSV; quotes are literal here"));
        }
        let pairs = names.iter().zip(values).filter_map(|(n, v)| n.as_ref().map(|n| (n.clone(), v.to_string())));
        out.push((n + first, pairs.collect()));
    }
    Ok(out)
}

/// A v2 attribute path as the v1 name of the same thing (else its root); `None` for offers to other audiences than ALL.
fn v1_name(path: &str) -> Option<String> {
    if path.contains("audience=") && !path.contains("audience=ALL") {
        return None;
    }
    let (mut plain, mut depth) = (String::new(), 0usize);
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let number = |prefix: &str, suffix: &str| {
        plain.strip_prefix(prefix).and_then(|p| p.strip_suffix(suffix)).map(str::to_string)
    };
    if let Some(n) = number("bullet_point#", ".value") {
        return Some(format!("bullet_point{n}"));
    }
    if let Some(n) = number("generic_keyword#", ".value") {
        return Some(format!("generic_keywords{n}"));
    }
    if let Some(n) = number("other_product_image_locator_", "#1.media_location") {
        return Some(format!("other_image_url{n}"));
    }
    let name = match plain.as_str() {
        "contribution_sku#1.value" => "item_sku",
        "::record_action" => "update_delete",
        "product_type#1.value" => "feed_product_type",
        "parentage_level#1.value" => "parent_child",
        "child_parent_sku_relationship#1.parent_sku" => "parent_sku",
        "child_parent_sku_relationship#1.child_relationship_type" => "relationship_type",
        "variation_theme#1.name" => "variation_theme",
        "brand#1.value" => "brand_name",
        "externally_assigned_product_identifier#1.type" => "external_product_id_type",
        "externally_assigned_product_identifier#1.value" => "external_product_id",
        "fulfillment_availability#1.quantity" => "quantity",
        "purchasable_offer#1.our_price#1.schedule#1.value_with_tax" => "standard_price",
        "purchasable_offer#1.discounted_price#1.schedule#1.value_with_tax" => "sale_price",
        "purchasable_offer#1.currency" => "currency",
        "list_price#1.value_with_tax" | "list_price#1.value" => "list_price",
        "main_product_image_locator#1.media_location" => "main_image_url",
        "swatch_product_image_locator#1.media_location" => "swatch_image_url",
        "item_weight#1.unit" => "item_weight_unit_of_measure",
        p if p.starts_with("amzn1.volt.ca.product_id_type") => "external_product_id_type",
        p if p.starts_with("amzn1.volt.ca.product_id_value") => "external_product_id",
        p => p.strip_suffix("#1.value").unwrap_or(p),
    };
    Some(name.to_string())
}

fn get<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter().filter(|(n, v)| n == name && !v.trim().is_empty()).map(|(_, v)| v.as_str()).next()
}

fn has(row: &Row, name: &str) -> bool {
    row.iter().any(|(n, _)| n == name)
}

fn checked_sku(sku: &str, skus: &mut HashSet<String>) -> Result<String, String> {
    if sku.is_empty() || sku.trim() != sku || sku.chars().count() > 40 {
        return Err(format!("SKU {sku:?} is blank, padded or longer than 40"));
    }
    if sku == "ABC123" {
        return Err("Amazon's example row ABC123 is still there".into());
    }
    if !skus.insert(sku.to_string()) {
        return Err(format!("SKU {sku:?} stands twice"));
    }
    Ok(sku.to_string())
}

fn starts(word: &str, list: &[&str]) -> bool {
    list.iter().any(|l| word.to_lowercase().starts_with(l))
}

/// Checks and reads the rows of both templates (under v1 names).
fn listings(rows: &[(usize, Vec<(String, String)>)], v2: bool) -> Result<Vec<Seen>, String> {
    let (mut out, mut skus): (Vec<Seen>, HashSet<String>) = (Vec::new(), HashSet::new());
    let mut themes: HashMap<String, String> = HashMap::new();
    let mut combinations: HashSet<(String, Vec<(String, String)>)> = HashSet::new();
    for (line, row) in rows {
        let at = |m: String| format!("line {line}: {m}");
        let sku = checked_sku(get(row, "item_sku").unwrap_or(""), &mut skus).map_err(at)?;
        let at = |m: String| format!("line {line} ({sku}): {m}");
        let action = get(row, "update_delete").unwrap_or("");
        if !v2 && !matches!(action, "" | "Update" | "PartialUpdate" | "Delete") {
            return Err(at(format!("update_delete {action:?}")));
        }
        if starts(action, &["delete", "supprim", "lösch", "elimin", "verwijder", "usu"]) {
            continue;
        }
        let partial = starts(action, &["partial", "edit", "modif", "bearbeit", "bewerk", "edyt"]);
        for need in ["feed_product_type", "item_name"].iter().filter(|n| !partial && has(row, n)) {
            get(row, need).ok_or(at(format!("{need} is blank")))?;
        }
        let level = get(row, "parent_child").unwrap_or("");
        let (parent, theme) = (get(row, "parent_sku"), get(row, "variation_theme"));
        let child_word = starts(level, &["child", "enfant", "kind", "figlio", "secundario", "hijo", "untergeordnet"]);
        let parent_word = starts(level, &["parent", "übergeordnet", "genitore", "padre", "principal", "ouder"]);
        if (child_word && parent.is_none())
            || (parent_word && parent.is_some())
            || (level.is_empty() && parent.is_some())
        {
            return Err(at(format!("parentage {level:?} with parent SKU {parent:?}")));
        }
        if !v2 && !matches!(level.to_lowercase().as_str(), "" | "parent" | "child") {
            return Err(at(format!("parent_child {level:?}")));
        }
        let is_parent = !level.is_empty() && parent.is_none();
        if !level.is_empty() && theme.is_none() {
            return Err(at("variation_theme is missing".into()));
        }
        let mut seen = product(row).map_err(at)?;
        seen.sku = Some(sku.clone());
        seen.is_parent = is_parent;
        if is_parent {
            let forbidden = ["standard_price", "sale_price", "quantity", "external_product_id", "relationship_type"];
            if let Some(name) = forbidden.iter().find(|n| get(row, n).is_some()) {
                return Err(at(format!("a parent must not have {name}")));
            }
            themes.insert(sku.clone(), theme.unwrap_or("").to_string());
        }
        if let Some(parent) = parent {
            let of_parent =
                themes.get(parent).ok_or(at(format!("parent {parent:?} does not stand before this child")))?;
            if Some(of_parent.as_str()) != theme {
                return Err(at(format!("theme {theme:?} is not {of_parent:?} of the parent")));
            }
            match get(row, "relationship_type") {
                None if has(row, "relationship_type") => {
                    return Err(at("relationship_type is blank".into()));
                }
                Some(v) if !v2 && v != "Variation" => {
                    return Err(at(format!("relationship_type {v:?}")));
                }
                _ => {}
            }
            for (axis, columns) in axes(theme.unwrap_or(""), row) {
                let value =
                    columns.iter().find_map(|c| get(row, c)).ok_or(at(format!("theme attribute {axis} is blank")))?;
                seen.attributes.retain(|(n, _)| !columns.contains(n));
                seen.options.push((axis, value.to_string()));
            }
            if !seen.options.is_empty() && !combinations.insert((parent.to_string(), seen.options.clone())) {
                return Err(at("the same variation stands twice under this parent".into()));
            }
            seen.parent = Some(parent.to_string());
        }
        out.push(seen);
    }
    Ok(out)
}

/// The axes a theme such as `SizeColor` or `COLOR/SIZE` names, each with its columns in this template; localised themes name none.
fn axes(theme: &str, row: &Row) -> Vec<(String, Vec<String>)> {
    let flat = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let theme = flat(theme);
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (name, _) in row {
        let size = if name.ends_with("#1.size") { "size" } else { name.as_str() };
        let base = size.strip_suffix("_name").or_else(|| size.strip_suffix("_type")).unwrap_or(size);
        let other = matches!(base, "item" | "brand" | "model" | "quantity" | "currency" | "feed_product");
        if other || base.contains('#') || base.len() < 4 || !theme.contains(&flat(base)) {
            continue;
        }
        match out.iter_mut().find(|(axis, _)| axis == base) {
            Some((_, columns)) => columns.push(name.clone()),
            None => out.push((base.to_string(), vec![name.clone()])),
        }
    }
    out
}

const FIELDS: &str = " item_sku update_delete feed_product_type parent_child parent_sku relationship_type variation_theme item_name \
brand_name external_product_id external_product_id_type product_description recommended_browse_nodes standard_price sale_price quantity \
currency condition_type item_weight item_weight_unit_of_measure ";

fn product(row: &Row) -> Result<Seen, String> {
    let own = |name: &str| get(row, name).map(str::to_string);
    let money = |name: &str| get(row, name).map(|v| number(name, v)).transpose();
    let mut seen = Seen {
        title: own("item_name"),
        description: own("product_description"),
        brand: own("brand_name"),
        ..Seen::default()
    };
    for (name, value) in row.iter().filter(|(_, v)| !v.trim().is_empty()) {
        let (chars, image) = (value.chars().count(), name.contains("image_url"));
        let bullet = name.starts_with("bullet_point");
        let keywords = name.starts_with("generic_keyword");
        if (name == "item_name" && chars > 200) || (bullet && chars > 500) || (keywords && value.len() > 249) {
            return Err(format!("{name} is too long ({chars} characters, {} bytes)", value.len()));
        }
        let allowed: &[&str] = if name == "product_description" { &["<br>", "<br/>", "<br />"] } else { &[] };
        if (bullet || keywords || matches!(name.as_str(), "item_name" | "product_description"))
            && has_tags(value, allowed)
        {
            return Err(format!("{name} has HTML: {value:?}"));
        }
        if image {
            let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://")).unwrap_or("");
            if rest.is_empty() || !rest.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(format!("{name}: {value:?} is no http(s) URL"));
            }
            if !seen.images.contains(value) {
                seen.images.push(value.clone());
            }
        } else if !FIELDS.contains(&format!(" {name} ")) {
            seen.attributes.push((name.clone(), value.clone()));
        }
    }
    product_id(get(row, "external_product_id_type"), get(row, "external_product_id"), &mut seen)?;
    let list = money("list_price")?;
    seen.price = money("standard_price")?;
    seen.regular_price = list.filter(|l| seen.price.is_some_and(|p| *l > p));
    if let Some(sale) = money("sale_price")? {
        if seen.price.is_none_or(|p| sale >= p) {
            return Err("sale_price is not below standard_price".into());
        }
        seen.regular_price = seen.price.replace(sale);
    }
    seen.stock = get(row, "quantity").map(quantity).transpose()?;
    seen.currency = own("currency");
    if seen.currency.as_ref().is_some_and(|c| c.len() != 3 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
        return Err(format!("currency {:?}", seen.currency));
    }
    seen.condition = own("condition_type").map(|c| c.to_lowercase());
    if let Some(nodes) = get(row, "recommended_browse_nodes") {
        if !nodes.bytes().any(|b| b.is_ascii_digit()) {
            return Err(format!("browse node {nodes:?} has no number"));
        }
        seen.categories.push(vec![nodes.to_string()]);
    }
    if let Some(weight) = money("item_weight")? {
        let unit = get(row, "item_weight_unit_of_measure").ok_or("item_weight without unit")?.to_lowercase();
        let grams = match unit.as_str() {
            "g" | "gr" | "grams" | "gram" | "grammes" | "gramm" | "grammi" | "gramos" => "1",
            u if u == "kg" || u.starts_with("kilogram") || u.starts_with("chilogramm") || u.starts_with("kilo") => {
                "1000"
            }
            "lb" | "lbs" | "pounds" | "pfund" | "livres" => "453.59237",
            "oz" | "ounces" => "28.349523125",
            _ => return Err(format!("unknown weight unit {unit:?}")),
        };
        seen.weight_grams = Decimal::from_str(grams).ok().and_then(|g| weight.checked_mul(g));
    }
    Ok(seen)
}

fn has_tags(text: &str, allowed: &[&str]) -> bool {
    let tag = |rest: &str| rest.starts_with('/') || rest.starts_with(|c: char| c.is_ascii_alphabetic());
    text.match_indices('<').any(|(i, _)| {
        let rest = text.get(i..).unwrap_or("");
        tag(rest.get(1..).unwrap_or("")) && !allowed.iter().any(|a| rest.to_lowercase().starts_with(a))
    })
}

fn quantity(value: &str) -> Result<i64, String> {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or(format!("quantity {value:?} is no whole number"))
}

/// Type and check digit of the product id; EAN/UPC/GTIN/ISBN go to `ean`, an ASIN to `id`.
fn product_id(kind: Option<&str>, value: Option<&str>, seen: &mut Seen) -> Result<(), String> {
    let (kind, value) = match (kind, value) {
        (None, None) => return Ok(()),
        (Some(k), None) if k.to_lowercase().contains("exempt") => return Ok(()),
        (Some(k), Some(v)) => (k.to_uppercase(), v),
        _ => return Err(format!("product id {value:?} with type {kind:?}")),
    };
    let lengths: &[usize] = match kind.as_str() {
        "ASIN" => &[10],
        "EAN" => &[8, 13],
        "UPC" => &[12],
        "GTIN" => &[8, 12, 13, 14],
        "ISBN" => &[10, 13],
        _ => return Err(format!("unknown product id type {kind:?}")),
    };
    let plain = value.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let check = match (kind.as_str(), value.len()) {
        ("ASIN", _) => true,
        (_, 10) => isbn10(value),
        _ => gtin(value).is_ok(),
    };
    if !plain || !lengths.contains(&value.len()) || !check {
        return Err(format!("{kind} {value:?}: wrong length, character or check digit"));
    }
    let slot = if kind == "ASIN" { &mut seen.id } else { &mut seen.ean };
    *slot = Some(value.to_string());
    Ok(())
}

fn isbn10(value: &str) -> bool {
    let digit = |(i, c): (usize, char)| match c {
        'X' if i == 9 => Some(10),
        _ => c.to_digit(10).and_then(|d| u32::try_from(10 - i.min(10)).ok().map(|w| d * w)),
    };
    value.chars().enumerate().map(digit).sum::<Option<u32>>().is_some_and(|s| s % 11 == 0)
}
