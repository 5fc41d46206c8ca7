//! `PATCH /v1/organisation`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Result};

use crate::organisation::view::{NewOrganisationBody, OrganisationView};

/// Renames the organisation.
pub async fn change_organisation(cx: Cx, input: Body<NewOrganisationBody>) -> Result<OrganisationView> {
    let (tenant, stamp) = (cx.tenant()?, Stamp::of(&cx)?);
    cx.get::<CoreDb>().await?.rename_organisation(tenant, &input.0.name.0, &stamp).await?;
    OrganisationView::of(&cx).await
}
