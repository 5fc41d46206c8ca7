//! Workbooks that need too much memory or time: each one ends as an error of its file, and the process continues. They are
//! read by the real executable, as on Lambda.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Cursor, Write};
use std::path::Path;

use tabular::{ReadError, Row};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A workbook of these parts, beside those that every workbook has. `folder` is where the workbook's own parts are.
fn book(folder: &str, parts: &[(&str, String)]) -> Vec<u8> {
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    let rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let root = format!(
        r#"<?xml version="1.0"?><Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="{folder}/workbook.xml"/></Relationships>"#
    );
    let workbook = format!(
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{rel}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let strings = parts.iter().find(|(name, _)| name.to_lowercase().ends_with("sharedstrings.xml"));
    let strings = strings.map_or(String::new(), |(name, _)| {
        format!(r#"<Relationship Id="rId2" Type="{rel}/sharedStrings" Target="{name}"/>"#)
    });
    let book_rels = format!(
        r#"<?xml version="1.0"?><Relationships xmlns="{package}"><Relationship Id="rId1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>{strings}</Relationships>"#
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    add("[Content_Types].xml", types);
    add("_rels/.rels", &root);
    add(&format!("{folder}/workbook.xml"), &workbook);
    add(&format!("{folder}/_rels/workbook.xml.rels"), &book_rels);
    for (name, text) in parts {
        add(&format!("{folder}/{name}"), text);
    }
    zip.finish().unwrap().into_inner()
}

const MAIN: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;

fn sheet(rows: &str) -> (&'static str, String) {
    (
        "worksheets/sheet1.xml",
        format!(r#"<?xml version="1.0"?><worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"#),
    )
}

fn inline(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// Reads all rows. Returns how many there are, or why the file cannot be read.
fn read(bytes: &[u8]) -> Result<usize, ReadError> {
    let mut table = tabular::open(bytes)?;
    let (mut row, mut count) = (Row::default(), 0);
    while table.read(&mut row)? {
        count += 1;
    }
    Ok(count)
}

/// The most memory that this process had so far, in MB (Linux). Its children are limited by `setrlimit`.
fn peak_of_process() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn workbooks_that_ask_for_too_much_are_refused_and_others_are_read() {
    workbooks::read_apart(Path::new(env!("CARGO_BIN_EXE_imports")));
    let plain = format!(
        "<row r=\"1\">{}{}</row><row r=\"2\">{}{}</row>",
        inline("A1", "sku"),
        inline("B1", "title"),
        inline("A2", "A"),
        inline("B2", "One")
    );
    assert_eq!(read(&book("xl", &[sheet(&plain)])).unwrap(), 1);
    assert_eq!(read(&book("elsewhere", &[sheet(&plain)])).unwrap(), 1, "in another folder");

    let strings =
        |count: &str, items: &str| format!(r#"<?xml version="1.0"?><sst {MAIN} uniqueCount="{count}">{items}</sst>"#);
    let shared =
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row><row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c></row>";
    // One text of a megabyte in every cell of a row.
    let cells: String = (0..12_000).map(|_| "<c t=\"s\"><v>0</v></c>").collect();
    let long = "x".repeat(1024 * 1024);
    let wide = format!("<row r=\"1\">{}</row><row r=\"2\">{cells}</row>", inline("A1", "sku"));
    let many = "<si><t>some text that is repeated</t></si>".repeat(1_900_000);
    const MALFORMED: Result<usize, &str> = Err("file_malformed");
    let bombs = [
        (
            "declared strings",
            book("xl", &[("sharedStrings.xml", strings("99999999999", "<si><t>sku</t></si>")), sheet(shared)]),
            MALFORMED,
        ),
        (
            "in another case",
            book("xl", &[("SHAREDSTRINGS.XML", strings("99999999999", "<si><t>sku</t></si>")), sheet(shared)]),
            MALFORMED,
        ),
        (
            "in another folder",
            book("x", &[("sharedStrings.xml", strings("99999999999", "<si><t>sku</t></si>")), sheet(shared)]),
            MALFORMED,
        ),
        (
            "a row of large texts",
            book("xl", &[("sharedStrings.xml", strings("1", &format!("<si><t>{long}</t></si>"))), sheet(&wide)]),
            Err("file_row_too_long"),
        ),
        ("many strings", book("x", &[("sharedStrings.xml", strings("1", &many)), sheet(shared)]), Ok(1)),
        ("dimensions of an .xls", include_bytes!("files/dimensions.xls").to_vec(), MALFORMED),
        ("sparse sheets of an .xls", include_bytes!("files/sparse.xls").to_vec(), MALFORMED),
    ];
    for (name, bytes, expected) in &bombs {
        assert_eq!(read(bytes).map_err(|error| error.code()), *expected, "{name}");
    }
    let declared = read(&bombs[0].1).unwrap_err();
    assert_eq!(declared.message(), messages::files::workbook_too_heavy());
    // The parent holds no more than files and a few rows.
    assert!(peak_of_process() < 400, "{} MB", peak_of_process());
    assert_eq!(read(&book("xl", &[sheet(&plain)])).unwrap(), 1, "afterwards all is as before");
}
