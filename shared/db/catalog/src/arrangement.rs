//! How products are arranged beside the tree: associations, tags, saved views; and what a dashboard shows of them.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, begin, error, on_constraint, record_change};
use runtime::{Error, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::search::ProductQuery;

/// The kinds of associations.
pub const ASSOCIATIONS: [&str; 4] = ["cross_sell", "up_sell", "accessory", "replacement"];

/// A tag and how many products have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tag {
    /// The tag, in the spelling of most products.
    pub name: String,
    /// How many products have it.
    pub products: i64,
}

/// A query that somebody keeps.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SavedView {
    /// The view.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner_id: Option<Uuid>,
    /// Whether everybody in the organisation sees it.
    pub shared: bool,
    /// What it shows.
    #[schema(value_type = ProductQuery)]
    pub query: Json<ProductQuery>,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// What a dashboard shows of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CatalogStatistics {
    /// Products, the trash left out.
    pub products: i64,
    /// Products in the trash.
    pub trashed: i64,
    /// Those that count on the plan's quota.
    pub counted: i64,
    /// The plan's quota; `null` = any number.
    pub quota: Option<i64>,
    /// Products by status.
    pub by_status: BTreeMap<String, i64>,
    /// Products by grade of completeness.
    pub by_grade: BTreeMap<String, i64>,
    /// The completeness of all, on average.
    pub average_completeness: f64,
    /// The 20 suppliers with most products.
    pub by_supplier: Vec<Counted>,
    /// The 20 categories with most products.
    pub by_category: Vec<Counted>,
    /// Products without a category, an image, a price, a stock.
    pub without: BTreeMap<String, i64>,
    /// Products by the day of their last change, the last 30 days.
    pub changed_by_day: BTreeMap<String, i64>,
}

/// Something and its number of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counted {
    /// Its id.
    pub id: Uuid,
    /// Its name, where the catalogue knows it.
    pub name: Option<String>,
    /// How many products.
    pub products: i64,
}

