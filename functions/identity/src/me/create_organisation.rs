//! `POST /v1/me/organisations`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, Result, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::organisation::view::NewOrganisationBody;

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct OrganisationMade {
    /// The organisation; `POST /v1/auth/switch` goes there.
    pub organisation_id: TenantId,
}

/// How many organisations one person may belong to and still make another.
const MOST: usize = 20;

/// Makes another organisation.
pub async fn create_organisation(cx: Cx, input: Body<NewOrganisationBody>) -> Result<Created<OrganisationMade>> {
    let user = cx.person()?.user;
    let db = cx.get::<CoreDb>().await?;
    if db.belongings(user).await?.len() >= MOST {
        return Err(Error::Conflict {
            code: "too_many_organisations",
            message: format!("you belong to {MOST} organisations already; leave one first, or ask the support"),
        });
    }
    let tenant = TenantId(Uuid::now_v7());
    db.add_organisation(user, tenant, &input.0.name.0, &Stamp::of(&cx)?).await?;
    Ok(Created(OrganisationMade { organisation_id: tenant }))
}
