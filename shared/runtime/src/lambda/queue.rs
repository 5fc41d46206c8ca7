//! Messages of SQS queues.

use std::sync::Arc;

use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cx::App;
use crate::error::{Error, Result};
use crate::lambda::entry::Entry;
use crate::logs;

/// How many messages of one batch are handled at the same time.
const CONCURRENCY: usize = 4;

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: Option<String>,
}

/// Handles an SQS event: each message in a task of its own, so that a message that fails or panics does not affect the
/// others. Returns the ids of the messages that failed, which SQS delivers again.
///
/// # Errors
/// When the event is not from SQS, or the entry is not for a queue.
pub(crate) async fn sqs_batch(app: &Arc<App>, entry: Arc<Entry>, request_id: &str, event: Value) -> Result<Value> {
    let batch: Batch = serde_json::from_value(event).map_err(Error::internal)?;
    let failures: Vec<Value> = futures::stream::iter(batch.records)
        .map(|record| {
            let (app, entry, request_id) = (Arc::clone(app), Arc::clone(&entry), request_id.to_owned());
            async move {
                let id = record.message_id.clone();
                let task = tokio::spawn(run_record(app, entry, request_id, record));
                match task.await {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => {
                        logs::error(&error, &id);
                        Some(id)
                    }
                    Err(panic) => {
                        logs::error(&Error::internal(panic), &id);
                        Some(id)
                    }
                }
            }
        })
        .buffer_unordered(CONCURRENCY)
        .filter_map(|failure| async move { failure })
        .map(|id| json!({ "itemIdentifier": id }))
        .collect()
        .await;
    Ok(json!({ "batchItemFailures": failures }))
}

async fn run_record(app: Arc<App>, entry: Arc<Entry>, request_id: String, record: Record) -> Result<()> {
    let Entry::Queue(call) = entry.as_ref() else {
        return Err(Error::internal("an SQS event came to a function that reads no queue"));
    };
    let mut cx = app.cx(&request_id);
    cx.correlation_id = record.message_id;
    cx.attempt = record.attributes.approximate_receive_count.and_then(|count| count.parse().ok()).unwrap_or(1);
    call(cx, record.body).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cx::Cx;
    use crate::env::Env;

    #[tokio::test]
    async fn only_messages_that_failed_are_delivered_again() {
        async fn handle(cx: Cx, number: u32) -> Result<()> {
            match number {
                1 => Err(Error::internal("refused")),
                2 => panic!("a handler may have a bug"),
                _ if cx.attempt != 3 => Err(Error::internal("the attempt was not read")),
                _ => Ok(()),
            }
        }
        let record = |id: &str, body: &str| json!({"messageId": id, "body": body, "attributes": {"ApproximateReceiveCount": "3"}});
        let event = json!({"Records": [record("ok", "0"), record("refused", "1"), record("panicked", "2"), record("garbled", "{")]});
        let app = App::new(Env::default());
        let reply = sqs_batch(&app, Arc::new(Entry::queue(handle)), "r", event).await.unwrap();
        let mut ids: Vec<&str> = reply["batchItemFailures"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|item| item["itemIdentifier"].as_str())
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, ["garbled", "panicked", "refused"]);
    }
}
