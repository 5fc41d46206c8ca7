//! A session, kept in a file that only its owner can read.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where one is logged in, and by which tokens. No `Debug`: tokens have no place in a log.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// The API's base URL.
    pub url: String,
    /// Sent with each request.
    pub access_token: String,
    /// Exchanged when the access token has expired.
    pub refresh_token: String,
}

impl Session {
    /// The session in a file; `None` when there is none.
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
        // Beside and renamed: a process that is killed leaves the old session, not half of the new one.
        let beside = file.with_extension("new");
        let mut target =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        target.write_all(serde_json::to_string(self)?.as_bytes())?;
        std::fs::rename(beside, file)
    }
}
