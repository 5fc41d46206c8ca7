//! Reads XML data files of Odoo modules. Facts and readings of open points: see [`super::odoo`].

use std::collections::{HashMap, HashSet};

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::Seen;
use super::odoo::{MODULES, attribute_lines, get, plain_id, product, unique_barcode};
use super::xml::{clean, entity, raw};

#[derive(Default)]
struct Node {
    name: String,
    attrs: Vec<(String, String)>,
    kids: Vec<Node>,
    text: String,
    after: String,
    comment: bool,
}

#[derive(Default)]
struct Record {
    id: String,
    model: String,
    /// Literal values by field.
    values: Vec<(String, String)>,
    /// External ids by field, and the whole `eval` text.
    refs: Vec<(String, Vec<String>)>,
    evals: Vec<(String, String)>,
}

/// XML data file of a module.
pub fn odoo_xml(bytes: &[u8]) -> Result<Vec<Seen>, String> {
    let root = tree(bytes)?;
    if !matches!(root.name.as_str(), "odoo" | "openerp" | "data") {
        return Err(format!("root element <{}>", root.name));
    }
    let mut records: Vec<Record> = Vec::new();
    data(&root, &mut records)?;
    let known: HashMap<&str, &Record> = records.iter().map(|r| (r.id.as_str(), r)).collect();
    let mut barcodes = HashSet::new();
    let mut out = Vec::new();
    for record in &records {
        let at = |m: String| format!("{}: {m}", record.id);
        if !matches!(record.model.as_str(), "product.template" | "product.product") {
            continue;
        }
        let mut seen = product(&record.values, true).map_err(at)?;
        seen.id = Some(record.id.clone());
        seen.parent = one(record, "product_tmpl_id").map(str::to_string);
        if seen.title.is_none() && seen.parent.is_none() {
            return Err(at("name is missing".into()));
        }
        for (field, ids) in &record.refs {
            for id in ids {
                match field.as_str() {
                    "categ_id" | "public_categ_ids" => {
                        seen.categories.extend(path(id, &known).filter(|p| !p.is_empty()))
                    }
                    "product_tag_ids" => seen.tags.push(name_of(id, &known)),
                    "product_brand_id" => seen.brand = Some(name_of(id, &known)),
                    "product_template_attribute_value_ids" => {
                        let ptav = known.get(id.as_str());
                        let value = ptav.and_then(|r| one(r, "product_attribute_value_id")).unwrap_or(id);
                        let attribute = known.get(value).and_then(|r| one(r, "attribute_id")).unwrap_or("");
                        seen.options.push((name_of(attribute, &known), name_of(value, &known)));
                    }
                    _ => {}
                }
            }
        }
        let mut lines: Vec<(String, Vec<String>)> = Vec::new();
        for line in records.iter().filter(|r| r.model == "product.template.attribute.line") {
            if one(line, "product_tmpl_id") == Some(record.id.as_str()) {
                let values = line.refs.iter().filter(|(f, _)| f == "value_ids").flat_map(|(_, ids)| ids);
                lines.push((
                    name_of(one(line, "attribute_id").unwrap_or(""), &known),
                    values.map(|v| name_of(v, &known)).collect(),
                ));
            }
        }
        for (_, eval) in record.evals.iter().filter(|(f, _)| f == "attribute_line_ids") {
            for part in eval.split("attribute_id").skip(1) {
                let ids = refs(part);
                let (first, rest) = ids.split_first().ok_or(at("attribute line without ref".into()))?;
                lines.push((name_of(first, &known), rest.iter().map(|v| name_of(v, &known)).collect()));
            }
        }
        attribute_lines(&mut seen, lines).map_err(at)?;
        unique_barcode(&seen, &mut barcodes).map_err(at)?;
        if let Some(parent) = seen.parent.as_deref().and_then(|p| known.get(p)) {
            let template = product(&parent.values, true)?;
            if seen.price.is_some() && seen.price != template.price {
                return Err(at("list_price belongs to the template: the variant overwrites it".into()));
            }
            (seen.price, seen.title) = (template.price, template.title);
        }
        out.push(seen);
    }
    let own: HashSet<String> = out.iter().filter_map(|s| s.parent.clone()).collect();
    out.iter_mut().filter(|s| s.id.as_ref().is_some_and(|i| own.contains(i))).for_each(|s| s.is_parent = true);
    Ok(out)
}

fn one<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    record.refs.iter().find(|(f, _)| f == field).and_then(|(_, ids)| ids.first()).map(String::as_str)
}

fn name_of(id: &str, known: &HashMap<&str, &Record>) -> String {
    known.get(id).and_then(|r| get(&r.values, "name")).unwrap_or(id).to_string()
}

fn path(id: &str, known: &HashMap<&str, &Record>) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next.filter(|i| *i != "product.product_category_all" && out.len() < 50) {
        out.insert(0, name_of(id, known));
        next = known.get(id).and_then(|r| one(r, "parent_id"));
    }
    if out.first().is_some_and(|p| p == "All") {
        out.remove(0);
    }
    Some(out)
}

