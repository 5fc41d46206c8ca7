//! Tables in files: rows of cells, read as a stream.
//!
//! [`open`] looks at the first bytes of a source, finds out what it is (packing, format, encoding, delimiter, header) and
//! gives a [`TableReader`], from which rows come one at a time. Whoever reads rows does not know the format: CSV, a
//! workbook's sheet, JSON objects and XML elements all come as texts under column names.
//!
//! Pure: the source is any [`std::io::Read`]; where it comes from is the caller's business.

mod book_reader;
mod container;
mod csv_reader;
mod error;
mod json_reader;
mod sniff;
mod spreadsheet;
mod transcode;
mod xml_reader;

use std::collections::{HashMap, VecDeque};
use std::io::Read;

use book_reader::BookReader;
use container::Kind;
use csv_reader::CsvReader;
pub use error::{ReadError, RowProblem};
use json_reader::JsonReader;
use serde::{Deserialize, Serialize};
pub use spreadsheet::{EXCEL_ERRORS, neutralize};
use transcode::Utf8;
use utoipa::ToSchema;
use xml_reader::XmlReader;

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
}

/// One thing that was found out about a file, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What it is about: `packing`, `format`, `encoding`, `delimiter`, `header`, `sheet`, `path` or `columns`.
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
    /// The object of a JSON file as it stands there, when [`TableReader::keep_objects`] asks for it.
    pub object: Vec<u8>,
    text: String,
    ends: Vec<usize>,
}

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

    /// Empties the row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.object.clear();
        self.problem = None;
    }

    /// Adds a cell at the right.
    pub fn push(&mut self, cell: &str) {
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

    /// The paths seen so far, of a file without a header.
    fn paths(&mut self) -> Option<&mut json_reader::Paths> {
        match self {
            Rows::Json(rows) => Some(&mut rows.paths),
            Rows::Xml(rows) => Some(&mut rows.paths),
            _ => None,
        }
    }
}

/// Looks at the beginning of `source` and opens the table in it.
///
/// # Errors
/// [`ReadError`] when the file is empty, is no table, or has no header.
pub fn open<'a>(source: impl Read + Send + 'a) -> Result<TableReader<'a>, ReadError> {
    open_with(source, &ReadOptions::default())
}

/// Opens the table in `source` as `options` say; what they leave open is found out.
///
/// # Errors
/// [`ReadError`] when the file is empty, is no table, has no header, or is not what the options say.
pub fn open_with<'a>(source: impl Read + Send + 'a, options: &ReadOptions) -> Result<TableReader<'a>, ReadError> {
    let (kind, packing) = container::unpack(Box::new(source))?;
    let mut table = match kind {
        Kind::Book(bytes, format) => open_book(bytes, format, options)?,
        Kind::Text(text) => open_text(text, options)?,
    };
    if let Some(packing) = packing {
        table.layout.packing = Some(packing);
        table.layout.findings.insert(0, finding("packing", packing, "the file's first bytes say so", 100));
    }
    Ok(table)
}

pub(crate) fn finding(what: &str, found: impl ToString, why: impl ToString, sureness: u8) -> Finding {
    Finding { what: what.to_owned(), found: found.to_string(), why: why.to_string(), sureness }
}

fn layout(format: &'static str, encoding: &'static str) -> Layout {
    Layout {
        format,
        packing: None,
        encoding,
        delimiter: None,
        header_row: 0,
        headers: Vec::new(),
        columns: Vec::new(),
        samples: Vec::new(),
        sheets: Vec::new(),
        sheet: None,
        paths: Vec::new(),
        path: None,
        findings: Vec::new(),
    }
}

fn open_text<'a>(mut text: Box<dyn Read + Send + 'a>, options: &ReadOptions) -> Result<TableReader<'a>, ReadError> {
    let head = sniff::read_head(&mut text)?;
    let named = match &options.encoding {
        Some(name) => Some(
            encoding_rs::Encoding::for_label(name.as_bytes())
                .ok_or_else(|| ReadError::EncodingUnknown(name.clone()))?,
        ),
        None => None,
    };
    let (encoding, why, sureness) = sniff::encoding_of(&head, named)?;
    let sample = encoding.decode_with_bom_removal(sniff::whole_lines(&head)).0.into_owned();
    let ascii = encoding == encoding_rs::UTF_8 && head.is_ascii();
    let utf8 = Utf8::new(head, text, encoding);
    let told = finding("encoding", encoding.name(), why, sureness);
    let mut table = match sample.trim_start().bytes().next() {
        None => return Err(ReadError::Empty),
        Some(b'<') => open_xml(utf8, encoding.name(), &sample, options)?,
        Some(b'{' | b'[') => open_json(utf8, encoding.name(), &sample, options)?,
        Some(_) => open_csv(utf8, encoding.name(), &sample, ascii, options)?,
    };
    table.layout.findings.insert(0, told);
    Ok(table)
}

