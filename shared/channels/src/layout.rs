//! Listings become lines, lines become cells, cells become bytes.
//!
//! A layout is a list of columns (a name, where its text comes from, what the channel demands of it) and a shape (which lines
//! a listing has). What the seller maps otherwise replaces a column's text before the demands are checked, so a mapping can
//! mend what would be refused, and nothing refused is written: a listing is written whole or left out with the reason.

use std::borrow::Cow;
use std::sync::Arc;

use mapping::Transforms;
use tabular::Row;
use uuid::Uuid;

use crate::column::{Cell, Column, Kind, Of};
use crate::fields::FIELDS;
use crate::line::Line;
use crate::mapping::{FieldMapping, MappingError, Source, transforms};
use crate::options::LayoutOptions;
use crate::render::Render;
use crate::{Item, LeftOut, Listing};

/// One of the files that a layout has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// What is in it: `products`, `combinations`.
    pub name: &'static str,
    /// The ending of its name.
    pub extension: &'static str,
    /// The channel refuses a larger file: a new one is begun before, never within a product.
    pub most_bytes: Option<usize>,
    /// Whether the file is there even when nothing is in it.
    pub needed: bool,
}

impl TableInfo {
    pub(crate) const fn new(name: &'static str, extension: &'static str) -> Self {
        Self { name, extension, most_bytes: None, needed: true }
    }

    /// One that is left away when nothing is in it.
    pub(crate) const fn optional(name: &'static str, extension: &'static str) -> Self {
        Self { needed: false, ..Self::new(name, extension) }
    }

    /// One of which the channel takes at most so many bytes.
    pub(crate) const fn at_most(self, bytes: usize) -> Self {
        Self { most_bytes: Some(bytes), ..self }
    }
}

/// The media type of a file of an export, by the ending of its name.
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
    /// Rows that are kept as they are.
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

    /// Writes what is known at the end only.
    fn finish(&mut self, _sheet: &mut Sheet) -> Result<(), LeftOut> {
        Ok(())
    }
}

/// What shapes write on.
pub(crate) struct Sheet {
    pub(crate) channel: &'static str,
    pub(crate) options: Arc<LayoutOptions>,
    pub(crate) tables: Vec<Table>,
    transforms: Option<Transforms>,
    row: Row,
    refused: Vec<(Uuid, LeftOut)>,
    warnings: Vec<LeftOut>,
}

/// What became of a listing that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Variants that are not.
    pub refused: Vec<(Uuid, LeftOut)>,
    /// What the files do not say of it, although the catalogue does.
    pub warnings: Vec<LeftOut>,
}

/// Writes listings as the files of a channel. Bytes gather in each table until [`LayoutWriter::take`] has them.
pub struct LayoutWriter {
    shape: Box<dyn Shape>,
    sheet: Sheet,
}

