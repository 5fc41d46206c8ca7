//! Workbooks, JSON, XML and packed files as suppliers send them; each is created here.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Cursor, Write};

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use tabular::{Layout, ReadError, ReadOptions, Row, open, open_with};
use zip::write::SimpleFileOptions;

fn read_with(bytes: &[u8], options: &ReadOptions) -> Result<(Layout, Vec<Vec<String>>), ReadError> {
    let mut table = open_with(bytes, options)?;
    let layout = table.layout().clone();
    let (mut row, mut rows) = (Row::default(), Vec::new());
    while table.read(&mut row)? {
        rows.push(row.cells().map(str::to_owned).collect());
    }
    assert!(!table.read(&mut row)?, "the end stays the end");
    Ok((layout, rows))
}

fn read(bytes: &[u8]) -> (Layout, Vec<Vec<String>>) {
    read_with(bytes, &ReadOptions::default()).unwrap()
}

fn refused(bytes: &[u8]) -> &'static str {
    read_with(bytes, &ReadOptions::default()).err().map_or("read", |error| error.code())
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_workbook_is_read_as_excel_shows_it() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Tarif").unwrap();
    sheet.write(0, 0, "Tarif 2026").unwrap();
    for (column, name) in ["EAN", "Titre", "Prix", "Date", "Actif"].into_iter().enumerate() {
        sheet.write(2, u16::try_from(column).unwrap(), name).unwrap();
    }
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let date = rust_xlsxwriter::ExcelDateTime::parse_from_str("2026-11-21").unwrap();
    for row in 3..6 {
        sheet.write(row, 0, 4_006_381_333_931_i64).unwrap();
        sheet.write(row, 1, "  Vis \"M8\" ").unwrap();
        sheet.write(row, 2, 12.1 + 0.2).unwrap();
        sheet.write_with_format(row, 3, &date, &day).unwrap();
        sheet.write(row, 4, true).unwrap();
    }
    workbook.add_worksheet().set_name("Notes").unwrap().set_hidden(true).write(0, 0, "not this one").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let (layout, rows) = read(&bytes);
    assert_eq!((layout.format, layout.sheet.as_deref(), layout.header_row), ("xlsx", Some("Tarif"), 3));
    assert!(layout.sheets.iter().any(|sheet| sheet.hidden && sheet.name == "Notes"));
    assert_eq!(layout.headers, ["EAN", "Titre", "Prix", "Date", "Actif"]);
    assert_eq!(rows[0], ["4006381333931", "  Vis \"M8\" ", "12.3", "2026-11-21", "true"]);
    let other = ReadOptions { sheet: Some("Notes".into()), ..ReadOptions::default() };
    assert_eq!(read_with(&bytes, &other).unwrap().0.headers, ["not this one"]);
    let none = ReadOptions { sheet: Some("Prix".into()), ..ReadOptions::default() };
    let message = read_with(&bytes, &none).unwrap_err().to_string();
    assert!(message.contains("Prix") && message.contains("Tarif"), "{message}");
    assert_eq!(refused(&bytes[..bytes.len() / 2]), "file_archive_invalid");
}

#[test]
fn json_is_found_in_arrays_in_objects_and_on_lines() {
    let products = r#"[{"sku": "A", "price": 12.50, "dims": {"w": 1}, "tags": ["a", "b"], "images": [{"src": "u1"}, {"src": "u2"}]},
                       {"sku": "B", "ean": 0012, "price": null}]"#;
    let wrapped =
        format!("{{\"meta\": {{\"notes\": [{{\"x\": 1}}]}}, \"count\": 2, \"products\": {products}, \"end\": true}}");
    for (text, format, path) in [(products, "json", Some("")), (wrapped.as_str(), "json", Some("products"))] {
        let (layout, rows) = read(text.as_bytes());
        assert_eq!((layout.format, layout.path.as_deref()), (format, path));
        assert_eq!(layout.columns, ["sku", "price", "dims.w", "tags", "images[].src", "ean"]);
        assert_eq!(rows[0], ["A", "12.50", "1", "a\nb", "u1\nu2"], "digits stay as they are written");
        assert_eq!(rows[1], ["B", "", "", "", "", "0012"]);
    }
    let (layout, rows) = read(b"{\"sku\": \"A\"}\n{\"sku\": \"B\", \"late\": \"x\"}\r\n");
    assert_eq!((layout.format, rows.len()), ("jsonl", 2));
    let elsewhere = ReadOptions { path: Some("meta.notes".into()), ..ReadOptions::default() };
    assert_eq!(read_with(wrapped.as_bytes(), &elsewhere).unwrap().0.columns, ["x"]);
    let nowhere = ReadOptions { path: Some("items".into()), ..ReadOptions::default() };
    assert_eq!(read_with(wrapped.as_bytes(), &nowhere).unwrap_err().code(), "path_missing");
    assert_eq!(refused(b"[{\"sku\": \"A\"}, {\"sku\": "), "file_cut_short");
    assert_eq!(refused(b"{\"error\": \"no rows\"}").len(), 4, "one object is one row");
}

