//! The tree of categories.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use planning::PlannedWrite;
use runtime::{Error, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::products::origin::{Origin, WriteError};
use crate::products::read::by_ids;
use crate::products::setup::setup;
use crate::products::write::write;

/// A category of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Category {
    /// The category's id.
    pub id: Uuid,
    /// The category above it; `null` at the root.
    pub parent_id: Option<Uuid>,
    /// Its name. It is unique below its parent; case does not matter.
    pub name: String,
    /// Its names in other languages, by locale.
    #[schema(value_type = BTreeMap<String, String>)]
    pub names: Json<BTreeMap<String, String>>,
    /// Its place among its siblings.
    pub position: i32,
    /// The ids of the categories from the root to this one.
    pub path: Vec<Uuid>,
    /// How many products are in it, without those of the categories below it.
    pub products: i64,
}

/// A change of a category. Fields that are `None` stay.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    /// Another name.
    pub name: Option<String>,
    /// Other names.
    pub names: Option<BTreeMap<String, String>>,
    /// Another place among its siblings.
    pub position: Option<i32>,
    /// Another parent; `Some(None)` = the root.
    pub parent_id: Option<Option<Uuid>>,
}

/// The most categories in a tree.
const MOST: i64 = 5_000;
/// The most levels in a tree.
const DEEPEST: usize = 10;
/// The most products that a merge or a deletion of a category changes, because it does so within one request. A larger
/// category is emptied by a job first.
const MOST_MOVED: i64 = 5_000;

impl CatalogDb {
    /// Returns the whole tree, parents before their children.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn categories(&self, tenant: TenantId) -> Result<Vec<Category>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Category,
            r#"select category_id as id, parent_id, name, names as "names: Json<BTreeMap<String, String>>", position, path,
                      coalesce(used.products, 0) as "products!"
               from categories c
               left join (select unnest(category_ids) as id, count(*) as products from products
                          where tenant_id = $1 and trashed_at is null and category_ids is not null group by 1) used on used.id = c.category_id
               where tenant_id = $1 order by array_length(path, 1), position, lower(name), category_id"#,
            tenant.0
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Returns one category.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn category(&self, tenant: TenantId, id: Uuid) -> Result<Category> {
        let mut tx = begin(&self.pool, tenant).await?;
        category(&mut tx, tenant, id).await
    }

