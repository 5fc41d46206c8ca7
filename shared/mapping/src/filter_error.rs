//! The errors of the filters of expressions.

use messages::Text;
use minijinja::{Error, ErrorKind};

/// The error of one of our filters, inside an error of minijinja.
#[derive(Debug)]
pub(crate) struct FilterError(pub(crate) Text);

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.english())
    }
}

impl std::error::Error for FilterError {}

pub(crate) fn wrong(text: Text) -> Error {
    Error::new(ErrorKind::InvalidOperation, text.english().to_owned()).with_source(FilterError(text))
}
