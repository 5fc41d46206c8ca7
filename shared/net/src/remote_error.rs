//! Why another server did not do what was requested.

use std::fmt;

use messages::{Text, servers as say};

/// Why a server did not do what was requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteError {
    /// We do not connect to this address; holds what is expected.
    Address(Text),
    /// The server cannot be reached, or does not answer in time.
    Unreachable(Text),
    /// The server refuses the login.
    Login(Text),
    /// The server's key is not the one of the first connection; holds the fingerprint of the key that it shows.
    HostKey(String),
    /// No known authority signed the server's certificate for this name, or it is not the expected one; holds its
    /// fingerprint.
    Certificate(String),
    /// The server refuses the request.
    Refused(Text),
    /// The file is larger than this number of bytes.
    TooLarge(u64),
}

impl RemoteError {
    /// Returns the fingerprint of the key or certificate that the server shows, if the error is about that.
    #[must_use]
    pub fn shown_key(&self) -> Option<&str> {
        match self {
            RemoteError::HostKey(shown) | RemoteError::Certificate(shown) => Some(shown),
            _ => None,
        }
    }

    /// A code that clients branch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            RemoteError::Address(_) => "address_refused",
            RemoteError::Unreachable(_) => "server_unreachable",
            RemoteError::Login(_) => "login_refused",
            RemoteError::HostKey(_) => "host_key_changed",
            RemoteError::Certificate(_) => "certificate_unknown",
            RemoteError::Refused(_) => "server_refused",
            RemoteError::TooLarge(_) => "file_too_large",
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            RemoteError::Address(expected) => expected.clone(),
            RemoteError::Unreachable(reason) => say::unreachable(reason.clone()),
            RemoteError::Login(reason) => say::login_refused(reason.clone()),
            RemoteError::HostKey(found) => say::host_key_changed(found),
            RemoteError::Certificate(found) => say::certificate_unknown(found),
            RemoteError::Refused(reason) => say::refused(reason.clone()),
            RemoteError::TooLarge(most) => too_large(*most),
        }
    }
}

/// The message that a file is larger than `most` bytes.
pub(crate) fn too_large(most: u64) -> Text {
    let limit = if most < 1_000_000 { say::kilobytes(most / 1_000) } else { say::megabytes(most / 1_000_000) };
    say::file_too_large(limit)
}

/// The words of a server or a library, at most 200 characters of them.
pub(crate) fn words(problem: impl fmt::Display) -> Text {
    Text::verbatim(problem.to_string().chars().take(200).collect::<String>())
}

/// The message in English, for logs.
impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for RemoteError {}
