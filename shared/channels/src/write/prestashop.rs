//! `PrestaShop`'s files of products, combinations and categories. Source: `AdminImportController.php` of 9.1 and of
//! 8.0.
//!
//! The importer identifies columns by their position and never reads a header, so the columns have the order of the
//! shop's version. Multi-value separator `,`, field separator `;`. Prices of combinations are differences to the
//! product's price without VAT. Import the categories first, then the products, then the combinations, with "use
//! product reference as key".

use std::borrow::Cow;
use std::collections::BTreeSet;

use messages::channels as say;
use product::{Content, ProductStatus, Weight, WeightUnit};
use rust_decimal::Decimal;

use crate::column::{Column, Demand, Of, blank, column};
use crate::demands::{gtin, price};
use crate::fields::{CellText, decimal, money, number, text};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::options::LayoutOptions;
use crate::render::{Disarm, Render};
use crate::values::{encoded, weight_in};
use crate::{Item, LeftOut, Listing};

const PRODUCTS: usize = 1;
const COMBINATIONS: usize = 2;

fn is_name(text: &str) -> bool {
    !text.contains(['<', '>', ';', '=', '#', '{', '}'])
}

fn products(version: u16) -> Vec<Column> {
    use Of::Line as Every;
    let digits = if version >= 9 { 14 } else { 13 };
    let flag = |name: &'static str, on: bool| {
        let text: CellText = if on { |_| Cow::Borrowed("1") } else { |_| Cow::Borrowed("0") };
        column(name, Every, text)
    };
    let mut columns = vec![
        column("Product ID", Every, |l| Cow::Borrowed(l.item.identifier("prestashop.id"))),
        column("Active (0/1)", Every, |l| {
            Cow::Borrowed(if l.item.content.status == ProductStatus::Active { "1" } else { "0" })
        }),
        column("Name", Every, |l| Cow::Borrowed(&l.item.content.title)).filled().most(128).demand(Demand::That(
            "name_invalid",
            is_name,
            || say::expected_name_without("< > ; = # { }"),
        )),
        column("Categories (x,y,z...)", Every, categories),
        column("Price tax excluded", Every, |l| decimal(net(l.item, l.item))).demand(price()),
        column("Price tax included", Every, |l| money(l.regular_price())).demand(price()),
        column("Tax rules ID", Every, |l| {
            l.options.tax_rules_group.map_or(Cow::Borrowed(""), |id| Cow::Owned(id.to_string()))
        }),
        column("Wholesale price", Every, |l| money(l.item.content.cost_price)).demand(price()),
        column("On sale (0/1)", Every, |l| Cow::Borrowed(if l.sale_price().is_some() { "1" } else { "0" })),
        column("Discount amount", Every, |l| {
            money(l.sale_price().and_then(|sale| l.regular_price().map(|regular| regular - sale)))
        }),
        blank("Discount percent", Every),
        blank("Discount from (yyyy-mm-dd)", Every),
        blank("Discount to (yyyy-mm-dd)", Every),
        // Without a reference the next import cannot find the product.
        column("Reference", Every, |l| Cow::Borrowed(l.item.code())).filled().most(64),
        column("Supplier reference", Every, |l| text(&l.item.content.supplier_reference)).most(64),
        column("Supplier", Every, |l| text(&l.item.supplier)),
        column("Manufacturer", Every, |l| text(&l.item.content.brand)),
        column("EAN13", Every, |l| text(&l.item.content.ean)).most(digits).demand(gtin()),
        blank("UPC", Every),
        blank("MPN", Every).most(40),
        blank("Ecotax", Every),
        column("Width", Every, |l| decimal(l.sides()[1])),
        column("Height", Every, |l| decimal(l.sides()[2])),
        column("Depth", Every, |l| decimal(l.sides()[0])),
        column("Weight", Every, |l| decimal(l.weight())),
        blank("Delivery time of in-stock products", Every),
        blank("Delivery time of out-of-stock products with allowed orders", Every),
        column("Quantity", Every, |l| number(l.item.content.stock)),
        column("Minimal quantity", Every, |_| Cow::Borrowed("1")),
        blank("Low stock level", Every),
        flag("Send me an email when the quantity is under this level", false),
    ];
    if version >= 9 {
        columns.push(blank("Stock location", Every));
    }
    columns.extend([
        column("Visibility", Every, |_| Cow::Borrowed("both")),
        blank("Additional shipping cost", Every),
        blank("Unity", Every),
        blank("Unit price", Every),
        column("Summary", Every, |l| text(&l.item.content.short_description)),
        column("Description", Every, |l| text(&l.item.content.description)),
        column("Tags (x,y,z...)", Every, |l| {
            Cow::Owned(l.tags().iter().filter(|tag| !tag.contains(',')).cloned().collect::<Vec<_>>().join(","))
        }),
        column("Meta title", Every, |l| text(&l.item.content.seo_title)).most(255),
    ]);
    if version < 9 {
        columns.push(blank("Meta keywords", Every));
    }
    columns.extend([
        column("Meta description", Every, |l| text(&l.item.content.seo_description)).most(512),
        column("URL rewritten", Every, |l| text(&l.item.content.slug)).most(128),
        blank("Text when in stock", Every),
        blank("Text when backorder allowed", Every),
        flag("Available for order (0 = No, 1 = Yes)", true),
        blank("Product available date", Every),
        blank("Product creation date", Every),
        flag("Show price (0 = No, 1 = Yes)", true),
        column("Image URLs (x,y,z...)", Every, |l| images(l.item)),
        column("Image alt texts (x,y,z...)", Every, |l| alts(l.item)),
        // Without it each import would add the images again.
        column("Delete existing images (0 = No, 1 = Yes)", Every, |l| {
            Cow::Borrowed(if l.item.images().is_empty() { "0" } else { "1" })
        }),
        column("Feature (Name:Value:Position:Customized)", Every, |l| Cow::Owned(features(l.item).0)),
        flag("Available online only (0 = No, 1 = Yes)", false),
        column("Condition", Every, |l| Cow::Borrowed(l.options.condition.as_deref().unwrap_or("new"))),
        flag("Customizable (0 = No, 1 = Yes)", false),
        flag("Uploadable files (0 = No, 1 = Yes)", false),
        flag("Text fields (0 = No, 1 = Yes)", false),
        column("Out of stock action", Every, |_| Cow::Borrowed("2")),
        flag("Virtual product", false),
        blank("File URL", Every),
        blank("Number of allowed downloads", Every),
        blank("Expiration date", Every),
        blank("Number of days", Every),
        blank("ID / Name of shop", Every),
    ]);
    if version < 9 {
        columns.extend([
            blank("Advanced stock management", Every),
            blank("Depends On Stock", Every),
            blank("Warehouse", Every),
        ]);
    }
    columns.push(blank("Accessories (x,y,z...)", Every));
    columns
}

