//! The one error of every handler, and its policy.
//!
//! - What a caller did wrong is said in full: what was expected, what was found, what to do.
//! - What went wrong inside is [`Error::Internal`]: logged with its causes, answered with the request id only.
//! - Existence is secret: another tenant's object is [`Error::NotFound`], never a 403.
//! - Nothing below the edge knows HTTP; the status is chosen here, once.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::limits::Usage;
use crate::access::permission::{NotHeld, Permission};
use crate::env::EnvError;

/// What a handler gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a handler could not do what it was asked.
#[derive(Debug)]
pub enum Error {
    /// The request has no meaning: broken JSON, an unknown cursor. 400
    BadRequest {
        /// A code that clients branch on.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// No caller, or one whose proof is not valid. 401
    Unauthenticated {
        /// `token_missing`, `token_expired`, `token_invalid`, `credentials_invalid` or `second_factor_needed`.
        code: &'static str,
        /// For people.
        message: &'static str,
    },
    /// The caller lacks a permission. 403
    Forbidden(Permission),
    /// The caller may not do this, for another reason than a missing permission. 403
    Refused {
        /// A code that clients branch on.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// There is none, or none that the caller may know of; holds what was asked for. 404
    NotFound(&'static str),
    /// It contradicts what is there. 409
    Conflict {
        /// A code that clients branch on.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// What the caller saw is not what is there any more. 412
    Changed {
        /// What is there now.
        version: i64,
    },
    /// The caller has to say which version they saw. 428
    VersionNeeded,
    /// The body is longer than this many bytes. 413
    TooLarge(usize),
    /// Too often. 429
    TooManyRequests {
        /// A code that clients branch on.
        code: &'static str,
        /// For people.
        message: String,
        /// In how many seconds trying again can help.
        retry_after: i64,
        /// The organisation's limits, when it is one of them.
        usage: Option<Box<Usage>>,
    },
    /// Values that are not acceptable. 422
    Invalid(Vec<FieldError>),
    /// A service behind this one does not answer; trying again may help. 503
    Unavailable(&'static str),
    /// A fault of ours. 500
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// One value that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where it is, as a path such as `mapping[2].field`.
    pub field: String,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
}

/// An error as the wire carries it: RFC 9457, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Identifies the kind of problem.
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence, for people.
    pub detail: String,
    /// A code that clients branch on.
    pub code: String,
    /// The request, to be quoted to the support.
    pub request_id: String,
    /// The values concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Error {
    /// One value that is not acceptable.
    #[must_use]
    pub fn invalid(field: &str, code: &str, message: impl fmt::Display) -> Self {
        Error::Invalid(vec![FieldError {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.to_string(),
        }])
    }

    /// A fault of ours, from any error or a text.
    #[must_use]
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(error.into())
    }

    /// The organisation has used up one of its limits.
    #[must_use]
    pub fn limit_reached(usage: Usage) -> Self {
        let window = usage.full();
        let kind = if window.name == "bulk" { "bulk operations" } else { "requests" };
        let span = if window.name == "hour" { "an hour" } else { "a minute" };
        Error::TooManyRequests {
            code: "rate_limit_exceeded",
            message: format!(
                "your organisation may make {} {kind} {span}, and has; try again in {} seconds, or ask the support for more",
                window.quota, window.reset
            ),
            retry_after: window.reset,
            usage: Some(Box::new(usage)),
        }
    }

    /// The HTTP status.
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
            Error::Internal(_) => 500,
            Error::Unavailable(_) => 503,
        }
    }

    /// The code that clients branch on.
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
            Error::Internal(_) => "internal_error",
        }
    }

    /// The error as the caller sees it.
    #[must_use]
    pub fn to_problem(&self, request_id: &str) -> Problem {
        let title = match self {
            Error::BadRequest { .. } => "Bad request",
            Error::Unauthenticated { .. } => "Not authenticated",
            Error::Forbidden(_) | Error::Refused { .. } => "Permission denied",
            Error::NotFound(_) => "Not found",
            Error::Conflict { .. } => "Conflict",
            Error::Changed { .. } => "Changed meanwhile",
            Error::VersionNeeded => "Version needed",
            Error::TooLarge(_) => "Body too large",
            Error::TooManyRequests { .. } => "Too many requests",
            Error::Invalid(_) => "Validation failed",
            Error::Unavailable(_) => "Temporarily unavailable",
            Error::Internal(_) => "Internal error",
        };
        Problem {
            r#type: format!("https://docs.productsmanager.app/problems/{}", self.code()),
            title: title.to_owned(),
            status: self.status(),
            detail: self.to_string(),
            code: self.code().to_owned(),
            request_id: request_id.to_owned(),
            errors: if let Error::Invalid(errors) = self { errors.clone() } else { Vec::new() },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::BadRequest { message, .. }
            | Error::Refused { message, .. }
            | Error::TooManyRequests { message, .. }
            | Error::Conflict { message, .. } => f.write_str(message),
            Error::Changed { version } => {
                write!(f, "somebody changed it meanwhile, it has version {version} now; read it again, then change it")
            }
            Error::VersionNeeded => {
                f.write_str("send the ETag that you read as the header If-Match, so that nobody's change is lost; * changes any version")
            }
            Error::TooLarge(most) => write!(f, "expected a body of at most {most} bytes; send less at a time"),
            Error::Unauthenticated { message, .. } => f.write_str(message),
            Error::Forbidden(permission) => {
                write!(f, "this needs the permission {permission}; ask an administrator of your organisation for it")
            }
            Error::NotFound(what) => write!(f, "there is no such {what}"),
            Error::Invalid(errors) => match errors.as_slice() {
                [only] => write!(f, "{}: {}", only.field, only.message),
                many => write!(f, "{} values are not acceptable", many.len()),
            },
            Error::Unavailable(what) => write!(f, "{what} does not answer at the moment; try again in a minute"),
            Error::Internal(_) => {
                f.write_str("something went wrong on our side; try again, and quote the request id to the support")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Internal(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl From<NotHeld> for Error {
    fn from(NotHeld(missing): NotHeld) -> Self {
        Error::Refused {
            code: "permission_not_held",
            message: format!(
                "this would give the permission {missing}, which you do not hold yourself; ask somebody who holds it"
            ),
        }
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
    fn internals_stay_inside() {
        let problem = Error::internal("password=hunter2 at 10.0.0.3").to_problem("req-1");
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!((problem.status, problem.request_id.as_str()), (500, "req-1"));
    }

    #[test]
    fn a_problem_is_rfc_9457() {
        let problem = Error::invalid("size_bytes", "too_large", "expected at most 50 MB, found 60 MB").to_problem("r");
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
    fn the_longest_full_window_says_when_to_come_back() {
        let Error::TooManyRequests { retry_after, message, .. } =
            Error::limit_reached(Limits::default().usage(Rate::Bulk, 30, 10, 1_000))
        else {
            panic!("expected a 429")
        };
        assert_eq!(retry_after, 3_570);
        assert!(message.contains("1000 requests an hour"), "{message}");
        let Error::TooManyRequests { message, .. } =
            Error::limit_reached(Limits::default().usage(Rate::Bulk, 30, 10, 50))
        else {
            panic!("expected a 429")
        };
        assert!(message.contains("10 bulk operations a minute"), "{message}");
    }
}
