//! The catalogue of messages holds what users see, all of it and nothing else.

use std::collections::HashSet;
use std::fs::read_to_string;

use crate::root;

/// The text of all Rust files of the functions and the shared crates, without the catalogue.
fn sources() -> String {
    let (mut text, mut folders) = (String::new(), vec![root().join("functions"), root().join("shared")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("messages/src/texts") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let file = read_to_string(path).unwrap();
                // In tests a literal stands for the words of a server.
                text.push_str(file.split("#[cfg(test)]").next().unwrap());
            }
        }
    }
    text
}

#[test]
fn every_message_is_used() {
    let sources = sources();
    let names: HashSet<&str> = sources.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let codes = messages::entries().into_iter().map(|entry| entry.code);
    let unused: Vec<&str> = codes.filter(|code| !names.contains(code.split('.').nth(1).unwrap())).collect();
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
