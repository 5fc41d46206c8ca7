//! The error type of all handlers, and the rules for errors.
//!
//! - A mistake of the caller is answered in full: what was expected, what was found, what to do.
//! - A failure inside is [`Error::Internal`]: it is logged with its causes; the answer has only the request id.
//! - Existence is secret: an object of another tenant is [`Error::NotFound`], never a 403.
//! - Only this module chooses HTTP statuses; the code below it does not know HTTP.

use std::fmt;

use messages::{Language, Text, runtime as say};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::limits::Usage;
use crate::access::permission::{NotHeld, Permission};
use crate::env::EnvError;

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a handler could not answer its request.
#[derive(Debug)]
pub enum Error {
    /// The request has no meaning: broken JSON, an unknown cursor. 400
    BadRequest {
        /// A code that clients branch on.
        code: &'static str,
        /// The message, for people.
        message: Text,
    },
    /// The request has no token or no password, or one that is not valid. 401
    Unauthenticated {
        /// `token_missing`, `token_expired`, `token_invalid`, `credentials_invalid` or `second_factor_needed`.
        code: &'static str,
        /// The message, for people.
        message: Text,
    },
    /// The caller lacks a permission. 403
    Forbidden(Permission),
    /// The caller may not do this, for another reason than a missing permission. 403
    Refused {
        /// A code that clients branch on.
        code: &'static str,
        /// The message, for people.
        message: Text,
    },
    /// It does not exist, or the caller may not see it; holds the kind of the thing, one of `messages::things`. 404
    NotFound(Text),
    /// The request contradicts the current state. 409
    Conflict {
        /// A code that clients branch on.
        code: &'static str,
        /// The message, for people.
        message: Text,
    },
    /// The caller read an older version. 412
    Changed {
        /// The current version.
        version: i64,
    },
    /// The caller has to send the version that they read. 428
    VersionNeeded,
    /// The body is longer than this number of bytes. 413
    TooLarge(usize),
    /// The caller sends too many requests. 429
    TooManyRequests {
        /// A code that clients branch on.
        code: &'static str,
        /// The message, for people.
        message: Text,
        /// The number of seconds after which another attempt can succeed.
        retry_after: i64,
        /// The organisation's limits, if one of them was reached.
        usage: Option<Box<Usage>>,
    },
    /// Values that are not acceptable. 422
    Invalid(Vec<FieldError>),
    /// A service behind this one does not answer; another attempt may succeed. 503
    Unavailable(Text),
    /// An internal error. 500
    Internal(Box<dyn std::error::Error + Send + Sync>),
    /// An internal error that stays until somebody changes the code or the deployment: a missing permission, a wrong
    /// statement. Trying again cannot help. 500
    Fault(Box<dyn std::error::Error + Send + Sync>),
}

/// A value that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where it is, as a path such as `mapping[2].field`.
    pub field: String,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found.
    pub message: Text,
}

