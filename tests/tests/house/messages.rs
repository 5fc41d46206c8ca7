//! The catalogue of messages holds what users see, all of it and nothing else.

use std::collections::HashSet;
use std::fs::read_to_string;

use crate::files;

/// The text of all Rust files of the functions and the shared crates, without the catalogue.
fn sources() -> String {
    let paths = ["functions", "shared"].into_iter().flat_map(|folder| files(folder, ".rs"));
    paths
        // In tests a literal stands for the words of a server.
        .filter(|path| !["messages/src/texts", "/tests/"].iter().any(|part| path.to_string_lossy().contains(part)))
        .map(|path| read_to_string(path).unwrap().split("#[cfg(test)]").next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_message_is_used() {
    let sources = sources();
    let words = |separator: fn(char) -> bool| sources.split(separator).collect::<HashSet<&str>>();
    let names = words(|c| !c.is_alphanumeric() && c != '_');
    // As `imports::file_empty` or `say::file_empty`: the last part of a path.
    let called: HashSet<&str> = words(|c| !c.is_alphanumeric() && c != '_' && c != ':')
        .into_iter()
        .filter_map(|path| path.rsplit_once("::").map(|(_, name)| name))
        .collect();
    let codes = messages::entries().into_iter().map(|entry| entry.code);
    let unused: Vec<&str> = codes
        .filter(|code| {
            let name = code.split('.').nth(1).unwrap();
            // The table of permissions names these to a macro.
            let in_table = name.starts_with("may_") && names.contains(name);
            !called.contains(name) && !in_table
        })
        .collect();
    assert!(unused.is_empty(), "messages that nobody uses: {unused:?}");
}

#[test]
fn words_of_others_are_not_words_of_ours() {
    // The types of errors take a `Text`. What is said beside the catalogue could only come as words of somebody else.
    for part in sources().split("Text::verbatim(").skip(1) {
        let literal = part.strip_prefix("format!(").unwrap_or(part).strip_prefix('"');
        let Some(literal) = literal.and_then(|rest| rest.split("\")").next()) else { continue };
        let words: String = literal.split('{').flat_map(|piece| piece.split('}').next_back()).collect();
        assert!(!words.contains(char::is_alphabetic), "put \"{literal}\" into the catalogue of messages");
    }
}
