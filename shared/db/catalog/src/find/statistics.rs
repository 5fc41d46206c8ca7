//! The statistics of a catalogue.

use std::collections::BTreeMap;

use db_tenancy::{begin, error};
use runtime::{Result, TenantId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;

impl CatalogDb {
    /// Returns the statistics of a catalogue.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog_statistics(&self, tenant: TenantId, now: OffsetDateTime) -> Result<CatalogStatistics> {
        let full = self.catalog_use(tenant).await?;
        let mut tx = begin(&self.pool, tenant).await?;
        // One pass over the products; the rest is small.
        let groups = sqlx::query!(
            "select status, trashed_at is not null as \"trashed!\", least(completeness / 10, 9) as \"band!\", supplier_id,
                    count(*) as \"products!\", sum(completeness)::bigint as \"completeness!\",
                    count(*) filter (where coalesce(category_ids, '{}') = '{}') as \"uncategorised!\",
                    count(*) filter (where media = 0 and image_urls = '{}') as \"imageless!\",
                    count(*) filter (where price is null) as \"priceless!\", count(*) filter (where stock is null) as \"stockless!\"
             from products where tenant_id = $1 group by 1, 2, 3, 4",
            tenant.0
        );
        let groups = groups.fetch_all(&mut *tx).await.map_err(error)?;
        let categories = sqlx::query_as!(
            ProductCount,
            "select c.category_id as id, c.name as \"name?\", used.products as \"products!\"
             from (select id, count(*) as products from products, unnest(category_ids) id
                   where tenant_id = $1 and trashed_at is null and category_ids is not null group by 1 order by 2 desc limit 20) used
             join categories c on c.tenant_id = $1 and c.category_id = used.id order by 3 desc, 2",
            tenant.0
        );
        let by_category = categories.fetch_all(&mut *tx).await.map_err(error)?;
        let days = sqlx::query!(
            "select to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD') as \"day!\", count(*) as \"products!\" from products
             where tenant_id = $1 and updated_at >= $2 group by 1",
            tenant.0,
            now - time::Duration::days(30)
        );
        let changed_by_day =
            days.fetch_all(&mut *tx).await.map_err(error)?.into_iter().map(|row| (row.day, row.products)).collect();
        let mut statistics = CatalogStatistics {
            products: 0,
            trashed: 0,
            counted: full.products,
            quota: full.quota,
            by_status: BTreeMap::new(),
            by_grade: BTreeMap::new(),
            average_completeness: 0.0,
            by_supplier: Vec::new(),
            by_category,
            without: BTreeMap::new(),
            changed_by_day,
        };
        let (mut suppliers, mut completeness) = (BTreeMap::<Uuid, i64>::new(), 0_i64);
        for group in groups {
            if group.trashed {
                statistics.trashed += group.products;
                continue;
            }
            statistics.products += group.products;
            completeness += group.completeness;
            *statistics.by_status.entry(group.status).or_default() += group.products;
            let band = i16::try_from(group.band).unwrap_or_default() * 10;
            *statistics.by_grade.entry(product::grade(band).to_owned()).or_default() += group.products;
            if let Some(supplier) = group.supplier_id {
                *suppliers.entry(supplier).or_default() += group.products;
            }
            for (what, number) in [
                ("category", group.uncategorised),
                ("image", group.imageless),
                ("price", group.priceless),
                ("stock", group.stockless),
            ] {
                *statistics.without.entry(what.to_owned()).or_default() += number;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "an average, rounded")]
        let average = completeness as f64 / statistics.products.max(1) as f64;
        statistics.average_completeness = (average * 10.0).round() / 10.0;
        let mut by_supplier: Vec<ProductCount> =
            suppliers.into_iter().map(|(id, products)| ProductCount { id, name: None, products }).collect();
        by_supplier.sort_by_key(|counted| std::cmp::Reverse(counted.products));
        by_supplier.truncate(20);
        statistics.by_supplier = by_supplier;
        Ok(statistics)
    }
}

/// The statistics of a catalogue, for a dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CatalogStatistics {
    /// Products, without those in the trash.
    pub products: i64,
    /// Products in the trash.
    pub trashed: i64,
    /// Products that count towards the plan's quota.
    pub counted: i64,
    /// The plan's quota; `null` = any number.
    pub quota: Option<i64>,
    /// Products by status.
    pub by_status: BTreeMap<String, i64>,
    /// Products by grade of completeness.
    pub by_grade: BTreeMap<String, i64>,
    /// The average completeness of all products, in percent.
    pub average_completeness: f64,
    /// The 20 suppliers with the most products.
    pub by_supplier: Vec<ProductCount>,
    /// The 20 categories with the most products.
    pub by_category: Vec<ProductCount>,
    /// Products without a `category`, an `image`, a `price` or a `stock`, by what they lack.
    pub without: BTreeMap<String, i64>,
    /// Products by the day of their last change (UTC), for the last 30 days.
    pub changed_by_day: BTreeMap<String, i64>,
}

/// A supplier or a category, and its number of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductCount {
    /// Its id.
    pub id: Uuid,
    /// Its name; `null` for a supplier.
    pub name: Option<String>,
    /// How many products.
    pub products: i64,
}
