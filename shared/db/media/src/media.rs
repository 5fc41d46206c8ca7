//! Pictures.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::MediaDb;
use crate::medium::{Medium, StoredThumbnail};

/// A picture to be created.
#[derive(Clone, Debug)]
pub struct NewMedium {
    /// The id: random, because its first two digits are the prefix of its key in S3.
    pub id: Uuid,
    /// The name of its file.
    pub file_name: String,
    /// The declared media type.
    pub declared: &'static str,
    /// The extension of its key in S3.
    pub extension: &'static str,
    /// The size of its file in bytes, if it is known.
    pub bytes: Option<i64>,
    /// The address to fetch it from; `None` if it will be uploaded.
    pub source_url: Option<String>,
    /// Alternative texts, by locale.
    pub alt: BTreeMap<String, String>,
    /// The products it belongs to; it is added after their existing pictures.
    pub products: Vec<Uuid>,
}

/// The result of processing a picture's file.
#[derive(Clone, Debug)]
pub struct ProcessedFile {
    /// The SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The size of the file in bytes.
    pub bytes: i64,
    /// The media type of its content.
    pub content_type: &'static str,
    /// The width and height of the upright picture, in pixels.
    pub size: (i32, i32),
    /// The thumbnails.
    pub thumbnails: Vec<StoredThumbnail>,
    /// Something worth knowing: a code and a message.
    pub remark: Option<(&'static str, String)>,
}

/// A picture that is not finished, in any organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediumState {
    /// The organisation.
    pub tenant: TenantId,
    /// The picture.
    pub id: Uuid,
    /// The status.
    pub status: String,
}

/// Returns the key of a picture's file in S3: the first two digits of the id are one of 256 prefixes.
#[must_use]
pub fn object_key(id: Uuid, name: &str) -> String {
    let id = id.to_string();
    format!("media/{}/{id}/{name}", &id[..2])
}

impl MediaDb {
    /// Creates a picture and returns it; an existing picture with the same id stays unchanged.
    ///
    /// # Errors
    /// 422 when one of its products has 20 pictures already.
    pub async fn create_medium(&self, tenant: TenantId, new: &NewMedium, stamp: &Stamp) -> Result<Medium> {
        let mut tx = begin(&self.pool, tenant).await?;
        let status = if new.source_url.is_some() { "fetching" } else { "awaiting_upload" };
        let inserted = sqlx::query!(
            "insert into media (tenant_id, media_id, object_key, file_name, declared, bytes, status, source_url, alt, created_by, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict do nothing",
            tenant.0,
            new.id,
            object_key(new.id, &format!("original.{}", new.extension)),
            new.file_name,
            new.declared,
            new.bytes,
            status,
            new.source_url,
            Json(&new.alt) as _,
            stamp.actor(),
            stamp.at
        );
        if inserted.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0 {
            for product in &new.products {
                crate::attachments::append(&mut tx, tenant, *product, new.id, stamp.at).await?;
            }
            let line = Change::new("medium.created", new.id)
                .to(json!({ "file_name": new.file_name, "products": new.products, "url": new.source_url }));
            record_change(&mut tx, tenant, stamp, line).await?;
        }
        let made = medium(&mut tx, tenant, new.id).await?;
        tx.commit().await.map_err(error)?;
        Ok(made)
    }

