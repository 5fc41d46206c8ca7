//! What can be wrong with a file, and with one row of it. Every `Display` is meant for the seller.

use std::fmt;

/// Why a file cannot be read as a table.
#[derive(Debug)]
pub enum ReadError {
    /// The file has no bytes, or only blank ones.
    Empty,
    /// The file is something else; holds what it looks like.
    NotText(&'static str),
    /// There is text, but no row that could be a header.
    NoHeader,
    /// A quoted text that begins in this row never ends, or is longer than a row may be.
    UnclosedQuote {
        /// The row in which the text begins.
        row: u64,
    },
    /// A row is larger than [`crate::text::csv_reader::MAX_ROW_BYTES`].
    RowTooLong {
        /// The row's number.
        row: u64,
    },
    /// A packed file that cannot be opened; holds what it is.
    Archive(&'static str),
    /// A packed file that would grow beyond all bounds.
    Inflated,
    /// A workbook or an archive with a password.
    Password,
    /// A JSON or XML file ends in the middle.
    CutShort {
        /// The row that is not whole.
        row: u64,
    },
    /// A file that breaks the rules of its format; holds how.
    Malformed {
        /// The row, 0 when it is not known.
        row: u64,
        /// What is wrong.
        what: String,
    },
    /// There are no rows at this path.
    PathMissing(String),
    /// A workbook has no such sheet.
    SheetMissing {
        /// The sheet that was asked for.
        wanted: String,
        /// The sheets that are there.
        found: String,
    },
    /// More columns than a table has.
    TooManyColumns,
    /// An encoding that does not exist.
    EncodingUnknown(String),
    /// A delimiter that cannot be one.
    DelimiterUnusable(char),
    /// The source failed.
    Io(std::io::Error),
}

impl ReadError {
    /// The error's code in the API.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ReadError::Empty => "file_empty",
            ReadError::NotText(_) => "file_invalid_type",
            ReadError::NoHeader => "file_no_header",
            ReadError::UnclosedQuote { .. } => "file_unclosed_quote",
            ReadError::RowTooLong { .. } => "file_row_too_long",
            ReadError::Archive(_) => "file_archive_invalid",
            ReadError::Inflated => "file_too_large_unpacked",
            ReadError::Password => "file_password_protected",
            ReadError::CutShort { .. } => "file_cut_short",
            ReadError::Malformed { .. } => "file_malformed",
            ReadError::PathMissing(_) => "path_missing",
            ReadError::SheetMissing { .. } => "sheet_missing",
            ReadError::TooManyColumns => "too_many_columns",
            ReadError::EncodingUnknown(_) => "encoding_unknown",
            ReadError::DelimiterUnusable(_) => "delimiter_invalid",
            ReadError::Io(_) => "file_unreadable",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Empty => f.write_str("the file is empty: expected a header line and at least one product"),
            ReadError::NotText(found) => {
                write!(f, "expected a CSV, Excel, JSON or XML file, found {found}; save the table as CSV (UTF-8) and send it again")
            }
            ReadError::NoHeader => f.write_str("expected a line with the column names, found none"),
            ReadError::UnclosedQuote { row } => write!(
                f,
                "a quoted text begins in row {row} and never ends; close the quote (\") or double it if it belongs to the text, or have quotes read as plain characters (read.quotes = false)"
            ),
            ReadError::RowTooLong { row } => write!(
                f,
                "row {row} is longer than 1 MiB, which no product is; check that its lines are separated and its quotes closed"
            ),
            ReadError::Archive(what) => {
                write!(f, "expected a table, or a packed file with exactly one table in it; found {what}. Pack it anew, or send the table itself")
            }
            ReadError::Inflated => f.write_str(
                "the file grows beyond 256 MB when it is unpacked, or holds a piece of more than 8 MB; send the table itself, in parts",
            ),
            ReadError::Password => {
                f.write_str("the file is protected by a password; remove the password in the program that set it, and send the file again")
            }
            ReadError::CutShort { row } => write!(
                f,
                "the file ends in the middle of row {row}: it was cut short on its way; send it again"
            ),
            ReadError::Malformed { row: 0, what } => f.write_str(what),
            ReadError::Malformed { row, what } => write!(f, "the file cannot be read from row {row} on: {what}"),
            ReadError::PathMissing(path) => {
                write!(f, "expected rows at \"{path}\", found none; name the place where the products are (read.path)")
            }
            ReadError::SheetMissing { wanted, found } => {
                write!(f, "the workbook has no sheet \"{wanted}\"; it has: {found}")
            }
            ReadError::TooManyColumns => f.write_str("expected at most 16,384 columns, found more; check that the file's rows are what they should be"),
            ReadError::EncodingUnknown(name) => {
                write!(f, "expected the name of an encoding, such as UTF-8 or windows-1252, found \"{name}\"")
            }
            ReadError::DelimiterUnusable(delimiter) => {
                write!(f, "expected an ASCII character other than a quote and a line end as delimiter, found {delimiter:?}")
            }
            ReadError::Io(_) => f.write_str("the file could not be read to its end; send it again"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        // What is packed wrongly is the file's fault, not the source's.
        match error.kind() {
            std::io::ErrorKind::InvalidData if error.to_string() == crate::error::TooMuch.to_string() => {
                ReadError::Inflated
            }
            std::io::ErrorKind::InvalidData => ReadError::Archive("a damaged packed file"),
            _ => ReadError::Io(error),
        }
    }
}

/// Why the cells of one row cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// The row has more or fewer cells than the header, so that a value may stand in the wrong column.
    Width {
        /// The header's width.
        expected: usize,
        /// The row's.
        found: usize,
    },
    /// The row has bytes that are no text in the file's encoding.
    Encoding,
    /// An object that breaks the rules of its format; holds how.
    Malformed(String),
}

impl RowProblem {
    /// The problem's code in error reports.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            RowProblem::Width { .. } => "column_count_mismatch",
            RowProblem::Encoding => "encoding_invalid",
            RowProblem::Malformed(_) => "row_malformed",
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowProblem::Width { expected, found } => write!(
                f,
                "expected {expected} cells as in the header, found {found}; a separator is missing or a text with a separator in it is not quoted"
            ),
            RowProblem::Malformed(what) => f.write_str(what),
            RowProblem::Encoding => {
                f.write_str("the row has bytes that are no text in the file's encoding; save the file as UTF-8")
            }
        }
    }
}

/// By this an [`io::Error`] says that a limit was reached.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the packed file is too large when unpacked")
    }
}

impl std::error::Error for TooMuch {}
