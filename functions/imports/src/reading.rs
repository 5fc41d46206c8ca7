//! A file -> what its columns mean, and its rows in batches. Without a cloud: what `parse`, `inspect_import` and the
//! benchmark do.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use channels::{Adapter, Platform, Record, recognise};
use db_imports::{FileLayout, Hold, ImportOptions};
use product::{
    ColumnMapping, DecimalMark, Field, Gtin, Mapping, RowRules, Suggestion, Target, Transforms, known_columns,
    missing_required, normalize, suggest_with, validate,
};
use runtime::Error;
use sha2::{Digest, Sha256};
use tabular::{Finding, Layout, ReadError, Row, TableReader};

use crate::batch_file::{BatchHeader, BatchWriter, MappedColumn};

/// How large things may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows in a batch.
    pub batch_rows: i32,
}

/// Why a file cannot be imported, as the seller is told.
#[derive(Debug)]
pub struct Refusal {
    /// The code.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

/// A file that cannot be read: for a reason of its own, or of ours.
#[derive(Debug)]
pub enum Failure {
    /// The file's.
    Refused(Refusal),
    /// Ours.
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Ours(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Failure::Ours(Error::internal(error)),
            refused => Failure::Refused(Refusal { code: refused.code(), message: refused.to_string() }),
        }
    }
}

fn refuse<T>(code: &'static str, message: String) -> Result<T, Failure> {
    Err(Failure::Refused(Refusal { code, message }))
}

/// A batch, filled.
pub struct ReadBatch {
    /// Its place in the file, from 0.
    pub number: i32,
    /// How many rows it has.
    pub rows: i32,
    /// 0, or 1 for variants.
    pub phase: i16,
    /// The object's bytes.
    pub bytes: Vec<u8>,
}

/// A file that was read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ParsedFile {
    /// How many rows it has.
    pub rows: i32,
    /// How many batches they fill.
    pub batches: i32,
    /// For each batch, which rows a later row takes back, as (row, by).
    pub superseded: BTreeMap<i32, Vec<(i32, i32)>>,
    /// Where the file was cut short, if it was.
    pub cut_short: Option<String>,
    /// Columns that appeared only further down.
    pub late_columns: Vec<String>,
}

/// A file whose columns are understood.
pub struct OpenFile<'a> {
    table: TableReader<'a>,
    header: BatchHeader,
    adapter: Option<Adapter>,
    /// What was found out about it.
    pub layout: FileLayout,
    /// By what the columns are known again.
    pub columns_hash: String,
    /// What is to be known of it.
    pub warnings: Vec<Hold>,
    /// What would be proposed for its columns.
    pub suggestions: Vec<Suggestion>,
    /// The first rows.
    pub samples: Vec<Vec<String>>,
    /// The file as its reader sees it.
    pub table_layout: Layout,
}

/// Opens a file: finds out what it is, and what its columns fill. `remember` tells the mapping that somebody chose for the
/// same columns before.
///
/// # Errors
/// Why the file cannot be imported.
pub fn open_file<'a>(
    source: impl Read + Send + 'a,
    options: &ImportOptions,
    remember: impl FnOnce(&str) -> Option<(String, Mapping)>,
) -> Result<OpenFile<'a>, Failure> {
    let mut table = tabular::open_with(source, &options.read)?;
    if let Some(mapping) = &options.mapping {
        table.expect_columns(mapping.iter().map(|column| column.column.as_str()).filter(|column| !column.is_empty()));
    }
    let layout = table.layout().clone();
    let columns_hash = hash_of(&layout.columns);
    let suggestions = suggest_with(&layout.columns, &layout.samples);
    let mut warnings = Vec::new();
    let mut findings = layout.findings.clone();
    let platform = recognise(&layout.columns);
    let chosen = match &options.mapping {
        Some(mapping) => Some((options.mapping_source.clone().unwrap_or_else(|| "given".to_owned()), mapping.clone())),
        None => remember(&columns_hash),
    };
    let mut adapter = None;
    let mapping = match (chosen, platform) {
        (Some((source, mapping)), _) => {
            findings.push(found("columns", &source, "the mapping that was chosen for these columns", 100));
            fit(mapping, &layout.columns, &suggestions, &mut warnings)
        }
        (None, Some((platform, marks))) => {
            findings.push(found("platform", platform.name(), format!("{marks} of its columns are there"), 95));
            let made = Adapter::new(platform, &layout.columns);
            let mapping = shown(&made, &layout.columns);
            adapter = Some(made);
            mapping
        }
        (None, None) => suggestions.iter().map(|suggestion| suggestion.mapping.clone()).collect(),
    };
    if adapter.is_none() {
        check_complete(&mapping, &layout, options.mapping.is_some())?;
    }
    let header = batch_header(&layout, &mapping, adapter.as_ref(), options, &mut warnings);
    header.transforms().map_err(|message| Failure::Refused(Refusal { code: "mapping_invalid", message }))?;
    let told = file_layout(&layout, mapping, &header, platform.filter(|_| adapter.is_some()), findings);
    Ok(OpenFile {
        table,
        header,
        adapter,
        layout: told,
        columns_hash,
        warnings,
        suggestions,
        samples: layout.samples.clone(),
        table_layout: layout,
    })
}

