//! SQS: sends messages to queues.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use runtime::{Cx, Error, Resource, Result};
use serde::Serialize;

use crate::aws::{Aws, failed};

/// The queues. The variable `QUEUES` is the part of a queue's address before its name: `https://…/pm-staging-`.
pub struct Queues {
    client: Client,
    prefix: String,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    body: String,
    group: String,
    /// For how many seconds nobody receives it.
    delay: i32,
}

/// The most messages and bytes in one request to SQS.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 1024 * 1024;
const MAX_TRIES: u32 = 5;

impl Outgoing {
    /// Creates a JSON message. `group` is the tenant: SQS shares the queue fairly between groups.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn json(message: &impl Serialize, group: impl ToString) -> Result<Self> {
        Ok(Self { body: serde_json::to_string(message).map_err(Error::internal)?, group: group.to_string(), delay: 0 })
    }

    /// Delays the message by this many seconds, at most 900.
    #[must_use]
    pub fn after(mut self, seconds: i32) -> Self {
        self.delay = seconds.clamp(0, 900);
        self
    }
}

impl Resource for Queues {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), prefix: cx.env().text("QUEUES")?.to_owned() })
    }
}

impl Queues {
    /// Sends messages, at most ten in a request. Those that SQS did not accept are sent again, after growing pauses.
    ///
    /// # Errors
    /// When SQS did not accept some after five attempts. Earlier ones may have been sent: receivers are idempotent.
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
                    .delay_seconds(message.delay)
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

/// Returns the pause after an attempt: 100 ms, 200 ms, 400 ms …, plus a random part, so that many senders do not try
/// again at the same time.
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
    fn batches_keep_to_the_limits_of_sqs() {
        let message = |size: usize| Outgoing { body: "x".repeat(size), group: "g".into(), delay: 0 };
        let sizes = |messages| batches(messages).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(vec![message(1); 25]), [10, 10, 5]);
        assert_eq!(sizes(vec![message(600 * 1024); 3]), [1, 1, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        assert!(backoff(1) < Duration::from_millis(200));
        assert!(backoff(4) >= Duration::from_millis(800));
        assert!(backoff(40) < Duration::from_secs(7));
    }
}
