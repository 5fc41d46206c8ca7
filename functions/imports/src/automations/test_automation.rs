//! `POST /v1/automations/{id}/test`

use std::time::Duration;

use db_suppliers::SuppliersDb;
use net::{Guard, Remote};
use runtime::{Cx, Error, Path, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::automations::automation::{Source, secrets};
use crate::automations::fetch::{NotFetched, fetch, server};

/// What a test of a connection found.
#[derive(Serialize, ToSchema)]
pub struct ConnectionTest {
    /// Whether it works.
    success: bool,
    /// What was found, or what is wrong and what to do.
    message: String,
    /// The first files that are there, at most twenty.
    files: Vec<String>,
    /// The fingerprint of the key that an SFTP server shows.
    host_key: Option<String>,
}

/// A test takes no more than this: a whole file shows that it can be had.
const MOST_BYTES: u64 = 50_000_000;
/// A page of an interface is held as a tree.
const MOST_PAGE: u64 = 10_000_000;

/// It takes no longer than this: less than the gateway waits.
const PATIENCE: Duration = Duration::from_secs(25);

/// Tries an automation's connection. Nothing is imported, moved or deleted.
pub async fn test_automation(cx: Cx, id: Path) -> Result<ConnectionTest> {
    let message = format!("the server is slow: expected an answer within {} seconds", PATIENCE.as_secs());
    let slow = ConnectionTest { success: false, message, files: Vec::new(), host_key: None };
    tokio::time::timeout(PATIENCE, tried(cx, id)).await.unwrap_or(Ok(slow))
}

async fn tried(cx: Cx, id: Path) -> Result<ConnectionTest> {
    let tenant = cx.tenant()?;
    let automation = cx.get::<SuppliersDb>().await?.automation(tenant, id.0).await?;
    let source: Source = serde_json::from_value(automation.source.clone()).map_err(Error::internal)?;
    let secrets = secrets(&cx, tenant, &automation).await?;
    let told = |success: bool, message: String, files: Vec<String>, host_key: Option<String>| ConnectionTest {
        success,
        message,
        files,
        host_key,
    };
    if let (Source::Ftp { folder, .. }, Some(server)) = (&source, server(&source, &secrets, &automation.state.0)) {
        let mut remote = match Remote::open(&server, &Guard::of(&cx)).await {
            Ok(remote) => remote,
            Err(why) => {
                let shown = why.shown_key().map(str::to_owned);
                return Ok(told(false, why.to_string(), Vec::new(), shown));
            }
        };
        let host_key = remote.host_key().map(str::to_owned);
        return Ok(match remote.list(folder).await {
            Ok(files) => {
                let names = files.iter().take(20).map(|file| format!("{} ({} bytes)", file.name, file.size)).collect();
                told(true, format!("{} files are in the folder", files.len()), names, host_key)
            }
            Err(why) => told(false, why.to_string(), Vec::new(), host_key),
        });
    }
    if matches!(source, Source::Email { .. } | Source::Drop {}) {
        return Ok(told(true, "it takes what arrives".to_owned(), Vec::new(), None));
    }
    // One page of an interface shows that the others can be had.
    let (source, most) = match source {
        Source::Rest { url, login, path, .. } => (Source::Rest { url, login, path, paging: None }, MOST_PAGE),
        other => (other, MOST_BYTES),
    };
    let mut state = db_suppliers::AutomationState::default();
    Ok(match fetch(&cx, &source, &secrets, &mut state, most).await? {
        Ok(files) => {
            let names: Vec<String> =
                files.iter().map(|file| format!("{} ({} bytes)", file.name, file.bytes.len())).collect();
            told(true, "the file can be had".to_owned(), names, None)
        }
        Err(NotFetched(why)) => told(false, why, Vec::new(), None),
    })
}