#[test]
fn xml_elements_are_rows_whatever_their_shape() {
    let shop = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
        <catalog xmlns="urn:x"><head><name>x</name></head>
        <products>
          <product id="1"><name lang="fr">Ecrou &amp; vis</name><price currency="EUR">1,50</price><image>a</image><image>b</image></product>
          <product id="2"><name lang="fr"><![CDATA[<b>Gros</b>]]></name><price currency="EUR"/></product>
        </products></catalog>"#;
    let (layout, rows) = read(shop.as_bytes());
    assert_eq!(
        (layout.format, layout.encoding, layout.path.as_deref()),
        ("xml", "windows-1252", Some("catalog/products/product"))
    );
    assert_eq!(layout.columns, ["@id", "name[fr]", "price/@currency", "price", "image"]);
    assert_eq!(rows[0], ["1", "Ecrou & vis", "EUR", "1,50", "a\nb"]);
    assert_eq!(rows[1][1], "<b>Gros</b>");

    let bmecat = r#"<BMECAT version="1.2" xmlns="http://example/other"><HEADER><CATALOG><LANGUAGE>deu</LANGUAGE></CATALOG></HEADER>
        <T_NEW_CATALOG><ARTICLE><SUPPLIER_AID>A1</SUPPLIER_AID><ARTICLE_DETAILS><DESCRIPTION_SHORT>Vis</DESCRIPTION_SHORT><EAN>4006381333931</EAN></ARTICLE_DETAILS>
        <ARTICLE_FEATURES><FEATURE><FNAME>Farbe</FNAME><FVALUE>rot</FVALUE></FEATURE></ARTICLE_FEATURES></ARTICLE></T_NEW_CATALOG></BMECAT>"#;
    let (layout, rows) = read(bmecat.as_bytes());
    assert_eq!(layout.paths[0].known.as_deref(), Some("BMEcat 1.2"));
    let column = layout.columns.iter().position(|name| name.ends_with("FEATURE[Farbe]")).unwrap();
    assert_eq!(rows[0][column], "rot");

    assert_eq!(refused(b"<?xml version=\"1.0\"?><a><p><x>1</x></p><p><x>2"), "file_cut_short");
    assert_eq!(refused(b"<!DOCTYPE html><html><body>404</body></html>"), "file_invalid_type");
}

#[test]
fn a_value_keeps_its_html_and_a_pair_its_value() {
    let xml = "<shop><product><sku>A</sku><description>Un <b>mot</b><br/>ici</description>\
        <features><attribute name=\"Colour\"><value>Red</value></attribute>\
        <attribute><id>7</id><value>12</value></attribute></features></product>\
        <product><sku>B</sku><description><p>Deux</p></description></product></shop>";
    let (layout, rows) = read(xml.as_bytes());
    let cell = |row: usize, column: &str| {
        let at =
            layout.columns.iter().position(|name| name == column).unwrap_or_else(|| panic!("{:?}", layout.columns));
        rows[row][at].as_str()
    };
    assert_eq!((cell(0, "description"), cell(1, "description")), ("Un <b>mot</b><br>ici", "<p>Deux</p>"));
    assert_eq!((cell(0, "features/attribute[Colour]"), cell(0, "features/attribute/value")), ("Red", "12"));
}

