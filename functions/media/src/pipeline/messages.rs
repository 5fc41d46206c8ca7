//! The messages that functions of this domain send to each other.

use cloud::{Objects, Outgoing, Queues};
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Work that takes longer than a request may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Work {
    /// Fetch a picture from its address.
    Fetch {
        /// The organisation.
        tenant_id: TenantId,
        /// The picture.
        medium_id: Uuid,
    },
    /// Queue the next pictures of a job, to have their thumbnails made again.
    Thumbnails {
        /// The organisation.
        tenant_id: TenantId,
        /// The job.
        job_id: Uuid,
    },
}

/// Queues work.
pub(crate) async fn send(cx: &Cx, tenant: TenantId, work: &Work) -> Result<()> {
    cx.get::<Queues>().await?.send("media-jobs", vec![Outgoing::json(work, tenant)?]).await
}

/// Queues stored files to be processed again, in the form of S3's notifications. Keys contain no characters that S3
/// would encode.
pub(crate) async fn send_files(cx: &Cx, tenant: TenantId, queue: &str, keys: &[String]) -> Result<()> {
    let bucket = cx.get::<Objects>().await?.bucket().to_owned();
    let notification = |key: &String| {
        let record = json!({"s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 0}}});
        Outgoing::json(&json!({ "Records": [record] }), tenant)
    };
    let messages = keys.iter().map(notification).collect::<Result<Vec<_>>>()?;
    cx.get::<Queues>().await?.send(queue, messages).await
}
