//! The object that holds a batch: NDJSON, compressed with Zstandard. Its first line says what the cells mean, each
//! further line is a row. A message names the object instead of carrying the rows (claim check), so that no row is
//! too large for a queue.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};

use mapping::{Blank, Tables, Target, Transforms, normalize};
use product::{Cells, Field, RowError, RowRules, ShownVariants, is_code};
use runtime::{Error, Result};
use serde::{Deserialize, Serialize};

/// What the rows of a batch have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    /// The columns that are read, in the order of a row's cells.
    pub columns: Vec<MappedColumn>,
    /// What the cells are to be read by.
    pub rules: RowRules,
    /// Tables for the filter `lookup` of expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: Tables,
    /// The key of the identifier by which rows name their parents, when it is not the SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_by: Option<String>,
    /// Whether a variant's row shows its main image alone, however many it has.
    #[serde(default)]
    pub one_image: bool,
}

/// A column of the file, and what it fills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedColumn {
    /// Its place in the file, from 0; beyond the last for a value that comes from no column.
    pub index: usize,
    /// Its header.
    pub name: String,
    /// The field that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The attribute that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The identifier that it fills. A column that fills nothing is there for the expressions of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// What a blank cell says.
    #[serde(default)]
    pub blank: Blank,
    /// What stands in for a blank cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The expression that makes the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
}

impl MappedColumn {
    /// What it fills.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        match (self.field, &self.attribute, &self.identifier) {
            (Some(field), ..) => Some(Target::Field(field)),
            (None, Some(code), _) => Some(Target::Attribute(code.clone())),
            (None, None, Some(key)) => Some(Target::Identifier(key.clone())),
            (None, None, None) => None,
        }
    }

    /// The same column, splitter `target`.
    #[must_use]
    pub fn splitter(mut self, target: &Target) -> Self {
        match target {
            Target::Field(field) => self.field = Some(*field),
            Target::Attribute(code) => self.attribute = Some(code.clone()),
            Target::Identifier(key) => self.identifier = Some(key.clone()),
        }
        self
    }
}

/// A line: the row's number, and its cells, or what is wrong with it (`e`), or why it makes nothing (`l`).
#[derive(Default, Serialize, Deserialize)]
struct Line<'a> {
    n: i32,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    c: Vec<Cow<'a, str>>,
    /// Names and values of a shop's further attributes.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// What is shown of the product's variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Cow<'a, ShownVariants>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    e: Option<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    l: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

/// What stands in a line.
pub enum RowContent<'a> {
    /// Cells.
    Cells(Box<Cells<'a>>),
    /// A row that cannot be read; why.
    Rejected(Vec<RowError>),
    /// A row that makes nothing of its own; why.
    LeftOut(RowError),
}

impl BatchHeader {
    /// The column that fills each field, by the field's name, for reports.
    #[must_use]
    pub fn column_names(&self) -> HashMap<String, String> {
        // Of several image columns the first names them all.
        let named = self.columns.iter().rev().filter(|column| !column.name.is_empty());
        named.filter_map(|column| Some((column.target()?.name(), column.name.clone()))).collect()
    }

    /// The expressions of the columns, ready to be used; `None` when there are none.
    ///
    /// # Errors
    /// Which expression cannot be used.
    pub fn transforms(&self) -> std::result::Result<Option<Transforms>, String> {
        let mut expressions = self.columns.iter().filter_map(|column| column.transform.as_deref()).peekable();
        if expressions.peek().is_none() {
            return Ok(None);
        }
        Transforms::new(expressions, &self.tables, self.rules.decimal_mark).map(Some)
    }