fn open_csv<'a>(
    utf8: Text<'a>,
    encoding: &'static str,
    sample: &str,
    ascii: bool,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let found = sniff::sniff(sample, options)?;
    let mut rows = CsvReader::new(utf8, found.delimiter, found.quotes, ascii);
    rows.pad_short_rows(options.pad_short_rows);
    let mut row = Row::default();
    let mut replay = VecDeque::new();
    let mut layout = layout("csv", encoding);
    for _ in 0..found.records_above_header {
        rows.read(&mut row)?;
    }
    if !rows.read(&mut row)? {
        return Err(ReadError::NoHeader);
    }
    if found.has_header {
        layout.header_row = row.number;
        layout.headers = header_cells(&row);
    } else {
        layout.headers = vec![String::new(); row.width()];
        replay.push_back(row.clone());
    }
    rows.expect_width(layout.headers.len());
    layout.columns = unique(&layout.headers);
    layout.delimiter = Some(char::from(found.delimiter));
    layout.samples = found.samples;
    layout.findings = found.findings;
    Ok(TableReader { layout, rows: Rows::Csv(Box::new(rows)), replay, broken: None, open_ended: false })
}

fn open_book<'a>(
    bytes: Vec<u8>,
    format: container::BookFormat,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let book = book_reader::open(bytes, format, options.sheet.clone())?;
    let mut rows = Rows::Book(book.rows);
    let mut layout = layout(format.name(), "UTF-8");
    let (mut first, broken) = read_some(&mut rows, SAMPLE_ROWS + sniff::MAX_LINES_ABOVE_HEADER)?;
    let records: Vec<Vec<String>> = first.iter().map(|row| row.cells().map(str::to_owned).collect()).collect();
    let above = match options.header_row {
        Some(0) => None,
        Some(number) => Some(first.iter().position(|row| row.number == u64::from(number)).ok_or(ReadError::NoHeader)?),
        None => Some(sniff::records_above_header(&records, 0)),
    };
    if let Some(above) = above {
        first.drain(..above);
        let header = first.pop_front().ok_or(ReadError::NoHeader)?;
        layout.header_row = header.number;
        layout.headers = header_cells(&header);
        // Columns beyond the header's last cell that hold something have no name, but are there.
        let width = first.iter().map(filled_width).max().unwrap_or_default();
        if width > layout.headers.len() {
            layout.headers.resize(width, String::new());
        }
        let why = if above == 0 {
            "the first row with anything in it".to_owned()
        } else {
            format!("{above} rows above it fill fewer than half of the columns")
        };
        layout.findings.push(finding("header", layout.header_row, why, if above == 0 { 90 } else { 80 }));
    } else {
        let width = first.iter().map(filled_width).max().unwrap_or_default();
        layout.headers = vec![String::new(); width];
    }
    let hidden = book.sheets.iter().filter(|sheet| sheet.hidden).count();
    let why = match &options.sheet {
        Some(_) => "asked for".to_owned(),
        None => format!("the first visible sheet with rows, of {} ({hidden} hidden)", book.sheets.len()),
    };
    layout.findings.insert(
        0,
        finding("sheet", &book.sheet, why, if options.sheet.is_some() || book.sheets.len() == 1 { 100 } else { 75 }),
    );
    layout.findings.insert(0, finding("format", format.name(), "the file's first bytes and parts say so", 100));
    layout.columns = unique(&layout.headers);
    layout.sheets = book.sheets;
    layout.sheet = Some(book.sheet);
    layout.samples = samples(&first);
    Ok(TableReader { layout, rows, replay: first, broken, open_ended: false })
}

fn open_json<'a>(
    utf8: Text<'a>,
    encoding: &'static str,
    sample: &str,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let candidates = json_reader::find_paths(sample.as_bytes());
    let path = options.path.clone().or_else(|| candidates.first().map(|one| one.path.clone()));
    let reader = JsonReader::new(utf8, path.as_deref())?;
    let mut layout = layout(if reader.is_lines() { "jsonl" } else { "json" }, encoding);
    layout.paths =
        candidates.iter().map(|one| PathInfo { path: one.path.clone(), seen: one.objects, known: None }).collect();
    let shown = path.clone().filter(|path| !path.is_empty()).unwrap_or_else(|| "(the whole file)".to_owned());
    let (why, sureness) = match (&options.path, candidates.len()) {
        (Some(_), _) => ("asked for".to_owned(), 100),
        (None, 0) => ("objects one after the other".to_owned(), 95),
        (None, _) if candidates[0].objects == 0 && !candidates[0].path.is_empty() => {
            ("the object that is most of the file".to_owned(), 60)
        }
        (None, 1) => ("the only array of objects".to_owned(), 98),
        (None, several) => (format!("the most likely of {several} arrays of objects"), 70),
    };
    layout.path = path;
    layout.findings.push(finding("format", layout.format, "the first character says so", 98));
    layout.findings.push(finding("path", shown, why, sureness));
    open_paths(Rows::Json(Box::new(reader)), layout)
}

