//! Destinations as the API shows and takes them: where files go, who we are there.

use db_imports::{Destination, NewDestination};
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
    /// Mails: the files attached, or links to them when they are too large.
    Email {
        /// To whom, 1 to 20 addresses.
        to: Vec<String>,
        /// Files of together so many bytes are attached, larger ones linked; 7,000,000 unless said, and at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attach_up_to: Option<u64>,
    },
    /// A folder on an FTP, FTPS or SFTP server.
    Ftp {
        /// How the server is spoken to.
        protocol: Protocol,
        /// Its name or address.
        host: String,
        /// Its port; 21 or 22 unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// The account.
        username: String,
        /// The folder, which is there; the account's own unless said.
        #[serde(default)]
        folder: String,
        /// The fingerprint of the key that the SFTP server must show, `SHA256:…`; the one it showed at the first meeting
        /// unless said. Of FTPS, that of its certificate, for one that no known authority signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_key: Option<String>,
    },
    /// An address that is told of the files, with links to them, signed as Standard Webhooks.
    Webhook {
        /// The address.
        url: String,
    },
    /// A bucket of S3, or of a store that speaks as S3 does, such as `MinIO`.
    S3 {
        /// The address of the store, when it is not Amazon's: `https://minio.example:9000`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
        /// Its region; `us-east-1` unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        /// The bucket.
        bucket: String,
        /// What stands before the names of files: `exports/`.
        #[serde(default)]
        prefix: String,
        /// In the place of keys, the ARN of a role in the account of a bucket of Amazon's that lets us write there. It must trust us as
        /// the destination's `trust_policy` says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
}

/// What nobody is ever shown.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TargetSecrets {
    /// The password; of SFTP with a key, its passphrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The private key of SFTP, in OpenSSH's or PEM's form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// The access key's id of a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The access key's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,
    /// What a webhook's messages are signed with; made by us.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub signing: Option<String>,
}

/// A destination that is made, or put in the place of one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationInput {
    /// Its name, unique in the organisation.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// Passwords and keys; kept encrypted, never shown. Without them those that are there stay, as long as it goes to the same server.
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
    /// Whether passwords or keys are kept.
    has_secret: bool,
    /// The fingerprint of the SFTP server's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<String>,
    /// The trust policy that the role of a bucket needs, as IAM takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    trust_policy: Option<Value>,
    /// What a webhook's messages are signed with; shown only when the destination is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

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

    /// The account, of a folder.
    fn account(&self) -> Option<Account<'_>> {
        let Target::Ftp { protocol, host, port, username, host_key, .. } = self else { return None };
        Some(Account { protocol: *protocol, host, port: *port, username, host_key: host_key.as_deref() })
    }

    /// Whom the secrets are shown to.
    fn server(&self) -> String {
        match self {
            Target::Email { .. } => "email".to_owned(),
            Target::Ftp { .. } => self.account().map(|account| account.identity()).unwrap_or_default(),
            Target::Webhook { url } => format!("webhook {}", origin(url)),
            Target::S3 { endpoint, bucket, role, .. } => format!("s3 {endpoint:?} {bucket} {role:?}"),
        }
    }

    async fn check(&self, cx: &Cx) -> Result<()> {
        let wrong = |field: &str, message: &str| Err(Error::invalid(field, "invalid", message.to_owned()));
        let named = |text: &str, most: usize| !text.is_empty() && is_one_line(text, most);
        match self {
            Target::Email { to, attach_up_to } => {
                let address = |text: &String| is_one_line(text, 320) && text.parse::<lettre::Address>().is_ok();
                if to.is_empty() || to.len() > 20 || !to.iter().all(address) {
                    return wrong("target.to", "expected 1 to 20 addresses");
                }
                if attach_up_to.is_some_and(|most| most > MOST_ATTACHED) {
                    return wrong("target.attach_up_to", "expected at most 7,000,000 bytes: mail servers refuse more");
                }
            }
            Target::Ftp { folder, .. } => {
                if !self.account().is_some_and(|account| account.is_well_formed()) || !is_one_line(folder, 1_000) {
                    return wrong("target", "expected a host, a user name and a folder in one line");
                }
            }
            Target::Webhook { url } => {
                let judged = cx.get::<Fetcher>().await?.judge(url);
                judged.map_err(|why| Error::invalid("target.url", why.code(), why.to_string()))?;
            }
            Target::S3 { endpoint, region, bucket, prefix, role } => {
                let plain = |text: &str| {
                    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
                };
                if !named(bucket, 255)
                    || !plain(bucket)
                    || region.as_ref().is_some_and(|region| !named(region, 50) || !plain(region))
                {
                    return wrong("target.bucket", "expected the names of a bucket and of a region");
                }
                if !is_one_line(prefix, 500) || prefix.starts_with('/') {
                    return wrong("target.prefix", "expected a prefix such as exports/, without / at its beginning");
                }
                if let Some(role) = role {
                    let account = account_of(role).filter(|account| Some(*account) != cx.env().optional("ACCOUNT_ID"));
                    if account.is_none() || role.len() > 500 || !is_one_line(role, 500) {
                        return wrong(
                            "target.role",
                            "expected the ARN of a role in your account: arn:aws:iam::111122223333:role/name",
                        );
                    }
                    // It becomes part of a policy.
                    if prefix.contains(['*', '?', '$']) {
                        return wrong("target.prefix", "expected a prefix without * ? $ beside a role");
                    }
                    if endpoint.is_some() {
                        return wrong("target.role", "expected no endpoint: roles are for Amazon's own buckets");
                    }
                }
                if let Some(endpoint) = endpoint {
                    let judged = cx.get::<Fetcher>().await?.judge(endpoint);
                    judged.map_err(|why| Error::invalid("target.endpoint", why.code(), why.to_string()))?;
                }
            }
        }
        Ok(())
    }
}

