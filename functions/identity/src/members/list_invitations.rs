//! `GET /v1/invitations`

use db_core::CoreDb;
use runtime::{Cx, Page, PageQuery, Query, Result};

use crate::members::invitation::InvitationView;

/// Lists the invitations that can still be accepted.
pub async fn list_invitations(cx: Cx, page: Query<PageQuery>) -> Result<Page<InvitationView>> {
    let (before, limit) = (page.0.after_id()?, page.0.limit()?);
    let found = cx.get::<CoreDb>().await?.invitations(cx.tenant()?, cx.now, before, limit).await?;
    Ok(found.map(InvitationView::from))
}
