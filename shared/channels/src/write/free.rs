//! The layout `products`, files with the seller's own choice of fields: CSV, XLSX, JSON, JSON Lines, XML. A line for
//! each product and each variant.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::column::{Cell, Column, Kind, Of};
use crate::fields::{FIELDS, FieldRef, USUAL};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::mapping::{FieldMapping, MappingError};
use crate::render::{Disarm, Render};
use crate::{Item, LeftOut, Listing};

/// Fields that are numbers in a spreadsheet.
const NUMBERS: [&str; 8] =
    ["price", "net_price", "compare_at_price", "cost_price", "tax_rate", "stock", "weight_grams", "completeness"];

/// Returns the chosen columns; default: the usual fields and the organisation's attributes.
pub(crate) fn columns(mapping: &[FieldMapping], attributes: &[(String, String)]) -> Result<Vec<Column>, MappingError> {
    let usual: Vec<FieldMapping>;
    let chosen = if mapping.is_empty() {
        let fields = FIELDS[..USUAL].iter().map(|(name, _)| FieldMapping::of(name));
        let own = attributes.iter().map(|(code, _)| FieldMapping::of(&format!("attributes.{code}")));
        usual = fields.chain(own).collect();
        &usual
    } else {
        mapping
    };
    let column = |one: &FieldMapping| {
        let kind = match one.field.as_deref() {
            Some(field) if one.expression.is_none() && NUMBERS.contains(&field) => Kind::Number,
            Some("image_urls" | "categories" | "attributes") => Kind::List,
            _ => Kind::Text,
        };
        let cell = Cell::Mapped(one.source()?);
        Ok(Column { name: Cow::Owned(one.column.clone()), of: Of::Line, cell, kind, demands: Vec::new() })
    };
    chosen.iter().map(column).collect()
}

pub(crate) fn csv(columns: Vec<Column>, delimiter: u8) -> Table {
    let render = Render::Csv { delimiter, mark: true, disarm: Disarm::All, header: true, list: "\n" };
    Table::new(TableInfo::new("products", "csv"), columns, render)
}

/// Returns the table for a workbook. It keeps the rows unrendered for the writer of the workbook.
pub(crate) fn rows(columns: Vec<Column>) -> Table {
    Table::new(TableInfo::new("products", "xlsx"), columns, Render::Rows)
}

pub(crate) fn json(columns: Vec<Column>, lines: bool) -> Table {
    let (extension, begin, end) = if lines { ("jsonl", "", "") } else { ("json", "[", "\n]\n") };
    Table::new(TableInfo::new("products", extension), columns, Render::Raw { begin, end })
}

pub(crate) fn xml(mut columns: Vec<Column>) -> Table {
    for column in &mut columns {
        column.name = Cow::Owned(element_name(&column.name));
    }
    let begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<products>\n".to_owned();
    let render = Render::Elements { begin, row: "product", prefix: "", end: "</products>\n" };
    Table::new(TableInfo::new("products", "xml"), columns, render)
}

/// The form of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The table renders the lines.
    Cells,
    /// JSON objects; `whole`: with the complete product, because no columns are chosen.
    Json { lines: bool, pretty: bool, whole: bool },
}

pub(crate) struct Free(pub(crate) Form);

impl Shape for Free {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        let product = Line::product(listing, &options);
        self.line(&product, sheet)?;
        for (at, variant) in listing.variants.iter().enumerate() {
            self.line(&Line::variant(listing, variant, &options, at + 1), sheet)?;
        }
        Ok(())
    }
}

impl Free {
    fn line(&self, line: &Line<'_>, sheet: &mut Sheet) -> Result<(), LeftOut> {
        match self.0 {
            Form::Cells => sheet.line(0, line),
            Form::Json { lines, pretty, whole } => {
                let value = if whole { object(line.item) } else { self.chosen(line, sheet)? };
                let text =
                    if pretty && !lines { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
                let text =
                    text.map_err(|why| LeftOut::new("not_json", "", messages::Text::verbatim(why.to_string())))?;
                sheet.raw(0, |out, rows| {
                    if !lines {
                        out.extend_from_slice(if rows == 0 { b"\n" } else { b",\n" });
                    }
                    out.extend_from_slice(text.as_bytes());
                    if lines {
                        out.push(b'\n');
                    }
                });
                Ok(())
            }
        }
    }

    fn chosen(&self, line: &Line<'_>, sheet: &mut Sheet) -> Result<Value, LeftOut> {
        sheet.fill(0, line)?;
        let mut object = Map::new();
        for (cell, column) in sheet.row().cells().zip(&sheet.tables[0].columns) {
            let value = match (&column.cell, column.kind) {
                // An unknown value is null, not a blank.
                _ if cell.is_empty() => Value::Null,
                (Cell::Mapped(crate::mapping::Source::Field(FieldRef::Of(_))), Kind::List) => {
                    json!(cell.lines().collect::<Vec<_>>())
                }
                _ if column.name == "stock" => cell.parse::<i64>().map_or_else(|_| json!(cell), |stock| json!(stock)),
                _ => json!(cell),
            };
            object.insert(column.name.to_string(), value);
        }
        Ok(Value::Object(object))
    }
}

/// Returns a column's name as the name of an XML element.
fn element_name(name: &str) -> String {
    let mut element: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect();
    if !element.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        element.insert(0, '_');
    }
    element
}

/// Returns a product as the API shows it, with its supplier and its categories.
fn object(item: &Item) -> Value {
    let mut value = serde_json::to_value(&item.content).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.insert("id".to_owned(), json!(item.id));
        let supplier = item.content.supplier_id.map(|id| json!({ "id": id, "name": item.supplier }));
        fields.insert("supplier".to_owned(), supplier.unwrap_or_default());
        fields.insert("categories".to_owned(), json!(item.categories));
    }
    value
}
