-- Rows that left a product as it was, and name it by some of its codes only: a row above them that names it by another code,
-- and is written later because batches run at once, is taken back all the same. The last row of a file wins.
create table met_rows (
    tenant_id  uuid not null,
    import_id  uuid not null,
    product_id uuid not null,
    row_number integer not null,
    met_at     timestamptz not null,
    primary key (tenant_id, import_id, product_id)
);
create index met_rows_old on met_rows (met_at);
alter table met_rows enable row level security;
alter table met_rows force row level security;
create policy own_tenant on met_rows using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy owner_reads on met_rows for select to current_user using (true);
create policy owner_deletes on met_rows for delete to current_user using (true);
grant select, insert, update on met_rows to pm_imports;

create or replace function forget_staged_rows(older_than timestamptz, most integer) returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$
        with gone as (
            delete from staged_rows where ctid in (select ctid from staged_rows where staged_at < older_than limit most) returning 1
        ), met as (
            delete from met_rows where ctid in (select ctid from met_rows where met_at < older_than limit most) returning 1
        ) select (select count(*) from gone) + (select count(*) from met)
    $$;
