//! STS: the roles in other people's accounts that let us in.
//!
//! A role is taken under an external id that is its seller's and that the seller cannot choose, so that nobody reaches another's
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

/// Why a role is not taken.
#[derive(Debug)]
pub enum RoleRefused {
    /// It is not there, or does not trust us under this external id: Amazon does not say which.
    Denied,
    /// It trusts us under any external id, and so each of our customers.
    Unguarded,
    /// Amazon does not answer, or not as it should.
    Failed(Error),
}

/// The shortest that Amazon gives.
const SECONDS: i32 = 900;

impl Resource for Roles {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0) })
    }
}

impl Roles {
    /// Takes the role `arn` for a quarter of an hour; `session` is shown in its owner's logs, and `policy` narrows what the role allows.
    ///
    /// # Errors
    /// [`RoleRefused`]; one that is given under any external id is not taken.
    pub async fn take(
        &self,
        arn: &str,
        external_id: &str,
        session: &str,
        policy: &str,
    ) -> std::result::Result<StoreKeys, RoleRefused> {
        let role = self.client.assume_role().role_arn(arn).role_session_name(session).duration_seconds(SECONDS);
        let role = role.policy(policy);
        // Under an id that nobody has, no role of one customer's is given.
        match assume(role.clone().external_id(uuid::Uuid::new_v4().to_string())).await {
            Err(RoleRefused::Denied) => assume(role.external_id(external_id)).await,
            Err(other) => Err(other),
            Ok(_) => Err(RoleRefused::Unguarded),
        }
    }
}

async fn assume(role: AssumeRoleFluentBuilder) -> std::result::Result<StoreKeys, RoleRefused> {
    let answer = role.send().await;
    let answer = answer.map_err(|error| match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("AccessDenied") => RoleRefused::Denied,
        _ => RoleRefused::Failed(failed("taking a role", error)),
    })?;
    let keys = answer.credentials.ok_or_else(|| RoleRefused::Failed(Error::internal("a role without keys")))?;
    Ok(StoreKeys { id: keys.access_key_id, secret: keys.secret_access_key, session: Some(keys.session_token) })
}
