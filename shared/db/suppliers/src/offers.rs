//! Offers: several suppliers offer the same product, each at a price, with a stock and a lead time.

use db_tenancy::{Change, Stamp, begin, error, on_constraint, record_change};
use runtime::{Error, Result, TenantId};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::SuppliersDb;

/// A supplier's offer of a product. `null` = not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Offer {
    /// The supplier.
    pub supplier_id: Uuid,
    /// Its name.
    pub supplier_name: String,
    /// The product.
    pub product_id: Uuid,
    /// The supplier's code of the product.
    pub reference: Option<String>,
    /// What the product costs at this supplier, without VAT.
    #[schema(value_type = Option<String>)]
    pub cost_price: Option<Decimal>,
    /// The ISO 4217 code of the cost.
    pub currency: Option<String>,
    /// Pieces in stock at the supplier.
    pub stock: Option<i32>,
    /// The smallest quantity that can be ordered.
    pub min_quantity: Option<i32>,
    /// Days until delivery. Default: those of the supplier.
    pub lead_days: Option<i32>,
    /// The supplier's place in the order of preference.
    #[serde(skip)]
    pub preference: i32,
    /// Whether the supplier is archived.
    #[serde(skip)]
    pub archived: bool,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// The values of an offer that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOffer {
    /// The product.
    pub product_id: Uuid,
    /// The supplier's code of the product.
    pub reference: Option<String>,
    /// The cost.
    pub cost_price: Option<Decimal>,
    /// Its currency.
    pub currency: Option<String>,
    /// Pieces in stock.
    pub stock: Option<i32>,
    /// The smallest quantity that can be ordered.
    pub min_quantity: Option<i32>,
    /// Days until delivery.
    pub lead_days: Option<i32>,
    /// The row of an import's file.
    pub row: Option<i32>,
}

impl SuppliersDb {
    /// Returns the offers of a product, the preferred supplier's first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn offers(&self, tenant: TenantId, product: Uuid) -> Result<Vec<Offer>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let offers = sqlx::query_as!(
            Offer,
            r#"select o.supplier_id, s.name as supplier_name, o.product_id, o.reference, o.cost_price, o.currency, o.stock, o.min_quantity,
                      coalesce(o.lead_days, s.lead_days) as lead_days, s.preference, s.archived_at is not null as "archived!", o.updated_at
               from offers o join suppliers s using (tenant_id, supplier_id)
               where o.tenant_id = $1 and o.product_id = $2 order by s.preference, s.name, o.supplier_id"#,
            tenant.0,
            product
        );
        offers.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Creates or replaces a supplier's offer of a product.
    ///
    /// # Errors
    /// 404 if the supplier does not exist.
    pub async fn put_offer(&self, tenant: TenantId, supplier: Uuid, offer: &NewOffer, stamp: &Stamp) -> Result<Offer> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into offers (tenant_id, supplier_id, product_id, reference, cost_price, currency, stock, min_quantity, lead_days, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (tenant_id, supplier_id, product_id) do update set reference = excluded.reference, cost_price = excluded.cost_price,
                 currency = excluded.currency, stock = excluded.stock, min_quantity = excluded.min_quantity,
                 lead_days = excluded.lead_days, import_id = null, import_row = null, updated_at = excluded.updated_at",
            tenant.0,
            supplier,
            offer.product_id,
            offer.reference,
            offer.cost_price,
            offer.currency,
            offer.stock,
            offer.min_quantity,
            offer.lead_days,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| on_constraint(failed, "offers_supplier_fkey", || Error::NotFound(messages::things::supplier())))?;
        let line = Change::new("offer.set", format!("{supplier}/{}", offer.product_id))
            .to(json!({ "reference": offer.reference, "cost_price": offer.cost_price, "currency": offer.currency, "stock": offer.stock }));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        let offers = self.offers(tenant, offer.product_id).await?;
        offers
            .into_iter()
            .find(|offer| offer.supplier_id == supplier)
            .ok_or_else(|| Error::NotFound(messages::things::offer()))
    }

    /// Deletes a supplier's offer of a product.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn delete_offer(&self, tenant: TenantId, supplier: Uuid, product: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!(
            "delete from offers where tenant_id = $1 and supplier_id = $2 and product_id = $3",
            tenant.0,
            supplier,
            product
        );
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::offer()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("offer.deleted", format!("{supplier}/{product}"))).await?;
        tx.commit().await.map_err(error)
    }

    /// Updates a supplier's offers from the rows of an import. Values that a row does not have stay. A row does not
    /// overwrite what a later row of the same file set, so a batch that is delivered twice changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn import_offers(
        &self,
        tenant: TenantId,
        supplier: Uuid,
        import: Uuid,
        offers: &[NewOffer],
        now: OffsetDateTime,
    ) -> Result<()> {
        let column =
            |value: fn(&NewOffer) -> Option<String>| -> Vec<Option<String>> { offers.iter().map(value).collect() };
        let products: Vec<Uuid> = offers.iter().map(|offer| offer.product_id).collect();
        let (reference, currency) = (column(|offer| offer.reference.clone()), column(|offer| offer.currency.clone()));
        let cost: Vec<Option<Decimal>> = offers.iter().map(|offer| offer.cost_price).collect();
        let (stock, rows): (Vec<Option<i32>>, Vec<Option<i32>>) =
            offers.iter().map(|offer| (offer.stock, offer.row)).unzip();
        let mut tx = begin(&self.pool, tenant).await?;
        let supplier = sqlx::query_scalar!(
            "select coalesce(merged_into, supplier_id) as \"id!\" from suppliers where tenant_id = $1 and supplier_id = $2 for share",
            tenant.0,
            supplier
        );
        // A deleted supplier has no offers.
        let Some(supplier) = supplier.fetch_optional(&mut *tx).await.map_err(error)? else { return Ok(()) };
        sqlx::query!(
            "insert into offers (tenant_id, supplier_id, product_id, reference, cost_price, currency, stock, import_id, import_row, updated_at)
             select $1, $2, p, r, c, u, s, $3, n, $4
             from (select distinct on (p) * from unnest($5::uuid[], $6::text[], $7::numeric[], $8::text[], $9::int[], $10::int[]) as r(p, r, c, u, s, n)
                   order by p, n desc) as rows
             on conflict (tenant_id, supplier_id, product_id) do update
             set reference = coalesce(excluded.reference, offers.reference), cost_price = coalesce(excluded.cost_price, offers.cost_price),
                 currency = coalesce(excluded.currency, offers.currency), stock = coalesce(excluded.stock, offers.stock),
                 import_id = excluded.import_id, import_row = excluded.import_row, updated_at = excluded.updated_at
             where (offers.import_id is distinct from excluded.import_id or offers.import_row < excluded.import_row)
               and (offers.reference, offers.cost_price, offers.currency, offers.stock) is distinct from
                   (coalesce(excluded.reference, offers.reference), coalesce(excluded.cost_price, offers.cost_price),
                    coalesce(excluded.currency, offers.currency), coalesce(excluded.stock, offers.stock))",
            tenant.0,
            supplier,
            import,
            now,
            &products,
            &reference as _,
            &cost as _,
            &currency as _,
            &stock as _,
            &rows as _
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }
}