#[test]
fn a_number_of_a_program_has_no_thousands_separator() {
    let json = br#"[{"weight": 1.234, "price": 12.5, "text": "1.234", "several": [1.234, 2.5, 3.125]}]"#;
    let (mut table, mut row) = (tabular::open(&json[..]).unwrap(), Row::default());
    assert!(table.read(&mut row).unwrap());
    assert_eq!(row.cells().collect::<Vec<_>>(), ["1.234", "12.5", "1.234", "1.234\n2.5\n3.125"]);
    assert_eq!(row.typed(), [0]);
}

#[test]
fn entities_never_grow() {
    let mut bomb = String::from("<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"lol\">");
    for level in 1..10 {
        bomb += &format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10));
    }
    bomb += "]><list><item><name>&a9;</name><v>1</v></item><item><name>x</name><v>2</v></item></list>";
    let (_, rows) = read(bomb.as_bytes());
    assert_eq!(rows[0][0], "&a9;", "what a document defines itself stays as it is written");
    let outside = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><l><i><n>&f;</n><v>1</v></i><i><n>x</n><v>1</v></i></l>";
    assert_eq!(read(outside.as_bytes()).1[0][0], "&f;");
}

#[test]
fn packed_files_are_opened_and_bombs_are_not() {
    let csv = b"sku,title\n1,a\n";
    for (bytes, packing) in [
        (gzipped(csv), "gzip"),
        (zipped(&[("a/tarif.csv", csv), ("__MACOSX/._tarif.csv", b"x"), (".DS_Store", b"x")]), "zip"),
    ] {
        let (layout, rows) = read(&bytes);
        assert_eq!((layout.packing, layout.format, rows.len()), (Some(packing), "csv", 1));
    }
    let (layout, _) = read(&zipped(&[("a.json", b"[{\"sku\": 1}]")]));
    assert_eq!((layout.packing, layout.format), (Some("zip"), "json"));
    assert_eq!(refused(&zipped(&[("a.csv", csv), ("b.csv", csv)])), "file_archive_invalid");
    assert_eq!(refused(&zipped(&[])), "file_empty");
    assert_eq!(refused(&gzipped(&gzipped(csv))), "file_archive_invalid");
    assert_eq!(refused(&zipped(&[("a.zip", &zipped(&[("b.csv", csv)]))])), "file_archive_invalid");
    assert_eq!(refused(&gzipped(csv)[..12]), "file_archive_invalid");
    // Hundreds of megabytes of blank lines, packed into a few kilobytes.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(b"sku,title\n1,a\n").unwrap();
    let blanks = vec![b'\n'; 1 << 20];
    for _ in 0..300 {
        bomb.write_all(&blanks).unwrap();
    }
    assert_eq!(refused(&bomb.finish().unwrap()), "file_too_large_unpacked");
}

#[test]
fn cells_and_headers_are_bounded() {
    let cell = "x".repeat(30_000_000);
    assert_eq!(refused(format!("sku,title\n1,\"{cell}\"\n").as_bytes()), "file_unclosed_quote");
    assert_eq!(refused(format!("sku,title\n1,{cell}\n").as_bytes()), "file_row_too_long");
    assert_eq!(refused(format!("[{{\"sku\": \"{cell}\"}}]").as_bytes()), "file_row_too_long");
    assert_eq!(refused(format!("<l><i><a>{cell}</a></i><i><a>1</a></i></l>").as_bytes()), "file_too_large_unpacked");
    assert_eq!(refused(format!("{}\n1,2\n", "a,".repeat(1_000_000)).as_bytes()), "too_many_columns");
    let keys: Vec<String> = (0..20_000).map(|key| format!("\"k{key}\": 1")).collect();
    assert_eq!(refused(format!("[{{{}}}]", keys.join(",")).as_bytes()), "too_many_columns");
    let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
    let _ = refused(deep.as_bytes());
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let _ = refused(deep.as_bytes());
}