/// External ids of `ref('…')` in Python text.
fn refs(eval: &str) -> Vec<String> {
    let quoted = |part: &str| {
        let quote = part.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        part.get(1..)?.split(quote).next().map(str::to_string)
    };
    eval.split("ref(").skip(1).filter_map(quoted).collect()
}

fn attr<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.attrs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

fn only(node: &Node, allowed: &[&str]) -> Result<(), String> {
    match node.attrs.iter().find(|(n, _)| !allowed.contains(&n.as_str())) {
        Some((n, _)) => Err(format!("<{}> has the unknown attribute {n}", node.name)),
        None => Ok(()),
    }
}

fn data(node: &Node, records: &mut Vec<Record>) -> Result<(), String> {
    only(node, &["noupdate", "auto_sequence", "uid", "context"])?;
    if !node.text.trim().is_empty() || !node.after.trim().is_empty() {
        return Err(format!("text inside <{}>", node.name));
    }
    for kid in &node.kids {
        match kid.name.as_str() {
            "odoo" | "openerp" | "data" => data(kid, records)?,
            "record" => record(kid, None, records)?,
            "menuitem" | "template" | "asset" | "delete" | "act_window" | "report" | "function" => {}
            other => return Err(format!("unknown element <{other}>")),
        }
    }
    Ok(())
}

/// One record; `owner` is the template of a record nested in a field.
fn record(node: &Node, owner: Option<&str>, records: &mut Vec<Record>) -> Result<(), String> {
    only(node, &["id", "model", "forcecreate", "uid", "context"])?;
    let id = attr(node, "id").unwrap_or("").to_string();
    let model =
        attr(node, "model").filter(|m| !m.is_empty()).ok_or(format!("record {id:?} without model"))?.to_string();
    if id.is_empty() && owner.is_none() {
        return Err(format!("a {model} record has no external id"));
    }
    if !id.is_empty() {
        plain_id(&id, "")?;
        if records.iter().any(|r| r.id == id) {
            return Err(format!("external id {id:?} stands twice"));
        }
    }
    if !node.text.trim().is_empty() || !node.after.trim().is_empty() {
        return Err(format!("{id}: text between the fields"));
    }
    let label = id.clone();
    let mut found = Record { id, model, ..Record::default() };
    if let Some(owner) = owner {
        found.refs.push(("product_tmpl_id".into(), vec![owner.into()]));
    }
    let (mut names, mut nested): (HashSet<&str>, Vec<&Node>) = (HashSet::new(), Vec::new());
    for kid in &node.kids {
        let name = attr(kid, "name").unwrap_or("");
        let at = |m: String| format!("{label}, field {name:?}: {m}");
        only(kid, &["name", "ref", "eval", "search", "type", "file", "model", "use"]).map_err(at)?;
        if !kid.after.trim().is_empty() {
            return Err(at("text after the field".into()));
        }
        if kid.name != "field" || name.is_empty() || !names.insert(name) {
            return Err(at(format!("<{}>: not a field, or without name, or the same name twice", kid.name)));
        }
        let sources = ["ref", "eval", "search", "type"].iter().filter(|a| attr(kid, a).is_some()).count();
        let empty = kid.kids.is_empty() && kid.text.trim().is_empty();
        if sources > 1 || (sources == 1 && attr(kid, "type").is_none() && !empty) {
            return Err(at("ref, eval, search, type and content exclude each other".into()));
        }
        let (model_used, by_code) =
            (attr(kid, "model").is_some() || attr(kid, "use").is_some(), attr(kid, "ref").is_none() && sources == 1);
        if model_used && (!by_code || attr(kid, "type").is_some()) {
            return Err(at("model or use without eval or search".into()));
        }
        let value = match attr(kid, "type") {
            None if !kid.kids.is_empty() => {
                nested.extend(&kid.kids);
                continue;
            }
            None => kid.text.clone(),
            Some("base64" | "char" | "file") if attr(kid, "file").is_some() && empty => {
                if name == "image_1920" {
                    found.values.push(("image_file".into(), attr(kid, "file").unwrap_or("").into()));
                }
                continue;
            }
            Some("base64" | "char" | "file") if kid.kids.is_empty() => kid.text.clone(),
            Some("int") if kid.text.trim() == "None" || kid.text.trim().parse::<i64>().is_ok() => kid.text.clone(),
            Some("float") if kid.text.trim().parse::<f64>().is_ok() => kid.text.clone(),
            Some("list" | "tuple") if !kid.kids.is_empty() && kid.kids.iter().all(|k| k.name == "value") => {
                continue;
            }
            Some("html" | "xml") if !kid.kids.is_empty() && kid.text.trim().is_empty() => {
                markup(kid).replace("%%", "%")
            }
            Some("html" | "xml") => {
                return Err(at("type html or xml takes elements; text is lost".into()));
            }
            Some(t) => return Err(at(format!("type {t:?} with content {:?}", kid.text))),
        };
        if kid.comment || (attr(kid, "file").is_some() && attr(kid, "type").is_none()) {
            return Err(at("comment inside a value, or file without type".into()));
        }
        let eval = attr(kid, "eval").unwrap_or("");
        let ids = attr(kid, "ref").map_or(refs(eval), |r| vec![r.to_string()]);
        for id in ids.iter().filter(|_| !eval.contains("raise_if_not_found")) {
            plain_id(id, "").map_err(at)?;
            let module = id.split_once('.').map(|(m, _)| m);
            let own = module.is_none_or(|m| {
                !MODULES.contains(&m) && records.iter().any(|r| r.id.split_once('.').is_some_and(|x| x.0 == m))
            });
            if own && !records.iter().any(|r| r.id == *id) {
                return Err(at(format!("ref {id:?} is not defined before")));
            }
        }
        if attr(kid, "ref").is_some() || !eval.is_empty() {
            found.refs.push((name.to_string(), ids));
            found.evals.push((name.to_string(), eval.to_string()));
        }
        let literal = match eval.trim() {
            "" if sources == 0 || attr(kid, "type").is_some() => value,
            "" | "None" => String::new(),
            e => e.trim_matches(['\'', '"']).to_string(),
        };
        if !eval.contains(['(', '[']) && attr(kid, "ref").is_none() {
            found.values.push((name.to_string(), literal));
        }
    }
    let owner = found.id.clone();
    records.push(found);
    nested.into_iter().try_for_each(|n| {
        if n.name == "record" {
            record(n, Some(owner.as_str()), records)
        } else {
            Err(format!("<{}> in a field", n.name))
        }
    })
}

