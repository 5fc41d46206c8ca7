//! `POST /v1/automations/{id}/test`

use std::time::Duration;

use db_suppliers::SuppliersDb;
use messages::{Text, imports as say};
use net::{Guard, Remote};
use runtime::{Cx, Error, Path, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::automations::automation::{Source, secrets};
use crate::automations::fetch::{NotFetched, fetch, server};

/// The result of a connection test.
#[derive(Serialize, ToSchema)]
pub struct ConnectionTest {
    /// Whether it works.
    success: bool,
    /// What was found, or what is wrong and what to do.
    message: String,
    /// The first files at the source, at most twenty.
    files: Vec<String>,
    /// The fingerprint of the key that an SFTP server shows.
    host_key: Option<String>,
}

/// The most bytes that a test downloads. It downloads a whole file, which proves that the file can be downloaded.
const MOST_BYTES: u64 = 50_000_000;
/// The most bytes of a page of an interface, which is held in memory as a tree.
const MOST_PAGE: u64 = 10_000_000;

/// How long a test may take: less than the gateway waits.
const PATIENCE: Duration = Duration::from_secs(25);

/// Tests the connection of an automation. Nothing is imported, moved or deleted.
pub async fn test_automation(cx: Cx, id: Path) -> Result<ConnectionTest> {
    let message = messages::servers::slow(PATIENCE.as_secs()).into_string(cx.language);
    let slow = ConnectionTest { success: false, message, files: Vec::new(), host_key: None };
    tokio::time::timeout(PATIENCE, test(cx, id)).await.unwrap_or(Ok(slow))
}

async fn test(cx: Cx, id: Path) -> Result<ConnectionTest> {
    let tenant = cx.tenant()?;
    let automation = cx.get::<SuppliersDb>().await?.automation(tenant, id.0).await?;
    let source: Source = serde_json::from_value(automation.source.clone()).map_err(Error::internal)?;
    let secrets = secrets(&cx, tenant, &automation).await?;
    let language = cx.language;
    let result = |success: bool, message: Text, files: Vec<String>, host_key: Option<String>| ConnectionTest {
        success,
        message: message.into_string(language),
        files,
        host_key,
    };
    if let (Source::Ftp { folder, .. }, Some(server)) = (&source, server(&source, &secrets, &automation.state.0)) {
        let mut remote = match Remote::open(&server, &Guard::of(&cx)).await {
            Ok(remote) => remote,
            Err(reason) => {
                let shown = reason.shown_key().map(str::to_owned);
                return Ok(result(false, reason.message(), Vec::new(), shown));
            }
        };
        let host_key = remote.host_key().map(str::to_owned);
        return Ok(match remote.list(folder).await {
            Ok(files) => {
                let first = files.iter().take(20).map(|file| say::file_with_size(&file.name, file.size));
                let names = first.map(|name| name.into_string(language)).collect();
                result(true, say::files_in_folder(files.len()), names, host_key)
            }
            Err(reason) => result(false, reason.message(), Vec::new(), host_key),
        });
    }
    if matches!(source, Source::Email { .. } | Source::Drop {}) {
        return Ok(result(true, say::imports_what_arrives(), Vec::new(), None));
    }
    // One page of an interface proves that the others can be fetched.
    let (source, most) = match source {
        Source::Rest { url, login, path, .. } => (Source::Rest { url, login, path, paging: None }, MOST_PAGE),
        other => (other, MOST_BYTES),
    };
    let mut state = db_suppliers::AutomationState::default();
    Ok(match fetch(&cx, &source, &secrets, &mut state, most).await? {
        Ok(files) => {
            let names = files.iter().map(|file| say::file_with_size(&file.name, file.bytes.len()));
            let names = names.map(|name| name.into_string(language)).collect();
            result(true, say::file_available(), names, None)
        }
        Err(NotFetched(reason)) => result(false, reason, Vec::new(), None),
    })
}
