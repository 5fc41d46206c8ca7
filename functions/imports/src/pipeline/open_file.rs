//! Opens a file and finds out what its columns mean, without cloud services. Used by `parse` and the benchmark.

use std::collections::HashMap;
use std::io::Read;

use channels::{Adapter, Platform, recognise};
use db_imports::{FileLayout, FileNotice, ImportOptions};
use mapping::{Blank, ColumnMapping, Mapping, Suggestion, Target, known_columns, missing_required, normalize, suggest};
use messages::{Text, imports as say};
use product::{DecimalMark, Field, RowRules, Rules};
use runtime::Error;
use sha2::{Digest, Sha256};
use tabular::{Finding, Layout, ReadError, TableReader};

use crate::pipeline::batch_file::{BatchHeader, MappedColumn};

/// Why a file cannot be imported, for the seller.
#[derive(Debug)]
pub struct Refusal {
    /// The code.
    pub code: &'static str,
    /// The message.
    pub message: Text,
}

/// Why a file cannot be read: a fault of the file, or of our side.
#[derive(Debug)]
pub enum Failure {
    /// A fault of the file.
    Refused(Refusal),
    /// A fault on our side.
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
            refused => Failure::Refused(Refusal { code: refused.code(), message: refused.message() }),
        }
    }
}

pub(crate) fn refuse<T>(code: &'static str, message: Text) -> Result<T, Failure> {
    Err(Failure::Refused(Refusal { code, message }))
}

/// An open file with its mapping.
pub struct OpenFile<'a> {
    pub(crate) table: TableReader<'a>,
    pub(crate) header: BatchHeader,
    pub(crate) adapter: Option<Adapter>,
    pub(crate) own_rules: Rules,
    /// What was found out about the file.
    pub layout: FileLayout,
    /// The hash of the column names, by which a mapping is remembered.
    pub columns_hash: String,
    /// The warnings about the file.
    pub warnings: Vec<FileNotice>,
    /// The suggested mapping of its columns.
    pub suggestions: Vec<Suggestion>,
    /// The first rows.
    pub samples: Vec<Vec<String>>,
    /// The layout from the reader of the file.
    pub table_layout: Layout,
}

/// Opens a file: finds out what it is, and which fields its columns fill. `remember` gets the hash of the column names,
/// and returns the mapping that somebody chose for the same columns before, with its origin.
///
/// # Errors
/// The reason why the file cannot be imported.
pub fn open_file<'a>(
    source: impl Read + Send + 'a,
    options: &ImportOptions,
    remember: impl FnOnce(&str) -> Option<(String, Mapping)>,
) -> Result<OpenFile<'a>, Failure> {
    let mut table = tabular::open_with(source, &options.read)?;
    let mut layout = table.layout().clone();
    let columns_hash = hash_of(&layout.columns);
    let suggestions = suggest(&layout.columns, &layout.samples, options.language);
    let mut warnings = Vec::new();
    let mut findings = layout.findings.clone();
    let platform = recognise(&layout.columns);
    let chosen = match &options.mapping {
        Some(mapping) => Some((options.mapping_source.clone().unwrap_or_else(|| "given".to_owned()), mapping.clone())),
        None => remember(&columns_hash),
    };
    let mut adapter = None;
    let mut late = Mapping::new();
    let mapping = match (chosen, platform) {
        (Some((source, mapping)), _) => {
            findings.push(Finding::new("columns", &source, say::why_chosen_mapping(), 100));
            let (fitted, gone) = fit(mapping, &layout.columns, &suggestions, &mut warnings);
            // In a file without a header they may appear further down.
            table.expect_columns(gone.iter().map(|mapped| mapped.column.as_str()));
            layout.columns.clone_from(&table.layout().columns);
            late = gone.into_iter().filter(|mapped| layout.columns.contains(&mapped.column)).collect();
            fitted
        }
        (None, Some((platform, marks))) => {
            findings.push(Finding::new("platform", platform.name(), say::why_platform(marks), 95));
            let new = Adapter::new(platform, &layout.columns);
            let mapping = adapter_mapping(&new, &layout.columns);
            adapter = Some(new);
            mapping
        }
        (None, None) => suggestions.iter().map(|suggestion| suggestion.mapping.clone()).collect(),
    };
    if adapter.is_none() {
        check_complete(&mapping, &layout, options.mapping.is_some())?;
    }
    late.extend(mapping.iter().cloned());
    let header = batch_header(&layout, &late, adapter.as_ref(), options, &mut warnings);
    header.transforms().map_err(|message| Failure::Refused(Refusal { code: "mapping_invalid", message }))?;
    let own_rules =
        Rules::new(&options.rules).map_err(|message| Failure::Refused(Refusal { code: "rules_invalid", message }))?;
    let file_layout = file_layout(&layout, mapping, &header, platform.filter(|_| adapter.is_some()), findings);
    Ok(OpenFile {
        table,
        header,
        adapter,
        own_rules,
        layout: file_layout,
        columns_hash,
        warnings,
        suggestions,
        samples: layout.samples.clone(),
        table_layout: layout,
    })
}

