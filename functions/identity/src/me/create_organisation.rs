//! `POST /v1/me/organisations`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, Result, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::organisation::view::NewOrganisationBody;

/// The organisation that was created.
#[derive(Serialize, ToSchema)]
pub struct OrganisationMade {
    /// The id of the organisation; `POST /v1/auth/switch` switches to it.
    pub organisation_id: TenantId,
}

/// A person who belongs to this number of organisations cannot create another one.
const MOST: usize = 20;

/// Creates another organisation.
pub async fn create_organisation(cx: Cx, input: Body<NewOrganisationBody>) -> Result<Created<OrganisationMade>> {
    let user = cx.person()?.user;
    let db = cx.get::<CoreDb>().await?;
    if db.belongings(user).await?.len() >= MOST {
        return Err(Error::Conflict {
            code: "too_many_organisations",
            message: messages::identity::too_many_organisations(MOST),
        });
    }
    let tenant = TenantId(Uuid::now_v7());
    db.add_organisation(user, tenant, &input.0.name.0, &Stamp::of(&cx)?).await?;
    Ok(Created(OrganisationMade { organisation_id: tenant }))
}
