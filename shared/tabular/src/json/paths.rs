//! Finds the rows in a JSON file.

use crate::json::reader::MAX_DEPTH;
use crate::json::text::JsonText;

/// An array of objects in the beginning of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: String,
    /// How many objects it has; 0 for an object that is the only row itself.
    pub(crate) objects: usize,
    /// How many bytes of the file's beginning it takes.
    bytes: usize,
}

/// The arrays of objects in a file's first bytes, the most likely one first. The bytes may be cut anywhere. Empty for
/// JSON Lines and for a single object.
pub(crate) fn find_paths(head: &[u8]) -> Vec<Candidate> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut scan = Scan { json: JsonText::of(head), found: Vec::new() };
    if scan.json.peek() == Some(b'{') {
        scan.value(&mut String::new(), 0);
        // A second object after the first one: JSON Lines.
        if scan.json.peek() == Some(b'{') {
            return Vec::new();
        }
    } else {
        return vec![Candidate { path: String::new(), objects: 0, bytes: head.len() }];
    }
    const NAMES: [&str; 8] = ["products", "items", "articles", "data", "rows", "results", "records", "produits"];
    let has_usual_name = |candidate: &Candidate| {
        let name = candidate.path.rsplit('.').next().unwrap_or_default().to_lowercase();
        NAMES.contains(&name.as_str()) && candidate.objects > 0
    };
    // A list that is a small part of an object is one of its properties. Then the object itself is the row, or the
    // large object in it.
    let half = head.len() / 2;
    scan.found.retain(|candidate| has_usual_name(candidate) || candidate.bytes > half || candidate.objects > 20);
    scan.found.sort_by_key(|candidate| {
        std::cmp::Reverse((
            has_usual_name(candidate),
            candidate.objects > 0,
            candidate.bytes,
            std::cmp::Reverse(candidate.path.len()),
        ))
    });
    scan.found
}

struct Scan<'t> {
    json: JsonText<'t>,
    found: Vec<Candidate>,
}

impl Scan<'_> {
    /// Searches arrays of objects in objects, at most four levels down; not in arrays of arrays.
    fn value(&mut self, path: &mut String, depth: usize) -> Option<()> {
        match self.json.peek()? {
            b'{' => {
                self.json.at += 1;
                loop {
                    match self.json.peek()? {
                        b'}' => {
                            self.json.at += 1;
                            return Some(());
                        }
                        b',' | b':' => self.json.at += 1,
                        b'"' => {
                            let length = path.len();
                            let key = self.json.string()?;
                            let key = std::str::from_utf8(&key[1..key.len() - 1]).ok()?;
                            if !path.is_empty() {
                                path.push('.');
                            }
                            path.push_str(key);
                            while self.json.peek()? == b':' {
                                self.json.at += 1;
                            }
                            let begins = self.json.at;
                            let object = self.json.peek() == Some(b'{');
                            let place = self.found.len();
                            if object && depth == 0 {
                                self.found.push(Candidate { path: path.clone(), objects: 0, bytes: 0 });
                            }
                            let done = if depth < 4 { self.value(path, depth + 1) } else { self.skip(0).map(|_| ()) };
                            if object && depth == 0 {
                                self.found[place].bytes = self.json.at - begins;
                            }
                            path.truncate(length);
                            done?;
                        }
                        _ => return None,
                    }
                }
            }
            b'[' => {
                let place = self.found.len();
                let begins = self.json.at;
                self.found.push(Candidate { path: path.clone(), objects: 0, bytes: 0 });
                self.json.at += 1;
                let mut objects = 0;
                let mut other = false;
                let ended = loop {
                    match self.json.peek() {
                        None => break None,
                        Some(b']') => {
                            self.json.at += 1;
                            break Some(());
                        }
                        Some(b',') => self.json.at += 1,
                        Some(b'{') => {
                            objects += 1;
                            self.found[place].objects = objects;
                            if self.skip(0).is_none() {
                                break None;
                            }
                        }
                        Some(_) => {
                            other = true;
                            if self.skip(0).is_none() {
                                break None;
                            }
                        }
                    }
                };
                self.found[place].bytes = self.json.at - begins;
                if objects == 0 || other {
                    self.found.remove(place);
                }
                ended
            }
            _ => self.skip(0),
        }
    }

    fn skip(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.json.peek()? {
            b'"' => self.json.string().map(|_| ()),
            open @ (b'{' | b'[') => {
                let close = if open == b'{' { b'}' } else { b']' };
                self.json.at += 1;
                loop {
                    let next = self.json.peek()?;
                    if next == close {
                        self.json.at += 1;
                        return Some(());
                    }
                    if matches!(next, b',' | b':') {
                        self.json.at += 1;
                    } else {
                        self.skip(depth + 1)?;
                    }
                }
            }
            _ => (!self.json.word().is_empty()).then_some(()),
        }
    }
}
