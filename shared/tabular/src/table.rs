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
    /// The rows that were already read to find out what the file is.
    pub(crate) replay: VecDeque<Row>,
    /// The error that ended the reading of those rows, if it was not the end of the file.
    pub(crate) broken: Option<ReadError>,
    /// Whether further columns can appear below (JSON and XML).
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

    /// The paths found so far, in a file without a header.
    pub(crate) fn paths(&mut self) -> Option<&mut Paths> {
        match self {
            Rows::Json(rows) => Some(&mut rows.paths),
            Rows::Xml(rows) => Some(&mut rows.paths),
            _ => None,
        }
    }
}

impl TableReader<'_> {
    /// Returns what was found out about the file.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Adds columns that a mapping names: in a JSON or XML file they may appear only further down.
    pub fn expect_columns<'c>(&mut self, columns: impl IntoIterator<Item = &'c str>) {
        if let Some(paths) = self.rows.paths() {
            for column in columns.into_iter().filter(|column| !column.is_empty()) {
                paths.place(column);
            }
            self.layout.headers.clone_from(&paths.names);
            self.layout.columns.clone_from(&paths.names);
        }
    }

    /// Keeps the object or element of each row of a JSON or XML file, from now on, in [`Row::object`].
    pub fn keep_objects(&mut self) {
        self.rows.keep_objects(true);
    }

    /// The start tags around the rows of an XML file, and their end tags; known from the first row on.
    #[must_use]
    pub fn frame(&self) -> Option<(&str, &str)> {
        let Rows::Xml(rows) = &self.rows else { return None };
        rows.frame.as_ref().map(|(starts, ends)| (starts.as_str(), ends.as_str()))
    }

    /// The columns that appeared below the rows from which [`Layout::columns`] was made: JSON and XML have no header.
    pub fn late_columns(&mut self) -> &[String] {
        let known = self.layout.columns.len();
        if !self.open_ended {
            return &[];
        }
        self.rows.paths().map_or(&[], |paths| paths.names.get(known..).unwrap_or_default())
    }

    /// Reads the next row that is not blank into `row`. Returns `false` at the end of the file.
    ///
    /// # Errors
    /// [`ReadError`] when the source fails or the rest of the file cannot be split into rows. A row that can be
    /// separated from its neighbours but not trusted is not an error: it has a [`Row::problem`].
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
