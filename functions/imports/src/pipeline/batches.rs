//! Splits the rows of a file into batches: which rows are in one batch, and which rows a later row replaces.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read;

use channels::Record;
use db_imports::{FileNotice, ImportOptions};
use mapping::Transforms;
use messages::{Text, imports as say};
use product::{Field, Rules, ShownVariants, validate};
use runtime::Error;
use tabular::{ReadError, Row, restore};

use crate::pipeline::batch_file::{BatchHeader, BatchWriter};
use crate::pipeline::open_file::{Failure, OpenFile, Refusal, open_file, refuse};
use crate::pipeline::repeated_codes::{CodeColumns, Codes};

/// How many names of attributes are remembered, and how many of them a warning lists.
const NAMED: usize = 1_000;
const SHOWN: usize = 20;

/// The size limits of batches.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most rows of a batch.
    pub batch_rows: i32,
}

/// A batch that is full or the last one.
pub struct ReadBatch {
    /// Its number in the file, from 0.
    pub number: i32,
    /// How many rows it has.
    pub rows: i32,
    /// 0; or 1 for rows that wait for others, such as variants.
    pub phase: i16,
    /// The object's bytes.
    pub bytes: Vec<u8>,
}

/// A file that was read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ParsedFile {
    /// How many rows it has.
    pub rows: i32,
    /// How many batches it has.
    pub batches: i32,
    /// For each batch, the rows that a later row replaces, as (row, later row).
    pub superseded: BTreeMap<i32, Vec<(i32, i32)>>,
    /// The message if the file was cut short.
    pub cut_short: Option<Text>,
    /// The warnings about the file.
    pub warnings: Vec<FileNotice>,
}

/// The batches that are being filled, one of each phase.
struct BatchSplitter<'s> {
    header: &'s BatchHeader,
    transforms: Option<Transforms>,
    own_rules: &'s Rules,
    limits: Limits,
    writers: [Option<(i32, BatchWriter)>; 2],
    code_columns: CodeColumns,
    codes: [Codes; 2],
    parsed: ParsedFile,
    most: i32,
    /// The names of attributes that have no column.
    attributes: BTreeSet<String>,
}

impl OpenFile<'_> {
    /// The header of the file's batches.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Reads the rows into batches, which `send` gets. With `keep_cut` the rows of a file that ends in the middle are
    /// kept.
    ///
    /// # Errors
    /// The reason why the file cannot be imported, or the error of `send`.
    pub fn read_batches(
        &mut self,
        most: i32,
        limits: Limits,
        keep_cut: bool,
        mut send: impl FnMut(ReadBatch) -> Result<(), Failure>,
    ) -> Result<ParsedFile, Failure> {
        let transforms = self
            .header
            .transforms()
            .map_err(|message| Failure::Refused(Refusal { code: "mapping_invalid", message }))?;
        let mut splitter = BatchSplitter {
            header: &self.header,
            transforms,
            own_rules: &self.own_rules,
            limits,
            writers: [None, None],
            code_columns: CodeColumns::of(&self.header),
            codes: [Codes::default(), Codes::default()],
            parsed: ParsedFile::default(),
            most,
            attributes: BTreeSet::new(),
        };
        let numeric = self.header.columns.iter().filter(|column| column.field.is_some_and(Field::is_number));
        let numbers: HashSet<usize> = numeric.map(|column| column.index).collect();
        let (mut row, mut records) = (Row::default(), Vec::new());
        let language = self.header.rules.language;
        // CSV files, also our own, have an apostrophe before a text that a spreadsheet would run as a formula.
        let csv = self.layout.format == "csv";
        loop {
            match self.table.read(&mut row) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error @ (ReadError::CutShort { .. } | ReadError::UnclosedQuote { .. }))
                    if keep_cut && splitter.parsed.rows > 0 =>
                {
                    splitter.parsed.cut_short = Some(error.message());
                    break;
                }
                Err(error) => return Err(error.into()),
            }
            let number = i32::try_from(row.number).map_err(Error::internal)?;
            if let Some(problem) = &row.problem {
                let message = problem.message().into_string(language);
                splitter.rejected(number, problem.code(), &message, &mut send)?;
                continue;
            }
            let Some(adapter) = &mut self.adapter else {
                // A fourth decimal makes sure that it is not read as a number with a thousands separator.
                let certain: Vec<(usize, String)> = row
                    .typed()
                    .iter()
                    .filter(|index| numbers.contains(index))
                    .map(|index| (*index, format!("{}0", row.cell(*index))))
                    .collect();
                let cell = |index| match certain.iter().find(|(at, _)| *at == index) {
                    Some((_, text)) => text.as_str(),
                    None if csv => restore(row.cell(index)),
                    None => row.cell(index),
                };
                splitter.row(number, None, cell, &[], None, &mut send)?;
                continue;
            };
            let cells: Vec<String> = row.cells().map(str::to_owned).collect();
            adapter.push(number, &cells, &mut records);
            for record in records.drain(..) {
                splitter.record(&record, &mut send)?;
            }
        }
        if let Some(adapter) = &mut self.adapter {
            adapter.finish(&mut records);
            for record in records.drain(..) {
                splitter.record(&record, &mut send)?;
            }
        }
        splitter.warn(self.table.late_columns());
        for phase in 0..2 {
            splitter.flush(phase, &mut send)?;
        }
        Ok(splitter.parsed)
    }
}

