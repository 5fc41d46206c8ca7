//! DynamoDB: short-lived counters and claims that need atomic changes.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use runtime::{Cx, Error, Resource, Result};

use crate::aws::{Aws, failed};

/// The table; the variable `STATE_TABLE` holds its name. Key: `pk`; time to live: `expires_at`, in seconds since 1970.
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
    /// Connects to DynamoDB, so that the first count does not wait for a handshake: with an update of an item that does not
    /// exist, on the condition that it does. An update, because that is what the role of every function may do.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn connect(&self) -> Result<()> {
        let update =
            self.client.update_item().table_name(&self.name).key("pk", AttributeValue::S("connect".to_owned()));
        match update.condition_expression("attribute_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("connecting to DynamoDB", error)),
        }
    }

    /// Puts `value` under `key`, unless a value exists there that has not expired at `now`. Returns `true` if it was
    /// put.
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
            // DynamoDB removes expired items within days, not immediately.
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

    /// Returns the value under `key`, expired or not.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn value(&self, key: &str) -> Result<Option<String>> {
        let request = self.client.get_item().table_name(&self.name).key("pk", AttributeValue::S(key.to_owned()));
        let got = request.consistent_read(true).send().await.map_err(|error| failed("reading an item", error))?;
        Ok(got.item().and_then(|item| item.get("content")).and_then(|value| value.as_s().ok()).cloned())
    }

    /// Adds one to each of two counters of the item `key`, unless one of them has reached its quota. Returns `true` if
    /// it added, and the values of the counters. One round trip, atomic under concurrency.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn count_within(
        &self,
        key: &str,
        counters: [(&str, u32); 2],
        expires_at: i64,
    ) -> Result<(bool, [u32; 2])> {
        let number = |value: u32| AttributeValue::N(value.to_string());
        let [(first, first_quota), (second, second_quota)] = counters;
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression("add #first :one, #second :one set expires_at = if_not_exists(expires_at, :expires_at)")
            .condition_expression(
                "(attribute_not_exists(#first) or #first < :first) and (attribute_not_exists(#second) or #second < :second)",
            )
            .expression_attribute_names("#first", first)
            .expression_attribute_names("#second", second)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":first", number(first_quota))
            .expression_attribute_values(":second", number(second_quota))
            .expression_attribute_values(":expires_at", AttributeValue::N(expires_at.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let used = |item: Option<&HashMap<String, AttributeValue>>| {
            [first, second].map(|name| {
                let value = item.and_then(|item| item.get(name)).and_then(|value| value.as_n().ok());
                value.and_then(|value| value.parse().ok()).unwrap_or_default()
            })
        };
        match request.send().await {
            Ok(updated) => Ok((true, used(updated.attributes()))),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(full)) => Ok((false, used(full.item()))),
                _ => Err(failed("counting within a limit", error)),
            },
        }
    }

    /// Counts an attempt on `key`, unless attempts on it must wait. Returns the number of attempts, this one included;
    /// or as an error until when they must wait, in seconds since 1970. Atomic: concurrent attempts are all counted.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn attempt(&self, key: &str, now: i64, expires_at: i64) -> Result<std::result::Result<u64, i64>> {
        let seconds = |value: i64| AttributeValue::N(value.to_string());
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression("add amount :one set expires_at = :expires_at")
            .condition_expression("attribute_not_exists(wait_until) or wait_until <= :now")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":now", seconds(now))
            .expression_attribute_values(":expires_at", seconds(expires_at))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let value = |item: Option<&HashMap<String, AttributeValue>>, name: &str| -> Option<String> {
            item.and_then(|item| item.get(name)).and_then(|value| value.as_n().ok()).cloned()
        };
        match request.send().await {
            Ok(updated) => {
                let amount = value(updated.attributes(), "amount").and_then(|amount| amount.parse().ok());
                amount.map(Ok).ok_or_else(|| Error::internal("the counter has no amount"))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(full)) => {
                    let until = value(full.item(), "wait_until").and_then(|until| until.parse().ok());
                    Ok(Err(until.unwrap_or(now + 1)))
                }
                _ => Err(failed("counting an attempt", error)),
            },
        }
    }

    /// Makes attempts on `key` wait until `until`, in seconds since 1970, unless they must already wait at `now`.
    /// Returns `true` if this call did it: of several concurrent calls, one does.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn hold_back(&self, key: &str, now: i64, until: i64) -> Result<bool> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression("set wait_until = :until")
            .condition_expression("attribute_not_exists(wait_until) or wait_until <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .expression_attribute_values(":until", AttributeValue::N(until.to_string()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(failed("holding attempts back", error)),
            },
        }
    }

    /// Subtracts an attempt that [`Table::attempt`] counted.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn undo_attempt(&self, key: &str) -> Result<()> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression("add amount :less")
            .expression_attribute_values(":less", AttributeValue::N("-1".to_owned()));
        request.send().await.map_err(|error| failed("undoing an attempt", error))?;
        Ok(())
    }

    /// Removes the item `key`.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn forget(&self, key: &str) -> Result<()> {
        let request = self.client.delete_item().table_name(&self.name).key("pk", AttributeValue::S(key.to_owned()));
        request.send().await.map_err(|error| failed("removing an item", error))?;
        Ok(())
    }

    /// Adds `by` to the counter `key` and returns its new value, in one atomic round trip. The key must contain the
    /// counter's time window, so that an old counter is never continued; after `expires_at` it may be removed.
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
