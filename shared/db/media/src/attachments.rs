//! The pictures of products, and their order.

use std::collections::{BTreeMap, HashMap};

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::medium::StoredThumbnail;
use crate::{MediaDb, Medium};

/// A product's pictures, the primary one first.
pub type Attached = Vec<Medium>;

/// The most pictures of a product.
const MOST: usize = 20;

impl MediaDb {
    /// Returns a product's pictures, the primary one first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn media_of(&self, tenant: TenantId, product: Uuid) -> Result<Attached> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Medium,
            r#"select m.media_id as id, file_name, status, problem_code, problem, content_type, bytes, width, height, duplicate_of, source_url,
                      alt as "alt: Json<BTreeMap<String, String>>", thumbnails as "thumbnails: Json<Vec<StoredThumbnail>>", object_key, declared,
                      created_at, updated_at
               from product_media p join media m using (tenant_id, media_id)
               where p.tenant_id = $1 and p.product_id = $2 order by p.position, m.media_id"#,
            tenant.0,
            product
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Returns the ready pictures of many products, by product, the primary one first: the picture's id, the key of its
    /// object in S3, and its media type.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pictures_of(
        &self,
        tenant: TenantId,
        products: &[Uuid],
    ) -> Result<HashMap<Uuid, Vec<(Uuid, String, String)>>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            r#"select p.product_id, m.media_id, m.object_key, coalesce(m.content_type, m.declared) as "content_type!"
               from product_media p join media m using (tenant_id, media_id)
               where p.tenant_id = $1 and p.product_id = any($2) and m.status = 'ready' order by p.product_id, p.position, m.media_id"#,
            tenant.0,
            products
        );
        let mut pictures: HashMap<Uuid, Vec<(Uuid, String, String)>> = HashMap::new();
        for row in found.fetch_all(&mut *tx).await.map_err(error)? {
            pictures.entry(row.product_id).or_default().push((row.media_id, row.object_key, row.content_type));
        }
        Ok(pictures)
    }

    /// Sets a product's pictures and their order; the first is the primary one.
    ///
    /// # Errors
    /// 422 for more than 20 pictures, for a repeated one, or for one that does not exist.
    pub async fn set_media_of(&self, tenant: TenantId, product: Uuid, ids: &[Uuid], stamp: &Stamp) -> Result<Attached> {
        if ids.len() > MOST {
            return Err(too_many(ids.len()));
        }
        if ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id)) {
            return Err(Error::invalid("media_ids", "repeated", messages::media::picture_repeated()));
        }
        let mut tx = begin(&self.pool, tenant).await?;
        lock(&mut tx, tenant, product).await?;
        let usable = sqlx::query_scalar!(
            "select media_id from media where tenant_id = $1 and media_id = any($2) and status in ('awaiting_upload', 'fetching', 'processing', 'ready')",
            tenant.0,
            ids
        );
        let usable = usable.fetch_all(&mut *tx).await.map_err(error)?;
        if let Some(unknown) = ids.iter().find(|id| !usable.contains(id)) {
            return Err(Error::invalid("media_ids", "medium_unknown", messages::media::picture_unknown(unknown)));
        }
        let before = sqlx::query_scalar!(
            "delete from product_media where tenant_id = $1 and product_id = $2 returning media_id",
            tenant.0,
            product
        );
        let before = before.fetch_all(&mut *tx).await.map_err(error)?;
        sqlx::query!(
            "insert into product_media (tenant_id, product_id, media_id, position)
             select $1, $2, id, place from unnest($3::uuid[]) with ordinality as r(id, place)",
            tenant.0,
            product,
            ids
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        note(&mut tx, tenant, &[product], stamp.at).await?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("product.media_set", product).from(json!(before)).to(json!(ids)),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        self.media_of(tenant, product).await
    }

    /// Returns products whose number of pictures the catalogue does not know yet: the product, the number, and when
    /// that was noted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn counts_due(&self, tenant: TenantId, limit: i64) -> Result<Vec<(Uuid, i32, OffsetDateTime)>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let due = sqlx::query!(
            "select d.product_id, d.noted_at, (select count(*)::int from product_media p where p.tenant_id = $1 and p.product_id = d.product_id) as \"media!\"
             from media_counts_due d where d.tenant_id = $1 order by d.product_id limit $2",
            tenant.0,
            limit
        );
        let due = due.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(due.into_iter().map(|row| (row.product_id, row.media, row.noted_at)).collect())
    }

    /// Removes numbers that were published to the catalogue from those that are due, unless they changed meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn counts_published(&self, tenant: TenantId, counts: &[(Uuid, i32, OffsetDateTime)]) -> Result<()> {
        let products: Vec<Uuid> = counts.iter().map(|count| count.0).collect();
        let noted: Vec<OffsetDateTime> = counts.iter().map(|count| count.2).collect();
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "delete from media_counts_due d using unnest($2::uuid[], $3::timestamptz[]) as r(product, noted)
             where d.tenant_id = $1 and d.product_id = r.product and d.noted_at = r.noted",
            tenant.0,
            &products,
            &noted
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Returns organisations that have numbers which are due since `before` or earlier.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tenants_with_counts_due(&self, before: OffsetDateTime, most: i32) -> Result<Vec<TenantId>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query_scalar!("select tenants_with_counts_due($1, $2) as \"tenant!\"", before, most);
        Ok(found.fetch_all(&mut *connection).await.map_err(error)?.into_iter().map(TenantId).collect())
    }
}