#[test]
fn options_say_what_the_beginning_does_not() {
    let text = b"1;Vis;\"12\n2;Ecrou;3\n";
    let options =
        ReadOptions { quotes: Some(false), header_row: Some(0), delimiter: Some(';'), ..ReadOptions::default() };
    let (layout, rows) = read_with(text, &options).unwrap();
    assert_eq!(
        (layout.columns.join(","), rows.len(), rows[0][2].as_str()),
        ("column 1,column 2,column 3".into(), 2, "\"12")
    );
    let (layout, _) = read(b"id,name,id,,id\n1,a,2,x,3\n");
    assert_eq!(layout.columns, ["id", "name", "id (2)", "column 4", "id (3)"]);
    let padded = ReadOptions { pad_short_rows: true, ..ReadOptions::default() };
    let mut table = open_with(&b"a,b,c\n1,2\n"[..], &padded).unwrap();
    let mut row = Row::default();
    assert!(table.read(&mut row).unwrap() && row.problem.is_none());
    let wrong = ReadOptions { encoding: Some("klingon".into()), ..ReadOptions::default() };
    assert_eq!(read_with(b"a,b\n", &wrong).unwrap_err().code(), "encoding_unknown");
    let latin: Vec<u8> = "sku,title\n1,\u{e9}\n".chars().map(|c| c as u8).collect();
    let named = ReadOptions { encoding: Some("windows-1251".into()), ..ReadOptions::default() };
    assert_eq!(read_with(&latin, &named).unwrap().1[0][1], "й");
}

/// Checks that every reader ends for these bytes, and does not panic.
fn read_anything(bytes: &[u8]) {
    let Ok(mut table) = open(bytes) else { return };
    let mut row = Row::default();
    let mut rows = 0_u64;
    while matches!(table.read(&mut row), Ok(true)) {
        rows += 1;
        assert!(rows <= bytes.len() as u64 * 1_100, "it ends");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        read_anything(&bytes);
    }

    #[test]
    fn anything_like_json_is_read_or_refused(text in "[\\[{]([\\[\\]{}:,\" a-c0-9.\\\\ntrue-]|\"[a-c]\": |null){0,200}") {
        read_anything(text.as_bytes());
    }

    #[test]
    fn anything_like_xml_is_read_or_refused(text in "<a>(<[ab/!?]?[abc =\"'/]{0,6}>|[&;<x ]|<!\\[CDATA\\[|\\]\\]>){0,80}") {
        read_anything(text.as_bytes());
    }

    #[test]
    fn a_damaged_workbook_or_archive_is_read_or_refused(place in 0_usize..6_000, byte in any::<u8>(), cut in 0_usize..6_000) {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for row in 0..20 {
            sheet.write(row, 0, format!("text {row}")).unwrap();
            sheet.write(row, 1, row).unwrap();
        }
        let mut bytes = workbook.save_to_buffer().unwrap();
        let (length, place) = (bytes.len(), place % bytes.len());
        bytes[place] = byte;
        read_anything(&bytes);
        read_anything(&bytes[..cut % length]);
        read_anything(&gzipped(&bytes));
    }
}

#[test]
fn merged_cells_are_reported_and_filled_on_request() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let plain = Format::new();
    sheet.merge_range(0, 0, 1, 0, "Brand", &plain).unwrap();
    sheet.merge_range(0, 1, 0, 2, "Article", &plain).unwrap();
    sheet.write_string(1, 1, "SKU").unwrap();
    sheet.write_string(1, 2, "Title").unwrap();
    sheet.merge_range(2, 0, 4, 0, "Bosch", &plain).unwrap();
    sheet.merge_range(2, 2, 3, 2, "Drill", &plain).unwrap();
    for (row, sku) in (2..).zip(["A", "B", "C", "D"]) {
        sheet.write_string(row, 1, sku).unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let rows = |options: &ReadOptions| {
        let mut table = open_with(bytes.as_slice(), options).unwrap();
        let found = table.layout().findings.iter().find(|finding| finding.what == "merged").unwrap().clone();
        let (mut rows, mut row) = (vec![table.layout().headers.join("|")], Row::default());
        while table.read(&mut row).unwrap() {
            rows.push(row.cells().collect::<Vec<_>>().join("|"));
        }
        (found, rows)
    };
    let (found, as_stored) = rows(&ReadOptions { header_row: Some(2), ..ReadOptions::default() });
    assert_eq!((found.found.english(), found.why.english().contains("read.fill_merged")), ("3", true));
    assert_eq!(as_stored, ["|SKU|Title", "Bosch|A|Drill", "|B", "|C", "|D"]);
    let filled = ReadOptions { header_row: Some(2), fill_merged: true, ..ReadOptions::default() };
    assert_eq!(rows(&filled).1, ["Brand|SKU|Title", "Bosch|A|Drill", "Bosch|B|Drill", "Bosch|C", "|D"]);
}