    /// What the texts of a row say, and which expressions failed; several columns of images are one address a line.
    pub fn cells<'t>(&self, texts: Vec<Cow<'t, str>>, transforms: Option<&Transforms>) -> Cells<'t> {
        let mut cells = Cells::default();
        let row = transforms.map(|transforms| {
            let named = self.columns.iter().zip(&texts).filter(|(column, _)| !column.name.is_empty());
            transforms.row(named.map(|(column, text)| (column.name.as_str(), text.as_ref())))
        });
        for (column, mut text) in self.columns.iter().zip(texts) {
            let Some(target) = column.target() else { continue };
            if let (Some(expression), Some(transforms), Some(row)) = (&column.transform, transforms, &row) {
                match transforms.apply(expression, &text, row) {
                    Ok(made) => text = Cow::Owned(made),
                    Err(why) => {
                        cells.fail(RowError::field(target.name(), "transform_failed", why, &text));
                        continue;
                    }
                }
            }
            let mut blank = text.trim().is_empty();
            if let Some(default) = column.default.as_ref().filter(|_| blank) {
                text = Cow::Owned(default.clone());
                blank = false;
            }
            match target {
                Target::Field(field) => match cells.get(field) {
                    Some(before) if field == Field::ImageUrls && !blank => {
                        let joined = format!("{before}\n{text}");
                        cells.set(field, joined);
                    }
                    Some(_) => {}
                    None if blank && column.blank == Blank::Clear => cells.clear(field),
                    None => cells.set(field, text),
                },
                Target::Attribute(code) if blank => {
                    if column.blank == Blank::Clear {
                        cells.set_attribute(code, None);
                    }
                }
                Target::Attribute(code) => cells.set_attribute(code, Some(text)),
                Target::Identifier(key) if !blank => cells.set_identifier(key, text),
                Target::Identifier(_) => {}
            }
        }
        cells
    }
}

/// Writes a batch.
pub struct BatchWriter {
    encoder: zstd::stream::write::Encoder<'static, Vec<u8>>,
    line: Vec<u8>,
    rows: i32,
}

impl BatchWriter {
    /// A batch with this header.
    ///
    /// # Errors
    /// When memory cannot be had.
    pub fn new(header: &BatchHeader) -> Result<Self> {
        let mut encoder =
            zstd::stream::write::Encoder::new(Vec::with_capacity(64 * 1024), 1).map_err(Error::internal)?;
        serde_json::to_writer(&mut encoder, header).map_err(Error::internal)?;
        encoder.write_all(b"\n").map_err(Error::internal)?;
        Ok(Self { encoder, line: Vec::with_capacity(4 * 1024), rows: 0 })
    }

    /// Adds a row of cells, in the order of the header's columns; the attributes that have none, by their names; and what is shown of
    /// the product's variants.
    ///
    /// # Errors
    /// When memory cannot be had.
    pub fn push<'c>(
        &mut self,
        number: i32,
        cells: impl Iterator<Item = &'c str>,
        attributes: &'c [(String, String)],
        shown: Option<&'c ShownVariants>,
    ) -> Result<()> {
        let mut texts: Vec<Cow<'c, str>> = cells.map(Cow::Borrowed).collect();
        while texts.last().is_some_and(|text| text.is_empty()) {
            texts.pop();
        }
        let attributes =
            attributes.iter().map(|(name, text)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(text.as_str())));
        let shown = shown.map(Cow::Borrowed);
        self.write(&Line { n: number, c: texts, a: attributes.collect(), v: shown, ..Line::default() })
    }

    /// Adds a row that cannot be read.
    ///
    /// # Errors
    /// When memory cannot be had.
    pub fn push_rejected(&mut self, number: i32, code: &str, message: &str) -> Result<()> {
        self.write(&Line { n: number, e: Some((code.into(), message.into())), ..Line::default() })
    }

    /// Adds a row that makes nothing of its own.
    ///
    /// # Errors
    /// When memory cannot be had.
    pub fn push_left_out(&mut self, number: i32, code: &str, message: &str) -> Result<()> {
        self.write(&Line { n: number, l: Some((code.into(), message.into())), ..Line::default() })
    }

    fn write(&mut self, line: &Line<'_>) -> Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).map_err(Error::internal)?;
        self.line.push(b'\n');
        self.encoder.write_all(&self.line).map_err(Error::internal)?;
        self.rows += 1;
        Ok(())
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> i32 {
        self.rows
    }

    /// The object's bytes.
    ///
    /// # Errors
    /// When memory cannot be had.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.encoder.finish().map_err(Error::internal)
    }
}

/// Reads a batch, a row at a time.
pub struct BatchReader<R: Read> {
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
    header: BatchHeader,
    transforms: Option<Transforms>,
    line: String,
    /// The attributes that have no column, by code, with their names.
    pub attributes: BTreeMap<String, String>,
}

