-- The catalogue, whole: variants, attributes, categories, history, provenance, completeness, search, jobs.

create extension if not exists btree_gin;
create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- ---- what the database derives ---------------------------------------------------------------------------------------
-- Derived values are generated columns: whoever writes a product cannot forget them. The functions below are as good as
-- immutable: the dictionary of unaccent and the text search configurations change with a major version only.

-- Lower case, without accents, and without the signs that would make one word of two: `PX-100`, `1/2`, `a.b`.
create function plain_text(text) returns text language sql immutable parallel safe strict
    as $$ select translate(lower(public.unaccent('public.unaccent', $1)), '-_/.,:;+@&''()', '              ') $$;

-- The words of a product: its name first, then its codes and names, then its texts without their HTML.
create function product_words(language text, title text, names text, tags text[], texts text) returns tsvector
    language sql immutable parallel safe
    as $$ select setweight(to_tsvector(language::regconfig, public.plain_text(title)), 'A')
              || setweight(to_tsvector('simple', public.plain_text(names || ' ' || coalesce(array_to_string(tags, ' '), ''))), 'B')
              || setweight(to_tsvector(language::regconfig, public.plain_text(left(regexp_replace(texts, '<[^>]*>', ' ', 'g'), 4000))), 'D') $$;

-- What a product is found by exactly, in one list: `status:active`, `brand:bosch`, `category:<id>`, `attributes.color:red`.
create function product_keys(status text, brand text, supplier uuid, category_ids uuid[], family text, tags text[],
                             attributes jsonb, parent uuid, option_axes text[], images boolean, missing text[],
                             trashed boolean) returns text[]
    language sql immutable parallel safe
    as $$ select array_remove(array[
                     'status:' || status, 'brand:' || lower(left(brand, 200)), 'supplier:' || supplier, 'family:' || family,
                     'parent:' || parent, 'image:' || images, 'trashed:' || trashed,
                     'kind:' || case when parent is not null then 'variant' when option_axes <> '{}' then 'parent' else 'simple' end], null)
              || coalesce((select array_agg('category:' || id) from unnest(category_ids) id), '{}')
              || coalesce((select array_agg('tag:' || lower(tag)) from unnest(tags) tag), '{}')
              || coalesce((select array_agg('missing:' || name) from unnest(missing) name), '{}')
              || case when attributes = '{}' then '{}' else coalesce(
                    (select array_agg('attributes.' || key || ':' || lower(left(one #>> '{}', 100)))
                     from jsonb_each(attributes) as a(key, value),
                          jsonb_array_elements(case jsonb_typeof(value) when 'array' then value when 'object' then '[]' else jsonb_build_array(value) end) one),
                    '{}') end $$;

-- ---- products -------------------------------------------------------------------------------------------------------
alter table products
    drop constraint products_identified,
    add column tax_rate         numeric(6, 3) check (tax_rate between 0 and 100),
    add column weight_unit      text check (weight_unit in ('g', 'kg', 'lb', 'oz')),
    add column length_mm        numeric(14, 3) check (length_mm >= 0),
    add column width_mm         numeric(14, 3) check (width_mm >= 0),
    add column height_mm        numeric(14, 3) check (height_mm >= 0),
    add column dimension_unit   text check (dimension_unit in ('mm', 'cm', 'm', 'in')),
    add column category_ids     uuid[],
    add column family           text,
    add column parent_id        uuid,
    add column option_axes      text[] not null default '{}',
    add column options          jsonb not null default '{}',
    add column tags             text[],
    add column attributes       jsonb not null default '{}',
    add column texts            jsonb not null default '{}',
    add column seo_title        text,
    add column seo_description  text,
    add column slug             text,
    add column identifiers      jsonb not null default '{}',
    -- Which source owns which field, and which fields an edit by hand locked.
    add column owners           jsonb not null default '{}',
    add column locked           text[] not null default '{}',
    -- How many media are attached, as db_media tells.
    add column media            integer not null default 0,
    add column media_told_at    timestamptz,
    -- An empty list of addresses is not known, unless this says that there are none: what the release before wrote and reads.
    add column no_images        boolean not null default false,
    add column trashed_at       timestamptz,
    -- Set by a trigger: counts the changes of the content, and in which transaction the last one was.
    add column version          bigint not null default 1,
    add column changed_in       bigint not null default 0,
    add column completeness     smallint not null default 0,
    add column missing          text[] not null default '{}',
    add column language         text not null default 'simple'
        check (language in ('simple', 'french', 'english', 'german', 'italian', 'spanish')),
    add constraint products_identified check (sku is not null or ean is not null or option_axes <> '{}'),
    add constraint products_parent_fkey foreign key (tenant_id, parent_id) references products (tenant_id, product_id),
    add constraint products_options_key unique (tenant_id, parent_id, options),
    add column words            tsvector generated always as (product_words(language, title,
        coalesce(sku, '') || ' ' || coalesce(ean, '') || ' ' || coalesce(brand, '') || ' ' || coalesce(category, '') || ' ' || coalesce(supplier_reference, ''), tags,
        coalesce(short_description, '') || ' ' || coalesce(description, ''))) stored,
    add column keys             text[] generated always as (product_keys(status, brand, supplier_id, category_ids, family, tags,
        attributes, parent_id, option_axes, media > 0 or image_urls <> '{}', missing, trashed_at is not null)) stored;
create index products_words on products using gin (tenant_id, words);
create index products_keys on products using gin (tenant_id, keys);
create index products_changed on products (tenant_id, changed_in, product_id);
create index products_updated on products (tenant_id, updated_at, product_id);
create index products_title on products (tenant_id, left(lower(title), 100) collate "C", product_id);
create index products_price on products (tenant_id, price, product_id);
create index products_stock on products (tenant_id, stock, product_id);
create index products_completeness on products (tenant_id, completeness, product_id);

-- Whoever changes the content of a product counts it, and leaves the transaction for those who read changes.
create function stamp_product() returns trigger language plpgsql as $$
begin
    new.version := case when tg_op = 'INSERT' then 1 else old.version + 1 end;
    new.changed_in := pg_current_xact_id()::text::bigint;
    return new;
end $$;
create trigger products_inserted before insert on products for each row execute function stamp_product();
create trigger products_changed before update of sku, ean, title, description, short_description, brand, category, price,
    net_price, compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id, supplier_reference,
    status, tax_rate, length_mm, width_mm, height_mm, category_ids, family, parent_id, option_axes, options, tags,
    attributes, texts, seo_title, seo_description, slug, identifiers, media, trashed_at
    on products for each row execute function stamp_product();

-- What was deleted for good, for those who read changes.
create table deleted_products (
    tenant_id  uuid not null,
    product_id uuid not null,
    sku        text,
    ean        text,
    deleted_at timestamptz not null,
    changed_in bigint not null,
    primary key (tenant_id, product_id)
);
create index deleted_products_changed on deleted_products (tenant_id, changed_in, product_id);
create function remember_deleted_product() returns trigger language plpgsql as $$
begin
    insert into deleted_products
    values (old.tenant_id, old.product_id, old.sku, old.ean, now(), pg_current_xact_id()::text::bigint)
    on conflict (tenant_id, product_id) do nothing;
    return null;
end $$;
create trigger products_deleted after delete on products for each row execute function remember_deleted_product();

-- Row-level security keeps conditions that it does not trust to be leakproof (full text, lists, numbers) away from
-- indexes. These views carry the tenant themselves, so that their owner's policy need not: ADR 0006.
create policy owner_reads on products for select to current_user using (true);
create view found_products as
    select * from products where tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid;

-- The words of a tenant's titles, by which a misspelt one is recognised.
create table words (
    tenant_id uuid not null,
    word      text not null,
    primary key (tenant_id, word)
);
create index words_similar on words using gin (tenant_id, word gin_trgm_ops);
create policy owner_reads on words for select to current_user using (true);
create view found_words as
    select word from words where tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid;

-- ---- the catalogue of an organisation ---------------------------------------------------------------------------------
create table catalogs (
    tenant_id      uuid primary key,
    -- Products that count on the quota: neither in the trash nor archived.
    products       bigint not null default 0 check (products >= 0),
    -- null = unlimited.
    quota          bigint default 100000 check (quota >= 0),
    language       text not null default 'simple'
        check (language in ('simple', 'french', 'english', 'german', 'italian', 'spanish')),
    -- Which source is stronger, by field, and whether an edit by hand locks its fields.
    priority       jsonb not null default '{}',
    lock_on_edit   boolean not null default false,
    -- null = for good.
    history_months integer check (history_months between 1 and 240)
);

-- ---- history ----------------------------------------------------------------------------------------------------------
create table product_changes (
    tenant_id   uuid not null,
    product_id  uuid not null,
    change_id   uuid not null,
    at          timestamptz not null,
    action      text not null check (action in ('created', 'updated', 'trashed', 'restored', 'reverted')),
    source      text not null,
    actor_id    uuid,
    actor_name  text,
    -- The import or the job, and the row of the file.
    job_id      uuid,
    row_number  integer,
    -- {field: {old, new}}; null for a product that was made: its values are the old ones of what came later.
    diff        jsonb,
    primary key (tenant_id, product_id, change_id, at)
) partition by range (at);
create index product_changes_job on product_changes (tenant_id, job_id, product_id) where job_id is not null;
create table product_changes_other partition of product_changes default;
alter table product_changes_other enable row level security;
alter table product_changes_other force row level security;

-- Makes the partitions of this month and the next two, and drops those of which every tenant's retention has let go.
-- Partitions are the owner's; a function may only ask for this.
create function tend_product_changes(today timestamptz) returns integer
    language plpgsql security definer set search_path = public
    as $$
declare
    first_day timestamptz;
    name text;
    part record;
    filled boolean;
    done integer := 0;
begin
    for ahead in 0..2 loop
        first_day := (date_trunc('month', today at time zone 'UTC') + make_interval(months => ahead)) at time zone 'UTC';
        name := 'product_changes_' || to_char(first_day at time zone 'UTC', 'YYYY_MM');
        if to_regclass(name) is null then
            execute format('create table %I partition of product_changes for values from (%L) to (%L)', name, first_day,
                           (first_day at time zone 'UTC' + interval '1 month') at time zone 'UTC');
            execute format('alter table %I enable row level security', name);
            execute format('alter table %I force row level security', name);
            done := done + 1;
        end if;
    end loop;
    for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'product_changes'::regclass and c.relname ~ '^product_changes_[0-9]{4}_[0-9]{2}$'
                  and to_date(right(c.relname, 7), 'YYYY_MM') < today - interval '2 months' loop
        execute format('alter table %I no force row level security', part.relname);
        execute format('select exists (select from %I)', part.relname) into filled;
        if filled then
            execute format('alter table %I force row level security', part.relname);
        else
            execute format('drop table %I', part.relname);
            done := done + 1;
        end if;
    end loop;
    return done;
end $$;
revoke execute on function tend_product_changes from public;

-- ---- what products are sorted and described by ------------------------------------------------------------------------
create table categories (
    tenant_id   uuid not null,
    category_id uuid not null,
    parent_id   uuid,
    name        text not null check (length(name) between 1 and 200),
    names       jsonb not null default '{}',
    position    integer not null default 0,
    -- From the root to itself.
    path        uuid[] not null,
    created_at  timestamptz not null,
    primary key (tenant_id, category_id),
    constraint categories_parent_fkey foreign key (tenant_id, parent_id) references categories (tenant_id, category_id)
);
create unique index categories_name_key
    on categories (tenant_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), lower(name));

create table attribute_groups (
    tenant_id uuid not null,
    code      text not null,
    name      text not null check (length(name) between 1 and 200),
    position  integer not null default 0,
    primary key (tenant_id, code)
);
create table attributes (
    tenant_id  uuid not null,
    code       text not null,
    definition jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, code)
);
create table families (
    tenant_id  uuid not null,
    code       text not null,
    name       text not null check (length(name) between 1 and 200),
    -- [{code, required_in: [channel]}]
    attributes jsonb not null,
    primary key (tenant_id, code)
);
create table associations (
    tenant_id  uuid not null,
    product_id uuid not null,
    kind       text not null check (kind in ('cross_sell', 'up_sell', 'accessory', 'replacement')),
    target_id  uuid not null,
    position   integer not null,
    primary key (tenant_id, product_id, kind, target_id),
    constraint associations_product_fkey foreign key (tenant_id, product_id)
        references products (tenant_id, product_id) on delete cascade,
    constraint associations_target_fkey foreign key (tenant_id, target_id)
        references products (tenant_id, product_id) on delete cascade,
    constraint associations_other check (product_id <> target_id)
);
create index associations_target on associations (tenant_id, target_id);
create table saved_views (
    tenant_id  uuid not null,
    view_id    uuid not null,
    name       text not null check (length(name) between 1 and 200),
    owner_id   uuid,
    shared     boolean not null,
    query      jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, view_id)
);

