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
    /// A row is larger than [`crate::csv_reader::MAX_ROW_BYTES`].
    RowTooLong {
        /// The row's number.
        row: u64,
    },
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
            ReadError::Io(_) => "file_unreadable",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Empty => f.write_str("the file is empty: expected a header line and at least one product"),
            ReadError::NotText(found) => {
                write!(f, "expected a CSV text file, found {found}; save the sheet as CSV (UTF-8) and send it again")
            }
            ReadError::NoHeader => f.write_str("expected a line with the column names, found none"),
            ReadError::UnclosedQuote { row } => write!(
                f,
                "a quoted text begins in row {row} and never ends; close the quote (\") or double it if it belongs to the text, and send the file again"
            ),
            ReadError::RowTooLong { row } => write!(
                f,
                "row {row} is longer than 1 MiB, which no product is; check that its lines are separated and its quotes closed"
            ),
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
        ReadError::Io(error)
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
}

impl RowProblem {
    /// The problem's code in error reports.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            RowProblem::Width { .. } => "column_count_mismatch",
            RowProblem::Encoding => "encoding_invalid",
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
            RowProblem::Encoding => {
                f.write_str("the row has bytes that are no text in the file's encoding; save the file as UTF-8")
            }
        }
    }
}