impl<R: Read> BatchReader<R> {
    /// Opens a batch.
    ///
    /// # Errors
    /// When it is not one.
    pub fn open(source: R) -> Result<Self> {
        let decoder = zstd::stream::read::Decoder::new(source).map_err(Error::internal)?;
        let mut lines = BufReader::with_capacity(64 * 1024, decoder);
        let mut line = String::new();
        lines.read_line(&mut line).map_err(Error::internal)?;
        let header: BatchHeader = serde_json::from_str(&line).map_err(Error::internal)?;
        let transforms = header.transforms().map_err(Error::internal)?;
        Ok(Self { lines, header, transforms, line, attributes: BTreeMap::new() })
    }

    /// What the rows have in common.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The next row: its number and what it says. `None` at the end.
    ///
    /// # Errors
    /// When the object is damaged.
    pub fn read(&mut self) -> Result<Option<(i32, RowContent<'_>)>> {
        self.line.clear();
        if self.lines.read_line(&mut self.line).map_err(Error::internal)? == 0 {
            return Ok(None);
        }
        let mut line: Line<'_> = serde_json::from_str(&self.line).map_err(Error::internal)?;
        if let Some((code, message)) = line.e {
            return Ok(Some((line.n, RowContent::Rejected(vec![RowError::row(&code, message)]))));
        }
        if let Some((code, message)) = line.l {
            return Ok(Some((line.n, RowContent::LeftOut(RowError::row(&code, message)))));
        }
        line.c.resize(self.header.columns.len(), Cow::Borrowed(""));
        let mut cells = self.header.cells(line.c, self.transforms.as_ref());
        cells.show(line.v.map(Cow::into_owned));
        for (name, text) in line.a {
            if let Some(code) = attribute_code(&name) {
                self.attributes.entry(code.clone()).or_insert_with(|| name.into_owned());
                cells.set_attribute(code, Some(text));
            }
        }
        Ok(Some((line.n, RowContent::Cells(Box::new(cells)))))
    }
}

/// The code of an attribute that a shop calls by a name; none when nothing of it can stand in a code.
fn attribute_code(name: &str) -> Option<String> {
    let code: String = normalize(name).chars().filter(char::is_ascii).take(100).collect();
    is_code(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use tabular::Row;

    use super::*;

    #[test]
    fn rows_come_back_as_they_went() {
        let column = |index, name: &str, field| MappedColumn {
            index,
            name: name.into(),
            field: Some(field),
            ..MappedColumn::default()
        };
        let header = BatchHeader {
            columns: vec![
                column(2, "Titre", Field::Title),
                column(0, "image 1", Field::ImageUrls),
                column(1, "image 2", Field::ImageUrls),
                MappedColumn { transform: Some("row[\"Titre\"] | upper".into()), ..column(9, "", Field::Brand) },
                MappedColumn { blank: Blank::Clear, ..column(8, "stock", Field::Stock) },
            ],
            ..BatchHeader::default()
        };
        let source = "image 1;image 2;Titre\nhttps://a/1;https://a/2;\"Écrou \"\"M8\"\"\"\n";
        let mut table = tabular::open(source.as_bytes()).unwrap();
        let mut writer = BatchWriter::new(&header).unwrap();
        let mut row = Row::default();
        while table.read(&mut row).unwrap() {
            let number = i32::try_from(row.number).unwrap();
            writer.push(number, header.columns.iter().map(|column| row.cell(column.index)), &[], None).unwrap();
        }
        writer.push_rejected(3, "column_count_mismatch", "expected 3 cells").unwrap();
        writer.push_left_out(4, "merged", "an image").unwrap();
        assert_eq!(writer.rows(), 3);
        let bytes = writer.finish().unwrap();

        let mut reader = BatchReader::open(&bytes[..]).unwrap();
        assert_eq!(*reader.header(), header);
        assert_eq!(header.column_names()["image_urls"], "image 1");
        let (number, RowContent::Cells(cells)) = reader.read().unwrap().unwrap() else { panic!("cells") };
        assert_eq!((number, cells.get(Field::Title)), (2, Some("Écrou \"M8\"")));
        assert_eq!(cells.get(Field::ImageUrls), Some("https://a/1\nhttps://a/2"));
        assert_eq!(cells.get(Field::Brand), Some("ÉCROU \"M8\""));
        assert!(
            matches!(reader.read().unwrap().unwrap().1, RowContent::Rejected(errors) if errors[0].code == "column_count_mismatch")
        );
        assert!(matches!(reader.read().unwrap().unwrap().1, RowContent::LeftOut(error) if error.code == "merged"));
        assert!(reader.read().unwrap().is_none());
    }
}
