//! The fields of a product by name: the columns of the layout `products`, and the values for mappings and expressions.

use std::borrow::Cow;

use product::{Content, Dimensions};
use rust_decimal::Decimal;

use crate::line::Line;

/// Returns the text of a cell of a line; blank if it is not known.
pub(crate) type CellText = for<'l> fn(&'l Line<'l>) -> Cow<'l, str>;

/// The fields that every product has, in the order of the layout `products`. Attributes, other languages and
/// identifiers are named `attributes.<code>`, `texts.<locale>.<field>` and `identifiers.<key>`.
pub(crate) const FIELDS: &[(&str, CellText)] = &[
    ("sku", |l| text(&l.item.content.sku)),
    ("ean", |l| text(&l.item.content.ean)),
    ("title", |l| Cow::Borrowed(&l.item.content.title)),
    ("brand", |l| text(&l.item.content.brand)),
    ("category", category),
    ("price", |l| decimal(l.item.content.price)),
    ("net_price", |l| decimal(l.item.content.net_price)),
    ("compare_at_price", |l| decimal(l.item.content.compare_at_price)),
    ("cost_price", |l| decimal(l.item.content.cost_price)),
    ("currency", |l| text(&l.item.content.currency)),
    ("tax_rate", |l| decimal(l.item.content.tax_rate)),
    ("stock", |l| number(l.item.content.stock)),
    ("status", |l| Cow::Borrowed(l.item.content.status.as_str())),
    ("description", |l| text(&l.item.content.description)),
    ("short_description", |l| text(&l.item.content.short_description)),
    ("weight", weight),
    ("length", |l| side(l, |size| size.length)),
    ("width", |l| side(l, |size| size.width)),
    ("height", |l| side(l, |size| size.height)),
    ("image_urls", |l| Cow::Owned(l.item.images().join("\n"))),
    ("supplier", |l| text(&l.item.supplier)),
    ("supplier_reference", |l| text(&l.item.content.supplier_reference)),
    ("parent", |l| if l.is_variant() { Cow::Borrowed(l.listing.item.code()) } else { Cow::Borrowed("") }),
    ("option1_name", |l| axis(l, 0).0),
    ("option1_value", |l| axis(l, 0).1),
    ("option2_name", |l| axis(l, 1).0),
    ("option2_value", |l| axis(l, 1).1),
    ("option3_name", |l| axis(l, 2).0),
    ("option3_value", |l| axis(l, 2).1),
    ("tags", |l| Cow::Owned(l.item.content.tags.as_deref().unwrap_or_default().join(", "))),
    ("family", |l| text(&l.item.content.family)),
    ("seo_title", |l| text(&l.item.content.seo_title)),
    ("seo_description", |l| text(&l.item.content.seo_description)),
    ("slug", |l| text(&l.item.content.slug)),
    // Only exported when a mapping names them.
    ("id", |l| Cow::Owned(l.item.id.to_string())),
    ("categories", |l| {
        Cow::Owned(l.item.categories.iter().map(|path| path.join(" > ")).collect::<Vec<_>>().join("\n"))
    }),
    ("main_image", |l| Cow::Borrowed(l.item.images().first().map_or("", String::as_str))),
    ("weight_grams", |l| decimal(l.item.content.weight.map(|weight| weight.grams()))),
    ("attributes", |l| {
        let texts = l.item.attributes.iter().map(|one| format!("{}: {}", one.name, one.values.join(", ")));
        Cow::Owned(texts.collect::<Vec<_>>().join("\n"))
    }),
];

/// How many of [`FIELDS`] the layout `products` has by default.
pub(crate) const USUAL: usize = 34;

/// A field of a product, resolved from its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldRef {
    Of(usize),
    Attribute(String),
    Texts(String, String),
    Identifier(String),
}

