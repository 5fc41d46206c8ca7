//! Reads a Magento 2 / Adobe Commerce `catalog_product` CSV the way its importer does (Add/Update of new products, default options:
//! separator `,`, no "fields enclosure").
//!
//! Facts: the fact sheet magento2 (Product.php, CategoryProcessor.php, Validator/Media.php, Configurable.php, Source/Csv.php) and
//! `Filesystem\File\Read::readCsv`, which calls PHP `fgetcsv` with `\` as escape character: inside an enclosed cell `\"` does not close it.
//! Assumed of the shop: root category `Default Category` (left out of `Seen::categories`), weight unit kg. Store-view rows are checked
//! but not returned; sale dates are not looked at; `meta_keywords` and unmapped columns are returned as attributes.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::php::php_csv;
use super::{Seen, number};

type Row = [(String, String)];

/// Columns of the export header (and a few system attributes) that are not attributes of the merchant.
const STANDARD: &str = " sku store_view_code attribute_set_code product_type categories product_websites name description short_description \
weight product_online tax_class_name visibility price special_price special_price_from_date special_price_to_date url_key meta_title \
meta_description base_image base_image_label small_image small_image_label thumbnail_image thumbnail_image_label swatch_image \
swatch_image_label created_at updated_at new_from_date new_to_date display_product_options_in map_price msrp_price map_enabled \
gift_message_available custom_design custom_design_from custom_design_to custom_layout_update page_layout product_options_container \
msrp_display_actual_price_type additional_attributes qty out_of_stock_qty use_config_min_qty is_qty_decimal allow_backorders \
use_config_backorders min_cart_qty use_config_min_sale_qty max_cart_qty use_config_max_sale_qty is_in_stock notify_on_stock_below \
use_config_notify_stock_qty manage_stock use_config_manage_stock use_config_qty_increments qty_increments use_config_enable_qty_inc \
enable_qty_increments is_decimal_divided website_id deferred_stock_update use_config_deferred_stock_update related_skus related_position \
crosssell_skus crosssell_position upsell_skus upsell_position additional_images additional_image_labels hide_from_product_page \
custom_options bundle_price_type bundle_sku_type bundle_price_view bundle_weight_type bundle_values bundle_shipment_type associated_skus \
downloadable_links downloadable_samples configurable_variations configurable_variation_labels has_options required_options \
quantity_and_stock_status cost ean ean13 gtin barcode upc brand manufacturer ";

/// Attribute codes that are accepted in place of the file's column names (`Product::$_fieldsMap`).
const ALIASES: &[(&str, &str)] = &[
    ("image", "base_image"),
    ("thumbnail", "thumbnail_image"),
    ("_media_image", "additional_images"),
    ("status", "product_online"),
    ("news_from_date", "new_from_date"),
    ("news_to_date", "new_to_date"),
    ("msrp", "msrp_price"),
    ("msrp_enabled", "map_enabled"),
    ("minimal_price", "map_price"),
    ("special_from_date", "special_price_from_date"),
    ("special_to_date", "special_price_to_date"),
    ("options_container", "display_product_options_in"),
    ("min_qty", "out_of_stock_qty"),
    ("backorders", "allow_backorders"),
    ("min_sale_qty", "min_cart_qty"),
    ("max_sale_qty", "max_cart_qty"),
    ("notify_stock_qty", "notify_on_stock_below"),
    ("meta_keyword", "meta_keywords"),
];
const HIDDEN: &str = "Not Visible Individually";
const EMPTY: &str = "__EMPTY__VALUE__";

