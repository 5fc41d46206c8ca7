//! The repeated elements of an XML file as rows.
//!
//! Events are read as a stream; one element at a time is taken apart into paths (`price/@currency`, `FEATURE[Farbe]`).
//! Entities that a document defines itself are never expanded, so that none can grow; nothing is fetched.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::json_reader::{Gathered, Paths};
use crate::{ReadError, Row};

/// No element may hold more text.
const MAX_ELEMENT: usize = 4 * 1024 * 1024;
const MAX_DEPTH: usize = 64;
/// Between two markups no more may stand: quick-xml holds it at once.
const MAX_PIECE: u64 = 8 * 1024 * 1024;

/// Feeds that are known: the element of a product by the names above it, whatever their namespaces.
const KNOWN: [(&str, &str); 14] = [
    ("BMECAT/T_NEW_CATALOG/PRODUCT", "BMEcat 2005"),
    ("BMECAT/T_NEW_CATALOG/ARTICLE", "BMEcat 1.2"),
    ("BMECAT/T_UPDATE_PRODUCTS/PRODUCT", "BMEcat 2005"),
    ("BMECAT/T_UPDATE_PRODUCTS/ARTICLE", "BMEcat 1.2"),
    ("BMECAT/T_UPDATE_PRICES/PRODUCT", "BMEcat 2005"),
    ("BMECAT/T_UPDATE_PRICES/ARTICLE", "BMEcat 1.2"),
    ("rss/channel/item", "RSS"),
    ("feed/entry", "Atom"),
    ("RDF/item", "RSS 1.0"),
    ("ICECAT-interface/Product", "Icecat"),
    ("odoo/data/record", "Odoo"),
    ("odoo/record", "Odoo"),
    ("openerp/data/record", "Odoo"),
    ("Catalog/Products/Product", "catalog"),
];

/// Elements that hold a name and a value: their value stands under their name.
const PAIRS: [(&str, &str, &str); 3] =
    [("FEATURE", "FNAME", "FVALUE"), ("postmeta", "meta_key", "meta_value"), ("attribute", "name", "value")];

/// An element that the beginning of a file shows more than once, or that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: String,
    pub(crate) count: usize,
    pub(crate) known: Option<&'static str>,
}

#[derive(Default)]
struct Seen {
    count: usize,
    children: std::collections::BTreeSet<String>,
    order: usize,
}

/// The elements that could be rows, the most likely first.
pub(crate) fn find_paths(head: &str) -> Vec<Candidate> {
    let mut reader = Reader::from_reader(head.as_bytes());
    configure(&mut reader);
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    let mut stack: Vec<String> = Vec::new();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => {
                let name = element.local_name().as_ref().to_owned();
                note(&mut seen, &stack, &name, &element);
                stack.push(name);
                if stack.len() > MAX_DEPTH {
                    break;
                }
            }
            Ok(Event::Empty(element)) => {
                let name = element.local_name().as_ref().to_owned();
                note(&mut seen, &stack, &name, &element);
            }
            Ok(Event::End(_)) => {
                stack.pop();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let mut found: Vec<(Candidate, usize, usize, usize)> = seen
        .iter()
        .filter(|(path, one)| path.contains('/') && !one.children.is_empty())
        .map(|(path, one)| {
            let known = KNOWN.iter().find(|(name, _)| name == path).map(|(_, what)| *what);
            let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
            let usual = ["product", "item", "article", "produit", "record", "row", "offer", "entry", "good", "sku"]
                .contains(&name.as_str());
            // Something that repeats, has many parts, and does not lie inside another thing that repeats.
            let inside = seen.iter().any(|(other, outer)| {
                outer.count > 1
                    && !outer.children.is_empty()
                    && path.len() > other.len()
                    && path.starts_with(&format!("{other}/"))
            });
            let score = if one.count > 1 && !inside { one.children.len() * one.count.min(1_000) } else { 0 };
            let score = if usual && !inside { score.max(1) * 20 } else { score };
            let score = if known.is_some() { usize::MAX } else { score };
            (Candidate { path: path.clone(), count: one.count, known }, score, path.matches('/').count(), one.order)
        })
        .filter(|(candidate, score, ..)| *score > 0 || candidate.count == 1)
        .collect();
    found.sort_by_key(|(_, score, depth, order)| (std::cmp::Reverse(*score), *depth, *order));
    found.truncate(20);
    found.into_iter().map(|(candidate, ..)| candidate).collect()
}

fn note(seen: &mut BTreeMap<String, Seen>, stack: &[String], name: &str, element: &BytesStart<'_>) {
    let parent = stack.join("/");
    let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") };
    let order = seen.len();
    let one = seen.entry(path).or_insert_with(|| Seen { order, ..Seen::default() });
    one.count += 1;
    one.children.extend(
        element
            .attributes()
            .flatten()
            .map(|attribute| format!("@{}", attribute.key.0))
            .filter(|name| !name.starts_with("@xmlns")),
    );
    if let Some(parent) = seen.get_mut(&parent) {
        parent.children.insert(name.to_owned());
    }
}

fn configure<R>(reader: &mut Reader<R>) {
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.check_end_names = true;
}

/// A source that fails when one piece between two markups grows too large.
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
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, crate::container::TooMuch))?;
        Ok(read)
    }
}

