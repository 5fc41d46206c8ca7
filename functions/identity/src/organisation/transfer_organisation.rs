//! `POST /v1/organisation/transfer`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::password;

/// The new owner, and the proof that the current one asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The account of another member.
    pub user_id: Uuid,
    /// The password of the current owner.
    pub current_password: String,
}

/// Transfers the organisation to another member.
pub async fn transfer_organisation(cx: Cx, input: Body<Transfer>) -> Result<NoContent> {
    let Transfer { user_id, current_password } = input.0;
    let user = cx.person()?.user;
    if user_id == user {
        return Err(Error::invalid("user_id", "unchanged", messages::identity::transfer_to_oneself()));
    }
    password::confirm(&cx, current_password).await?;
    cx.get::<CoreDb>().await?.transfer(cx.tenant()?, user, user_id, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
