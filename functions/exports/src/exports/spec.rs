//! What is exported, and how: what a request, a template and a schedule say.

use channels::{FieldMapping, FormOptions, Format, Layout, LayoutOptions, MappingError, presets};
use db_catalog::{Condition, Op, ProductQuery, SnapshotQuery, one_of};
use product::{LOCALES, ProductStatus};
use runtime::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pipeline::images::ImageOptions;

/// An export: which products, in which layout and format, to whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSpec {
    /// A template of the organisation, whose choices these are; `selection`, `file_name` and `destinations` can be said beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Uuid>,
    /// The name of a template that there is from the beginning, such as `Shopify Standard`; the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predefined: Option<String>,
    /// What the files look like; `products`, the seller's own choice of fields, unless said.
    pub layout: Layout,
    /// The format; the layout's usual one unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// What else is chosen of the format.
    pub form: FormOptions,
    /// What the layout has to know of the shop.
    pub options: LayoutOptions,
    /// Which products; all active ones unless said.
    pub selection: ExportSelection,
    /// What columns have from elsewhere than usual. Of the layout `products` these are the columns; all usual ones without.
    pub mapping: Vec<FieldMapping>,
    /// The language of texts, `fr`, `en`, `de`, `it` or `es`; the organisation's own unless said, and where a text is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// How the images go along.
    pub images: ImageOptions,
    /// The template of Amazon that is filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amazon_template: Option<Uuid>,
    /// The name of the files, without ending: `{layout}`, `{date}`, `{datetime}`, `{timestamp}`, `{format}` and `{count}` are
    /// replaced. `{layout}-products` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// To whom the files go when they are written.
    pub destinations: Vec<Uuid>,
}

/// Which products are exported: what meets all that is said here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSelection {
    /// These, at most 10,000; a parent means its variants too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Uuid>>,
    /// In one of these categories, or below it.
    pub categories: Vec<Uuid>,
    /// Of one of these suppliers.
    pub suppliers: Vec<Uuid>,
    /// With one of these statuses. Unless said, the active ones; the others are then told as left out.
    #[schema(value_type = Vec<String>)]
    pub statuses: Vec<ProductStatus>,
    /// Words, or a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Conditions as the list of products takes them.
    pub filter: Vec<Condition>,
    /// Only the first so many products, 1 to 1,000, to try a mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
}

const MOST_IDS: usize = 10_000;
const MOST_SAMPLE: u32 = 1_000;
const MOST_MAPPED: usize = 300;
const MOST_DESTINATIONS: usize = 20;

impl ExportSpec {
    /// The format that the files have.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or(self.layout.formats()[0])
    }

    /// Checks what can be checked without the catalogue.
    ///
    /// # Errors
    /// 422 with what is wrong.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: String| Err(Error::invalid(field, "invalid", message));
        if self.template_id.is_some() || self.predefined.is_some() {
            return wrong("template_id", "a template does not name another one".to_owned());
        }
        let formats = self.layout.formats();
        if !formats.contains(&self.format()) {
            let known: Vec<&str> = formats.iter().map(|format| format.as_str()).collect();
            return wrong("format", format!("expected one of {} for this layout", known.join(", ")));
        }
        if let Some(locale) = &self.locale
            && !LOCALES.contains(&locale.as_str())
        {
            return wrong("locale", format!("expected one of {}, found \"{locale}\"", LOCALES.join(", ")));
        }
        if self.mapping.len() > MOST_MAPPED {
            return wrong("mapping", format!("expected at most {MOST_MAPPED} columns, found {}", self.mapping.len()));
        }
        if self.destinations.len() > MOST_DESTINATIONS {
            return wrong("destinations", format!("expected at most {MOST_DESTINATIONS}"));
        }
        if let Some(name) = &self.file_name
            && (name.trim().is_empty()
                || name.len() > 150
                || name.contains(['/', '\\', '"'])
                || name.chars().any(char::is_control))
        {
            return wrong(
                "file_name",
                "expected a name of at most 150 bytes, in one line, without / and \\".to_owned(),
            );
        }
        if let Some(condition) = &self.options.condition
            && !["new", "refurbished", "used"].contains(&condition.as_str())
        {
            return wrong("options.condition", format!("expected new, refurbished or used, found \"{condition}\""));
        }
        if let Some(currency) = &self.options.currency
            && product::Currency::parse(currency).is_err()
        {
            return wrong("options.currency", format!("expected a currency such as EUR, found \"{currency}\""));
        }
        if let Some(module) = &self.options.module
            && (module.is_empty()
                || module.len() > 60
                || !module.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
        {
            return wrong("options.module", "expected a name of lower-case letters, digits and _".to_owned());
        }
        self.selection.check()?;
        self.images.check()?;
        // A mapping of Amazon's is checked with its template.
        if self.amazon_template.is_none() || self.layout != Layout::Amazon {
            self.layout
                .writer(self.format(), &self.form, self.options.clone(), &self.mapping, None)
                .map_err(|problem| mapping_error(&problem))?;
        }
        Ok(())
    }
}

