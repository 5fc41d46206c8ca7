//! Listings become lines, lines become cells, cells become bytes.
//!
//! A layout is a list of columns (a name, where its text comes from, what the channel demands of it) and a shape (which
//! lines a listing has). The seller's mapping replaces a column's text before the demands are checked, so a mapping can
//! fix a value that would be refused. Nothing refused is written: a listing is written whole, or left out with the
//! reason.

use std::borrow::Cow;
use std::sync::Arc;

use mapping::Transforms;
use messages::{Text, channels as say};
use tabular::Row;
use uuid::Uuid;

use crate::column::{Cell, Column, Kind, Of};
use crate::fields::FIELDS;
use crate::line::Line;
use crate::mapping::{FieldMapping, MappingError, Source, transforms};
use crate::options::LayoutOptions;
use crate::render::Render;
use crate::{Item, LeftOut, Listing};

/// One of the files of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// Its content: `products`, `combinations`.
    pub name: &'static str,
    /// The extension of its name.
    pub extension: &'static str,
    /// The size limit of the channel in bytes. Before it is reached a new file is begun, never within a product.
    pub most_bytes: Option<usize>,
    /// Whether the file is written even if it is empty.
    pub needed: bool,
}

impl TableInfo {
    pub(crate) const fn new(name: &'static str, extension: &'static str) -> Self {
        Self { name, extension, most_bytes: None, needed: true }
    }

    /// Returns a table whose file is omitted if it is empty.
    pub(crate) const fn optional(name: &'static str, extension: &'static str) -> Self {
        Self { needed: false, ..Self::new(name, extension) }
    }

    /// Sets the size limit of the channel in bytes.
    pub(crate) const fn at_most(self, bytes: usize) -> Self {
        Self { most_bytes: Some(bytes), ..self }
    }
}

/// Returns the media type of a file of an export, by the extension of its name.
#[must_use]
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "csv" => "text/csv; charset=utf-8",
        "tsv" | "txt" => "text/tab-separated-values; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "json" => "application/json",
        "jsonl" => "application/x-ndjson",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

pub(crate) struct Table {
    pub(crate) info: TableInfo,
    pub(crate) columns: Vec<Column>,
    pub(crate) render: Render,
    out: Vec<u8>,
    /// Rows that are kept unrendered, see [`Render::Rows`].
    kept: Vec<Row>,
    rows: usize,
}

impl Table {
    pub(crate) fn new(info: TableInfo, columns: Vec<Column>, render: Render) -> Self {
        Self { info, columns, render, out: Vec::new(), kept: Vec::new(), rows: 0 }
    }
}

/// Which lines a listing has in which table.
pub(crate) trait Shape: Send + Sync {
    /// Writes a listing's lines.
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut>;

    /// Writes what is known only at the end.
    fn finish(&mut self, _sheet: &mut Sheet) -> Result<(), LeftOut> {
        Ok(())
    }
}

/// The tables that a shape writes to.
pub(crate) struct Sheet {
    channel: Text,
    pub(crate) options: Arc<LayoutOptions>,
    pub(crate) tables: Vec<Table>,
    transforms: Option<Transforms>,
    row: Row,
    refused: Vec<(Uuid, LeftOut)>,
    warnings: Vec<LeftOut>,
}

/// The result of writing a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Variants that were not written, with the reasons.
    pub refused: Vec<(Uuid, LeftOut)>,
    /// What the files do not contain of it, although the catalogue does.
    pub warnings: Vec<LeftOut>,
}

/// Writes listings as the files of a channel. The bytes collect in each table until [`LayoutWriter::take`] removes
/// them.
pub struct LayoutWriter {
    shape: Box<dyn Shape>,
    sheet: Sheet,
}

