//! `POST /v1/organisation/transfer`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::password;

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Another member.
    pub user_id: Uuid,
    /// The password of whoever gives it.
    pub current_password: String,
}

/// Gives the organisation to another member.
pub async fn transfer_organisation(cx: Cx, input: Body<Transfer>) -> Result<NoContent> {
    let Transfer { user_id, current_password } = input.0;
    let user = cx.person()?.user;
    if user_id == user {
        return Err(Error::invalid("user_id", "unchanged", "expected another member, found yourself"));
    }
    password::confirm(&cx, current_password).await?;
    cx.get::<CoreDb>().await?.transfer(cx.tenant()?, user, user_id, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
