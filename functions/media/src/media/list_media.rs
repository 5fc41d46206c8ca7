//! `GET /v1/media`

use db_media::MediaDb;
use runtime::{Cx, Error, Page, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::media::links::{MediumView, views};

/// Which pictures to list.
#[derive(Deserialize, IntoParams)]
pub struct MediaFilter {
    /// Only pictures with this status: `awaiting_upload`, `fetching`, `processing`, `ready`, `failed` or `duplicate`.
    #[serde(default)]
    pub status: Option<String>,
    /// Only pictures that belong to no product.
    #[serde(default)]
    pub unattached: bool,
}

const STATUSES: [&str; 6] = ["awaiting_upload", "fetching", "processing", "ready", "failed", "duplicate"];

/// Lists pictures, in a stable order.
pub async fn list_media(cx: Cx, filter: Query<MediaFilter>, page: Query<PageQuery>) -> Result<Page<MediumView>> {
    let status = filter.0.status.as_deref();
    if let Some(unknown) = status.filter(|status| !STATUSES.contains(status)) {
        let message = messages::media::status_unknown(STATUSES.join(", "), unknown);
        return Err(Error::invalid("status", "invalid", message));
    }
    let db = cx.get::<MediaDb>().await?;
    let found = db.media(cx.tenant()?, status, filter.0.unattached, page.0.after_id()?, page.0.limit()?).await?;
    Ok(Page { data: views(&cx, found.data).await?, next_cursor: found.next_cursor })
}