/// The hash of column names. Their order and spelling (case, accents, punctuation) do not count.
#[must_use]
pub(crate) fn hash_of(columns: &[String]) -> String {
    let mut names: Vec<String> = columns.iter().map(|column| normalize(column)).collect();
    names.sort_unstable();
    let digest = Sha256::digest(names.join("\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The columns that an adapter reads, as a mapping for people.
fn adapter_mapping(adapter: &Adapter, columns: &[String]) -> Mapping {
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

/// Fits a chosen mapping to the columns of a file: by their names, in any order. A column that is gone, new or renamed
/// is reported as a warning, and does not stop the import. Returns the mapping, and the mapping of the columns that are
/// gone.
fn fit(
    mapping: Mapping,
    columns: &[String],
    suggestions: &[Suggestion],
    warnings: &mut Vec<FileNotice>,
) -> (Mapping, Mapping) {
    let (missing, new) = known_columns(&mapping, columns);
    // The exact name comes first: the normalized names of `Price £` and `Price €` are equal.
    let exact: HashMap<&str, &ColumnMapping> =
        mapping.iter().rev().map(|mapped| (mapped.column.as_str(), mapped)).collect();
    let alike: HashMap<String, &ColumnMapping> = mapping
        .iter()
        .rev()
        .filter(|mapped| !mapped.column.is_empty() && !columns.contains(&mapped.column))
        .map(|mapped| (normalize(&mapped.column), mapped))
        .collect();
    let mut fitted: Mapping = columns
        .iter()
        .map(|column| {
            let mapped = exact.get(column.as_str()).or_else(|| alike.get(&normalize(column)));
            mapped.map_or_else(
                || ColumnMapping { column: column.clone(), ..ColumnMapping::default() },
                |mapped| ColumnMapping { column: column.clone(), ..(*mapped).clone() },
            )
        })
        .collect();
    let mut late = Mapping::new();
    for gone in mapping.iter().filter(|mapped| missing.contains(&mapped.column) && mapped.target().is_some()) {
        // A new column whose name means the same: the column was renamed.
        let renamed = new.iter().find(|column| {
            let suggested = suggestions.iter().find(|suggestion| suggestion.mapping.column == **column);
            suggested.is_some_and(|suggestion| {
                suggestion.mapping.target().is_some() && suggestion.mapping.target() == gone.target()
            })
        });
        let field = gone.target().map(|target| target.name()).unwrap_or_default();
        let message = match renamed.and_then(|column| fitted.iter_mut().find(|mapped| mapped.column == *column)) {
            Some(place) => {
                let column = place.column.clone();
                *place = ColumnMapping { column: column.clone(), ..gone.clone() };
                say::column_renamed(&gone.column, column, field)
            }
            None => {
                late.push(ColumnMapping { blank: Some(Blank::Leave), ..gone.clone() });
                say::column_gone(&gone.column, field)
            }
        };
        warnings.push(FileNotice::new("column_missing", message));
    }
    let unknown: Vec<&str> = fitted
        .iter()
        .filter(|mapped| mapped.target().is_none() && new.contains(&mapped.column))
        .map(|mapped| mapped.column.as_str())
        .collect();
    if !unknown.is_empty() {
        let names = unknown.iter().take(20).map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        warnings.push(FileNotice::new("column_new", say::columns_new(names)));
    }
    fitted.extend(mapping.into_iter().filter(|mapped| mapped.column.is_empty()));
    (fitted, late)
}

/// Refuses a mapping with which no row can find or create a product.
fn check_complete(mapping: &Mapping, layout: &Layout, chosen: bool) -> Result<(), Failure> {
    let has = |field: Field| mapping.iter().any(|column| column.field == Some(field));
    let mut missing = missing_required(mapping);
    // A chosen mapping may have no title: such a file changes products, and creates none.
    let found_by = has(Field::Sku) || has(Field::Ean) || (chosen && has(Field::SupplierReference));
    if found_by && (chosen || has(Field::Title)) {
        missing.clear();
    }
    let found: Vec<String> = layout.columns.iter().take(30).map(|header| format!("\"{header}\"")).collect();
    let Some(missing) = missing.into_iter().reduce(say::and_for) else { return Ok(()) };
    refuse("columns_missing", say::columns_missing(missing, found.join(", ")))
}

fn batch_header(
    layout: &Layout,
    mapping: &Mapping,
    adapter: Option<&Adapter>,
    options: &ImportOptions,
    warnings: &mut Vec<FileNotice>,
) -> BatchHeader {
    let mut columns: Vec<MappedColumn> = match adapter {
        Some(adapter) => {
            let slots = adapter.slots().iter().enumerate();
            slots
                .map(|(index, slot)| {
                    // A blank cell of a shop's record changes nothing: a record that links to a parent has no price,
                    // for example.
                    let column = MappedColumn { index, name: slot.column.clone(), ..MappedColumn::default() };
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
    // Expressions that use `row` need every column.
    if columns.iter().any(|column| column.transform.as_ref().is_some_and(|expression| expression.contains("row"))) {
        let known: Vec<usize> = columns.iter().map(|column| column.index).collect();
        let others = layout.columns.iter().enumerate().filter(|(index, _)| !known.contains(index));
        columns.extend(others.map(|(index, name)| MappedColumn {
            index,
            name: name.clone(),
            ..MappedColumn::default()
        }));
    }
    let names: Vec<&str> = columns
        .iter()
        .filter(|column| column.field.is_some_and(Field::is_number))
        .map(|column| column.name.as_str())
        .collect();
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
        let message = match decimal_mark {
            DecimalMark::Comma => say::decimals_unsure(unsure),
            DecimalMark::Point => say::decimal_mark_unsure(unsure),
        };
        warnings.push(FileNotice::new("decimal_mark_unsure", message));
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
    let one_image = adapter.is_some_and(Adapter::one_image);
    BatchHeader { columns, rules, tables: options.tables.clone(), parent_by, one_image }
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
