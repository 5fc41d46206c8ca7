//! Inspects a file before anything is imported.

use channels::recognise;
use db_imports::FileNotice;
use mapping::{ColumnProfile, Profiler, Suggestion, suggest};
use messages::{Language, Text, imports as say};
use product::{Field, Gtin};
use serde::Serialize;
use tabular::{Finding, PathInfo, ReadError, ReadOptions, Row, RowProblem, SheetInfo};
use utoipa::ToSchema;

/// Inspects a whole file. The texts of the result are in `language`.
///
/// # Errors
/// [`ReadError`] when the file is not a table.
pub fn inspect(
    source: impl std::io::Read + Send,
    options: &ReadOptions,
    language: Language,
) -> std::result::Result<Inspection, ReadError> {
    let mut table = tabular::open_with(source, options)?;
    let layout = table.layout().clone();
    let mut profilers: Vec<Profiler> = layout.columns.iter().map(|_| Profiler::default()).collect();
    let suggestions = suggest(&layout.columns, &layout.samples, language);
    let ean = suggestions.iter().position(|suggestion| suggestion.mapping.field == Some(Field::Ean));
    let (mut rows, mut row) = (0_u64, Row::default());
    let [mut ragged, mut garbled, mut repaired, mut invalid] = [const { Found::new() }; 4];
    let ended = loop {
        match table.read(&mut row) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error @ (ReadError::Io(_) | ReadError::Inflated)) => return Err(error),
            Err(error) => break Some(error),
        }
        rows += 1;
        match &row.problem {
            Some(RowProblem::Width { .. }) => ragged.push(row.number),
            Some(_) => garbled.push(row.number),
            None => {}
        }
        for (index, profiler) in profilers.iter_mut().enumerate() {
            profiler.see(row.cell(index));
        }
        if let Some(code) =
            ean.map(|index| row.cell(index)).filter(|code| !code.trim().is_empty() && Gtin::parse(code).is_err())
        {
            if Gtin::repair(code).is_some() { repaired.push(row.number) } else { invalid.push(row.number) }
        }
    };
    let mut warnings = Vec::new();
    let mut warn = |code: &str, message: Text| warnings.push(FileNotice::new(code, message.in_only(language)));
    if ragged.count > 0 {
        warn("rows_ragged", say::rows_ragged(ragged.listed()));
    }
    if garbled.count > 0 {
        warn("rows_unreadable", say::rows_unreadable(garbled.listed()));
    }
    if repaired.count > 0 {
        warn("ean_repaired", say::eans_repaired(repaired.listed()));
    }
    if invalid.count > 0 {
        warn("ean_invalid", say::eans_invalid(invalid.listed()));
    }
    if let Some(error) = ended {
        warn(error.code(), error.message());
    }
    let late = table.late_columns().to_vec();
    if !late.is_empty() {
        warn("columns_late", say::columns_late(late.join(", ")));
    }
    let columns = suggestions
        .into_iter()
        .zip(profilers)
        .map(|(suggestion, profiler)| InspectedColumn { suggestion, profile: profiler.finish() });
    Ok(Inspection {
        format: layout.format,
        packing: layout.packing,
        encoding: layout.encoding,
        delimiter: layout.delimiter,
        header_row: layout.header_row,
        platform: recognise(&layout.columns).map(|(platform, _)| platform.name()),
        rows,
        columns: columns.collect(),
        warnings,
        sample: layout.samples.iter().take(10).cloned().collect(),
        sheets: layout.sheets,
        sheet: layout.sheet,
        paths: layout.paths,
        path: layout.path,
        findings: layout.findings.into_iter().map(|finding| finding.in_only(language)).collect(),
    })
}

/// The result of an inspection: what a file is, the reasons, and how sure that is.
#[derive(Serialize, ToSchema)]
pub struct Inspection {
    /// `csv`, `xlsx`, `xls`, `ods`, `json`, `jsonl` or `xml`.
    format: &'static str,
    /// `gzip` or `zip`, when it is packed.
    packing: Option<&'static str>,
    /// The WHATWG name of the text's encoding.
    encoding: &'static str,
    /// The character between the cells of a CSV.
    delimiter: Option<char>,
    /// The row with the column names, counted from 1; 0 if the file has no such row.
    header_row: u64,
    /// The sheets of a workbook, including hidden ones.
    sheets: Vec<SheetInfo>,
    /// The sheet that is read.
    sheet: Option<String>,
    /// Where the rows of a JSON or XML file can be, the most likely place first.
    paths: Vec<PathInfo>,
    /// The place from which rows are read.
    path: Option<String>,
    /// The shop or system that exported the file. Then variants and images are read as that system writes them.
    platform: Option<&'static str>,
    /// How many rows the file has.
    rows: u64,
    /// What was found, the reasons, and how sure that is.
    findings: Vec<Finding>,
    /// The columns: their content, and the suggested mapping of each.
    columns: Vec<InspectedColumn>,
    /// Warnings to read before the import.
    warnings: Vec<FileNotice>,
    /// The first rows, at most ten.
    sample: Vec<Vec<String>>,
}

/// A column of a file.
#[derive(Serialize, ToSchema)]
pub struct InspectedColumn {
    /// The suggested mapping.
    #[serde(flatten)]
    suggestion: Suggestion,
    /// A summary of its content, over the whole file.
    profile: ColumnProfile,
}

/// The rows of one warning: how many, and the first ones.
pub(crate) struct Found {
    count: u64,
    first: Vec<u64>,
}

impl Found {
    const fn new() -> Self {
        Self { count: 0, first: Vec::new() }
    }

    fn push(&mut self, row: u64) {
        self.count += 1;
        if self.first.len() < 5 {
            self.first.push(row);
        }
    }

    fn listed(&self) -> Text {
        let first: Vec<String> = self.first.iter().map(u64::to_string).collect();
        say::rows_listed(self.count, format!("{}{}", first.join(", "), if self.count > 5 { ", …" } else { "" }))
    }
}
