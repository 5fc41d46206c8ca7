//! The report of an import: the rejected rows in the form of the seller's file, with the same format and the same
//! columns in the same order, and the errors of each row. The seller can correct this file and import only these rows
//! again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Read, Write};

use cloud::Objects;
use db_imports::{ImportJob, ImportsDb, RejectedValue};
use messages::{Language, Text, imports as say};
use runtime::{Cx, Error, Result, TenantId};
use rust_xlsxwriter::{Format, Workbook};
use tabular::{Layout, ReadError, ReadOptions, Row, neutralize};
use tokio_util::io::SyncIoBridge;

const PAGE: i64 = 5_000;

/// The columns that are added to the seller's columns.
const COLUMNS: [&str; 3] = ["error", "field", "fix"];

/// Writes the report of an import. Returns its object key; `None` when no row was rejected.
pub(crate) async fn write_report(cx: &Cx, db: &ImportsDb, tenant: TenantId, job: &ImportJob) -> Result<Option<String>> {
    let mut rejected: BTreeMap<i32, Vec<RejectedValue>> = BTreeMap::new();
    loop {
        let after = rejected.keys().next_back().copied().unwrap_or(-1);
        let page = db.rejected_rows(tenant, job.id, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        rejected.extend(page);
    }
    if rejected.is_empty() {
        return Ok(None);
    }
    let objects = cx.get::<Objects>().await?;
    let file = objects.read(&job.object_key, job.object_version.as_deref()).await?;
    let bridge = SyncIoBridge::new(file.body);
    let (read, language) = (job.options.read.clone(), job.options.language);
    let columns: Vec<String> =
        job.layout.iter().flat_map(|layout| &layout.columns).map(|mapped| mapped.column.clone()).collect();
    let written = tokio::task::spawn_blocking(move || rejected_file(bridge, &read, &rejected, &columns, language));
    let (extension, content_type, bytes) = written.await.map_err(Error::internal)??;
    let key = format!("reports/{tenant}/{}/rejected.{extension}", job.id);
    objects.write(&key, content_type, bytes).await?;
    Ok(Some(key))
}

/// Reads a file again and writes its rejected rows. `columns` are the columns of its mapping; in a file without a
/// header they may appear only further down. Returns extension, content type and bytes.
///
/// # Errors
/// When the file cannot be read any more.
pub(crate) fn rejected_file(
    source: impl Read + Send,
    options: &ReadOptions,
    rejected: &BTreeMap<i32, Vec<RejectedValue>>,
    columns: &[String],
    language: Language,
) -> Result<(&'static str, &'static str, Vec<u8>)> {
    let mut table = tabular::open_with(source, options).map_err(Error::internal)?;
    table.expect_columns(columns.iter().map(String::as_str));
    table.keep_objects();
    let layout = table.layout().clone();
    let mut to = Target::new(&layout)?;
    let mut row = Row::default();
    let mut left = rejected.len();
    while left > 0 {
        match table.read(&mut row) {
            Ok(true) => {}
            // A file that ends in the middle was imported up to its end.
            Ok(false) | Err(ReadError::CutShort { .. } | ReadError::UnclosedQuote { .. }) => break,
            Err(error) => return Err(Error::internal(error)),
        }
        if let Some(wrong) = i32::try_from(row.number).ok().and_then(|number| rejected.get(&number)) {
            if let (Target::Xml { bytes, ends }, Some((before, after))) = (&mut to, table.frame())
                && ends.is_empty()
            {
                bytes.extend_from_slice(before.as_bytes());
                *ends = format!("\n{after}\n");
            }
            to.push(&layout, &row, &note_columns(wrong, language))?;
            left -= 1;
        }
    }
    to.finish()
}

/// The texts of the added columns: the errors, the columns concerned, and what to do.
fn note_columns(wrong: &[RejectedValue], language: Language) -> [String; 3] {
    let mut fixes: Vec<String> = wrong.iter().map(|value| fix(&value.code).into_string(language)).collect();
    fixes.dedup();
    let fields: Vec<&str> =
        wrong.iter().filter_map(|value| value.column.as_deref().or(value.field.as_deref())).collect();
    let messages: Vec<&str> = wrong.iter().map(|value| value.message.as_str()).collect();
    [messages.join("; "), fields.join(", "), fixes.join("; ")]
}

/// What to do about an error with this code.
fn fix(code: &str) -> Text {
    match code {
        "required_field_missing" => say::fill_in_missing(),
        "ean_checksum_invalid" => say::check_ean(),
        "ean_format_invalid" => say::write_whole_ean(),
        "ean_placeholder" => say::write_real_ean(),
        "price_negative" | "stock_negative" => say::write_number(),
        "identifier_conflict" => say::correct_codes(),
        "column_count_mismatch" => say::quote_texts(),
        "spreadsheet_error" => say::correct_formula(),
        "parent_unknown" => say::add_parent(),
        "quota_exceeded" => say::make_room(),
        "rule_broken" => say::follow_rule(),
        _ => say::correct_value(),
    }
}

/// The file that is written.
enum Target {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Book {
        workbook: Box<Workbook>,
        row: u32,
    },
    Json {
        bytes: Vec<u8>,
        lines: bool,
    },
    /// `ends` are the end tags of the elements around the rows.
    Xml {
        bytes: Vec<u8>,
        ends: String,
    },
}

impl Target {
    fn new(layout: &Layout) -> Result<Self> {
        match layout.format {
            "json" => Ok(Target::Json { bytes: b"[\n".to_vec(), lines: false }),
            "jsonl" => Ok(Target::Json { bytes: Vec::new(), lines: true }),
            "xlsx" | "xls" | "ods" => {
                let mut workbook = Workbook::new();
                let sheet = workbook.add_worksheet_with_constant_memory().map_err(Error::internal)?;
                let bold = Format::new().set_bold();
                for (column, name) in headers(layout).into_iter().enumerate() {
                    let column = u16::try_from(column).map_err(Error::internal)?;
                    sheet.write_string_with_format(0, column, name, &bold).map_err(Error::internal)?;
                }
                Ok(Target::Book { workbook: Box::new(workbook), row: 1 })
            }
            "xml" => {
                Ok(Target::Xml { bytes: b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(), ends: String::new() })
            }
            _ => {
                let delimiter = layout.delimiter.filter(char::is_ascii).map_or(b';', |delimiter| delimiter as u8);
                // The byte-order mark by which Excel recognises UTF-8.
                let mut csv = csv::WriterBuilder::new()
                    .delimiter(delimiter)
                    .terminator(csv::Terminator::CRLF)
                    .from_writer("\u{feff}".as_bytes().to_vec());
                csv.write_record(headers(layout)).map_err(Error::internal)?;
                Ok(Target::Csv(Box::new(csv)))
            }
        }
    }

    fn push(&mut self, layout: &Layout, row: &Row, notes: &[String; 3]) -> Result<()> {
        // Our texts are made safe against formulas. So are the supplier's cells in CSV, which spreadsheets open as it is;
        // reading the file again restores them.
        let notes = notes.each_ref().map(|text| neutralize(text));
        let csv = matches!(self, Target::Csv(_));
        let own = |index| if csv { neutralize(row.cell(index)) } else { Cow::Borrowed(row.cell(index)) };
        let cells = (0..layout.headers.len()).map(own).chain(notes.iter().cloned());
        match self {
            Target::Csv(csv) => csv.write_record(cells.map(Cow::into_owned)).map_err(Error::internal),
            Target::Book { workbook, row: at } => {
                let sheet = workbook.worksheet_from_index(0).map_err(Error::internal)?;
                for (column, cell) in cells.enumerate().filter(|(_, cell)| !cell.is_empty()) {
                    let column = u16::try_from(column).map_err(Error::internal)?;
                    // The longest text of a cell in Excel.
                    let cell: String = cell.chars().take(32_767).collect();
                    sheet.write_string(*at, column, cell).map_err(Error::internal)?;
                }
                *at += 1;
                Ok(())
            }
            Target::Json { bytes, lines } => {
                let mut object = row.object.trim_ascii_end();
                // A value that is not an object, or is damaged, is written as a text.
                let text;
                if !object.starts_with(b"{") || serde_json::from_slice::<serde::de::IgnoredAny>(object).is_err() {
                    text = serde_json::json!({ "text": String::from_utf8_lossy(object) }).to_string();
                    object = text.as_bytes();
                }
                let open = object.strip_suffix(b"}").unwrap_or(object);
                if !*lines && bytes.len() > 2 {
                    bytes.extend_from_slice(b",\n");
                }
                bytes.extend_from_slice(open);
                for (name, text) in COLUMNS.iter().zip(&notes) {
                    let comma = if open.trim_ascii_end().ends_with(b"{") && *name == COLUMNS[0] { "" } else { ", " };
                    let text = serde_json::to_string(text).map_err(Error::internal)?;
                    write!(bytes, "{comma}\"{name}\": {text}").map_err(Error::internal)?;
                }
                bytes.extend_from_slice(if *lines { b"}\n" } else { b"}" });
                Ok(())
            }
            Target::Xml { bytes, .. } => {
                // Our elements are added at the end of the row's element.
                let end = row.object.windows(2).rposition(|two| two == b"</").unwrap_or(row.object.len());
                let (open, end) = row.object.split_at(end);
                bytes.push(b'\n');
                bytes.extend_from_slice(open);
                for (name, text) in COLUMNS.iter().zip(&notes) {
                    // XML has no control characters.
                    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                    write!(bytes, "<{name}>{}</{name}>", quick_xml::escape::partial_escape(&text))
                        .map_err(Error::internal)?;
                }
                bytes.extend_from_slice(end);
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<(&'static str, &'static str, Vec<u8>)> {
        match self {
            Target::Csv(csv) => Ok(("csv", "text/csv; charset=utf-8", csv.into_inner().map_err(Error::internal)?)),
            Target::Book { mut workbook, .. } => {
                let bytes = workbook.save_to_buffer().map_err(Error::internal)?;
                Ok(("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes))
            }
            Target::Json { mut bytes, lines } => {
                if !lines {
                    bytes.extend_from_slice(b"\n]\n");
                }
                Ok((if lines { "jsonl" } else { "json" }, "application/json", bytes))
            }
            Target::Xml { mut bytes, ends } => {
                bytes.extend_from_slice(ends.as_bytes());
                Ok(("xml", "application/xml", bytes))
            }
        }
    }
}

fn headers(layout: &Layout) -> Vec<&str> {
    layout.headers.iter().map(String::as_str).chain(COLUMNS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(rows: &[i32]) -> BTreeMap<i32, Vec<RejectedValue>> {
        let wrong = RejectedValue {
            column: Some("Prix".into()),
            field: Some("price".into()),
            code: "price_negative".into(),
            message: "=expected at least 0".into(),
        };
        rows.iter().map(|row| (*row, vec![wrong.clone()])).collect()
    }

    fn report(source: &[u8], rows: &[i32]) -> (&'static str, Vec<u8>) {
        let options = ReadOptions::default();
        let (extension, _, bytes) = rejected_file(source, &options, &rejected(rows), &[], Language::En).unwrap();
        (extension, bytes)
    }

    #[test]
    fn a_csv_comes_back_with_its_own_columns() {
        let (extension, bytes) = report("Réf;Prix;\nA;1;x\nB;-2;=y\nC;-3;\n".as_bytes(), &[3, 4]);
        assert_eq!(extension, "csv");
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\u{feff}Réf;Prix;;error;field;fix\r\n\
             B;-2;'=y;'=expected at least 0;Prix;write a number of at least 0\r\n\
             C;-3;;'=expected at least 0;Prix;write a number of at least 0\r\n"
        );
    }

    #[test]
    fn json_comes_back_as_the_objects_that_it_has() {
        let source = br#"{"products": [{"sku": "A", "p": {"x": 1.50}}, {"sku": "B"}, {}]}"#;
        let (extension, bytes) = report(source, &[1]);
        assert_eq!(extension, "json");
        let values: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((values.len(), values[0]["p"]["x"].to_string()), (1, "1.5".to_owned()));
        assert!(String::from_utf8(bytes).unwrap().contains("1.50"), "as it stands in the file");
        assert_eq!(values[0]["field"], "Prix");
        let (extension, bytes) = report(b"{\"sku\": 1}\n{\"sku\": 2}\n", &[2]);
        assert_eq!((extension, bytes.starts_with(b"{\"sku\": 2, \"error\"")), ("jsonl", true));
        let (_, bytes) = report(br#"[{"sku": "A"}, {"sku": tru}]"#, &[1, 2]);
        let values: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(values[1]["text"], r#"{"sku": tru}"#, "a damaged object does not damage the report");
    }

    #[test]
    fn xml_comes_back_as_the_elements_that_it_has() {
        let source = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><!DOCTYPE rss><rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\
             <channel><title>x</title>\n<item g:id=\"1\"><g:price>1</g:price></item>\
             <item><g:price cur='EUR'>-2 &amp; &eacute;</g:price><d><![CDATA[<p>é</p>]]></d><d/></item><item g:id=\"&lt;3\"/></channel></rss>";
        let latin: Vec<u8> = source.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let (extension, bytes) = report(&latin, &[2, 3]);
        assert_eq!(extension, "xml");
        let ours = "<error>=expected at least 0</error><field>Prix</field><fix>write a number of at least 0</fix>";
        let ours = ours.replace("<error>", "<error>'");
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\"><channel>\n\
                 <item><g:price cur='EUR'>-2 &amp; &eacute;</g:price><d><![CDATA[<p>é</p>]]></d><d/>{ours}</item>\n\
                 <item g:id=\"&lt;3\">{ours}</item>\n</channel></rss>\n"
            )
        );
        let mut table = tabular::open(bytes.as_slice()).unwrap();
        assert_eq!(table.layout().path.as_deref(), Some("rss/channel/item"));
        let mut row = Row::default();
        assert!(table.read(&mut row).unwrap() && table.read(&mut row).unwrap() && !table.read(&mut row).unwrap());
    }

    #[test]
    fn a_workbook_comes_back_as_a_workbook() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (row, cells) in [["Réf", "Prix"], ["A", "1"], ["B", "-2"]].iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                sheet.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), *cell).unwrap();
            }
        }
        let (extension, bytes) = report(&workbook.save_to_buffer().unwrap(), &[3]);
        assert_eq!(extension, "xlsx");
        let mut table = tabular::open(bytes.as_slice()).unwrap();
        assert_eq!(table.layout().headers, ["Réf", "Prix", "error", "field", "fix"]);
        let mut row = Row::default();
        assert!(table.read(&mut row).unwrap());
        assert_eq!((row.cell(0), row.cell(1), row.cell(3)), ("B", "-2", "Prix"));
        assert!(!table.read(&mut row).unwrap());
    }
}
