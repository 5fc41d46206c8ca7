//! Changes of single products: create, edit, duplicate, move to the trash and restore, delete for good.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use planning::PlannedWrite;
use product::{Content, ContentError, Kept, Product, check_attributes, diff};
use runtime::{Error, IfMatch, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;
use crate::describe::attributes::definitions;
use crate::errors::{invalid, quota_exceeded};
use crate::products::origin::{Origin, WriteError};
use crate::products::read::{by_ids, for_update};
use crate::products::setup::{Setup, setup};
use crate::products::write::write;

/// How an edit appears in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An update.
    Update,
    /// A revert to earlier values.
    Revert,
}

impl CatalogDb {
    /// Creates a product.
    ///
    /// # Errors
    /// 422 for invalid values; 409 if another product has the code; 403 if the quota is reached.
    pub async fn create_product(
        &self,
        tenant: TenantId,
        mut content: Content,
        origin: &Origin,
        stamp: &Stamp,
    ) -> Result<Product> {
        let mut tx = begin(&self.pool, tenant).await?;
        check(&mut tx, tenant, &mut content, None).await?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let product = Product::new(content, stamp.at);
        let new = PlannedWrite { before: None, after: product.clone(), row: None, action: "created" };
        let created = match write(&mut tx, tenant, &setup, origin, vec![new], stamp.at).await {
            Ok(created) => created,
            Err(failed) => return Err(self.refusal(tenant, failed, &product.content).await),
        };
        let after = json!({ "sku": product.content.sku, "ean": product.content.ean, "title": product.content.title });
        record_change(&mut tx, tenant, stamp, Change::new("product.created", product.id).to(after)).await?;
        tx.commit().await.map_err(error)?;
        created.into_iter().next().ok_or_else(|| Error::internal("a product was written and is not there"))
    }

    /// Changes a product as `change` says, if it still has the version that the caller saw.
    ///
    /// # Errors
    /// 404; 409 if it is in the trash; 412 if it was changed meanwhile; and those of [`CatalogDb::create_product`].
    pub async fn edit_product(
        &self,
        tenant: TenantId,
        id: Uuid,
        seen: &IfMatch,
        action: Action,
        origin: &Origin,
        stamp: &Stamp,
        change: impl FnOnce(&Product) -> Result<Content>,
    ) -> Result<Product> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = for_update(&mut tx, tenant, id).await?;
        seen.check(before.version)?;
        if before.trashed_at.is_some() {
            return Err(Error::Conflict { code: "in_trash", message: messages::catalog::in_trash_restore() });
        }
        let mut content = change(&before)?;
        check(&mut tx, tenant, &mut content, Some(&before)).await?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let changes = diff(&before.content, &content);
        if changes.is_empty() {
            return Ok(before);
        }
        refuse_kept(&before, &setup, origin, changes.keys())?;
        let mut written = PlannedWrite {
            before: Some(before.clone()),
            after: Product { content, ..before },
            row: None,
            action: "updated",
        };
        if action == Action::Revert {
            written.action = "reverted";
        }
        let wanted = written.after.content.clone();
        let changed = match write(&mut tx, tenant, &setup, origin, vec![written], stamp.at).await {
            Ok(changed) => changed,
            Err(failed) => return Err(self.refusal(tenant, failed, &wanted).await),
        };
        let part = |side: fn(&product::FieldChange) -> &serde_json::Value| -> serde_json::Value {
            changes
                .iter()
                .map(|(field, change)| (field.clone(), side(change).clone()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let name = if action == Action::Revert { "product.reverted" } else { "product.updated" };
        let line = Change::new(name, id).from(part(|change| &change.old)).to(part(|change| &change.new));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        changed.into_iter().next().ok_or_else(|| Error::internal("a product was written and is not there"))
    }

    /// Moves a product into the trash (`trashed`) or restores it, a parent together with its variants.
    ///
    /// # Errors
    /// 404; 409 if it is there already, or if the parent of a restored variant is in the trash; 403 if the quota has no
    /// room for a restored product.
    pub async fn trash_product(
        &self,
        tenant: TenantId,
        id: Uuid,
        trashed: bool,
        origin: &Origin,
        stamp: &Stamp,
    ) -> Result<Product> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = for_update(&mut tx, tenant, id).await?;
        if product.trashed_at.is_some() == trashed {
            let (code, message) = if trashed {
                ("in_trash", messages::catalog::in_trash_already())
            } else {
                ("not_in_trash", messages::catalog::not_in_trash())
            };
            return Err(Error::Conflict { code, message });
        }
        if !trashed && parent_in_trash(&mut tx, tenant, &product).await? {
            return Err(Error::Conflict { code: "parent_in_trash", message: messages::catalog::parent_in_trash() });
        }
        let family = with_variants(&mut tx, tenant, product).await?;
        let written = family
            .into_iter()
            .filter(|product| product.trashed_at.is_some() != trashed)
            .map(|product| moved(product, trashed, stamp.at));
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let written: Vec<PlannedWrite> = written.collect();
        let changed = match write(&mut tx, tenant, &setup, origin, written, stamp.at).await {
            Ok(changed) => changed,
            Err(failed) => return Err(self.refusal(tenant, failed, &Content::default()).await),
        };
        let name = if trashed { "product.trashed" } else { "product.restored" };
        record_change(&mut tx, tenant, stamp, Change::new(name, id).to(json!({ "products": changed.len() }))).await?;
        tx.commit().await.map_err(error)?;
        changed.into_iter().find(|product| product.id == id).ok_or_else(|| Error::NotFound(messages::things::product()))
    }

    /// Deletes a product in the trash for good, with its variants and its history.
    ///
    /// # Errors
    /// 404; 409 if it, or one of its variants, is not in the trash.
    pub async fn delete_product(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = for_update(&mut tx, tenant, id).await?;
        if product.trashed_at.is_none() {
            let message = messages::catalog::delete_from_trash_only();
            return Err(Error::Conflict { code: "not_in_trash", message });
        }
        let before = json!({ "sku": product.content.sku, "ean": product.content.ean, "title": product.content.title });
        let family = with_variants(&mut tx, tenant, product).await?;
        if family.iter().any(|product| product.trashed_at.is_none()) {
            let message = messages::catalog::variants_not_in_trash();
            return Err(Error::Conflict { code: "has_variants", message });
        }
        let family: Vec<Uuid> = family.into_iter().map(|product| product.id).collect();
        delete(&mut tx, tenant, &family).await.map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("product.deleted", id).from(before)).await?;
        tx.commit().await.map_err(error)
    }

