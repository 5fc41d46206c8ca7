//! What the readers of XML share: text of events, references, the characters that XML 1.0 allows.

/// Bytes or text of an event as a String (the type depends on the version of quick-xml); UTF-8 is known.
pub(crate) fn raw<T: AsRef<[u8]> + ?Sized>(bytes: &T) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

/// An entity or character reference without `&` and `;`.
pub(crate) fn entity(name: &str) -> Result<String, String> {
    let code = match name {
        "amp" => Some(38),
        "lt" => Some(60),
        "gt" => Some(62),
        "quot" => Some(34),
        "apos" => Some(39),
        _ => match name.strip_prefix("#x") {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => name.strip_prefix('#').and_then(|d| d.parse().ok()),
        },
    };
    let c = code.and_then(char::from_u32).filter(|c| legal(*c)).ok_or(format!("XML: illegal reference &{name};"))?;
    Ok(c.to_string())
}

/// Characters that XML 1.0 allows.
pub(crate) fn legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// UTF-8 without BOM and without characters illegal in XML 1.0.
pub(crate) fn clean(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8: {e}"))?;
    match text.chars().find(|c| !legal(*c)) {
        Some(c) => Err(format!("illegal character U+{:04X}", u32::from(c))),
        None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}