fn found(what: &str, found: &str, why: impl ToString, sureness: u8) -> Finding {
    Finding { what: what.to_owned(), found: found.to_owned(), why: why.to_string(), sureness }
}

/// By what columns are known again: their names, in whatever order and spelling.
#[must_use]
pub(crate) fn hash_of(columns: &[String]) -> String {
    let mut names: Vec<String> = columns.iter().map(|column| normalize(column)).collect();
    names.sort_unstable();
    let digest = Sha256::digest(names.join("\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an adapter reads, as a mapping that people understand.
fn shown(adapter: &Adapter, columns: &[String]) -> Mapping {
    let fills = |column: &String| adapter.slots().iter().find(|slot| slot.column == *column);
    let mapped = columns.iter().map(|column| match fills(column).map(|slot| &slot.target) {
        Some(Target::Field(field)) => ColumnMapping::to_field(column, *field),
        Some(Target::Identifier(key)) => {
            ColumnMapping { column: column.clone(), identifier: Some(key.clone()), ..ColumnMapping::default() }
        }
        _ => ColumnMapping { column: column.clone(), ..ColumnMapping::default() },
    });
    mapped.collect()
}

/// A chosen mapping for the columns that a file has: found by their names, wherever they stand. A column that is gone, new or
/// renamed is told, and stops nothing.
fn fit(mapping: Mapping, columns: &[String], suggestions: &[Suggestion], warnings: &mut Vec<Hold>) -> Mapping {
    let same = |a: &str, b: &str| normalize(a) == normalize(b);
    let (missing, new) = known_columns(&mapping, columns);
    let mut fitted: Mapping = columns
        .iter()
        .map(|column| {
            let chosen = mapping.iter().find(|one| !one.column.is_empty() && same(&one.column, column));
            chosen.map_or_else(
                || ColumnMapping { column: column.clone(), ..ColumnMapping::default() },
                |one| ColumnMapping { column: column.clone(), ..one.clone() },
            )
        })
        .collect();
    for gone in mapping.iter().filter(|one| missing.contains(&one.column) && one.target().is_some()) {
        // A new column whose name means the same: it was renamed.
        let renamed = new.iter().find(|column| {
            let suggested = suggestions.iter().find(|one| one.mapping.column == **column);
            suggested.is_some_and(|one| one.mapping.target().is_some() && one.mapping.target() == gone.target())
        });
        let field = gone.target().map(|target| target.name()).unwrap_or_default();
        let message = match renamed.and_then(|column| fitted.iter_mut().find(|one| one.column == *column)) {
            Some(place) => {
                let column = place.column.clone();
                *place = ColumnMapping { column: column.clone(), ..gone.clone() };
                format!(
                    "the column \"{}\" is gone; \"{column}\" was taken for it, because its name means the same ({field})",
                    gone.column
                )
            }
            None => format!("the column \"{}\" is gone; {field} stays as it is in the catalogue", gone.column),
        };
        warnings.push(Hold { code: "column_missing".to_owned(), message });
    }
    let unknown: Vec<&str> = fitted
        .iter()
        .filter(|one| one.target().is_none() && new.contains(&one.column))
        .map(|one| one.column.as_str())
        .collect();
    if !unknown.is_empty() {
        let names = unknown.iter().take(20).map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        let message = format!("the file has columns that the mapping does not know: {names}; they are left out");
        warnings.push(Hold { code: "column_new".to_owned(), message });
    }
    fitted.extend(mapping.into_iter().filter(|one| one.column.is_empty()));
    fitted
}

/// Refuses a mapping by which no row could find or make a product.
fn check_complete(mapping: &Mapping, layout: &Layout, chosen: bool) -> Result<(), Failure> {
    let has = |field: Field| mapping.iter().any(|column| column.field == Some(field));
    let mut missing = missing_required(mapping);
    // Who chooses a mapping may leave the title away: such a file changes products, and makes none.
    let found_by = has(Field::Sku) || has(Field::Ean) || (chosen && has(Field::SupplierReference));
    if found_by && (chosen || has(Field::Title)) {
        missing.clear();
    }
    if missing.is_empty() {
        return Ok(());
    }
    let found: Vec<String> = layout.columns.iter().take(30).map(|header| format!("\"{header}\"")).collect();
    let message = format!(
        "the columns do not say which holds {}; found {}. Rename the column, or map it by hand",
        missing.join(" and which holds "),
        found.join(", ")
    );
    refuse("columns_missing", message)
}

fn batch_header(
    layout: &Layout,
    mapping: &Mapping,
    adapter: Option<&Adapter>,
    options: &ImportOptions,
    warnings: &mut Vec<Hold>,
) -> BatchHeader {
    let mut columns: Vec<MappedColumn> = match adapter {
        Some(adapter) => {
            let slots = adapter.slots().iter().enumerate();
            slots
                .map(|(index, slot)| {
                    let column = MappedColumn {
                        index,
                        name: slot.column.clone(),
                        blank: options.blank,
                        ..MappedColumn::default()
                    };
                    column.filling(&slot.target)
                })
                .collect()
        }
        None => mapping
            .iter()
            .filter_map(|column| {
                let target = column.target()?;
                let place = layout.columns.iter().position(|name| *name == column.column);
                let mapped = MappedColumn {
                    index: place.unwrap_or(usize::MAX),
                    name: column.column.clone(),
                    blank: column.blank.unwrap_or(options.blank),
                    default: column.default.clone(),
                    transform: column.transform.clone(),
                    ..MappedColumn::default()
                };
                Some(mapped.filling(&target))
            })
            .collect(),
    };
    // Expressions that look at the row see every column of it.
    if columns.iter().any(|column| column.transform.as_ref().is_some_and(|expression| expression.contains("row"))) {
        let known: Vec<usize> = columns.iter().map(|column| column.index).collect();
        let others = layout.columns.iter().enumerate().filter(|(index, _)| !known.contains(index));
        columns.extend(others.map(|(index, name)| MappedColumn {
            index,
            name: name.clone(),
            ..MappedColumn::default()
        }));
    }
    let numeric = |column: &&MappedColumn| {
        matches!(
            column.field,
            Some(
                Field::Price
                    | Field::NetPrice
                    | Field::CompareAtPrice
                    | Field::CostPrice
                    | Field::Weight
                    | Field::Stock
                    | Field::Length
                    | Field::Width
                    | Field::Height
                    | Field::TaxRate
            )
        )
    };
    let names: Vec<&str> = columns.iter().filter(numeric).map(|column| column.name.as_str()).collect();
    let places: Vec<usize> = layout
        .columns
        .iter()
        .enumerate()
        .filter(|(_, name)| names.contains(&name.as_str()))
        .map(|(at, _)| at)
        .collect();
    let samples =
        || layout.samples.iter().flat_map(|row| places.iter().filter_map(|at| row.get(*at).map(String::as_str)));
    let decimal_mark = DecimalMark::detect(samples());
    if let Some(unsure) = DecimalMark::unsure(samples()) {
        let read = if decimal_mark == DecimalMark::Comma { "decimals" } else { "thousands or decimals by its sign" };
        let message = format!(
            "\"{unsure}\" can be read in two ways, and no other number of the first rows says which; it is read as {read}. Say which with an expression such as value | number(\"fr\")"
        );
        warnings.push(Hold { code: "decimal_mark_unsure".to_owned(), message });
    }
    let unit = mapping.iter().find(|column| column.field == Some(Field::Weight)).and_then(|column| column.unit);
    let rules = RowRules {
        decimal_mark,
        weight_unit: unit.unwrap_or(options.weight_unit),
        length_unit: options.length_unit,
        currency: options.currency,
        on_error: options.on_error,
        language: options.language,
        categories: options.categories.iter().map(|(name, id)| (name.trim().to_lowercase(), *id)).collect(),
    };
    let parent_by = adapter.and_then(Adapter::parent_by).map(str::to_owned);
    BatchHeader { columns, rules, tables: options.tables.clone(), parent_by }
}

fn file_layout(
    layout: &Layout,
    columns: Mapping,
    header: &BatchHeader,
    platform: Option<(Platform, usize)>,
    findings: Vec<Finding>,
) -> FileLayout {
    FileLayout {
        format: layout.format.to_owned(),
        packing: layout.packing.map(str::to_owned),
        encoding: layout.encoding.to_owned(),
        delimiter: layout.delimiter.map(|delimiter| delimiter.to_string()),
        header_row: i64::try_from(layout.header_row).unwrap_or(i64::MAX),
        sheet: layout.sheet.clone(),
        path: layout.path.clone(),
        platform: platform.map(|(platform, _)| platform.name().to_owned()),
        findings,
        decimal_mark: if header.rules.decimal_mark == DecimalMark::Comma { "comma" } else { "point" }.to_owned(),
        columns,
    }
}

/// Batches that are being filled, one of each phase.
struct Filling<'s> {
    header: &'s BatchHeader,
    transforms: Option<Transforms>,
    limits: Limits,
    writers: [Option<(i32, BatchWriter)>; 2],
    codes: [Codes; 2],
    parsed: ParsedFile,
    most: i32,
}

impl OpenFile<'_> {
    /// The columns as they are read.
    #[must_use]
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Reads the rows into batches. `keep_cut` keeps the rows of a file that ends in the middle.
    ///
    /// # Errors
    /// Why the file cannot be imported; or what `send` says.
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
        let mut filling = Filling {
            header: &self.header,
            transforms,
            limits,
            writers: [None, None],
            codes: [Codes::new(&self.header), Codes::new(&self.header)],
            parsed: ParsedFile::default(),
            most,
        };
        let parent =
            self.header.columns.iter().find(|column| column.field == Some(Field::Parent)).map(|column| column.index);
        let own = self.header.columns.iter().find(|column| column.field == Some(Field::Sku)).map(|column| column.index);
        let (mut row, mut records) = (Row::default(), Vec::new());
        loop {
            match self.table.read(&mut row) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error @ (ReadError::CutShort { .. } | ReadError::UnclosedQuote { .. }))
                    if keep_cut && filling.parsed.rows > 0 =>
                {
                    filling.parsed.cut_short = Some(error.to_string());
                    break;
                }
                Err(error) => return Err(error.into()),
            }
            let number = i32::try_from(row.number).map_err(Error::internal)?;
            if let Some(problem) = &row.problem {
                filling.rejected(number, problem.code(), &problem.to_string(), &mut send)?;
                continue;
            }
            let Some(adapter) = &mut self.adapter else {
                // A row that names another product as its parent comes after that product.
                let variant = parent.is_some_and(|index| {
                    let named = row.cell(index).trim();
                    !named.is_empty() && own.is_none_or(|own| row.cell(own).trim() != named)
                });
                filling.row(number, variant, |index| row.cell(index), &mut send)?;
                continue;
            };
            let cells: Vec<String> = row.cells().map(str::to_owned).collect();
            adapter.push(number, &cells, &mut records);
            for record in records.drain(..) {
                filling.record(&record, &mut send)?;
            }
        }
        if let Some(adapter) = &mut self.adapter {
            adapter.finish(&mut records);
            for record in records.drain(..) {
                filling.record(&record, &mut send)?;
            }
        }
        filling.parsed.late_columns = self.table.late_columns().to_vec();
        for phase in 0..2 {
            filling.flush(phase, &mut send)?;
        }
        Ok(filling.parsed)
    }
}