    /// Locks these fields of a product against files and syncs, and unlocks all others.
    ///
    /// # Errors
    /// 404; 422 for a field that does not exist.
    pub async fn lock_fields(&self, tenant: TenantId, id: Uuid, fields: &[String], stamp: &Stamp) -> Result<Product> {
        if fields.len() > 500 || fields.iter().any(|field| field.len() > 200 || field.chars().any(char::is_control)) {
            return Err(Error::invalid("fields", "invalid", messages::catalog::lock_names()));
        }
        for field in fields {
            if product::with_field(&Content::default(), field, serde_json::Value::Null).is_err() && field != "status" {
                return Err(Error::invalid("fields", "unknown_field", messages::catalog::no_field(field)));
            }
        }
        let mut tx = begin(&self.pool, tenant).await?;
        let before = for_update(&mut tx, tenant, id).await?;
        sqlx::query!("update products set locked = $3 where tenant_id = $1 and product_id = $2", tenant.0, id, fields)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        let line = Change::new("product.locks_changed", id).from(json!(before.locked)).to(json!(fields));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        Ok(Product { locked: fields.to_vec(), ..before })
    }

    /// Returns the error of a refused write. If another product has the code, it is looked up after the failure.
    async fn refusal(&self, tenant: TenantId, failed: WriteError, content: &Content) -> Error {
        let failed = match failed {
            WriteError::Quota => {
                let quota = self.catalog_use(tenant).await.ok().and_then(|full| full.quota).unwrap_or_default();
                return quota_exceeded(quota);
            }
            WriteError::Sql(failed) => failed,
        };
        let constraint =
            failed.as_database_error().and_then(|database| database.constraint()).unwrap_or_default().to_owned();
        match constraint.as_str() {
            "products_sku_key" | "products_gtin_key" => {
                self.code_taken(tenant, &constraint, content).await.unwrap_or_else(|error| error)
            }
            "products_options_key" => {
                Error::Conflict { code: "variant_exists", message: messages::catalog::variant_exists() }
            }
            _ => error(failed),
        }
    }

