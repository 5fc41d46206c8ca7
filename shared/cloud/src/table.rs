//! DynamoDB: short-lived facts that must be counted or claimed atomically.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use runtime::{Cx, Error, Resource, Result};

use crate::aws::{Aws, failed};

/// The table, named by `STATE_TABLE`: key `pk`, time to live `expires_at` (seconds since 1970).
pub struct Table {
    client: Client,
    name: String,
}

impl Resource for Table {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), name: cx.env().text("STATE_TABLE")?.to_owned() })
    }
}

impl Table {
    /// Puts `value` under `key` unless there is one that has not expired at `now`; tells whether it did.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn put_if_absent(&self, key: &str, value: &str, now: i64, expires_at: i64) -> Result<bool> {
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("pk", AttributeValue::S(key.to_owned()))
            .item("content", AttributeValue::S(value.to_owned()))
            .item("expires_at", AttributeValue::N(expires_at.to_string()))
            // Expired items are removed within days, not at once.
            .condition_expression("attribute_not_exists(pk) or expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|service| service.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed("a conditional put", error)),
        }
    }

    /// The value under `key`, expired or not.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn value(&self, key: &str) -> Result<Option<String>> {
        let request = self.client.get_item().table_name(&self.name).key("pk", AttributeValue::S(key.to_owned()));
        let got = request.consistent_read(true).send().await.map_err(|error| failed("reading an item", error))?;
        Ok(got.item().and_then(|item| item.get("content")).and_then(|value| value.as_s().ok()).cloned())
    }

    /// Adds `by` to the counter `key` and gives its new value, in one atomic round trip. A counter's key names its
    /// window of time, so that an old one is never counted on; `expires_at` is when it may be removed.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn count(&self, key: &str, by: u64, expires_at: i64) -> Result<u64> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression("add amount :by set expires_at = if_not_exists(expires_at, :expires_at)")
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
            .expression_attribute_values(":expires_at", AttributeValue::N(expires_at.to_string()))
            .return_values(ReturnValue::UpdatedNew);
        let updated = request.send().await.map_err(|error| failed("counting", error))?;
        let amount =
            updated.attributes().and_then(|attributes| attributes.get("amount")).and_then(|value| value.as_n().ok());
        amount.and_then(|amount| amount.parse().ok()).ok_or_else(|| Error::internal("the counter has no amount"))
    }
}
