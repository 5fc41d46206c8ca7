//! Servers that a seller names, and who we are to them: what must be right about such a name, when two of them are the same
//! server, and how their secrets are kept.

use cloud::Keys;
use runtime::{Cx, Error, Result, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::remote::{Protocol, Server};

/// An account on a server with folders, as a source or a destination names it.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// How the server is spoken to.
    pub protocol: Protocol,
    /// Its name or address.
    pub host: &'a str,
    /// Its port, unless it is the protocol's own.
    pub port: Option<u16>,
    /// The account.
    pub username: &'a str,
    /// The fingerprint of the key or certificate that the server must show, when the seller says it.
    pub host_key: Option<&'a str>,
}

impl Account<'_> {
    /// Whether host and account can be sent: a line break would be a second command.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let named = |text: &str, most: usize| !text.is_empty() && is_one_line(text, most);
        named(self.host, 253) && named(self.username, 200)
    }

    /// Whom the secrets are shown to: the same text for the same account on the same server.
    #[must_use]
    pub fn identity(&self) -> String {
        let Self { protocol, host, port, username, .. } = self;
        format!("{protocol:?} {username}@{host}:{port:?}")
    }

    /// The server with its secrets; `met` is the key that it showed at the first meeting.
    #[must_use]
    pub fn server(&self, password: Option<&String>, private_key: Option<&String>, met: Option<&String>) -> Server {
        Server {
            protocol: self.protocol,
            host: self.host.to_owned(),
            port: self.port.unwrap_or(self.protocol.port()),
            username: self.username.to_owned(),
            password: password.cloned(),
            private_key: private_key.cloned(),
            host_key: self.host_key.map(str::to_owned).or_else(|| met.cloned()),
        }
    }
}

/// Whether a text has at most `most` bytes and no control character.
#[must_use]
pub fn is_one_line(text: &str, most: usize) -> bool {
    text.len() <= most && !text.chars().any(char::is_control)
}

/// Scheme, host and port of a web address.
#[must_use]
pub fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// What secrets belong to; they cannot be decrypted as another's.
#[derive(Clone, Copy, Debug)]
pub struct SecretsOf {
    /// The organisation.
    pub tenant: TenantId,
    /// The kind of what they belong to, such as `automation`.
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
}

/// KMS encrypts no more in one call: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html> (4,096 bytes).
const MOST_BYTES: usize = 4_000;

impl SecretsOf {
    /// Encrypts secrets, an object of texts.
    ///
    /// # Errors
    /// 422 when one of them but `private_key` has more than one line, or all are longer than KMS takes.
    pub async fn encrypt(&self, cx: &Cx, secrets: &impl Serialize) -> Result<Vec<u8>> {
        let secrets = serde_json::to_value(secrets).map_err(Error::internal)?;
        let broken = |(name, value): (&String, &Value)| {
            name != "private_key" && value.as_str().is_some_and(|text| text.chars().any(char::is_control))
        };
        if let Some((name, _)) = secrets.as_object().into_iter().flatten().find(|secret| broken(*secret)) {
            return Err(Error::invalid(&format!("secret.{name}"), "invalid", "expected a secret in one line"));
        }
        let plain = secrets.to_string();
        if plain.len() > MOST_BYTES {
            let message = "expected secrets of at most 4,000 bytes together; an Ed25519 key is short";
            return Err(Error::invalid("secret", "value_too_long", message));
        }
        let (tenant, id) = (self.tenant.to_string(), self.id.to_string());
        cx.get::<Keys>().await?.encrypt(plain.as_bytes(), &[("tenant", &tenant), (self.kind, &id)]).await
    }

    /// The secrets that were encrypted; empty ones when none were.
    ///
    /// # Errors
    /// When KMS does not answer, or they are another's.
    pub async fn decrypt<S: DeserializeOwned + Default>(&self, cx: &Cx, encrypted: Option<&[u8]>) -> Result<S> {
        let Some(encrypted) = encrypted else { return Ok(S::default()) };
        let (tenant, id) = (self.tenant.to_string(), self.id.to_string());
        let plain = cx.get::<Keys>().await?.decrypt(encrypted, &[("tenant", &tenant), (self.kind, &id)]).await?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }
}
