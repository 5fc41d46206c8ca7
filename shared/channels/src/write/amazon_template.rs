//! The template that a seller downloads from Seller Central: its columns and the rows above the data.
//!
//! Two generations exist. The older one begins with `TemplateType=…`; its third row has the technical names, data begin
//! in the fourth. The newer one begins with `settings=…`; the row with `contribution_sku#1.value` has the names, and
//! data begin in the row that the settings name, else below Amazon's example. Rows above the data are written
//! unchanged.

use std::fmt;

use messages::{Text, channels as say};
use serde::{Deserialize, Serialize};

/// The stored parts of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmazonTemplate {
    /// The rows above the data, with their line ends.
    pub head: String,
    /// The technical name of each column, from left to right.
    pub columns: Vec<String>,
    /// Whether it is of the newer generation.
    pub newer: bool,
}

/// Why a file is not a template, for the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError(Text);

impl TemplateError {
    /// What was expected and what was found.
    #[must_use]
    pub fn message(&self) -> Text {
        self.0.clone()
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.english())
    }
}

impl std::error::Error for TemplateError {}

/// The technical name that identifies the row of names in the newer generation.
const SKU: &str = "contribution_sku#1.value";
/// The most rows above the data; templates have fewer.
const MOST_HEAD: usize = 50;
/// The most sheets that are read; Seller Central's workbooks have about ten.
const MOST_SHEETS: usize = 40;

impl AmazonTemplate {
    /// Reads a template from a file: tab-delimited text in UTF-8, or a workbook of Seller Central (`.xlsm`, `.xlsx`,
    /// `.xls`). In a workbook the sheet that begins as templates do is read, because its name depends on the language.
    /// The rows above the data become text, because that is the form that Amazon accepts: it refuses a workbook that a
    /// library saved again (error 90502).
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read_file(bytes: &[u8]) -> Result<Self, TemplateError> {
        // The first bytes of a zip or of a compound file.
        if !bytes.starts_with(b"PK") && !bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            let text = std::str::from_utf8(bytes);
            return Self::read(text.map_err(|_| TemplateError(say::amazon_template_not_text()))?);
        }
        let options = |sheet: Option<&str>| tabular::ReadOptions {
            sheet: sheet.map(str::to_owned),
            header_row: Some(0),
            ..tabular::ReadOptions::default()
        };
        let unreadable = |error: tabular::ReadError| TemplateError(say::amazon_workbook_unreadable(error.message()));
        let book = tabular::open_with(bytes, &options(None)).map_err(unreadable)?;
        let sheets: Vec<String> = book.layout().sheets.iter().map(|sheet| sheet.name.clone()).collect();
        drop(book);
        for sheet in sheets.iter().take(MOST_SHEETS) {
            // A sheet with pictures only, or an empty one, is not a template.
            let Ok(mut table) = tabular::open_with(bytes, &options(Some(sheet))) else { continue };
            let (mut text, mut row, mut at) = (String::new(), tabular::Row::default(), 1);
            while at <= MOST_HEAD as u64 && table.read(&mut row).map_err(unreadable)? {
                // Blank rows count too.
                for _ in at..row.number.min(MOST_HEAD as u64) {
                    text.push_str("\r\n");
                }
                let cells = row.cells().map(|cell| cell.split(['\t', '\r', '\n']).collect::<Vec<_>>().join(" "));
                text.push_str(cells.collect::<Vec<_>>().join("\t").trim_end_matches('\t'));
                text.push_str("\r\n");
                at = row.number + 1;
                if at == 2 && !begins(&text) {
                    break;
                }
            }
            if begins(&text) {
                return Self::read(&text);
            }
        }
        Err(TemplateError(say::amazon_sheet_missing(sheets.join(", "))))
    }

    /// Reads a template from its rows: the lines of the tab-separated text.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        let wrong = |message: Text| Err(TemplateError(message));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.split_inclusive('\n').take(MOST_HEAD).collect();
        let cells = |line: &str| -> Vec<String> {
            line.trim_end_matches(['\n', '\r'])
                .split('\t')
                .map(|cell| cell.trim().trim_matches('"').to_owned())
                .collect()
        };
        let first = lines.first().copied().unwrap_or_default();
        if first.trim_start_matches('"').starts_with("TemplateType=") {
            let Some(names) = lines.get(2).map(|line| cells(line)) else {
                return wrong(say::amazon_rows_missing());
            };
            if !names.iter().any(|name| matches!(name.as_str(), "item_sku" | "sku")) {
                let found = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
                return wrong(say::amazon_names_missing(found));
            }
            return Ok(Self { head: ended(&lines[..3]), columns: names, newer: false });
        }
        let found = lines.iter().position(|line| cells(line).iter().any(|cell| cell == SKU));
        let (Some(at), true) = (found, first.contains("settings=")) else {
            return wrong(say::amazon_template_invalid());
        };
        let columns = cells(lines[at]);
        let sku = columns.iter().position(|name| name == SKU).unwrap_or_default();
        // `dataRow=7`, counted from 1.
        let data_row =
            first.split(['&', '?', '\t', '"']).find_map(|pair| pair.strip_prefix("dataRow=")?.parse::<usize>().ok());
        let example =
            || (at + 1..lines.len()).find(|row| cells(lines[*row]).get(sku).is_some_and(|cell| cell == "ABC123"));
        let data = data_row.map(|row| row.saturating_sub(1)).filter(|row| *row > at).or_else(example).unwrap_or(at + 1);
        Ok(Self { head: ended(&lines[..data.min(lines.len())]), columns, newer: true })
    }
}

/// Returns `true` if a text begins as templates do.
fn begins(text: &str) -> bool {
    let first = text.split(['\t', '\r', '\n']).next().unwrap_or_default();
    first.starts_with("TemplateType=") || first.contains("settings=")
}

/// Joins rows and adds a line end to the last one if it has none.
fn ended(rows: &[&str]) -> String {
    let mut head = rows.concat();
    if !head.ends_with('\n') {
        head.push_str("\r\n");
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_are_recognised() {
        let older = "TemplateType=fptcustom\tVersion=2021.0625\tdo not modify\r\nSKU\tTitle\r\nitem_sku\titem_name\r\nold\trow\r\n";
        let read = AmazonTemplate::read(older).unwrap();
        assert_eq!((read.columns.len(), read.newer), (2, false));
        assert_eq!(read.head, older.strip_suffix("old\trow\r\n").unwrap());
        let newer = "settings=feedType=1&dataRow=5\t\nhelp\t\nSKU\tTitle\ncontribution_sku#1.value\titem_name[x]#1.value\nABC123\tExample\n";
        let read = AmazonTemplate::read(newer).unwrap();
        assert_eq!((read.head.lines().count(), read.newer), (4, true));
        let unsaid = newer.replace("&dataRow=5", "").replace("ABC123", "more\t\nABC123");
        assert_eq!(AmazonTemplate::read(&unsaid).unwrap().head.lines().count(), 5);
        for text in [older, newer] {
            assert_eq!(AmazonTemplate::read_file(text.as_bytes()), AmazonTemplate::read(text));
        }
        for strange in [b"PK\x03\x04nothing".as_slice(), b"\xd0\xcf\x11\xe0", b"TemplateType=\xe9", b"\0\x01junk", b""]
        {
            assert!(AmazonTemplate::read_file(strange).is_err(), "{strange:?}");
        }
        for strange in ["", "a,b\n1,2\n", "TemplateType=x\n", "TemplateType=x\n\nno\tnames\n", "settings=\n"] {
            assert!(AmazonTemplate::read(strange).is_err(), "{strange}");
        }
    }
}
