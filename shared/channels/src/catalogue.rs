//! The list of layouts: their names, formats and columns, and the writer of each.

use messages::{Language, Text, channels as say};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::column::Cell;
use crate::fields::FIELDS;
use crate::layout::{LayoutWriter, Shape, Table};
use crate::mapping::{FieldMapping, MappingError};
use crate::options::LayoutOptions;
use crate::write::{
    AmazonTemplate, amazon, free, google, magento, odoo, openai, prestashop, shopify, woocommerce, wxr,
};

/// The layout of the files of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// The seller's own choice of fields.
    #[default]
    Products,
    /// Shopify's product CSV, with the header of 2024.
    Shopify,
    /// Shopify's product CSV, with the header before 2024.
    #[serde(rename = "shopify_2021")]
    Shopify2021,
    /// `WooCommerce`'s product CSV, or the `WordPress` export (WXR) as XML.
    #[serde(rename = "woocommerce")]
    WooCommerce,
    /// `PrestaShop`'s files of categories, products and combinations.
    #[serde(rename = "prestashop")]
    PrestaShop,
    /// Magento 2's catalogue CSV.
    Magento,
    /// A filled template of Amazon's Seller Central.
    Amazon,
    /// Amazon's Inventory Loader: offers for products that Amazon already has.
    AmazonLoader,
    /// Odoo's product templates and variants, or a module with XML records.
    Odoo,
    /// Google Merchant Center's feed.
    Google,
    /// `OpenAI`'s product feed.
    #[serde(rename = "openai")]
    OpenAi,
}

/// The format of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma- or semicolon-separated text.
    Csv,
    /// Tab-separated text.
    Tsv,
    /// A workbook of Excel.
    Xlsx,
    /// A JSON array.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// XML.
    Xml,
    /// Amazon's tab-separated text.
    Txt,
}

impl Format {
    /// Returns its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Xlsx => "xlsx",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Xml => "xml",
            Format::Txt => "txt",
        }
    }
}

/// Further choices of a file's format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FormOptions {
    /// The delimiter of a CSV of the layout `products`: `;` (default), `,` or a tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether JSON is indented.
    pub pretty: bool,
}

/// The description of a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LayoutInfo {
    /// The layout.
    pub layout: Layout,
    /// Its name for people.
    pub name: String,
    /// Its formats, the default first.
    pub formats: Vec<Format>,
    /// Its files, in the order in which the channel wants them.
    pub files: Vec<FileInfo>,
    /// The fields of products that a mapping can name.
    pub fields: Vec<&'static str>,
}

/// A file of a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileInfo {
    /// Its content, such as `products`.
    pub name: &'static str,
    /// The size limit of the channel in bytes; larger exports are split into several files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_bytes: Option<usize>,
    /// Its columns, in their order.
    pub columns: Vec<ColumnInfo>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColumnInfo {
    /// Its name.
    pub column: String,
    /// Whether the catalogue fills it if it is not mapped.
    pub filled: bool,
    /// Whether the channel refuses a product without it.
    pub required: bool,
}

/// A predefined template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its layout.
    pub layout: Layout,
    /// Its format.
    pub format: Format,
}

/// Returns the predefined templates.
#[must_use]
pub fn presets() -> [Preset; 5] {
    [
        Preset { name: "Shopify Standard", layout: Layout::Shopify, format: Format::Csv },
        Preset { name: "WooCommerce Standard", layout: Layout::WooCommerce, format: Format::Csv },
        Preset { name: "PrestaShop Standard", layout: Layout::PrestaShop, format: Format::Csv },
        Preset { name: "Amazon Flat File", layout: Layout::Amazon, format: Format::Txt },
        Preset { name: "Google Shopping", layout: Layout::Google, format: Format::Tsv },
    ]
}

/// Returns every layout with its columns. Names are in `language`.
#[must_use]
pub fn layouts(language: Language) -> Vec<LayoutInfo> {
    Layout::ALL.into_iter().map(|layout| layout.info(language)).collect()
}