    /// Creates a category.
    ///
    /// # Errors
    /// 409 if the name is taken; 422 if the parent does not exist or the tree would be too large.
    pub async fn create_category(
        &self,
        tenant: TenantId,
        parent: Option<Uuid>,
        name: &str,
        names: &BTreeMap<String, String>,
        position: i32,
        stamp: &Stamp,
    ) -> Result<Category> {
        let mut tx = self.tree(tenant).await?;
        let count = sqlx::query_scalar!("select count(*) as \"count!\" from categories where tenant_id = $1", tenant.0);
        if count.fetch_one(&mut *tx).await.map_err(error)? >= MOST {
            return Err(Error::invalid("name", "too_many", messages::catalog::too_many_categories(MOST)));
        }
        let id = Uuid::now_v7();
        let mut path = path_of(&mut tx, tenant, parent).await?;
        path.push(id);
        check_depth(path.len())?;
        sqlx::query!(
            "insert into categories (tenant_id, category_id, parent_id, name, names, position, path, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            tenant.0,
            id,
            parent,
            name,
            Json(names) as _,
            position,
            &path,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(name_taken)?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("category.created", id).to(json!({ "name": name, "parent_id": parent })),
        )
        .await?;
        let created = category(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(created)
    }

    /// Renames a category, or moves it together with the categories below it.
    ///
    /// # Errors
    /// 404; 409 if the name is taken; 422 if the new parent is below the category.
    pub async fn change_category(
        &self,
        tenant: TenantId,
        id: Uuid,
        change: &CategoryChange,
        stamp: &Stamp,
    ) -> Result<Category> {
        let mut tx = self.tree(tenant).await?;
        let before = category(&mut tx, tenant, id).await?;
        sqlx::query!(
            "update categories set name = coalesce($3, name), names = coalesce($4, names), position = coalesce($5, position)
             where tenant_id = $1 and category_id = $2",
            tenant.0,
            id,
            change.name,
            change.names.as_ref().map(Json) as _,
            change.position
        )
        .execute(&mut *tx)
        .await
        .map_err(name_taken)?;
        if let Some(parent) = change.parent_id.filter(|parent| *parent != before.parent_id) {
            move_below(&mut tx, tenant, &before, parent).await?;
        }
        let after = category(&mut tx, tenant, id).await?;
        record_change(&mut tx, tenant, stamp, Change::new("category.changed", id).from(json!(before)).to(json!(after)))
            .await?;
        tx.commit().await.map_err(error)?;
        Ok(after)
    }

    /// Merges a category into another one: moves its products and the categories below it there, then deletes it.
    ///
    /// # Errors
    /// 404; 409 if two categories below them have the same name, or if it has too many products; 422 if the other
    /// category is below it.
    pub async fn merge_category(&self, tenant: TenantId, id: Uuid, into: Uuid, stamp: &Stamp) -> Result<Category> {
        let mut tx = self.tree(tenant).await?;
        let (from, to) = (category(&mut tx, tenant, id).await?, category(&mut tx, tenant, into).await?);
        if to.path.contains(&id) {
            return Err(Error::invalid("into", "below_itself", messages::catalog::category_merged_below_itself()));
        }
        let children = sqlx::query_scalar!(
            "select category_id from categories where tenant_id = $1 and parent_id = $2",
            tenant.0,
            id
        );
        for child in children.fetch_all(&mut *tx).await.map_err(error)? {
            let child = category(&mut tx, tenant, child).await?;
            move_below(&mut tx, tenant, &child, Some(into)).await?;
        }
        let moved = replace(&mut tx, tenant, id, Some(into), stamp).await?;
        remove(&mut tx, tenant, id).await?;
        let line = Change::new("category.merged", id).from(json!(from)).to(json!({ "into": into, "products": moved }));
        record_change(&mut tx, tenant, stamp, line).await?;
        let merged = category(&mut tx, tenant, into).await?;
        tx.commit().await.map_err(error)?;
        Ok(merged)
    }

    /// Deletes a category without categories below it; its products stay, without the category.
    ///
    /// # Errors
    /// 404; 409 if there are categories below it, or if it has too many products.
    pub async fn delete_category(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = self.tree(tenant).await?;
        let before = category(&mut tx, tenant, id).await?;
        let moved = replace(&mut tx, tenant, id, None, stamp).await?;
        remove(&mut tx, tenant, id).await?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("category.deleted", id).from(json!({ "category": before, "products": moved })),
        )
        .await?;
        tx.commit().await.map_err(error)
    }

    /// Begins a transaction that holds the lock of the tenant's tree, so that nobody else changes it.
    async fn tree(&self, tenant: TenantId) -> Result<TenantTx> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('categories ' || $1::text, 0))",
            tenant.0.to_string()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        Ok(tx)
    }
}

async fn category(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<Category> {
    let found = sqlx::query_as!(
        Category,
        r#"select category_id as id, parent_id, name, names as "names: Json<BTreeMap<String, String>>", position, path,
                  (select count(*) from found_products where keys @> array['category:' || $3::text] and trashed_at is null) as "products!"
           from categories where tenant_id = $1 and category_id = $2"#,
        tenant.0,
        id,
        id.to_string()
    );
    found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(messages::things::category()))
}

async fn path_of(tx: &mut TenantTx, tenant: TenantId, parent: Option<Uuid>) -> Result<Vec<Uuid>> {
    let Some(parent) = parent else { return Ok(Vec::new()) };
    let path =
        sqlx::query_scalar!("select path from categories where tenant_id = $1 and category_id = $2", tenant.0, parent);
    let path = path.fetch_optional(&mut **tx).await.map_err(error)?;
    path.ok_or_else(|| Error::invalid("parent_id", "category_unknown", messages::catalog::category_unknown(parent)))
}

