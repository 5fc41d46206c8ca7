//! The specification of an export, as requests, templates and schedules hold it.

use channels::{FieldMapping, FormOptions, Format, Layout, LayoutOptions, MappingError, presets};
use db_catalog::{Condition, Op, ProductQuery, SnapshotQuery, one_of};
use messages::{Text, exports as say};
use product::{LOCALES, ProductStatus};
use runtime::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pipeline::images::ImageOptions;

/// An export: which products, in which layout and format, to which destinations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSpec {
    /// A template of the organisation that holds the choices; beside it only `selection`, `file_name` and
    /// `destinations` can be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Uuid>,
    /// The name of a predefined template, such as `Shopify Standard`. Beside it `options`, `amazon_template` and
    /// `locale` can be given too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predefined: Option<String>,
    /// The layout of the files; default: `products`, the seller's own choice of fields.
    pub layout: Layout,
    /// The format; default: the layout's first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Further choices of the format.
    pub form: FormOptions,
    /// What the layout has to know about the shop.
    pub options: LayoutOptions,
    /// Which products; default: all active ones.
    pub selection: ExportSelection,
    /// Columns that are filled differently from the layout's default. For the layout `products` these are all columns
    /// of the file; default: the usual ones.
    pub mapping: Vec<FieldMapping>,
    /// The language of texts: `fr`, `en`, `de`, `it` or `es`; default, and where a text is missing: the organisation's
    /// own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// How the images are exported.
    pub images: ImageOptions,
    /// The template of Amazon to be filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amazon_template: Option<Uuid>,
    /// The name of the files, without extension: `{layout}`, `{date}`, `{datetime}`, `{timestamp}`, `{format}` and
    /// `{count}` are replaced. Default: `{layout}-products`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The destinations that get the files when they are written.
    pub destinations: Vec<Uuid>,
}

/// Which products are exported: those that match all of these conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSelection {
    /// Products by their ids, at most 10,000; a parent includes its variants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Uuid>>,
    /// Products in one of these categories, or below it.
    pub categories: Vec<Uuid>,
    /// Products of one of these suppliers.
    pub suppliers: Vec<Uuid>,
    /// Products with one of these statuses. Default: the active ones; the others are then reported as left out.
    #[schema(value_type = Vec<String>)]
    pub statuses: Vec<ProductStatus>,
    /// Words to search for, or a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Conditions in the form of the list of products.
    pub filter: Vec<Condition>,
    /// At most this many products, 1 to 1,000, to try a mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
}

const MOST_IDS: usize = 10_000;
const MOST_SAMPLE: u32 = 1_000;
const MOST_MAPPED: usize = 300;
const MOST_DESTINATIONS: usize = 20;
/// Bytes of UTF-8.
const MOST_FILE_NAME: usize = 150;
const MOST_MODULE: usize = 60;

impl ExportSpec {
    /// Returns the format of the files.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or(self.layout.formats()[0])
    }

    /// Checks what can be checked without the catalogue.
    ///
    /// # Errors
    /// 422 with what is wrong.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: Text| Err(Error::invalid(field, "invalid", message));
        if self.template_id.is_some() || self.predefined.is_some() {
            return wrong("template_id", say::template_within_template());
        }
        let formats = self.layout.formats();
        if !formats.contains(&self.format()) {
            let known: Vec<&str> = formats.iter().map(|format| format.as_str()).collect();
            return wrong("format", say::format_not_of_layout(known.join(", ")));
        }
        if let Some(locale) = &self.locale
            && !LOCALES.contains(&locale.as_str())
        {
            return wrong("locale", say::one_of(LOCALES.join(", "), locale));
        }
        if self.mapping.len() > MOST_MAPPED {
            return wrong("mapping", say::too_many_columns(MOST_MAPPED, self.mapping.len()));
        }
        if self.destinations.len() > MOST_DESTINATIONS {
            return wrong("destinations", say::too_many(MOST_DESTINATIONS));
        }
        if let Some(name) = &self.file_name
            && (name.trim().is_empty()
                || name.len() > MOST_FILE_NAME
                || name.contains(['/', '\\', '"'])
                || name.chars().any(char::is_control))
        {
            return wrong("file_name", say::file_name_invalid(MOST_FILE_NAME));
        }
        if let Some(condition) = &self.options.condition
            && !["new", "refurbished", "used"].contains(&condition.as_str())
        {
            return wrong("options.condition", say::condition_invalid(condition));
        }
        if let Some(currency) = &self.options.currency
            && product::Currency::parse(currency).is_err()
        {
            return wrong("options.currency", say::currency_invalid(currency));
        }
        if let Some(module) = &self.options.module
            && (module.is_empty()
                || module.len() > MOST_MODULE
                || !module.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
        {
            return wrong("options.module", say::module_invalid(MOST_MODULE));
        }
        self.selection.check()?;
        self.images.check()?;
        // A mapping for Amazon is checked together with its template.
        if self.amazon_template.is_none() || self.layout != Layout::Amazon {
            self.layout
                .writer(self.format(), &self.form, self.options.clone(), &self.mapping, None)
                .map_err(|problem| mapping_error(&problem))?;
        }
        Ok(())
    }
}

