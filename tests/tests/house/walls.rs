//! Rules inside each crate: no import cycles between files, no imports of handlers, folders in large crates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use e2e::functions;

use crate::{files, root};

/// The imports between the files of one crate.
struct Crate {
    name: String,
    /// The files by module path: the empty one is the root, `find::search` is `find/search.rs`.
    modules: BTreeMap<Vec<String>, Source>,
}

struct Source {
    path: PathBuf,
    /// The code without comments and string literals.
    code: String,
    /// Names that the file exports again: `pub use search::ProductQuery` -> `ProductQuery`, `search`.
    handed_on: BTreeMap<String, Vec<String>>,
    /// The paths that it uses, each with the name at its end.
    used: Vec<Vec<String>>,
}

impl Crate {
    fn read(manifest: &Path) -> Self {
        let folder = manifest.join("src");
        let mut modules = BTreeMap::new();
        for path in files(folder.strip_prefix(root()).unwrap().to_str().unwrap(), ".rs") {
            let inside = path.strip_prefix(&folder).unwrap().with_extension("");
            let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                module.pop();
            }
            // `main.rs` of an executable beside a library is a crate of its own, of a few lines.
            if inside == Path::new("main") && folder.join("lib.rs").exists() {
                continue;
            }
            let code = without_comments_and_texts(&std::fs::read_to_string(&path).unwrap());
            let code = without_tests(&code);
            let (mut handed_on, mut used) = (BTreeMap::new(), Vec::new());
            for (public, tree) in uses(&code) {
                for path in leaves(&tree) {
                    let path = absolute(&module, path);
                    let Some(path) = path else { continue };
                    if public && let Some(name) = path.last() {
                        handed_on.insert(name.clone(), path.clone());
                    }
                    if !public {
                        used.push(path);
                    }
                }
            }
            used.extend(inline_paths(&code).into_iter().filter_map(|path| absolute(&module, path)));
            modules.insert(module, Source { path, code, handed_on, used });
        }
        Self { name: manifest.strip_prefix(root()).unwrap().display().to_string(), modules }
    }

    /// Returns the module that defines the item of a path, following `pub use`.
    fn origin(&self, path: &[String]) -> Option<&Vec<String>> {
        let deepest = (0..=path.len()).rev().find_map(|length| self.modules.get_key_value(&path[..length]))?;
        let (module, source) = deepest;
        if let Some(next) = path.get(module.len())
            && let Some(from) = source.handed_on.get(next)
            && from.len() > module.len()
            && from != path
        {
            return self.origin(from);
        }
        Some(module)
    }

    fn arrows(&self) -> BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> {
        let targets = |module: &Vec<String>, source: &Source| {
            let targets = source.used.iter().filter_map(|path| self.origin(path));
            targets.filter(|target| *target != module && !target.is_empty()).collect::<BTreeSet<_>>()
        };
        self.modules.iter().map(|(module, source)| (module, targets(module, source))).collect()
    }

    /// Returns the groups of files that import each other in a cycle.
    fn cycles(&self) -> Vec<Vec<String>> {
        let arrows = self.arrows();
        let reach = |from: &Vec<String>| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(module) = next.pop() {
                for target in arrows.get(&module).into_iter().flatten() {
                    if seen.insert((*target).clone()) {
                        next.push((*target).clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> =
            self.modules.keys().map(|module| (module, reach(module))).collect();
        let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
        for (module, theirs) in reached.iter().filter(|(module, theirs)| theirs.contains(**module)) {
            let circle = theirs.iter().filter(|other| reached[other].contains(*module));
            circles.insert(circle.map(|one| one.join("::")).collect());
        }
        circles.into_iter().collect()
    }
}

/// Returns the text with spaces instead of comments, strings and characters.
fn without_comments_and_texts(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut code, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let rest = &text[at..];
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let open = hashes + 2;
            rest[open..].find(&end).map_or(rest.len(), |found| open + found + end.len())
        } else if rest.starts_with('"') {
            let mut end = 1;
            while end < rest.len() && bytes[at + end] != b'"' {
                end += if bytes[at + end] == b'\\' { 2 } else { 1 };
            }
            (end + 1).min(rest.len())
        } else if let Some(escaped) = rest.strip_prefix("'\\") {
            escaped.find('\'').map_or(1, |end| end + 3)
        } else if rest.starts_with('\'') && rest.chars().nth(2) == Some('\'') {
            rest.char_indices().nth(3).map_or(rest.len(), |(end, _)| end)
        } else {
            0
        };
        if skip == 0 {
            code.push(bytes[at]);
            at += 1;
            continue;
        }
        code.extend(bytes[at..at + skip].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        at += skip;
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    String::from_utf8_lossy(&code).into_owned()
}

fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn without_tests(code: &str) -> String {
    code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

/// Returns the trees of the `use` items, and whether each is exported again.
fn uses(code: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].trim_end_matches(' ');
        let public = before.ends_with("pub") || before.ends_with("pub(crate)") || before.ends_with("pub(super)");
        let begins = before.is_empty() || before.ends_with(['\n', ';', '}', '{']) || public;
        if begins && let Some(end) = code[at..].find(';') {
            found.push((public, code[at + 4..at + end].split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    found
}

/// `a::{b, c::d as e}` -> `a::b`, `a::c::d`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    fn walk(tree: &str, prefix: &[String], found: &mut Vec<Vec<String>>) {
        let Some((head, inside)) = tree.split_once('{') else {
            let path = tree.split(" as ").next().unwrap_or_default();
            let parts = path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
            let mut path = prefix.to_vec();
            path.extend(parts.filter(|part| part != "self" || prefix.is_empty()));
            found.push(path);
            return;
        };
        let mut prefix = prefix.to_vec();
        prefix.extend(head.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()));
        let (mut depth, mut begin) = (0, 0);
        let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
        for (at, byte) in inside.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b',' if depth == 0 => {
                    walk(&inside[begin..at], &prefix, found);
                    begin = at + 1;
                }
                _ => {}
            }
        }
        if !inside[begin..].trim().is_empty() {
            walk(&inside[begin..], &prefix, found);
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}

/// Returns the paths within code, such as `crate::links::links(…)`.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let path: String =
                code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            found.push(path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect());
        }
    }
    found
}

