//! A file -> what its columns mean. Without a cloud: what `parse`, `inspect_import` and the benchmark do.

use std::collections::HashMap;
use std::io::Read;

use channels::{Adapter, Platform, recognise};
use db_imports::{FileLayout, Hold, ImportOptions};
use mapping::{
    Blank, ColumnMapping, Mapping, Suggestion, Target, known_columns, missing_required, normalize, suggest_with,
};
use product::{DecimalMark, Field, RowRules, Rules};
use runtime::Error;
use sha2::{Digest, Sha256};
use tabular::{Finding, Layout, ReadError, TableReader};

use crate::pipeline::batch_file::{BatchHeader, MappedColumn};

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

pub(crate) fn refuse<T>(code: &'static str, message: String) -> Result<T, Failure> {
    Err(Failure::Refused(Refusal { code, message }))
}

/// A file whose columns are understood.
pub struct OpenFile<'a> {
    pub(crate) table: TableReader<'a>,
    pub(crate) header: BatchHeader,
    pub(crate) adapter: Option<Adapter>,
    pub(crate) own_rules: Rules,
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
    let mut layout = table.layout().clone();
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
    let mut late = Mapping::new();
    let mapping = match (chosen, platform) {
        (Some((source, mapping)), _) => {
            findings.push(finding("columns", &source, "the mapping that was chosen for these columns", 100));
            let (fitted, gone) = fit(mapping, &layout.columns, &suggestions, &mut warnings);
            // A file without a header may show them further down.
            table.expect_columns(gone.iter().map(|one| one.column.as_str()));
            layout.columns.clone_from(&table.layout().columns);
            late = gone.into_iter().filter(|one| layout.columns.contains(&one.column)).collect();
            fitted
        }
        (None, Some((platform, marks))) => {
            findings.push(finding("platform", platform.name(), format!("{marks} of its columns are there"), 95));
            let made = Adapter::new(platform, &layout.columns);
            let mapping = adapter_mapping(&made, &layout.columns);
            adapter = Some(made);
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
    let told = file_layout(&layout, mapping, &header, platform.filter(|_| adapter.is_some()), findings);
    Ok(OpenFile {
        table,
        header,
        adapter,
        own_rules,
        layout: told,
        columns_hash,
        warnings,
        suggestions,
        samples: layout.samples.clone(),
        table_layout: layout,
    })
}

fn finding(what: &str, found: &str, why: impl ToString, sureness: u8) -> Finding {
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

/// A chosen mapping for the columns that a file has: found by their names, wherever they stand. A column that is gone, new or
/// renamed is told, and stops nothing. Gives the mapping, and what the columns that are gone would fill.
fn fit(
    mapping: Mapping,
    columns: &[String],
    suggestions: &[Suggestion],
    warnings: &mut Vec<Hold>,
) -> (Mapping, Mapping) {
    let (missing, new) = known_columns(&mapping, columns);
    // By its very name first: `Price £` and `Price €` are the same but for their signs.
    let exact: HashMap<&str, &ColumnMapping> = mapping.iter().rev().map(|one| (one.column.as_str(), one)).collect();
    let alike: HashMap<String, &ColumnMapping> = mapping
        .iter()
        .rev()
        .filter(|one| !one.column.is_empty() && !columns.contains(&one.column))
        .map(|one| (normalize(&one.column), one))
        .collect();
    let mut fitted: Mapping = columns
        .iter()
        .map(|column| {
            let chosen = exact.get(column.as_str()).or_else(|| alike.get(&normalize(column)));
            chosen.map_or_else(
                || ColumnMapping { column: column.clone(), ..ColumnMapping::default() },
                |one| ColumnMapping { column: column.clone(), ..(*one).clone() },
            )
        })
        .collect();
    let mut late = Mapping::new();
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
            None => {
                late.push(ColumnMapping { blank: Some(Blank::Leave), ..gone.clone() });
                format!("the column \"{}\" is gone; {field} stays as it is in the catalogue", gone.column)
            }
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
    (fitted, late)
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
                    // A shop's record says only what it is about: a link to a parent has no price, and takes none away.
                    let column = MappedColumn { index, name: slot.column.clone(), ..MappedColumn::default() };
                    column.splitter(&slot.target)
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
                Some(mapped.splitter(&target))
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
