//! How complete a product is: a score, a grade, and what is missing.
//!
//! The 18 default criteria and their weights (3.3 % to 9 %) are those of the product. Two versions of the bounds of the
//! grades exist elsewhere; ours are 90, 80, 70 and 60, because these four steps are the easiest to explain.

use messages::product as say;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Gtin;
use crate::model::change;
use crate::model::content::{Content, ContentError, LOCALES};

/// A criterion of a complete product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// One of the 18 criteria (`GET /v1/completeness-rules` lists them), a field such as `stock`, or an attribute such
    /// as `attributes.color`.
    pub criterion: String,
    /// The weight, 1 to 1000. The score is the share of the weights of the fulfilled criteria in all weights.
    pub weight: u16,
    /// Whether the channel refuses a product that does not fulfil it.
    #[serde(default)]
    pub required: bool,
}

/// The default criteria: the name, and the weight in permille.
const DEFAULT: [(&str, u16); 18] = [
    ("title", 90),
    ("ean_gtin", 90),
    ("price", 90),
    ("brand", 90),
    ("description", 90),
    ("image", 50),
    ("category", 50),
    ("dimensions", 50),
    ("supplier", 50),
    ("short_description", 50),
    ("asin", 50),
    ("cost_price", 50),
    ("seo", 33),
    ("icecat", 33),
    ("attributes", 33),
    ("tech_specs", 33),
    ("environmental", 33),
    ("rich_media", 34),
];

/// Codes of attributes about a product's environmental impact, as in its compliance sheet.
const ENVIRONMENTAL: [&str; 8] = [
    "energy_class",
    "energy_consumption",
    "recyclable",
    "eco_friendly",
    "carbon_footprint_kg",
    "weee_category",
    "reach_compliant",
    "rohs_compliant",
];

/// Returns the requirements of an organisation that did not set its own.
#[must_use]
pub fn default_requirements() -> Vec<Requirement> {
    let requirement = |(name, weight): &(&str, u16)| Requirement {
        criterion: (*name).to_owned(),
        weight: *weight,
        required: *name == "title",
    };
    DEFAULT.iter().map(requirement).collect()
}

/// The completeness of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Completeness {
    /// The score, 0 to 100.
    pub score: i16,
    /// The grade: `A` (score 90 and more), `B` (80), `C` (70), `D` (60) or `F`.
    pub grade: String,
    /// The criteria that are not fulfilled, the one with the highest weight first.
    pub missing: Vec<String>,
    /// The required criteria among them: the channel refuses the product without them.
    pub missing_required: Vec<String>,
}

/// Returns the grade of a score.
#[must_use]
pub const fn grade(score: i16) -> &'static str {
    match score {
        90.. => "A",
        80..=89 => "B",
        70..=79 => "C",
        60..=69 => "D",
        _ => "F",
    }
}

/// The data of a product that the criteria need.
#[derive(Clone, Copy)]
pub struct Subject<'p> {
    /// The content.
    pub content: &'p Content,
    /// The number of attached media.
    pub media: usize,
    /// The codes of the attributes that its family requires for this channel.
    pub family: &'p [String],
}

