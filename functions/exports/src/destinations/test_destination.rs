//! `POST /v1/export-destinations/{id}/test`

use std::time::Duration;

use db_imports::ImportsDb;
use runtime::{Cx, Path, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::destinations::delivery::try_out;

/// The result of a test.
#[derive(Serialize, ToSchema)]
pub struct DestinationTest {
    /// Whether files can be delivered there.
    success: bool,
    /// The result in words, for people.
    message: String,
    /// The fingerprint of the key or certificate that the server shows, if the test failed because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<String>,
}

/// The longest time of a test: less than the gateway waits.
const PATIENCE: Duration = Duration::from_secs(25);

/// Tests a destination with a small file, a message or a mail.
pub async fn test_destination(cx: Cx, id: Path) -> Result<DestinationTest> {
    let tenant = cx.tenant()?;
    let destination = cx.get::<ImportsDb>().await?.destination(tenant, id.0).await?;
    let outcome = match tokio::time::timeout(PATIENCE, try_out(&cx, tenant, &destination)).await {
        Ok(outcome) => outcome?,
        Err(_) => Err((messages::servers::slow(PATIENCE.as_secs()), None)),
    };
    let (success, message, host_key) = match outcome {
        Ok(message) => (true, message, None),
        Err((message, host_key)) => (false, message, host_key),
    };
    Ok(DestinationTest { success, message: message.into_string(cx.language), host_key })
}
