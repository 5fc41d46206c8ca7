//! The object that holds a batch: NDJSON, compressed with Zstandard. Its first line describes the columns, each further
//! line is a row. A message names the object instead of containing the rows (claim check), so that no row is too large
//! for a queue.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};

use mapping::{Blank, Tables, Target, Transforms, normalize};
use messages::Text;
use product::{Cells, Field, RowError, RowRules, ShownVariants, is_code};
use runtime::{Error, Result};
use serde::{Deserialize, Serialize};

/// What the rows of a batch have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    /// The columns, in the order of a row's cells.
    pub columns: Vec<MappedColumn>,
    /// The rules by which the cells are read.
    pub rules: RowRules,
    /// Tables for the filter `lookup` of expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: Tables,
    /// The key of the identifier by which rows name their parents. Default: the SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_by: Option<String>,
    /// Whether a variant's row contains only its main image, even if the variant has more.
    #[serde(default)]
    pub one_image: bool,
}

/// A column of the file, and its target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedColumn {
    /// Its index in the file, from 0. A value that does not come from a column has an index beyond the last column.
    pub index: usize,
    /// Its header.
    pub name: String,
    /// The field that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The attribute that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The identifier that it fills. A column without a target is used by the expressions of other columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The meaning of a blank cell.
    #[serde(default)]
    pub blank: Blank,
    /// The value in place of a blank cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The expression that computes the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
}

impl MappedColumn {
    /// The target that it fills.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        match (self.field, &self.attribute, &self.identifier) {
            (Some(field), ..) => Some(Target::Field(field)),
            (None, Some(code), _) => Some(Target::Attribute(code.clone())),
            (None, None, Some(key)) => Some(Target::Identifier(key.clone())),
            (None, None, None) => None,
        }
    }

    /// Returns the same column with the target `target`.
    #[must_use]
    pub fn filling(mut self, target: &Target) -> Self {
        match target {
            Target::Field(field) => self.field = Some(*field),
            Target::Attribute(code) => self.attribute = Some(code.clone()),
            Target::Identifier(key) => self.identifier = Some(key.clone()),
        }
        self
    }
}

/// A line: the row's number (`n`), and its cells (`c`), or why it cannot be read (`e`), or why it is left out (`l`).
#[derive(Default, Serialize, Deserialize)]
struct Line<'a> {
    n: i32,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    c: Vec<Cow<'a, str>>,
    /// Names and values of a shop's attributes that have no column.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// What the file shows of the product's variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Cow<'a, ShownVariants>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    e: Option<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    l: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

/// The content of a row.
pub enum RowContent<'a> {
    /// The cells of a row.
    Cells(Box<Cells<'a>>),
    /// A row that cannot be read, with the reasons.
    Rejected(Vec<RowError>),
    /// A row that is left out, with the reason.
    LeftOut(RowError),
}

impl BatchHeader {
    /// The names of the columns by the name of the field that they fill, for reports.
    #[must_use]
    pub fn column_names(&self) -> HashMap<String, String> {
        // Of several image columns the first one counts.
        let named = self.columns.iter().rev().filter(|column| !column.name.is_empty());
        named.filter_map(|column| Some((column.target()?.name(), column.name.clone()))).collect()
    }

    /// Compiles the expressions of the columns; `None` when no column has one.
    ///
    /// # Errors
    /// The message for the seller, when an expression cannot be used.
    pub fn transforms(&self) -> std::result::Result<Option<Transforms>, Text> {
        let mut expressions = self.columns.iter().filter_map(|column| column.transform.as_deref()).peekable();
        if expressions.peek().is_none() {
            return Ok(None);
        }
        Transforms::new(expressions, &self.tables, self.rules.decimal_mark).map(Some)
    }

    /// Reads the texts of a row as cells, and notes the expressions that failed. Several columns of images become one
    /// cell with one address per line.
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
                    Ok(computed) => text = Cow::Owned(computed),
                    Err(reason) => {
                        let reason = reason.into_string(self.rules.language);
                        cells.fail(RowError::field(target.name(), "transform_failed", reason, &text));
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
    /// Begins a batch with this header.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn new(header: &BatchHeader) -> Result<Self> {
        let mut encoder =
            zstd::stream::write::Encoder::new(Vec::with_capacity(64 * 1024), 1).map_err(Error::internal)?;
        serde_json::to_writer(&mut encoder, header).map_err(Error::internal)?;
        encoder.write_all(b"\n").map_err(Error::internal)?;
        Ok(Self { encoder, line: Vec::with_capacity(4 * 1024), rows: 0 })
    }

    /// Adds a row: the cells in the order of the header's columns, the attributes that have no column, by name, and
    /// what the file shows of the product's variants.
    ///
    /// # Errors
    /// When the encoder fails.
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

    /// Adds a row that cannot be read, with the reason.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn push_rejected(&mut self, number: i32, code: &str, message: &str) -> Result<()> {
        self.write(&Line { n: number, e: Some((code.into(), message.into())), ..Line::default() })
    }

    /// Adds a row that is left out, with the reason.
    ///
    /// # Errors
    /// When the encoder fails.
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

    /// Returns the object's bytes.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.encoder.finish().map_err(Error::internal)
    }
}

/// Reads a batch, row by row.
pub struct BatchReader<R: Read> {
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
    header: BatchHeader,
    transforms: Option<Transforms>,
    line: String,
    /// The names of the attributes that have no column, by code.
    pub attributes: BTreeMap<String, String>,
}

impl<R: Read> BatchReader<R> {
    /// Opens a batch.
    ///
    /// # Errors
    /// When the object is not a batch.
    pub fn open(source: R) -> Result<Self> {
        let decoder = zstd::stream::read::Decoder::new(source).map_err(Error::internal)?;
        let mut lines = BufReader::with_capacity(64 * 1024, decoder);
        let mut line = String::new();
        lines.read_line(&mut line).map_err(Error::internal)?;
        let header: BatchHeader = serde_json::from_str(&line).map_err(Error::internal)?;
        let transforms = header.transforms().map_err(|problem| Error::internal(problem.english().to_owned()))?;
        Ok(Self { lines, header, transforms, line, attributes: BTreeMap::new() })
    }

    /// The header of the batch.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Reads the next row: its number and its content. `None` at the end.
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

/// The code of an attribute from its name in a shop; `None` when the name has no character that a code may have.
fn attribute_code(name: &str) -> Option<String> {
    let code: String = normalize(name).chars().filter(char::is_ascii).take(100).collect();
    is_code(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use tabular::Row;

    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
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
