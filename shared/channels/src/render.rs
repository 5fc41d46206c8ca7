//! Renders rows as bytes: CSV as each channel reads it, tab-separated text without quotes, XML elements, JSON Lines.

use std::borrow::Cow;
use std::io::Write;

use serde_json::{Map, Value, json};
use tabular::{Row, neutralize};

use crate::column::{Column, Kind};

/// How a table's rows become bytes.
pub(crate) enum Render {
    /// CSV as in RFC 4180, with any delimiter.
    Csv {
        delimiter: u8,
        /// Whether the file begins with a byte order mark, as Excel wants it.
        mark: bool,
        /// Which cells get an apostrophe so that a spreadsheet does not run them as formulas.
        disarm: Disarm,
        /// Whether the file has a header line. `PrestaShop` does not read it.
        header: bool,
        /// The separator of the parts of a list.
        list: &'static str,
    },
    /// Tab-separated text without quotes, below the rows of a template: for Amazon.
    Tabbed { head: Vec<u8> },
    /// XML: one element per row with an element for each cell that is not blank. A list has one element per part.
    Elements { begin: String, row: &'static str, prefix: &'static str, end: &'static str },
    /// Records of Odoo's XML.
    Odoo,
    /// One JSON object per line, typed by the columns' kinds.
    JsonLines,
    /// No bytes: the rows are kept for the writer of a workbook.
    Rows,
    /// Bytes that the shape writes itself, between `begin` and `end`.
    Raw { begin: &'static str, end: &'static str },
}

/// Which cells are disarmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disarm {
    /// No cells: the channel would show the apostrophe.
    None,
    /// All cells but numbers: the file is for people.
    All,
    /// Cells of lists only: the channel removes the apostrophe again.
    Lists,
}