fn combinations(version: u16) -> Vec<Column> {
    use Of::Line as Every;
    let mut columns = vec![
        column("Product ID", Every, |l| Cow::Borrowed(l.listing.item.identifier("prestashop.id"))),
        column("Product Reference", Every, |l| Cow::Borrowed(l.listing.item.code())).filled(),
        column("Attribute (Name:Type:Position)", Every, |l| axes(l, |axis, _, at| format!("{axis}:select:{at}")))
            .filled(),
        column("Value (Value:Position)", Every, |l| axes(l, |_, value, at| format!("{value}:{at}"))).filled(),
        column("Supplier reference", Every, |l| text(&l.item.content.supplier_reference)).most(64),
        column("Reference", Every, |l| Cow::Borrowed(l.item.code())).filled().most(64),
        column("EAN13", Every, |l| text(&l.item.content.ean)).most(if version >= 9 { 14 } else { 13 }).demand(gtin()),
        blank("UPC", Every),
        blank("MPN", Every),
        column("Wholesale price", Every, |l| money(l.item.content.cost_price)),
        column("Impact on price", Every, |l| six(impact(l, net))),
        blank("Ecotax", Every),
        column("Quantity", Every, |l| number(l.item.content.stock)),
        column("Minimal quantity", Every, |_| Cow::Borrowed("1")),
        blank("Low stock level", Every),
        blank("Send me an email when the quantity is under this level", Every),
    ];
    if version >= 9 {
        columns.push(blank("Stock location", Every));
    }
    columns.extend([
        column("Impact on weight", Every, |l| {
            let grams = impact(l, |item, _| item.content.weight.map(|weight| weight.grams()));
            // A lighter variant has a negative impact.
            let in_unit = |grams: Decimal| {
                weight_in(Some(Weight { value: grams, unit: WeightUnit::Gram }), l.options.weight_unit)
            };
            six(grams.and_then(|grams| {
                in_unit(grams.abs()).map(|weight| if grams.is_sign_negative() { -weight } else { weight })
            }))
        }),
        column("Default (0 = No, 1 = Yes)", Every, |l| Cow::Borrowed(if l.number == 1 { "1" } else { "0" })),
        blank("Combination available date", Every),
        blank("Choose among product images by position (1,2,3...)", Every),
        column("Image URLs (x,y,z...)", Every, |l| images(l.item)),
        column("Image alt texts (x,y,z...)", Every, |l| alts(l.item)),
        blank("ID / Name of shop", Every),
    ]);
    if version < 9 {
        columns.extend([
            blank("Advanced stock management", Every),
            blank("Depends On Stock", Every),
            blank("Warehouse", Every),
        ]);
    }
    columns
}

