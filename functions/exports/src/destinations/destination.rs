//! Destinations in the requests and answers of the API: where files go, and with which account.

use db_imports::{Destination, NewDestination};
use messages::{Text, exports as say};
use net::{Account, Fetcher, Protocol, SecretsOf, Server, is_one_line, new_secret, origin};
use runtime::{Cx, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::templates::input::checked_name;

/// Where files go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// Mails with the files attached, or with links if the files are too large.
    Email {
        /// The recipients, 1 to 20 addresses.
        to: Vec<String>,
        /// The most bytes that all files together may have to be attached; larger files are linked. Default and
        /// maximum: 7,000,000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attach_up_to: Option<u64>,
    },
    /// A folder on an FTP, FTPS or SFTP server.
    Ftp {
        /// The protocol of the server.
        protocol: Protocol,
        /// Its name or address.
        host: String,
        /// Its port; default: 21, of SFTP 22.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// The user name of the account.
        username: String,
        /// The folder, which must exist; default: the home folder of the account.
        #[serde(default)]
        folder: String,
        /// The fingerprint of the key that the SFTP server must show, `SHA256:…`; default: the key of the first
        /// connection. For FTPS: the fingerprint of its certificate, if no known authority signed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_key: Option<String>,
    },
    /// An address that gets a notification with links to the files, signed as Standard Webhooks.
    Webhook {
        /// The address.
        url: String,
    },
    /// A bucket of S3, or of an S3-compatible store, such as `MinIO`.
    S3 {
        /// The address of the store, if it is not Amazon's: `https://minio.example:9000`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
        /// Its region; default: `us-east-1`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        /// The bucket.
        bucket: String,
        /// The prefix of the object names: `exports/`.
        #[serde(default)]
        prefix: String,
        /// Instead of keys, the ARN of a role that may write to a bucket of Amazon's, in the account of the bucket. It
        /// must trust us as the destination's `trust_policy` says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
}

/// The secrets of a destination. They are never shown.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TargetSecrets {
    /// The password; for SFTP with a private key, the passphrase of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The private key for SFTP, in OpenSSH or PEM format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// The id of the access key of a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The secret of the access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,
    /// The secret that signs the messages of a webhook; we create it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub signing: Option<String>,
}

/// A destination to be created, or to replace an existing one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationInput {
    /// Its name, unique in the organisation.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// Passwords and keys; stored encrypted, never shown. Without them the stored ones stay, if the server stays the
    /// same.
    #[serde(default)]
    pub secret: Option<TargetSecrets>,
}

/// A destination.
#[derive(Serialize, ToSchema)]
pub struct DestinationView {
    /// The id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Where it is.
    target: Target,
    /// Whether passwords or keys are stored.
    has_secret: bool,
    /// The fingerprint of the SFTP server's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<String>,
    /// The trust policy that the role of a bucket needs, in the format of IAM.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    trust_policy: Option<Value>,
    /// The secret that signs the messages of a webhook; shown only when the destination is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// The most bytes of attachments in one mail.
pub(crate) const MOST_ATTACHED: u64 = 7_000_000;

impl Target {
    const fn kind(&self) -> &'static str {
        match self {
            Target::Email { .. } => "email",
            Target::Ftp { .. } => "ftp",
            Target::Webhook { .. } => "webhook",
            Target::S3 { .. } => "s3",
        }
    }

    /// Returns the account of a folder; `None` for other targets.
    fn account(&self) -> Option<Account<'_>> {
        let Target::Ftp { protocol, host, port, username, host_key, .. } = self else { return None };
        Some(Account { protocol: *protocol, host, port: *port, username, host_key: host_key.as_deref() })
    }

    /// Returns the identity of the server that gets the secrets.
    fn server(&self) -> String {
        match self {
            Target::Email { .. } => "email".to_owned(),
            Target::Ftp { .. } => self.account().map(|account| account.identity()).unwrap_or_default(),
            Target::Webhook { url } => format!("webhook {}", origin(url)),
            Target::S3 { endpoint, bucket, role, .. } => format!("s3 {endpoint:?} {bucket} {role:?}"),
        }
    }

    async fn check(&self, cx: &Cx) -> Result<()> {
        let wrong = |field: &str, message: Text| Err(Error::invalid(field, "invalid", message));
        let filled = |text: &str, most: usize| !text.is_empty() && is_one_line(text, most);
        match self {
            Target::Email { to, attach_up_to } => {
                let address = |text: &String| is_one_line(text, 320) && text.parse::<lettre::Address>().is_ok();
                if to.is_empty() || to.len() > 20 || !to.iter().all(address) {
                    return wrong("target.to", say::addresses_invalid());
                }
                if attach_up_to.is_some_and(|most| most > MOST_ATTACHED) {
                    return wrong("target.attach_up_to", say::attachments_too_large());
                }
            }
            Target::Ftp { folder, .. } => {
                if !self.account().is_some_and(|account| account.is_well_formed()) || !is_one_line(folder, 1_000) {
                    return wrong("target", say::server_invalid());
                }
            }
            Target::Webhook { url } => {
                let judged = cx.get::<Fetcher>().await?.judge(url);
                judged.map_err(|why| Error::invalid("target.url", why.code(), why.message()))?;
            }
            Target::S3 { endpoint, region, bucket, prefix, role } => {
                let plain = |text: &str| {
                    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
                };
                if !filled(bucket, 255)
                    || !plain(bucket)
                    || region.as_ref().is_some_and(|region| !filled(region, 50) || !plain(region))
                {
                    return wrong("target.bucket", say::bucket_invalid());
                }
                if !is_one_line(prefix, 500) || prefix.starts_with('/') {
                    return wrong("target.prefix", say::prefix_invalid());
                }
                if let Some(role) = role {
                    let account = account_of(role).filter(|account| Some(*account) != cx.env().optional("ACCOUNT_ID"));
                    if account.is_none() || role.len() > 500 || !is_one_line(role, 500) {
                        return wrong("target.role", say::role_invalid());
                    }
                    // It becomes part of a policy.
                    if prefix.contains(['*', '?', '$']) {
                        return wrong("target.prefix", say::prefix_beside_role());
                    }
                    if endpoint.is_some() {
                        return wrong("target.role", say::endpoint_beside_role());
                    }
                }
                if let Some(endpoint) = endpoint {
                    let judged = cx.get::<Fetcher>().await?.judge(endpoint);
                    judged.map_err(|why| Error::invalid("target.endpoint", why.code(), why.message()))?;
                }
            }
        }
        Ok(())
    }
}

