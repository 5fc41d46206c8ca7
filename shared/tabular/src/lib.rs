//! Tables in files: rows of cells, read and written as a stream.
//!
//! [`open`] looks at the first bytes of a source, finds out what it is (format, encoding, delimiter, header) and
//! gives a [`TableReader`], from which rows come one at a time; no more than a row and a buffer is held in memory.
//! Whoever reads rows does not know the format: XLSX, JSON and XML become further variants behind [`TableReader`].
//!
//! Pure: the source is any [`std::io::Read`]; where it comes from is the caller's business.

mod csv_reader;
mod error;
mod sniff;
mod spreadsheet;
mod transcode;

use std::io::Read;

use csv_reader::CsvReader;
pub use error::{ReadError, RowProblem};
pub use spreadsheet::neutralize;

/// How many of the first rows [`Layout::samples`] holds at most.
pub const SAMPLE_ROWS: usize = 100;

/// What was found out about a file before its first row was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The file's format, `csv`.
    pub format: &'static str,
    /// The WHATWG name of the text encoding, such as `UTF-8` or `windows-1252`.
    pub encoding: &'static str,
    /// The character between cells.
    pub delimiter: char,
    /// The row that holds the column names, counted from 1 as a spreadsheet does.
    pub header_row: u64,
    /// The column names, trimmed; a column without a name has an empty one.
    pub headers: Vec<String>,
    /// The cells of the first rows below the header, at most [`SAMPLE_ROWS`].
    pub samples: Vec<Vec<String>>,
}

/// One row; reused from call to call, so that reading allocates nothing once the buffers have grown.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The row's number as a spreadsheet shows it: the first row of the file is 1, blank rows are counted.
    pub number: u64,
    /// Why the cells cannot be trusted, if so.
    pub problem: Option<RowProblem>,
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

    fn is_blank(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_whitespace()) || self.cells().all(|cell| cell.trim().is_empty())
    }
}

/// The rows of a file, whatever its format.
pub struct TableReader<R: Read> {
    layout: Layout,
    rows: CsvReader<transcode::Utf8<R>>,
}

/// Looks at the beginning of `source` and opens the table in it.
///
/// # Errors
/// [`ReadError`] when the file is empty, is not text, or has no header.
pub fn open<R: Read>(mut source: R) -> Result<TableReader<R>, ReadError> {
    let head = sniff::read_head(&mut source)?;
    let found = sniff::sniff(&head)?;
    let utf8 = transcode::Utf8::new(head, source, found.encoding);
    let mut rows = CsvReader::new(utf8, found.delimiter, found.ascii_so_far);
    let mut row = Row::default();
    for _ in 0..found.records_above_header {
        rows.read(&mut row)?;
    }
    if !rows.read(&mut row)? {
        return Err(ReadError::NoHeader);
    }
    let headers: Vec<String> = row.cells().map(|cell| cell.trim().replace('\0', "\u{fffd}")).collect();
    rows.expect_width(headers.len());
    let layout = Layout {
        format: "csv",
        encoding: found.encoding.name(),
        delimiter: char::from(found.delimiter),
        header_row: row.number,
        headers,
        samples: found.samples,
    };
    Ok(TableReader { layout, rows })
}

impl<R: Read> TableReader<R> {
    /// What was found out about the file.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Puts the next row that is not blank into `row`; `false` at the end of the file.
    ///
    /// # Errors
    /// [`ReadError`] when the source fails or the rest of the file cannot be split into rows. A row that can be
    /// told from its neighbours but not trusted is no error: it comes with [`Row::problem`].
    pub fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        self.rows.read(row)
    }
}
