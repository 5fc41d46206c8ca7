//! The objects of a JSON file as rows: an array, an array somewhere in an object, or JSON Lines.
//!
//! The file is scanned once, byte by byte; one object at a time is held in memory and split into cells. Numbers keep
//! the digits of the file: no value passes through a float.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

use messages::{Text, files};

use crate::book::reader::typed;
use crate::error::{ReadError, RowProblem};
use crate::json::bytes::Bytes;
use crate::json::text::JsonText;
use crate::row::{Row, TYPED};

/// An object may have at most this many bytes.
const MAX_OBJECT: usize = 4 * 1024 * 1024;
/// Objects may be nested at most this deep.
pub(crate) const MAX_DEPTH: usize = 64;
/// A table may have at most this many columns (different paths).
pub(crate) const MAX_COLUMNS: usize = 16_384;

/// The columns of a table without a header, in the order in which they appear.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Paths {
    /// The place of a path. A new path is added at the end; `None` if there are too many.
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

/// The cells of one record, collected in any order. A further value of the same path is added to the cell on a new
/// line.
#[derive(Debug, Default)]
pub(crate) struct CellCollector {
    cells: Vec<String>,
    filled: Vec<bool>,
    pub(crate) too_many: bool,
}

impl CellCollector {
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
            if self.cells[place].ends_with(TYPED) {
                self.cells[place].pop();
            }
            let text = text.trim_end_matches(TYPED);
            if !text.is_empty() {
                self.cells[place].push('\n');
            }
            return self.cells[place].push_str(text);
        }
        self.filled[place] = true;
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
    gathered: CellCollector,
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
    /// One object; `true` after it was read.
    Single(bool),
    End,
}

impl<R: Read> JsonReader<R> {
    /// Opens the rows at `path`, which [`find_paths`](crate::json::paths::find_paths) found or the caller chose; `None`
    /// is the top level.
    pub(crate) fn new(source: R, path: Option<&str>) -> Result<Self, ReadError> {
        let mut reader = Self {
            bytes: Bytes::new(source),
            paths: Paths::default(),
            gathered: CellCollector::default(),
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
            return Err(self.bad(files::object_or_array_expected()));
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

    /// Enters the object that begins here, and moves to the value of `key`.
    fn enter(&mut self, key: &str) -> Result<(), ReadError> {
        if self.bytes.take()? != Some(b'{') {
            return Err(self.bad(files::object_expected()));
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
        serde_json::from_slice(&self.object).map_err(|_| self.bad(files::text_expected()))
    }

    fn colon(&mut self) -> Result<(), ReadError> {
        if self.bytes.next_token()? == Some(b':') {
            self.bytes.take()?;
            return Ok(());
        }
        Err(self.bad(files::colon_expected()))
    }

    fn bad(&self, expected: Text) -> ReadError {
        ReadError::Malformed { row: self.number + 1, problem: files::at_byte(expected, self.bytes.offset) }
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
                (Mode::Lines, Some(b',')) => return Err(self.bad(files::object_on_each_line_expected())),
                _ => {}
            }
            if let Mode::Single(_) = self.mode {
                self.mode = Mode::Single(true);
            }
            self.number += 1;
            row.number = self.number;
            self.object.clear();
            self.bytes.copy_value(&mut self.object, MAX_OBJECT).map_err(|problem| problem.at(self.number))?;
            let mut flat =
                Flat { json: JsonText::of(&self.object), paths: &mut self.paths, gathered: &mut self.gathered };
            let mut path = String::new();
            match flat.value(&mut path, 0) {
                Some(()) => {}
                None => {
                    let at = flat.json.at;
                    row.problem = Some(RowProblem::Malformed(files::object_invalid(at + 1)));
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

/// Splits an object into paths and texts.
struct Flat<'t> {
    json: JsonText<'t>,
    paths: &'t mut Paths,
    gathered: &'t mut CellCollector,
}

impl Flat<'_> {
    fn string(&mut self) -> Option<String> {
        serde_json::from_slice(self.json.string()?).ok()
    }

    fn value(&mut self, path: &mut String, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.json.peek()? {
            b'{' => {
                self.json.at += 1;
                loop {
                    match self.json.peek()? {
                        b'}' => {
                            self.json.at += 1;
                            return Some(());
                        }
                        b',' => self.json.at += 1,
                        b'"' => {
                            let key = self.string()?;
                            if self.json.peek()? != b':' {
                                return None;
                            }
                            self.json.at += 1;
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
                self.json.at += 1;
                loop {
                    match self.json.peek()? {
                        b']' => {
                            self.json.at += 1;
                            return Some(());
                        }
                        b',' => self.json.at += 1,
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
                let word = std::str::from_utf8(self.json.word()).ok()?;
                let number =
                    word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
                let text = match word {
                    "null" => Cow::Borrowed(""),
                    "true" | "false" => Cow::Borrowed(word),
                    _ if number && !word.is_empty() => typed(word),
                    _ => return None,
                };
                self.gathered.put(self.paths, if path.is_empty() { "value" } else { path }, &text);
                Some(())
            }
        }
    }
}
