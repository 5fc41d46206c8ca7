//! A session, kept in a file that only its owner can read.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A server with the tokens of a login. Without `Debug`, so that the tokens cannot be logged.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// The API's base URL.
    pub url: String,
    /// The token that is sent with each request.
    pub access_token: String,
    /// The token that is exchanged for new ones when the access token has expired.
    pub refresh_token: String,
}

impl Session {
    /// Reads the session from a file; `None` if the file does not exist or is malformed.
    #[must_use]
    pub fn load(file: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }

    /// Writes the session to a file, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, file: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Written to another file, then renamed: if the process is killed, the old session stays intact.
        let beside = file.with_extension("new");
        let mut target =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        target.write_all(serde_json::to_string(self)?.as_bytes())?;
        std::fs::rename(beside, file)
    }
}
