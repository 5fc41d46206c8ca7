//! Settings from the environment. Only this module reads the environment.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// The environment of the process, or one that a test defines.
#[derive(Clone, Default)]
pub struct Env(HashMap<String, String>);

/// The error for a variable that is missing or malformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvError {
    name: String,
    problem: String,
}

impl Env {
    /// Returns the environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let variables = std::env::vars();
        Self(variables.collect())
    }

    /// Returns the text of a variable.
    ///
    /// # Errors
    /// [`EnvError`] when it is not set, or empty.
    pub fn text(&self, name: &str) -> Result<&str, EnvError> {
        self.optional(name).ok_or_else(|| EnvError { name: name.to_owned(), problem: "is not set".to_owned() })
    }

    /// Returns the text of a variable that may be missing; `None` if it is not set, or empty.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Returns a variable as a number, or as another type that is read from text; `default` if it is not set.
    ///
    /// # Errors
    /// [`EnvError`] when it is set to another text.
    pub fn parsed<T: FromStr>(&self, name: &str, default: T) -> Result<T, EnvError> {
        let Some(text) = self.optional(name) else { return Ok(default) };
        text.parse().map_err(|_| EnvError {
            name: name.to_owned(),
            problem: format!("is \"{text}\", expected {}", std::any::type_name::<T>()),
        })
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Env {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment variable {} {}", self.name, self.problem)
    }
}

impl std::error::Error for EnvError {}
