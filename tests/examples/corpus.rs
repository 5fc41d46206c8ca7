//! `make corpus DIR=…`: processes every picture and every table of a folder, and prints the result of each.
//!
//! Pictures get the thumbnails of `media.make_thumbnails`. Tables are inspected as `POST /v1/imports/{id}/inspect`
//! does, read again cell by cell, then previewed and applied into a separate database, and compared row by row. If the
//! folder has an `expected.json`, counts and cells are compared with what other tools read.

#![expect(clippy::unwrap_used, reason = "a program for developers may panic")]

use std::path::{Path, PathBuf};

use db_catalog::{CatalogDb, PlannedRow};
use db_imports::{ImportJob, ImportOptions, ImportsDb, NewImport, Run};
use db_tenancy::Database;
use imports::{Limits, check_rows, inspect, read_file};
use runtime::TenantId;
use serde_json::Value;
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tabular::{ReadOptions, Row};
use time::OffsetDateTime;
use uuid::Uuid;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder: make corpus DIR=…"));
    let expected: Value = std::fs::read_to_string(folder.join("expected.json"))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let databases = databases().await;
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let (mut good, mut refused, mut differing) = (0, 0, 0);
    for file in &files {
        let name = file.strip_prefix(&folder).unwrap_or(file).display().to_string();
        let extension =
            file.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
        if name == "expected.json" || name.ends_with(".expected.json") {
            continue;
        }
        let verdict = match extension.as_str() {
            "jpg" | "jpeg" | "png" | "webp" | "gif" | "tif" | "tiff" | "bmp" => picture(file),
            "csv" | "tsv" | "txt" | "xlsx" | "xls" | "ods" | "xml" | "json" | "jsonl" | "gz" | "zip" => {
                table(file, expected.get(&name), databases.as_ref()).await
            }
            _ => continue,
        };
        match verdict {
            Verdict::Good(what) => {
                good += 1;
                println!("ok       {name}: {what}");
            }
            Verdict::Refused(code, message) => {
                refused += 1;
                println!("refused  {name}: {code}: {message}");
            }
            Verdict::Differs(what, differences) => {
                differing += 1;
                println!("DIFFERS  {name}: {what}\n         {}", differences.join("\n         "));
            }
        }
    }
    println!("{good} files were accepted, {refused} refused, {differing} differ from what is expected");
    if differing > 0 {
        std::process::exit(1);
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder that can be read").flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

enum Verdict {
    Good(String),
    Refused(String, String),
    Differs(String, Vec<String>),
}

fn picture(file: &Path) -> Verdict {
    let bytes = std::fs::read(file).unwrap();
    let began = std::time::Instant::now();
    let rendered = match images::render(&bytes, &[150, 300, 800], images::Limits::default()) {
        Ok(rendered) => rendered,
        Err(problem) => return Verdict::Refused(problem.code().to_owned(), problem.to_string()),
    };
    let sizes: Vec<String> = rendered
        .thumbnails
        .iter()
        .map(|one| format!("{}x{} ({} kB)", one.width, one.height, one.bytes.len().div_ceil(1_000)))
        .collect();
    let took = began.elapsed().as_millis();
    Verdict::Good(format!(
        "{} {}x{} -> {}, {took} ms",
        rendered.format,
        rendered.width,
        rendered.height,
        sizes.join(", ")
    ))
}

async fn table(file: &Path, expected: Option<&Value>, databases: Option<&(ImportsDb, CatalogDb)>) -> Verdict {
    let bytes = std::fs::read(file).unwrap();
    let inspected = match inspect(bytes.as_slice(), &ReadOptions::default(), messages::Language::En) {
        Ok(inspected) => serde_json::to_value(inspected).unwrap(),
        Err(problem) => return Verdict::Refused(problem.code().to_owned(), problem.to_string()),
    };
    let mut differences = Vec::new();
    if let Some(facts) = expected.map(|expected| &expected["facts"]) {
        compare(&bytes, &inspected, facts, &mut differences);
    }
    let text = |key: &str| inspected[key].as_str().unwrap_or_default().to_owned();
    let mut what = format!("{} {} rows", text("format"), inspected["rows"]);
    for (name, key) in [
        ("encoding", "encoding"),
        ("delimiter", "delimiter"),
        ("sheet", "sheet"),
        ("path", "path"),
        ("platform", "platform"),
    ] {
        if !text(key).is_empty() && text(key) != "UTF-8" {
            what += &format!(", {name} {:?}", text(key));
        }
    }
    let mapped = inspected["columns"].as_array().unwrap().iter().filter(|column| !column["field"].is_null());
    let mapped: Vec<&str> = mapped.map(|column| column["field"].as_str().unwrap()).collect();
    what += &format!(", header in row {}, fields {}", inspected["header_row"], mapped.join(" "));
    let warnings: Vec<&str> =
        inspected["warnings"].as_array().unwrap().iter().filter_map(|warning| warning["code"].as_str()).collect();
    if !warnings.is_empty() {
        what += &format!(", warned of {}", warnings.join(" "));
    }
    if let Some((imports, catalog)) = databases {
        match dry_run(&bytes, imports, catalog).await {
            Ok((said, differing)) => {
                what += &format!("; {said}");
                differences.extend(differing);
            }
            Err((code, message)) => what += &format!("; no import: {code}: {message}"),
        }
    }
    if differences.is_empty() { Verdict::Good(what) } else { Verdict::Differs(what, differences) }
}

/// A text as another tool shows it: long texts are cut, and their length is named.
fn same(ours: &str, theirs: &str) -> bool {
    let theirs = theirs.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r");
    if ours.trim() == theirs.trim()
        || (theirs.parse::<f64>().is_ok() && ours.len() == 10 && ours.matches('-').count() == 2)
    {
        // XML does not keep some spaces, and another tool shows dates as numbers.
        return true;
    }
    let plain = |text: &str| {
        text.trim_end_matches(" 00:00:00").replacen(' ', "T", usize::from(text.len() == 19)).to_lowercase()
    };
    if theirs == "None" && ours.is_empty() || ours == theirs || plain(ours) == plain(&theirs) {
        return true;
    }
    if let (Ok(ours), Ok(theirs)) = (ours.parse::<f64>(), theirs.parse::<f64>()) {
        return (ours - theirs).abs() <= ours.abs() * 1e-12;
    }
    match theirs.split_once('…') {
        Some((start, rest)) if rest.ends_with(" chars)") => ours.starts_with(start),
        _ => theirs.contains("days, "),
    }
}

fn raw_rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
    let options = ReadOptions { header_row: Some(0), ..ReadOptions::default() };
    let Ok(mut table) = tabular::open_with(bytes, &options) else { return Vec::new() };
    let (mut row, mut rows) = (Row::default(), Vec::new());
    while table.read(&mut row).unwrap_or(false) {
        rows.push((row.number, row.cells().map(str::to_owned).collect()));
    }
    rows
}