impl Render {
    pub(crate) fn begin(&self, columns: &[Column], out: &mut Vec<u8>) {
        match self {
            Render::Csv { delimiter, mark, header, disarm, .. } => {
                if *mark {
                    out.extend_from_slice("\u{feff}".as_bytes());
                }
                if *header {
                    for (at, column) in columns.iter().enumerate() {
                        if at > 0 {
                            out.push(*delimiter);
                        }
                        // A seller can give columns any name.
                        let name = match disarm {
                            Disarm::All => neutralize(&column.name),
                            _ => Cow::Borrowed(&*column.name),
                        };
                        quoted(out, &name, *delimiter);
                    }
                    out.extend_from_slice(b"\r\n");
                }
            }
            Render::Tabbed { head } => out.extend_from_slice(head),
            Render::Elements { begin, .. } => out.extend_from_slice(begin.as_bytes()),
            Render::Odoo => {
                out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<odoo>\n<data noupdate=\"0\">\n")
            }
            Render::JsonLines | Render::Rows => {}
            Render::Raw { begin, .. } => out.extend_from_slice(begin.as_bytes()),
        }
    }

    pub(crate) fn end(&self, out: &mut Vec<u8>) {
        match self {
            Render::Odoo => out.extend_from_slice(b"</data>\n</odoo>\n"),
            Render::Elements { end, .. } | Render::Raw { end, .. } => out.extend_from_slice(end.as_bytes()),
            Render::Csv { .. } | Render::Tabbed { .. } | Render::JsonLines | Render::Rows => {}
        }
    }

    pub(crate) fn row(&self, row: &Row, columns: &[Column], out: &mut Vec<u8>) {
        match self {
            Render::Csv { delimiter, disarm, list, .. } => {
                for (at, (cell, column)) in row.cells().zip(columns).enumerate() {
                    if at > 0 {
                        out.push(*delimiter);
                    }
                    match disarm {
                        Disarm::None if column.kind == Kind::List && *list != "\n" => {
                            quoted(out, &cell.replace('\n', list), *delimiter);
                        }
                        Disarm::All => quoted(out, &neutralize(cell), *delimiter),
                        Disarm::Lists if column.kind == Kind::List => quoted(out, &neutralize(cell), *delimiter),
                        _ => quoted(out, cell, *delimiter),
                    }
                }
                // A single blank cell would be a blank line.
                if row.width() == 1 && row.cell(0).is_empty() {
                    out.extend_from_slice(b"\"\"");
                }
                out.extend_from_slice(b"\r\n");
            }
            Render::Tabbed { .. } => {
                for (at, cell) in row.cells().enumerate() {
                    if at > 0 {
                        out.push(b'\t');
                    }
                    // The format has no form for tabs and line ends: they become one space.
                    let mut gap = false;
                    for part in cell.split(|c: char| c.is_control()).map(str::trim).filter(|part| !part.is_empty()) {
                        if gap {
                            out.push(b' ');
                        }
                        gap = true;
                        out.extend_from_slice(part.as_bytes());
                    }
                }
                out.extend_from_slice(b"\r\n");
            }
            Render::Elements { row: around, prefix, .. } => {
                let _ = writeln!(out, "<{around}>");
                for (cell, column) in row.cells().zip(columns).filter(|(cell, _)| !cell.is_empty()) {
                    let name = format!("{prefix}{}", column.name);
                    match column.kind {
                        Kind::List => cell.lines().for_each(|one| element(out, &name, &[], one)),
                        _ => element(out, &name, &[], cell),
                    }
                }
                let _ = writeln!(out, "</{around}>");
            }
            Render::Odoo => {
                let _ = writeln!(out, "<record id=\"{}\" model=\"product.template\">", row.cell(0));
                for (cell, column) in row.cells().zip(columns).skip(1).filter(|(cell, _)| !cell.is_empty()) {
                    match (&*column.name, column.kind) {
                        (name, Kind::Json) => element(out, "field", &[("name", name), ("eval", cell)], ""),
                        (name, Kind::Truth) => {
                            let truth = if cell == "1" { "True" } else { "False" };
                            element(out, "field", &[("name", name), ("eval", truth)], "");
                        }
                        (name, _) => match name.strip_suffix("/id") {
                            Some(name) => element(out, "field", &[("name", name), ("ref", cell)], ""),
                            None => element(out, "field", &[("name", name)], cell),
                        },
                    }
                }
                out.extend_from_slice(b"</record>\n");
            }
            Render::JsonLines => {
                let mut object = Map::new();
                for (cell, column) in row.cells().zip(columns).filter(|(cell, _)| !cell.is_empty()) {
                    let value = match column.kind {
                        Kind::Truth => Value::Bool(cell == "true"),
                        Kind::List => json!(cell.lines().collect::<Vec<_>>()),
                        Kind::Json => serde_json::from_str(cell).unwrap_or(Value::Null),
                        Kind::Number => cell.parse::<i64>().map_or_else(|_| json!(cell), |number| json!(number)),
                        Kind::Text => json!(cell),
                    };
                    object.insert(column.name.to_string(), value);
                }
                let _ = serde_json::to_writer(&mut *out, &object);
                out.push(b'\n');
            }
            Render::Rows | Render::Raw { .. } => debug_assert!(false, "a row of a table whose rows are not rendered"),
        }
    }
}

/// Writes a line of CSV that does not come from a table's columns.
pub(crate) fn csv_line(out: &mut Vec<u8>, cells: &[&str], delimiter: u8) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        quoted(out, cell, delimiter);
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes a cell of CSV, in quotes if necessary.
pub(crate) fn quoted(out: &mut Vec<u8>, cell: &str, delimiter: u8) {
    let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    let edge = cell.starts_with([' ', '\t', '\u{feff}']) || cell.ends_with([' ', '\t']);
    if !edge && !cell.as_bytes().iter().any(special) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    for (at, part) in cell.split('"').enumerate() {
        if at > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// Writes an XML element with its text, on a line of its own.
pub(crate) fn element(out: &mut Vec<u8>, name: &str, attributes: &[(&str, &str)], text: &str) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    for (attribute, value) in attributes {
        out.push(b' ');
        out.extend_from_slice(attribute.as_bytes());
        out.extend_from_slice(b"=\"");
        escaped(out, value);
        out.push(b'"');
    }
    if text.is_empty() {
        out.extend_from_slice(b"/>\n");
        return;
    }
    out.push(b'>');
    escaped(out, text);
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b">\n");
}

/// Returns a text as [`escaped`] writes it.
pub(crate) fn escape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    escaped(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes a text for XML 1.0: characters that XML cannot hold are left out, and a carriage return is written as a
/// reference, so that readers keep it.
pub(crate) fn escaped(out: &mut Vec<u8>, text: &str) {
    let mut buffer = [0; 4];
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\r' => out.extend_from_slice(b"&#13;"),
            '\t' | '\n' => out.push(c as u8),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
        }
    }
}