pub(crate) struct XmlReader<R: Read> {
    reader: Reader<BufReader<Bounded<R>>>,
    buffer: Vec<u8>,
    wanted: Vec<String>,
    stack: Vec<String>,
    pub(crate) paths: Paths,
    gathered: Gathered,
    number: u64,
    bytes: usize,
}

/// What is known of an element that is open inside a row.
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
            gathered: Gathered::default(),
            number: 0,
            bytes: 0,
        }
    }

    fn event(&mut self) -> Result<Event<'static>, ReadError> {
        self.buffer.clear();
        self.reader.get_mut().get_mut().left = MAX_PIECE;
        let number = self.number + 1;
        let event = self.reader.read_event_into(&mut self.buffer).map(Event::into_owned);
        event.map_err(|error| match error {
            quick_xml::Error::Io(error) => std::io::Error::new(error.kind(), ReadFailed::from(&*error)).into(),
            quick_xml::Error::Syntax(_) => ReadError::CutShort { row: number },
            other => ReadError::Malformed {
                row: number,
                what: format!("{other}, at byte {}", self.reader.buffer_position()),
            },
        })
    }

    pub(crate) fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        loop {
            let event = self.event()?;
            match event {
                Event::Start(element) => {
                    self.stack.push(element.local_name().as_ref().to_owned());
                    if self.stack.len() > MAX_DEPTH {
                        return Err(self.deep());
                    }
                    if self.stack == self.wanted {
                        self.number += 1;
                        self.bytes = 0;
                        self.attributes(&element, "")?;
                        self.element()?;
                        self.stack.pop();
                        if self.give(row)? {
                            return Ok(true);
                        }
                    }
                }
                Event::Empty(element) => {
                    let depth = self.stack.len();
                    let here = depth + 1 == self.wanted.len()
                        && self.stack[..] == self.wanted[..depth]
                        && element.local_name().as_ref() == self.wanted[depth];
                    if here {
                        self.number += 1;
                        self.attributes(&element, "")?;
                        if self.give(row)? {
                            return Ok(true);
                        }
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

    fn deep(&self) -> ReadError {
        let what = format!("expected at most {MAX_DEPTH} elements in each other");
        ReadError::Malformed { row: self.number + 1, what }
    }

    fn give(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        if self.gathered.too_many {
            return Err(ReadError::TooManyColumns);
        }
        row.clear();
        row.number = self.number;
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
                Event::End(element) if open.last().is_some_and(|one| one.markup > 0) => {
                    if let Some(outer) = open.last_mut() {
                        outer.text.push_str(&format!("</{}>", element.name().0));
                        outer.markup -= 1;
                    }
                }
                Event::Start(element) => {
                    let one = self.opened(&element, &mut path, &mut open)?;
                    open.push(one);
                    if open.len() > MAX_DEPTH {
                        return Err(self.deep());
                    }
                }
                Event::Empty(element) => {
                    let one = self.opened(&element, &mut path, &mut open)?;
                    // An element that is there and empty says that the value is empty.
                    if element.attributes().next().is_none() {
                        self.put(&path, "")?;
                    }
                    path.truncate(one.path);
                }
                Event::Text(text) => append(&mut open, &mut own_text, &text.xml10_content()),
                Event::CData(text) => append(&mut open, &mut own_text, &text.xml10_content()),
                Event::GeneralRef(entity) => append(&mut open, &mut own_text, &resolved(&entity)),
                Event::End(_) => {
                    let Some(one) = open.pop() else {
                        let text = own_text.trim();
                        if !text.is_empty() {
                            self.put("text", text)?;
                        }
                        return Ok(());
                    };
                    self.closed(&one, &path, &mut open)?;
                    path.truncate(one.path);
                }
                Event::Eof => return Err(ReadError::CutShort { row: self.number }),
                _ => {}
            }
            if open.last().map_or(own_text.len(), |one| one.text.len()) > MAX_ELEMENT {
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
        // A prefix tells `g:price` from `price`; BMEcat's own namespace has none.
        path.push_str(element.name().0);
        let language = element.attributes().flatten().find(|one| one.key.0 == "lang" || one.key.0 == "xml:lang");
        if let Some(language) = language {
            path.push_str(&format!("[{}]", &*language.value));
        }
        let name = element.local_name().as_ref().to_owned();
        // `<field name="list_price">`: the attribute is the name of the value.
        if name == "field"
            && let Some(key) = element.attributes().flatten().find(|one| one.key.0 == "name")
        {
            path.push_str(&format!("[{}]", &*key.value));
        }
        let pair = PAIRS.iter().find(|(outer, ..)| *outer == name).map(|(_, key, _)| {
            // `<attribute name="Colour">`: the pair's name may be an attribute too.
            let named = element.attributes().flatten().find(|one| one.key.0 == *key || one.key.0 == "code");
            (named.map(|one| one.value.as_ref().to_owned()).unwrap_or_default(), String::new())
        });
        self.attributes(element, path)?;
        Ok(Open { path: before, name, text: String::new(), has_children: false, markup: 0, pair })
    }

    fn closed(&mut self, one: &Open, path: &str, open: &mut [Open]) -> Result<(), ReadError> {
        if let Some((name, value)) = one.pair.as_ref().filter(|(name, _)| !name.is_empty()) {
            let path = format!("{path}[{name}]");
            return self.put(&path, value);
        }
        if let Some((_, value)) = one.pair.as_ref().filter(|(_, value)| !value.is_empty()) {
            // A value whose name stands where nobody looks for it.
            let of = PAIRS.iter().find(|(outer, ..)| *outer == one.name).map_or("value", |(.., value)| *value);
            return self.put(&format!("{path}/{of}"), value);
        }
        let text = one.text.trim();
        if let Some(outer) = open.last_mut()
            && let Some((_, key, value)) = PAIRS.iter().find(|(name, ..)| *name == outer.name)
            && let Some(pair) = &mut outer.pair
        {
            if one.name == *key && pair.0.is_empty() {
                text.clone_into(&mut pair.0);
                return Ok(());
            }
            if one.name == *value {
                if !pair.1.is_empty() {
                    pair.1.push('\n');
                }
                pair.1.push_str(text);
                return Ok(());
            }
        }
        if one.has_children && text.is_empty() {
            return Ok(());
        }
        self.put(path, text)
    }
}

/// Whether an element inside a value is a piece of its text.
fn is_markup(element: &BytesStart<'_>, open: &[Open]) -> bool {
    const HTML: [&str; 26] = [
        "p", "br", "b", "i", "u", "em", "strong", "ul", "ol", "li", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6",
        "table", "tbody", "thead", "tr", "td", "th", "sub", "sup",
    ];
    !open.is_empty() && HTML.contains(&element.name().0.to_ascii_lowercase().as_str())
}

fn append(open: &mut [Open], own: &mut String, text: &str) {
    match open.last_mut() {
        Some(one) => one.text.push_str(text),
        None => own.push_str(text),
    }
}

/// What a reference stands for: a character, or one of XML's five and HTML's few that suppliers use. Any other stays as it
/// is written.
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

/// The failure of a source, kept for its kind.
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

/// The encoding that an XML file names in its first line.
pub(crate) fn declared_encoding(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = String::from_utf8_lossy(head.get(..200.min(head.len()))?).into_owned();
    let declaration = start.trim_start_matches('\u{feff}').trim_start().strip_prefix("<?xml")?;
    let declaration = declaration.split("?>").next()?;
    let after = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    encoding_rs::Encoding::for_label(after[1..].split(quote).next()?.as_bytes())
}