pub(crate) fn tables(options: &LayoutOptions) -> Vec<Table> {
    let version = options.version.unwrap_or(9);
    let csv = || Render::Csv { delimiter: b';', mark: false, disarm: Disarm::None, header: true, list: "\n" };
    let categories = [
        "Category ID",
        "Active (0/1)",
        "Name",
        "Parent category",
        "Root category (0/1)",
        "Description",
        "Meta title",
        "Meta description",
        "URL rewritten",
        "Image URL",
        "ID / Name of shop",
    ];
    vec![
        Table::new(
            TableInfo::optional("categories", "csv"),
            categories.into_iter().map(|name| blank(name, Of::Line)).collect(),
            csv(),
        ),
        Table::new(TableInfo::new("products", "csv"), products(version), csv()),
        Table::new(TableInfo::optional("combinations", "csv"), combinations(version), csv()),
    ]
}

#[derive(Default)]
pub(crate) struct PrestaShop {
    categories: BTreeSet<Vec<String>>,
}

impl Shape for PrestaShop {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        let product = Line::product(listing, &options);
        if listing.item.content.price.is_none()
            && net(&listing.item, &listing.item).is_none()
            && listing.variants.is_empty()
        {
            return Err(LeftOut::new("price_missing", "Price tax included", say::prestashop_price_missing()));
        }
        let kept = sheet.sellable(COMBINATIONS, listing, |variant| refusal(listing, variant))?;
        for tag in product.tags().iter().filter(|tag| tag.contains(',')) {
            sheet.warn("tag_left_out", "Tags (x,y,z...)", say::tag_left_out("PrestaShop", tag));
        }
        for name in features(&listing.item).1 {
            let message = say::prestashop_feature_left_out(name);
            sheet.warn("feature_left_out", "Feature (Name:Value:Position:Customized)", message);
        }
        sheet.line(PRODUCTS, &product)?;
        for path in product.categories() {
            if !is_valid(&path) {
                let message = say::prestashop_category_left_out(path.join(" > "));
                sheet.warn("category_left_out", "Categories (x,y,z...)", message);
            } else {
                for depth in 1..=path.len() {
                    self.categories.insert(path[..depth].to_vec());
                }
            }
        }
        for (at, variant) in kept.into_iter().enumerate() {
            sheet.line(COMBINATIONS, &Line::variant(listing, variant, &options, at + 1))?;
        }
        Ok(())
    }

    /// Writes the categories of the products. The order of the set puts parents before their children.
    fn finish(&mut self, sheet: &mut Sheet) -> Result<(), LeftOut> {
        for path in std::mem::take(&mut self.categories) {
            let name = path.last().cloned().unwrap_or_default();
            let parent = if path.len() > 1 { path[path.len() - 2].clone() } else { "Home".to_owned() };
            let cells = ["", "1", name.as_str(), parent.as_str(), "0", "", "", "", "", "", ""];
            sheet.raw(0, |out, _| crate::render::csv_line(out, &cells, b';'));
        }
        Ok(())
    }
}