fn check_depth(levels: usize) -> Result<()> {
    if levels <= DEEPEST {
        return Ok(());
    }
    Err(Error::invalid("parent_id", "too_deep", messages::catalog::category_too_deep(DEEPEST, levels)))
}

/// Moves a category together with the categories below it.
async fn move_below(tx: &mut TenantTx, tenant: TenantId, moved: &Category, parent: Option<Uuid>) -> Result<()> {
    let path = path_of(tx, tenant, parent).await?;
    if path.contains(&moved.id) {
        return Err(Error::invalid("parent_id", "below_itself", messages::catalog::category_below_itself()));
    }
    let above = i32::try_from(moved.path.len()).unwrap_or(i32::MAX);
    let deepest = sqlx::query_scalar!(
        "select max(array_length(path, 1)) - $3::int + 1 as \"levels!\" from categories where tenant_id = $1 and path[$3] = $2",
        tenant.0,
        moved.id,
        above
    );
    let levels = deepest.fetch_one(&mut **tx).await.map_err(error)?;
    check_depth(path.len() + usize::try_from(levels).unwrap_or_default())?;
    sqlx::query!(
        "update categories set parent_id = $3 where tenant_id = $1 and category_id = $2",
        tenant.0,
        moved.id,
        parent
    )
    .execute(&mut **tx)
    .await
    .map_err(name_taken)?;
    sqlx::query!(
        "update categories set path = $4 || path[$3:] where tenant_id = $1 and path[$3] = $2",
        tenant.0,
        moved.id,
        above,
        &path
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}

/// Replaces a category by another one, or removes it, in every product. Returns how many products it changed.
async fn replace(tx: &mut TenantTx, tenant: TenantId, id: Uuid, by: Option<Uuid>, stamp: &Stamp) -> Result<usize> {
    let found = sqlx::query_scalar!(
        "select product_id as \"id!\" from found_products where keys @> array['category:' || $1::text] limit $2",
        id.to_string(),
        MOST_MOVED + 1
    );
    let ids = found.fetch_all(&mut **tx).await.map_err(error)?;
    if i64::try_from(ids.len()).unwrap_or(i64::MAX) > MOST_MOVED {
        let message = messages::catalog::category_too_large(MOST_MOVED);
        return Err(Error::Conflict { code: "category_too_large", message });
    }
    let setup = setup(tx, tenant).await.map_err(error)?;
    let origin = Origin {
        source: "user".to_owned(),
        actor_id: stamp.actor(),
        actor_name: Some(stamp.actor_name().to_owned()),
        job_id: None,
    };
    for chunk in ids.chunks(500) {
        let products = by_ids(tx, tenant, chunk, true).await.map_err(error)?;
        let written = products.into_iter().map(|product| {
            let mut after = product.clone();
            let mut seen = std::collections::HashSet::new();
            let kept = product
                .content
                .category_ids
                .iter()
                .flatten()
                .filter_map(|category| if *category == id { by } else { Some(*category) });
            after.content.category_ids = Some(kept.filter(|category| seen.insert(*category)).collect());
            PlannedWrite { before: Some(product), after, row: None, action: "updated" }
        });
        match write(tx, tenant, &setup, &origin, written.collect(), stamp.at).await {
            Ok(_) => {}
            Err(WriteError::Sql(failed)) => return Err(error(failed)),
            Err(WriteError::Quota) => return Err(Error::internal("a product's category changed the quota")),
        }
    }
    Ok(ids.len())
}

async fn remove(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<()> {
    sqlx::query!("delete from categories where tenant_id = $1 and category_id = $2", tenant.0, id)
        .execute(&mut **tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "categories_parent_fkey", || Error::Conflict {
                code: "has_children",
                message: messages::catalog::category_has_children(),
            })
        })?;
    Ok(())
}

fn name_taken(failed: sqlx::Error) -> Error {
    on_constraint(failed, "categories_name_key", || Error::Conflict {
        code: "name_taken",
        message: messages::catalog::category_name_taken(),
    })
}
