//! Tables in files: rows of cells, read as a stream.
//!
//! [`open`] looks at the first bytes of a source, finds out what it is (packing, format, encoding, delimiter, header) and
//! gives a [`TableReader`], from which rows come one at a time. Whoever reads rows does not know the format: CSV, a
//! workbook's sheet, JSON objects and XML elements all come as texts under column names.
//!
//! Pure: the source is any [`std::io::Read`]; where it comes from is the caller's business.

mod book_reader;
mod book_writer;
mod container;
mod csv_reader;
mod error;
mod finding;
mod json_bytes;
mod json_paths;
mod json_reader;
mod json_text;
mod merged;
mod open;
mod sniff;
mod spreadsheet;
mod transcode;
mod xml_paths;
mod xml_reader;

use std::collections::VecDeque;
use std::io::Read;

use book_reader::BookReader;
use csv_reader::CsvReader;
use json_reader::JsonReader;
use serde::{Deserialize, Serialize};
use transcode::Utf8;
use utoipa::ToSchema;
use xml_reader::XmlReader;

pub use book_writer::{BookColumn, BookError, BookWriter};
pub use error::{ReadError, RowProblem};
pub use open::{open, open_with};
pub use spreadsheet::{neutralize, restore};

/// How many of the first rows [`Layout::samples`] holds at most.
pub const SAMPLE_ROWS: usize = 100;

/// What the caller knows better than the file's beginning tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// The WHATWG name of the text's encoding, such as `windows-1252`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The character between the cells of a CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether `"` quotes cells of a CSV; `false` reads it as any other character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotes: Option<bool>,
    /// The row with the column names, counted from 1; 0 = there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// The sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Where the rows are: `data.products` in JSON, `catalog/product` in XML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether the cells that a CSV's row lacks at its end are taken for blank; otherwise such a row is rejected.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pad_short_rows: bool,
    /// Whether the value of cells that are merged over several rows of a workbook counts for each of these rows; otherwise it
    /// stands in the first, as the file has it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fill_merged: bool,
}

/// One thing that was found out about a file, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What it is about: `packing`, `format`, `encoding`, `delimiter`, `header`, `sheet`, `merged`, `path` or `columns`.
    pub what: String,
    /// What was found.
    pub found: String,
    /// Why it was taken for that.
    pub why: String,
    /// How sure that is, in percent.
    pub sureness: u8,
}

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SheetInfo {
    /// Its name.
    pub name: String,
    /// Whether Excel hides it.
    pub hidden: bool,
}

/// A place in a JSON or XML file where rows could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PathInfo {
    /// The path, to be given as [`ReadOptions::path`].
    pub path: String,
    /// How many were seen in the file's beginning.
    pub seen: usize,
    /// The kind of feed that has its products there, when it is known.
    pub known: Option<String>,
}

/// What was found out about a file before its first row was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The file's format: `csv`, `xlsx`, `xls`, `ods`, `json`, `jsonl` or `xml`.
    pub format: &'static str,
    /// What the file is packed in: `gzip` or `zip`.
    pub packing: Option<&'static str>,
    /// The WHATWG name of the text encoding, such as `UTF-8` or `windows-1252`; a workbook's is `UTF-8`.
    pub encoding: &'static str,
    /// The character between the cells of a CSV.
    pub delimiter: Option<char>,
    /// The row that holds the column names, counted from 1 as a spreadsheet does; 0 when there is none.
    pub header_row: u64,
    /// The column names as the file has them, trimmed.
    pub headers: Vec<String>,
    /// The column names, each once: `id`, `id (2)`; one without a name is `column 3`.
    pub columns: Vec<String>,
    /// The cells of the first rows below the header, at most [`SAMPLE_ROWS`].
    pub samples: Vec<Vec<String>>,
    /// The sheets of a workbook.
    pub sheets: Vec<SheetInfo>,
    /// The sheet that is read.
    pub sheet: Option<String>,
    /// Where the rows of a JSON or XML file could be, the most likely first.
    pub paths: Vec<PathInfo>,
    /// The place that is read.
    pub path: Option<String>,
    /// What was found, and why.
    pub findings: Vec<Finding>,
}

/// One row; reused from call to call, so that reading allocates nothing once the buffers have grown.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The row's number as a spreadsheet shows it: the first row of the file is 1, blank rows are counted. In JSON and XML
    /// the first object is 1.
    pub number: u64,
    /// Why the cells cannot be trusted, if so.
    pub problem: Option<RowProblem>,
    /// The object of a JSON file or the element of an XML file as it stands there, when [`TableReader::keep_objects`] asks
    /// for it.
    pub object: Vec<u8>,
    text: String,
    ends: Vec<usize>,
    typed: Vec<usize>,
}

/// Stands behind a number of a workbook or of JSON that could be taken for thousands, until it comes into a [`Row`]: of
/// Unicode's private use.
pub(crate) const TYPED: char = '\u{e000}';

impl Row {
    /// How many cells the row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// The text of the cell at `index`, counted from 0; empty beyond the last.
    #[must_use]
    pub fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start..*end).unwrap_or_default()
    }

    /// The cells from left to right.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.width()).map(|index| self.cell(index))
    }

    /// The cells that a program wrote as numbers with three decimals: `1.234` in them is never 1,234, whatever the file's texts
    /// mean by it.
    #[must_use]
    pub fn typed(&self) -> &[usize] {
        &self.typed
    }

    /// Empties the row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.typed.clear();
        self.object.clear();
        self.problem = None;
    }

    /// Adds a cell at the right.
    pub fn push(&mut self, cell: &str) {
        let cell = match cell.strip_suffix(TYPED) {
            Some(number) => {
                self.typed.push(self.ends.len());
                number
            }
            None => cell,
        };
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    fn is_blank(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_whitespace()) || self.cells().all(|cell| cell.trim().is_empty())
    }
}

/// The rows of a file, whatever its format.
pub struct TableReader<'a> {
    layout: Layout,
    rows: Rows<'a>,
    /// Rows that were read to find out about the file.
    replay: VecDeque<Row>,
    /// What ended the reading of those rows, when it was not the file's end.
    broken: Option<ReadError>,
    /// Whether a JSON or XML file can show further columns below.
    open_ended: bool,
}

type Text<'a> = Utf8<Box<dyn Read + Send + 'a>>;

enum Rows<'a> {
    Csv(Box<CsvReader<Text<'a>>>),
    Book(BookReader),
    Json(Box<JsonReader<Text<'a>>>),
    Xml(Box<XmlReader<Text<'a>>>),
}

impl Rows<'_> {
    fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        match self {
            Rows::Csv(rows) => rows.read(row),
            Rows::Book(rows) => rows.read(row),
            Rows::Json(rows) => rows.read(row),
            Rows::Xml(rows) => rows.read(row),
        }
    }

    fn keep_objects(&mut self, keep: bool) {
        match self {
            Rows::Json(rows) => rows.keep_objects = keep,
            Rows::Xml(rows) => rows.keep_objects = keep,
            Rows::Csv(_) | Rows::Book(_) => {}
        }
    }

    /// The paths seen so far, of a file without a header.
    fn paths(&mut self) -> Option<&mut json_reader::Paths> {
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