/// What is wrong with a mapping, as the caller's error.
pub(crate) fn mapping_error(problem: &MappingError) -> Error {
    Error::invalid("mapping", "invalid", problem.to_string())
}

impl ExportSelection {
    fn check(&self) -> Result<()> {
        if let Some(ids) = &self.ids
            && (ids.is_empty() || ids.len() > MOST_IDS)
        {
            return Err(Error::invalid(
                "selection.ids",
                "length",
                format!("expected 1 to {MOST_IDS} ids, found {}", ids.len()),
            ));
        }
        if self.sample.is_some_and(|sample| !(1..=MOST_SAMPLE).contains(&sample)) {
            return Err(Error::invalid("selection.sample", "out_of_range", format!("expected 1 to {MOST_SAMPLE}")));
        }
        if self.categories.len() > 1_000 || self.suppliers.len() > 1_000 {
            return Err(Error::invalid("selection", "length", "expected at most 1,000 categories and suppliers"));
        }
        self.query().check()
    }

    /// Whether products that are not active are told as left out, and not just not looked for.
    pub(crate) fn tells_inactive(&self) -> bool {
        let told = |condition: &Condition| condition.field == "status";
        self.statuses.is_empty() && !self.filter.iter().any(told)
    }

    fn query(&self) -> ProductQuery {
        let mut filter = self.filter.clone();
        let texts = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect::<Vec<_>>();
        if !self.categories.is_empty() {
            filter.push(one_of("category_ids", &texts(&self.categories)));
        }
        if !self.suppliers.is_empty() {
            filter.push(one_of("supplier_id", &texts(&self.suppliers)));
        }
        if !self.statuses.is_empty() {
            let names: Vec<String> = self.statuses.iter().map(|status| status.as_str().to_owned()).collect();
            filter.push(one_of("status", &names));
        }
        ProductQuery { q: self.q.clone(), filter, ..ProductQuery::default() }
    }

    /// What the catalogue is asked for.
    pub(crate) fn wanted(&self, changed_from: Option<i64>) -> SnapshotQuery {
        let sample = self.sample.map(i64::from);
        let mut query = self.query();
        // A sample of what can be exported.
        if sample.is_some() && self.tells_inactive() {
            query.filter.push(Condition {
                field: "status".to_owned(),
                op: Op::Equals,
                value: serde_json::Value::from(ProductStatus::Active.as_str()),
            });
        }
        SnapshotQuery { ids: self.ids.clone(), query, changed_from, sample }
    }
}

