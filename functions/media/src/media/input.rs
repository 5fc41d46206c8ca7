//! Checks of input that several handlers of this domain share.

use std::collections::BTreeMap;

use db_catalog::CatalogDb;
use images::Format;
use messages::media as say;
use product::LOCALES;
use runtime::{Cx, Error, Result};
use uuid::Uuid;

/// The largest picture: 10 MB.
pub(crate) const MAX_BYTES: u64 = 10_000_000;
/// The sizes of the thumbnails.
pub(crate) const SIZES: [u32; 3] = [150, 300, 800];

/// Checks a file's name; returns it and the format of its extension.
pub(crate) fn file_name(name: &str) -> Result<(String, Format)> {
    let trimmed = name.trim();
    let length = trimmed.chars().count();
    if !(1..=200).contains(&length) || trimmed.chars().any(char::is_control) {
        return Err(Error::invalid("file_name", "length", say::file_name_length(length)));
    }
    let format = Format::named(trimmed)
        .ok_or_else(|| Error::invalid("file_name", "format_unsupported", say::file_name_ending(trimmed)))?;
    Ok((trimmed.to_owned(), format))
}

/// Checks that every alternative text is short and in a known locale; 422 otherwise.
pub(crate) fn check_alt(alt: &BTreeMap<String, String>) -> Result<()> {
    for (locale, text) in alt {
        if !LOCALES.contains(&locale.as_str()) {
            return Err(Error::invalid("alt", "locale_unknown", say::locale_unknown(LOCALES.join(", "), locale)));
        }
        if text.chars().count() > 500 || text.contains('\0') {
            return Err(Error::invalid("alt", "value_too_long", say::alt_too_long()));
        }
    }
    Ok(())
}

/// Checks that there are at most 100 ids and each is a product of the caller's organisation; 422 otherwise.
pub(crate) async fn check_products(cx: &Cx, ids: &[Uuid]) -> Result<()> {
    if ids.len() > 100 {
        return Err(Error::invalid("product_ids", "too_many", say::too_many_products(100, ids.len())));
    }
    if ids.is_empty() {
        return Ok(());
    }
    let known = cx.get::<CatalogDb>().await?.known_products(cx.tenant()?, ids).await?;
    match ids.iter().find(|id| !known.contains(id)) {
        None => Ok(()),
        Some(id) => Err(Error::invalid("product_ids", "product_unknown", say::product_unknown(id))),
    }
}

/// Returns the ids without repetitions, in the order of their first occurrence.
pub(crate) fn once(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids
}