-- ---- completeness -----------------------------------------------------------------------------------------------------
-- The channel `default` without a language is what products carry themselves; other scopes have rows of their own.
create table completeness_rules (
    tenant_id    uuid not null,
    channel      text not null,
    locale       text not null default '',
    requirements jsonb not null,
    updated_at   timestamptz not null,
    primary key (tenant_id, channel, locale)
);
create table product_completeness (
    tenant_id        uuid not null,
    product_id       uuid not null,
    channel          text not null,
    locale           text not null,
    score            smallint not null,
    missing          text[] not null,
    missing_required text[] not null,
    primary key (tenant_id, channel, locale, product_id),
    constraint product_completeness_product_fkey foreign key (tenant_id, product_id)
        references products (tenant_id, product_id) on delete cascade
);
create index product_completeness_score on product_completeness (tenant_id, channel, locale, score, product_id);
create index product_completeness_product on product_completeness (tenant_id, product_id);

-- ---- work on many products --------------------------------------------------------------------------------------------
create table catalog_jobs (
    tenant_id       uuid not null,
    job_id          uuid not null,
    kind            text not null check (kind in ('edit', 'trash', 'restore', 'purge', 'undo', 'assess')),
    spec            jsonb not null,
    status          text not null check (status in ('running', 'completed', 'failed', 'cancelled')),
    -- The last product that was done, and the last that is to be.
    done_to         uuid not null,
    up_to           uuid not null,
    total           bigint not null,
    done            bigint not null default 0,
    changed         bigint not null default 0,
    kept            bigint not null default 0,
    failed          bigint not null default 0,
    problems        jsonb not null default '[]',
    undoes          uuid,
    actor_kind      text not null,
    actor_id        uuid,
    actor_name      text not null,
    resumes         integer not null default 0,
    idempotency_key text,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    finished_at     timestamptz,
    primary key (tenant_id, job_id),
    constraint catalog_jobs_idempotency_key unique (tenant_id, idempotency_key)
);
create index catalog_jobs_running on catalog_jobs (updated_at) where status = 'running';
create unique index catalog_jobs_undoes_key on catalog_jobs (tenant_id, undoes)
    where undoes is not null and status in ('running', 'completed');