fn open_xml<'a>(
    utf8: Text<'a>,
    encoding: &'static str,
    sample: &str,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let start = sample.trim_start().to_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err(ReadError::NotText("a web page (HTML)"));
    }
    let candidates = xml_reader::find_paths(sample);
    let mut layout = layout("xml", encoding);
    layout.paths = candidates
        .iter()
        .map(|one| PathInfo { path: one.path.clone(), seen: one.count, known: one.known.map(str::to_owned) })
        .collect();
    let path = match (&options.path, candidates.first()) {
        (Some(path), _) => path.trim_matches('/').to_owned(),
        (None, Some(first)) => first.path.clone(),
        (None, None) => return Err(ReadError::PathMissing("a repeated element".to_owned())),
    };
    let (why, sureness) = match (&options.path, candidates.first()) {
        (None, Some(first)) if first.known.is_some() => {
            (format!("a {} file has its products there", first.known.unwrap_or_default()), 99)
        }
        (None, Some(first)) if first.count > 1 => {
            (format!("the element repeats ({} in the beginning of the file)", first.count), 80)
        }
        (None, _) => ("the only element with parts".to_owned(), 40),
        (Some(_), _) => ("asked for".to_owned(), 100),
    };
    layout.findings.push(finding("format", "xml", "the first character says so", 99));
    layout.findings.push(finding("path", &path, why, sureness));
    let reader = XmlReader::new(utf8, &path);
    layout.path = Some(path);
    open_paths(Rows::Xml(Box::new(reader)), layout)
}

/// Opens a file without a header: its columns are the paths that its first rows have.
fn open_paths(mut rows: Rows<'_>, mut layout: Layout) -> Result<TableReader<'_>, ReadError> {
    if let Rows::Json(rows) = &mut rows {
        rows.keep_objects = true;
    }
    let (first, broken) = read_some(&mut rows, SAMPLE_ROWS)?;
    if let Rows::Json(rows) = &mut rows {
        rows.keep_objects = false;
    }
    if first.is_empty() {
        return Err(ReadError::PathMissing(layout.path.clone().unwrap_or_default()));
    }
    layout.headers = rows.paths().map(|paths| paths.names.clone()).unwrap_or_default();
    layout.columns.clone_from(&layout.headers);
    layout.samples = samples(&first);
    Ok(TableReader { layout, rows, replay: first, broken, open_ended: true })
}

/// The first rows, and what broke off their reading after at least one of them.
fn read_some(rows: &mut Rows<'_>, most: usize) -> Result<(VecDeque<Row>, Option<ReadError>), ReadError> {
    let mut read = VecDeque::new();
    let mut row = Row::default();
    let mut bytes = 0;
    // A sample of a hundred rows of descriptions is small; one of a hundred huge rows need not be a hundred.
    while read.len() < most && bytes < 8 * 1024 * 1024 {
        match rows.read(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) if read.is_empty() => return Err(error),
            Err(error) => return Ok((read, Some(error))),
        }
        bytes += row.text.len();
        read.push_back(std::mem::take(&mut row));
    }
    Ok((read, None))
}

fn samples(rows: &VecDeque<Row>) -> Vec<Vec<String>> {
    rows.iter().take(SAMPLE_ROWS).map(|row| row.cells().map(str::to_owned).collect()).collect()
}

fn filled_width(row: &Row) -> usize {
    (0..row.width()).rev().find(|index| !row.cell(*index).trim().is_empty()).map_or(0, |index| index + 1)
}

fn header_cells(row: &Row) -> Vec<String> {
    row.cells().map(|cell| cell.trim().replace('\0', "\u{fffd}")).collect()
}

/// Column names of which no two are the same and none is blank.
fn unique(headers: &[String]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(headers.len());
    for (index, header) in headers.iter().enumerate() {
        let name = if header.is_empty() { format!("column {}", index + 1) } else { header.clone() };
        let count = seen.entry(name.to_lowercase()).or_default();
        *count += 1;
        let name = if *count == 1 { name } else { format!("{name} ({count})") };
        names.push(name);
    }
    names
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
            for column in columns {
                paths.place(column);
            }
            self.layout.headers.clone_from(&paths.names);
            self.layout.columns.clone_from(&paths.names);
        }
    }

    /// From now on each row of a JSON file brings its object along.
    pub fn keep_objects(&mut self) {
        if let Rows::Json(rows) = &mut self.rows {
            rows.keep_objects = true;
        }
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
