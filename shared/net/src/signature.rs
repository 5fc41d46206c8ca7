//! Signatures of webhooks: Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), and our own
//! `X-PM-Signature`. Source: github.com/standard-webhooks/standard-webhooks, the specification, "Signature scheme".

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use runtime::{Error, Result};

/// The prefix of every secret.
const PREFIX: &str = "whsec_";

/// Creates a secret: 24 random bytes in base64, after the prefix `whsec_`.
///
/// # Errors
/// When the random number generator fails.
pub fn new_secret() -> Result<String> {
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::internal("no randomness"))?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

fn key(secret: &str) -> Option<hmac::Key> {
    let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

/// Returns the headers of a message, by name; `timestamp` is in seconds since 1970. `None`: the secret is malformed.
#[must_use]
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<[(&'static str, String); 4]> {
    let key = key(secret)?;
    let signature = STANDARD.encode(hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes()));
    let plain: String = hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Some([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
        ("x-pm-signature", format!("sha256={plain}")),
    ])
}

/// Like [`sign`], but signs with the previous secret too, if there is one: the receiver may still have the previous
/// one.
#[must_use]
pub fn sign_with_both(
    secret: &str,
    previous: Option<&str>,
    id: &str,
    timestamp: i64,
    body: &str,
) -> Option<[(&'static str, String); 4]> {
    let mut headers = sign(secret, id, timestamp, body)?;
    if let Some(other) = previous.and_then(|previous| sign(previous, id, timestamp, body)) {
        headers[2].1 = format!("{} {}", headers[2].1, other[2].1);
    }
    Some(headers)
}

/// Returns `true` if a `webhook-signature` is the signature of a message: the check of a receiver.
#[must_use]
pub fn verify(secret: &str, id: &str, timestamp: i64, body: &str, signature: &str) -> bool {
    let Some(key) = key(secret) else { return false };
    signature.split(' ').filter_map(|part| part.strip_prefix("v1,")).any(|encoded| {
        let given = STANDARD.decode(encoded).unwrap_or_default();
        hmac::verify(&key, format!("{id}.{timestamp}.{body}").as_bytes(), &given).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example() {
        // github.com/standard-webhooks/standard-webhooks, the test of its libraries.
        let (secret, body) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{\"test\": 2432232314}");
        let headers = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(verify(
            secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            body,
            &format!("v1,xx {}", headers[2].1)
        ));
        assert!(!verify(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_331, body, &headers[2].1));
        assert!(sign("no secret", "m", 0, body).is_none());
        let made = new_secret().unwrap();
        let both = sign_with_both(&made, Some(secret), "m", 1, body).unwrap();
        assert!(verify(secret, "m", 1, body, &both[2].1) && verify(&made, "m", 1, body, &both[2].1));
        assert!(made.len() > 32 && made != new_secret().unwrap() && sign(&made, "m", 0, "").is_some());
    }
}
