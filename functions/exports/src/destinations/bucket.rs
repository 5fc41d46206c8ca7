//! Buckets of sellers, opened with access keys or with a role.

use channels::media_type;
use cloud::{ForeignBucket, RoleRefused, Roles, StoreKeys};
use messages::exports as say;
use net::Fetcher;
use runtime::{Cx, TenantId, log_error};
use serde_json::json;

use crate::destinations::destination::{Target, TargetSecrets};
use crate::destinations::failure::{DeliveryError, DeliveryFailure, PATIENCE};

/// A seller's bucket and the prefix of object names.
pub(crate) struct Store<'t> {
    bucket: ForeignBucket,
    prefix: &'t str,
}

impl<'t> Store<'t> {
    /// Opens a bucket with its access keys, or with the temporary keys of its role.
    pub(crate) async fn open(
        cx: &Cx,
        tenant: TenantId,
        target: &'t Target,
        secrets: TargetSecrets,
    ) -> std::result::Result<Self, DeliveryError> {
        let Target::S3 { endpoint, region, bucket, prefix, role } = target else {
            return Err(DeliveryFailure::new(say::not_a_bucket()).into());
        };
        let keys = match role {
            Some(role) => role_keys(cx, tenant, role, &format!("{bucket}/{prefix}*")).await?,
            None => StoreKeys {
                id: secrets.access_key_id.unwrap_or_default(),
                secret: secrets.secret_access_key.unwrap_or_default(),
                session: None,
            },
        };
        let region = region.as_deref().unwrap_or("us-east-1");
        let bucket = ForeignBucket::open(cx, endpoint.as_deref(), region, bucket, keys).await?;
        Ok(Self { bucket, prefix })
    }

    /// Uploads a file.
    pub(crate) async fn put(
        &self,
        cx: &Cx,
        name: &str,
        body: impl tokio::io::AsyncRead + Send + Sync + 'static,
        size: u64,
    ) -> std::result::Result<(), DeliveryError> {
        let (key, content_type) = (format!("{}{name}", self.prefix), media_type(name));
        let url = self.bucket.presign_put(&key, content_type, size, PATIENCE).await?;
        let fetcher = cx.get::<Fetcher>().await?;
        let headers = [("content-type", content_type.to_owned())];
        let sent = fetcher.put(&url, &headers, body, size, PATIENCE).await;
        let (status, answer) = sent.map_err(DeliveryFailure::from)?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        // `<Code>NoSuchBucket</Code>` is clearer than the status alone.
        let code = answer.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or_default();
        Err(DeliveryFailure::new(say::store_answered(format!("{status} {code}").trim_end())).into())
    }
}

/// Returns temporary keys of a seller's role that allow writing to `objects`, and nothing else.
async fn role_keys(
    cx: &Cx,
    tenant: TenantId,
    role: &str,
    objects: &str,
) -> std::result::Result<StoreKeys, DeliveryError> {
    let allow =
        |actions: &[&str], resource: &str| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let write = allow(&["s3:PutObject"], &format!("arn:aws:s3:::{objects}"));
    // For a bucket that encrypts with a key of its own.
    let encrypt = allow(&["kms:GenerateDataKey", "kms:Decrypt"], "*");
    let policy = json!({ "Version": "2012-10-17", "Statement": [write, encrypt] }).to_string();
    let (roles, organisation) = (cx.get::<Roles>().await?, tenant.to_string());
    let keys = roles.assume(role, &organisation, &format!("products-manager-{organisation}"), &policy).await;
    keys.map_err(|why| match why {
        RoleRefused::Denied => DeliveryFailure::new(say::role_denied()).into(),
        RoleRefused::Unguarded => DeliveryFailure::new(say::role_unguarded()).into(),
        RoleRefused::Failed(error) => {
            log_error(&error, role);
            DeliveryFailure::new(say::role_failed()).into()
        }
    })
}
