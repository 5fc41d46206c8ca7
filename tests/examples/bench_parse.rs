//! `make bench`: the parse stage of `imports.parse_file`, without the cloud.
//!
//!     bench_parse FILE            reads, maps, batches and compresses the file
//!     bench_parse --baseline FILE reads the same file with the csv crate, or calamine, and does nothing with it
//!
//! Prints JSON: rows, seconds of CPU time, peak memory in MB.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap();
    let baseline = first == "--baseline";
    let path = if baseline { arguments.next().unwrap() } else { first };
    let file = std::fs::File::open(&path).unwrap();
    let rows = match (baseline, path.ends_with(".xlsx")) {
        (true, true) => read_sheet(file),
        (true, false) => read_only(file),
        (false, _) => parse(file),
    };
    println!("{}", serde_json::json!({"rows": rows, "cpu_seconds": cpu_seconds(), "peak_mb": peak_mb()}));
}

fn parse(file: std::fs::File) -> i64 {
    let mut options = db_imports::ImportOptions::default();
    let most = 1_000_000;
    options.limits = db_imports::SizeLimits { csv: most, excel: most, json: most, xml: most, ..options.limits };
    let mut bytes = 0;
    let parsed =
        imports::read_file(file, &options, imports::Limits { batch_rows: 1_000 }, |batch| bytes += batch.bytes.len())
            .unwrap();
    assert!(bytes > 0);
    i64::from(parsed.rows)
}

fn read_only(file: std::fs::File) -> i64 {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(file);
    let mut record = csv::StringRecord::new();
    let mut rows = 0;
    while reader.read_record(&mut record).unwrap() {
        rows += 1;
    }
    rows
}

/// Reads every cell of the first sheet.
fn read_sheet(file: std::fs::File) -> i64 {
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::BufReader::new(file)).unwrap();
    let name = book.sheet_names()[0].clone();
    let mut cells = book.worksheet_cells_reader(&name).unwrap();
    let mut last = 0;
    while let Some(cell) = cells.next_cell().unwrap() {
        last = cell.get_position().0;
    }
    i64::from(last)
}

/// Returns the user and system time of this process, in seconds (`/proc/self/stat` counts hundredths).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
