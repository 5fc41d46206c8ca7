//! PHP's own readings: `fgetcsv`, and what `serialize` wrote.

/// PHP `fgetcsv(…, ',', '"', '\\')` over the whole file; what PHP would read differently from what was meant is an error.
pub(crate) fn php_csv(text: &str) -> Result<Vec<Vec<String>>, String> {
    let c: Vec<char> = text.chars().collect();
    let (mut rows, mut row, mut i): (Vec<Vec<String>>, Vec<String>, usize) = (Vec::new(), Vec::new(), 0);
    while i < c.len() {
        let mut cell = String::new();
        if c.get(i) == Some(&'"') {
            i += 1;
            loop {
                match (c.get(i), c.get(i + 1)) {
                    (None, _) => {
                        return Err(format!("row {}: a quoted cell is never closed", rows.len() + 1));
                    }
                    (Some('\\'), Some('"')) => {
                        return Err(format!(
                            "row {}: backslash before a quote: fgetcsv takes it as escaped",
                            rows.len() + 1
                        ));
                    }
                    (Some('\\'), Some(next)) => {
                        cell.extend(['\\', *next]);
                        i += 2;
                    }
                    (Some('"'), Some('"')) => {
                        cell.push('"');
                        i += 2;
                    }
                    (Some('"'), _) => {
                        i += 1;
                        break;
                    }
                    (Some(other), _) => {
                        cell.push(*other);
                        i += 1;
                    }
                }
            }
        } else {
            while let Some(x) = c.get(i).filter(|x| !matches!(x, ',' | '\r' | '\n')) {
                cell.push(*x);
                i += 1;
            }
            if cell.trim_start().starts_with('"') {
                return Err(format!("row {}: blanks before a quote", rows.len() + 1));
            }
        }
        row.push(cell);
        match (c.get(i), c.get(i + 1)) {
            (Some(','), after) => {
                i += 1;
                if after.is_none() {
                    row.push(String::new());
                    rows.push(std::mem::take(&mut row));
                }
            }
            (Some('\r'), Some('\n')) => {
                i += 2;
                rows.push(std::mem::take(&mut row));
            }
            (Some('\n'), _) => {
                i += 1;
                rows.push(std::mem::take(&mut row));
            }
            (None, _) => rows.push(std::mem::take(&mut row)),
            (Some(x), _) => return Err(format!("row {}: {x:?} after a cell", rows.len() + 1)),
        }
    }
    Ok(rows)
}

/// A PHP value; all scalars as text.
pub(crate) enum Php {
    Scalar(String),
    Array(Vec<(Php, Php)>),
}

/// Read a whole PHP-serialized text, string lengths in bytes.
pub(crate) fn php(text: &str) -> Result<Php, String> {
    let mut rest = text;
    let value = php_value(&mut rest, 0).ok_or_else(|| {
        format!("PHP-serialized value is broken at byte {} (length in bytes?): {text:?}", text.len() - rest.len())
    })?;
    match rest {
        "" => Ok(value),
        _ => Err(format!("PHP-serialized value has {rest:?} after its end")),
    }
}

fn php_value<'a>(rest: &mut &'a str, depth: u32) -> Option<Php> {
    let all: &'a str = rest;
    let (kind, body) = (all.get(..2)?, all.get(2..)?);
    if kind == "N;" {
        *rest = body;
        return Some(Php::Scalar(String::new()));
    }
    let (number, after) = match kind {
        "i:" | "d:" | "b:" => body.split_once(';')?,
        "s:" | "a:" => body.split_once(':')?,
        _ => return None,
    };
    if kind == "d:" || kind == "i:" || kind == "b:" {
        number.parse::<f64>().ok()?;
        *rest = after;
        return Some(Php::Scalar(number.to_owned()));
    }
    let count: usize = number.parse().ok()?;
    if kind == "s:" {
        let body = after.strip_prefix('"')?;
        let text = body.get(..count)?;
        *rest = body.get(count..)?.strip_prefix("\";")?;
        return Some(Php::Scalar(text.to_owned()));
    }
    *rest = after.strip_prefix('{')?;
    let mut out = Vec::new();
    for _ in 0..count {
        let key = php_value(rest, depth + 1).filter(|k| matches!(k, Php::Scalar(_)))?;
        let value = if depth < 50 {
            php_value(rest, depth + 1)?
        } else {
            return None;
        };
        out.push((key, value));
    }
    *rest = rest.strip_prefix('}')?;
    Some(Php::Array(out))
}
