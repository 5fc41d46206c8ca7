//! Tables in files: rows of cells, read as a stream.
//!
//! [`open`] reads the first bytes of a source, finds out what it is (packing, format, encoding, delimiter, header) and
//! returns a [`TableReader`], which reads one row at a time. The reader of the rows does not need to know the format:
//! CSV, a workbook's sheet, JSON objects and XML elements all become texts under column names.
//!
//! The source is any [`std::io::Read`]; the crate itself opens no files and no connections.

mod container;
mod error;
mod layout;
mod merged;
mod open;
mod row;
mod sniff;
mod table;

/// Workbooks.
mod book {
    pub(crate) mod apart;
    pub(crate) mod formulas;
    pub(crate) mod reader;
    pub(crate) mod writer;
}

/// JSON.
mod json {
    pub(crate) mod bytes;
    pub(crate) mod paths;
    pub(crate) mod reader;
    pub(crate) mod text;
}

/// Text: its encoding, and CSV.
mod text {
    pub(crate) mod csv_reader;
    pub(crate) mod transcode;
}

/// XML.
mod xml {
    pub(crate) mod paths;
    pub(crate) mod reader;
}

pub use book::apart::{ReadingProcess, StartProcess, read_workbooks_apart, serve_workbook};
pub use book::formulas::{neutralize, restore};
pub use book::writer::{BookColumn, BookError, BookWriter};
pub use error::{ReadError, RowProblem};
pub use layout::{Finding, Layout, PathInfo, ReadOptions, SAMPLE_ROWS, SheetInfo};
pub use open::{open, open_with};
pub use row::Row;
pub use table::TableReader;
