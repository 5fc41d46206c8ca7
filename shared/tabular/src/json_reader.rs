//! The objects of a JSON file as rows: an array, an array somewhere in an object, or JSON Lines.
//!
//! The file is scanned once, byte by byte; one object at a time is held and taken apart. Numbers keep the digits of the
//! file: nothing passes through a float.

use std::collections::HashMap;
use std::io::Read;

use crate::{ReadError, Row, RowProblem};

/// No object may be larger.
const MAX_OBJECT: usize = 4 * 1024 * 1024;
/// Objects in objects; deeper ones are not looked at.
const MAX_DEPTH: usize = 64;
/// More different paths than this are no table.
pub(crate) const MAX_COLUMNS: usize = 16_384;

/// The columns of a table without a header, in the order in which they appear.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Paths {
    /// The place of a path; a new one is added at the end, unless there are too many.
    pub(crate) fn place(&mut self, path: &str) -> Option<usize> {
        if let Some(place) = self.places.get(path) {
            return Some(*place);
        }
        if self.names.len() == MAX_COLUMNS {
            return None;
        }
        self.names.push(path.to_owned());
        self.places.insert(path.to_owned(), self.names.len() - 1);
        Some(self.names.len() - 1)
    }
}

/// The cells of one record, gathered in any order; a path that comes again is put below what is there.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    cells: Vec<String>,
    filled: Vec<bool>,
    pub(crate) too_many: bool,
}

impl Gathered {
    pub(crate) fn put(&mut self, paths: &mut Paths, path: &str, text: &str) {
        let Some(place) = paths.place(path) else {
            self.too_many = true;
            return;
        };
        if self.cells.len() <= place {
            self.cells.resize(place + 1, String::new());
            self.filled.resize(place + 1, false);
        }
        if self.filled[place] {
            if !text.is_empty() {
                self.cells[place].push('\n');
            }
        } else {
            self.filled[place] = true;
        }
        self.cells[place].push_str(text);
    }

    /// Moves the cells into a row.
    pub(crate) fn empty_into(&mut self, row: &mut Row) {
        for cell in &mut self.cells {
            row.push(cell);
            cell.clear();
        }
        self.filled.iter_mut().for_each(|filled| *filled = false);
    }
}

pub(crate) struct JsonReader<R> {
    bytes: Bytes<R>,
    pub(crate) paths: Paths,
    gathered: Gathered,
    object: Vec<u8>,
    number: u64,
    mode: Mode,
    pub(crate) keep_objects: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Values one after the other: JSON Lines.
    Lines,
    /// Inside the array of rows.
    Array,
    /// One object, which was given or not.
    Single(bool),
    End,
}

impl<R: Read> JsonReader<R> {
    /// Opens the rows at `path`, as [`find_path`] told or the caller chose; `None` = the top.
    pub(crate) fn new(source: R, path: Option<&str>) -> Result<Self, ReadError> {
        let mut reader = Self {
            bytes: Bytes::new(source),
            paths: Paths::default(),
            gathered: Gathered::default(),
            object: Vec::new(),
            number: 0,
            mode: Mode::Lines,
            keep_objects: false,
        };
        reader.bytes.skip_mark()?;
        let wanted: Vec<&str> = path.unwrap_or_default().split('.').filter(|key| !key.is_empty()).collect();
        reader.descend(&wanted)?;
        Ok(reader)
    }

    pub(crate) fn is_lines(&self) -> bool {
        self.mode == Mode::Lines
    }

    fn descend(&mut self, wanted: &[&str]) -> Result<(), ReadError> {
        let first = self.bytes.next_token()?.ok_or(ReadError::Empty)?;
        if first == b'[' && wanted.is_empty() {
            self.bytes.take()?;
            self.mode = Mode::Array;
            return Ok(());
        }
        if first != b'{' && first != b'[' {
            return Err(self.bad("expected an object or an array of objects"));
        }
        if wanted.is_empty() {
            self.mode = Mode::Lines;
            return Ok(());
        }
        for (at, key) in wanted.iter().enumerate() {
            self.enter(key)?;
            let token = self.bytes.next_token()?;
            let last = at + 1 == wanted.len();
            match token {
                Some(b'[') if last => {
                    self.bytes.take()?;
                    self.mode = Mode::Array;
                }
                Some(b'{') if last => self.mode = Mode::Single(false),
                Some(b'{') => {}
                _ => return Err(ReadError::PathMissing(wanted.join("."))),
            }
        }
        Ok(())
    }

