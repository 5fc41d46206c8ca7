//! `make corpus DIR=…`: every picture and every table of a folder, and what becomes of each.
//!
//! Pictures go through the thumbnails of `media.thumbnail`, tables through the reading and checking of `imports.parse` and
//! `imports.apply`; nothing is written anywhere.

#![expect(clippy::unwrap_used, reason = "a program for developers may panic")]

use std::path::{Path, PathBuf};

use imports::{BatchReader, Limits, read_file};
use product::validate;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder: make corpus DIR=…"));
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let (mut taken, mut refused) = (0, 0);
    for file in &files {
        let name = file.strip_prefix(&folder).unwrap_or(file).display().to_string();
        let extension =
            file.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
        let told = match extension.as_str() {
            "jpg" | "jpeg" | "png" | "webp" | "gif" | "tif" | "tiff" | "bmp" => picture(file),
            "csv" | "tsv" | "txt" | "xlsx" | "xls" | "ods" | "xml" | "json" | "jsonl" => table(file),
            _ => continue,
        };
        match told {
            Ok(what) => {
                taken += 1;
                println!("ok       {name}: {what}");
            }
            Err((code, message)) => {
                refused += 1;
                println!("refused  {name}: {code}: {message}");
            }
        }
    }
    println!("{taken} files were taken, {refused} refused");
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

type Told = Result<String, (String, String)>;

fn picture(file: &Path) -> Told {
    let bytes = std::fs::read(file).unwrap();
    let began = std::time::Instant::now();
    let rendered = images::render(&bytes, &[150, 300, 800], images::Limits::default())
        .map_err(|problem| (problem.code().to_owned(), problem.to_string()))?;
    let sizes: Vec<String> = rendered
        .thumbnails
        .iter()
        .map(|one| format!("{}x{} ({} kB)", one.width, one.height, one.bytes.len().div_ceil(1_000)))
        .collect();
    let took = began.elapsed().as_millis();
    Ok(format!("{} {}x{} -> {}, {took} ms", rendered.format, rendered.width, rendered.height, sizes.join(", ")))
}

fn table(file: &Path) -> Told {
    let limits = Limits { batch_rows: 1_000, file_rows: 1_000_000 };
    let (mut good, mut problems) = (0, std::collections::BTreeMap::<String, usize>::new());
    let parsed = read_file(std::fs::File::open(file).unwrap(), limits, |batch| {
        let mut reader = BatchReader::open(batch.bytes.as_slice()).unwrap();
        let rules = reader.header().rules.clone();
        while let Some((_, cells)) = reader.read().unwrap() {
            match cells.map_err(|error| vec![error]).and_then(|cells| validate(&cells, &rules)) {
                Ok(_) => good += 1,
                Err(errors) => errors.into_iter().for_each(|error| *problems.entry(error.code).or_default() += 1),
            }
        }
    });
    let parsed = parsed.map_err(|(code, message)| (code.to_owned(), message))?;
    Ok(format!("{} rows, {good} good; {problems:?}", parsed.rows))
}