type Deliver<'f> = &'f mut dyn FnMut(ReadBatch) -> Result<(), Failure>;

impl BatchSplitter<'_> {
    fn writer(&mut self, phase: usize) -> Result<&mut BatchWriter, Failure> {
        if self.parsed.rows >= self.most {
            return refuse("too_many_rows", say::too_many_rows(self.most));
        }
        self.parsed.rows += 1;
        if self.writers[phase].is_none() {
            self.writers[phase] = Some((self.parsed.batches, BatchWriter::new(self.header)?));
            self.parsed.batches += 1;
        }
        match &mut self.writers[phase] {
            Some((_, writer)) => Ok(writer),
            None => Err(Failure::Ours(Error::internal("a batch was just begun"))),
        }
    }

    fn rejected(&mut self, number: i32, code: &str, message: &str, send: Deliver<'_>) -> Result<(), Failure> {
        self.writer(0)?.push_rejected(number, code, message)?;
        self.full(0, send)
    }

    /// Adds a row to a batch. `variant` is `None` if it is not known whether the row is a variant.
    fn row<'c>(
        &mut self,
        number: i32,
        variant: Option<bool>,
        cell: impl Fn(usize) -> &'c str,
        attributes: &[(String, String)],
        shown: Option<&ShownVariants>,
        send: Deliver<'_>,
    ) -> Result<(), Failure> {
        let header = self.header;
        let texts = || header.columns.iter().map(|column| Cow::Borrowed(cell(column.index))).collect();
        let computed = self.code_columns.computed.then(|| header.cells(texts(), self.transforms.as_ref()));
        let text = |field, index: Option<usize>| match &computed {
            Some(cells) => cells.get(field).unwrap_or_default().trim(),
            None => index.map_or("", |index| cell(index).trim()),
        };
        let code_columns = &self.code_columns;
        let (sku, ean) = (text(Field::Sku, code_columns.sku), text(Field::Ean, code_columns.ean));
        // A row that names another product as its parent comes after that product.
        let variant = variant.unwrap_or_else(|| {
            let parent = text(Field::Parent, code_columns.parent);
            !parent.is_empty() && parent != sku
        });
        let keys = code_columns.keys(sku, ean);
        let untitled = code_columns.title.is_some() && text(Field::Title, code_columns.title).is_empty();
        // A row that cannot create a product comes after the one that does, and does not replace it.
        let phase = usize::from(variant || untitled && self.codes[0].knows(keys));
        self.writer(phase)?.push(number, header.columns.iter().map(|column| cell(column.index)), attributes, shown)?;
        let batch = self.writers[phase].as_ref().map_or(0, |(batch, _)| *batch);
        // A row with errors replaces no other row. Repeated codes are rare, so the check costs little here.
        let (transforms, own) = (self.transforms.as_ref(), self.own_rules);
        let valid =
            || validate(&header.cells(texts(), transforms), &header.rules).is_ok_and(|row| !own.broken_by(&row));
        self.codes[phase].note((batch, number), keys, valid, &mut self.parsed.superseded);
        // Rows above it that wait for the second phase would otherwise be written after it.
        if phase == 0 && self.codes[1].knows(keys) && valid() {
            self.codes[1].replace_earlier(number, keys, &mut self.parsed.superseded);
        }
        self.full(phase, send)
    }

    fn record(&mut self, record: &Record, send: Deliver<'_>) -> Result<(), Failure> {
        if let Some((code, message)) = &record.left_out {
            let message = message.shown(self.header.rules.language);
            self.writer(0)?.push_left_out(record.number, code, message)?;
            return self.full(0, send);
        }
        let text =
            |index: usize| record.cells.iter().find(|(at, _)| *at == index).map_or("", |(_, text)| text.as_str());
        for (name, _) in &record.attributes {
            if self.attributes.len() < NAMED && !self.attributes.contains(name) {
                self.attributes.insert(name.clone());
            }
        }
        self.row(record.number, Some(record.variant), text, &record.attributes, record.shown.as_ref(), send)
    }

    /// Adds the warnings that need the whole file.
    fn warn(&mut self, late_columns: &[String]) {
        let mut warn = |code: &str, message: Text| self.parsed.warnings.push(FileNotice::new(code, message));
        let listed = |names: &[&str]| {
            let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
            match names.len().saturating_sub(SHOWN) {
                0 => Text::verbatim(shown),
                more => say::names_and_more(shown, more),
            }
        };
        if !late_columns.is_empty() {
            let names: Vec<&str> = late_columns.iter().map(String::as_str).collect();
            warn("columns_late", say::late_columns_left_out(listed(&names)));
        }
        if !self.attributes.is_empty() {
            let names: Vec<&str> = self.attributes.iter().map(String::as_str).collect();
            warn("shop_attributes", say::shop_attributes(listed(&names)));
        }
    }

    fn full(&mut self, phase: usize, send: Deliver<'_>) -> Result<(), Failure> {
        let rows = self.writers[phase].as_ref().map_or(0, |(_, writer)| writer.rows());
        if rows >= self.limits.batch_rows { self.flush(phase, send) } else { Ok(()) }
    }

    fn flush(&mut self, phase: usize, send: Deliver<'_>) -> Result<(), Failure> {
        let Some((number, writer)) = self.writers[phase].take() else { return Ok(()) };
        let rows = writer.rows();
        send(ReadBatch { number, rows, phase: i16::try_from(phase).unwrap_or_default(), bytes: writer.finish()? })
    }
}

/// Reads a file into batches, without cloud services. The benchmark measures this; the function does the same.
///
/// # Errors
/// The code and the English message for the seller, when the file cannot be imported.
pub fn read_file(
    source: impl Read + Send,
    options: &ImportOptions,
    limits: Limits,
    mut batch: impl FnMut(ReadBatch),
) -> Result<ParsedFile, (&'static str, String)> {
    let read = || {
        let mut file = open_file(source, options, |_| None)?;
        let most = options.limits.rows(&file.layout.format);
        file.read_batches(most, limits, false, |read| {
            batch(read);
            Ok(())
        })
    };
    read().map_err(|failure| match failure {
        Failure::Refused(refusal) => (refusal.code, refusal.message.english().to_owned()),
        Failure::Ours(error) => ("internal_error", error.to_string()),
    })
}

#[cfg(test)]
mod tests;
