//! `GET /v1/organisation`

use runtime::{Cx, Result};

use crate::organisation::view::OrganisationView;

/// Returns the organisation.
pub async fn get_organisation(cx: Cx) -> Result<OrganisationView> {
    OrganisationView::of(&cx).await
}
