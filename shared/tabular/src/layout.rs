//! What is known of a file before its rows are read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

pub(crate) fn finding(what: &str, found: impl ToString, why: impl ToString, sureness: u8) -> Finding {
    Finding { what: what.to_owned(), found: found.to_string(), why: why.to_string(), sureness }
}
