//! Passwords: argon2id, with the parameters that OWASP recommends (19 MiB, 2 passes, 1 lane; Password Storage Cheat
//! Sheet). Hashing blocks a thread for tens of milliseconds, so it runs on a blocking thread.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use db_core::CoreDb;
use messages::identity as say;
use runtime::{Cx, Error, Result};

use crate::throttle;

/// The shortest password, in characters.
pub(crate) const MIN_CHARS: usize = 12;
/// The longest password, in bytes.
const MAX_BYTES: usize = 1_000;

fn argon2() -> Result<Argon2<'static>> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).map_err(Error::internal)?))
}

/// Refuses a password that is too short, too long, or that contains the name part of the e-mail address.
pub(crate) fn check(password: &str, email: &str) -> Result<()> {
    let length = password.chars().count();
    if length < MIN_CHARS {
        return Err(Error::invalid("password", "password_too_short", say::password_too_short(MIN_CHARS, length)));
    }
    if password.len() > MAX_BYTES {
        return Err(Error::invalid("password", "password_too_long", say::password_too_long(MAX_BYTES)));
    }
    let (lower, name) = (password.to_lowercase(), email.split('@').next().unwrap_or_default());
    // A short name, such as "al", occurs in many good passwords.
    if lower.contains(email) || (name.chars().count() >= 4 && lower.contains(name)) {
        return Err(Error::invalid("password", "password_contains_email", say::password_contains_email()));
    }
    Ok(())
}

/// Returns the hash of a password, with its salt and parameters (PHC string).
pub(crate) async fn hash(password: String) -> Result<String> {
    blocking(move || {
        Ok(argon2()?
            .hash_password(password.as_bytes())
            .map_err(|error| Error::internal(error.to_string()))?
            .to_string())
    })
    .await
}

/// Returns `true` if `password` has this hash. Without an account, pass `None`: the check takes as long and returns
/// `false`.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    /// The hash of a password that nobody has.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5c3NhbHRzYWx0$Uay0ZNd6FiuKdkmRfUtRD1GcVdRNVCSCn5LbdSckGlk";
    if password.len() > MAX_BYTES {
        return Ok(false);
    }
    blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&hash).map_err(|error| Error::internal(error.to_string()))?;
        Ok(argon2()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
}

/// Checks the password of the person who calls. Wrong passwords are slowed down as at the login.
///
/// # Errors
/// 401 when the password is wrong, 429 after too many wrong ones.
pub(crate) async fn confirm(cx: &Cx, password: String) -> Result<()> {
    let person = cx.person()?;
    let attempt = throttle::begin(cx, &person.email).await?;
    let hash = cx.get::<CoreDb>().await?.password_hash(person.user).await?;
    if !verify(password, Some(hash)).await? {
        return Err(Error::Unauthenticated { code: "credentials_invalid", message: say::password_wrong() });
    }
    attempt.succeeded(cx).await;
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let hash = hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!verify("correct horse batterz".into(), Some(hash)).await.unwrap());
        assert!(!verify("anything at all".into(), None).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert!(check("short", "marie@shop.example").is_err());
        assert!(check("i-am-MARIE-hello", "marie@shop.example").is_err());
        assert!(check("correct horse battery", "marie@shop.example").is_ok());
    }
}