type Deliver<'f> = &'f mut dyn FnMut(ReadBatch) -> Result<(), Failure>;

impl Filling<'_> {
    fn writer(&mut self, phase: usize) -> Result<&mut BatchWriter, Failure> {
        if self.parsed.rows >= self.most {
            let message = format!(
                "expected at most {} rows in a file of this format, found more; split the file and import the parts, or have the setting raised",
                self.most
            );
            return refuse("too_many_rows", message);
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

    fn row<'c>(
        &mut self,
        number: i32,
        variant: bool,
        cell: impl Fn(usize) -> &'c str,
        send: Deliver<'_>,
    ) -> Result<(), Failure> {
        let (header, phase) = (self.header, usize::from(variant));
        self.writer(phase)?.push(number, header.columns.iter().map(|column| cell(column.index)))?;
        let batch = self.writers[phase].as_ref().map_or(0, |(batch, _)| *batch);
        self.codes[phase].note((batch, number), &cell, header, self.transforms.as_ref(), &mut self.parsed.superseded);
        self.full(phase, send)
    }

    fn record(&mut self, record: &Record, send: Deliver<'_>) -> Result<(), Failure> {
        if let Some((code, message)) = &record.left_out {
            self.writer(0)?.push_left_out(record.number, code, message)?;
            return self.full(0, send);
        }
        let text =
            |index: usize| record.cells.iter().find(|(at, _)| *at == index).map_or("", |(_, text)| text.as_str());
        self.row(record.number, record.variant, text, send)
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

/// The codes seen so far and the row that had each last: the last valid row of a file wins for a repeated SKU or
/// EAN, whatever the order in which batches are written. 16 bytes a code and the table's own room, so that 200,000 rows
/// stay small.
struct Codes {
    sku: Option<usize>,
    ean: Option<usize>,
    /// Whether a code is made by an expression, or stands in for a blank cell: then the cell does not tell it.
    made: bool,
    skus: HashMap<u64, (i32, i32)>,
    gtins: HashMap<u64, (i32, i32)>,
    hasher: std::hash::RandomState,
}

impl Codes {
    fn new(header: &BatchHeader) -> Self {
        let column = |field| header.columns.iter().find(|column| column.field == Some(field));
        let (sku, ean) = (column(Field::Sku), column(Field::Ean));
        Self {
            sku: sku.map(|column| column.index),
            ean: ean.map(|column| column.index),
            made: [sku, ean].into_iter().flatten().any(|column| column.transform.is_some() || column.default.is_some()),
            skus: HashMap::new(),
            gtins: HashMap::new(),
            hasher: std::hash::RandomState::new(),
        }
    }

    /// Notes a row's codes; `place` is its batch and its number.
    fn note<'c>(
        &mut self,
        place: (i32, i32),
        cell: impl Fn(usize) -> &'c str,
        header: &BatchHeader,
        transforms: Option<&Transforms>,
        superseded: &mut BTreeMap<i32, Vec<(i32, i32)>>,
    ) {
        use std::hash::BuildHasher;
        let texts = || header.columns.iter().map(|column| std::borrow::Cow::Borrowed(cell(column.index))).collect();
        let made = if self.made { header.cells(texts(), transforms).ok() } else { None };
        let text = |field, index: Option<usize>| match &made {
            Some(cells) => cells.get(field).unwrap_or_default().trim().to_owned(),
            None => index.map(|index| cell(index).trim()).unwrap_or_default().to_owned(),
        };
        let sku = Some(text(Field::Sku, self.sku)).filter(|sku| !sku.is_empty());
        let ean = text(Field::Ean, self.ean);
        let gtin = Gtin::parse(&ean).ok().or_else(|| Gtin::repair(&ean));
        let sku_key = sku.map(|sku| self.hasher.hash_one(sku));
        let gtin_key = gtin.map(|gtin| self.hasher.hash_one(gtin.to_gtin14()));
        let earlier = [
            sku_key.and_then(|key| self.skus.get(&key).copied()),
            gtin_key.and_then(|key| self.gtins.get(&key).copied()),
        ];
        if earlier.iter().any(Option::is_some) {
            // A row with errors takes nothing back. Repeated codes are rare, so the check costs little here.
            let valid = header.cells(texts(), transforms).is_ok_and(|cells| validate(&cells, &header.rules).is_ok());
            if !valid {
                return;
            }
            for (batch, number) in earlier.into_iter().flatten() {
                let rows = superseded.entry(batch).or_default();
                if number != place.1 && !rows.iter().any(|(row, _)| *row == number) {
                    rows.push((number, place.1));
                }
            }
        }
        if let Some(key) = sku_key {
            self.skus.insert(key, place);
        }
        if let Some(key) = gtin_key {
            self.gtins.insert(key, place);
        }
    }
}

/// Reads a file into batches, without a cloud: what the benchmark measures, and what the function does.
///
/// # Errors
/// The code and the message for the seller, when the file cannot be imported.
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
        Failure::Refused(refusal) => (refusal.code, refusal.message),
        Failure::Ours(error) => ("internal_error", error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(ParsedFile, Vec<i32>), (&'static str, String)> {
        let mut sizes = Vec::new();
        let mut options = ImportOptions::default();
        options.limits.csv = 6;
        let parsed = read_file(text.as_bytes(), &options, Limits { batch_rows: 2 }, |batch| sizes.push(batch.rows))?;
        Ok((parsed, sizes))
    }

    #[test]
    fn cuts_a_file_into_batches() {
        let (parsed, sizes) = read("sku,title\n1,a\n2,b\n\n3,c\n").unwrap();
        assert_eq!((parsed.rows, parsed.batches, sizes), (3, 2, vec![2, 1]));
        assert!(parsed.superseded.is_empty());
        assert_eq!(read("sku,title\n").unwrap().0, ParsedFile::default());
    }

    #[test]
    fn the_last_valid_row_of_a_code_takes_the_earlier_ones_back() {
        let (parsed, _) = read(
            "sku,ean,title,price\n\
             1,4006381333931,first,1\n\
             2,,other,1\n\
             1,,second,1\n\
             3,4006381333931,third,1\n\
             2,,broken,-5\n",
        )
        .unwrap();
        // Row 2 is taken back by row 4 (SKU), and once is enough; row 3 stays, because row 6 is no valid row.
        assert_eq!(parsed.superseded, BTreeMap::from([(0, vec![(2, 4)])]));
    }

    #[test]
    fn says_why_a_file_is_refused() {
        let (code, message) = read("colour,size\nred,4\n").unwrap_err();
        assert_eq!(code, "columns_missing");
        assert!(
            message.contains("a title")
                && message.contains("an EAN or a SKU")
                && message.contains("\"colour\", \"size\""),
            "{message}"
        );
        let (code, _) = read("sku,title\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n").unwrap_err();
        assert_eq!(code, "too_many_rows");
        assert_eq!(read("sku,title\n1,\"a\n").unwrap_err().0, "file_unclosed_quote");
    }

    #[test]
    fn a_moved_or_renamed_column_is_told_and_stops_nothing() {
        let mapping = vec![
            ColumnMapping::to_field("Code article", Field::Sku),
            ColumnMapping::to_field("Désignation", Field::Title),
            ColumnMapping::to_field("Prix TTC", Field::Price),
            ColumnMapping::to_field("Remarque", Field::ShortDescription),
        ];
        let options = ImportOptions { mapping: Some(mapping), ..ImportOptions::default() };
        let text = "Prix public;designation;CODE ARTICLE;Poids\n1,5;Vis;A1;3\n";
        let file = open_file(text.as_bytes(), &options, |_| None).unwrap();
        let fields: Vec<Option<Field>> = file.layout.columns.iter().map(|column| column.field).collect();
        assert_eq!(fields, [Some(Field::Price), Some(Field::Title), Some(Field::Sku), None]);
        let told: Vec<&str> = file.warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert!(told.iter().any(|message| message.contains("\"Prix TTC\" is gone; \"Prix public\"")), "{told:?}");
        assert!(told.iter().any(|message| message.contains("\"Remarque\" is gone")), "{told:?}");
        assert!(told.iter().any(|message| message.contains("\"Poids\"")), "{told:?}");
    }

    #[test]
    fn variants_wait_for_their_parents() {
        let text = "sku,title,parent,option1_name,option1_value\nA-1,,A,Size,S\nA,Shirt,,Size,\nB,Cap,,,\n";
        let mut batches = Vec::new();
        let parsed = read_file(text.as_bytes(), &ImportOptions::default(), Limits { batch_rows: 10 }, |batch| {
            batches.push((batch.number, batch.phase, batch.rows));
        })
        .unwrap();
        assert_eq!(parsed.rows, 3);
        batches.sort_unstable();
        assert_eq!(batches, [(0, 1, 1), (1, 0, 2)]);
    }
}
