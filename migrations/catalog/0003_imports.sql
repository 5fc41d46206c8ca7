-- What imports need of the catalogue: previews, and derived values that cost less.

-- ---- what the database derives, again -------------------------------------------------------------------------------
-- The two functions are what a new product costs most. As PL/pgSQL their expressions are planned once per session; the
-- dictionaries lower the case themselves, and the parser leaves tags out. Measured for 30,000 products: 95 -> 39 us and
-- 29 -> 18 us each. Words that are stored stay until their product is written.
create or replace function product_words(language text, title text, names text, tags text[], texts text) returns tsvector
    language plpgsql immutable parallel safe
    as $$ begin return
        setweight(to_tsvector(language::regconfig, translate(public.unaccent('public.unaccent', title), '-_/.,:;+@&''()', '              ')), 'A')
        || setweight(to_tsvector('simple', translate(public.unaccent('public.unaccent', names || ' ' || coalesce(array_to_string(tags, ' '), '')), '-_/.,:;+@&''()', '              ')), 'B')
        || setweight(to_tsvector(language::regconfig, public.unaccent('public.unaccent', left(texts, 2000))), 'D'); end $$;

create or replace function product_keys(status text, brand text, supplier uuid, category_ids uuid[], family text, tags text[],
                                        attributes jsonb, parent uuid, option_axes text[], images boolean, missing text[],
                                        trashed boolean) returns text[]
    language plpgsql immutable parallel safe
    as $$
declare
    keys text[] := array['status:' || status, 'image:' || images, 'trashed:' || trashed,
        'kind:' || case when parent is not null then 'variant' when option_axes <> '{}' then 'parent' else 'simple' end];
    one text;
begin
    if brand is not null then keys := keys || ('brand:' || lower(left(brand, 200))); end if;
    if supplier is not null then keys := keys || ('supplier:' || supplier); end if;
    if family is not null then keys := keys || ('family:' || family); end if;
    if parent is not null then keys := keys || ('parent:' || parent); end if;
    foreach one in array coalesce(category_ids, '{}')::text[] loop keys := keys || ('category:' || one); end loop;
    foreach one in array coalesce(tags, '{}') loop keys := keys || ('tag:' || lower(one)); end loop;
    foreach one in array coalesce(missing, '{}') loop keys := keys || ('missing:' || one); end loop;
    if attributes <> '{}' then
        keys := keys || coalesce(
            (select array_agg('attributes.' || key || ':' || lower(left(part #>> '{}', 100)))
             from jsonb_each(attributes) as a(key, value),
                  jsonb_array_elements(case jsonb_typeof(value) when 'array' then value when 'object' then '[]' else jsonb_build_array(value) end) part),
            '{}');
    end if;
    return keys;
end $$;

-- ---- previews ---------------------------------------------------------------------------------------------------------
-- What an import would do, record by record: written by the very transaction that would do it, after it was rolled back.
create table staged_rows (
    tenant_id   uuid not null,
    import_id   uuid not null,
    row_number  integer not null,
    -- A row of a shop's file can make a product and its first variant.
    ordinal     smallint not null,
    batch       integer not null,
    action      text not null check (action in ('created', 'updated', 'unchanged', 'skipped', 'rejected')),
    product_id  uuid,
    version     bigint,
    sku         text,
    ean         text,
    gtin14      text generated always as (lpad(ean, 14, '0')) stored,
    title       text,
    -- {field: {old, new}}; of a product that would be made, everything.
    changes     jsonb,
    -- By how many percent the price would move.
    price_move  numeric(14, 2),
    staged_at   timestamptz not null,
    primary key (tenant_id, import_id, row_number, ordinal)
);
create index staged_rows_action on staged_rows (tenant_id, import_id, action, row_number, ordinal);
create index staged_rows_product on staged_rows (tenant_id, import_id, product_id) where product_id is not null;
create index staged_rows_sku on staged_rows (tenant_id, import_id, sku) where action = 'created';
create index staged_rows_old on staged_rows (staged_at);
create index products_supplier_reference on products (tenant_id, supplier_id, supplier_reference)
    where supplier_reference is not null;

alter table staged_rows enable row level security;
alter table staged_rows force row level security;
create policy own_tenant on staged_rows using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy owner_reads on staged_rows for select to current_user using (true);
create policy owner_deletes on staged_rows for delete to current_user using (true);
grant select, insert, delete on staged_rows to pm_imports;

-- Previews are kept for as long as an import can be applied after one.
create function forget_staged_rows(older_than timestamptz, most integer) returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$
        with gone as (
            delete from staged_rows where ctid in (select ctid from staged_rows where staged_at < older_than limit most) returning 1
        ) select count(*) from gone
    $$;
revoke all on function forget_staged_rows from public;
grant execute on function forget_staged_rows to pm_imports;

-- An import makes attributes that its mapping names, looks families and categories up, and is undone as a job.
grant select, insert on attributes to pm_imports;
grant select on categories to pm_imports;
grant select, insert, update on catalog_jobs to pm_imports;
grant select on product_changes to pm_imports;
grant insert on audit_log to pm_imports;