/// Reads the file; `Err` says what Magento would refuse or spoil.
pub fn magento(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("illegalCharacters: not UTF-8: {e}"))?;
    let mut lines = php_csv(text.strip_prefix('\u{feff}').unwrap_or(text))?.into_iter();
    let header = header(lines.next().ok_or("the file is empty")?)?;
    let mut out: Vec<Seen> = Vec::new();
    let mut types: Vec<String> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut url_keys: HashMap<(String, String), String> = HashMap::new();
    for (n, cells) in lines.enumerate() {
        let at = |m: String| format!("data row {}: {m}", n + 1);
        if cells.len() != header.len() {
            return Err(at(format!("wrongColumnsNumber: {} cells under {} columns", cells.len(), header.len())));
        }
        let row = merge(&header, cells).map_err(at)?;
        let sku = checked_sku(&row).map_err(at)?;
        let at = |m: String| format!("data row {} ({sku}): {m}", n + 1);
        let store = get(&row, "store_view_code").unwrap_or("").to_string();
        lengths(&row).map_err(at)?;
        url_key_is_free(&row, &store, &sku, &mut url_keys).map_err(at)?;
        let known = index.get(&sku.to_lowercase()).copied();
        if !store.is_empty() {
            if known.is_none() {
                return Err(at("store view row without a default row before it".into()));
            }
            if get(&row, "configurable_variations").is_some() {
                return Err(at("configurable_variations on a store view row".into()));
            }
            continue;
        }
        if known.is_some() {
            return Err(at("the SKU stands twice: the second row overwrites the first".into()));
        }
        let (mut seen, kind) = product(&row, &sku).map_err(at)?;
        match (kind.as_str(), get(&row, "configurable_variations")) {
            ("configurable", Some(list)) => {
                let labels = labels(get(&row, "configurable_variation_labels")).map_err(at)?;
                link_variations(list, &labels, &sku, &mut out, &types, &index).map_err(at)?;
                seen.is_parent = true;
            }
            ("configurable", None) => {
                return Err(at("configurable without configurable_variations".into()));
            }
            (_, Some(_)) => return Err(at(format!("configurable_variations on a {kind} product"))),
            (_, None) => {}
        }
        index.insert(sku.to_lowercase(), out.len());
        out.push(seen);
        types.push(kind);
    }
    Ok(out)
}

fn header(cells: Vec<String>) -> Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    for cell in cells {
        if cell.is_empty() || !cell.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            return Err(format!("header cell {cell:?}: only lower-case letters, digits and _ are matched"));
        }
        let name = ALIASES.iter().find(|(code, _)| *code == cell).map_or(cell.as_str(), |(_, file)| *file).to_string();
        if out.contains(&name) {
            return Err(format!("duplicateColumns: {cell}"));
        }
        out.push(name);
    }
    for need in ["sku", "attribute_set_code", "product_type", "name", "price"] {
        if !out.iter().any(|h| h == need) {
            return Err(format!("required column {need} is missing"));
        }
    }
    Ok(out)
}

/// Cells by column, with the pairs of `additional_attributes` put over them (they win).
fn merge(header: &[String], cells: Vec<String>) -> Result<Vec<(String, String)>, String> {
    let mut row: Vec<(String, String)> = header.iter().cloned().zip(cells).collect();
    let Some(list) = get(&row, "additional_attributes").map(str::to_string) else {
        return Ok(row);
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    for piece in list.split(',') {
        match piece.split_once('=') {
            Some((code, value)) => {
                let code = code.to_lowercase();
                let start = code.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
                if !start || !code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return Err(format!("additional_attributes: {code:?} is taken for an attribute code and dropped"));
                }
                if pairs.iter().any(|(c, _)| *c == code) {
                    return Err(format!("additional_attributes: {code} stands twice"));
                }
                pairs.push((code, value.to_string()));
            }
            None => match pairs.last_mut() {
                Some((_, value)) => {
                    value.push(',');
                    value.push_str(piece);
                }
                None => {
                    return Err(format!("additional_attributes: {piece:?} has no attribute code"));
                }
            },
        }
    }
    for (code, value) in pairs {
        let name = ALIASES.iter().find(|(c, _)| *c == code).map_or(code.as_str(), |(_, file)| *file).to_string();
        row.retain(|(n, _)| *n != name);
        row.push((name, value));
    }
    Ok(row)
}

