//! Writes workbooks and reads them again.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Cursor;
use std::path::Path;

use tabular::{BookWriter, Row};

fn row(cells: &[&str]) -> Row {
    let mut row = Row::default();
    cells.iter().for_each(|cell| row.push(cell));
    row
}

fn book() -> Vec<u8> {
    let mut writer = BookWriter::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    writer.sheet("products", &[("ean", false), ("price", true), ("title", false)]).unwrap();
    writer.row(&row(&["0036000291452", "12.5", "=HYPERLINK(\"http://x\")"])).unwrap();
    writer.row(&row(&["", "on request", &"é".repeat(40_000)])).unwrap();
    writer.sheet("suppliers", &[("name", false)]).unwrap();
    writer.row(&row(&["Acme"])).unwrap();
    assert_eq!(writer.cut(), 1);
    let mut bytes = Cursor::new(Vec::new());
    writer.finish(&mut bytes).unwrap();
    bytes.into_inner()
}

#[test]
fn what_is_written_is_read_again_and_is_the_same_each_time() {
    let bytes = book();
    assert!(bytes == book(), "the same rows make the same bytes");
    let mut table = tabular::open(Cursor::new(bytes)).unwrap();
    assert_eq!(
        table.layout().sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>(),
        ["products", "suppliers"]
    );
    let mut read = Row::default();
    assert!(table.read(&mut read).unwrap());
    assert_eq!(read.cells().collect::<Vec<_>>(), ["0036000291452", "12.5", "=HYPERLINK(\"http://x\")"]);
    assert!(table.read(&mut read).unwrap());
    assert_eq!((read.cell(1), read.cell(2).chars().count()), ("on request", 32_767));
}
