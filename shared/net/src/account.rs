//! Servers that a seller names, with our login on them: checks of host and user name, the identity of an account, and
//! the encryption of its secrets.

use cloud::Keys;
use runtime::{Cx, Error, Result, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::remote::{Protocol, Server};

/// An account on an FTP or SFTP server, as a source or a destination names it.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The protocol.
    pub protocol: Protocol,
    /// The server's name or address.
    pub host: &'a str,
    /// The port; default: that of the protocol.
    pub port: Option<u16>,
    /// The user name.
    pub username: &'a str,
    /// The fingerprint of the key or certificate that the server must show, if the seller gave it.
    pub host_key: Option<&'a str>,
}

impl Account<'_> {
    /// Returns `true` if host and user name can be sent. A line break, for example, would start a second command.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let sendable = |text: &str, most: usize| !text.is_empty() && is_one_line(text, most);
        sendable(self.host, 253) && sendable(self.username, 200)
    }

    /// Returns a text that is the same for the same account on the same server: the receiver of the secrets.
    #[must_use]
    pub fn identity(&self) -> String {
        let Self { protocol, host, port, username, .. } = self;
        format!("{protocol:?} {username}@{host}:{port:?}")
    }

    /// Returns the server with its secrets; `first_key` is the fingerprint that it showed at the first connection.
    #[must_use]
    pub fn server(
        &self,
        password: Option<&String>,
        private_key: Option<&String>,
        first_key: Option<&String>,
    ) -> Server {
        Server {
            protocol: self.protocol,
            host: self.host.to_owned(),
            port: self.port.unwrap_or(self.protocol.port()),
            username: self.username.to_owned(),
            password: password.cloned(),
            private_key: private_key.cloned(),
            host_key: self.host_key.map(str::to_owned).or_else(|| first_key.cloned()),
        }
    }
}

/// Returns `true` if a text has at most `most` bytes and no control character.
#[must_use]
pub fn is_one_line(text: &str, most: usize) -> bool {
    text.len() <= most && !text.chars().any(char::is_control)
}

/// Returns scheme, host and port of a web address.
#[must_use]
pub fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// The object that secrets belong to. They cannot be decrypted for another object.
#[derive(Clone, Copy, Debug)]
pub struct SecretsOf {
    /// The organisation.
    pub tenant: TenantId,
    /// The kind of the object, such as `automation`.
    pub kind: &'static str,
    /// The object's id.
    pub id: Uuid,
}

/// The most bytes of the secrets of one object. KMS encrypts no more in one call:
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html> (4,096 bytes).
const MOST_BYTES: usize = 4_000;

impl SecretsOf {
    /// Encrypts secrets, which are the fields of one JSON object.
    ///
    /// # Errors
    /// 422 when a secret other than `private_key` has more than one line, or all together are longer than KMS accepts.
    pub async fn encrypt(&self, cx: &Cx, secrets: &impl Serialize) -> Result<Vec<u8>> {
        let secrets = serde_json::to_value(secrets).map_err(Error::internal)?;
        let broken = |(name, value): (&String, &Value)| {
            name != "private_key" && value.as_str().is_some_and(|text| text.chars().any(char::is_control))
        };
        if let Some((name, _)) = secrets.as_object().into_iter().flatten().find(|secret| broken(*secret)) {
            return Err(Error::invalid(&format!("secret.{name}"), "invalid", messages::servers::secret_lines()));
        }
        let plain = secrets.to_string();
        if plain.len() > MOST_BYTES {
            return Err(Error::invalid("secret", "value_too_long", messages::servers::secrets_too_long(MOST_BYTES)));
        }
        let (tenant, id) = (self.tenant.to_string(), self.id.to_string());
        cx.get::<Keys>().await?.encrypt(plain.as_bytes(), &[("tenant", &tenant), (self.kind, &id)]).await
    }

    /// Decrypts secrets; returns the default value for `None`.
    ///
    /// # Errors
    /// When KMS does not answer, or the secrets belong to another object.
    pub async fn decrypt<S: DeserializeOwned + Default>(&self, cx: &Cx, encrypted: Option<&[u8]>) -> Result<S> {
        let Some(encrypted) = encrypted else { return Ok(S::default()) };
        let (tenant, id) = (self.tenant.to_string(), self.id.to_string());
        let plain = cx.get::<Keys>().await?.decrypt(encrypted, &[("tenant", &tenant), (self.kind, &id)]).await?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }
}
