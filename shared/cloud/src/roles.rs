//! STS: roles in other people's AWS accounts that give us access.
//!
//! We assume a role with an external id. Each seller has one and cannot choose it, so nobody can reach another seller's
//! account through ours by naming its role (<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>).

use aws_sdk_sts::Client;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use runtime::{Cx, Error, Resource, Result};

use crate::StoreKeys;
use crate::aws::{Aws, failed};

/// The roles of other accounts.
pub struct Roles {
    client: Client,
}

/// Why a role was not assumed.
#[derive(Debug)]
pub enum RoleRefused {
    /// It does not exist, or does not trust us with this external id: AWS does not say which.
    Denied,
    /// It trusts us with any external id, and thereby each of our customers.
    Unguarded,
    /// AWS does not answer, or answers something unexpected.
    Failed(Error),
}

/// How long the keys are valid: the minimum of AWS.
const SECONDS: i32 = 900;

impl Resource for Roles {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0) })
    }
}

impl Roles {
    /// Assumes the role `arn` for 15 minutes. The role's owner sees `session` in the logs; `policy` restricts what the
    /// role allows.
    ///
    /// # Errors
    /// [`RoleRefused`]; a role that accepts any external id is refused.
    pub async fn assume(
        &self,
        arn: &str,
        external_id: &str,
        session: &str,
        policy: &str,
    ) -> std::result::Result<StoreKeys, RoleRefused> {
        let role = self.client.assume_role().role_arn(arn).role_session_name(session).duration_seconds(SECONDS);
        let role = role.policy(policy);
        // A role that accepts a random external id would accept those of all customers.
        match request(role.clone().external_id(uuid::Uuid::new_v4().to_string())).await {
            Err(RoleRefused::Denied) => request(role.external_id(external_id)).await,
            Err(other) => Err(other),
            Ok(_) => Err(RoleRefused::Unguarded),
        }
    }
}

async fn request(role: AssumeRoleFluentBuilder) -> std::result::Result<StoreKeys, RoleRefused> {
    let answer = role.send().await;
    let answer = answer.map_err(|error| match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("AccessDenied") => RoleRefused::Denied,
        _ => RoleRefused::Failed(failed("assuming a role", error)),
    })?;
    let keys = answer.credentials.ok_or_else(|| RoleRefused::Failed(Error::internal("a role without keys")))?;
    Ok(StoreKeys { id: keys.access_key_id, secret: keys.secret_access_key, session: Some(keys.session_token) })
}
