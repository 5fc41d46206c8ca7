//! The repeated elements of an XML file as rows.
//!
//! Events are read as a stream; one element at a time is split into paths (`price/@currency`, `FEATURE[Farbe]`).
//! Entities that a document defines itself are never expanded, so that they cannot grow; nothing is fetched.

use std::io::{BufReader, Read};

use messages::files;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, Writer, XmlVersion};

use crate::error::ReadError;
use crate::json::reader::{CellCollector, Paths};
use crate::row::Row;

/// An element may hold at most this many bytes of text.
const MAX_ELEMENT: usize = 4 * 1024 * 1024;
pub(crate) const MAX_DEPTH: usize = 64;
/// An element with its markup may have at most this many bytes.
const MAX_OBJECT: usize = 4 * MAX_ELEMENT;
/// At most this many bytes may be between two markups: quick-xml holds them in memory at once.
const MAX_PIECE: u64 = 8 * 1024 * 1024;

/// Elements that hold a name and a value, as (element, its name, its value). The value gets a path with that name.
const PAIRS: [(&str, &str, &str); 3] =
    [("FEATURE", "FNAME", "FVALUE"), ("postmeta", "meta_key", "meta_value"), ("attribute", "name", "value")];

pub(crate) fn configure<R>(reader: &mut Reader<R>) {
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.check_end_names = true;
}

/// A source that fails when one piece between two markups is too large.
struct Bounded<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(out)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, crate::error::TooMuch))?;
        Ok(read)
    }
}

pub(crate) struct XmlReader<R: Read> {
    reader: Reader<BufReader<Bounded<R>>>,
    buffer: Vec<u8>,
    wanted: Vec<String>,
    /// The open elements outside the rows.
    stack: Vec<BytesStart<'static>>,
    pub(crate) paths: Paths,
    gathered: CellCollector,
    number: u64,
    bytes: usize,
    /// Whether each row contains its element.
    pub(crate) keep_objects: bool,
    object: Writer<Vec<u8>>,
    /// The start tags around the first row, and their end tags.
    pub(crate) frame: Option<(String, String)>,
}

/// An element that is open inside a row.
struct Open {
    /// The length of the path before it.
    path: usize,
    name: String,
    text: String,
    has_children: bool,
    /// How many elements of HTML are open in its text.
    markup: usize,
    /// Name and value of an element that holds a pair.
    pair: Option<(String, String)>,
}

impl<R: Read> XmlReader<R> {
    pub(crate) fn new(source: R, path: &str) -> Self {
        let mut reader = Reader::from_reader(BufReader::with_capacity(64 * 1024, Bounded { source, left: MAX_PIECE }));
        configure(&mut reader);
        Self {
            reader,
            buffer: Vec::new(),
            wanted: path.split('/').map(str::to_owned).collect(),
            stack: Vec::new(),
            paths: Paths::default(),
            gathered: CellCollector::default(),
            number: 0,
            bytes: 0,
            keep_objects: false,
            object: Writer::new(Vec::new()),
            frame: None,
        }
    }

    /// Whether the open elements are those of a row.
    fn at_row(&self) -> bool {
        self.stack.len() == self.wanted.len()
            && self.stack.iter().zip(&self.wanted).all(|(open, wanted)| open.local_name().as_ref() == wanted)
    }

    /// Keeps a piece of a row as it is in the file.
    fn keep(&mut self, event: Event<'_>) -> Result<(), ReadError> {
        if self.keep_objects {
            self.object.write_event(event)?;
            if self.object.get_ref().len() > MAX_OBJECT {
                return Err(ReadError::RowTooLong { row: self.number });
            }
        }
        Ok(())
    }

