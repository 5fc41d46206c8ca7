//! Finds the rows in an XML file: the elements that can be rows.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::xml::reader::{MAX_DEPTH, configure};

/// Known feeds: the path of a product's element, without namespaces, and the name of the feed.
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

/// An element that is more than once in the beginning of a file, or that is known.
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

/// The elements that can be rows, the most likely first.
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
        .filter(|(path, entry)| path.contains('/') && !entry.children.is_empty())
        .map(|(path, entry)| {
            let known = KNOWN.iter().find(|(name, _)| name == path).map(|(_, what)| *what);
            let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
            let usual = ["product", "item", "article", "produit", "record", "row", "offer", "entry", "good", "sku"]
                .contains(&name.as_str());
            // An element that repeats, has many parts, and is not inside another element that repeats.
            let inside = seen.iter().any(|(other, outer)| {
                outer.count > 1
                    && !outer.children.is_empty()
                    && path.len() > other.len()
                    && path.starts_with(&format!("{other}/"))
            });
            let score = if entry.count > 1 && !inside { entry.children.len() * entry.count.min(1_000) } else { 0 };
            let score = if usual && !inside { score.max(1) * 20 } else { score };
            let score = if known.is_some() { usize::MAX } else { score };
            (Candidate { path: path.clone(), count: entry.count, known }, score, path.matches('/').count(), entry.order)
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
    let entry = seen.entry(path).or_insert_with(|| Seen { order, ..Seen::default() });
    entry.count += 1;
    entry.children.extend(
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
