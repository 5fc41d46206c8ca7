//! Checks that several handlers of categories share.

use std::collections::BTreeMap;

use product::LOCALES;
use runtime::{Error, Result};

use crate::products::input::name;

/// Returns 422 if a name is invalid or its language unknown.
pub(crate) fn check_names(names: &BTreeMap<String, String>) -> Result<()> {
    for (locale, text) in names {
        if !LOCALES.contains(&locale.as_str()) {
            return Err(Error::invalid(
                "names",
                "locale_unknown",
                messages::catalog::locale_unknown(LOCALES.join(", "), locale),
            ));
        }
        name("names", text)?;
    }
    Ok(())
}