/// Returns the price without VAT and outside a sale, with six decimals as in the shop: the known one, else from the
/// price and the VAT rate. A variant without a rate has the rate of its parent.
fn net(item: &Item, parent: &Item) -> Option<Decimal> {
    let content = &item.content;
    let sale = content.compare_at_price.zip(content.price).filter(|(before, price)| before > price && !price.is_zero());
    if let Some(net) = content.net_price {
        // The known price is the one in the sale.
        let factor = sale.map_or(Decimal::ONE, |(before, price)| before / price);
        return net.checked_mul(factor).map(|net| net.round_dp(6).normalize());
    }
    let gross = sale.map(|(before, _)| before).or(content.price)?;
    let rate = content.tax_rate.or(parent.content.tax_rate)?;
    gross.checked_div(Decimal::ONE + rate / Decimal::ONE_HUNDRED).map(|net| net.round_dp(6).normalize())
}

/// Returns the difference between a variant and its product; `None` if the variant has no value of its own.
fn impact(line: &Line<'_>, of: fn(&Item, &Item) -> Option<Decimal>) -> Option<Decimal> {
    let parent = &line.listing.item;
    Some(of(line.item, parent)? - of(parent, parent).unwrap_or_default())
}

fn six(amount: Option<Decimal>) -> Cow<'static, str> {
    let mut amount = amount.unwrap_or_default().round_dp(6);
    amount.rescale(6);
    Cow::Owned(amount.to_string())
}

/// Returns the categories as `A/B/C`, the main one first. A path with a comma is quoted. A name of digits would be read
/// as an id.
fn categories<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let paths = line.categories();
    Cow::Owned(
        paths.iter().filter(|path| is_valid(path)).map(|path| enclosed(&path.join("/"))).collect::<Vec<_>>().join(","),
    )
}

/// Returns `true` for a path of categories that the format can hold.
fn is_valid(path: &[String]) -> bool {
    path.iter().all(|name| !name.contains('/') && !name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns a part of a list, in quotes if necessary.
fn enclosed(part: &str) -> String {
    if part.contains([',', '"']) { format!("\"{}\"", part.replace('"', "\"\"")) } else { part.to_owned() }
}

fn images(item: &Item) -> Cow<'_, str> {
    Cow::Owned(item.images().iter().map(|url| encoded(url).replace(',', "%2C")).collect::<Vec<_>>().join(","))
}

fn alts(item: &Item) -> Cow<'_, str> {
    let alt = item.content.title.replace(',', " ");
    Cow::Owned(item.images().iter().map(|_| alt.as_str()).collect::<Vec<_>>().join(","))
}

/// Returns the features as `Name:Value:Position:0`, and the names of those that the format cannot hold.
fn features(item: &Item) -> (String, Vec<String>) {
    let (mut features, mut left) = (Vec::new(), Vec::new());
    let splits = |text: &str| text.contains([',', ':']);
    for attribute in &item.attributes {
        for value in &attribute.values {
            if splits(&attribute.name) || splits(value) {
                left.push(attribute.name.clone());
            } else {
                features.push(format!("{}:{}:{}:0", attribute.name, value, features.len() + 1));
            }
        }
    }
    (features.join(","), left)
}

/// Returns the axes as `Color:select:0,Size:select:1` or `Blue:0,M:1`: names and values have the same order.
fn axes<'l>(line: &Line<'l>, format: fn(&str, &str, usize) -> String) -> Cow<'l, str> {
    let all = line.options_of().enumerate().map(|(at, (axis, value))| format(axis, value, at));
    Cow::Owned(all.collect::<Vec<_>>().join(","))
}

/// Returns why a variant cannot be a combination; `None` if it can.
fn refusal(listing: &Listing, variant: &Item) -> Option<LeftOut> {
    let options = &variant.content.options;
    let axes = &listing.item.content.option_axes;
    let splits = |text: &&String| text.contains([',', ':']);
    if let Some(text) = axes.iter().chain(options.values()).find(splits) {
        return Some(LeftOut::new("option_invalid", "Value (Value:Position)", say::prestashop_option_invalid(text)));
    }
    let (own, base) = (&variant.content, &listing.item.content);
    // The same price has no difference, whatever the rate.
    let same = |price: fn(&Content) -> Option<Decimal>| price(own).is_none() || price(own) == price(base);
    let same = same(|content| content.price)
        && same(|content| content.compare_at_price)
        && same(|content| content.net_price)
        && (own.tax_rate.is_none() || own.tax_rate == base.tax_rate);
    if !same && (net(variant, &listing.item).is_none() || net(&listing.item, &listing.item).is_none()) {
        return Some(LeftOut::new("price_base_missing", "Impact on price", say::prestashop_net_price_missing()));
    }
    None
}
