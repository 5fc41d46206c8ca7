//! The one way in which products are written: as a set, with their history, their owners, their completeness, the quota.
//!
//! Imports, edits by hand, bulk jobs and what is put back all come through [`write`]. The database itself derives the
//! search keys, and counts versions.

use std::collections::{BTreeMap, BTreeSet};

use db_tenancy::TenantTx;
use product::{Completeness, FieldChange, ProductStatus, Subject, assess, diff, fields};
use runtime::TenantId;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::catalogs::Setup;
use crate::products::Product;

/// Where a change comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `user`, `key:<id>`, `supplier:<id>`, `import`, `sync:<name>`, `rule`, `ai`: what owns the fields afterwards.
    pub source: String,
    /// The account or key.
    pub actor_id: Option<Uuid>,
    /// What it is called.
    pub actor_name: Option<String>,
    /// The import or the job.
    pub job_id: Option<Uuid>,
}

/// A product that is to be written.
pub(crate) struct Written {
    /// As it was; none for a new one.
    pub(crate) before: Option<Product>,
    /// As it is to be.
    pub(crate) after: Product,
    /// The row of a file that says so.
    pub(crate) row: Option<i32>,
    /// `created`, `updated`, `trashed`, `restored` or `reverted`.
    pub(crate) action: &'static str,
}

/// Why products could not be written.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// There would be more products than the plan allows.
    Quota,
    /// The database.
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        WriteError::Sql(error)
    }
}

impl Product {
    /// A product that is not stored yet.
    pub(crate) fn new(content: product::Content, now: OffsetDateTime) -> Self {
        Self {
            id: Uuid::now_v7(),
            version: 1,
            content,
            completeness: 0,
            grade: "F",
            missing: Vec::new(),
            media: 0,
            locked: Vec::new(),
            trashed_at: None,
            created_at: now,
            updated_at: now,
            owners: product::Owners::default(),
            import: None,
        }
    }

    /// Whether it counts on the quota.
    pub(crate) fn counts(&self) -> bool {
        self.trashed_at.is_none() && self.content.status != ProductStatus::Archived
    }
}

/// Writes products; gives them as they are now.
///
/// # Errors
/// When the quota is reached, or the database refuses: then nothing is to be committed.
pub(crate) async fn write(
    tx: &mut TenantTx,
    tenant: TenantId,
    setup: &Setup,
    origin: &Origin,
    written: Vec<Written>,
    now: OffsetDateTime,
) -> Result<Vec<Product>, WriteError> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    // What PostgreSQL keeps of a time: the answer says what is stored.
    let now = now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now);
    let (mut products, mut history, mut scopes) = (Columns::default(), History::default(), Scopes::default());
    let (mut words, mut after_all) = (BTreeSet::new(), Vec::with_capacity(written.len()));
    let mut growth = 0_i64;
    for mut one in written {
        growth += i64::from(one.after.counts()) - i64::from(one.before.as_ref().is_some_and(Product::counts));
        let changes = one.before.as_ref().map(|before| diff(&before.content, &one.after.content));
        own(&mut one.after, changes.as_ref(), setup, origin);
        scopes.assess(&mut one.after, setup);
        if one.before.as_ref().is_none_or(|before| before.content.title != one.after.content.title) {
            words.extend(title_words(&one.after.content.title));
        }
        if let Some(before) = &one.before {
            one.after.version = before.version + 1;
        }
        one.after.updated_at = now;
        history.push(&one, changes);
        products.push(&one.after);
        after_all.push(one.after);
    }
    upsert(tx, tenant, setup, &products, now).await?;
    history.insert(tx, tenant, origin, now).await?;
    scopes.upsert(tx, tenant).await?;
    // In their order, so that two batches with the same new words do not wait for each other in a circle.
    let words: Vec<String> = words.into_iter().collect();
    sqlx::query!(
        "insert into words (tenant_id, word) select $1, word from unnest($2::text[]) word
         where not exists (select from words known where known.tenant_id = $1 and known.word = word.word)
         on conflict do nothing",
        tenant.0,
        &words
    )
    .execute(&mut **tx)
    .await?;
    if growth != 0 {
        count(tx, tenant, growth).await?;
    }
    Ok(after_all)
}

