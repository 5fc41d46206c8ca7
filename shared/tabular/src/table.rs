//! The rows of a file, one after another.

use std::collections::VecDeque;
use std::io::Read;

use crate::book::reader::BookReader;
use crate::error::ReadError;
use crate::json::reader::{JsonReader, Paths};
use crate::layout::Layout;
use crate::row::Row;
use crate::text::csv_reader::CsvReader;
use crate::text::transcode::Utf8;
use crate::xml::reader::XmlReader;

/// The rows of a file, whatever its format.
pub struct TableReader<'a> {
    pub(crate) layout: Layout,
    pub(crate) rows: Rows<'a>,
    /// Rows that were read to find out about the file.
    pub(crate) replay: VecDeque<Row>,
    /// What ended the reading of those rows, when it was not the file's end.
    pub(crate) broken: Option<ReadError>,
    /// Whether a JSON or XML file can show further columns below.
    pub(crate) open_ended: bool,
}

pub(crate) type Text<'a> = Utf8<Box<dyn Read + Send + 'a>>;

pub(crate) enum Rows<'a> {
    Csv(Box<CsvReader<Text<'a>>>),
    Book(BookReader),
    Json(Box<JsonReader<Text<'a>>>),
    Xml(Box<XmlReader<Text<'a>>>),
}

impl Rows<'_> {
    pub(crate) fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        match self {
            Rows::Csv(rows) => rows.read(row),
            Rows::Book(rows) => rows.read(row),
            Rows::Json(rows) => rows.read(row),
            Rows::Xml(rows) => rows.read(row),
        }
    }

    pub(crate) fn keep_objects(&mut self, keep: bool) {
        match self {
            Rows::Json(rows) => rows.keep_objects = keep,
            Rows::Xml(rows) => rows.keep_objects = keep,
            Rows::Csv(_) | Rows::Book(_) => {}
        }
    }

    /// The paths seen so far, of a file without a header.
    pub(crate) fn paths(&mut self) -> Option<&mut Paths> {
        match self {
            Rows::Json(rows) => Some(&mut rows.paths),
            Rows::Xml(rows) => Some(&mut rows.paths),
            _ => None,
        }
    }
}

impl TableReader<'_> {
    /// What was found out about the file.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Makes room for columns that a mapping names: a JSON or XML file may show them only further down.
    pub fn expect_columns<'c>(&mut self, columns: impl IntoIterator<Item = &'c str>) {
        if let Some(paths) = self.rows.paths() {
            for column in columns.into_iter().filter(|column| !column.is_empty()) {
                paths.place(column);
            }
            self.layout.headers.clone_from(&paths.names);
            self.layout.columns.clone_from(&paths.names);
        }
    }

    /// From now on each row of a JSON or XML file brings its object or element along.
    pub fn keep_objects(&mut self) {
        self.rows.keep_objects(true);
    }

    /// The start tags that stand around the rows of an XML file, and their end tags; from the first row on.
    #[must_use]
    pub fn frame(&self) -> Option<(&str, &str)> {
        let Rows::Xml(rows) = &self.rows else { return None };
        rows.frame.as_ref().map(|(starts, ends)| (starts.as_str(), ends.as_str()))
    }

    /// Columns that appeared below the rows from which [`Layout::columns`] was taken: JSON and XML have no header.
    pub fn late_columns(&mut self) -> &[String] {
        let known = self.layout.columns.len();
        if !self.open_ended {
            return &[];
        }
        self.rows.paths().map_or(&[], |paths| paths.names.get(known..).unwrap_or_default())
    }

    /// Puts the next row that is not blank into `row`; `false` at the end of the file.
    ///
    /// # Errors
    /// [`ReadError`] when the source fails or the rest of the file cannot be split into rows. A row that can be
    /// told from its neighbours but not trusted is no error: it comes with [`Row::problem`].
    pub fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        if let Some(first) = self.replay.pop_front() {
            *row = first;
            return Ok(true);
        }
        if let Some(broken) = self.broken.take() {
            return Err(broken);
        }
        self.rows.read(row)
    }
}
