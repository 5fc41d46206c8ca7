//! `GET /v1/products/{id}/offers`

use product::OfferRule;
use runtime::{Cx, Page, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::offers::ranking::{RankedOffer, ranked};

/// How the best offer is chosen.
#[derive(Deserialize, IntoParams)]
pub struct Choice {
    /// The rule: `cheapest_in_stock`, `cheapest`, `fastest` or `preferred`. Default: the setting
    /// `suppliers.offer_rule`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub rule: Option<OfferRule>,
}

/// Lists the suppliers' offers of a product. The best one is marked.
pub async fn list_offers(cx: Cx, id: Path, choice: Query<Choice>) -> Result<Page<RankedOffer>> {
    let (_, data) = ranked(&cx, id.0, choice.0.rule).await?;
    Ok(Page { data, next_cursor: None })
}
