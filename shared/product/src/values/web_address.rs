//! Web addresses.

/// Returns `true` if a text is an `http` or `https` address of at most 2,000 bytes, without spaces.
pub(crate) fn is_web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !url.contains(char::is_whitespace))
        && url.len() <= 2_000
}
