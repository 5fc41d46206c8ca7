//! Finds out what a file is, from its first bytes.

use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use messages::{Text, files};

use crate::error::ReadError;
use crate::layout::{Finding, ReadOptions, SAMPLE_ROWS};
use crate::row::Row;
use crate::text::csv_reader::CsvReader;

pub(crate) const HEAD: usize = 256 * 1024;
const DELIMITERS: [u8; 8] = [b';', b',', b'\t', b'|', b'^', b'~', 0x01, 0x1F];
/// The header is searched below at most this many lines.
pub(crate) const MAX_LINES_ABOVE_HEADER: usize = 20;

pub(crate) struct Found {
    pub(crate) delimiter: u8,
    pub(crate) quotes: bool,
    pub(crate) records_above_header: usize,
    pub(crate) has_header: bool,
    pub(crate) samples: Vec<Vec<String>>,
    pub(crate) findings: Vec<Finding>,
}

/// Reads the first bytes of `source`, at most 256 KiB.
pub(crate) fn read_head(source: &mut impl Read) -> Result<Vec<u8>, ReadError> {
    let mut head = Vec::with_capacity(HEAD);
    source.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Finds out the delimiter and the header of a CSV, from its beginning.
pub(crate) fn sniff(text: &str, options: &ReadOptions) -> Result<Found, ReadError> {
    let quotes = options.quotes.unwrap_or(true);
    let sep = sep_line(text);
    let mut findings = vec![Finding::new("format", "csv", files::why_neither_json_nor_xml(), 95)];
    let chosen = match options.delimiter {
        Some(delimiter) if delimiter.is_ascii() && !matches!(delimiter, '"' | '\n' | '\r') => Some(delimiter as u8),
        Some(delimiter) => return Err(ReadError::DelimiterUnusable(delimiter)),
        None => None,
    };
    let (delimiter, records) = match chosen.or(sep) {
        Some(delimiter) => {
            let why = if chosen.is_some() { files::why_chosen() } else { files::why_sep_line() };
            findings.push(Finding::new("delimiter", char::from(delimiter), why, 100));
            (delimiter, records(text, delimiter, quotes))
        }
        None => {
            let (delimiter, records) = best_delimiter(text, quotes);
            let width = usual_width(&records);
            let agreeing = records.iter().filter(|record| record.len() == width).count();
            let percent = u8::try_from(agreeing * 99 / records.len().max(1)).unwrap_or(99);
            let why = files::why_delimiter(agreeing, records.len(), width);
            findings.push(Finding::new("delimiter", char::from(delimiter), why, if width > 1 { percent } else { 50 }));
            (delimiter, records)
        }
    };
    let skip = usize::from(sep.is_some());
    let above = match options.header_row {
        Some(0) => skip,
        Some(number) => above_row(text, delimiter, quotes, number)?,
        None => records_above_header(&records, skip),
    };
    let has_header = options.header_row != Some(0);
    if has_header {
        let (why, sureness) = match (options.header_row, above - skip.min(above)) {
            (Some(_), _) => (files::why_chosen(), 100),
            (None, 0) => (files::why_first_filled_row(), 90),
            (None, rows) => (files::why_rows_above(rows), 80),
        };
        findings.push(Finding::new("header", number_of(text, delimiter, quotes, above), why, sureness));
    }
    let samples = records.into_iter().skip(above + usize::from(has_header)).take(SAMPLE_ROWS).collect();
    Ok(Found { delimiter, quotes, records_above_header: above, has_header, samples, findings })
}

/// The number of the row below `above` records. Blank lines are counted too.
fn number_of(text: &str, delimiter: u8, quotes: bool, above: usize) -> u64 {
    let mut reader = CsvReader::new(text.as_bytes(), delimiter, quotes, false);
    let mut row = Row::default();
    for _ in 0..=above {
        if !matches!(reader.read(&mut row), Ok(true)) {
            break;
        }
    }
    row.number
}

/// How many records are above the row with this number.
fn above_row(text: &str, delimiter: u8, quotes: bool, number: u32) -> Result<usize, ReadError> {
    let mut reader = CsvReader::new(text.as_bytes(), delimiter, quotes, false);
    let mut row = Row::default();
    let mut above = 0;
    while reader.read(&mut row)? {
        if row.number >= u64::from(number) {
            return if row.number == u64::from(number) { Ok(above) } else { Err(ReadError::NoHeader) };
        }
        above += 1;
    }
    Err(ReadError::NoHeader)
}

/// The encoding of a text, the reason, and how sure that is, in percent.
pub(crate) fn encoding_of(
    head: &[u8],
    named: Option<&'static Encoding>,
) -> Result<(&'static Encoding, Text, u8), ReadError> {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok((encoding, files::why_byte_order_mark(), 100));
    }
    type Name = fn() -> Text;
    const MAGIC: [(&[u8], Name); 6] = [
        (b"%PDF", files::pdf),
        (b"\x89PNG", files::png_image),
        (b"\xFF\xD8\xFF", files::jpeg_image),
        (b"GIF8", files::gif_image),
        (b"\x28\xB5\x2F\xFD", files::zstandard_file),
        (b"Rar!", files::rar_file),
    ];
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(ReadError::NotText(kind()));
    }
    if let Some(named) = named {
        return Ok((named, files::why_chosen(), 100));
    }
    if let Some(encoding) = utf16_without_mark(head) {
        return Ok((encoding, files::why_utf16(), 95));
    }
    let controls = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\r' | b'\n' | 0x0C | 0x01 | 0x1F))
        .count();
    if head.contains(&0) || controls * 50 > head.len() {
        return Err(ReadError::NotText(files::binary_data()));
    }
    if let Some(declared) = crate::xml::reader::declared_encoding(head) {
        return Ok((declared, files::why_xml_declaration(), 98));
    }
    // A sample that was cut may end inside a character.
    let valid_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() == HEAD,
    };
    if valid_utf8 {
        return Ok((UTF_8, if head.is_ascii() { files::why_only_ascii() } else { files::why_valid_utf8() }, 99));
    }
    // A few invalid bytes do not change the encoding of the file: their rows are reported, and the others are read.
    let (mut characters, mut broken) = (0_usize, 0_usize);
    for chunk in head.utf8_chunks() {
        characters += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if characters > 10 * broken {
        return Ok((UTF_8, files::why_mostly_utf8(), 90));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, head.len() < HEAD);
    // Our sellers' suppliers are western European: when there is too little text to decide, it is Windows-1252.
    Ok((detector.guess(Some(b"fr"), Utf8Detection::Deny), files::why_words_in_encoding(), 75))
}