    /// Returns a picture.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn medium(&self, tenant: TenantId, id: Uuid) -> Result<Medium> {
        let mut tx = begin(&self.pool, tenant).await?;
        medium(&mut tx, tenant, id).await
    }

    /// Returns pictures in the order of their ids, optionally only those with a status or without a product.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn media(
        &self,
        tenant: TenantId,
        status: Option<&str>,
        unattached: bool,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<Medium>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Medium,
            r#"select media_id as id, file_name, status, problem_code, problem, content_type, bytes, width, height, duplicate_of, source_url,
                      alt as "alt: Json<BTreeMap<String, String>>", thumbnails as "thumbnails: Json<Vec<StoredThumbnail>>", object_key, declared,
                      created_at, updated_at
               from media m
               where tenant_id = $1 and status <> 'deleted' and ($2::uuid is null or media_id > $2) and ($3::text is null or status = $3)
                 and (not $4 or not exists (select from product_media p where p.tenant_id = $1 and p.media_id = m.media_id))
               order by media_id limit $5"#,
            tenant.0,
            after,
            status,
            unattached,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(found, limit, |medium| Cursor::Id(medium.id)))
    }

    /// Sets a picture's alternative texts.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn set_alt(
        &self,
        tenant: TenantId,
        id: Uuid,
        alt: &BTreeMap<String, String>,
        stamp: &Stamp,
    ) -> Result<Medium> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = medium(&mut tx, tenant, id).await?;
        sqlx::query!(
            "update media set alt = $3, updated_at = $4 where tenant_id = $1 and media_id = $2",
            tenant.0,
            id,
            Json(alt) as _,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("medium.alt_set", id).from(json!(before.alt)).to(json!(alt)))
            .await?;
        let after = medium(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(after)
    }

    /// Detaches a picture from its products and marks it as deleted. The caller then removes its files and calls
    /// [`Self::forget_medium`].
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn delete_medium(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<Medium> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = medium(&mut tx, tenant, id).await?;
        crate::attachments::detach_everywhere(&mut tx, tenant, id, None, stamp.at).await?;
        sqlx::query!(
            "update media set status = 'deleted', updated_at = $3 where tenant_id = $1 and media_id = $2",
            tenant.0,
            id,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("medium.deleted", id).from(json!({ "file_name": before.file_name })),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        Ok(before)
    }

    /// Removes the row of a deleted picture whose files are removed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_medium(&self, tenant: TenantId, id: Uuid) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!("delete from media where tenant_id = $1 and media_id = $2 and status = 'deleted'", tenant.0, id)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Returns the organisation that owns a picture.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tenant_of(&self, id: Uuid) -> Result<Option<TenantId>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let tenant =
            sqlx::query_scalar!("select tenant_of_medium($1)", id).fetch_one(&mut *connection).await.map_err(error)?;
        Ok(tenant.map(TenantId))
    }

    /// Notes that a picture's file is being processed, and returns the picture; `None` if it does not exist any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_processing(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<Option<Medium>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let begun = sqlx::query!(
            "update media set status = case when status = 'ready' then status else 'processing' end, updated_at = $3
             where tenant_id = $1 and media_id = $2 and status in ('awaiting_upload', 'fetching', 'processing', 'ready', 'failed')",
            tenant.0,
            id,
            now
        );
        if begun.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Ok(None);
        }
        let begun = medium(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(Some(begun))
    }

    /// Notes the result of processing a picture. If the tenant already has a picture with the same content, this one
    /// becomes its duplicate: its products get the existing picture, and the caller removes its files.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish_processing(
        &self,
        tenant: TenantId,
        id: Uuid,
        processed: &ProcessedFile,
        now: OffsetDateTime,
    ) -> Result<Medium> {
        let mut tx = begin(&self.pool, tenant).await?;
        // Two uploads with the same content wait for each other.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1::text || encode($2, 'hex'), 0))",
            tenant.0.to_string(),
            processed.sha256.as_slice()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let same = sqlx::query_scalar!(
            "select media_id from media where tenant_id = $1 and sha256 = $2 and status = 'ready' and media_id <> $3",
            tenant.0,
            processed.sha256.as_slice(),
            id
        );
        let same = same.fetch_optional(&mut *tx).await.map_err(error)?;
        if let Some(same) = same {
            crate::attachments::detach_everywhere(&mut tx, tenant, id, Some(same), now).await?;
        }
        let (code, remark) = processed.remark.clone().map_or((None, None), |(code, remark)| (Some(code), Some(remark)));
        sqlx::query!(
            "update media set status = case when $3::uuid is null then 'ready' else 'duplicate' end, duplicate_of = $3, sha256 = $4, bytes = $5,
                    content_type = $6, width = $7, height = $8, thumbnails = $9, problem_code = $10, problem = $11, updated_at = $12
             where tenant_id = $1 and media_id = $2 and status <> 'deleted'",
            tenant.0,
            id,
            same,
            processed.sha256.as_slice(),
            processed.bytes,
            processed.content_type,
            processed.size.0,
            processed.size.1,
            Json(if same.is_some() { &[] } else { processed.thumbnails.as_slice() }) as _,
            code,
            remark,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let after = medium(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(after)
    }

    /// Marks a picture as failed with this problem, and detaches it from its products.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_medium(
        &self,
        tenant: TenantId,
        id: Uuid,
        code: &str,
        problem: &str,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        crate::attachments::detach_everywhere(&mut tx, tenant, id, None, now).await?;
        sqlx::query!(
            "update media set status = 'failed', problem_code = $3, problem = $4, updated_at = $5
             where tenant_id = $1 and media_id = $2 and status <> 'deleted'",
            tenant.0,
            id,
            code,
            problem,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Sets the time of the last change of an unfinished picture, so that the sweep leaves it alone for a while.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn touch_medium(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!("update media set updated_at = $3 where tenant_id = $1 and media_id = $2", tenant.0, id, now)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Returns unfinished pictures of every organisation that made no progress since `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unfinished_media(&self, before: OffsetDateTime, most: i32) -> Result<Vec<MediumState>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query!(
            "select tenant_id as \"tenant!\", media_id as \"id!\", status as \"status!\" from unfinished_media($1, $2)",
            before,
            most
        );
        let found = found.fetch_all(&mut *connection).await.map_err(error)?;
        Ok(found
            .into_iter()
            .map(|row| MediumState { tenant: TenantId(row.tenant), id: row.id, status: row.status })
            .collect())
    }
}

async fn medium(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<Medium> {
    let found = sqlx::query_as!(
        Medium,
        r#"select media_id as id, file_name, status, problem_code, problem, content_type, bytes, width, height, duplicate_of, source_url,
                  alt as "alt: Json<BTreeMap<String, String>>", thumbnails as "thumbnails: Json<Vec<StoredThumbnail>>", object_key, declared,
                  created_at, updated_at
           from media where tenant_id = $1 and media_id = $2 and status <> 'deleted'"#,
        tenant.0,
        id
    );
    found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or(Error::NotFound(messages::things::medium()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn keys_are_spread_evenly_over_256_prefixes() {
        let mut prefixes: HashMap<String, u32> = HashMap::new();
        for _ in 0..256_000 {
            let id = Uuid::new_v4();
            let key = object_key(id, "original.jpg");
            let parts: Vec<&str> = key.split('/').collect();
            assert_eq!((parts[0], parts[2], parts[3]), ("media", id.to_string().as_str(), "original.jpg"));
            assert!(parts[2].starts_with(parts[1]) && parts[1].len() == 2);
            *prefixes.entry(parts[1].to_owned()).or_default() += 1;
        }
        assert_eq!(prefixes.len(), 256);
        // A thousand on average, with a standard deviation of 32: seven deviations do not happen by chance.
        assert!(prefixes.values().all(|count| (776..=1_224).contains(count)), "{prefixes:?}");
    }
}
