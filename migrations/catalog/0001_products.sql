-- The catalogue.

create table products (
    tenant_id          uuid not null,
    product_id         uuid not null,
    sku                text check (length(sku) between 1 and 100),
    ean                text check (ean ~ '^([0-9]{8}|[0-9]{12,14})$'),
    -- One code has several spellings (UPC in 12 digits, EAN in 13): they are one product.
    gtin14             text generated always as (lpad(ean, 14, '0')) stored,
    title              text not null check (length(title) between 1 and 500),
    description        text,
    short_description  text,
    brand              text,
    category           text,
    price              numeric(14, 4) check (price >= 0),
    net_price          numeric(14, 4) check (net_price >= 0),
    compare_at_price   numeric(14, 4) check (compare_at_price >= 0),
    cost_price         numeric(14, 4) check (cost_price >= 0),
    currency           text check (currency ~ '^[A-Z]{3}$'),
    stock              integer check (stock >= 0),
    weight_grams       numeric(14, 3) check (weight_grams >= 0),
    image_urls         text[] not null default '{}',
    supplier_id        uuid,
    supplier_reference text,
    status             text not null check (status in ('draft', 'active', 'inactive', 'archived')),
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    -- The import and row that wrote the product last: a row that stands higher in the same file does not undo it.
    import_id          uuid,
    import_row         integer,
    primary key (tenant_id, product_id),
    constraint products_sku_key unique (tenant_id, sku),
    constraint products_gtin_key unique (tenant_id, gtin14),
    constraint products_identified check (sku is not null or ean is not null)
);
alter table products enable row level security;
alter table products force row level security;
create policy own_tenant on products using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- A batch of rows is noted in the transaction that writes its rows: delivered twice, it changes nothing and its
-- outcome is still known.
create table applied_batches (
    tenant_id  uuid not null,
    batch_id   uuid not null,
    import_id  uuid not null,
    outcome    jsonb not null,
    applied_at timestamptz not null,
    primary key (tenant_id, batch_id)
);
alter table applied_batches enable row level security;
alter table applied_batches force row level security;
create policy own_tenant on applied_batches using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

grant select on products to pm_catalog, pm_exports;
grant select, insert, update on products to pm_imports;
grant select, insert on applied_batches to pm_imports;