    /// Returns the error for a SKU or an EAN that another product has.
    async fn code_taken(&self, tenant: TenantId, constraint: &str, content: &Content) -> Result<Error> {
        let sku = content.sku.as_deref().filter(|_| constraint == "products_sku_key");
        let gtin =
            content.ean.as_deref().filter(|_| constraint == "products_gtin_key").map(|ean| format!("{ean:0>14}"));
        let mut tx = begin(&self.pool, tenant).await?;
        let owner = sqlx::query!(
            "select product_id, title, trashed_at is not null as \"trashed!\" from products where tenant_id = $1 and (sku = $2 or gtin14 = $3) limit 1",
            tenant.0,
            sku,
            gtin
        );
        let owner = owner.fetch_optional(&mut *tx).await.map_err(error)?;
        let (kind, code, value) = match sku {
            Some(sku) => ("SKU", "sku_taken", sku),
            None => ("EAN", "ean_taken", content.ean.as_deref().unwrap_or_default()),
        };
        let owner = match owner {
            None => messages::catalog::code_owner_unknown(),
            Some(owner) if owner.trashed => messages::catalog::code_owner_in_trash(owner.product_id, owner.title),
            Some(owner) => messages::catalog::code_owner(owner.product_id, owner.title),
        };
        Ok(Error::Conflict { code, message: messages::catalog::code_taken(kind, value, owner) })
    }
}

/// Returns whether a variant's parent is in the trash.
pub(crate) async fn parent_in_trash(tx: &mut TenantTx, tenant: TenantId, product: &Product) -> Result<bool> {
    let parent = sqlx::query_scalar!(
        "select trashed_at is not null as \"trashed!\" from products where tenant_id = $1 and product_id = $2",
        tenant.0,
        product.content.parent_id
    );
    Ok(parent.fetch_optional(&mut **tx).await.map_err(error)?.unwrap_or(false))
}

/// Returns a product and its variants, locked.
async fn with_variants(tx: &mut TenantTx, tenant: TenantId, product: Product) -> Result<Vec<Product>> {
    let ids = sqlx::query_scalar!(
        "select product_id from products where tenant_id = $1 and parent_id = $2",
        tenant.0,
        product.id
    );
    let ids = ids.fetch_all(&mut **tx).await.map_err(error)?;
    let mut family = vec![product];
    family.extend(by_ids(tx, tenant, &ids, true).await.map_err(error)?);
    Ok(family)
}

/// Plans the move of a product into the trash (`trashed`) or out of it.
pub(crate) fn moved(product: Product, trashed: bool, now: OffsetDateTime) -> PlannedWrite {
    let action = if trashed { "trashed" } else { "restored" };
    let after = Product { trashed_at: trashed.then_some(now), ..product.clone() };
    PlannedWrite { before: Some(product), after, row: None, action }
}

/// Deletes products and their history for good. Returns how many products. A parent is only deleted with its variants.
pub(crate) async fn delete(tx: &mut TenantTx, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<u64> {
    sqlx::query!("delete from product_changes where tenant_id = $1 and product_id = any($2)", tenant.0, ids)
        .execute(&mut **tx)
        .await?;
    let deleted = sqlx::query!("delete from products where tenant_id = $1 and product_id = any($2)", tenant.0, ids);
    Ok(deleted.execute(&mut **tx).await?.rows_affected())
}

/// Returns 422 with one error for each field that the source may not write.
fn refuse_kept<'f>(
    before: &Product,
    setup: &Setup,
    origin: &Origin,
    fields: impl Iterator<Item = &'f String>,
) -> Result<()> {
    let mut errors = Vec::new();
    for field in fields {
        let why = match setup.policy.check(&before.owners, &before.locked, field, &origin.source) {
            Ok(()) => continue,
            Err(Kept::Locked) => messages::catalog::field_locked(),
            Err(Kept::Owned(owner)) => messages::catalog::field_owned(owner),
        };
        errors.push(ContentError::new(field.as_str(), "field_kept", why));
    }
    if errors.is_empty() { Ok(()) } else { Err(invalid(errors)) }
}

