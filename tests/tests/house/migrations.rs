//! What every migration keeps to.

use crate::root;

#[test]
fn functions_with_the_owners_rights_search_temporary_tables_last() {
    let mut checked = 0;
    for database in std::fs::read_dir(root().join("migrations")).unwrap().flatten() {
        let mut files: Vec<_> = std::fs::read_dir(database.path()).unwrap().flatten().map(|file| file.path()).collect();
        files.sort();
        let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap().to_lowercase()).collect();
        for created in text.split("function ").skip(1) {
            let head = created.split("$$").next().unwrap();
            if !head.contains("security definer") || !head.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            let name = head.split('(').next().unwrap();
            let altered = text
                .split(&format!("alter function {name}("))
                .skip(1)
                .any(|rest| rest.split(';').next().unwrap().contains("pg_temp"));
            let path = head.split("search_path").nth(1).unwrap_or_default();
            assert!(altered || path.contains("pg_temp"), "{} of {}", name, database.path().display());
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked} functions were found");
}