fn texts(value: &Value) -> Vec<String> {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_array().map(|list| list.iter().map(shown).collect()).unwrap_or_default()
}

fn compare(bytes: &[u8], inspected: &Value, facts: &Value, differences: &mut Vec<String>) {
    let rows = inspected["rows"].as_u64().unwrap();
    let cells = |differences: &mut Vec<String>, place: &str, ours: &[String], theirs: &[String]| {
        for (at, theirs) in theirs.iter().enumerate() {
            let ours = ours.get(at).map_or("", String::as_str);
            if !same(ours, theirs) && !same(ours.trim(), theirs.trim()) {
                differences.push(format!("{place}, cell {}: read {ours:?}, expected {theirs:?}", at + 1));
            }
        }
    };
    if facts["records_incl_header"].is_number() {
        let raw = raw_rows(bytes);
        let (header, first) = (texts(&facts["header"]), texts(&facts["first_data"]));
        let sep = header.first().is_some_and(|name| name.starts_with("sep="));
        let unclosed = inspected["warnings"].to_string().contains("file_unclosed_quote");
        let blank = facts["blank_records"].as_u64().unwrap_or_default();
        let counted = facts["records_incl_header"].as_u64().unwrap() - u64::from(sep);
        // A record of only spaces is blank for us; other tools do not see it.
        if !unclosed && !(counted - blank.min(counted)).saturating_sub(1).le(&(raw.len() as u64))
            || raw.len() as u64 > counted
        {
            differences
                .push(format!("{} records were read, {counted} are expected ({blank} of them blank)", raw.len()));
        }
        if !sep && !header.is_empty() {
            cells(differences, "header", raw.first().map(|row| row.1.as_slice()).unwrap_or_default(), &header);
            cells(differences, "first row", raw.get(1).map(|row| row.1.as_slice()).unwrap_or_default(), &first);
            if !unclosed {
                cells(
                    differences,
                    "last row",
                    raw.last().map(|row| row.1.as_slice()).unwrap_or_default(),
                    &texts(&facts["last_data"]),
                );
            }
        }
        if inspected["header_row"] == 1 && facts["data_records_if_row1_is_header"].as_u64() != Some(rows) && !unclosed {
            differences.push(format!("{rows} rows, {} are expected", facts["data_records_if_row1_is_header"]));
        }
    } else if let Some(sheets) = facts["sheets"].as_array() {
        let name = inspected["sheet"].as_str().unwrap_or_default();
        let Some(sheet) = sheets.iter().find(|sheet| sheet["title"] == name) else {
            return differences.push(format!("the sheet {name:?} is not expected"));
        };
        let raw = raw_rows(bytes);
        for (key, number) in [("nonempty_rows", sheet["nonempty_rows"].as_u64()), ("nrows", sheet["nrows"].as_u64())] {
            // Other tools count rows whose cells contain only spaces.
            if let Some(number) = number.filter(|number| raw.len() as u64 > *number || raw.len() as u64 + 3 < *number) {
                differences.push(format!("{} rows were read, {key} is {number}", raw.len()));
            }
        }
        for shown in sheet["rows_shown"].as_array().into_iter().flatten() {
            let row = raw.iter().find(|row| Some(row.0) == shown["row"].as_u64());
            // The last row is shown with the number of the previous one.
            let theirs = texts(&shown["values"]);
            let ours = row.map(|row| row.1.as_slice()).unwrap_or_default();
            let last = raw.last().map(|row| row.1.as_slice()).unwrap_or_default();
            let mut here = Vec::new();
            cells(&mut here, &format!("row {}", shown["row"]), ours, &theirs);
            let mut there = Vec::new();
            cells(&mut there, "last row", last, &theirs);
            if !here.is_empty() && !there.is_empty() {
                differences.extend(here);
            }
        }
        for (key, at) in [("row0", 0), ("row1", 1)] {
            cells(differences, key, raw.get(at).map(|row| row.1.as_slice()).unwrap_or_default(), &texts(&sheet[key]));
        }
    } else if facts["root"].is_string() {
        let element = inspected["path"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let count = facts["element_counts_top"][element].as_u64().or_else(|| facts["facts"][element]["count"].as_u64());
        // Products contain elements of the same name too.
        if let Some(count) = count.filter(|count| {
            rows > *count || (rows < *count && !inspected["path"].as_str().unwrap_or_default().starts_with("ICECAT"))
        }) {
            differences.push(format!("{rows} elements {element} were read, {count} are expected"));
        }
    } else if facts["top"] == "list" {
        let size = facts["size"].as_u64().or(facts["keys"].as_u64());
        if size != Some(rows) {
            differences.push(format!("{rows} objects were read, {size:?} are expected"));
        }
    }
}

/// Creates separate databases, used with the role of the function; `None` without a server.
async fn databases() -> Option<(ImportsDb, CatalogDb)> {
    let options: PgConnectOptions = runtime::Env::of_process().optional("DATABASE_URL")?.parse().unwrap();
    let maintenance = PgPool::connect_with(options.clone()).await.unwrap();
    for name in ["corpus_imports", "corpus_catalog"] {
        maintenance.execute(sqlx::AssertSqlSafe(format!("drop database if exists {name}"))).await.unwrap();
        maintenance.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    }
    let (imports, catalog) = (options.clone().database("corpus_imports"), options.database("corpus_catalog"));
    db_imports::MIGRATOR.run(&PgPool::connect_with(imports.clone()).await.unwrap()).await.unwrap();
    db_catalog::MIGRATOR.run(&PgPool::connect_with(catalog.clone()).await.unwrap()).await.unwrap();
    Some((ImportsDb::over(pool(imports).await), CatalogDb::over(pool(catalog).await)))
}

async fn pool(options: PgConnectOptions) -> PgPool {
    PgPool::connect_with(options.options([("role", "pm_imports")])).await.unwrap()
}

type Fate = (i32, &'static str, Option<String>, Vec<(String, Value)>);

fn fates(rows: &[PlannedRow]) -> Vec<Fate> {
    let fate = |row: &PlannedRow| {
        let changes = row.changes.iter().filter(|(field, _)| *field != "parent_id");
        (
            row.row,
            row.action,
            row.sku.clone(),
            changes.map(|(field, change)| (field.clone(), change.new.clone())).collect(),
        )
    };
    rows.iter().map(fate).collect()
}

/// Previews a file and applies it, batch by batch as the functions do; returns the results of its rows, and where the
/// two differ.
async fn dry_run(
    bytes: &[u8],
    imports: &ImportsDb,
    catalog: &CatalogDb,
) -> Result<(String, Vec<String>), (String, String)> {
    let tenant = TenantId(Uuid::now_v7());
    let options = ImportOptions {
        create_attributes: true,
        match_by: product::MatchKey::DEFAULT.to_vec(),
        ..ImportOptions::default()
    };
    let mut batches = Vec::new();
    let parsed = read_file(bytes, &options, Limits { batch_rows: 50 }, |batch| batches.push(batch))
        .map_err(|(code, message)| (code.to_owned(), message))?;
    // Variants come after all others.
    batches.sort_by_key(|batch| (batch.phase, batch.number));
    let now = OffsetDateTime::now_utc();
    let new = NewImport {
        id: Uuid::now_v7(),
        file_name: "corpus".into(),
        size_bytes: 1,
        object_key: "corpus".into(),
        supplier: None,
        mode: product::ImportMode::Update,
        options,
        run: Run::Apply,
        automation: None,
        idempotency_key: None,
        request_hash: None,
    };
    let cx = runtime::App::new(runtime::Env::default()).cx("corpus");
    let stamp = db_tenancy::Stamp::of_job(&cx, "corpus");
    let job: ImportJob = imports.create_import(tenant, &new, &stamp).await.unwrap();
    let (mut previewed, mut committed) = (Vec::new(), Vec::new());
    let mut totals = product::Outcome::default();
    let mut problems = std::collections::BTreeMap::<String, usize>::new();
    for commit in [false, true] {
        for batch in &batches {
            let record = db_imports::BatchRecord {
                number: batch.number,
                id: Uuid::now_v7(),
                object_key: String::new(),
                rows: batch.rows,
                phase: batch.phase,
                settled: false,
                superseded: sqlx::types::Json(parsed.superseded.get(&batch.number).cloned().unwrap_or_default()),
            };
            let (rows, _) = check_rows(&batch.bytes, &job, &record).unwrap();
            if commit {
                let (outcome, rows) = catalog.apply_traced(tenant, &rows, now).await.unwrap();
                assert_eq!(outcome.total(), batch.rows, "every row is accounted for");
                totals.created += outcome.created;
                totals.updated += outcome.updated;
                totals.unchanged += outcome.unchanged;
                totals.skipped += outcome.skipped;
                totals.rejected += outcome.rejected;
                outcome.issues.into_iter().for_each(|issue| *problems.entry(issue.error.code).or_default() += 1);
                committed.extend(fates(&rows));
            } else {
                previewed.extend(fates(&catalog.preview(tenant, &rows, now).await.unwrap().1));
            }
        }
    }
    let differing: Vec<String> = previewed
        .iter()
        .zip(&committed)
        .filter(|(previewed, committed)| previewed != committed)
        .map(|(previewed, committed)| format!("previewed {previewed:?}, committed {committed:?}"))
        .take(5)
        .collect();
    let said = format!(
        "{} created, {} updated, {} unchanged, {} skipped, {} rejected {problems:?}",
        totals.created, totals.updated, totals.unchanged, totals.skipped, totals.rejected
    );
    Ok((said, differing))
}
