//! The columns of stored products, as arrays for `unnest`, and the one statement that writes them.

use db_tenancy::TenantTx;
use product::Product;
use runtime::TenantId;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::products::setup::Setup;

/// The products' values for `unnest`, one array for each column. A list is a text with a line for each item, because
/// `unnest` takes no arrays of arrays.
#[derive(Default)]
pub(crate) struct Columns {
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
    pub(crate) fn push(&mut self, product: &Product) {
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

/// Inserts or updates the products. Existing ones are found by their key, one by one, so that no query plan depends on
/// the statistics of a growing table, which may be outdated.
pub(crate) async fn upsert(
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
