//! What is known about a file before its rows are read.

use messages::{Language, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many of the first rows [`Layout::samples`] holds at most.
pub const SAMPLE_ROWS: usize = 100;

/// What the caller knows about the file. Default: all of it is found out from the beginning of the file.
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
    /// The row with the column names, counted from 1; 0 if the file has no such row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// The sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Where the rows are: `data.products` in JSON, `catalog/product` in XML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether cells that are missing at the end of a CSV's row count as blank. Default: such a row is rejected.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pad_short_rows: bool,
    /// Whether the value of cells that are merged over several rows of a workbook counts for each of these rows.
    /// Default: it counts for the first row only, as the file has it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fill_merged: bool,
}

/// One fact about a file, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The subject: `packing`, `format`, `encoding`, `delimiter`, `header`, `sheet`, `merged`, `path` or `columns`.
    pub what: String,
    /// What was found.
    #[schema(value_type = String)]
    pub found: Text,
    /// The reason for it.
    #[schema(value_type = String)]
    pub why: Text,
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

/// A place in a JSON or XML file where the rows can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PathInfo {
    /// The path, in the form of [`ReadOptions::path`].
    pub path: String,
    /// How many objects or elements the beginning of the file has there.
    pub seen: usize,
    /// The kind of feed that has its products there, if it is known.
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
    /// The row that holds the column names, counted from 1 as a spreadsheet does; 0 if the file has no such row.
    pub header_row: u64,
    /// The column names as the file has them, trimmed.
    pub headers: Vec<String>,
    /// The column names, made unique: `id`, `id (2)`. A column without a name is called `column 3`, for example.
    pub columns: Vec<String>,
    /// The cells of the first rows below the header, at most [`SAMPLE_ROWS`].
    pub samples: Vec<Vec<String>>,
    /// The sheets of a workbook.
    pub sheets: Vec<SheetInfo>,
    /// The sheet that is read.
    pub sheet: Option<String>,
    /// Where the rows of a JSON or XML file can be, the most likely place first.
    pub paths: Vec<PathInfo>,
    /// The place from which rows are read.
    pub path: Option<String>,
    /// What was found, and the reasons.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// Creates a finding whose value is the same in every language.
    #[must_use]
    pub fn new(what: &str, found: impl ToString, why: Text, sureness: u8) -> Self {
        Self { what: what.to_owned(), found: Text::verbatim(found.to_string()), why, sureness }
    }

    /// Returns the finding in `language` only.
    #[must_use]
    pub fn in_only(self, language: Language) -> Self {
        Self { found: self.found.in_only(language), why: self.why.in_only(language), ..self }
    }
}
