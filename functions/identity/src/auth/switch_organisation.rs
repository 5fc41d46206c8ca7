//! `POST /v1/auth/switch`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::tokens::{Signer, Tokens, new_session, tokens};

/// The organisation to switch to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// An organisation that the person belongs to.
    pub organisation_id: TenantId,
}

/// Switches to another organisation.
pub async fn switch_organisation(cx: Cx, input: Body<Switch>) -> Result<Tokens> {
    let (tenant, person) = (cx.tenant()?, cx.person()?);
    let signer = cx.get::<Signer>().await?.ready(&cx).await?;
    let (session, refresh) = new_session(&cx, input.0.organisation_id, person.user, false)?;
    let id = session.session;
    let stamp = Stamp::of(&cx)?;
    cx.get::<CoreDb>().await?.switch_session((tenant, person.session), session, &stamp).await?;
    tokens(&cx, &signer, person.user, id, &refresh)
}