fn get<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty() && *v != EMPTY)
}

fn checked_sku(row: &Row) -> Result<String, String> {
    let sku = get(row, "sku").ok_or("blank sku")?;
    if sku.chars().count() > 64 {
        return Err(format!("SKU {sku:?} is longer than 64"));
    }
    if sku.trim() != sku || sku.chars().any(char::is_control) {
        return Err(format!("SKU {sku:?} has blanks at its ends or control characters"));
    }
    Ok(sku.to_string())
}

fn lengths(row: &Row) -> Result<(), String> {
    for (name, value) in row {
        let varchar = name.ends_with("_label")
            || matches!(
                name.as_str(),
                "name" | "url_key" | "meta_title" | "meta_description" | "tax_class_name" | "attribute_set_code"
            )
            || matches!(name.as_str(), "base_image" | "small_image" | "thumbnail_image" | "swatch_image");
        let count = value.chars().count();
        if (varchar && count > 255) || count > 65_535 {
            return Err(format!("{name}: {count} characters are too many"));
        }
    }
    Ok(())
}

/// `duplicatedUrlKey`. A key made from the name is not looked at for hidden products (they get no URL), a given one always is.
fn url_key_is_free(
    row: &Row,
    store: &str,
    sku: &str,
    taken: &mut HashMap<(String, String), String>,
) -> Result<(), String> {
    let key = match (get(row, "url_key"), get(row, "name")) {
        (Some(key), _) => {
            if !key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
                return Err(format!("url_key {key:?} is no path segment"));
            }
            key.to_lowercase()
        }
        (None, Some(name)) if get(row, "visibility") != Some(HIDDEN) => {
            let dashed: String =
                name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            dashed.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-")
        }
        _ => return Ok(()),
    };
    match taken.insert((store.to_string(), key.clone()), sku.to_string()) {
        Some(other) if !other.eq_ignore_ascii_case(sku) => {
            Err(format!("duplicatedUrlKey: {key} also belongs to {other}"))
        }
        _ => Ok(()),
    }
}