    /// Goes into the object that begins here, to the value of `key`.
    fn enter(&mut self, key: &str) -> Result<(), ReadError> {
        if self.bytes.take()? != Some(b'{') {
            return Err(self.bad("expected an object"));
        }
        loop {
            match self.bytes.next_token()? {
                Some(b'"') => {
                    let found = self.string()?;
                    self.colon()?;
                    if found == key {
                        return Ok(());
                    }
                    self.object.clear();
                    self.bytes.next_token()?;
                    self.bytes.skip_value()?;
                }
                Some(b',') => {
                    self.bytes.take()?;
                }
                _ => return Err(ReadError::PathMissing(key.to_owned())),
            }
        }
    }

    fn string(&mut self) -> Result<String, ReadError> {
        self.object.clear();
        self.bytes.copy_value(&mut self.object, MAX_OBJECT).map_err(|problem| problem.at(self.number + 1))?;
        serde_json::from_slice(&self.object).map_err(|_| self.bad("expected a text"))
    }

    fn colon(&mut self) -> Result<(), ReadError> {
        if self.bytes.next_token()? == Some(b':') {
            self.bytes.take()?;
            return Ok(());
        }
        Err(self.bad("expected a colon after a key"))
    }

    fn bad(&self, expected: &'static str) -> ReadError {
        ReadError::Malformed { row: self.number + 1, what: format!("{expected}, at byte {}", self.bytes.offset) }
    }

    pub(crate) fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        loop {
            row.clear();
            let token = match self.mode {
                Mode::End | Mode::Single(true) => return Ok(false),
                _ => self.bytes.next_token()?,
            };
            match (self.mode, token) {
                (Mode::Array, Some(b']')) => {
                    self.mode = Mode::End;
                    return Ok(false);
                }
                (Mode::Array, Some(b',')) => {
                    self.bytes.take()?;
                    continue;
                }
                (Mode::Array, None) => {
                    return Err(ReadError::CutShort { row: self.number + 1 });
                }
                (Mode::Lines, None) => {
                    self.mode = Mode::End;
                    return Ok(false);
                }
                (Mode::Lines, Some(b',')) => return Err(self.bad("expected an object on each line")),
                _ => {}
            }
            if let Mode::Single(_) = self.mode {
                self.mode = Mode::Single(true);
            }
            self.number += 1;
            row.number = self.number;
            self.object.clear();
            self.bytes.copy_value(&mut self.object, MAX_OBJECT).map_err(|problem| problem.at(self.number))?;
            let mut flat = Flat { text: &self.object, at: 0, paths: &mut self.paths, gathered: &mut self.gathered };
            let mut path = String::new();
            match flat.value(&mut path, 0) {
                Some(()) => {}
                None => {
                    let at = flat.at;
                    row.problem =
                        Some(RowProblem::Malformed(format!("the object is no valid JSON at its byte {}", at + 1)));
                }
            }
            if self.gathered.too_many {
                return Err(ReadError::TooManyColumns);
            }
            self.gathered.empty_into(row);
            if self.keep_objects {
                row.object.extend_from_slice(&self.object);
            }
            if row.problem.is_some() || !row.is_blank() {
                return Ok(true);
            }
        }
    }
}

/// Takes an object apart into paths and texts.
struct Flat<'t> {
    text: &'t [u8],
    at: usize,
    paths: &'t mut Paths,
    gathered: &'t mut Gathered,
}

