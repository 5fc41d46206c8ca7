//! SQS.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use runtime::{Cx, Error, Resource, Result};
use serde::Serialize;

use crate::aws::{Aws, failed};

/// The queues. `QUEUES` is what stands before the name of a queue in its address: `https://…/pm-staging-`.
pub struct Queues {
    client: Client,
    prefix: String,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    body: String,
    group: String,
}

/// What SQS takes in one request.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 1024 * 1024;
const MAX_TRIES: u32 = 5;

impl Outgoing {
    /// A JSON message. Messages of one `group`, the tenant, share the queue fairly with those of others.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn json(message: &impl Serialize, group: impl ToString) -> Result<Self> {
        Ok(Self { body: serde_json::to_string(message).map_err(Error::internal)?, group: group.to_string() })
    }
}

impl Resource for Queues {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), prefix: cx.env().text("QUEUES")?.to_owned() })
    }
}

impl Queues {
    /// Sends messages, ten at a time; those that SQS did not take are sent again, later and later.
    ///
    /// # Errors
    /// When some were not taken after five tries. Those before them were: the receiver is idempotent.
    pub async fn send(&self, queue: &str, messages: Vec<Outgoing>) -> Result<()> {
        let url = format!("{}{queue}", self.prefix);
        for batch in batches(messages) {
            self.send_batch(&url, batch).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, url: &str, mut left: Vec<Outgoing>) -> Result<()> {
        for attempt in 1..=MAX_TRIES {
            let entries = left.iter().enumerate().map(|(index, message)| {
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(&message.body)
                    .message_group_id(&message.group)
                    .build()
                    .map_err(Error::internal)
            });
            let entries: Vec<_> = entries.collect::<Result<_>>()?;
            let sent = self.client.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
            let sent = sent.map_err(|error| failed("sending messages", error))?;
            let refused: Vec<usize> = sent.failed().iter().filter_map(|entry| entry.id().parse().ok()).collect();
            if refused.is_empty() {
                return Ok(());
            }
            let mut index = 0;
            left.retain(|_| {
                index += 1;
                refused.contains(&(index - 1))
            });
            tokio::time::sleep(backoff(attempt)).await;
        }
        Err(Error::internal(format!("{} messages were not taken by {url} in {MAX_TRIES} tries", left.len())))
    }
}

/// 100 ms, 200 ms, 400 ms …, each a little off, so that many senders do not come back at once.
fn backoff(attempt: u32) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let jitter = RandomState::new().hash_one(attempt) % 100;
    Duration::from_millis(100 * (1 << (attempt - 1).min(6)) + jitter)
}

fn batches(messages: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let fits = bytes + message.body.len() <= MAX_BYTES;
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_ENTRIES && fits => batch.push(message.clone()),
            _ => {
                bytes = 0;
                batches.push(vec![message.clone()]);
            }
        }
        bytes += message.body.len();
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_to_sqs_limits() {
        let message = |size: usize| Outgoing { body: "x".repeat(size), group: "g".into() };
        let sizes = |messages| batches(messages).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(vec![message(1); 25]), [10, 10, 5]);
        assert_eq!(sizes(vec![message(600 * 1024); 3]), [1, 1, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }

    #[test]
    fn waits_grow_and_are_capped() {
        assert!(backoff(1) < Duration::from_millis(200));
        assert!(backoff(4) >= Duration::from_millis(800));
        assert!(backoff(40) < Duration::from_secs(7));
    }
}