/// Locks a product's pictures: only one transaction at a time changes them.
async fn lock(tx: &mut TenantTx, tenant: TenantId, product: Uuid) -> Result<()> {
    let key = format!("media {tenant} {product}");
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        .execute(&mut **tx)
        .await
        .map_err(error)?;
    Ok(())
}

/// Adds a picture after a product's existing ones.
pub(crate) async fn append(
    tx: &mut TenantTx,
    tenant: TenantId,
    product: Uuid,
    medium: Uuid,
    now: OffsetDateTime,
) -> Result<()> {
    lock(tx, tenant, product).await?;
    let there = sqlx::query_scalar!(
        "select count(*) as \"count!\" from product_media where tenant_id = $1 and product_id = $2",
        tenant.0,
        product
    );
    let there = usize::try_from(there.fetch_one(&mut **tx).await.map_err(error)?).unwrap_or_default();
    if there >= MOST {
        return Err(too_many(there + 1));
    }
    sqlx::query!(
        "insert into product_media (tenant_id, product_id, media_id, position)
         select $1, $2, $3, coalesce(max(position), 0) + 1 from product_media where tenant_id = $1 and product_id = $2
         on conflict do nothing",
        tenant.0,
        product,
        medium
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    note(tx, tenant, &[product], now).await
}

/// Detaches a picture from every product; `instead`, if given, takes its place.
pub(crate) async fn detach_everywhere(
    tx: &mut TenantTx,
    tenant: TenantId,
    medium: Uuid,
    instead: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<()> {
    if let Some(instead) = instead {
        sqlx::query!(
            "insert into product_media (tenant_id, product_id, media_id, position)
             select tenant_id, product_id, $3, position from product_media where tenant_id = $1 and media_id = $2 on conflict do nothing",
            tenant.0,
            medium,
            instead
        )
        .execute(&mut **tx)
        .await
        .map_err(error)?;
    }
    let products = sqlx::query_scalar!(
        "delete from product_media where tenant_id = $1 and media_id = $2 returning product_id",
        tenant.0,
        medium
    );
    let products = products.fetch_all(&mut **tx).await.map_err(error)?;
    note(tx, tenant, &products, now).await
}

/// Notes that the numbers of pictures of these products have to be published to the catalogue.
async fn note(tx: &mut TenantTx, tenant: TenantId, products: &[Uuid], now: OffsetDateTime) -> Result<()> {
    sqlx::query!(
        "insert into media_counts_due (tenant_id, product_id, noted_at) select $1, id, $3 from unnest($2::uuid[]) id order by id
         on conflict (tenant_id, product_id) do update set noted_at = greatest(excluded.noted_at, media_counts_due.noted_at + interval '1 microsecond')",
        tenant.0,
        products,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}

fn too_many(found: usize) -> Error {
    Error::invalid("media_ids", "too_many_images", messages::media::too_many_pictures(MOST, found))
}