impl Layout {
    /// All layouts.
    pub const ALL: [Layout; 11] = [
        Layout::Products,
        Layout::Shopify,
        Layout::Shopify2021,
        Layout::WooCommerce,
        Layout::PrestaShop,
        Layout::Magento,
        Layout::Amazon,
        Layout::AmazonLoader,
        Layout::Odoo,
        Layout::Google,
        Layout::OpenAi,
    ];

    /// Returns its name in the API and in file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Layout::Products => "products",
            Layout::Shopify => "shopify",
            Layout::Shopify2021 => "shopify_2021",
            Layout::WooCommerce => "woocommerce",
            Layout::PrestaShop => "prestashop",
            Layout::Magento => "magento",
            Layout::Amazon => "amazon",
            Layout::AmazonLoader => "amazon_loader",
            Layout::Odoo => "odoo",
            Layout::Google => "google",
            Layout::OpenAi => "openai",
        }
    }

    /// Returns its name for people.
    #[must_use]
    pub fn title(self) -> Text {
        let name = match self {
            Layout::Products => return say::file_title(),
            Layout::Shopify | Layout::Shopify2021 => "Shopify",
            Layout::WooCommerce => "WooCommerce",
            Layout::PrestaShop => "PrestaShop",
            Layout::Magento => "Magento",
            Layout::Amazon | Layout::AmazonLoader => "Amazon",
            Layout::Odoo => "Odoo",
            Layout::Google => "Google",
            Layout::OpenAi => "OpenAI",
        };
        Text::verbatim(name)
    }

    /// Returns its formats, the default first.
    #[must_use]
    pub const fn formats(self) -> &'static [Format] {
        match self {
            Layout::Products => &[Format::Csv, Format::Xlsx, Format::Json, Format::Jsonl, Format::Xml],
            Layout::Shopify | Layout::Shopify2021 | Layout::PrestaShop | Layout::Magento => &[Format::Csv],
            Layout::WooCommerce | Layout::Odoo => &[Format::Csv, Format::Xml],
            Layout::Amazon | Layout::AmazonLoader => &[Format::Txt],
            Layout::Google => &[Format::Tsv, Format::Xml],
            Layout::OpenAi => &[Format::Jsonl, Format::Csv],
        }
    }

    /// Returns the zip that the channel wants: the files beside the layout's own file, and the name of that file in the
    /// zip. `None` if the channel wants no zip.
    #[must_use]
    pub fn package(self, format: Format, options: &LayoutOptions) -> Option<Package> {
        (self == Layout::Odoo && format == Format::Xml).then(|| {
            let module = odoo::module(options).to_owned();
            Package {
                beside: vec![
                    (format!("{module}/__init__.py"), String::new()),
                    (format!("{module}/__manifest__.py"), odoo::manifest(options)),
                ],
                inside: format!("{module}/data/products.xml"),
                name: format!("{module}.zip"),
            }
        })
    }

    /// Returns a writer of this layout.
    ///
    /// # Errors
    /// [`MappingError`] if the layout does not have the format, if a mapping names a column or a field that does not
    /// exist, or if Amazon's template is missing.
    pub fn writer(
        self,
        format: Format,
        form: &FormOptions,
        options: LayoutOptions,
        mapping: &[FieldMapping],
        template: Option<&AmazonTemplate>,
    ) -> Result<LayoutWriter, MappingError> {
        if !self.formats().contains(&format) {
            return Err(MappingError(say::format_unknown(self.as_str(), format.as_str())));
        }
        let is_mapped = |name: &str| mapping.iter().any(|field| field.column == name);
        let (shape, tables, extra): Parts = match self {
            Layout::Products => {
                let columns = free::columns(mapping, &options.attributes)?;
                let lines = format == Format::Jsonl;
                let (form, table) = match format {
                    Format::Xlsx => (free::Form::Cells, free::rows(columns)),
                    Format::Json | Format::Jsonl => {
                        let form = free::Form::Json { lines, pretty: form.pretty, whole: mapping.is_empty() };
                        (form, free::json(columns, lines))
                    }
                    Format::Xml => (free::Form::Cells, free::xml(columns)),
                    _ => (free::Form::Cells, free::csv(columns, delimiter(form)?)),
                };
                (Box::new(free::Free(form)), vec![table], |_| false)
            }
            Layout::Shopify | Layout::Shopify2021 => {
                let table = shopify::table(&options, self == Layout::Shopify2021, is_mapped);
                (Box::<shopify::Shopify>::default(), vec![table], shopify::extra)
            }
            Layout::WooCommerce if format == Format::Xml => (Box::<wxr::Wxr>::default(), vec![wxr::table()], |_| false),
            Layout::WooCommerce => {
                (Box::new(woocommerce::WooCommerce), vec![woocommerce::table(&options, is_mapped)], woocommerce::extra)
            }
            Layout::PrestaShop => (Box::<prestashop::PrestaShop>::default(), prestashop::tables(&options), |_| false),
            Layout::Magento => {
                (Box::<magento::Magento>::default(), vec![magento::table(&options, is_mapped)], magento::extra)
            }
            Layout::Amazon => {
                let template = template.ok_or_else(|| MappingError(say::amazon_template_missing()))?;
                (Box::new(amazon::Amazon { parents: true }), vec![amazon::table(template)], |_| false)
            }
            Layout::AmazonLoader => (Box::new(amazon::Amazon { parents: false }), vec![amazon::loader()], |_| false),
            Layout::Odoo => {
                let xml = format == Format::Xml;
                (Box::new(odoo::Odoo::new(xml)), odoo::tables(xml), odoo::extra)
            }
            Layout::Google => {
                (Box::new(google::Google), vec![google::table(&options, format == Format::Xml)], google::extra)
            }
            Layout::OpenAi => (Box::new(openai::OpenAi), vec![openai::table(format == Format::Jsonl)], google::extra),
        };
        // In the layout `products` the mapping already defines the columns.
        let replaced = if self == Layout::Products { &[] } else { mapping };
        LayoutWriter::new(self.title(), shape, tables, options, replaced, mapping, extra)
    }

    fn info(self, language: Language) -> LayoutInfo {
        let format = self.formats()[0];
        let template = AmazonTemplate { head: String::new(), columns: Vec::new(), newer: false };
        let writer = self.writer(format, &FormOptions::default(), LayoutOptions::default(), &[], Some(&template)).ok();
        let files = writer.map(|writer| writer.described()).unwrap_or_default();
        let fields = FIELDS.iter().map(|(name, _)| *name).collect();
        let name = self.title().into_string(language);
        LayoutInfo { layout: self, name, formats: self.formats().to_vec(), files, fields }
    }
}

