//! By an operator

use db_catalog::CatalogDb;
use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};

/// A plan and, where they are said, limits beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsOrder {
    /// The organisation.
    pub organisation_id: TenantId,
    /// The plan.
    pub plan: String,
    /// Requests a minute.
    #[serde(default)]
    pub per_minute: Option<i32>,
    /// Bulk operations a minute.
    #[serde(default)]
    pub bulk_per_minute: Option<i32>,
    /// Requests an hour.
    #[serde(default)]
    pub per_hour: Option<i32>,
    /// Products in the catalogue.
    #[serde(default)]
    pub products: Option<i64>,
}

/// Done.
#[derive(Serialize)]
pub struct LimitsSet {
    /// The organisation.
    pub organisation_id: TenantId,
}

/// Gives an organisation a plan and limits.
pub async fn set_limits(cx: Cx, order: LimitsOrder) -> Result<LimitsSet> {
    let own = (order.per_minute, order.bulk_per_minute, order.per_hour);
    let stamp = Stamp::of_job(&cx, "identity.set_limits");
    let plan = cx.get::<CoreDb>().await?.set_limits(order.organisation_id, &order.plan, own, &stamp).await?;
    // In another database: an order that fails here is given again.
    cx.get::<CatalogDb>().await?.set_product_quota(order.organisation_id, order.products.or(plan)).await?;
    Ok(LimitsSet { organisation_id: order.organisation_id })
}