/// What a request comes to: its own choices, or those of the template that it names with what it says beside it. Gives the name of
/// the template too.
///
/// # Errors
/// 404 for the template; 422 for a choice that the template makes itself.
pub(crate) fn resolved(
    request: ExportSpec,
    template: Option<(String, ExportSpec)>,
) -> Result<(ExportSpec, Option<String>)> {
    let template = match (template, &request.predefined) {
        (Some(template), None) => Some(template),
        (None, Some(name)) => {
            let found = presets().into_iter().find(|preset| preset.name.eq_ignore_ascii_case(name));
            let preset = found.ok_or_else(|| {
                let known: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
                Error::invalid("predefined", "unknown", format!("expected one of {}", known.join(", ")))
            })?;
            let spec = ExportSpec { layout: preset.layout, format: Some(preset.format), ..ExportSpec::default() };
            // What a preset cannot know of the shop is said beside it.
            let spec = ExportSpec {
                options: request.options.clone(),
                amazon_template: request.amazon_template,
                locale: request.locale.clone(),
                ..spec
            };
            Some((preset.name.to_owned(), spec))
        }
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(Error::invalid("predefined", "conflict", "expected template_id or predefined, found both"));
        }
    };
    let Some((name, mut spec)) = template else { return Ok((request, None)) };
    let beside = ExportSpec {
        template_id: request.template_id,
        predefined: request.predefined.clone(),
        selection: request.selection.clone(),
        file_name: request.file_name.clone(),
        destinations: request.destinations.clone(),
        ..ExportSpec::default()
    };
    let free = ExportSpec { options: beside.options.clone(), amazon_template: None, locale: None, ..request.clone() };
    let own = if request.predefined.is_some() { &free } else { &request };
    if *own != beside {
        let message = "the template says how; beside it only selection, file_name and destinations can be said. Copy the template to change more";
        return Err(Error::invalid("template_id", "conflict", message));
    }
    if request.selection != ExportSelection::default() {
        spec.selection = request.selection;
    }
    if !request.destinations.is_empty() {
        spec.destinations = request.destinations;
    }
    spec.file_name = request.file_name.or(spec.file_name);
    Ok((spec, Some(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_beside_a_template_counts_and_the_rest_is_refused() {
        let template = ExportSpec { layout: Layout::Shopify, ..ExportSpec::default() };
        let id = Some(Uuid::nil());
        let selection = ExportSelection { sample: Some(5), ..ExportSelection::default() };
        let request = ExportSpec { template_id: id, selection: selection.clone(), ..ExportSpec::default() };
        let (spec, name) = resolved(request, Some(("Mine".to_owned(), template.clone()))).unwrap();
        assert_eq!((spec.layout, spec.selection, name.as_deref()), (Layout::Shopify, selection, Some("Mine")));
        let other = ExportSpec { template_id: id, locale: Some("fr".into()), ..ExportSpec::default() };
        assert!(resolved(other, Some(("Mine".to_owned(), template))).is_err());
        let preset = ExportSpec {
            predefined: Some("google shopping".into()),
            locale: Some("fr".into()),
            ..ExportSpec::default()
        };
        let (spec, _) = resolved(preset, None).unwrap();
        assert_eq!((spec.layout, spec.locale.as_deref()), (Layout::Google, Some("fr")));
        assert!(resolved(ExportSpec { predefined: Some("Etsy".into()), ..ExportSpec::default() }, None).is_err());
    }

    #[test]
    fn what_cannot_be_exported_is_told() {
        let told = |spec: ExportSpec| spec.check().unwrap_err().to_string();
        assert!(
            told(ExportSpec { format: Some(Format::Xlsx), layout: Layout::Shopify, ..ExportSpec::default() })
                .contains("format")
        );
        let mapping =
            vec![FieldMapping { column: "Nonsense".into(), value: Some("x".into()), ..FieldMapping::default() }];
        assert!(told(ExportSpec { mapping, layout: Layout::Shopify, ..ExportSpec::default() }).contains("mapping"));
        assert!(told(ExportSpec { file_name: Some("../x".into()), ..ExportSpec::default() }).contains("file_name"));
        assert!(
            told(ExportSpec { layout: Layout::Amazon, ..ExportSpec::default() }).contains("mapping"),
            "no template"
        );
        assert!(ExportSpec::default().check().is_ok());
    }
}