impl FieldRef {
    /// Returns the field with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some(at) = FIELDS.iter().position(|(known, _)| *known == name) {
            return Some(Self::Of(at));
        }
        if let Some(code) = name.strip_prefix("attributes.") {
            return product::is_code(code).then(|| Self::Attribute(code.to_owned()));
        }
        if let Some(key) = name.strip_prefix("identifiers.") {
            return (!key.is_empty()).then(|| Self::Identifier(key.to_owned()));
        }
        let (locale, field) = name.strip_prefix("texts.")?.split_once('.')?;
        let known = ["title", "description", "short_description", "seo_title", "seo_description"].contains(&field);
        (known && product::LOCALES.contains(&locale)).then(|| Self::Texts(locale.to_owned(), field.to_owned()))
    }

    /// Returns its text for the product of a line; blank if it is not known.
    pub(crate) fn text<'l>(&self, line: &'l Line<'l>) -> Cow<'l, str> {
        match self {
            Self::Of(at) => FIELDS[*at].1(line),
            Self::Attribute(code) => Cow::Owned(line.item.attribute(code).unwrap_or_default()),
            Self::Identifier(key) => Cow::Borrowed(line.item.identifier(key)),
            Self::Texts(locale, field) => {
                let texts = line.item.content.texts.get(locale);
                let found = texts.and_then(|texts| match field.as_str() {
                    "title" => texts.title.as_deref(),
                    "description" => texts.description.as_deref(),
                    "short_description" => texts.short_description.as_deref(),
                    "seo_title" => texts.seo_title.as_deref(),
                    _ => texts.seo_description.as_deref(),
                });
                Cow::Borrowed(found.unwrap_or_default())
            }
        }
    }
}

pub(crate) fn text(text: &Option<String>) -> Cow<'_, str> {
    Cow::Borrowed(text.as_deref().unwrap_or_default())
}

/// Returns a number without superfluous zeros.
pub(crate) fn decimal(amount: Option<Decimal>) -> Cow<'static, str> {
    amount.map_or(Cow::Borrowed(""), |amount| Cow::Owned(amount.normalize().to_string()))
}

pub(crate) fn number(number: Option<i32>) -> Cow<'static, str> {
    number.map_or(Cow::Borrowed(""), |number| Cow::Owned(number.to_string()))
}

/// Returns an amount of money with at least two decimals: `12.50`, `0.125`.
pub(crate) fn money(amount: Option<Decimal>) -> Cow<'static, str> {
    let Some(amount) = amount else { return Cow::Borrowed("") };
    let mut normal = amount.normalize();
    if normal.scale() < 2 {
        normal.rescale(2);
    }
    Cow::Owned(normal.to_string())
}

/// Returns the category in the supplier's words, else the main one of the organisation's tree.
fn category<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    category_text(&line.item.content, &line.item.categories)
}

pub(crate) fn category_text<'c>(content: &'c Content, categories: &'c [Vec<String>]) -> Cow<'c, str> {
    match (&content.category, categories.first()) {
        (Some(words), _) => Cow::Borrowed(words),
        (None, Some(path)) => Cow::Owned(path.join(" > ")),
        (None, None) => Cow::Borrowed(""),
    }
}

fn weight<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let weight = line.item.content.weight;
    weight.map_or(Cow::Borrowed(""), |weight| {
        Cow::Owned(format!("{} {}", weight.value.normalize(), weight.unit.as_str()))
    })
}

fn side<'l>(line: &'l Line<'l>, side: fn(&Dimensions) -> Option<Decimal>) -> Cow<'l, str> {
    let size = line.item.content.dimensions.as_ref();
    let found = size.and_then(|size| Some(format!("{} {}", side(size)?.normalize(), size.unit.as_str())));
    found.map_or(Cow::Borrowed(""), Cow::Owned)
}

/// Returns the name of an axis and a variant's value on it. A parent has the names of its axes, but no values.
pub(crate) fn axis<'l>(line: &'l Line<'l>, at: usize) -> (Cow<'l, str>, Cow<'l, str>) {
    let Some(name) = line.listing.item.content.option_axes.get(at) else {
        return (Cow::Borrowed(""), Cow::Borrowed(""));
    };
    let value = if line.is_variant() { line.item.content.options.get(name).map_or("", String::as_str) } else { "" };
    (Cow::Borrowed(name), Cow::Borrowed(value))
}