impl LayoutWriter {
    pub(crate) fn new(
        channel: Text,
        shape: Box<dyn Shape>,
        mut tables: Vec<Table>,
        options: LayoutOptions,
        mapping: &[FieldMapping],
        expressions: &[FieldMapping],
        extra: fn(&str) -> bool,
    ) -> Result<Self, MappingError> {
        let transforms = transforms(expressions)?;
        for field in mapping {
            let source = field.source()?;
            let mut found = false;
            for table in &mut tables {
                for column in table.columns.iter_mut().filter(|column| column.name == field.column) {
                    column.cell = Cell::Mapped(source.clone());
                    found = true;
                }
            }
            if !found && extra(&field.column) {
                let cell = Cell::Mapped(source.clone());
                let name = Cow::Owned(field.column.clone());
                // The file of products, which is always written.
                let table = tables.iter().position(|table| table.info.needed).unwrap_or_default();
                tables[table].columns.push(Column { name, of: Of::Sold, cell, kind: Kind::Text, demands: Vec::new() });
            } else if !found {
                return Err(MappingError(say::column_unknown(channel, &field.column)));
            }
        }
        let sheet = Sheet {
            channel,
            options: Arc::new(options),
            tables,
            transforms,
            row: Row::default(),
            refused: Vec::new(),
            warnings: Vec::new(),
        };
        Ok(Self { shape, sheet })
    }

    /// Returns the files of the layout, in the order in which the channel wants them.
    pub fn tables(&self) -> impl Iterator<Item = &TableInfo> {
        self.sheet.tables.iter().map(|table| &table.info)
    }

    pub(crate) fn parts(&self) -> &[Table] {
        &self.sheet.tables
    }

    /// Returns the names of a table's columns, and whether each is a number.
    #[must_use]
    pub fn columns(&self, table: usize) -> Vec<(&str, bool)> {
        let columns = self.sheet.tables.get(table).map_or(&[][..], |table| &table.columns[..]);
        columns.iter().map(|column| (&*column.name, column.kind == Kind::Number)).collect()
    }

    /// Returns the first bytes of a file of a table, such as its header.
    #[must_use]
    pub fn begin(&mut self, table: usize) -> Vec<u8> {
        let table = &mut self.sheet.tables[table];
        let mut out = Vec::with_capacity(4_096);
        table.render.begin(&table.columns, &mut out);
        out
    }

    /// Returns the last bytes of a file of a table.
    #[must_use]
    pub fn end(&mut self, table: usize) -> Vec<u8> {
        let mut out = Vec::new();
        self.sheet.tables[table].render.end(&mut out);
        out
    }

    /// Writes a listing.
    ///
    /// # Errors
    /// [`LeftOut`] if the channel would refuse it; then nothing of it is written.
    pub fn write(&mut self, listing: &Listing) -> Result<Written, LeftOut> {
        let marks: Vec<(usize, usize)> = self.sheet.tables.iter().map(|table| (table.out.len(), table.rows)).collect();
        self.sheet.refused.clear();
        self.sheet.warnings.clear();
        match self.shape.lines(listing, &mut self.sheet) {
            Ok(()) => Ok(Written {
                refused: std::mem::take(&mut self.sheet.refused),
                warnings: std::mem::take(&mut self.sheet.warnings),
            }),
            Err(why) => {
                for (table, (length, rows)) in self.sheet.tables.iter_mut().zip(marks) {
                    table.out.truncate(length);
                    let kept = table.kept.len() - (table.rows - rows).min(table.kept.len());
                    table.kept.truncate(kept);
                    table.rows = rows;
                }
                Err(why)
            }
        }
    }

    /// Writes what is known only at the end, such as the categories of the products.
    ///
    /// # Errors
    /// [`LeftOut`] if the channel would refuse it.
    pub fn finish(&mut self) -> Result<(), LeftOut> {
        self.shape.finish(&mut self.sheet)
    }

    /// Moves the bytes of a table since the last call into `into`, whose content is dropped.
    pub fn take(&mut self, table: usize, into: &mut Vec<u8>) {
        into.clear();
        std::mem::swap(&mut self.sheet.tables[table].out, into);
    }

    /// Returns the unrendered rows of a table since the last call.
    #[must_use]
    pub fn take_rows(&mut self, table: usize) -> Vec<Row> {
        std::mem::take(&mut self.sheet.tables[table].kept)
    }

