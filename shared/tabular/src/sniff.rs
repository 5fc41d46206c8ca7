//! What a file is, told from its first bytes.

use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::csv_reader::CsvReader;
use crate::{ReadError, Row, SAMPLE_ROWS};

const HEAD: usize = 256 * 1024;
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// A header below more lines than this is not looked for.
const MAX_LINES_ABOVE_HEADER: usize = 20;

pub(crate) struct Found {
    pub(crate) encoding: &'static Encoding,
    pub(crate) delimiter: u8,
    pub(crate) ascii_so_far: bool,
    pub(crate) records_above_header: usize,
    pub(crate) samples: Vec<Vec<String>>,
}

/// The first bytes of `source`, at most 256 KiB.
pub(crate) fn read_head(source: &mut impl Read) -> Result<Vec<u8>, ReadError> {
    let mut head = Vec::with_capacity(HEAD);
    source.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

pub(crate) fn sniff(head: &[u8]) -> Result<Found, ReadError> {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    let encoding = encoding_of(head)?;
    let text = encoding.decode_with_bom_removal(whole_lines(head)).0;
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    let (delimiter, records) = match sep_line(&text) {
        Some(delimiter) => (delimiter, records(&text, delimiter)),
        None => best_delimiter(&text),
    };
    let above = records_above_header(&records, sep_line(&text).is_some());
    let samples = records.into_iter().skip(above + 1).take(SAMPLE_ROWS).collect();
    let ascii_so_far = encoding == UTF_8 && head.is_ascii();
    Ok(Found { encoding, delimiter, ascii_so_far, records_above_header: above, samples })
}

fn encoding_of(head: &[u8]) -> Result<&'static Encoding, ReadError> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    const MAGIC: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "an Excel (.xlsx) or ZIP file"),
        (b"\xD0\xCF\x11\xE0", "an old Excel (.xls) file"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a PNG image"),
        (b"\xFF\xD8\xFF", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"\x1F\x8B", "a GZIP file"),
        (b"\x28\xB5\x2F\xFD", "a Zstandard file"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(ReadError::NotText(what));
    }
    if let Some(encoding) = utf16_without_mark(head) {
        return Ok(encoding);
    }
    let controls = head.iter().filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\r' | b'\n' | 0x0C)).count();
    if head.contains(&0) || controls * 50 > head.len() {
        return Err(ReadError::NotText("binary data"));
    }
    // A sample that was cut may end inside a character.
    let valid_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() == HEAD,
    };
    if valid_utf8 {
        return Ok(UTF_8);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, head.len() < HEAD);
    // Our sellers' suppliers are western European: with too little text to tell, Windows-1252 is meant.
    Ok(detector.guess(Some(b"fr"), Utf8Detection::Deny))
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

/// The sample up to its last line end, if it was cut.
fn whole_lines(head: &[u8]) -> &[u8] {
    if head.len() < HEAD {
        return head;
    }
    let end = head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
    // In UTF-16LE the line end's second byte follows.
    &head[..(end + end % 2).min(head.len())]
}

/// Excel's own directive: a first line such as `sep=;`.
fn sep_line(text: &str) -> Option<u8> {
    let first = text.lines().next()?.trim_matches('"');
    let delimiter = first.strip_prefix("sep=").or_else(|| first.strip_prefix("SEP="))?;
    match delimiter.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        _ => None,
    }
}

fn records(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = CsvReader::new(text.as_bytes(), delimiter, false);
    let mut row = Row::default();
    let mut records = Vec::new();
    while records.len() <= SAMPLE_ROWS + MAX_LINES_ABOVE_HEADER && matches!(reader.read(&mut row), Ok(true)) {
        records.push(row.cells().map(str::to_owned).collect());
    }
    records
}

/// The delimiter that splits the sample into the most columns of the same number, the header's before all.
fn best_delimiter(text: &str) -> (u8, Vec<Vec<String>>) {
    let mut best: Option<(f64, u8, Vec<Vec<String>>)> = None;
    for delimiter in DELIMITERS {
        let records = records(text, delimiter);
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
    best.map_or_else(|| (b',', records(text, b',')), |(_, delimiter, records)| (delimiter, records))
}

/// The width that most records have, the larger of two.
fn usual_width(records: &[Vec<String>]) -> usize {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for record in records {
        *counts.entry(record.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

/// How many records stand above the column names: titles and notes, which fill fewer than half of the columns.
fn records_above_header(records: &[Vec<String>], has_sep_line: bool) -> usize {
    let first = usize::from(has_sep_line);
    let width = usual_width(records);
    let filled = |record: &[String]| record.iter().filter(|cell| !cell.trim().is_empty()).count();
    records
        .iter()
        .enumerate()
        .skip(first)
        .take(MAX_LINES_ABOVE_HEADER)
        .find(|(_, record)| width < 2 || filled(record) * 2 > width)
        .map_or(first, |(index, _)| index)
}
