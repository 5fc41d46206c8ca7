//! Random secrets that are shown once and stored as their SHA-256: refresh tokens, links, API keys, recovery codes.

use base64::Engine;
use runtime::{Error, Result};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A secret that begins with the id of its owner, so that its row can be found: `<id>.<32 random bytes>`.
pub(crate) struct Secret {
    /// The person's or the organisation's id.
    pub(crate) owner: Uuid,
    /// The secret as its owner gets it.
    pub(crate) text: String,
}

impl Secret {
    pub(crate) fn random(owner: Uuid) -> Result<Self> {
        let random = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<32>()?);
        Ok(Self { owner, text: format!("{}.{random}", owner.simple()) })
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (owner, _) = text.split_once('.')?;
        Some(Self { owner: owner.parse().ok()?, text: text.to_owned() })
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        hash(&self.text)
    }
}

/// Returns the SHA-256 of a secret.
pub(crate) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Returns random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::internal("no randomness"))?;
    Ok(bytes)
}

/// Returns random characters of `alphabet`, each with the same probability: bytes that would favour some characters are
/// drawn again.
pub(crate) fn characters(alphabet: &[u8], length: usize) -> Result<String> {
    let limit = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes::<64>()?.into_iter().map(usize::from).filter(|byte| *byte < limit) {
            if text.len() < length {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_names_its_owner() {
        let owner = Uuid::now_v7();
        let secret = Secret::random(owner).unwrap();
        let parsed = Secret::parse(&secret.text).unwrap();
        assert_eq!((parsed.owner, parsed.hash()), (owner, secret.hash()));
        assert!(Secret::parse("nonsense").is_none() && Secret::parse("x.y").is_none());
        assert_ne!(Secret::random(owner).unwrap().text, secret.text);
    }

    #[test]
    fn random_characters_come_from_the_alphabet() {
        let text = characters(b"abc", 300).unwrap();
        assert_eq!(text.len(), 300);
        assert!(b"abc".iter().all(|letter| text.bytes().filter(|byte| byte == letter).count() > 50), "{text}");
    }
}
