//! Opens a file: finds out what it is, and chooses the reader for it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Read;

use messages::files;

use crate::container::{self, Kind};
use crate::error::ReadError;
use crate::json::reader::JsonReader;
use crate::layout::{Finding, Layout, PathInfo, ReadOptions, SAMPLE_ROWS};
use crate::row::Row;
use crate::table::{Rows, TableReader, Text};
use crate::text::csv_reader::CsvReader;
use crate::text::transcode::Utf8;
use crate::xml::reader::XmlReader;
use crate::{merged, sniff};

/// Opens the table in `source`. What the file is, is found out from its beginning.
///
/// # Errors
/// [`ReadError`] when the file is empty, is not a table, or has no header.
pub fn open<'a>(source: impl Read + Send + 'a) -> Result<TableReader<'a>, ReadError> {
    open_with(source, &ReadOptions::default())
}

/// Opens the table in `source` with `options`. What they do not contain is found out from the beginning of the file.
///
/// # Errors
/// [`ReadError`] when the file is empty, is not a table, has no header, or is not what the options say.
pub fn open_with<'a>(source: impl Read + Send + 'a, options: &ReadOptions) -> Result<TableReader<'a>, ReadError> {
    let (kind, packing) = container::unpack(Box::new(source))?;
    let mut table = match kind {
        Kind::Book(bytes, format) => open_book(bytes, format, options)?,
        Kind::Text(text) => open_text(text, options)?,
    };
    if let Some(packing) = packing {
        table.layout.packing = Some(packing);
        table.layout.findings.insert(0, Finding::new("packing", packing, files::why_first_bytes(), 100));
    }
    Ok(table)
}

fn layout(format: &'static str, encoding: &'static str) -> Layout {
    Layout {
        format,
        packing: None,
        encoding,
        delimiter: None,
        header_row: 0,
        headers: Vec::new(),
        columns: Vec::new(),
        samples: Vec::new(),
        sheets: Vec::new(),
        sheet: None,
        paths: Vec::new(),
        path: None,
        findings: Vec::new(),
    }
}

fn open_text<'a>(mut text: Box<dyn Read + Send + 'a>, options: &ReadOptions) -> Result<TableReader<'a>, ReadError> {
    let head = sniff::read_head(&mut text)?;
    let named = match &options.encoding {
        Some(name) => Some(
            encoding_rs::Encoding::for_label(name.as_bytes())
                .ok_or_else(|| ReadError::EncodingUnknown(name.clone()))?,
        ),
        None => None,
    };
    let (encoding, why, sureness) = sniff::encoding_of(&head, named)?;
    let sample = encoding.decode_with_bom_removal(sniff::whole_lines(&head)).0.into_owned();
    let ascii = encoding == encoding_rs::UTF_8 && head.is_ascii();
    let utf8 = Utf8::new(head, text, encoding);
    let found = Finding::new("encoding", encoding.name(), why, sureness);
    let mut table = match sample.trim_start().bytes().next() {
        None => return Err(ReadError::Empty),
        Some(b'<') => open_xml(utf8, encoding.name(), &sample, options)?,
        Some(b'{' | b'[') => open_json(utf8, encoding.name(), &sample, options)?,
        Some(_) => open_csv(utf8, encoding.name(), &sample, ascii, options)?,
    };
    table.layout.findings.insert(0, found);
    Ok(table)
}

fn open_csv<'a>(
    utf8: Text<'a>,
    encoding: &'static str,
    sample: &str,
    ascii: bool,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let found = sniff::sniff(sample, options)?;
    let mut rows = CsvReader::new(utf8, found.delimiter, found.quotes, ascii);
    rows.pad_short_rows(options.pad_short_rows);
    let mut row = Row::default();
    let mut replay = VecDeque::new();
    let mut layout = layout("csv", encoding);
    for _ in 0..found.records_above_header {
        rows.read(&mut row)?;
    }
    if !rows.read(&mut row)? {
        return Err(ReadError::NoHeader);
    }
    if found.has_header {
        layout.header_row = row.number;
        layout.headers = header_cells(&row);
    } else {
        layout.headers = vec![String::new(); row.width()];
        replay.push_back(row.clone());
    }
    rows.expect_width(layout.headers.len());
    layout.columns = unique(&layout.headers);
    layout.delimiter = Some(char::from(found.delimiter));
    layout.samples = found.samples;
    layout.findings = found.findings;
    Ok(TableReader { layout, rows: Rows::Csv(Box::new(rows)), replay, broken: None, open_ended: false })
}

