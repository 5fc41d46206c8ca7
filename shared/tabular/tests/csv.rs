//! CSV files as suppliers send them, each one given as bytes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use tabular::{ReadError, Row, RowProblem, TableReader, open};

type ReadRow = (u64, Vec<String>, Option<RowProblem>);

fn rows(reader: &mut TableReader<'_>) -> Vec<ReadRow> {
    let (mut row, mut rows) = (Row::default(), Vec::new());
    while reader.read(&mut row).unwrap() {
        rows.push((row.number, row.cells().map(str::to_owned).collect(), row.problem.clone()));
    }
    rows
}

fn read(bytes: &[u8]) -> (tabular::Layout, Vec<ReadRow>) {
    let mut reader = open(bytes).unwrap();
    (reader.layout().clone(), rows(&mut reader))
}

#[test]
fn finds_delimiter_encoding_and_header() {
    for (bytes, delimiter, encoding) in [
        (&b"sku;title;price\n1;Vis, t\xeate plate;12,50\n"[..], ';', "windows-1252"),
        ("sku,title,price\n1,Écrou,\"1,2\"\n".as_bytes(), ',', "UTF-8"),
        ("\u{feff}sku\ttitle\tprice\n1\tÉcrou; gros\t1\n".as_bytes(), '\t', "UTF-8"),
        (b"sku|title|price\n1|a|2\n", '|', "UTF-8"),
        (b"sep=;\r\nsku;title;price\r\n1;a,b;2\r\n", ';', "UTF-8"),
    ] {
        let (layout, rows) = read(bytes);
        assert_eq!((layout.delimiter, layout.encoding), (Some(delimiter), encoding));
        assert_eq!(layout.headers, ["sku", "title", "price"]);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].1.len(), 3);
        assert_eq!(layout.samples.len(), 1);
    }
    let (_, rows) = read(b"sku;title\n1;t\xeate\n");
    assert_eq!(rows[0].1[1], "tête");
}

#[test]
fn reads_utf16_with_and_without_its_mark() {
    let text = "sku;title\r\n1;Écrou\r\n2;Vis\r\n";
    let plain: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xFF, 0xFE], &plain[..]].concat();
    for bytes in [plain, marked] {
        let (layout, rows) = read(&bytes);
        assert_eq!(layout.headers, ["sku", "title"]);
        assert_eq!(rows[0].1, ["1", "Écrou"]);
    }
}

#[test]
fn counts_rows_as_a_spreadsheet_does() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["sku,title", "", "1,\"a\nb\"", "", ",", "2,c"].join(end);
        let (layout, rows) = read(text.as_bytes());
        assert_eq!(layout.header_row, 1);
        let numbers: Vec<u64> = rows.iter().map(|row| row.0).collect();
        assert_eq!(numbers, [3, 6], "{end:?}");
    }
}

#[test]
fn the_header_is_numbered_with_the_blank_lines_above_it() {
    let (layout, _) = read(b"\n\nsku;title\n1;a\n");
    let header = layout.findings.iter().find(|finding| finding.what == "header").unwrap();
    assert_eq!((layout.header_row, header.found.english()), (3, "3"));
}

#[test]
fn skips_titles_above_the_header() {
    let (layout, rows) = read(b"Price list 2026;;;\n;;;\nsku;title;ean;price\n1;a;2;3\n2;b;3;4\n");
    assert_eq!(layout.header_row, 3);
    assert_eq!(layout.headers, ["sku", "title", "ean", "price"]);
    assert_eq!(rows[0].0, 4);
}

#[test]
fn marks_rows_whose_cells_may_have_shifted() {
    let (_, rows) = read(b"a,b,c\n1,2\n1,2,3,,\n1,2,3,4\n1,2,3\n");
    let problems: Vec<Option<RowProblem>> = rows.into_iter().map(|row| row.2).collect();
    assert_eq!(
        problems,
        [
            Some(RowProblem::Width { expected: 3, found: 2 }),
            None,
            Some(RowProblem::Width { expected: 3, found: 4 }),
            None
        ]
    );
}

#[test]
fn a_late_accent_in_an_ascii_file_is_windows_1252() {
    let mut bytes = b"sku,title\n".to_vec();
    for number in 0..40_000 {
        bytes.extend_from_slice(format!("{number},plain\n").as_bytes());
    }
    bytes.extend_from_slice(b"x,caf\xe9\n");
    let (_, rows) = read(&bytes);
    assert_eq!(rows.last().unwrap().1[1], "café");
    assert_eq!(rows.last().unwrap().2, None);
}

#[test]
fn a_broken_row_in_a_utf8_file_is_named() {
    let mut bytes = "sku,title\n1,é\n".as_bytes().to_vec();
    for number in 0..40_000 {
        bytes.extend_from_slice(format!("{number},plain\n").as_bytes());
    }
    bytes.extend_from_slice(b"x,caf\xe9\n");
    assert_eq!(read(&bytes).1.last().unwrap().2, Some(RowProblem::Encoding));
}

#[test]
fn one_broken_byte_does_not_change_the_encoding_of_a_file() {
    let mut bytes = b"sku;title\n".to_vec();
    for number in 0..100 {
        bytes.extend_from_slice(format!("{number};Écrou à tête\n").as_bytes());
    }
    let at = bytes.iter().position(|byte| *byte >= 0x80).unwrap();
    bytes.splice(at..at + 2, [0xC9]);
    let (layout, rows) = read(&bytes);
    assert_eq!(layout.encoding, "UTF-8");
    assert_eq!(rows[0].2, Some(RowProblem::Encoding));
    assert_eq!((rows[1].1[1].as_str(), &rows[1].2), ("Écrou à tête", &None));
}

#[test]
fn an_unclosed_quote_names_its_row_and_is_bounded() {
    let error = |bytes: &[u8]| {
        let mut reader = open(bytes).unwrap();
        let mut row = Row::default();
        loop {
            match reader.read(&mut row) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(error),
            }
        }
    };
    assert!(matches!(error(b"a,b\n1,2\n3,\"open\n4,5\n6,7\n"), Some(ReadError::UnclosedQuote { row: 3 })));
    let mut long = b"a,b\n1,\"open ".to_vec();
    long.resize(3 * 1024 * 1024, b'x');
    assert!(matches!(error(&long), Some(ReadError::UnclosedQuote { row: 2 })));
    assert!(error(b"a,b\n1,5\" pipe\n").is_none(), "an inch sign at the end of the file is text");
}

#[test]
fn says_what_a_file_is_when_it_is_not_a_table() {
    let refuse = |bytes: &[u8]| open(bytes).err().unwrap().to_string();
    assert!(refuse(b"").contains("empty"));
    assert!(refuse(b" \n\r\n").contains("empty"));
    assert!(refuse(b"PK\x03\x04....").contains("damaged ZIP"));
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(5_000)
    .collect();
    assert!(refuse(&noise).contains("binary"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_the_csv_crate_writes_comes_back(cells in proptest::collection::vec(proptest::collection::vec("[a-zé;,\"\n |]{0,12}x", 3), 1..20)) {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
        writer.write_record(["one", "two", "three"]).unwrap();
        for record in &cells {
            writer.write_record(record).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let (layout, rows) = read(&bytes);
        prop_assert_eq!(layout.delimiter, Some(';'));
        prop_assert_eq!(rows.into_iter().map(|row| row.1).collect::<Vec<_>>(), cells);
    }

    #[test]
    fn no_bytes_panic_or_hang(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        if let Ok(mut reader) = open(&bytes[..]) {
            let mut row = Row::default();
            while matches!(reader.read(&mut row), Ok(true)) {}
        }
    }
}
