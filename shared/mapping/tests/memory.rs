//! The memory of an expression is limited, as its steps are.
//!
//! A test program of its own with one test, because it measures the memory of its whole process.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use mapping::{Tables, Transforms, check_expression};
use product::DecimalMark;

/// The most memory that the process had so far, in MB (Linux).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn no_expression_takes_much_memory() {
    let repeated = |part: &str, by: &str, times: usize| vec![part; times].join(by);
    let doubled = (0..7).fold("value".to_owned(), |made, _| format!("({made} ~ {made})"));
    let bombs = [
        "\"a\" * 100000000".to_owned(),
        "100000000 * \"a\"".to_owned(),
        "[1] * 100000000".to_owned(),
        "[value] * 100000000".to_owned(),
        format!("(\"a\" * 9000000) | replace(\"a\", \"{}\") | length", "a".repeat(40)),
        format!("value | replace(\"a\", \"{}\")", "b".repeat(1_000)),
        format!("\"aaaaaaaaaa\"{}", " | replace(\"a\", \"aaaaaaaaaaaaaaaaaaaa\")".repeat(40)),
        "value | replace(\"\", value)".to_owned(),
        doubled,
        repeated("value", " ~ ", 200),
        repeated("value", " + ", 200),
        format!("[{}] | length", repeated("value | upper", ", ", 120)),
        format!("[{}] ~ \"\"", repeated("value", ", ", 250)),
        format!("[{}]", repeated("value", ", ", 250)),
        format!("[{}] | upper", repeated("value", ", ", 250)),
        format!("[{}] | join(\"\")", repeated("value", ", ", 250)),
        format!("{{{}}} ~ \"\"", repeated("\"a\": value", ", ", 100)),
        format!("value | regex_replace(\"(?s)^.*$\", \"{}\")", "$0".repeat(800)),
        format!("value | regex_replace(\"a\", \"{}\")", "b".repeat(1_500)),
        "value | split(\"\") | join(value)".to_owned(),
        "(value | split(\"\")) + (value | split(\"\"))".to_owned(),
        "value | split(\"\") | length".to_owned(),
        "row ~ row ~ row".to_owned(),
        "value | regex_find(\"(a{1,900}){1,900}\")".to_owned(),
        repeated("(value | title)", " ~ ", 80),
    ];
    let cell = "a".repeat(4 * 1024 * 1024);
    let cells: Vec<(String, String)> = (0..20).map(|at| (format!("c{at}"), "b".repeat(200_000))).collect();
    for bomb in &bombs {
        let shown: String = bomb.chars().take(60).collect();
        // Checking it runs it once.
        if check_expression(bomb).is_ok() {
            let transforms = Transforms::new([bomb.as_str()], &Tables::new(), DecimalMark::Point).unwrap();
            for value in ["", "a", cell.as_str()] {
                let row = transforms.row(cells.iter().map(|(column, cell)| (column.as_str(), cell.as_str())));
                if let Ok(result) = transforms.apply(bomb, value, &row) {
                    assert!(result.len() <= 100_000, "{shown}");
                }
            }
        }
        assert!(peak() < 200, "{} MB after {shown}", peak());
    }
}
