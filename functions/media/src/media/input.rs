//! What handlers of this domain read and check in the same way.

use std::collections::BTreeMap;

use db_catalog::CatalogDb;
use images::Format;
use product::LOCALES;
use runtime::{Cx, Error, Result};
use uuid::Uuid;

/// The largest picture: 10 MB.
pub(crate) const MAX_BYTES: u64 = 10_000_000;
/// The sizes of the thumbnails.
pub(crate) const SIZES: [u32; 3] = [150, 300, 800];

/// A file's name, checked, and the format that it promises.
pub(crate) fn file_name(name: &str) -> Result<(String, Format)> {
    let trimmed = name.trim();
    let length = trimmed.chars().count();
    if !(1..=200).contains(&length) || trimmed.chars().any(char::is_control) {
        return Err(Error::invalid(
            "file_name",
            "length",
            format!("expected a file name of 1 to 200 characters, found {length}"),
        ));
    }
    let format = Format::named(trimmed);
    let format = format.ok_or_else(|| {
        Error::invalid(
            "file_name",
            "format_unsupported",
            format!("expected a name that ends in .jpg, .png or .webp, found \"{trimmed}\""),
        )
    })?;
    Ok((trimmed.to_owned(), format))
}

/// 422 unless every text is short and in a language that we know.
pub(crate) fn check_alt(alt: &BTreeMap<String, String>) -> Result<()> {
    for (locale, text) in alt {
        if !LOCALES.contains(&locale.as_str()) {
            return Err(Error::invalid(
                "alt",
                "locale_unknown",
                format!("expected one of {}, found \"{locale}\"", LOCALES.join(", ")),
            ));
        }
        if text.chars().count() > 500 || text.contains('\0') {
            return Err(Error::invalid(
                "alt",
                "value_too_long",
                "expected texts of at most 500 characters without NUL",
            ));
        }
    }
    Ok(())
}

/// 422 unless every id is a product of the caller's.
pub(crate) async fn check_products(cx: &Cx, ids: &[Uuid]) -> Result<()> {
    if ids.len() > 100 {
        return Err(Error::invalid(
            "product_ids",
            "too_many",
            format!("expected at most 100 products, found {}", ids.len()),
        ));
    }
    if ids.is_empty() {
        return Ok(());
    }
    let known = cx.get::<CatalogDb>().await?.known_products(cx.tenant()?, ids).await?;
    match ids.iter().find(|id| !known.contains(id)) {
        None => Ok(()),
        Some(id) => Err(Error::invalid("product_ids", "product_unknown", format!("there is no product {id}"))),
    }
}

/// What remains of a list when each is named once.
pub(crate) fn once(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids
}