impl CatalogDb {
    /// A product's associations by kind, in their order.
    ///
    /// # Errors
    /// 404 when there is no such product.
    pub async fn associations(&self, tenant: TenantId, id: Uuid) -> Result<BTreeMap<String, Vec<Uuid>>> {
        self.product(tenant, id).await?;
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select kind, target_id from associations where tenant_id = $1 and product_id = $2 order by kind, position",
            tenant.0,
            id
        );
        let mut kinds: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for row in found.fetch_all(&mut *tx).await.map_err(error)? {
            kinds.entry(row.kind).or_default().push(row.target_id);
        }
        Ok(kinds)
    }

    /// Sets a product's associations of the kinds that are named; other kinds stay.
    ///
    /// # Errors
    /// 404 for the product; 422 for a target that is none of ours, or the product itself.
    pub async fn set_associations(
        &self,
        tenant: TenantId,
        id: Uuid,
        new: &BTreeMap<String, Vec<Uuid>>,
        stamp: &Stamp,
    ) -> Result<BTreeMap<String, Vec<Uuid>>> {
        for (kind, targets) in new {
            if !ASSOCIATIONS.contains(&kind.as_str()) {
                return Err(Error::invalid(
                    kind,
                    "unknown_field",
                    format!("expected one of {}", ASSOCIATIONS.join(", ")),
                ));
            }
            if targets.len() > 200 || targets.iter().enumerate().any(|(at, target)| targets[..at].contains(target)) {
                return Err(Error::invalid(kind, "invalid", "expected at most 200 products, each once"));
            }
        }
        let before = self.associations(tenant, id).await?;
        let mut tx = begin(&self.pool, tenant).await?;
        for (kind, targets) in new {
            sqlx::query!(
                "delete from associations where tenant_id = $1 and product_id = $2 and kind = $3",
                tenant.0,
                id,
                kind
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            let inserted = sqlx::query!(
                "insert into associations (tenant_id, product_id, kind, target_id, position)
                 select $1, $2, $3, target, place from unnest($4::uuid[]) with ordinality as r(target, place)",
                tenant.0,
                id,
                kind,
                targets
            );
            inserted.execute(&mut *tx).await.map_err(|failed| {
                let constraint = failed
                    .as_database_error()
                    .and_then(|database| database.constraint())
                    .unwrap_or_default()
                    .to_owned();
                match constraint.as_str() {
                    "associations_target_fkey" => {
                        Error::invalid(kind, "product_unknown", "one of these products does not exist")
                    }
                    "associations_other" => Error::invalid(kind, "itself", "a product is not associated with itself"),
                    _ => error(failed),
                }
            })?;
        }
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("product.associations_set", id).from(json!(before)).to(json!(new)),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        self.associations(tenant, id).await
    }

    /// The tags with most products, at most 1,000.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tags(&self, tenant: TenantId) -> Result<Vec<Tag>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Tag,
            "select mode() within group (order by tag) as \"name!\", count(*) as \"products!\"
             from products, unnest(tags) tag where tenant_id = $1 and trashed_at is null and tags is not null
             group by lower(tag) order by 2 desc, 1 limit 1000",
            tenant.0
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// The views that a person sees: their own and the shared ones, in the order of their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn saved_views(&self, tenant: TenantId, person: Option<Uuid>) -> Result<Vec<SavedView>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            SavedView,
            r#"select view_id as id, name, owner_id, shared, query as "query: Json<ProductQuery>", updated_at from saved_views
               where tenant_id = $1 and (shared or owner_id = $2) order by lower(name), view_id"#,
            tenant.0,
            person
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Keeps a view: a new one, or, with an id, another version of one's own.
    ///
    /// # Errors
    /// 422 for a query that makes no sense; 404 for a view that is not one's own.
    pub async fn save_view(
        &self,
        tenant: TenantId,
        id: Option<Uuid>,
        (name, shared): (&str, bool),
        query: &ProductQuery,
        stamp: &Stamp,
    ) -> Result<SavedView> {
        query.check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let saved = sqlx::query_as!(
            SavedView,
            r#"insert into saved_views (tenant_id, view_id, name, owner_id, shared, query, created_at, updated_at)
               select $1, coalesce($2, $8::uuid), $3::text, $4::uuid, $5::boolean, $6::jsonb, $7::timestamptz, $7
               where $2::uuid is null or exists (select from saved_views where tenant_id = $1 and view_id = $2 and owner_id is not distinct from $4::uuid)
               on conflict (tenant_id, view_id) do update
               set name = excluded.name, shared = excluded.shared, query = excluded.query, updated_at = excluded.updated_at
               returning view_id as id, name, owner_id, shared, query as "query: Json<ProductQuery>", updated_at"#,
            tenant.0,
            id,
            name,
            stamp.actor(),
            shared,
            Json(query) as _,
            stamp.at,
            Uuid::now_v7()
        );
        let saved = saved.fetch_optional(&mut *tx).await.map_err(error)?.ok_or(Error::NotFound("view"))?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("view.saved", saved.id).to(json!({ "name": name, "shared": shared })),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes a view of one's own.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn delete_view(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!(
            "delete from saved_views where tenant_id = $1 and view_id = $2 and owner_id is not distinct from $3",
            tenant.0,
            id,
            stamp.actor()
        );
        let deleted =
            deleted.execute(&mut *tx).await.map_err(|failed| on_constraint(failed, "", || Error::NotFound("view")))?;
        if deleted.rows_affected() == 0 {
            return Err(Error::NotFound("view"));
        }
        record_change(&mut tx, tenant, stamp, Change::new("view.deleted", id)).await?;
        tx.commit().await.map_err(error)
    }

    /// What a dashboard shows.
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
            Counted,
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
        let mut by_supplier: Vec<Counted> =
            suppliers.into_iter().map(|(id, products)| Counted { id, name: None, products }).collect();
        by_supplier.sort_by_key(|counted| std::cmp::Reverse(counted.products));
        by_supplier.truncate(20);
        statistics.by_supplier = by_supplier;
        Ok(statistics)
    }
}