impl DestinationInput {
    /// Checks the input. Returns the destination to be stored, and the signing secret if it is new. `before` is the
    /// destination to be replaced.
    pub(crate) async fn checked(
        self,
        cx: &Cx,
        tenant: TenantId,
        id: Uuid,
        before: Option<&Destination>,
    ) -> Result<(NewDestination, Option<String>)> {
        let name = checked_name(&self.name)?;
        self.target.check(cx).await?;
        let same_server = match before {
            Some(before) => target(before)?.server() == self.target.server(),
            None => false,
        };
        let mut secret = self.secret;
        if secret.as_ref().is_some_and(|secret| secret.signing.is_some()) {
            return Err(Error::invalid("secret.signing", "invalid", say::signing_secret_ours()));
        }
        let mut shown = None;
        if matches!(self.target, Target::Webhook { .. }) && !same_server {
            let signing = new_secret()?;
            shown = Some(signing.clone());
            secret = Some(TargetSecrets { signing: Some(signing), ..TargetSecrets::default() });
        } else if matches!(
            self.target,
            Target::Webhook { .. } | Target::Email { .. } | Target::S3 { role: Some(_), .. }
        ) {
            secret = None;
        }
        let kept = match &secret {
            Some(secret) => Some(secrets_of(tenant, id).encrypt(cx, secret).await?),
            None => None,
        };
        let needed = matches!(self.target, Target::Ftp { .. } | Target::S3 { role: None, .. });
        if kept.is_none() && !same_server && needed {
            return Err(Error::invalid("secret", "required", say::secret_missing()));
        }
        let settings = serde_json::to_value(&self.target).map_err(Error::internal)?;
        Ok((NewDestination { name, kind: self.target.kind(), settings, secret: kept, same_server }, shown))
    }
}

/// Returns the owner of a destination's secrets, for their encryption.
fn secrets_of(tenant: TenantId, id: Uuid) -> SecretsOf {
    SecretsOf { tenant, kind: "destination", id }
}

/// Returns the account in the ARN of a role.
fn account_of(role: &str) -> Option<&str> {
    let (account, name) = role.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+=,.@_-".contains(&byte));
    (is_account && is_name && !name.is_empty()).then_some(account)
}

/// Returns the trust policy of a role that accepts the files of this organisation only.
fn trust_policy(cx: &Cx) -> Result<Value> {
    let principal = format!("arn:aws:iam::{}:root", cx.env().text("ACCOUNT_ID")?);
    Ok(json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": cx.tenant()?.to_string() } } }],
    }))
}

/// Returns the target of a destination.
pub(crate) fn target(destination: &Destination) -> Result<Target> {
    serde_json::from_value(destination.settings.clone()).map_err(Error::internal)
}

/// Returns a destination's secrets, decrypted.
pub(crate) async fn secrets(cx: &Cx, tenant: TenantId, destination: &Destination) -> Result<TargetSecrets> {
    secrets_of(tenant, destination.id).decrypt(cx, destination.secret.as_deref()).await
}

/// Returns the server of a folder; `known_key` is the key of its first connection.
pub(crate) fn server(target: &Target, secrets: &TargetSecrets, known_key: Option<&String>) -> Result<Server> {
    let account = target.account().ok_or_else(|| Error::internal("a folder without a server"))?;
    Ok(account.server(secrets.password.as_ref(), secrets.private_key.as_ref(), known_key))
}

pub(crate) fn view(cx: &Cx, destination: Destination, signing_secret: Option<String>) -> Result<DestinationView> {
    let target = target(&destination)?;
    let by_role = matches!(target, Target::S3 { role: Some(_), .. });
    Ok(DestinationView {
        id: destination.id,
        trust_policy: by_role.then(|| trust_policy(cx)).transpose()?,
        target,
        name: destination.name,
        has_secret: destination.secret.is_some(),
        host_key: destination.host_key,
        signing_secret,
        created_at: destination.created_at,
    })
}