    fn event(&mut self) -> Result<Event<'static>, ReadError> {
        self.buffer.clear();
        self.reader.get_mut().get_mut().left = MAX_PIECE;
        let number = self.number + 1;
        let event = self.reader.read_event_into(&mut self.buffer).map(Event::into_owned);
        event.map_err(|error| match error {
            quick_xml::Error::Io(error) => std::io::Error::new(error.kind(), ReadFailed::from(&*error)).into(),
            quick_xml::Error::Syntax(_) => ReadError::CutShort { row: number },
            other => {
                ReadError::Malformed { row: number, problem: files::at_byte(other, self.reader.buffer_position()) }
            }
        })
    }

    pub(crate) fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        loop {
            let event = self.event()?;
            match event {
                Event::Start(element) => {
                    self.stack.push(element);
                    if self.stack.len() > MAX_DEPTH {
                        return Err(self.deep());
                    }
                    if self.at_row() && self.row(false, row)? {
                        return Ok(true);
                    }
                }
                Event::Empty(element) => {
                    self.stack.push(element);
                    if self.at_row() {
                        if self.row(true, row)? {
                            return Ok(true);
                        }
                    } else {
                        self.stack.pop();
                    }
                }
                Event::End(_) => {
                    self.stack.pop();
                }
                Event::Eof if self.stack.is_empty() => return Ok(false),
                Event::Eof => return Err(ReadError::CutShort { row: self.number + 1 }),
                _ => {}
            }
        }
    }

    /// Reads the row whose element was opened last. Returns `true` if the row is not blank.
    fn row(&mut self, is_empty: bool, row: &mut Row) -> Result<bool, ReadError> {
        let Some(element) = self.stack.pop() else { return Ok(false) };
        self.number += 1;
        self.bytes = 0;
        self.object.get_mut().clear();
        self.keep(Event::Start(element.borrow()))?;
        self.attributes(&element, "")?;
        if is_empty {
            self.keep(Event::End(element.to_end()))?;
        } else {
            self.element()?;
        }
        if self.frame.is_none() {
            let ends = self.stack.iter().rev().map(|open| format!("</{}>", open.name().0)).collect();
            self.frame = Some((self.stack.iter().map(|open| format!("<{}>", &**open)).collect(), ends));
        }
        self.give(row)
    }

    fn deep(&self) -> ReadError {
        ReadError::Malformed { row: self.number + 1, problem: files::too_deep(MAX_DEPTH) }
    }

    fn give(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        if self.gathered.too_many {
            return Err(ReadError::TooManyColumns);
        }
        row.clear();
        row.number = self.number;
        row.object.extend_from_slice(self.object.get_ref());
        self.gathered.empty_into(row);
        Ok(!row.is_blank())
    }

    fn put(&mut self, path: &str, text: &str) -> Result<(), ReadError> {
        self.bytes += text.len();
        if self.bytes > MAX_ELEMENT {
            return Err(ReadError::RowTooLong { row: self.number });
        }
        self.gathered.put(&mut self.paths, path, text);
        Ok(())
    }

    fn attributes(&mut self, element: &BytesStart<'_>, path: &str) -> Result<(), ReadError> {
        let mut found = Vec::new();
        for attribute in element.attributes().flatten() {
            let name = attribute.key.0;
            if name == "name" && element.local_name().as_ref() == "field" {
                continue;
            }
            if name.starts_with("xmlns") || name.ends_with(":lang") || name == "lang" || name.starts_with("xsi:") {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_or_else(
                |_| String::from_utf8_lossy(attribute.value.as_bytes()).into_owned(),
                |value| value.into_owned(),
            );
            let path = if path.is_empty() { format!("@{name}") } else { format!("{path}/@{name}") };
            found.push((path, value));
        }
        for (path, value) in found {
            self.put(&path, &value)?;
        }
        Ok(())
    }

    /// Reads to the end of the row's element.
    fn element(&mut self) -> Result<(), ReadError> {
        let mut path = String::new();
        let mut open: Vec<Open> = Vec::new();
        let mut own_text = String::new();
        loop {
            let event = self.event()?;
            self.keep(event.borrow())?;
            match event {
                // Descriptions that are not wrapped into CDATA keep their HTML.
                Event::Start(element) if is_markup(&element, &open) => {
                    if let Some(outer) = open.last_mut() {
                        outer.text.push_str(&format!("<{}>", element.name().0));
                        outer.markup += 1;
                    }
                }
                Event::Empty(element) if is_markup(&element, &open) => {
                    append(&mut open, &mut own_text, &format!("<{}>", element.name().0));
                }
                Event::End(element) if open.last().is_some_and(|current| current.markup > 0) => {
                    if let Some(outer) = open.last_mut() {
                        outer.text.push_str(&format!("</{}>", element.name().0));
                        outer.markup -= 1;
                    }
                }
                Event::Start(element) => {
                    let current = self.opened(&element, &mut path, &mut open)?;
                    open.push(current);
                    if open.len() > MAX_DEPTH {
                        return Err(self.deep());
                    }
                }
                Event::Empty(element) => {
                    let current = self.opened(&element, &mut path, &mut open)?;
                    // An empty element means that the value is empty.
                    if element.attributes().next().is_none() {
                        self.put(&path, "")?;
                    }
                    path.truncate(current.path);
                }
                Event::Text(text) => append(&mut open, &mut own_text, &text.xml10_content()),
                Event::CData(text) => append(&mut open, &mut own_text, &text.xml10_content()),
                Event::GeneralRef(entity) => append(&mut open, &mut own_text, &resolved(&entity)),
                Event::End(_) => {
                    let Some(current) = open.pop() else {
                        let text = own_text.trim();
                        if !text.is_empty() {
                            self.put("text", text)?;
                        }
                        return Ok(());
                    };
                    self.closed(&current, &path, &mut open)?;
                    path.truncate(current.path);
                }
                Event::Eof => return Err(ReadError::CutShort { row: self.number }),
                _ => {}
            }
            if open.last().map_or(own_text.len(), |current| current.text.len()) > MAX_ELEMENT {
                return Err(ReadError::RowTooLong { row: self.number });
            }
        }
    }

    fn opened(&mut self, element: &BytesStart<'_>, path: &mut String, open: &mut [Open]) -> Result<Open, ReadError> {
        if let Some(outer) = open.last_mut() {
            outer.has_children = true;
        }
        let before = path.len();
        if !path.is_empty() {
            path.push('/');
        }
        // The prefix distinguishes `g:price` from `price`; BMEcat's own namespace has no prefix.
        path.push_str(element.name().0);
        let language = element.attributes().flatten().find(|found| found.key.0 == "lang" || found.key.0 == "xml:lang");
        if let Some(language) = language {
            path.push_str(&format!("[{}]", &*language.value));
        }
        let name = element.local_name().as_ref().to_owned();
        // `<field name="list_price">`: the attribute is the name of the value.
        if name == "field"
            && let Some(key) = element.attributes().flatten().find(|found| found.key.0 == "name")
        {
            path.push_str(&format!("[{}]", &*key.value));
        }
        let pair = PAIRS.iter().find(|(outer, ..)| *outer == name).map(|(_, key, _)| {
            // `<attribute name="Colour">`: the pair's name may be an attribute too.
            let attribute = element.attributes().flatten().find(|found| found.key.0 == *key || found.key.0 == "code");
            (attribute.map(|found| found.value.as_ref().to_owned()).unwrap_or_default(), String::new())
        });
        self.attributes(element, path)?;
        Ok(Open { path: before, name, text: String::new(), has_children: false, markup: 0, pair })
    }

    fn closed(&mut self, current: &Open, path: &str, open: &mut [Open]) -> Result<(), ReadError> {
        if let Some((name, value)) = current.pair.as_ref().filter(|(name, _)| !name.is_empty()) {
            let path = format!("{path}[{name}]");
            return self.put(&path, value);
        }
        if let Some((_, value)) = current.pair.as_ref().filter(|(_, value)| !value.is_empty()) {
            // A value whose name was not found.
            let of = PAIRS.iter().find(|(outer, ..)| *outer == current.name).map_or("value", |(.., value)| *value);
            return self.put(&format!("{path}/{of}"), value);
        }
        let text = current.text.trim();
        if let Some(outer) = open.last_mut()
            && let Some((_, key, value)) = PAIRS.iter().find(|(name, ..)| *name == outer.name)
            && let Some(pair) = &mut outer.pair
        {
            if current.name == *key && pair.0.is_empty() {
                text.clone_into(&mut pair.0);
                return Ok(());
            }
            if current.name == *value {
                if !pair.1.is_empty() {
                    pair.1.push('\n');
                }
                pair.1.push_str(text);
                return Ok(());
            }
        }
        if current.has_children && text.is_empty() {
            return Ok(());
        }
        self.put(path, text)
    }
}

