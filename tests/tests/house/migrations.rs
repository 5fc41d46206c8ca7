//! What every migration keeps to.

use crate::root;

#[test]
fn functions_with_the_owners_rights_search_temporary_tables_last() {
    let mut checked = 0;
    for database in std::fs::read_dir(root().join("migrations")).unwrap().flatten() {
        let mut files: Vec<_> = std::fs::read_dir(database.path()).unwrap().flatten().map(|file| file.path()).collect();
        files.sort();
        let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap().to_lowercase()).collect();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        for (at, _) in text.match_indices("function ") {
            let created = &text[at + "function ".len()..];
            // The attributes stand before or after the body, which is between two `$$`.
            let mut parts = created.split("$$");
            let head = parts.next().unwrap();
            let tail = parts.nth(1).and_then(|tail| tail.split(';').next()).unwrap_or_default();
            if !head.starts_with(|c: char| c.is_ascii_alphabetic()) || head.contains(';') {
                continue;
            }
            let attributes = format!("{head} {tail}");
            if !attributes.contains("security definer") {
                continue;
            }
            let name = head.split('(').next().unwrap();
            // What comes later counts: creating a function again resets its path.
            let altered = text[at..]
                .split(&format!("alter function {name}("))
                .skip(1)
                .any(|rest| rest.split(';').next().unwrap().contains("pg_temp"));
            let path = attributes.split("search_path").nth(1).unwrap_or_default();
            assert!(altered || path.contains("pg_temp"), "{} of {}", name, database.path().display());
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked} functions were found");
}
