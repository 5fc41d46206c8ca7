//! Checks the rows of a batch before the catalogue is used.

use std::collections::{BTreeMap, HashMap};

use db_catalog::{Batch, BatchRow, LeftOutRow};
use db_imports::{BatchRecord, ImportJob};
use product::{Cells, Field, Gtin, MatchKey, OnError, RowIssue, Rules, validate};
use runtime::{Error, Result};

use crate::pipeline::batch_file::{BatchReader, RowContent};

/// Reads and checks every row of a batch. Valid rows are to be written; the others are already counted. Returns the
/// batch, and the name of the column that fills each field.
///
/// # Errors
/// When the object is damaged.
pub fn check_rows(bytes: &[u8], job: &ImportJob, record: &BatchRecord) -> Result<(Batch, HashMap<String, String>)> {
    let superseded: HashMap<i32, i32> = record.superseded.0.iter().copied().collect();
    let mut reader = BatchReader::open(bytes)?;
    let (rules, columns) = (reader.header().rules.clone(), reader.header().column_names());
    let options = &job.options;
    let mut new_attributes: BTreeMap<String, String> = if options.create_attributes {
        let mapped =
            reader.header().columns.iter().filter_map(|column| Some((column.attribute.clone()?, column.name.clone())));
        mapped.map(|(code, name)| if name.is_empty() { (code.clone(), code) } else { (code, name) }).collect()
    } else {
        BTreeMap::new()
    };
    let filled = |field: Field| reader.header().columns.iter().any(|column| column.field == Some(field));
    let codes = [
        (MatchKey::Sku, Field::Sku),
        (MatchKey::Ean, Field::Ean),
        (MatchKey::SupplierReference, Field::SupplierReference),
    ];
    let named_by = codes.into_iter().filter(|(key, field)| options.match_by.contains(key) && filled(*field));
    let mut batch = Batch {
        number: record.number,
        named_by: named_by.map(|(key, _)| key).collect(),
        supplier: job.supplier_id,
        mode: job.mode,
        match_by: options.match_by.clone(),
        variants: record.phase > 0,
        parent_by: reader.header().parent_by.clone(),
        one_image: reader.header().one_image,
        rules: Rules::new(&options.rules).map_err(|problem| Error::internal(problem.english().to_owned()))?,
        language: options.language,
        decimal_mark: rules.decimal_mark,
        reject_values: options.on_error == OnError::RejectValue,
        ..Batch::new(record.id, job.id)
    };
    while let Some((number, content)) = reader.read()? {
        match content {
            RowContent::Rejected(errors) => {
                batch.before.reject(number, errors);
                batch.rejected.push(LeftOutRow { number, action: "rejected", ..LeftOutRow::default() });
            }
            RowContent::LeftOut(error) => {
                batch.before.skipped += 1;
                batch.before.issues.push(RowIssue { row: number, error });
                batch.rejected.push(LeftOutRow { number, action: "skipped", ..LeftOutRow::default() });
            }
            RowContent::Cells(cells) => match (validate(&cells, &rules), superseded.get(&number)) {
                (Err(errors), _) => {
                    batch.before.reject(number, errors);
                    batch.rejected.push(left_out(number, "rejected", &cells));
                }
                (Ok(_), Some(by)) => {
                    batch.before.supersede(number, *by, options.language);
                    batch.rejected.push(left_out(number, "skipped", &cells));
                }
                (Ok(product), None) => batch.rows.push(BatchRow { number, product }),
            },
        }
    }
    batch.optional_attributes = reader.attributes.keys().cloned().collect();
    if options.create_attributes {
        new_attributes.extend(reader.attributes);
    }
    batch.new_attributes = new_attributes;
    Ok((batch, columns))
}

/// A row that is not written, with its codes: its product counts as present in the file.
pub(crate) fn left_out(number: i32, action: &'static str, cells: &Cells<'_>) -> LeftOutRow {
    let text = |field| cells.get(field).map(|text| text.trim().to_owned()).filter(|text| !text.contains('\0'));
    LeftOutRow {
        number,
        action,
        sku: text(Field::Sku),
        gtin14: cells
            .get(Field::Ean)
            .and_then(|ean| Gtin::parse(ean).ok().or_else(|| Gtin::repair(ean)))
            .map(|gtin| gtin.to_gtin14()),
        reference: text(Field::SupplierReference),
    }
}