/// UTF-16 without a byte-order mark: Latin text in it has a zero in every other byte.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if pairs >= 4 && odd * 10 > pairs * 7 && even * 10 < pairs {
        Some(UTF_16LE)
    } else if pairs >= 4 && even * 10 > pairs * 7 && odd * 10 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The sample up to its last line end, if the file is longer than the sample.
pub(crate) fn whole_lines(head: &[u8]) -> &[u8] {
    if head.len() < HEAD {
        return head;
    }
    let end = head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
    // In UTF-16LE the line end's second byte follows.
    &head[..(end + end % 2).min(head.len())]
}

/// The delimiter in Excel's own directive: a first line such as `sep=;`.
fn sep_line(text: &str) -> Option<u8> {
    let first = text.lines().next()?.trim_matches('"');
    let delimiter = first.strip_prefix("sep=").or_else(|| first.strip_prefix("SEP="))?;
    match delimiter.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        _ => None,
    }
}

fn records(text: &str, delimiter: u8, quotes: bool) -> Vec<Vec<String>> {
    let mut reader = CsvReader::new(text.as_bytes(), delimiter, quotes, false);
    let mut row = Row::default();
    let mut records = Vec::new();
    while records.len() <= SAMPLE_ROWS + MAX_LINES_ABOVE_HEADER && matches!(reader.read(&mut row), Ok(true)) {
        records.push(row.cells().map(str::to_owned).collect());
    }
    records
}

/// The delimiter with which the most rows have the same, largest number of columns; a header of that width counts
/// double.
fn best_delimiter(text: &str, quotes: bool) -> (u8, Vec<Vec<String>>) {
    let mut best: Option<(f64, u8, Vec<Vec<String>>)> = None;
    for delimiter in DELIMITERS {
        let records = records(text, delimiter, quotes);
        let width = usual_width(&records);
        let agreeing = records.iter().filter(|record| record.len() == width).count();
        let header = records.first().is_some_and(|record| record.len() == width);
        #[expect(clippy::cast_precision_loss, reason = "a score of at most a few thousand")]
        let score = width as f64 * agreeing as f64 / records.len().max(1) as f64 * if header { 2.0 } else { 1.0 };
        let better = best.as_ref().is_none_or(|(top, ..)| score > *top);
        if width > 1 && better {
            best = Some((score, delimiter, records));
        }
    }
    best.map_or_else(|| (b',', records(text, b',', quotes)), |(_, delimiter, records)| (delimiter, records))
}

/// The width that most records have; the larger one if two are equally frequent.
fn usual_width(records: &[Vec<String>]) -> usize {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for record in records {
        *counts.entry(record.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

/// How many records are above the column names: titles and notes, which fill fewer than half of the columns. The first
/// `skip` records are never the column names.
pub(crate) fn records_above_header(records: &[Vec<String>], skip: usize) -> usize {
    let filled = |record: &[String]| record.iter().filter(|cell| !cell.trim().is_empty()).count();
    // In a sheet a row ends with its last cell, so the number of filled cells counts too.
    let width = usual_width(records).max(usual_filled(records));
    records
        .iter()
        .enumerate()
        .skip(skip)
        .take(MAX_LINES_ABOVE_HEADER)
        .find(|(_, record)| width < 2 || filled(record) * 2 > width)
        .map_or(skip, |(index, _)| index)
}

/// The median number of filled cells: half of the records fill at least this many.
fn usual_filled(records: &[Vec<String>]) -> usize {
    let mut filled: Vec<usize> =
        records.iter().map(|record| record.iter().filter(|cell| !cell.trim().is_empty()).count()).collect();
    filled.sort_unstable();
    filled.get(filled.len() / 2).copied().unwrap_or_default()
}