/// Checks requirements.
///
/// # Errors
/// Criteria that are unknown or repeated, weights that are out of range, and a locale that does not exist.
pub fn check_requirements(requirements: &[Requirement], locale: Option<&str>) -> Result<(), Vec<ContentError>> {
    let mut errors = Vec::new();
    if requirements.is_empty() || requirements.len() > 200 {
        errors.push(ContentError::new("requirements", "length", say::requirements_length(requirements.len())));
    }
    if let Some(locale) = locale.filter(|locale| !LOCALES.contains(locale)) {
        errors.push(ContentError::new("locale", "locale_unknown", say::one_of(LOCALES.join(", "), locale)));
    }
    for (at, requirement) in requirements.iter().enumerate() {
        let field = format!("requirements[{at}]");
        let name = requirement.criterion.as_str();
        let known = DEFAULT.iter().any(|(criterion, _)| *criterion == name)
            || change::with_field(&Content::default(), name, serde_json::Value::Null).is_ok()
            || name == "status";
        let is_name = name.len() <= 200 && !name.chars().any(char::is_control);
        if !known || !is_name {
            errors.push(ContentError::new(format!("{field}.criterion"), "unknown", say::criterion_unknown(name)));
        }
        if !(1..=1_000).contains(&requirement.weight) {
            errors.push(ContentError::new(
                format!("{field}.weight"),
                "out_of_range",
                say::criterion_weight(requirement.weight),
            ));
        }
        if requirements[..at].iter().any(|earlier| earlier.criterion == name) {
            errors.push(ContentError::new(field, "repeated", say::criterion_repeated(name)));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Returns the completeness of a product, in its organisation's own language (`None`) or in another one.
#[must_use]
pub fn assess(subject: Subject<'_>, requirements: &[Requirement], locale: Option<&str>) -> Completeness {
    let (mut reached, mut total) = (0_u32, 0_u32);
    let mut missing: Vec<(String, u16, bool)> = Vec::new();
    for requirement in requirements {
        let weight = u32::from(requirement.weight);
        total += weight;
        if is_fulfilled(subject, &requirement.criterion, locale) {
            reached += weight;
        } else {
            missing.push((requirement.criterion.clone(), requirement.weight, requirement.required));
        }
    }
    for code in subject.family {
        let name = format!("attributes.{code}");
        if !is_fulfilled(subject, &name, locale) && !missing.iter().any(|(known, _, _)| *known == name) {
            missing.push((name, 0, true));
        }
    }
    missing.sort_by_key(|(_, weight, _)| std::cmp::Reverse(*weight));
    let score = i16::try_from((reached * 200 + total) / (2 * total).max(1)).unwrap_or(100).min(100);
    let missing_required =
        missing.iter().filter(|(_, _, required)| *required).map(|(name, _, _)| name.clone()).collect();
    let missing = missing.into_iter().map(|(name, _, _)| name).collect();
    Completeness { score, grade: grade(score).to_owned(), missing, missing_required }
}

fn is_fulfilled(subject: Subject<'_>, criterion: &str, locale: Option<&str>) -> bool {
    let content = subject.content;
    let is_known = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let texts = locale.map(|locale| content.texts.get(locale));
    // For another language, only a text in that language counts.
    let text = |own: &Option<String>, of: fn(&crate::model::content::Texts) -> &Option<String>| match texts {
        None => is_known(own),
        Some(texts) => texts.is_some_and(|texts| is_known(of(texts))),
    };
    let images = content.image_urls.as_ref().map_or(0, Vec::len) + subject.media;
    let identifier = |key: &str| content.identifiers.get(key).is_some_and(|id| !id.is_empty());
    let filled = |code: &str| content.attributes.get(code).is_some_and(is_filled);
    match criterion {
        "title" if texts.is_none() => !content.title.is_empty(),
        "title" => text(&None, |texts| &texts.title),
        "ean_gtin" => content.ean.as_deref().is_some_and(|ean| Gtin::parse(ean).is_ok()),
        "price" => content.price.or(content.net_price).is_some_and(|price| !price.is_zero()),
        "brand" => is_known(&content.brand),
        "description" => text(&content.description, |texts| &texts.description),
        "image" => images > 0,
        "category" => is_known(&content.category) || content.category_ids.as_ref().is_some_and(|ids| !ids.is_empty()),
        "dimensions" => content.weight.is_some() || content.dimensions.is_some(),
        "supplier" => content.supplier_id.is_some(),
        "short_description" => text(&content.short_description, |texts| &texts.short_description),
        "asin" => identifier("amazon.asin") || identifier("asin"),
        "cost_price" => content.cost_price.is_some(),
        "seo" => {
            text(&content.seo_title, |texts| &texts.seo_title)
                && text(&content.seo_description, |texts| &texts.seo_description)
        }
        "icecat" => identifier("icecat.id"),
        "attributes" if subject.family.is_empty() => content.attributes.values().any(is_filled),
        "attributes" => subject.family.iter().all(|code| filled(code)),
        "tech_specs" => content.attributes.values().filter(|value| is_filled(value)).count() >= 3,
        "environmental" => ENVIRONMENTAL.iter().any(|code| filled(code)),
        "rich_media" => images >= 3,
        other => match other.strip_prefix("attributes.") {
            Some(code) => match (content.attributes.get(code), locale) {
                (Some(serde_json::Value::Object(texts)), Some(locale)) if !texts.contains_key("amount") => {
                    texts.get(locale).is_some_and(is_filled)
                }
                (value, _) => value.is_some_and(is_filled),
            },
            None => change::fields(content).get(other).is_some_and(is_filled),
        },
    }
}

fn is_filled(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::String(text) => !text.trim().is_empty(),
        serde_json::Value::Array(values) => !values.is_empty(),
        serde_json::Value::Object(parts) => !parts.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(json: serde_json::Value) -> Content {
        serde_json::from_value(json).unwrap()
    }

    fn assess_default(content: &Content) -> Completeness {
        assess(Subject { content, media: 0, family: &[] }, &default_requirements(), None)
    }

    #[test]
    fn the_score_is_the_share_of_the_weights() {
        let bare = content(json!({"title": "x", "sku": "1"}));
        assert_eq!((assess_default(&bare).score, assess_default(&bare).grade.as_str()), (9, "F"));
        let half =
            content(json!({"title": "x", "ean": "4006381333931", "price": "1", "brand": "b", "description": "d"}));
        assert_eq!(assess_default(&half).score, 45);
        let full = content(json!({
            "title": "x", "ean": "4006381333931", "price": "1", "brand": "b", "description": "d", "short_description": "s",
            "image_urls": ["https://a/1", "https://a/2", "https://a/3"], "category": "c", "cost_price": "1",
            "weight": {"value": "1", "unit": "kg"}, "supplier_id": "00000000-0000-0000-0000-000000000001",
            "identifiers": {"amazon.asin": "B0", "icecat.id": "1"}, "seo_title": "t", "seo_description": "d",
            "attributes": {"energy_class": "A", "color": "red", "size": {"amount": "1", "unit": "cm"}}
        }));
        let assessed = assess_default(&full);
        assert_eq!((assessed.score, assessed.grade.as_str(), assessed.missing), (100, "A", Vec::<String>::new()));
        assert_eq!([59, 60, 70, 80, 90].map(grade), ["F", "D", "C", "B", "A"]);
    }

    #[test]
    fn a_language_counts_its_own_texts_and_a_family_its_attributes() {
        let product =
            content(json!({"title": "Drill", "sku": "1", "description": "d", "texts": {"fr": {"title": "Perceuse"}}}));
        let requirement = |name: &str, required| Requirement { criterion: name.to_owned(), weight: 50, required };
        let rules = [requirement("title", true), requirement("description", true)];
        let french = assess(Subject { content: &product, media: 0, family: &[] }, &rules, Some("fr"));
        assert_eq!((french.score, french.missing_required), (50, vec!["description".to_owned()]));
        let family = ["color".to_owned()];
        let lacking = assess(Subject { content: &product, media: 0, family: &family }, &rules, None);
        assert_eq!((lacking.score, lacking.missing_required), (100, vec!["attributes.color".to_owned()]));
    }

    #[test]
    fn unknown_criteria_are_refused() {
        let rule = |name: &str, weight| Requirement { criterion: name.to_owned(), weight, required: false };
        assert!(
            check_requirements(&[rule("ean_gtin", 1), rule("stock", 1), rule("attributes.color", 1)], Some("fr"))
                .is_ok()
        );
        assert!(check_requirements(&[rule("colour", 1)], None).is_err());
        assert!(check_requirements(&[rule("title", 0)], None).is_err());
        assert!(check_requirements(&[rule("title", 1), rule("title", 1)], None).is_err());
        assert!(
            check_requirements(&[], None).is_err() && check_requirements(&default_requirements(), Some("xx")).is_err()
        );
    }
}