fn product(row: &Row, sku: &str) -> Result<(Seen, String), String> {
    let need = |name: &str| get(row, name).ok_or(format!("{name} is blank"));
    let kind = need("product_type")?.to_string();
    if !matches!(kind.as_str(), "simple" | "virtual" | "configurable" | "grouped" | "bundle" | "downloadable") {
        return Err(format!("unknown product_type {kind:?}"));
    }
    need("attribute_set_code")?;
    let own = |name: &str| get(row, name).map(str::to_string);
    let first = |names: &[&str]| names.iter().find_map(|&n| own(n));
    let money = |name: &str| get(row, name).map(|v| number(name, v)).transpose();
    let mut seen = Seen { sku: Some(sku.to_string()), title: Some(need("name")?.to_string()), ..Seen::default() };
    if matches!(kind.as_str(), "simple" | "virtual" | "downloadable") {
        need("price")?;
    }
    seen.price = money("price")?;
    if let Some(special) = money("special_price")?
        && seen.price.is_some_and(|p| special < p)
    {
        seen.regular_price = seen.price.replace(special);
    }
    for name in ["msrp_price", "map_price"] {
        money(name)?;
    }
    seen.cost = money("cost")?;
    seen.weight_grams = money("weight")?.and_then(|kg| kg.checked_mul(Decimal::from(1000)));
    if seen.weight_grams.is_some() && matches!(kind.as_str(), "virtual" | "downloadable") {
        return Err(format!("weight on a {kind} product"));
    }
    if let Some(v) = get(row, "visibility")
        && ![HIDDEN, "Catalog", "Search", "Catalog, Search"].contains(&v)
    {
        return Err(format!("unknown visibility {v:?}"));
    }
    seen.published = match get(row, "product_online") {
        None => None,
        Some("1") => Some(true),
        Some("0" | "2") => Some(false),
        Some(v) => return Err(format!("product_online {v:?}")),
    };
    for name in ["is_in_stock", "manage_stock", "is_qty_decimal"] {
        if let Some(v) = get(row, name).filter(|v| !matches!(*v, "0" | "1")) {
            return Err(format!("{name} {v:?} is neither 0 nor 1"));
        }
    }
    if let Some(sites) = get(row, "product_websites")
        && sites.split(',').any(|s| s.is_empty() || !s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    {
        return Err(format!("product_websites {sites:?}: not website codes"));
    }
    if let Some(qty) = get(row, "qty") {
        let whole = number("qty", qty.strip_prefix('-').unwrap_or(qty))?;
        if !whole.fract().is_zero() && get(row, "is_qty_decimal") != Some("1") {
            return Err(format!("qty {qty:?} is not whole"));
        }
        let whole = i64::try_from(whole.trunc()).map_err(|_| format!("qty {qty:?}"))?;
        seen.stock = Some(if qty.starts_with('-') { -whole } else { whole });
    }
    seen.categories = categories(get(row, "categories").unwrap_or(""))?;
    seen.images = images(row)?;
    if let Some(list) = get(row, "associated_skus") {
        for part in list.split(',') {
            let (_, qty) = part.split_once('=').ok_or(format!("associated_skus: {part:?} is not sku=qty"))?;
            number("associated_skus", qty)?;
        }
    }
    seen.description = own("description");
    seen.short_description = own("short_description");
    seen.ean = first(&["ean", "ean13", "gtin", "barcode", "upc"]);
    seen.brand = first(&["brand", "manufacturer"]);
    seen.seo_title = own("meta_title");
    seen.seo_description = own("meta_description");
    seen.slug = own("url_key").map(|k| k.to_lowercase());
    let custom = row.iter().filter(|(n, v)| !STANDARD.contains(&format!(" {n} ")) && !v.is_empty() && v != EMPTY);
    seen.attributes = custom.cloned().collect();
    Ok((seen, kind))
}

/// Paths without the root; `\/` is a slash inside a name; a comma always ends the path.
fn categories(list: &str) -> Result<Vec<Vec<String>>, String> {
    let mut out: Vec<Vec<String>> = Vec::new();
    for path in list.split(',').filter(|_| !list.is_empty()) {
        let mut parts = vec![String::new()];
        let mut before = ' ';
        for c in path.chars() {
            if c == '/' && before != '\\' {
                parts.push(String::new());
            } else if let Some(last) = parts.last_mut() {
                if c == '/' {
                    last.pop();
                }
                last.push(c);
            }
            before = c;
        }
        if parts.iter().any(|p| p.trim().is_empty() || p.trim() != p || p.chars().count() > 255) {
            return Err(format!("category path {path:?}: blank, padded or over-long name"));
        }
        if parts.first().is_none_or(|root| !root.eq_ignore_ascii_case("Default Category")) {
            return Err(format!("category path {path:?} is not below Default Category"));
        }
        let below = parts.split_off(1);
        if !below.is_empty() && !out.contains(&below) {
            out.push(below);
        }
    }
    Ok(out)
}

fn images(row: &Row) -> Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    let extra: Vec<&str> = get(row, "additional_images").map(|v| v.split(',').collect()).unwrap_or_default();
    if let Some(labels) = get(row, "additional_image_labels")
        && labels.split(',').count() != extra.len()
    {
        return Err("additional_image_labels do not align with additional_images".into());
    }
    let roles = ["small_image", "thumbnail_image", "swatch_image"].map(|n| get(row, n));
    for image in get(row, "base_image").into_iter().chain(extra).chain(roles.into_iter().flatten()) {
        if image == "no_selection" {
            continue;
        }
        if !is_url(image) && !is_path(image) {
            return Err(format!("invalidMediaUrlOrPath: {image:?}"));
        }
        if !out.iter().any(|seen| seen == image) {
            out.push(image.to_string());
        }
    }
    Ok(out)
}