create table audit_log (
    tenant_id   uuid not null,
    audit_id    uuid not null,
    at          timestamptz not null,
    actor_kind  text not null check (actor_kind in ('person', 'key', 'job')),
    actor_id    uuid,
    actor_name  text not null,
    action      text not null,
    target_kind text not null,
    target_id   text not null,
    before      jsonb,
    after       jsonb,
    address     text,
    request_id  text not null,
    primary key (tenant_id, audit_id)
);

do $$
declare name text;
begin
    foreach name in array array['deleted_products', 'words', 'catalogs', 'product_changes', 'categories', 'attribute_groups',
                                'attributes', 'families', 'associations', 'saved_views', 'completeness_rules',
                                'product_completeness', 'catalog_jobs', 'audit_log'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    end loop;
end $$;

-- What the sweepers find in every organisation: ids only.
create policy owner_reads on catalog_jobs for select to current_user using (true);
create policy owner_reads on catalogs for select to current_user using (true);
create function stalled_catalog_jobs(before timestamptz, most integer) returns table (tenant_id uuid, job_id uuid)
    language sql stable security definer set search_path = public
    as $$ select tenant_id, job_id from catalog_jobs where status = 'running' and updated_at < before
          order by updated_at limit most $$;
create function catalogs_to_tend() returns table (tenant_id uuid, history_months integer)
    language sql stable security definer set search_path = public
    as $$ select tenant_id, history_months from catalogs $$;
revoke execute on function stalled_catalog_jobs, catalogs_to_tend from public;

-- What is there already has a catalogue, and is to be assessed: the sweeper finds the job.
alter table catalogs no force row level security;
alter table catalog_jobs no force row level security;
insert into catalogs (tenant_id, products)
    select tenant_id, count(*) filter (where status <> 'archived') from products group by tenant_id;
insert into catalog_jobs (tenant_id, job_id, kind, spec, status, done_to, up_to, total, actor_kind, actor_name, created_at, updated_at)
    select tenant_id, gen_random_uuid(), 'assess', '{}', 'running', '00000000-0000-0000-0000-000000000000',
           'ffffffff-ffff-ffff-ffff-ffffffffffff', count(*), 'job', 'catalog.sweep', now(), now()
    from products group by tenant_id;
alter table catalogs force row level security;
alter table catalog_jobs force row level security;

select tend_product_changes(now());

-- ---- what the functions may -------------------------------------------------------------------------------------------
grant select on found_products, found_words to pm_catalog, pm_exports, pm_suppliers, pm_media, pm_imports;
grant insert, update, delete on products to pm_catalog;
grant select on products to pm_media, pm_suppliers;
grant update (media, media_told_at, completeness, missing, language) on products to pm_media;
grant select on catalogs to pm_media;
grant select, insert on deleted_products to pm_catalog;
grant select, insert on words, product_changes to pm_catalog, pm_imports;
grant delete on product_changes to pm_catalog;
grant select, insert, update on catalogs to pm_catalog, pm_imports, pm_identity;
grant select, insert, update, delete on categories, attribute_groups, attributes, families, associations, saved_views,
    completeness_rules, product_completeness, catalog_jobs to pm_catalog;
grant select on families, completeness_rules to pm_imports, pm_media;
grant select, insert, update, delete on product_completeness to pm_imports, pm_media;
grant select on categories to pm_exports;
grant select, insert on audit_log to pm_catalog;
grant select on audit_log to pm_identity;
grant execute on function tend_product_changes, stalled_catalog_jobs, catalogs_to_tend to pm_catalog;
-- Suppliers: the best offer becomes the product's, a merge moves products.
grant insert, update on products to pm_suppliers;
grant select, insert on words, product_changes to pm_suppliers;
grant select, insert, update on catalogs, catalog_jobs to pm_suppliers;
grant select on families, completeness_rules, attributes, categories to pm_suppliers;
grant select, insert, update, delete on product_completeness to pm_suppliers;
grant insert on audit_log to pm_suppliers;
