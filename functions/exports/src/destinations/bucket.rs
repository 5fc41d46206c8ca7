//! Sellers' buckets, by keys or by a role.

use channels::media_type;
use cloud::{ForeignBucket, RoleRefused, Roles, StoreKeys};
use net::Fetcher;
use runtime::{Cx, TenantId, log_error};
use serde_json::json;

use crate::destinations::destination::{Target, TargetSecrets};
use crate::destinations::failure::{DeliveryFailure, PATIENCE};

/// A seller's bucket, and what stands before the names in it.
pub(crate) struct Store<'t> {
    bucket: ForeignBucket,
    prefix: &'t str,
}

impl<'t> Store<'t> {
    /// Opens a bucket with its keys, or with those that its role gives.
    pub(crate) async fn open(
        cx: &Cx,
        tenant: TenantId,
        target: &'t Target,
        secrets: TargetSecrets,
    ) -> std::result::Result<Self, DeliveryFailure> {
        let Target::S3 { endpoint, region, bucket, prefix, role } = target else {
            return Err(DeliveryFailure::new("the destination is no bucket"));
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
        let bucket =
            ForeignBucket::open(cx, endpoint.as_deref(), region, bucket, keys).await.map_err(DeliveryFailure::new)?;
        Ok(Self { bucket, prefix })
    }

    /// Puts a file there.
    pub(crate) async fn put(
        &self,
        cx: &Cx,
        name: &str,
        body: impl tokio::io::AsyncRead + Send + Sync + 'static,
        size: u64,
    ) -> std::result::Result<(), DeliveryFailure> {
        let (key, content_type) = (format!("{}{name}", self.prefix), media_type(name));
        let url = self.bucket.presign_put(&key, content_type, size, PATIENCE).await.map_err(DeliveryFailure::new)?;
        let fetcher = cx.get::<Fetcher>().await.map_err(DeliveryFailure::new)?;
        let headers = [("content-type", content_type.to_owned())];
        let (status, said) = fetcher.put(&url, &headers, body, size, PATIENCE).await.map_err(DeliveryFailure::new)?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        // `<Code>NoSuchBucket</Code>` says more than a number.
        let code = said.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or_default();
        Err(DeliveryFailure::new(format!("the store answered {status} {code}").trim_end()))
    }
}

/// What a seller's role gives us to write to `objects`, and no more.
async fn role_keys(
    cx: &Cx,
    tenant: TenantId,
    role: &str,
    objects: &str,
) -> std::result::Result<StoreKeys, DeliveryFailure> {
    let allow =
        |actions: &[&str], resource: &str| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let write = allow(&["s3:PutObject"], &format!("arn:aws:s3:::{objects}"));
    // A bucket that encrypts by a key of its own.
    let encrypt = allow(&["kms:GenerateDataKey", "kms:Decrypt"], "*");
    let policy = json!({ "Version": "2012-10-17", "Statement": [write, encrypt] }).to_string();
    let (roles, organisation) = (cx.get::<Roles>().await.map_err(DeliveryFailure::new)?, tenant.to_string());
    roles.take(role, &organisation, &format!("products-manager-{organisation}"), &policy).await.map_err(|why| match why {
        RoleRefused::Denied => DeliveryFailure::new("the role does not let us in; is it there, and has it the destination's trust_policy?"),
        RoleRefused::Unguarded => DeliveryFailure::new(
            "the role lets in whoever uses Products Manager; give it the condition on sts:ExternalId of the destination's trust_policy",
        ),
        RoleRefused::Failed(error) => {
            log_error(&error, role);
            DeliveryFailure::new("Amazon does not give us the role; the log has its reason")
        }
    })
}
