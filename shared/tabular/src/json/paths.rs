//! Where in a JSON file the rows are.

use crate::json::reader::MAX_DEPTH;
use crate::json::text::JsonText;

/// An array of objects that a file's beginning shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: String,
    /// How many objects were seen; 0 for an object that is the one row itself.
    pub(crate) objects: usize,
    /// How much of the file's beginning it is.
    bytes: usize,
}

/// The arrays of objects in a file's first bytes, which may be cut; the most likely one first. None for JSON Lines and for
/// a single object.
pub(crate) fn find_paths(head: &[u8]) -> Vec<Candidate> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut scan = Scan { json: JsonText::of(head), found: Vec::new() };
    if scan.json.peek() == Some(b'{') {
        scan.value(&mut String::new(), 0);
        // A second object after the first one: lines.
        if scan.json.peek() == Some(b'{') {
            return Vec::new();
        }
    } else {
        return vec![Candidate { path: String::new(), objects: 0, bytes: head.len() }];
    }
    const NAMES: [&str; 8] = ["products", "items", "articles", "data", "rows", "results", "records", "produits"];
    let named = |one: &Candidate| {
        let name = one.path.rsplit('.').next().unwrap_or_default().to_lowercase();
        NAMES.contains(&name.as_str()) && one.objects > 0
    };
    // A list that is a small part of an object is one of its properties: then the object itself is the row, or the large
    // object in it.
    let half = head.len() / 2;
    scan.found.retain(|one| named(one) || one.bytes > half || one.objects > 20);
    scan.found.sort_by_key(|one| {
        std::cmp::Reverse((named(one), one.objects > 0, one.bytes, std::cmp::Reverse(one.path.len())))
    });
    scan.found
}

struct Scan<'t> {
    json: JsonText<'t>,
    found: Vec<Candidate>,
}

impl Scan<'_> {
    /// Looks for arrays of objects in objects, at most four levels down; arrays in arrays are not looked into.
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
