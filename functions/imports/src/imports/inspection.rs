//! What a file holds, before anything is imported.

use channels::recognise;
use db_imports::Hold;
use mapping::{ColumnProfile, Profiler, Suggestion, suggest_with};
use product::{Field, Gtin};
use serde::Serialize;
use tabular::{Finding, PathInfo, ReadError, ReadOptions, Row, RowProblem, SheetInfo};
use utoipa::ToSchema;

/// Looks at a whole file.
///
/// # Errors
/// Why it is no table.
pub fn inspect(source: impl std::io::Read + Send, options: &ReadOptions) -> std::result::Result<Inspection, ReadError> {
    let mut table = tabular::open_with(source, options)?;
    let layout = table.layout().clone();
    let mut profilers: Vec<Profiler> = layout.columns.iter().map(|_| Profiler::default()).collect();
    let suggestions = suggest_with(&layout.columns, &layout.samples);
    let ean = suggestions.iter().position(|suggestion| suggestion.mapping.field == Some(Field::Ean));
    let (mut rows, mut row) = (0_u64, Row::default());
    let [mut ragged, mut garbled, mut repaired, mut spoilt] = [const { Found::new() }; 4];
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
            if Gtin::repair(code).is_some() { repaired.push(row.number) } else { spoilt.push(row.number) }
        }
    };
    let mut warnings = Vec::new();
    let mut warn = |code: &str, message: String| warnings.push(Hold { code: code.to_owned(), message });
    if ragged.count > 0 {
        warn(
            "rows_ragged",
            format!(
                "{} have more or fewer cells than the header and would be rejected; read.pad_short_rows takes short ones",
                ragged.shown()
            ),
        );
    }
    if garbled.count > 0 {
        warn("rows_unreadable", format!("{} cannot be read as text and would be rejected", garbled.shown()));
    }
    if repaired.count > 0 {
        warn(
            "ean_repaired",
            format!(
                "{} have EANs that a spreadsheet spoilt; their check digits prove what they were, and they would be repaired",
                repaired.shown()
            ),
        );
    }
    if spoilt.count > 0 {
        warn("ean_invalid", format!("{} have EANs that are none and would be rejected", spoilt.shown()));
    }
    if let Some(error) = ended {
        warn(error.code(), error.to_string());
    }
    let late = table.late_columns().to_vec();
    if !late.is_empty() {
        warn(
            "columns_late",
            format!("further columns appear below the first rows: {}; a mapping can name them", late.join(", ")),
        );
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
        findings: layout.findings,
    })
}

/// What a file is, why, and how sure that is.
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
    /// The row with the column names, counted from 1; 0 = none.
    header_row: u64,
    /// The sheets of a workbook, hidden ones told.
    sheets: Vec<SheetInfo>,
    /// The sheet that is read.
    sheet: Option<String>,
    /// Where the rows of a JSON or XML file could be, the most likely first.
    paths: Vec<PathInfo>,
    /// The place that is read.
    path: Option<String>,
    /// The shop or system whose export it is; then variants and images are read as that shop means them.
    platform: Option<&'static str>,
    /// How many rows there are.
    rows: u64,
    /// What was found, why, and how sure that is.
    findings: Vec<Finding>,
    /// The columns: what stands in them, and what is proposed for each.
    columns: Vec<InspectedColumn>,
    /// What is to be known before it is imported.
    warnings: Vec<Hold>,
    /// The first rows, at most ten.
    sample: Vec<Vec<String>>,
}

/// A column of a file.
#[derive(Serialize, ToSchema)]
pub struct InspectedColumn {
    /// What is proposed for it.
    #[serde(flatten)]
    suggestion: Suggestion,
    /// What stands in it, over the whole file.
    profile: ColumnProfile,
}

/// Rows of which something is said: how many, and the first.
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

    fn shown(&self) -> String {
        let first: Vec<String> = self.first.iter().map(u64::to_string).collect();
        format!("{} rows ({}{})", self.count, first.join(", "), if self.count > 5 { ", …" } else { "" })
    }
}
