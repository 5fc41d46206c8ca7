//! What handlers of categories check in the same way.

use std::collections::BTreeMap;

use product::LOCALES;
use runtime::{Error, Result};

use crate::products::input::name;

/// 422 unless every name is one and in a language that we know.
pub(crate) fn check_names(names: &BTreeMap<String, String>) -> Result<()> {
    for (locale, text) in names {
        if !LOCALES.contains(&locale.as_str()) {
            return Err(Error::invalid(
                "names",
                "locale_unknown",
                format!("expected one of {}, found \"{locale}\"", LOCALES.join(", ")),
            ));
        }
        name("names", text)?;
    }
    Ok(())
}
