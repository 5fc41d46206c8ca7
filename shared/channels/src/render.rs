//! Rows as bytes: CSV as each channel reads it, tab-separated text without quotes, elements of XML, JSON Lines.

use std::borrow::Cow;
use std::io::Write;

use serde_json::{Map, Value, json};
use tabular::{Row, neutralize};

use crate::column::{Column, Kind};

/// How a table's rows become bytes.
pub(crate) enum Render {
    /// RFC 4180, with the delimiter of choice.
    Csv {
        delimiter: u8,
        /// Begins with a byte order mark, as Excel wants it.
        mark: bool,
        /// Cells that a spreadsheet would run get an apostrophe.
        disarm: Disarm,
        /// The header line; `PrestaShop` does not read it.
        header: bool,
        /// What stands between the parts of a list.
        list: &'static str,
    },
    /// Tab-separated without any quotes, below the rows of a template: Amazon's.
    Tabbed { head: Vec<u8> },
    /// Elements of XML: those of a row within one, blank ones left out. A list is as many elements as it has parts.
    Elements { begin: String, row: &'static str, prefix: &'static str, end: &'static str },
    /// Records of Odoo's XML.
    Odoo,
    /// One JSON object a line, typed by the columns' kinds.
    JsonLines,
    /// Not as bytes: the rows are kept for whoever writes a workbook.
    Rows,
    /// What a shape writes itself, between these.
    Raw { begin: &'static str, end: &'static str },
}

/// Which cells are disarmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disarm {
    /// None: the channel would show the apostrophe.
    None,
    /// All but numbers: the file is for people.
    All,
    /// Those of columns of this kind: the channel takes the apostrophe away again.
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
                        // A seller names columns freely.
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
                // A lone blank would be a blank line.
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
                    // Neither tabs nor line ends can be said.
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
            Render::Rows | Render::Raw { .. } => debug_assert!(false, "a row of a table whose rows are no bytes"),
        }
    }
}

/// A line of a CSV that is no line of a table's columns.
pub(crate) fn csv_line(out: &mut Vec<u8>, cells: &[&str], delimiter: u8) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        quoted(out, cell, delimiter);
    }
    out.extend_from_slice(b"\r\n");
}

/// A cell of CSV, in quotes where it has to be.
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

/// An element with its text, on a line of its own.
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

/// [`escaped`], as a text.
pub(crate) fn escape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    escaped(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// Text of XML 1.0: what it cannot hold is left out, and a carriage return is written so that it comes back.
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
