//! The object that holds a batch: NDJSON, compressed with Zstandard. Its first line says what the cells mean, each
//! further line is a row. A message names the object instead of carrying the rows (claim check), so that no row is
//! too large for a queue.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};

use product::{Cells, Field, RowError, RowRules};
use runtime::{Error, Result};
use serde::{Deserialize, Serialize};
use tabular::Row;

/// What the rows of a batch have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    /// The mapped columns, in the order of a row's cells.
    pub columns: Vec<MappedColumn>,
    /// What the cells are to be read by.
    pub rules: RowRules,
}

/// A column of the file that fills a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedColumn {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its header.
    pub name: String,
    /// The field that it fills.
    pub field: Field,
}

/// A line: the row's number, and its cells or what is wrong with it.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    n: i32,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    c: Vec<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    e: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

impl BatchHeader {
    /// The column that fills each field, for reports.
    #[must_use]
    pub fn column_names(&self) -> HashMap<Field, String> {
        // Of several image columns the first names them all.
        self.columns.iter().rev().map(|column| (column.field, column.name.clone())).collect()
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

    /// Adds a row.
    ///
    /// # Errors
    /// When memory cannot be had.
    pub fn push(&mut self, number: i32, row: &Row, header: &BatchHeader) -> Result<()> {
        let line = match &row.problem {
            Some(problem) => {
                Line { n: number, c: Vec::new(), e: Some((problem.code().into(), problem.to_string().into())) }
            }
            None => {
                let cells = header.columns.iter().map(|column| Cow::Borrowed(row.cell(column.index)));
                Line { n: number, c: cells.collect(), e: None }
            }
        };
        self.line.clear();
        serde_json::to_writer(&mut self.line, &line).map_err(Error::internal)?;
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
    line: String,
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
        let header = serde_json::from_str(&line).map_err(Error::internal)?;
        Ok(Self { lines, header, line })
    }

    /// What the rows have in common.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The next row: its number, and its cells or what is wrong with it. `None` at the end.
    ///
    /// # Errors
    /// When the object is damaged.
    pub fn read(&mut self) -> Result<Option<(i32, std::result::Result<Cells<'_>, RowError>)>> {
        self.line.clear();
        if self.lines.read_line(&mut self.line).map_err(Error::internal)? == 0 {
            return Ok(None);
        }
        let line: Line<'_> = serde_json::from_str(&self.line).map_err(Error::internal)?;
        if let Some((code, message)) = line.e {
            return Ok(Some((line.n, Err(RowError::row(&code, message)))));
        }
        let mut cells = Cells::default();
        for (column, text) in self.header.columns.iter().zip(line.c) {
            let joined = match cells.get(column.field) {
                // Several columns of images: one address a line.
                Some(before) if !text.trim().is_empty() => Cow::Owned(format!("{before}\n{text}")),
                Some(_) => continue,
                None => text,
            };
            cells.set(column.field, joined);
        }
        Ok(Some((line.n, Ok(cells))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went() {
        let column = |index, name: &str, field| MappedColumn { index, name: name.into(), field };
        let header = BatchHeader {
            columns: vec![
                column(2, "Titre", Field::Title),
                column(0, "image 1", Field::ImageUrls),
                column(1, "image 2", Field::ImageUrls),
            ],
            rules: RowRules::default(),
        };
        let source =
            "image 1;image 2;Titre\nhttps://a/1;https://a/2;\"Écrou \"\"M8\"\"\"\n\"x\ny\"\n;https://a/3;b;too;many\n";
        let mut table = tabular::open(source.as_bytes()).unwrap();
        let mut writer = BatchWriter::new(&header).unwrap();
        let mut row = Row::default();
        while table.read(&mut row).unwrap() {
            writer.push(i32::try_from(row.number).unwrap(), &row, &header).unwrap();
        }
        assert_eq!(writer.rows(), 3);
        let bytes = writer.finish().unwrap();

        let mut reader = BatchReader::open(&bytes[..]).unwrap();
        assert_eq!(*reader.header(), header);
        assert_eq!(header.column_names()[&Field::ImageUrls], "image 1");
        let (number, cells) = reader.read().unwrap().unwrap();
        let cells = cells.unwrap();
        assert_eq!((number, cells.get(Field::Title)), (2, Some("Écrou \"M8\"")));
        assert_eq!(cells.get(Field::ImageUrls), Some("https://a/1\nhttps://a/2"));
        let (number, problem) = reader.read().unwrap().unwrap();
        assert_eq!((number, problem.unwrap_err().code.as_str()), (3, "column_count_mismatch"));
        assert!(reader.read().unwrap().unwrap().1.is_err());
        assert!(reader.read().unwrap().is_none());
    }
}
