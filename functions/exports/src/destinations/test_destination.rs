//! `POST /v1/export-destinations/{id}/test`

use std::time::Duration;

use db_imports::ImportsDb;
use runtime::{Cx, Path, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::destinations::delivery::try_out;

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub struct DestinationTest {
    /// Whether files can go there.
    success: bool,
    /// What was found, for people.
    message: String,
    /// The fingerprint of the key or certificate that the server shows, when that is the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<String>,
}

/// It takes no longer than this: less than the gateway waits.
const PATIENCE: Duration = Duration::from_secs(25);

/// Tries a destination: with a small file, a message or a mail.
pub async fn test_destination(cx: Cx, id: Path) -> Result<DestinationTest> {
    let tenant = cx.tenant()?;
    let destination = cx.get::<ImportsDb>().await?.destination(tenant, id.0).await?;
    let tried = match tokio::time::timeout(PATIENCE, try_out(&cx, tenant, &destination)).await {
        Ok(tried) => tried?,
        Err(_) => Err((format!("the server is slow: expected an answer within {} seconds", PATIENCE.as_secs()), None)),
    };
    Ok(match tried {
        Ok(message) => DestinationTest { success: true, message, host_key: None },
        Err((message, host_key)) => DestinationTest { success: false, message, host_key },
    })
}
