//! Errors that several files give.

use product::{ContentError, is_code};
use runtime::{Error, FieldError, Result};

pub(crate) fn quota_exceeded(quota: i64) -> Error {
    let message = format!(
        "Quota exceeded: your plan has room for {quota} products; archive or delete some, or choose a larger plan"
    );
    Error::Refused { code: "quota_exceeded", message }
}

pub(crate) fn invalid(errors: Vec<ContentError>) -> Error {
    Error::Invalid(
        errors.into_iter().map(|ContentError { field, code, message }| FieldError { field, code, message }).collect(),
    )
}

/// 422 unless a text can be a code.
pub(crate) fn check_code(code: &str) -> Result<()> {
    if is_code(code) {
        return Ok(());
    }
    Err(Error::invalid("code", "code_invalid", format!("expected 1 to 100 of a-z, 0-9, _ and -, found \"{code}\"")))
}
