//! Why a call failed.

use std::fmt;
use std::path::PathBuf;

use crate::Problem;

/// Why a call failed.
#[derive(Debug)]
pub enum Error {
    /// The API refused the request; holds its answer.
    Refused(Box<Problem>),
    /// There is no session.
    NotLoggedIn,
    /// The server was not reached.
    Network(reqwest::Error),
    /// A local file cannot be read or written.
    File(PathBuf, std::io::Error),
    /// The store refused an upload.
    Upload {
        /// The HTTP status.
        status: u16,
        /// The text of the answer.
        text: String,
    },
    /// The answer differs from the documentation.
    Unexpected(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(problem) => {
                write!(f, "{}", problem.detail)?;
                for error in problem.errors.iter().filter(|_| problem.errors.len() > 1) {
                    write!(f, "\n  {}: {}", error.field, error.message)?;
                }
                write!(f, " ({}, request {})", problem.code, problem.request_id)
            }
            Error::NotLoggedIn => f.write_str("you are not logged in; run `pm login`"),
            Error::Network(error) => {
                let mut root: &dyn std::error::Error = error;
                while let Some(source) = root.source() {
                    root = source;
                }
                write!(f, "the server was not reached: {root}")
            }
            Error::File(path, error) => write!(f, "{}: {error}", path.display()),
            Error::Upload { status, text } => write!(f, "the store refused the upload ({status}): {text}"),
            Error::Unexpected(text) => write!(f, "the server gave an unexpected answer: {text}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Error::Network(error)
    }
}