/// Counts products on the quota, last of all: the row is locked for as short as can be.
pub(crate) async fn count(tx: &mut TenantTx, tenant: TenantId, growth: i64) -> Result<(), WriteError> {
    let counted = sqlx::query!(
        "insert into catalogs (tenant_id, products) values ($1, greatest($2::bigint, 0))
         on conflict (tenant_id) do update set products = greatest(catalogs.products + $2::bigint, 0)
         where $2::bigint <= 0 or catalogs.quota is null or catalogs.products + $2::bigint <= catalogs.quota",
        tenant.0,
        growth
    );
    if counted.execute(&mut **tx).await?.rows_affected() == 0 { Err(WriteError::Quota) } else { Ok(()) }
}

/// Gives the changed fields to the source that changes them.
fn own(after: &mut Product, changes: Option<&BTreeMap<String, FieldChange>>, setup: &Setup, origin: &Origin) {
    match changes {
        None => after.owners.give(fields(&after.content).keys().map(String::as_str), &origin.source),
        Some(changes) => {
            let gone = |change: &FieldChange| change.new.is_null();
            after.owners.give(
                changes.iter().filter(|(_, change)| !gone(change)).map(|(field, _)| field.as_str()),
                &origin.source,
            );
            after.owners.forget(changes.iter().filter(|(_, change)| gone(change)).map(|(field, _)| field.as_str()));
            if setup.policy.lock_on_edit && origin.source == "user" {
                for field in changes.keys() {
                    if !after.locked.contains(field) {
                        after.locked.push(field.clone());
                    }
                }
            }
        }
    }
}