/// The parts of a layout: its shape, its tables, and a test for further columns that a mapping can name.
type Parts = (Box<dyn Shape>, Vec<Table>, fn(&str) -> bool);

/// The zip around a layout's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The names and contents of the files beside it.
    pub beside: Vec<(String, String)>,
    /// The name of the layout's own file in the zip.
    pub inside: String,
    /// The name of the zip.
    pub name: String,
}

fn delimiter(form: &FormOptions) -> Result<u8, MappingError> {
    match form.delimiter.unwrap_or(';') {
        ';' => Ok(b';'),
        ',' => Ok(b','),
        '\t' => Ok(b'\t'),
        other => Err(MappingError(say::delimiter_invalid(other))),
    }
}

impl LayoutWriter {
    fn described(&self) -> Vec<FileInfo> {
        let column = |column: &crate::column::Column| ColumnInfo {
            column: column.name.to_string(),
            filled: !matches!(column.cell, Cell::Blank),
            required: column.demands.iter().any(|demand| matches!(demand, crate::column::Demand::Filled)),
        };
        self.parts()
            .iter()
            .map(|table| FileInfo {
                name: table.info.name,
                most_bytes: table.info.most_bytes,
                columns: table.columns.iter().map(column).collect(),
            })
            .collect()
    }
}
