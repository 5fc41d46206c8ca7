//! Errors that several modules return.

use product::{ContentError, is_code};
use runtime::{Error, FieldError, Result};

pub(crate) fn quota_exceeded(quota: i64) -> Error {
    Error::Refused { code: "quota_exceeded", message: messages::catalog::quota_exceeded(quota) }
}

pub(crate) fn invalid(errors: Vec<ContentError>) -> Error {
    Error::Invalid(
        errors.into_iter().map(|ContentError { field, code, message }| FieldError { field, code, message }).collect(),
    )
}

/// Returns 422 if a text is not a valid code.
pub(crate) fn check_code(code: &str) -> Result<()> {
    if is_code(code) {
        return Ok(());
    }
    Err(Error::invalid("code", "code_invalid", messages::catalog::code_invalid(code)))
}
