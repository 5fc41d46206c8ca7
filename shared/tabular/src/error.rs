//! What can be wrong with a file, and with one row of it. Both types have a message for the seller.

use std::fmt;

use messages::{Text, files};

/// Why a file cannot be read as a table.
#[derive(Debug)]
pub enum ReadError {
    /// The file has no bytes, or only blank ones.
    Empty,
    /// The file is something else; holds what it looks like.
    NotText(Text),
    /// There is text, but no row that can be a header.
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
    Archive(Text),
    /// A packed file that is larger than the limits when it is unpacked.
    Inflated,
    /// A workbook or an archive with a password.
    Password,
    /// A JSON or XML file ends in the middle.
    CutShort {
        /// The row that is not complete.
        row: u64,
    },
    /// A file that breaks the rules of its format.
    Malformed {
        /// The row; 0 when it is not known.
        row: u64,
        /// What is wrong.
        problem: Text,
    },
    /// There are no rows at this path.
    PathMissing(String),
    /// An XML file has no element that can be a row.
    ElementsMissing,
    /// A workbook has no such sheet.
    SheetMissing {
        /// The requested sheet.
        wanted: String,
        /// The names of the sheets that exist, separated by commas.
        found: String,
    },
    /// More than 16,384 columns.
    TooManyColumns,
    /// An encoding that does not exist.
    EncodingUnknown(String),
    /// A delimiter that cannot be used.
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
            ReadError::PathMissing(_) | ReadError::ElementsMissing => "path_missing",
            ReadError::SheetMissing { .. } => "sheet_missing",
            ReadError::TooManyColumns => "too_many_columns",
            ReadError::EncodingUnknown(_) => "encoding_unknown",
            ReadError::DelimiterUnusable(_) => "delimiter_invalid",
            ReadError::Io(_) => "file_unreadable",
        }
    }
}

impl ReadError {
    /// The message for the seller: what is wrong with the file, and what to do.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            ReadError::Empty => files::empty(),
            ReadError::NotText(found) => files::not_a_table(found.clone()),
            ReadError::NoHeader => files::no_header(),
            ReadError::UnclosedQuote { row } => files::unclosed_quote(row),
            ReadError::RowTooLong { row } => files::row_too_long(row),
            ReadError::Archive(found) => files::archive_invalid(found.clone()),
            ReadError::Inflated => files::unpacked_too_large(),
            ReadError::Password => files::password(),
            ReadError::CutShort { row } => files::cut_short(row),
            ReadError::Malformed { row: 0, problem } => problem.clone(),
            ReadError::Malformed { row, problem } => files::malformed(row, problem.clone()),
            ReadError::PathMissing(path) => files::path_missing(path),
            ReadError::ElementsMissing => files::elements_missing(),
            ReadError::SheetMissing { wanted, found } => files::sheet_missing(wanted, found),
            ReadError::TooManyColumns => files::too_many_columns(),
            ReadError::EncodingUnknown(name) => files::encoding_unknown(name),
            ReadError::DelimiterUnusable(delimiter) => files::delimiter_unusable(format!("{delimiter:?}")),
            ReadError::Io(_) => files::unreadable(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
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
        // Invalid packed data is a fault of the file, not of the source.
        match error.kind() {
            std::io::ErrorKind::InvalidData if error.to_string() == crate::error::TooMuch.to_string() => {
                ReadError::Inflated
            }
            std::io::ErrorKind::InvalidData => ReadError::Archive(files::damaged_archive()),
            _ => ReadError::Io(error),
        }
    }
}

/// Why the cells of one row cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// The row has more or fewer cells than the header, so that a value may be in the wrong column.
    Width {
        /// The header's width.
        expected: usize,
        /// The row's.
        found: usize,
    },
    /// The row has bytes that are not text in the file's encoding.
    Encoding,
    /// An object that breaks the rules of its format; holds what is wrong.
    Malformed(Text),
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

impl RowProblem {
    /// The message for the seller: what is wrong with the row, and what to do.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            RowProblem::Width { expected, found } => files::width(expected, found),
            RowProblem::Malformed(problem) => problem.clone(),
            RowProblem::Encoding => files::encoding_invalid(),
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

/// The cause inside an [`std::io::Error`] when a limit was reached.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the packed file is too large when unpacked")
    }
}

impl std::error::Error for TooMuch {}
