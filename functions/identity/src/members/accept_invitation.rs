//! `POST /v1/invitations/accept`

use db_core::{CoreDb, NewMember};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Result, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::link_mail::unknown_link;
use crate::input::Name;
use crate::secret::Secret;
use crate::{password, throttle};

/// The invitation, and what a new account needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The token from the mail.
    pub token: String,
    /// For an address without an account: at least 12 characters. Ignored if the account exists.
    #[serde(default)]
    pub password: Option<String>,
    /// For an address without an account: the person's name.
    #[serde(default)]
    pub name: Option<Name>,
}

/// The person who joined, and the organisation.
#[derive(Serialize, ToSchema)]
pub struct JoinedView {
    /// The organisation.
    pub organisation_id: TenantId,
    /// The id of the account.
    pub user_id: Uuid,
    /// Whether the account was created now.
    pub account_created: bool,
}

/// Accepts an invitation.
pub async fn accept_invitation(cx: Cx, input: Body<Acceptance>) -> Result<JoinedView> {
    let Acceptance { token, password, name } = input.0;
    let token = Secret::parse(&token).ok_or_else(unknown_link)?;
    let (tenant, db) = (TenantId(token.owner), cx.get::<CoreDb>().await?);
    let email = db.invited_address(tenant, token.hash(), cx.now).await?;
    let password_hash = match password {
        Some(password) => {
            password::check(&password, &email)?;
            Some(password::hash(password).await?)
        }
        None => None,
    };
    let joining = NewMember {
        user: Uuid::now_v7(),
        password_hash: password_hash.as_deref(),
        name: name.as_ref().map(|name| name.0.as_str()),
    };
    let stamp = |user: Uuid, email: &str| Stamp::of_person(&cx, user, email);
    let joined = db.accept_invitation(tenant, token.hash(), &joining, stamp, cx.now).await?;
    throttle::know(&cx, &email).await;
    Ok(JoinedView { organisation_id: tenant, user_id: joined.user, account_created: joined.created })
}