fn open_book<'a>(
    bytes: Vec<u8>,
    format: container::BookFormat,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let merged = if format == container::BookFormat::Xlsx { merged::count_in_xlsx(&bytes) } else { 0 };
    let book = crate::book::apart::open(bytes, format, options)?;
    let mut rows = Rows::Book(book.rows);
    let mut layout = layout(format.name(), "UTF-8");
    let (mut first, broken) = read_some(&mut rows, SAMPLE_ROWS + sniff::MAX_LINES_ABOVE_HEADER)?;
    let records: Vec<Vec<String>> = first.iter().map(|row| row.cells().map(str::to_owned).collect()).collect();
    let above = match options.header_row {
        Some(0) => None,
        Some(number) => Some(first.iter().position(|row| row.number == u64::from(number)).ok_or(ReadError::NoHeader)?),
        None => Some(sniff::records_above_header(&records, 0)),
    };
    if let Some(above) = above {
        first.drain(..above);
        let header = first.pop_front().ok_or(ReadError::NoHeader)?;
        layout.header_row = header.number;
        layout.headers = header_cells(&header);
        // Columns beyond the header's last cell that hold something count as columns without a name.
        let width = first.iter().map(filled_width).max().unwrap_or_default();
        if width > layout.headers.len() {
            layout.headers.resize(width, String::new());
        }
        let (why, sureness) = match above {
            _ if options.header_row.is_some() => (files::why_chosen(), 100),
            0 => (files::why_first_filled_row(), 90),
            _ => (files::why_rows_above(above), 80),
        };
        layout.findings.push(Finding::new("header", layout.header_row, why, sureness));
    } else {
        let width = first.iter().map(filled_width).max().unwrap_or_default();
        layout.headers = vec![String::new(); width];
    }
    let hidden = book.sheets.iter().filter(|sheet| sheet.hidden).count();
    let why = match &options.sheet {
        Some(_) => files::why_chosen(),
        None => files::why_first_sheet(book.sheets.len(), hidden),
    };
    layout.findings.insert(
        0,
        Finding::new(
            "sheet",
            &book.sheet,
            why,
            if options.sheet.is_some() || book.sheets.len() == 1 { 100 } else { 75 },
        ),
    );
    layout.findings.insert(0, Finding::new("format", format.name(), files::why_first_bytes_and_parts(), 100));
    if merged > 0 {
        let why = if options.fill_merged { files::why_merged_filled() } else { files::why_merged() };
        layout.findings.push(Finding::new("merged", merged, why, 100));
    }
    layout.columns = unique(&layout.headers);
    layout.sheets = book.sheets;
    layout.sheet = Some(book.sheet);
    layout.samples = samples(&first);
    Ok(TableReader { layout, rows, replay: first, broken, open_ended: false })
}

fn open_json<'a>(
    utf8: Text<'a>,
    encoding: &'static str,
    sample: &str,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let candidates = crate::json::paths::find_paths(sample.as_bytes());
    let path = options.path.clone().or_else(|| candidates.first().map(|candidate| candidate.path.clone()));
    let reader = JsonReader::new(utf8, path.as_deref())?;
    let mut layout = layout(if reader.is_lines() { "jsonl" } else { "json" }, encoding);
    layout.paths = candidates
        .iter()
        .map(|found| PathInfo { path: found.path.clone(), seen: found.objects, known: None })
        .collect();
    let place = path.clone().filter(|path| !path.is_empty()).map_or_else(files::whole_file, messages::Text::verbatim);
    let (why, sureness) = match (&options.path, candidates.len()) {
        (Some(_), _) => (files::why_chosen(), 100),
        (None, 0) => (files::why_objects_in_lines(), 95),
        (None, _) if candidates[0].objects == 0 && !candidates[0].path.is_empty() => (files::why_largest_object(), 60),
        (None, 1) => (files::why_only_array(), 98),
        (None, arrays) => (files::why_likely_array(arrays), 70),
    };
    layout.path = path;
    layout.findings.push(Finding::new("format", layout.format, files::why_first_character(), 98));
    layout.findings.push(Finding { what: "path".to_owned(), found: place, why, sureness });
    open_paths(Rows::Json(Box::new(reader)), layout)
}