impl Flat<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_slice(self.text.get(start..self.at)?).ok()
    }

    fn value(&mut self, path: &mut String, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => {
                self.at += 1;
                loop {
                    match self.peek()? {
                        b'}' => {
                            self.at += 1;
                            return Some(());
                        }
                        b',' => self.at += 1,
                        b'"' => {
                            let key = self.string()?;
                            if self.peek()? != b':' {
                                return None;
                            }
                            self.at += 1;
                            let length = path.len();
                            if !path.is_empty() {
                                path.push('.');
                            }
                            path.push_str(&key);
                            self.value(path, depth + 1)?;
                            path.truncate(length);
                        }
                        _ => return None,
                    }
                }
            }
            b'[' => {
                self.at += 1;
                loop {
                    match self.peek()? {
                        b']' => {
                            self.at += 1;
                            return Some(());
                        }
                        b',' => self.at += 1,
                        b'{' => {
                            let length = path.len();
                            path.push_str("[]");
                            self.value(path, depth + 1)?;
                            path.truncate(length);
                        }
                        _ => self.value(path, depth + 1)?,
                    }
                }
            }
            b'"' => {
                let text = self.string()?;
                self.gathered.put(self.paths, if path.is_empty() { "value" } else { path }, &text);
                Some(())
            }
            _ => {
                let start = self.at;
                while self
                    .text
                    .get(self.at)
                    .is_some_and(|byte| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace())
                {
                    self.at += 1;
                }
                let word = std::str::from_utf8(&self.text[start..self.at]).ok()?;
                let number =
                    word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
                let text = match word {
                    "null" => "",
                    "true" | "false" => word,
                    _ if number && !word.is_empty() => word,
                    _ => return None,
                };
                self.gathered.put(self.paths, if path.is_empty() { "value" } else { path }, text);
                Some(())
            }
        }
    }
}

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
    let mut scan = Scan { text: head, at: 0, found: Vec::new() };
    if scan.skip_space() == Some(b'{') {
        scan.value(&mut String::new(), 0);
        // A second object after the first one: lines.
        if scan.skip_space().is_some() && scan.at < head.len() && head.get(scan.at) == Some(&b'{') {
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
    text: &'t [u8],
    at: usize,
    found: Vec<Candidate>,
}

impl Scan<'_> {
    fn skip_space(&mut self) -> Option<u8> {
        while self
            .text
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF))
        {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn string(&mut self) -> Option<&str> {
        let start = self.at + 1;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        std::str::from_utf8(self.text.get(start..self.at - 1)?).ok()
    }

    /// Looks for arrays of objects in objects, at most four levels down; arrays in arrays are not looked into.
    fn value(&mut self, path: &mut String, depth: usize) -> Option<()> {
        match self.skip_space()? {
            b'{' => {
                self.at += 1;
                loop {
                    match self.skip_space()? {
                        b'}' => {
                            self.at += 1;
                            return Some(());
                        }
                        b',' | b':' => self.at += 1,
                        b'"' => {
                            let length = path.len();
                            let key = self.string()?.to_owned();
                            if !path.is_empty() {
                                path.push('.');
                            }
                            path.push_str(&key);
                            while self.skip_space()? == b':' {
                                self.at += 1;
                            }
                            let begins = self.at;
                            let object = self.skip_space() == Some(b'{');
                            let place = self.found.len();
                            if object && depth == 0 {
                                self.found.push(Candidate { path: path.clone(), objects: 0, bytes: 0 });
                            }
                            let done = if depth < 4 { self.value(path, depth + 1) } else { self.skip(0).map(|_| ()) };
                            if object && depth == 0 {
                                self.found[place].bytes = self.at - begins;
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
                let begins = self.at;
                self.found.push(Candidate { path: path.clone(), objects: 0, bytes: 0 });
                self.at += 1;
                let mut objects = 0;
                let mut other = false;
                let ended = loop {
                    match self.skip_space() {
                        None => break None,
                        Some(b']') => {
                            self.at += 1;
                            break Some(());
                        }
                        Some(b',') => self.at += 1,
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
                self.found[place].bytes = self.at - begins;
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
        match self.skip_space()? {
            b'"' => self.string().map(|_| ()),
            open @ (b'{' | b'[') => {
                let close = if open == b'{' { b'}' } else { b']' };
                self.at += 1;
                loop {
                    let next = self.skip_space()?;
                    if next == close {
                        self.at += 1;
                        return Some(());
                    }
                    if matches!(next, b',' | b':') {
                        self.at += 1;
                    } else {
                        self.skip(depth + 1)?;
                    }
                }
            }
            _ => {
                let start = self.at;
                while self
                    .text
                    .get(self.at)
                    .is_some_and(|byte| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace())
                {
                    self.at += 1;
                }
                if self.at == start { None } else { Some(()) }
            }
        }
    }
}

/// What is wrong with a value that is scanned.
enum ScanProblem {
    Read(ReadError),
    Cut,
    TooLarge,
}

impl ScanProblem {
    fn at(self, row: u64) -> ReadError {
        match self {
            ScanProblem::Read(error) => error,
            ScanProblem::Cut => ReadError::CutShort { row },
            ScanProblem::TooLarge => ReadError::RowTooLong { row },
        }
    }
}

/// A source, a byte at a time.
struct Bytes<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl<R: Read> Bytes<R> {
    fn new(source: R) -> Self {
        Self { source, buffer: vec![0; 64 * 1024], start: 0, end: 0, offset: 0 }
    }

    fn fill(&mut self) -> Result<bool, ReadError> {
        if self.start < self.end {
            return Ok(true);
        }
        loop {
            match self.source.read(&mut self.buffer) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    (self.start, self.end) = (0, read);
                    return Ok(true);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self) -> Result<Option<u8>, ReadError> {
        if !self.fill()? {
            return Ok(None);
        }
        self.start += 1;
        self.offset += 1;
        Ok(Some(self.buffer[self.start - 1]))
    }

    fn skip_mark(&mut self) -> Result<(), ReadError> {
        if self.fill()? && self.buffer[self.start..self.end].starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.start += 3;
        }
        Ok(())
    }

    /// The next byte that is no space, left where it is.
    fn next_token(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            let byte = self.buffer[self.start];
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.start += 1;
            self.offset += 1;
        }
    }

    fn skip_value(&mut self) -> Result<(), ReadError> {
        self.scan(|_| true).map_err(|problem| problem.at(0))
    }

    fn copy_value(&mut self, out: &mut Vec<u8>, most: usize) -> Result<(), ScanProblem> {
        self.scan(|bytes| {
            out.extend_from_slice(bytes);
            out.len() <= most
        })
    }

    /// Follows one value to its end; `piece` gets its bytes and says whether to go on.
    fn scan(&mut self, mut piece: impl FnMut(&[u8]) -> bool) -> Result<(), ScanProblem> {
        let (mut depth, mut in_string, mut escaped, mut begun) = (0_usize, false, false, false);
        loop {
            if !self.fill().map_err(ScanProblem::Read)? {
                return if begun && depth == 0 && !in_string { Ok(()) } else { Err(ScanProblem::Cut) };
            }
            let from = self.start;
            let mut ended = false;
            while self.start < self.end {
                let byte = self.buffer[self.start];
                if in_string {
                    self.start += 1;
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => {
                            in_string = false;
                            ended = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    match byte {
                        b'"' => in_string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 0 => {
                            depth -= 1;
                            ended = depth == 0;
                        }
                        // The end of a bare word at the top.
                        b',' | b'}' | b']' if depth == 0 && begun => {
                            ended = true;
                            break;
                        }
                        _ if depth == 0 && begun && byte.is_ascii_whitespace() => {
                            ended = true;
                            break;
                        }
                        _ => {}
                    }
                    self.start += 1;
                }
                begun = true;
                if ended {
                    break;
                }
            }
            self.offset += (self.start - from) as u64;
            if !piece(&self.buffer[from..self.start]) {
                return Err(ScanProblem::TooLarge);
            }
            if ended {
                return Ok(());
            }
        }
    }
}
