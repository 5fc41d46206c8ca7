//! `GET /v1/products/{id}/offers`

use db_suppliers::Offer;
use product::OfferRule;
use runtime::{Cx, Page, Path, Query, Result};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::offers::ranking::ranked;

/// By which rule the best one is chosen.
#[derive(Deserialize, IntoParams)]
pub struct Choice {
    /// `cheapest_in_stock`, `cheapest`, `fastest` or `preferred`; the setting `suppliers.offer_rule` unless said.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub rule: Option<OfferRule>,
}

/// An offer, and what the seller would make of it.
#[derive(Serialize, ToSchema)]
pub struct RankedOffer {
    /// The offer.
    #[serde(flatten)]
    pub offer: Offer,
    /// The selling price by the supplier's price rule; `null` without a cost or a rule.
    #[schema(value_type = Option<String>)]
    pub selling_price: Option<Decimal>,
    /// Whether it is the best one. Archived suppliers, and costs in another currency than the product's, are never chosen.
    pub best: bool,
}

/// What suppliers offer of a product, the best one marked.
pub async fn list_offers(cx: Cx, id: Path, choice: Query<Choice>) -> Result<Page<RankedOffer>> {
    let (_, data) = ranked(&cx, id.0, choice.0.rule).await?;
    Ok(Page { data, next_cursor: None })
}
