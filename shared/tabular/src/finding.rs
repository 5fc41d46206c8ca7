//! What was found out about a file.

use crate::Finding;

pub(crate) fn finding(what: &str, found: impl ToString, why: impl ToString, sureness: u8) -> Finding {
    Finding { what: what.to_owned(), found: found.to_string(), why: why.to_string(), sureness }
}
