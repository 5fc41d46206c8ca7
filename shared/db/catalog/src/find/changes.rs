//! The feed of changes, for a client that keeps a copy of the catalogue.
//!
//! A product is listed at the transaction that changed it last, and only when every earlier transaction has ended. So
//! no change can appear before a position that a reader has passed. A product that changes again is listed again,
//! further on.

use db_tenancy::{begin, error};
use product::Product;
use runtime::{Cursor, Error, PageQuery, Result, TenantId};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::products::read::{COLUMNS, product};

/// A product that changed or was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CatalogChange {
    /// The product.
    pub product_id: Uuid,
    /// `changed`, `trashed` or `deleted`.
    pub change: &'static str,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Its SKU, also if it was deleted.
    pub sku: Option<String>,
    /// Its EAN, also if it was deleted.
    pub ean: Option<String>,
    /// The product as it is now; `null` if it was deleted.
    pub product: Option<Product>,
}

/// A page of the feed of changes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CatalogChanges {
    /// The changes, the oldest first.
    pub data: Vec<CatalogChange>,
    /// The position to send as `since` next time, also if this page is empty. No change is missed.
    pub cursor: String,
    /// Whether more changes exist at this moment.
    pub more: bool,
}

/// The most bytes of products on a page: an answer of a function has at most 6 MB.
const MOST_BYTES: usize = 4_000_000;

impl CatalogDb {
    /// Returns what changed after the cursor `since`; without it, everything.
    ///
    /// # Errors
    /// 400 for a cursor of another list; 409 for a cursor of a database that was restored since: the client starts
    /// again.
    pub async fn changes_since(&self, tenant: TenantId, since: Option<&str>, limit: i64) -> Result<CatalogChanges> {
        let (after, after_id) = match since {
            None => (0, Uuid::nil()),
            Some(text) => place(text)?,
        };
        let mut tx = begin(&self.pool, tenant).await?;
        // One statement sees one snapshot, so the horizon belongs to the rows that it returns.
        let select = format!(
            "with horizon as (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xmin),
             next as (
                 (select product_id, changed_in, false as gone from products
                  where tenant_id = $1 and (changed_in, product_id) > ($2, $3) and changed_in < (select xmin from horizon)
                  order by changed_in, product_id limit $4)
                 union all
                 (select product_id, changed_in, true from deleted_products
                  where tenant_id = $1 and (changed_in, product_id) > ($2, $3) and changed_in < (select xmin from horizon)
                  order by changed_in, product_id limit $4)
                 order by changed_in, product_id limit $4)
             select n.product_id as id, n.changed_in as place, n.gone, h.xmin, d.sku as gone_sku, d.ean as gone_ean, d.deleted_at, {columns}
             from horizon h left join next n on true
                  left join products p on p.tenant_id = $1 and p.product_id = n.product_id and not n.gone
                  left join deleted_products d on d.tenant_id = $1 and d.product_id = n.product_id and n.gone
             order by n.changed_in, n.product_id",
            columns = COLUMNS.split(", ").map(|column| format!("p.{}", column.trim())).collect::<Vec<_>>().join(", "),
        );
        let rows = sqlx::query(AssertSqlSafe(select))
            .bind(tenant.0)
            .bind(after)
            .bind(after_id)
            .bind(limit + 1)
            .fetch_all(&mut *tx)
            .await
            .map_err(error)?;
        let xmin: i64 = rows.first().map(|row| row.try_get("xmin")).transpose().map_err(error)?.unwrap_or_default();
        if after > xmin {
            return Err(Error::Conflict { code: "cursor_expired", message: messages::catalog::cursor_expired() });
        }
        let mut cursor = (after, after_id);
        let mut data = Vec::new();
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut bytes = 0;
        for row in rows.iter().take(wanted) {
            let Some(id) = row.try_get::<Option<Uuid>, _>("id").map_err(error)? else { continue };
            if bytes > MOST_BYTES {
                break;
            }
            cursor = (row.try_get("place").map_err(error)?, id);
            data.push(if row.try_get("gone").map_err(error)? {
                CatalogChange {
                    product_id: id,
                    change: "deleted",
                    at: row.try_get("deleted_at").map_err(error)?,
                    sku: row.try_get("gone_sku").map_err(error)?,
                    ean: row.try_get("gone_ean").map_err(error)?,
                    product: None,
                }
            } else {
                let found = product(row).map_err(error)?;
                bytes += serde_json::to_string(&found.content).map_or(0, |json| json.len());
                CatalogChange {
                    product_id: id,
                    change: if found.trashed_at.is_some() { "trashed" } else { "changed" },
                    at: found.updated_at,
                    sku: found.content.sku.clone(),
                    ean: found.content.ean.clone(),
                    product: Some(found),
                }
            });
        }
        let more = rows.len() > wanted || (bytes > MOST_BYTES && data.len() < rows.len());
        Ok(CatalogChanges { data, cursor: Cursor::Text(format!("{}.{}", cursor.0, cursor.1)).encode(), more })
    }
}

fn place(text: &str) -> Result<(i64, Uuid)> {
    let query = PageQuery { limit: None, cursor: Some(text.to_owned()) };
    let parsed = query.after_text()?.and_then(|text| {
        let (place, id) = text.split_once('.')?;
        Some((place.parse().ok()?, id.parse().ok()?))
    });
    parsed.ok_or_else(|| Error::BadRequest {
        code: "cursor_invalid",
        message: messages::catalog::changes_cursor_invalid(),
    })
}