/// Tidies a content and checks it: its values, its attributes, and the categories, family and parent that it names.
pub(crate) async fn check(
    tx: &mut TenantTx,
    tenant: TenantId,
    content: &mut Content,
    before: Option<&Product>,
) -> Result<()> {
    content.tidy();
    let mut errors = content.check();
    if !content.attributes.is_empty() && before.is_none_or(|before| before.content.attributes != content.attributes) {
        let definitions = definitions(tx, tenant).await?;
        errors.extend(check_attributes(&mut content.attributes, &definitions).err().unwrap_or_default());
    }
    errors.extend(check_references(tx, tenant, content, before).await?);
    if errors.is_empty() { Ok(()) } else { Err(invalid(errors)) }
}

async fn check_references(
    tx: &mut TenantTx,
    tenant: TenantId,
    content: &Content,
    before: Option<&Product>,
) -> Result<Vec<ContentError>> {
    let mut errors = Vec::new();
    let ids = content.category_ids.as_deref().unwrap_or_default();
    let known = sqlx::query!(
        "select (select coalesce(array_agg(category_id), '{}') from categories where tenant_id = $1 and category_id = any($2)) as \"categories!\",
                ($3::text is null or exists (select from families where tenant_id = $1 and code = $3)) as \"family!\"",
        tenant.0,
        ids,
        content.family
    );
    let known = known.fetch_one(&mut **tx).await.map_err(error)?;
    if let Some(id) = ids.iter().find(|id| !known.categories.contains(id)) {
        errors.push(ContentError::new("category_ids", "category_unknown", messages::catalog::category_unknown(id)));
    }
    if !known.family {
        let family = content.family.as_deref().unwrap_or_default();
        errors.push(ContentError::new("family", "family_unknown", messages::catalog::family_unknown(family)));
    }
    if let Some(parent) = content.parent_id {
        errors.extend(check_parent(tx, tenant, content, parent, before.map(|before| before.id)).await?);
    } else if let Some(before) = before.filter(|before| before.content.option_axes != content.option_axes) {
        let variants = sqlx::query_scalar!(
            "select exists (select from products where tenant_id = $1 and parent_id = $2) as \"some!\"",
            tenant.0,
            before.id
        );
        if variants.fetch_one(&mut **tx).await.map_err(error)? {
            errors.push(ContentError::new("option_axes", "has_variants", messages::catalog::axes_fixed()));
        }
    }
    Ok(errors)
}

async fn check_parent(
    tx: &mut TenantTx,
    tenant: TenantId,
    content: &Content,
    parent: Uuid,
    own: Option<Uuid>,
) -> Result<Vec<ContentError>> {
    let found = sqlx::query!(
        "select option_axes, parent_id, trashed_at is not null as \"trashed!\",
                exists (select from products v where v.tenant_id = $1 and v.parent_id = $3) as \"own_variants!\"
         from products where tenant_id = $1 and product_id = $2 for share",
        tenant.0,
        parent,
        own
    );
    let Some(found) = found.fetch_optional(&mut **tx).await.map_err(error)? else {
        return Ok(vec![ContentError::new("parent_id", "parent_unknown", messages::catalog::parent_unknown(parent))]);
    };
    if found.trashed
        || found.parent_id.is_some()
        || found.option_axes.is_empty()
        || own == Some(parent)
        || found.own_variants
    {
        return Ok(vec![ContentError::new("parent_id", "parent_invalid", messages::catalog::parent_invalid())]);
    }
    let axes: std::collections::BTreeSet<&String> = found.option_axes.iter().collect();
    if axes != content.options.keys().collect() {
        let message = messages::catalog::options_invalid(found.option_axes.join(", "));
        return Ok(vec![ContentError::new("options", "options_invalid", message)]);
    }
    Ok(Vec::new())
}

/// Returns the content of a duplicate, a draft: everything except SKU, EAN, channel identifiers, slug, parent and
/// options.
#[must_use]
pub fn duplicate_of(content: &Content) -> Content {
    Content {
        sku: None,
        ean: None,
        identifiers: BTreeMap::new(),
        slug: None,
        parent_id: None,
        options: BTreeMap::new(),
        status: product::ProductStatus::Draft,
        ..content.clone()
    }
}