/// An error as the API answers it: RFC 9457, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Identifies the kind of problem.
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this request and what to do, for people.
    pub detail: String,
    /// A code that clients branch on.
    pub code: String,
    /// The id of the request, which the support asks for.
    pub request_id: String,
    /// The values that are not acceptable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Error {
    /// Returns the error for one value that is not acceptable.
    #[must_use]
    pub fn invalid(field: &str, code: &str, message: Text) -> Self {
        Error::Invalid(vec![FieldError { field: field.to_owned(), code: code.to_owned(), message }])
    }

    /// Returns an internal error, from any error or a text.
    #[must_use]
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(error.into())
    }

    /// Returns the error for an organisation that has used up one of its limits.
    #[must_use]
    pub fn limit_reached(usage: Usage) -> Self {
        let window = usage.full();
        let message = match window.name {
            "bulk" => say::bulk_limit_reached(window.quota, window.reset),
            "hour" => say::hourly_limit_reached(window.quota, window.reset),
            _ => say::limit_reached(window.quota, window.reset),
        };
        Error::TooManyRequests {
            code: "rate_limit_exceeded",
            message,
            retry_after: window.reset,
            usage: Some(Box::new(usage)),
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Error::BadRequest { .. } => 400,
            Error::Unauthenticated { .. } => 401,
            Error::Forbidden(_) | Error::Refused { .. } => 403,
            Error::NotFound(_) => 404,
            Error::Conflict { .. } => 409,
            Error::Changed { .. } => 412,
            Error::VersionNeeded => 428,
            Error::TooLarge(_) => 413,
            Error::Invalid(_) => 422,
            Error::TooManyRequests { .. } => 429,
            Error::Internal(_) | Error::Fault(_) => 500,
            Error::Unavailable(_) => 503,
        }
    }

    /// Returns the code that clients branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::BadRequest { code, .. }
            | Error::Unauthenticated { code, .. }
            | Error::Refused { code, .. }
            | Error::TooManyRequests { code, .. }
            | Error::Conflict { code, .. } => code,
            Error::Changed { .. } => "version_changed",
            Error::VersionNeeded => "version_needed",
            Error::TooLarge(_) => "body_too_large",
            Error::Forbidden(_) => "permission_denied",
            Error::NotFound(_) => "not_found",
            Error::Invalid(_) => "validation_failed",
            Error::Unavailable(_) => "unavailable",
            Error::Internal(_) | Error::Fault(_) => "internal_error",
        }
    }

    /// Returns the error as the caller sees it, in `language`.
    #[must_use]
    pub fn to_problem(&self, request_id: &str, language: Language) -> Problem {
        let title = match self {
            Error::BadRequest { .. } => say::bad_request_title(),
            Error::Unauthenticated { .. } => say::unauthenticated_title(),
            Error::Forbidden(_) | Error::Refused { .. } => say::refused_title(),
            Error::NotFound(_) => say::not_found_title(),
            Error::Conflict { .. } => say::conflict_title(),
            Error::Changed { .. } => say::changed_title(),
            Error::VersionNeeded => say::version_needed_title(),
            Error::TooLarge(_) => say::too_large_title(),
            Error::TooManyRequests { .. } => say::too_many_requests_title(),
            Error::Invalid(_) => say::invalid_title(),
            Error::Unavailable(_) => say::unavailable_title(),
            Error::Internal(_) | Error::Fault(_) => say::internal_title(),
        };
        let mut errors = if let Error::Invalid(errors) = self { errors.clone() } else { Vec::new() };
        for error in &mut errors {
            error.message = error.message.in_only(language);
        }
        Problem {
            r#type: format!("https://docs.productsmanager.app/problems/{}", self.code()),
            title: title.into_string(language),
            status: self.status(),
            detail: self.message().into_string(language),
            code: self.code().to_owned(),
            request_id: request_id.to_owned(),
            errors,
        }
    }

    /// Returns what is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            Error::BadRequest { message, .. }
            | Error::Refused { message, .. }
            | Error::TooManyRequests { message, .. }
            | Error::Conflict { message, .. }
            | Error::Unauthenticated { message, .. } => message.clone(),
            Error::Changed { version } => say::changed(version),
            Error::VersionNeeded => say::version_needed(),
            Error::TooLarge(most) => say::too_large(most),
            Error::Forbidden(permission) => say::forbidden(permission),
            Error::NotFound(what) => say::not_found(what.clone()),
            Error::Invalid(errors) => match errors.as_slice() {
                [only] => say::invalid(&only.field, only.message.clone()),
                many => say::many_invalid(many.len()),
            },
            Error::Unavailable(what) => say::unavailable(what.clone()),
            Error::Internal(_) => say::internal(),
            Error::Fault(_) => say::fault(),
        }
    }
}

/// The message in English, for logs.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Internal(error) | Error::Fault(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl From<NotHeld> for Error {
    fn from(NotHeld(missing): NotHeld) -> Self {
        Error::Refused { code: "permission_not_held", message: say::permission_not_held(missing) }
    }
}

impl From<EnvError> for Error {
    fn from(error: EnvError) -> Self {
        Error::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::limits::{Limits, Rate};

    #[test]
    fn an_internal_error_does_not_show_its_cause() {
        let problem = Error::internal("password=hunter2 at 10.0.0.3").to_problem("req-1", Language::Fr);
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!((problem.status, problem.request_id.as_str()), (500, "req-1"));
    }

    #[test]
    fn a_problem_is_rfc_9457() {
        let problem = Error::invalid("size_bytes", "too_large", Text::verbatim("expected at most 50 MB, found 60 MB"))
            .to_problem("r", Language::En);
        insta::assert_json_snapshot!(problem, @r#"
        {
          "type": "https://docs.productsmanager.app/problems/validation_failed",
          "title": "Validation failed",
          "status": 422,
          "detail": "size_bytes: expected at most 50 MB, found 60 MB",
          "code": "validation_failed",
          "request_id": "r",
          "errors": [
            {
              "field": "size_bytes",
              "code": "too_large",
              "message": "expected at most 50 MB, found 60 MB"
            }
          ]
        }
        "#);
    }

    #[test]
    fn the_longest_full_window_sets_the_retry_time() {
        let Error::TooManyRequests { retry_after, message, .. } =
            Error::limit_reached(Limits::default().usage(Rate::Bulk, 30, 10, 1_000))
        else {
            panic!("expected a 429")
        };
        assert_eq!(retry_after, 3_570);
        assert!(message.english().contains("1000 requests an hour"), "{message:?}");
        let Error::TooManyRequests { message, .. } =
            Error::limit_reached(Limits::default().usage(Rate::Bulk, 30, 10, 50))
        else {
            panic!("expected a 429")
        };
        assert!(message.english().contains("10 bulk operations a minute"), "{message:?}");
    }
}
