//! The offers of a product, the best one marked.

use std::collections::HashMap;

use db_catalog::{CatalogDb, Product};
use db_core::{CoreDb, OFFER_RULE};
use db_suppliers::{Offer, SuppliersDb};
use product::{Candidate, OfferRule, best_offer};
use runtime::{Cx, Result};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Returns a product and its offers, the best one marked.
pub(crate) async fn ranked(cx: &Cx, product: Uuid, rule: Option<OfferRule>) -> Result<(Product, Vec<RankedOffer>)> {
    let (tenant, suppliers) = (cx.tenant()?, cx.get::<SuppliersDb>().await?);
    let catalog = cx.get::<CatalogDb>().await?;
    let product = catalog.product(tenant, product).await?;
    let rule = match rule {
        Some(rule) => rule,
        None => cx.get::<CoreDb>().await?.settings(cx).await?.get(&OFFER_RULE),
    };
    let offers = suppliers.offers(tenant, product.id).await?;
    let own = product.content.currency.clone();
    let comparable =
        |offer: &&Offer| !offer.archived && (own.is_none() || offer.currency.is_none() || offer.currency == own);
    let eligible: Vec<&Offer> = offers.iter().filter(comparable).collect();
    let candidates: Vec<Candidate> = eligible
        .iter()
        .map(|offer| Candidate {
            cost: offer.cost_price,
            stock: offer.stock,
            lead_days: offer.lead_days,
            preference: offer.preference,
        })
        .collect();
    let best = best_offer(&candidates, rule).map(|at| eligible[at].supplier_id);
    let mut paths = Vec::new();
    for id in product.content.category_ids.iter().flatten() {
        paths.extend(catalog.category(tenant, *id).await?.path);
    }
    let mut rules = HashMap::new();
    for offer in &offers {
        rules.insert(offer.supplier_id, suppliers.supplier(tenant, offer.supplier_id).await?.details.price_rule);
    }
    let ranked = offers.into_iter().map(|offer| RankedOffer {
        selling_price: offer.cost_price.and_then(|cost| rules.get(&offer.supplier_id)?.selling_price(cost, &paths)),
        best: best == Some(offer.supplier_id),
        offer,
    });
    Ok((product, ranked.collect()))
}

/// An offer, with the selling price that results from it.
#[derive(Serialize, ToSchema)]
pub struct RankedOffer {
    /// The offer.
    #[serde(flatten)]
    pub offer: Offer,
    /// The selling price by the supplier's price rule; `null` without a cost or a rule.
    #[schema(value_type = Option<String>)]
    pub selling_price: Option<Decimal>,
    /// Whether it is the best offer. Offers of archived suppliers, and offers in another currency than the product's,
    /// are never chosen.
    pub best: bool,
}