impl DestinationInput {
    /// What is kept of it. `before` is the destination in whose place it comes.
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
            return Err(Error::invalid("secret.signing", "invalid", "the signing secret is made by us"));
        }
        let mut shown = None;
        if matches!(self.target, Target::Webhook { .. }) && !same_server {
            let made = new_secret()?;
            shown = Some(made.clone());
            secret = Some(TargetSecrets { signing: Some(made), ..TargetSecrets::default() });
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
            return Err(Error::invalid("secret", "required", "expected the password or keys of this server"));
        }
        let settings = serde_json::to_value(&self.target).map_err(Error::internal)?;
        Ok((NewDestination { name, kind: self.target.kind(), settings, secret: kept, same_server }, shown))
    }
}

/// Whose a destination's secrets are.
fn secrets_of(tenant: TenantId, id: Uuid) -> SecretsOf {
    SecretsOf { tenant, kind: "destination", id }
}

/// The account of a role's ARN.
fn account_of(role: &str) -> Option<&str> {
    let (account, name) = role.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let numbered = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let named = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+=,.@_-".contains(&byte));
    (numbered && named && !name.is_empty()).then_some(account)
}

/// The trust policy of a role that lets this organisation's files in, and nobody else's.
fn trust_policy(cx: &Cx) -> Result<Value> {
    let principal = format!("arn:aws:iam::{}:root", cx.env().text("ACCOUNT_ID")?);
    Ok(json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": cx.tenant()?.to_string() } } }],
    }))
}

/// Where a destination is.
pub(crate) fn target(destination: &Destination) -> Result<Target> {
    serde_json::from_value(destination.settings.clone()).map_err(Error::internal)
}

/// A destination's secrets.
pub(crate) async fn secrets(cx: &Cx, tenant: TenantId, destination: &Destination) -> Result<TargetSecrets> {
    secrets_of(tenant, destination.id).decrypt(cx, destination.secret.as_deref()).await
}

/// The server of a folder; `met` is the key that it showed at the first meeting.
pub(crate) fn server(target: &Target, secrets: &TargetSecrets, met: Option<&String>) -> Result<Server> {
    let account = target.account().ok_or_else(|| Error::internal("a folder without a server"))?;
    Ok(account.server(secrets.password.as_ref(), secrets.private_key.as_ref(), met))
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
