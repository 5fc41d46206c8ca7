//! The associations of a product, as the API shows them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The products that are associated with a product, in their order.
#[derive(Serialize, ToSchema)]
pub struct Associations {
    /// Products that are sold with it.
    pub cross_sell: Vec<Uuid>,
    /// Better products.
    pub up_sell: Vec<Uuid>,
    /// Accessories.
    pub accessory: Vec<Uuid>,
    /// Products that replace it.
    pub replacement: Vec<Uuid>,
}

impl From<std::collections::BTreeMap<String, Vec<Uuid>>> for Associations {
    fn from(mut kinds: std::collections::BTreeMap<String, Vec<Uuid>>) -> Self {
        let mut take = |kind: &str| kinds.remove(kind).unwrap_or_default();
        Self {
            cross_sell: take("cross_sell"),
            up_sell: take("up_sell"),
            accessory: take("accessory"),
            replacement: take("replacement"),
        }
    }
}