impl LayoutWriter {
    pub(crate) fn new(
        channel: &'static str,
        shape: Box<dyn Shape>,
        mut tables: Vec<Table>,
        options: LayoutOptions,
        mapping: &[FieldMapping],
        expressions: &[FieldMapping],
        extra: fn(&str) -> bool,
    ) -> Result<Self, MappingError> {
        let transforms = transforms(expressions)?;
        for one in mapping {
            let source = one.source()?;
            let mut known = false;
            for table in &mut tables {
                for column in table.columns.iter_mut().filter(|column| column.name == one.column) {
                    column.cell = Cell::Mapped(source.clone());
                    known = true;
                }
            }
            if !known && extra(&one.column) {
                let cell = Cell::Mapped(source.clone());
                let name = Cow::Owned(one.column.clone());
                // The products' file, which is always there.
                let table = tables.iter().position(|table| table.info.needed).unwrap_or_default();
                tables[table].columns.push(Column { name, of: Of::Sold, cell, kind: Kind::Text, demands: Vec::new() });
            } else if !known {
                return Err(MappingError(format!("{channel} has no column \"{}\"", one.column)));
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

    /// The files that the layout has, in the order in which the channel wants them.
    pub fn tables(&self) -> impl Iterator<Item = &TableInfo> {
        self.sheet.tables.iter().map(|table| &table.info)
    }

    pub(crate) fn parts(&self) -> &[Table] {
        &self.sheet.tables
    }

    /// The names of a table's columns, and whether each is a number.
    #[must_use]
    pub fn columns(&self, table: usize) -> Vec<(&str, bool)> {
        let columns = self.sheet.tables.get(table).map_or(&[][..], |table| &table.columns[..]);
        columns.iter().map(|column| (&*column.name, column.kind == Kind::Number)).collect()
    }

    /// How a file of a table begins.
    #[must_use]
    pub fn begin(&mut self, table: usize) -> Vec<u8> {
        let table = &mut self.sheet.tables[table];
        let mut out = Vec::with_capacity(4_096);
        table.render.begin(&table.columns, &mut out);
        out
    }

    /// How a file of a table ends.
    #[must_use]
    pub fn end(&mut self, table: usize) -> Vec<u8> {
        let mut out = Vec::new();
        self.sheet.tables[table].render.end(&mut out);
        out
    }

    /// Writes a listing.
    ///
    /// # Errors
    /// [`LeftOut`] when the channel would refuse it; nothing of it is written then.
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

    /// Writes what is known at the end only, such as the categories that products are in.
    ///
    /// # Errors
    /// [`LeftOut`] when the channel would refuse it.
    pub fn finish(&mut self) -> Result<(), LeftOut> {
        self.shape.finish(&mut self.sheet)
    }

    /// The bytes that gathered in a table since they were taken last, in `into`, which is emptied before.
    pub fn take(&mut self, table: usize, into: &mut Vec<u8>) {
        into.clear();
        std::mem::swap(&mut self.sheet.tables[table].out, into);
    }

    /// The rows that a table keeps as they are, since they were taken last.
    #[must_use]
    pub fn take_rows(&mut self, table: usize) -> Vec<Row> {
        std::mem::take(&mut self.sheet.tables[table].kept)
    }

    /// How many bytes wait in a table.
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

    /// Writes bytes that are no line.
    pub(crate) fn raw(&mut self, table: usize, write: impl FnOnce(&mut Vec<u8>, usize)) {
        let table = &mut self.tables[table];
        write(&mut table.out, table.rows);
        table.rows += 1;
    }

    /// The cells of a line, in [`Sheet::row`].
    pub(crate) fn fill(&mut self, table: usize, line: &Line<'_>) -> Result<(), LeftOut> {
        self.row.clear();
        let (row, channel) = (&mut self.row, self.channel);
        let (transforms, mut values) = (self.transforms.as_ref(), None);
        for column in &self.tables[table].columns {
            let here = match column.of {
                Of::Product => line.first,
                Of::Sold => line.sold,
                Of::Line => true,
            };
            if !here {
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
                    let made = transforms.apply(expression, &value, values);
                    Cow::Owned(made.map_err(|why| LeftOut::new("expression_failed", &column.name, why))?)
                }
            };
            for demand in &column.demands {
                demand.check(&text, channel, &column.name)?;
            }
            row.push(&text);
        }
        Ok(())
    }

    /// The variants that the channel takes: what it demands of their cells holds, and `unsayable` says nothing against them. The
    /// others are noted with their reasons.
    pub(crate) fn sellable<'l>(
        &mut self,
        table: usize,
        listing: &'l Listing,
        unsayable: impl Fn(&Item) -> Option<LeftOut>,
    ) -> Result<Vec<&'l Item>, LeftOut> {
        let options = Arc::clone(&self.options);
        let mut kept = Vec::with_capacity(listing.variants.len());
        for variant in &listing.variants {
            // What the channel knows it by is given later.
            let line = Line { key: "x", ..Line::variant(listing, variant, &options, 1) };
            match self.fill(table, &line).err().or_else(|| unsayable(variant)) {
                None => kept.push(variant),
                Some(why) => self.refused.push((variant.id, why)),
            }
        }
        if kept.is_empty() && !listing.variants.is_empty() {
            let why = self.refused.last().map(|(_, why)| why.message.clone()).unwrap_or_default();
            return Err(LeftOut::new("variants_refused", "", format!("none of its variants can be sold there: {why}")));
        }
        Ok(kept)
    }

    /// Notes what a file does not say, although the catalogue does.
    pub(crate) fn warn(&mut self, code: &str, column: &str, message: impl Into<String>) {
        self.warnings.push(LeftOut::new(code, column, message));
    }

    pub(crate) fn row(&self) -> &Row {
        &self.row
    }
}
