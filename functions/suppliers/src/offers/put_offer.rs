//! `PUT /v1/suppliers/{id}/offers/{key}`

use db_catalog::CatalogDb;
use db_suppliers::{NewOffer, Offer, SuppliersDb};
use db_tenancy::Stamp;
use product::Currency;
use runtime::{Body, Cx, Error, Key, Path, Result};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

/// The values of an offer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutOffer {
    /// The supplier's code of the product.
    #[serde(default)]
    pub reference: Option<String>,
    /// What the product costs, without VAT.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub cost_price: Option<Decimal>,
    /// The ISO 4217 code of the cost.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// Pieces in stock.
    #[serde(default)]
    pub stock: Option<i32>,
    /// The smallest quantity that can be ordered.
    #[serde(default)]
    pub min_quantity: Option<i32>,
    /// Days until delivery. Default: those of the supplier.
    #[serde(default)]
    pub lead_days: Option<i32>,
}

/// Creates or replaces a supplier's offer of a product. The key is the product's id.
pub async fn put_offer(cx: Cx, id: Path, product: Key, input: Body<PutOffer>) -> Result<Offer> {
    let (tenant, input) = (cx.tenant()?, input.0);
    let product = product.0.parse().map_err(|_| Error::NotFound(messages::things::product()))?;
    cx.get::<CatalogDb>().await?.product(tenant, product).await?;
    let most = Decimal::from(1_000_000_000);
    if input.cost_price.is_some_and(|cost| cost < Decimal::ZERO || cost > most) {
        return Err(Error::invalid("cost_price", "out_of_range", messages::suppliers::offer_cost()));
    }
    for (field, value, least) in
        [("stock", input.stock, 0), ("min_quantity", input.min_quantity, 1), ("lead_days", input.lead_days, 0)]
    {
        if value.is_some_and(|value| value < least || (field == "lead_days" && value > 3_650)) {
            let message = match field {
                "lead_days" => messages::suppliers::lead_days(),
                _ => messages::suppliers::offer_amount(least),
            };
            return Err(Error::invalid(field, "out_of_range", message));
        }
    }
    if input.reference.as_ref().is_some_and(|text| text.chars().count() > 200 || text.chars().any(char::is_control)) {
        return Err(Error::invalid("reference", "value_too_long", messages::suppliers::offer_reference()));
    }
    let offer = NewOffer {
        product_id: product,
        reference: input.reference,
        cost_price: input.cost_price,
        currency: input.currency.map(String::from),
        stock: input.stock,
        min_quantity: input.min_quantity,
        lead_days: input.lead_days,
        row: None,
    };
    cx.get::<SuppliersDb>().await?.put_offer(tenant, id.0, &offer, &Stamp::of(&cx)?).await
}
