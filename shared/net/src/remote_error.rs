//! Why another server did not do what it was asked.

use std::fmt;

/// Why a server did not do what was asked, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteError {
    /// The address is not one that we go to.
    Address(String),
    /// It cannot be reached, or does not answer in time.
    Unreachable(String),
    /// It does not let us in.
    Login(String),
    /// Its key is another one than at the first meeting; holds the one that it shows.
    HostKey(String),
    /// Its certificate is one that no known authority signed for this name, or not the expected one; holds its fingerprint.
    Certificate(String),
    /// It refuses what is asked.
    Refused(String),
    /// The file is larger than so many bytes.
    TooLarge(u64),
}

impl RemoteError {
    /// The fingerprint of the key or certificate that the server shows, when that is the matter.
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
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RemoteError::Address(expected) => f.write_str(expected),
            RemoteError::Unreachable(why) => write!(f, "the server could not be reached: {why}"),
            RemoteError::Login(why) => {
                write!(f, "the server does not let us in: {why}; check user name, password and key")
            }
            RemoteError::HostKey(found) => write!(
                f,
                "the server shows another key than before ({found}); if it was replaced on purpose, save the connection with this key or without one"
            ),
            RemoteError::Certificate(found) => write!(
                f,
                "the server's certificate ({found}) is none that a known authority signed for this name, or not the expected one; if it is the server's own, save the connection with this fingerprint as host_key"
            ),
            RemoteError::Refused(why) => write!(f, "the server refused: {why}"),
            RemoteError::TooLarge(most) => write!(f, "expected a file of at most {most} bytes, found a larger one"),
        }
    }
}

impl std::error::Error for RemoteError {}