    /// Returns the number of bytes that wait in a table.
    #[must_use]
    pub fn waiting(&self, table: usize) -> usize {
        self.sheet.tables[table].out.len()
    }
}

impl Sheet {
    /// Writes a line of a table.
    pub(crate) fn line(&mut self, table: usize, line: &Line<'_>) -> Result<(), LeftOut> {
        self.fill(table, line)?;
        let table = &mut self.tables[table];
        match table.render {
            Render::Rows => table.kept.push(self.row.clone()),
            _ => table.render.row(&self.row, &table.columns, &mut table.out),
        }
        table.rows += 1;
        Ok(())
    }

    /// Writes bytes that are not a line. The closure gets the output and the number of rows before.
    pub(crate) fn raw(&mut self, table: usize, write: impl FnOnce(&mut Vec<u8>, usize)) {
        let table = &mut self.tables[table];
        write(&mut table.out, table.rows);
        table.rows += 1;
    }

    /// Fills [`Sheet::row`] with the cells of a line, and checks the demands.
    pub(crate) fn fill(&mut self, table: usize, line: &Line<'_>) -> Result<(), LeftOut> {
        self.row.clear();
        let (row, channel) = (&mut self.row, &self.channel);
        let (transforms, mut values) = (self.transforms.as_ref(), None);
        for column in &self.tables[table].columns {
            let applies = match column.of {
                Of::Product => line.first,
                Of::Sold => line.sold,
                Of::Line => true,
            };
            if !applies {
                row.push("");
                continue;
            }
            let text = match &column.cell {
                Cell::Blank => Cow::Borrowed(""),
                Cell::Text(text) => text(line),
                Cell::Numbered(text, number) => text(line, *number),
                Cell::Mapped(Source::Field(field)) => field.text(line),
                Cell::Mapped(Source::Value(value)) => Cow::Borrowed(value.as_str()),
                Cell::Mapped(Source::Expression { expression, of }) => {
                    let Some(transforms) = transforms else {
                        row.push("");
                        continue;
                    };
                    let values = values.get_or_insert_with(|| {
                        let known = FIELDS.iter().map(|(name, text)| ((*name).to_owned(), text(line).into_owned()));
                        let own = line.item.attributes.iter();
                        let own = own.map(|one| (format!("attributes.{}", one.code), one.values.join(", ")));
                        let cells: Vec<(String, String)> = known.chain(own).collect();
                        transforms.row(cells.iter().map(|(name, text)| (name.as_str(), text.as_str())))
                    });
                    let value = of.as_ref().map(|field| field.text(line)).unwrap_or_default();
                    let result = transforms.apply(expression, &value, values);
                    Cow::Owned(result.map_err(|why| LeftOut::new("expression_failed", &column.name, why))?)
                }
            };
            for demand in &column.demands {
                demand.check(&text, channel, &column.name)?;
            }
            row.push(&text);
        }
        Ok(())
    }

    /// Returns the variants that the channel accepts: their cells meet its demands, and `refusal` returns no reason
    /// against them. The others are recorded with their reasons.
    pub(crate) fn sellable<'l>(
        &mut self,
        table: usize,
        listing: &'l Listing,
        refusal: impl Fn(&Item) -> Option<LeftOut>,
    ) -> Result<Vec<&'l Item>, LeftOut> {
        let options = Arc::clone(&self.options);
        let mut kept = Vec::with_capacity(listing.variants.len());
        for variant in &listing.variants {
            // The real key is set later.
            let line = Line { key: "x", ..Line::variant(listing, variant, &options, 1) };
            match self.fill(table, &line).err().or_else(|| refusal(variant)) {
                None => kept.push(variant),
                Some(why) => self.refused.push((variant.id, why)),
            }
        }
        if kept.is_empty()
            && let Some((_, why)) = self.refused.last()
        {
            return Err(LeftOut::new("variants_refused", "", say::variants_refused(why.message.clone())));
        }
        Ok(kept)
    }

    /// Records what a file does not contain, although the catalogue does.
    pub(crate) fn warn(&mut self, code: &str, column: &str, message: Text) {
        self.warnings.push(LeftOut::new(code, column, message));
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }
}
