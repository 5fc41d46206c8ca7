//! Slows down attackers who guess passwords, without locking anybody out.
//!
//! Attempts are counted before the password is checked, per account and per address. The sixth failure in a row on an
//! account waits one second, the next ones two, four, … up to a minute; never longer. An address from which the owner
//! of the account has logged in before has a counter of its own. So a stranger who tries many passwords slows down only
//! strangers. When DynamoDB does not answer, nobody is slowed down: the password hash still costs its time.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use cloud::Table;
use runtime::{Cx, Error, Result};
use uuid::Uuid;

/// How many failures on one account cost no time.
const FREE: u64 = 5;
/// How many failures from one address within an hour cost no time: many people may share an address.
const FREE_OF_ADDRESS: u64 = 30;
/// The longest wait, in seconds.
const LONGEST_WAIT: i64 = 60;
/// For how many seconds an address from which the owner logged in is remembered.
const KNOWN_FOR: i64 = 90 * 24 * 3_600;

/// An attempt that was counted and is not decided yet: the keys of its counters.
pub(crate) struct Attempt {
    account: String,
    address: String,
    known: String,
}

/// Returns how many seconds the next attempt has to wait after this number of attempts.
fn wait(attempts: u64, free: u64) -> i64 {
    match attempts.checked_sub(free + 1) {
        None => 0,
        Some(beyond) => (1_i64 << beyond.min(6)).min(LONGEST_WAIT),
    }
}

/// Counts an attempt on the account with this address, whether it exists or not.
///
/// # Errors
/// 429 when the last one was too recent.
pub(crate) async fn begin(cx: &Cx, email: &str) -> Result<Attempt> {
    let address = cx.address.clone().unwrap_or_default();
    let account = fingerprint(email);
    let known = format!("login/known/{account}/{address}");
    let from = match table(cx).await {
        Some(table) => within_a_second(table.value(&known)).await.flatten().map_or("strangers", |_| address.as_str()),
        None => "strangers",
    };
    let attempt = Attempt {
        account: format!("login/account/{account}/{from}"),
        address: format!("login/address/{address}/{}", cx.now.unix_timestamp() / 3_600),
        known,
    };
    // The address first: if the address has to wait, the account is not counted.
    count(cx, &attempt.address, cx.env().parsed("LOGIN_FAILURES_PER_ADDRESS", FREE_OF_ADDRESS)?).await?;
    count(cx, &attempt.account, FREE).await?;
    Ok(attempt)
}

/// Counts an attempt to guess a code of this person; [`code_was_right`] resets the count.
///
/// # Errors
/// 429 when the last one was too recent.
pub(crate) async fn code(cx: &Cx, user: Uuid) -> Result<()> {
    count(cx, &format!("login/code/{user}"), FREE).await
}

/// Resets the count of wrong codes of this person.
pub(crate) async fn code_was_right(cx: &Cx, user: Uuid) {
    if let Some(table) = table(cx).await {
        within_a_second(table.forget(&format!("login/code/{user}"))).await;
    }
}

/// Remembers that the owner of this account used the caller's address: strangers do not slow the owner down there.
pub(crate) async fn know(cx: &Cx, email: &str) {
    let known = format!("login/known/{}/{}", fingerprint(email), cx.address.as_deref().unwrap_or_default());
    remember(cx, &known).await;
}

async fn remember(cx: &Cx, known: &str) {
    let now = cx.now.unix_timestamp();
    if let Some(table) = table(cx).await {
        within_a_second(table.put_if_absent(known, "login", now, now + KNOWN_FOR)).await;
    }
}

/// Counts an attempt on `key`; the first `free` attempts cost no time. After them, only one of several attempts at the
/// same time is allowed.
async fn count(cx: &Cx, key: &str, free: u64) -> Result<()> {
    let Some(table) = table(cx).await else { return Ok(()) };
    let now = cx.now.unix_timestamp();
    match within_a_second(table.attempt(key, now, now + 24 * 3_600)).await {
        Some(Err(until)) => Err(too_many(until - now)),
        Some(Ok(attempts)) if wait(attempts, free) > 0 => {
            let seconds = wait(attempts, free);
            match within_a_second(table.hold_back(key, now, now + seconds)).await {
                Some(false) => Err(too_many(seconds)),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

impl Attempt {
    /// The attempt was the owner's: resets the failures of the account, and remembers the address.
    pub(crate) async fn succeeded(self, cx: &Cx) {
        let Some(table) = table(cx).await else { return };
        within_a_second(table.forget(&self.account)).await;
        within_a_second(table.undo_attempt(&self.address)).await;
        remember(cx, &self.known).await;
    }

    /// The password was right and a code is needed next: the attempt does not count as a failure of the address.
    pub(crate) async fn needs_code(self, cx: &Cx) {
        if let Some(table) = table(cx).await {
            within_a_second(table.undo_attempt(&self.address)).await;
        }
    }
}

/// Counts a request that sends a mail. At most `MAILS_PER_ADDRESS` an hour from the caller's address (default: 20), and
/// to one recipient 20 a day from one address, 200 from all.
///
/// # Errors
/// 429 when there were too many.
pub(crate) async fn mail(cx: &Cx, email: &str) -> Result<()> {
    let address = cx.address.clone().unwrap_or_default();
    let now = cx.now.unix_timestamp();
    let Some(table) = table(cx).await else { return Ok(()) };
    let to = fingerprint(email);
    let from_address = cx.env().parsed("MAILS_PER_ADDRESS", 20)?;
    for (key, most, reset) in [
        (format!("mails/from/{address}/{}", now / 3_600), from_address, 3_600 - now % 3_600),
        (format!("mails/to/{to}/{address}/{}", now / 86_400), 20, 86_400 - now % 86_400),
        (format!("mails/to/{to}/{}", now / 86_400), 200, 86_400 - now % 86_400),
    ] {
        let count = within_a_second(table.count(&key, 1, now + 2 * 86_400)).await;
        if count.is_some_and(|count| count > most) {
            return Err(too_many(reset));
        }
    }
    Ok(())
}

/// Returns a key for an address that does not show the address.
fn fingerprint(email: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&crate::secret::hash(email)[..16])
}

fn too_many(seconds: i64) -> Error {
    let seconds = seconds.max(1);
    Error::TooManyRequests {
        code: "too_many_attempts",
        message: messages::identity::too_many_attempts(seconds),
        retry_after: seconds,
        usage: None,
    }
}

async fn table(cx: &Cx) -> Option<Arc<Table>> {
    cx.get::<Table>().await.inspect_err(|failed| runtime::log_error(failed, &cx.request_id)).ok()
}

/// Returns what DynamoDB answers within a second; otherwise `None`, and the error is logged.
async fn within_a_second<T>(call: impl Future<Output = Result<T>>) -> Option<T> {
    let answer = tokio::time::timeout(Duration::from_secs(1), call).await;
    let answer = answer.unwrap_or_else(|late| Err(Error::internal(late)));
    answer.inspect_err(|failed| runtime::log_error(failed, "throttle")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest_wait() {
        let waits: Vec<i64> = (1..=14).map(|attempts| wait(attempts, FREE)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait(u64::MAX, FREE), LONGEST_WAIT);
    }
}
