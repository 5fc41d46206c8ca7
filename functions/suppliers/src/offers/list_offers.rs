//! `GET /v1/products/{id}/offers`

use product::OfferRule;
use runtime::{Cx, Page, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::offers::ranking::{RankedOffer, ranked};

/// By which rule the best one is chosen.
#[derive(Deserialize, IntoParams)]
pub struct Choice {
    /// `cheapest_in_stock`, `cheapest`, `fastest` or `preferred`; the setting `suppliers.offer_rule` unless said.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub rule: Option<OfferRule>,
}

/// What suppliers offer of a product, the best one marked.
pub async fn list_offers(cx: Cx, id: Path, choice: Query<Choice>) -> Result<Page<RankedOffer>> {
    let (_, data) = ranked(&cx, id.0, choice.0.rule).await?;
    Ok(Page { data, next_cursor: None })
}
