//! The configuration that all clients share: region, credentials, endpoint, time limits.

use std::error::Error as _;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use runtime::{Cx, Error, Resource, Result};

/// The configuration, loaded once in a process.
pub(crate) struct Aws(pub(crate) SdkConfig);

impl Resource for Aws {
    async fn open(_cx: &Cx) -> Result<Self> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(10))
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .load()
            .await;
        Ok(Self(config))
    }
}

/// Returns the internal error of a failed call, with the service's code and message for the logs.
pub(crate) fn failed<E, R>(what: &str, error: SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("no code");
    Error::internal(format!("{what} failed ({code}): {}", causes.join(": ")))
}
