-- Previews are called previews. The views keep the old names for the functions of the version before, so that a deploy can
-- be rolled back; a later migration removes them.
alter table staged_rows rename to preview_rows;
alter table preview_rows rename column staged_at to previewed_at;
alter index staged_rows_pkey rename to preview_rows_pkey;
alter index staged_rows_action rename to preview_rows_action;
alter index staged_rows_product rename to preview_rows_product;
alter index staged_rows_sku rename to preview_rows_sku;
alter index staged_rows_old rename to preview_rows_old;
alter index staged_rows_also rename to preview_rows_also;

-- Rows of an import that left a product as it was.
alter table met_rows rename to unchanged_rows;
alter table unchanged_rows rename column met_at to seen_at;
alter index met_rows_pkey rename to unchanged_rows_pkey;
alter index met_rows_old rename to unchanged_rows_old;

create or replace function named_in_preview(tenant uuid, import uuid) returns setof uuid
    language sql stable parallel safe
    as $$
        select p.product_id from preview_rows p where p.tenant_id = tenant and p.import_id = import and p.product_id is not null
        union all
        select unnest(p.also) from preview_rows p where p.tenant_id = tenant and p.import_id = import and p.also is not null
    $$;

create function forget_previews(older_than timestamptz, most integer) returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$
        with previews as (
            delete from preview_rows
            where ctid in (select ctid from preview_rows where previewed_at < older_than limit most) returning 1
        ), unchanged as (
            delete from unchanged_rows
            where ctid in (select ctid from unchanged_rows where seen_at < older_than limit most) returning 1
        ) select (select count(*) from previews) + (select count(*) from unchanged)
    $$;
revoke all on function forget_previews from public;
grant execute on function forget_previews to pm_imports;
create or replace function forget_staged_rows(older_than timestamptz, most integer) returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$ select forget_previews(older_than, most) $$;

create view staged_rows with (security_invoker = true) as
    select tenant_id, import_id, row_number, ordinal, batch, action, product_id, version, sku, ean, gtin14, title, changes,
           price_move, previewed_at as staged_at, also
    from preview_rows;
create view met_rows with (security_invoker = true) as
    select tenant_id, import_id, product_id, row_number, seen_at as met_at from unchanged_rows;
grant select, insert, delete on staged_rows to pm_imports;
grant select, insert, update on met_rows to pm_imports;
