-- Imports and exports: jobs, their batches, the errors of their rows, what happened to them.

create table import_jobs (
    tenant_id       uuid not null,
    import_id       uuid not null,
    status          text not null check (status in
        ('awaiting_upload', 'parsing', 'applying', 'finishing', 'completed', 'completed_with_errors', 'failed')),
    file_name       text not null,
    size_bytes      bigint not null check (size_bytes > 0),
    object_key      text not null,
    -- The upload that is imported; a second upload to the same address is not.
    object_version  text,
    supplier_id     uuid,
    supplier_name   text,
    mode            text not null check (mode in ('update', 'ignore', 'create_only')),
    options         jsonb not null,
    -- What was found in the file: format, encoding, delimiter, columns and their fields.
    layout          jsonb,
    idempotency_key text,
    -- Why the import ended as it did, for the seller.
    code            text,
    message         text,
    total_rows      integer check (total_rows >= 0),
    total_batches   integer,
    created_rows    integer not null default 0 check (created_rows >= 0),
    updated_rows    integer not null default 0 check (updated_rows >= 0),
    unchanged_rows  integer not null default 0 check (unchanged_rows >= 0),
    skipped_rows    integer not null default 0 check (skipped_rows >= 0),
    rejected_rows   integer not null default 0 check (rejected_rows >= 0),
    report_key      text,
    created_by      uuid not null,
    created_at      timestamptz not null,
    uploaded_at     timestamptz,
    parsed_at       timestamptz,
    finished_at     timestamptz,
    -- The last sign of progress: the sweeper resumes an import without any, but not for ever.
    progressed_at   timestamptz not null,
    resumes         integer not null default 0,
    primary key (tenant_id, import_id),
    constraint import_jobs_idempotency_key unique (tenant_id, idempotency_key),
    -- No row is ever lost: an import cannot complete while its counts do not add up.
    constraint import_jobs_adds_up check (
        status not in ('completed', 'completed_with_errors')
        or total_rows = created_rows + updated_rows + unchanged_rows + skipped_rows + rejected_rows
    )
);
create index import_jobs_unfinished on import_jobs (progressed_at)
    where status in ('awaiting_upload', 'parsing', 'applying', 'finishing');

create table import_batches (
    tenant_id      uuid not null,
    import_id      uuid not null,
    number         integer not null,
    batch_id       uuid not null,
    object_key     text not null,
    total_rows     integer not null check (total_rows > 0),
    status         text not null check (status in ('parsed', 'dispatched', 'applied', 'failed')),
    -- [row, by]: rows that a later row of the file takes back.
    superseded     jsonb not null default '[]',
    created_rows   integer not null default 0,
    updated_rows   integer not null default 0,
    unchanged_rows integer not null default 0,
    skipped_rows   integer not null default 0,
    rejected_rows  integer not null default 0,
    dispatched_at  timestamptz,
    primary key (tenant_id, import_id, number),
    foreign key (tenant_id, import_id) references import_jobs on delete cascade,
    constraint import_batches_adds_up check (
        status <> 'applied' or total_rows = created_rows + updated_rows + unchanged_rows + skipped_rows + rejected_rows
    )
);

create table import_row_errors (
    tenant_id   uuid not null,
    import_id   uuid not null,
    row_number  integer not null,
    ordinal     smallint not null,
    batch       integer not null,
    column_name text,
    field       text,
    code        text not null,
    message     text not null,
    value       text,
    primary key (tenant_id, import_id, row_number, ordinal),
    foreign key (tenant_id, import_id) references import_jobs on delete cascade
);

create table export_jobs (
    tenant_id       uuid not null,
    export_id       uuid not null,
    status          text not null check (status in ('queued', 'running', 'completed', 'failed')),
    layout          text not null,
    options         jsonb not null,
    idempotency_key text,
    message         text,
    total_products  integer check (total_products >= 0),
    done_products   integer not null default 0,
    exported        integer not null default 0,
    left_out        integer not null default 0,
    -- How many were left out for which reason, and the first of each.
    left_out_reasons jsonb not null default '[]',
    files           jsonb not null default '[]',
    created_by      uuid not null,
    created_at      timestamptz not null,
    finished_at     timestamptz,
    progressed_at   timestamptz not null,
    attempts        integer not null default 0,
    primary key (tenant_id, export_id),
    constraint export_jobs_idempotency_key unique (tenant_id, idempotency_key),
    constraint export_jobs_adds_up check (status <> 'completed' or total_products = exported + left_out)
);
create index export_jobs_unfinished on export_jobs (progressed_at) where status in ('queued', 'running');

-- What happened to a job, in its order.
create table job_events (
    tenant_id uuid not null,
    job_id    uuid not null,
    event_id  uuid not null,
    at        timestamptz not null,
    event     text not null,
    detail    text,
    primary key (tenant_id, job_id, event_id)
);

-- Events that are to be published: written in the transaction that makes them true.
create table outbox (
    tenant_id    uuid not null,
    event_id     uuid not null,
    kind         text not null,
    detail       jsonb not null,
    created_at   timestamptz not null,
    published_at timestamptz,
    primary key (tenant_id, event_id)
);
create index outbox_unpublished on outbox (created_at) where published_at is null;

do $$
declare
    name text;
begin
    foreach name in array array['import_jobs', 'import_batches', 'import_row_errors', 'export_jobs', 'job_events', 'outbox'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    end loop;
end $$;

-- The sweepers have to find what is due over all tenants. They get ids and nothing else, from functions that run as
-- the tables' owner; the owner may look at these tables, and no function's role may become the owner.
create policy owner_reads on import_jobs for select to current_user using (true);
create policy owner_reads on export_jobs for select to current_user using (true);
create policy owner_reads on outbox for select to current_user using (true);

create function stalled_imports(older_than timestamptz, most integer) returns table (tenant_id uuid, import_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select j.tenant_id, j.import_id from import_jobs j
        where j.progressed_at < older_than
          and (j.status in ('parsing', 'applying', 'finishing')
               or j.status = 'awaiting_upload' and j.progressed_at < older_than - interval '24 hours')
        order by j.progressed_at limit most
    $$;

create function stalled_exports(older_than timestamptz, most integer) returns table (tenant_id uuid, export_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select j.tenant_id, j.export_id from export_jobs j
        where j.status in ('queued', 'running') and j.progressed_at < older_than
        order by j.progressed_at limit most
    $$;

create function tenants_with_unpublished_events(older_than timestamptz, most integer) returns table (tenant_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select distinct o.tenant_id from outbox o where o.published_at is null and o.created_at < older_than limit most $$;

revoke all on function stalled_imports, stalled_exports, tenants_with_unpublished_events from public;
grant execute on function stalled_imports, tenants_with_unpublished_events to pm_imports;
grant execute on function stalled_exports, tenants_with_unpublished_events to pm_exports;

grant select, insert, update on import_jobs, import_batches to pm_imports;
grant select, insert, delete on import_row_errors to pm_imports;
grant select, insert, update on export_jobs to pm_exports;
grant select, insert on job_events to pm_imports, pm_exports;
grant select, insert, update on outbox to pm_imports, pm_exports;