/// Whether an element inside a value is a part of its text (HTML).
fn is_markup(element: &BytesStart<'_>, open: &[Open]) -> bool {
    const HTML: [&str; 26] = [
        "p", "br", "b", "i", "u", "em", "strong", "ul", "ol", "li", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6",
        "table", "tbody", "thead", "tr", "td", "th", "sub", "sup",
    ];
    !open.is_empty() && HTML.contains(&element.name().0.to_ascii_lowercase().as_str())
}

fn append(open: &mut [Open], own: &mut String, text: &str) {
    match open.last_mut() {
        Some(current) => current.text.push_str(text),
        None => own.push_str(text),
    }
}

/// The text of a reference: a character, one of XML's five entities, or one of the HTML entities that suppliers use.
/// Any other reference stays as it is written.
fn resolved(entity: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.to_string();
    }
    let name = entity.xml10_content();
    let known = match &*name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => "\u{a0}",
        "eacute" => "é",
        "egrave" => "è",
        "agrave" => "à",
        "ccedil" => "ç",
        "ecirc" => "ê",
        "euro" => "€",
        "deg" => "°",
        "reg" => "®",
        "trade" => "™",
        "copy" => "©",
        _ => return format!("&{name};"),
    };
    known.to_owned()
}

/// The failure of a source, kept with its text.
#[derive(Debug)]
struct ReadFailed(String);

impl From<&std::io::Error> for ReadFailed {
    fn from(error: &std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl std::fmt::Display for ReadFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadFailed {}

/// The encoding that the XML declaration names.
pub(crate) fn declared_encoding(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = String::from_utf8_lossy(head.get(..200.min(head.len()))?).into_owned();
    let declaration = start.trim_start_matches('\u{feff}').trim_start().strip_prefix("<?xml")?;
    let declaration = declaration.split("?>").next()?;
    let after = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    encoding_rs::Encoding::for_label(after[1..].split(quote).next()?.as_bytes())
}