fn open_xml<'a>(
    utf8: Text<'a>,
    encoding: &'static str,
    sample: &str,
    options: &ReadOptions,
) -> Result<TableReader<'a>, ReadError> {
    let start = sample.trim_start().to_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err(ReadError::NotText(files::web_page()));
    }
    let candidates = crate::xml::paths::find_paths(sample);
    let mut layout = layout("xml", encoding);
    layout.paths = candidates
        .iter()
        .map(|found| PathInfo { path: found.path.clone(), seen: found.count, known: found.known.map(str::to_owned) })
        .collect();
    let path = match (&options.path, candidates.first()) {
        (Some(path), _) => path.trim_matches('/').to_owned(),
        (None, Some(first)) => first.path.clone(),
        (None, None) => return Err(ReadError::ElementsMissing),
    };
    let (why, sureness) = match (&options.path, candidates.first()) {
        (None, Some(first)) if first.known.is_some() => (files::why_known_feed(first.known.unwrap_or_default()), 99),
        (None, Some(first)) if first.count > 1 => (files::why_element_repeats(first.count), 80),
        (None, _) => (files::why_only_element(), 40),
        (Some(_), _) => (files::why_chosen(), 100),
    };
    layout.findings.push(Finding::new("format", "xml", files::why_first_character(), 99));
    layout.findings.push(Finding::new("path", &path, why, sureness));
    let reader = XmlReader::new(utf8, &path);
    layout.path = Some(path);
    open_paths(Rows::Xml(Box::new(reader)), layout)
}

/// Opens a file without a header. Its columns are the paths in its first rows.
fn open_paths(mut rows: Rows<'_>, mut layout: Layout) -> Result<TableReader<'_>, ReadError> {
    rows.keep_objects(true);
    let (first, broken) = read_some(&mut rows, SAMPLE_ROWS)?;
    rows.keep_objects(false);
    if first.is_empty() {
        return Err(ReadError::PathMissing(layout.path.clone().unwrap_or_default()));
    }
    layout.headers = rows.paths().map(|paths| paths.names.clone()).unwrap_or_default();
    layout.columns.clone_from(&layout.headers);
    layout.samples = samples(&first);
    Ok(TableReader { layout, rows, replay: first, broken, open_ended: true })
}

/// Reads the first rows. Returns them, and the error that ended the reading after at least one row.
fn read_some(rows: &mut Rows<'_>, most: usize) -> Result<(VecDeque<Row>, Option<ReadError>), ReadError> {
    let mut read = VecDeque::new();
    let mut row = Row::default();
    let mut bytes = 0;
    // A sample of huge rows may have fewer rows than `most`.
    while read.len() < most && bytes < 8 * 1024 * 1024 {
        match rows.read(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) if read.is_empty() => return Err(error),
            Err(error) => return Ok((read, Some(error))),
        }
        bytes += row.text.len() + row.object.len();
        read.push_back(std::mem::take(&mut row));
    }
    Ok((read, None))
}

fn samples(rows: &VecDeque<Row>) -> Vec<Vec<String>> {
    rows.iter().take(SAMPLE_ROWS).map(|row| row.cells().map(str::to_owned).collect()).collect()
}

fn filled_width(row: &Row) -> usize {
    (0..row.width()).rev().find(|index| !row.cell(*index).trim().is_empty()).map_or(0, |index| index + 1)
}

fn header_cells(row: &Row) -> Vec<String> {
    row.cells().map(|cell| cell.trim().replace('\0', "\u{fffd}")).collect()
}

/// Makes the column names unique (case does not count) and fills in blank ones.
fn unique(headers: &[String]) -> Vec<String> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(headers.len());
    for (index, header) in headers.iter().enumerate() {
        let plain = if header.is_empty() { format!("column {}", index + 1) } else { header.clone() };
        let count = counts.entry(plain.to_lowercase()).or_default();
        let name = loop {
            *count += 1;
            let name = if *count == 1 { plain.clone() } else { format!("{plain} ({count})") };
            if seen.insert(name.to_lowercase()) {
                break name;
            }
        };
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_names_are_unique() {
        let names = unique(&["id", "ID (2)", "id", "", "Id"].map(str::to_owned));
        assert_eq!(names, ["id", "ID (2)", "id (3)", "column 4", "Id (4)"]);
    }
}