/// Elements back to text.
fn markup(node: &Node) -> String {
    let escape = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::new();
    for kid in &node.kids {
        let attrs: String =
            kid.attrs.iter().map(|(n, v)| format!(" {n}=\"{}\"", escape(v).replace('"', "&quot;"))).collect();
        let void = matches!(kid.name.as_str(), "br" | "hr" | "img");
        let end = if void { String::new() } else { format!("</{}>", kid.name) };
        out += &format!("<{}{attrs}>{}{}{end}{}", kid.name, escape(&kid.text), markup(kid), escape(&kid.after));
    }
    out
}

fn tree(bytes: &[u8]) -> Result<Node, String> {
    let mut reader = Reader::from_str(clean(bytes)?);
    let mut stack = vec![Node::default()];
    loop {
        match reader.read_event().map_err(|e| format!("XML: {e}"))? {
            Event::Eof => break,
            Event::Decl(d) => {
                let decl = raw(&*d).to_lowercase();
                if decl.contains("encoding") && !decl.contains("utf-8") {
                    return Err("the XML declaration names an encoding other than UTF-8".into());
                }
            }
            Event::DocType(_) => return Err("a DTD is not expected".into()),
            Event::Start(e) if stack.len() < 64 => stack.push(element(&e)?),
            Event::Start(_) => return Err("XML: nested too deep".into()),
            Event::Empty(e) => close(&mut stack, element(&e)?)?,
            Event::End(_) => {
                let node = stack.pop().ok_or("XML: unexpected end tag")?;
                close(&mut stack, node)?;
            }
            Event::Text(t) => add(&mut stack, &raw(&*t).replace("\r\n", "\n")),
            Event::CData(t) => add(&mut stack, &raw(&*t)),
            Event::GeneralRef(r) => add(&mut stack, &entity(&raw(&*r))?),
            Event::Comment(_) => stack.iter_mut().for_each(|n| n.comment = true),
            _ => {}
        }
    }
    let top = stack.pop().filter(|_| stack.is_empty()).ok_or("XML: the document ends inside an element")?;
    if !top.text.trim().is_empty() || top.kids.len() != 1 || top.kids.iter().any(|k| !k.after.trim().is_empty()) {
        return Err("XML: not exactly one root element".into());
    }
    top.kids.into_iter().next().ok_or("XML: no root element".into())
}

fn close(stack: &mut [Node], node: Node) -> Result<(), String> {
    stack.last_mut().ok_or("XML: unexpected end tag")?.kids.push(node);
    Ok(())
}

fn add(stack: &mut [Node], text: &str) {
    if let Some(top) = stack.last_mut() {
        match top.kids.last_mut() {
            Some(kid) => kid.after.push_str(text),
            None => top.text.push_str(text),
        }
    }
}

fn element(e: &BytesStart) -> Result<Node, String> {
    let mut node = Node { name: raw(e.name().0), ..Node::default() };
    for a in e.attributes() {
        let a = a.map_err(|x| format!("XML: {x}"))?;
        let (text, mut value) = (raw(&*a.value).replace(['\n', '\t'], " "), String::new());
        for (i, part) in text.split('&').enumerate() {
            match part.split_once(';') {
                _ if i == 0 => value += part,
                Some((name, rest)) => value += &(entity(name)? + rest),
                None => return Err("XML: lone & in an attribute".into()),
            }
        }
        node.attrs.push((raw(a.key.0), value));
    }
    Ok(node)
}
