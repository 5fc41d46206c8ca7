//! `POST /v1/products/{id}/offers/choose`

use db_catalog::{Action, CatalogDb, Origin, Product};
use db_tenancy::Stamp;
use product::{Content, OfferRule};
use runtime::{Body, Cx, Error, IfMatch, Path, Result, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::offers::ranking::ranked;

/// How the best offer is chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseOffer {
    /// The rule. Default: the setting `suppliers.offer_rule`.
    #[serde(default)]
    pub rule: Option<OfferRule>,
    /// Whether to set the selling price by the supplier's price rule too.
    #[serde(default)]
    pub set_price: bool,
}

/// Applies the best offer to the product: sets its supplier, reference, cost and stock, and with `set_price` its price.
pub async fn choose_offer(cx: Cx, id: Path, input: Body<ChooseOffer>) -> Result<Versioned<Product>> {
    let (product, offers) = ranked(&cx, id.0, input.0.rule).await?;
    let Some(best) = offers.into_iter().find(|offer| offer.best) else {
        return Err(Error::Conflict { code: "no_offer", message: messages::suppliers::no_offer() });
    };
    let stamp = Stamp::of(&cx)?;
    let origin = Origin {
        source: "rule".to_owned(),
        actor_id: stamp.actor(),
        actor_name: Some(stamp.actor_name().to_owned()),
        job_id: None,
    };
    let apply = |product: &Product| {
        let offer = &best.offer;
        let mut content: Content = product.content.clone();
        content.supplier_id = Some(offer.supplier_id);
        content.supplier_reference = offer.reference.clone().or(content.supplier_reference);
        content.cost_price = offer.cost_price.or(content.cost_price);
        content.currency = content.currency.or_else(|| offer.currency.clone());
        content.stock = offer.stock.or(content.stock);
        if let Some(price) = best.selling_price.filter(|_| input.0.set_price) {
            content.price = Some(price);
        }
        Ok(content)
    };
    let db = cx.get::<CatalogDb>().await?;
    let changed = db
        .edit_product(
            cx.tenant()?,
            product.id,
            &IfMatch::Version(product.version),
            Action::Update,
            &origin,
            &stamp,
            apply,
        )
        .await?;
    let version = changed.version;
    Ok(Versioned(changed, version))
}
