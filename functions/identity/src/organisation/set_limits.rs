//! Invoked by an operator

use db_catalog::CatalogDb;
use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};

/// A plan and, if they are given, limits that replace those of the plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsOrder {
    /// The organisation.
    pub organisation_id: TenantId,
    /// The plan.
    pub plan: String,
    /// Requests per minute.
    #[serde(default)]
    pub per_minute: Option<i32>,
    /// Bulk operations per minute.
    #[serde(default)]
    pub bulk_per_minute: Option<i32>,
    /// Requests per hour.
    #[serde(default)]
    pub per_hour: Option<i32>,
    /// The most products in the catalogue.
    #[serde(default)]
    pub products: Option<i64>,
}

/// The answer when the limits are set.
#[derive(Serialize)]
pub struct LimitsSet {
    /// The organisation.
    pub organisation_id: TenantId,
}

/// Sets the plan and the limits of an organisation.
pub async fn set_limits(cx: Cx, order: LimitsOrder) -> Result<LimitsSet> {
    let own = (order.per_minute, order.bulk_per_minute, order.per_hour);
    let stamp = Stamp::of_job(&cx, "identity.set_limits");
    let plan = cx.get::<CoreDb>().await?.set_limits(order.organisation_id, &order.plan, own, &stamp).await?;
    // In another database: if this fails, the operator sends the order again.
    cx.get::<CatalogDb>().await?.set_product_quota(order.organisation_id, order.products.or(plan)).await?;
    Ok(LimitsSet { organisation_id: order.organisation_id })
}
