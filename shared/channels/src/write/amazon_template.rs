//! The template that a seller downloads from Seller Central: which columns it has, and what stands above the data.
//!
//! Two generations. The older one begins with `TemplateType=…`; its third row has the technical names, data begin in the fourth.
//! The newer one begins with `settings=…`; the row with `contribution_sku#1.value` has the names, and data begin in the row that
//! the settings name, else below Amazon's example. Rows above the data come back as they are.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is kept of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmazonTemplate {
    /// The rows above the data, with their line ends.
    pub head: String,
    /// The technical name of each column, from left to right.
    pub columns: Vec<String>,
    /// Whether it is of the newer generation.
    pub newer: bool,
}

/// Why a file is no template, for the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError(pub String);

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TemplateError {}

/// What names the row of names in the newer generation.
const SKU: &str = "contribution_sku#1.value";
/// A template has fewer rows above its data.
const MOST_HEAD: usize = 50;
/// Seller Central's workbooks have about ten sheets.
const MOST_SHEETS: usize = 40;

impl AmazonTemplate {
    /// Reads a template from a file: its tab-delimited text in UTF-8, or the workbook that Seller Central gives (`.xlsm`, `.xlsx`,
    /// `.xls`), of whose sheets the one that begins as templates do, whatever the language calls it. The rows above the data become text, which is what Amazon takes back: a
    /// workbook that a library saved again is refused (error 90502).
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read_file(bytes: &[u8]) -> Result<Self, TemplateError> {
        // A zip, or a compound file.
        if !bytes.starts_with(b"PK") && !bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            let text = std::str::from_utf8(bytes);
            return Self::read(text.map_err(|_| TemplateError("expected a workbook, or text in UTF-8".to_owned()))?);
        }
        let options = |sheet: Option<&str>| tabular::ReadOptions {
            sheet: sheet.map(str::to_owned),
            header_row: Some(0),
            ..tabular::ReadOptions::default()
        };
        let unreadable = |error: tabular::ReadError| TemplateError(format!("the workbook cannot be read: {error}"));
        let book = tabular::open_with(bytes, &options(None)).map_err(unreadable)?;
        let sheets: Vec<String> = book.layout().sheets.iter().map(|sheet| sheet.name.clone()).collect();
        drop(book);
        for sheet in sheets.iter().take(MOST_SHEETS) {
            // One of pictures alone, or an empty one, is none.
            let Ok(mut table) = tabular::open_with(bytes, &options(Some(sheet))) else { continue };
            let (mut text, mut row, mut at) = (String::new(), tabular::Row::default(), 1);
            while at <= MOST_HEAD as u64 && table.read(&mut row).map_err(unreadable)? {
                // Blank rows have their place too.
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
        let sheets = sheets.join(", ");
        Err(TemplateError(format!(
            "expected a workbook of Seller Central, with a sheet whose first cell begins with TemplateType= or settings=; found the sheets {sheets}"
        )))
    }

    /// Reads a template from its rows: the lines of the tab-separated text.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        let wrong = |message: String| Err(TemplateError(message));
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
                return wrong("expected three rows above the data, the third with the technical names".to_owned());
            };
            if !names.iter().any(|name| matches!(name.as_str(), "item_sku" | "sku")) {
                let found = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
                return wrong(format!("expected technical names such as item_sku in the third row, found {found}"));
            }
            return Ok(Self { head: ended(&lines[..3]), columns: names, newer: false });
        }
        let found = lines.iter().position(|line| cells(line).iter().any(|cell| cell == SKU));
        let (Some(at), true) = (found, first.contains("settings=")) else {
            return wrong(
                "expected a template of Seller Central (a first cell that begins with TemplateType= or settings=); download it there, \
                 and save the sheet as tab-delimited text or upload the workbook"
                    .to_owned(),
            );
        };
        let columns = cells(lines[at]);
        let sku = columns.iter().position(|name| name == SKU).unwrap_or_default();
        // `dataRow=7`, counted from 1.
        let told =
            first.split(['&', '?', '\t', '"']).find_map(|pair| pair.strip_prefix("dataRow=")?.parse::<usize>().ok());
        let example =
            || (at + 1..lines.len()).find(|row| cells(lines[*row]).get(sku).is_some_and(|cell| cell == "ABC123"));
        let data = told.map(|row| row.saturating_sub(1)).filter(|row| *row > at).or_else(example).unwrap_or(at + 1);
        Ok(Self { head: ended(&lines[..data.min(lines.len())]), columns, newer: true })
    }
}

/// Whether a template's text begins so.
fn begins(text: &str) -> bool {
    let first = text.split(['\t', '\r', '\n']).next().unwrap_or_default();
    first.starts_with("TemplateType=") || first.contains("settings=")
}

/// Rows with a line end behind the last one.
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
    fn both_generations_are_known_by_their_names() {
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