fn is_path(v: &str) -> bool {
    !v.is_empty() && !v.contains("..") && v.chars().all(|c| c.is_ascii_alphanumeric() || "_-./\\".contains(c))
}

fn is_url(v: &str) -> bool {
    let Some(rest) = v.strip_prefix("https://").or_else(|| v.strip_prefix("http://")) else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    name.split('.').all(label) && digits && !path.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn labels(cell: Option<&str>) -> Result<HashMap<String, String>, String> {
    let mut out = HashMap::new();
    for pair in cell.into_iter().flat_map(|c| c.split(',')) {
        let (code, label) = pair.split_once('=').ok_or(format!("configurable_variation_labels: {pair:?}"))?;
        out.insert(code.to_string(), label.to_string());
    }
    Ok(out)
}

/// Reads `configurable_variations` and marks the children, which must stand before the parent and carry the same values themselves.
fn link_variations(
    list: &str,
    labels: &HashMap<String, String>,
    parent: &str,
    out: &mut [Seen],
    types: &[String],
    index: &HashMap<String, usize>,
) -> Result<(), String> {
    let (mut combinations, mut skus) = (HashSet::new(), HashSet::new());
    let mut codes: Option<Vec<String>> = None;
    for variation in list.split('|') {
        let (mut sku, mut pairs): (Option<String>, Vec<(String, String)>) = (None, Vec::new());
        for pair in variation.split(',') {
            let (code, value) = pair.split_once('=').ok_or(format!("configurable_variations: {pair:?} has no ="))?;
            match code {
                "sku" => sku = Some(value.to_string()),
                "position" | "display" => {}
                _ if value.is_empty() || pairs.iter().any(|(c, _)| c == code) => {
                    return Err(format!("configurable_variations: {pair:?}"));
                }
                _ => pairs.push((code.to_string(), value.to_string())),
            }
        }
        let sku = sku
            .filter(|s| !s.is_empty() && !pairs.is_empty())
            .ok_or(format!("unidentifiableVariation: {variation:?}"))?;
        let mut sorted = pairs.clone();
        sorted.sort();
        let own: Vec<String> = sorted.iter().map(|(c, _)| c.clone()).collect();
        if codes.get_or_insert_with(|| own.clone()) != &own {
            return Err(format!("variation {sku} does not have the same attributes as the first one"));
        }
        if !combinations.insert(sorted) || !skus.insert(sku.to_lowercase()) {
            return Err(format!("duplicatedVariations: {variation:?}"));
        }
        let i = *index
            .get(&sku.to_lowercase())
            .ok_or(format!("configurable_variations: {sku} is unknown or stands after its parent"))?;
        if types.get(i).is_none_or(|t| !matches!(t.as_str(), "simple" | "virtual" | "downloadable")) {
            return Err(format!("configurable_variations: {sku} is not a simple product"));
        }
        let Some(child) = out.get_mut(i) else {
            continue;
        };
        for (code, value) in pairs {
            match child.attributes.iter().position(|(c, v)| *c == code && *v == value) {
                Some(p) => drop(child.attributes.remove(p)),
                None if child.parent.is_some() => {}
                None => return Err(format!("child {sku} does not carry {code}={value} itself")),
            }
            if child.parent.is_none() || child.parent.as_deref() == Some(parent) {
                child.options.push((labels.get(&code).cloned().unwrap_or(code), value));
            }
        }
        child.parent.get_or_insert_with(|| parent.to_string());
    }
    if let Some(code) = labels.keys().find(|l| codes.as_ref().is_none_or(|c| !c.contains(l))) {
        return Err(format!("configurable_variation_labels: {code} is no attribute of the variations"));
    }
    Ok(())
}