/// Returns the error of a request with a wrong mapping.
pub(crate) fn mapping_error(problem: &MappingError) -> Error {
    Error::invalid("mapping", "invalid", problem.message())
}

impl ExportSelection {
    fn check(&self) -> Result<()> {
        if let Some(ids) = &self.ids
            && (ids.is_empty() || ids.len() > MOST_IDS)
        {
            return Err(Error::invalid("selection.ids", "length", say::ids_length(MOST_IDS, ids.len())));
        }
        if self.sample.is_some_and(|sample| !(1..=MOST_SAMPLE).contains(&sample)) {
            return Err(Error::invalid("selection.sample", "out_of_range", say::sample_out_of_range(MOST_SAMPLE)));
        }
        if self.categories.len() > 1_000 || self.suppliers.len() > 1_000 {
            return Err(Error::invalid("selection", "length", say::selection_too_long()));
        }
        self.query().check()
    }

    /// Returns `true` if products that are not active are reported as left out; otherwise the selection does not look
    /// for them.
    pub(crate) fn reports_inactive(&self) -> bool {
        let is_status = |condition: &Condition| condition.field == "status";
        self.statuses.is_empty() && !self.filter.iter().any(is_status)
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

    /// Returns the query to the catalogue.
    pub(crate) fn wanted(&self, changed_from: Option<i64>) -> SnapshotQuery {
        let sample = self.sample.map(i64::from);
        let mut query = self.query();
        // A sample holds only products that can be exported.
        if sample.is_some() && self.reports_inactive() {
            query.filter.push(Condition {
                field: "status".to_owned(),
                op: Op::Equals,
                value: serde_json::Value::from(ProductStatus::Active.as_str()),
            });
        }
        SnapshotQuery { ids: self.ids.clone(), query, changed_from, sample }
    }
}

/// Merges a request with the template that it names: the template's choices, and those that the request gives beside
/// it. Without a template these are the request's own choices. Returns the name of the template too.
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
                Error::invalid("predefined", "unknown", say::predefined_unknown(known.join(", ")))
            })?;
            let spec = ExportSpec { layout: preset.layout, format: Some(preset.format), ..ExportSpec::default() };
            // A preset does not know the shop: the request gives these choices.
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
            return Err(Error::invalid("predefined", "conflict", say::predefined_conflict()));
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
        return Err(Error::invalid("template_id", "conflict", say::template_conflict()));
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
    fn choices_beside_a_template_are_merged_and_others_are_refused() {
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
    fn exports_that_are_not_possible_are_refused() {
        let problem = |spec: ExportSpec| spec.check().unwrap_err().to_string();
        assert!(
            problem(ExportSpec { format: Some(Format::Xlsx), layout: Layout::Shopify, ..ExportSpec::default() })
                .contains("format")
        );
        let mapping =
            vec![FieldMapping { column: "Nonsense".into(), value: Some("x".into()), ..FieldMapping::default() }];
        assert!(problem(ExportSpec { mapping, layout: Layout::Shopify, ..ExportSpec::default() }).contains("mapping"));
        assert!(problem(ExportSpec { file_name: Some("../x".into()), ..ExportSpec::default() }).contains("file_name"));
        assert!(
            problem(ExportSpec { layout: Layout::Amazon, ..ExportSpec::default() }).contains("mapping"),
            "no template"
        );
        assert!(ExportSpec::default().check().is_ok());
    }
}