/// The words of a title by which a misspelt one is recognised: lower case, without accents, four letters and more.
pub(crate) fn title_words(title: &str) -> impl Iterator<Item = String> {
    let plain = deunicode::deunicode(title).to_lowercase();
    let words: Vec<String> = plain.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect();
    words
        .into_iter()
        .filter(|word| (4..=40).contains(&word.len()) && word.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// The completeness of products in channels and languages of their own.
#[derive(Default)]
pub(crate) struct Scopes {
    product: Vec<Uuid>,
    channel: Vec<String>,
    locale: Vec<String>,
    score: Vec<i16>,
    missing: Vec<String>,
    required: Vec<String>,
}

impl Scopes {
    /// Assesses a product: its own completeness, and the rows of the other scopes.
    pub(crate) fn assess(&mut self, product: &mut Product, setup: &Setup) {
        let media = usize::try_from(product.media).unwrap_or_default();
        let family = setup.required_attributes(product.content.family.as_deref(), "default");
        let own = assess(Subject { content: &product.content, media, family: &family }, &setup.requirements, None);
        product.completeness = own.score;
        product.grade = product::grade(own.score);
        product.missing = own.missing;
        for scope in &setup.scopes {
            let family = setup.required_attributes(product.content.family.as_deref(), &scope.channel);
            let locale = Some(scope.locale.as_str()).filter(|locale| !locale.is_empty());
            let Completeness { score, missing, missing_required, .. } =
                assess(Subject { content: &product.content, media, family: &family }, &scope.requirements, locale);
            self.product.push(product.id);
            self.channel.push(scope.channel.clone());
            self.locale.push(scope.locale.clone());
            self.score.push(score);
            self.missing.push(missing.join("\n"));
            self.required.push(missing_required.join("\n"));
        }
    }

    /// Writes the rows.
    pub(crate) async fn upsert(&self, tx: &mut TenantTx, tenant: TenantId) -> sqlx::Result<()> {
        if self.product.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            r"insert into product_completeness (tenant_id, product_id, channel, locale, score, missing, missing_required)
              select $1, p, c, l, s, string_to_array(m, E'\n'), string_to_array(r, E'\n')
              from unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[]) as r(p, c, l, s, m, r)
              on conflict (tenant_id, channel, locale, product_id) do update
              set score = excluded.score, missing = excluded.missing, missing_required = excluded.missing_required",
            tenant.0,
            &self.product,
            &self.channel,
            &self.locale,
            &self.score,
            &self.missing,
            &self.required
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

#[derive(Default)]
struct History {
    product: Vec<Uuid>,
    change: Vec<Uuid>,
    action: Vec<String>,
    row: Vec<Option<i32>>,
    diff: Vec<Option<Value>>,
}

impl History {
    fn push(&mut self, one: &Written, changes: Option<BTreeMap<String, FieldChange>>) {
        // Written without a change of the content: nothing that a timeline would show.
        if one.action == "updated" && changes.as_ref().is_some_and(BTreeMap::is_empty) {
            return;
        }
        self.product.push(one.after.id);
        self.change.push(Uuid::now_v7());
        self.action.push(one.action.to_owned());
        self.row.push(one.row);
        self.diff.push(changes.map(|changes| json!(changes)));
    }

    async fn insert(
        self,
        tx: &mut TenantTx,
        tenant: TenantId,
        origin: &Origin,
        now: OffsetDateTime,
    ) -> sqlx::Result<()> {
        if self.product.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into product_changes (tenant_id, product_id, change_id, at, action, source, actor_id, actor_name, job_id, row_number, diff)
             select $1, p, c, $2, a, $3, $4, $5, $6, r, d
             from unnest($7::uuid[], $8::uuid[], $9::text[], $10::int[], $11::jsonb[]) as r(p, c, a, r, d)",
            tenant.0,
            now,
            origin.source,
            origin.actor_id,
            origin.actor_name,
            origin.job_id,
            &self.product,
            &self.change,
            &self.action,
            &self.row as _,
            &self.diff as _
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// The products' values, a column each, for `unnest`. Lists are texts with a line for each item, because `unnest` takes
/// no arrays of arrays.
#[derive(Default)]
struct Columns {
    id: Vec<Uuid>,
    sku: Vec<Option<String>>,
    ean: Vec<Option<String>>,
    title: Vec<String>,
    description: Vec<Option<String>>,
    short_description: Vec<Option<String>>,
    brand: Vec<Option<String>>,
    category: Vec<Option<String>>,
    category_ids: Vec<Option<String>>,
    family: Vec<Option<String>>,
    price: Vec<Option<Decimal>>,
    net_price: Vec<Option<Decimal>>,
    compare_at_price: Vec<Option<Decimal>>,
    cost_price: Vec<Option<Decimal>>,
    currency: Vec<Option<String>>,
    tax_rate: Vec<Option<Decimal>>,
    stock: Vec<Option<i32>>,
    weight_grams: Vec<Option<Decimal>>,
    weight_unit: Vec<Option<String>>,
    length_mm: Vec<Option<Decimal>>,
    width_mm: Vec<Option<Decimal>>,
    height_mm: Vec<Option<Decimal>>,
    dimension_unit: Vec<Option<String>>,
    image_urls: Vec<Option<String>>,
    supplier_id: Vec<Option<Uuid>>,
    supplier_reference: Vec<Option<String>>,
    status: Vec<String>,
    parent_id: Vec<Option<Uuid>>,
    option_axes: Vec<String>,
    options: Vec<Value>,
    tags: Vec<Option<String>>,
    attributes: Vec<Value>,
    texts: Vec<Value>,
    seo_title: Vec<Option<String>>,
    seo_description: Vec<Option<String>>,
    slug: Vec<Option<String>>,
    identifiers: Vec<Value>,
    owners: Vec<Value>,
    locked: Vec<String>,
    media: Vec<i32>,
    completeness: Vec<i16>,
    missing: Vec<String>,
    trashed_at: Vec<Option<OffsetDateTime>>,
    import_id: Vec<Option<Uuid>>,
    import_row: Vec<Option<i32>>,
}

impl Columns {
    fn push(&mut self, product: &Product) {
        let content = &product.content;
        let [length, width, height] = content.dimensions.map_or([None; 3], |size| size.millimetres());
        let lines = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.join("\n"));
        self.id.push(product.id);
        self.sku.push(content.sku.clone());
        self.ean.push(content.ean.clone());
        self.title.push(content.title.clone());
        self.description.push(content.description.clone());
        self.short_description.push(content.short_description.clone());
        self.brand.push(content.brand.clone());
        self.category.push(content.category.clone());
        let ids = content.category_ids.as_ref();
        self.category_ids.push(ids.map(|ids| ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join("\n")));
        self.family.push(content.family.clone());
        self.price.push(content.price);
        self.net_price.push(content.net_price);
        self.compare_at_price.push(content.compare_at_price);
        self.cost_price.push(content.cost_price);
        self.currency.push(content.currency.clone());
        self.tax_rate.push(content.tax_rate);
        self.stock.push(content.stock);
        self.weight_grams.push(content.weight.map(|weight| weight.grams()));
        self.weight_unit.push(content.weight.map(|weight| weight.unit.as_str().to_owned()));
        self.length_mm.push(length);
        self.width_mm.push(width);
        self.height_mm.push(height);
        self.dimension_unit.push(content.dimensions.map(|size| size.unit.as_str().to_owned()));
        self.image_urls.push(lines(&content.image_urls));
        self.supplier_id.push(content.supplier_id);
        self.supplier_reference.push(content.supplier_reference.clone());
        self.status.push(content.status.as_str().to_owned());
        self.parent_id.push(content.parent_id);
        self.option_axes.push(content.option_axes.join("\n"));
        self.options.push(json!(content.options));
        self.tags.push(lines(&content.tags));
        self.attributes.push(Value::Object(content.attributes.clone()));
        self.texts.push(json!(content.texts));
        self.seo_title.push(content.seo_title.clone());
        self.seo_description.push(content.seo_description.clone());
        self.slug.push(content.slug.clone());
        self.identifiers.push(json!(content.identifiers));
        self.owners.push(json!(product.owners));
        self.locked.push(product.locked.join("\n"));
        self.media.push(product.media);
        self.completeness.push(product.completeness);
        self.missing.push(product.missing.join("\n"));
        self.trashed_at.push(product.trashed_at);
        self.import_id.push(product.import.map(|(import, _)| import));
        self.import_row.push(product.import.map(|(_, row)| row));
    }
}

/// Writes the products. Those that are there are found by their key one by one, so that no plan depends on how old the
/// statistics of a growing table are.
async fn upsert(
    tx: &mut TenantTx,
    tenant: TenantId,
    setup: &Setup,
    columns: &Columns,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        r"insert into products (tenant_id, product_id, sku, ean, title, description, short_description, brand, category,
                category_ids, family, price, net_price, compare_at_price, cost_price, currency, tax_rate, stock,
                weight_grams, weight_unit, length_mm, width_mm, height_mm, dimension_unit, image_urls, no_images,
                supplier_id, supplier_reference, status, parent_id, option_axes, options, tags, attributes, texts, seo_title,
                seo_description, slug, identifiers, owners, locked, media, completeness, missing, trashed_at, import_id,
                import_row, language, created_at, updated_at)
          select $1, r.id, r.sku, r.ean, r.title, r.description, r.short_description, r.brand, r.category,
                string_to_array(r.category_ids, E'\n')::uuid[], r.family, r.price, r.net_price, r.compare_at_price,
                r.cost_price, r.currency, r.tax_rate, r.stock, r.weight_grams, r.weight_unit, r.length_mm, r.width_mm,
                r.height_mm, r.dimension_unit, coalesce(string_to_array(r.image_urls, E'\n'), '{}'),
                coalesce(r.image_urls = '', false), r.supplier_id, r.supplier_reference,
                r.status, r.parent_id, string_to_array(r.option_axes, E'\n'), r.options, string_to_array(r.tags, E'\n'),
                r.attributes, r.texts, r.seo_title, r.seo_description, r.slug, r.identifiers, r.owners,
                string_to_array(r.locked, E'\n'), r.media, r.completeness, string_to_array(r.missing, E'\n'), r.trashed_at,
                r.import_id, r.import_row, $3, $2, $2
          from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                      $12::text[], $13::text[], $14::numeric[], $15::numeric[], $16::numeric[], $17::numeric[], $18::text[],
                      $19::numeric[], $20::int[], $21::numeric[], $22::text[], $23::numeric[], $24::numeric[],
                      $25::numeric[], $26::text[], $27::text[], $28::uuid[], $29::text[], $30::text[], $31::uuid[],
                      $32::text[], $33::jsonb[], $34::text[], $35::jsonb[], $36::jsonb[], $37::text[], $38::text[],
                      $39::text[], $40::jsonb[], $41::jsonb[], $42::text[], $43::int[], $44::smallint[], $45::text[],
                      $46::timestamptz[], $47::uuid[], $48::int[])
               as r(id, sku, ean, title, description, short_description, brand, category, category_ids, family, price,
                    net_price, compare_at_price, cost_price, currency, tax_rate, stock, weight_grams, weight_unit,
                    length_mm, width_mm, height_mm, dimension_unit, image_urls, supplier_id, supplier_reference, status,
                    parent_id, option_axes, options, tags, attributes, texts, seo_title, seo_description, slug,
                    identifiers, owners, locked, media, completeness, missing, trashed_at, import_id, import_row)
          on conflict (tenant_id, product_id) do update set
              sku = excluded.sku, ean = excluded.ean, title = excluded.title, description = excluded.description,
              short_description = excluded.short_description, brand = excluded.brand, category = excluded.category,
              category_ids = excluded.category_ids, family = excluded.family, price = excluded.price,
              net_price = excluded.net_price, compare_at_price = excluded.compare_at_price,
              cost_price = excluded.cost_price, currency = excluded.currency, tax_rate = excluded.tax_rate,
              stock = excluded.stock, weight_grams = excluded.weight_grams, weight_unit = excluded.weight_unit,
              length_mm = excluded.length_mm, width_mm = excluded.width_mm, height_mm = excluded.height_mm,
              dimension_unit = excluded.dimension_unit, image_urls = excluded.image_urls, no_images = excluded.no_images,
              supplier_id = excluded.supplier_id, supplier_reference = excluded.supplier_reference,
              status = excluded.status, parent_id = excluded.parent_id, option_axes = excluded.option_axes,
              options = excluded.options, tags = excluded.tags, attributes = excluded.attributes, texts = excluded.texts,
              seo_title = excluded.seo_title, seo_description = excluded.seo_description, slug = excluded.slug,
              identifiers = excluded.identifiers, owners = excluded.owners, locked = excluded.locked,
              media = excluded.media, completeness = excluded.completeness, missing = excluded.missing,
              trashed_at = excluded.trashed_at, import_id = excluded.import_id, import_row = excluded.import_row,
              language = excluded.language, updated_at = excluded.updated_at",
        tenant.0,
        now,
        setup.language,
        &columns.id,
        &columns.sku as _,
        &columns.ean as _,
        &columns.title,
        &columns.description as _,
        &columns.short_description as _,
        &columns.brand as _,
        &columns.category as _,
        &columns.category_ids as _,
        &columns.family as _,
        &columns.price as _,
        &columns.net_price as _,
        &columns.compare_at_price as _,
        &columns.cost_price as _,
        &columns.currency as _,
        &columns.tax_rate as _,
        &columns.stock as _,
        &columns.weight_grams as _,
        &columns.weight_unit as _,
        &columns.length_mm as _,
        &columns.width_mm as _,
        &columns.height_mm as _,
        &columns.dimension_unit as _,
        &columns.image_urls as _,
        &columns.supplier_id as _,
        &columns.supplier_reference as _,
        &columns.status,
        &columns.parent_id as _,
        &columns.option_axes,
        &columns.options,
        &columns.tags as _,
        &columns.attributes,
        &columns.texts,
        &columns.seo_title as _,
        &columns.seo_description as _,
        &columns.slug as _,
        &columns.identifiers,
        &columns.owners,
        &columns.locked,
        &columns.media,
        &columns.completeness,
        &columns.missing,
        &columns.trashed_at as _,
        &columns.import_id as _,
        &columns.import_row as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