/// Returns a path from the crate's root, if it names an item of this crate.
fn absolute(module: &[String], mut path: Vec<String>) -> Option<Vec<String>> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        // `pub use search::ProductQuery` in the file above `search`.
        _ => {
            let mut inside = module.to_vec();
            inside.extend(path);
            return Some(inside);
        }
    };
    path.remove(0);
    while path.first().is_some_and(|part| part == "super") {
        base.pop()?;
        path.remove(0);
    }
    base.extend(path);
    Some(base)
}

fn crates() -> Vec<Crate> {
    let manifests = files("functions", "Cargo.toml").into_iter().chain(files("shared", "Cargo.toml"));
    manifests.map(|manifest| Crate::read(manifest.parent().unwrap())).collect()
}

#[test]
fn the_files_of_a_crate_import_each_other_without_cycles() {
    let circles: Vec<String> = crates()
        .iter()
        .flat_map(|one| one.cycles().into_iter().map(|circle| format!("{}: {}", one.name, circle.join(", "))))
        .collect();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn a_handler_file_exports_the_handler_and_is_not_imported() {
    let mut wrong = Vec::new();
    for one in crates() {
        let Some(domain) = one.name.strip_prefix("functions/") else { continue };
        let handlers: BTreeSet<&str> =
            functions().filter_map(|function| function.name.strip_prefix(domain)?.strip_prefix('.')).collect();
        let arrows = one.arrows();
        for (module, source) in &one.modules {
            let Some(handler) = module.last().filter(|name| handlers.contains(name.as_str())) else { continue };
            let exported: Vec<&str> = source
                .code
                .lines()
                .filter(|line| line.starts_with("pub ") || line.starts_with("pub(crate) "))
                .filter(|line| line.contains(" fn ") || line.contains(" const ") || line.contains(" static "))
                .collect();
            if exported.len() != 1 || !exported[0].contains(&format!("fn {handler}(")) {
                wrong.push(format!("{}: exports {exported:?}", source.path.display()));
            }
            for (by, _) in arrows.iter().filter(|(_, targets)| targets.contains(module)) {
                wrong.push(format!("{}: is imported by {}", source.path.display(), by.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_with_more_than_a_dozen_files_has_folders() {
    let mut wrong = Vec::new();
    for one in crates() {
        let mut rooms: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for source in one.modules.values() {
            *rooms.entry(source.path.parent().unwrap().to_owned()).or_default() += 1;
        }
        let crowded = rooms.iter().filter(|(_, files)| **files > 20 || (**files > 13 && rooms.len() == 1));
        wrong.extend(crowded.map(|(folder, files)| format!("{}: {files} files", folder.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
