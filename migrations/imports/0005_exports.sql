-- Exports, whole: templates, schedules, destinations, deliveries.

alter table export_jobs
    drop constraint export_jobs_status_check,
    add constraint export_jobs_status_check check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
    add column format          text not null default 'csv',
    add column cause           text not null default 'by_hand' check (cause in ('by_hand', 'schedule')),
    -- What it is called in notices: the schedule's name, the template's, the layout's.
    add column name            text not null default '',
    add column template_id     uuid,
    add column schedule_id     uuid,
    -- Why a failed export failed, as a code that clients branch on.
    add column code            text,
    -- What the files do not say although the catalogue does: as left_out_reasons.
    add column warnings        jsonb not null default '[]',
    -- To whom the files go when they are written: ids of destinations.
    add column destinations    uuid[] not null default '{}',
    -- Only what changed in or after this transaction of db_catalog, and up to which the export looked.
    add column changed_from    bigint,
    add column changed_to      bigint,
    add column started_at      timestamptz,
    -- The lifecycle of the bucket removes the files then.
    add column expires_at      timestamptz;
alter table export_jobs no force row level security;
update export_jobs set name = layout, expires_at = finished_at + interval '30 days' where status = 'completed';
alter table export_jobs force row level security;
create index export_jobs_schedule on export_jobs (tenant_id, schedule_id, export_id) where schedule_id is not null;
create index export_jobs_completed on export_jobs (tenant_id, schedule_id, changed_to desc nulls last)
    where schedule_id is not null and status = 'completed';

create table export_templates (
    tenant_id   uuid not null,
    template_id uuid not null,
    name        text not null check (length(name) between 1 and 200),
    description text not null default '' check (length(description) <= 2000),
    definition  jsonb not null,
    version     integer not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, template_id)
);
create unique index export_templates_name_key on export_templates (tenant_id, lower(name));
create table export_template_versions (
    tenant_id   uuid not null,
    template_id uuid not null,
    version     integer not null,
    definition  jsonb not null,
    saved_by    text not null,
    saved_at    timestamptz not null,
    primary key (tenant_id, template_id, version),
    foreign key (tenant_id, template_id) references export_templates on delete cascade
);

-- What sellers uploaded of Amazon's templates.
create table amazon_templates (
    tenant_id          uuid not null,
    amazon_template_id uuid not null,
    name               text not null check (length(name) between 1 and 200),
    -- {head, columns, newer}
    template           jsonb not null,
    created_at         timestamptz not null,
    primary key (tenant_id, amazon_template_id)
);

create table export_destinations (
    tenant_id      uuid not null,
    destination_id uuid not null,
    name           text not null check (length(name) between 1 and 200),
    kind           text not null check (kind in ('email', 'ftp', 'webhook', 's3')),
    settings       jsonb not null,
    -- Encrypted with KMS, bound to the tenant and the destination.
    secret         bytea,
    -- The fingerprint of the key that an SFTP server showed at the first meeting.
    host_key       text,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    primary key (tenant_id, destination_id)
);
create unique index export_destinations_name_key on export_destinations (tenant_id, lower(name));

create table export_schedules (
    tenant_id    uuid not null,
    schedule_id  uuid not null,
    name         text not null check (length(name) between 1 and 200),
    definition   jsonb not null,
    schedule     jsonb,
    time_zone    text not null,
    enabled      boolean not null,
    only_changed boolean not null,
    next_run_at  timestamptz,
    last_run_at  timestamptz,
    created_by   uuid,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    primary key (tenant_id, schedule_id)
);
create unique index export_schedules_name_key on export_schedules (tenant_id, lower(name));
create index export_schedules_due on export_schedules (next_run_at) where enabled and next_run_at is not null;

create table export_deliveries (
    tenant_id      uuid not null,
    delivery_id    uuid not null,
    export_id      uuid not null,
    destination_id uuid not null,
    -- The same when it is asked for again after it ended.
    ordinal        integer not null default 0,
    -- As it was called when the delivery began.
    destination    text not null,
    kind           text not null,
    status         text not null check (status in ('pending', 'delivered', 'failed')),
    attempts       integer not null default 0,
    -- So many of the export's files are there: none of them is sent again.
    files_done     integer not null default 0,
    next_at        timestamptz not null,
    error          text,
    created_at     timestamptz not null,
    ended_at       timestamptz,
    primary key (tenant_id, delivery_id),
    constraint export_deliveries_key unique (tenant_id, export_id, destination_id, ordinal),
    foreign key (tenant_id, export_id) references export_jobs on delete cascade
);
create index export_deliveries_due on export_deliveries (next_at) where status = 'pending';

do $$
declare name text;
begin
    foreach name in array array['export_templates', 'export_template_versions', 'amazon_templates', 'export_destinations',
                                'export_schedules', 'export_deliveries'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
        execute format('grant select, insert, update, delete on %I to pm_exports', name);
    end loop;
end $$;

-- What is due, over all tenants: ids and nothing else.
create policy owner_reads on export_schedules for select to current_user using (true);
create policy owner_reads on export_deliveries for select to current_user using (true);
create function due_export_schedules(moment timestamptz, most integer) returns table (tenant_id uuid, schedule_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select s.tenant_id, s.schedule_id from export_schedules s
          where s.enabled and s.next_run_at <= moment order by s.next_run_at limit most $$;
create function due_export_deliveries(moment timestamptz, most integer) returns table (tenant_id uuid, delivery_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select d.tenant_id, d.delivery_id from export_deliveries d
          where d.status = 'pending' and d.next_at <= moment order by d.next_at limit most $$;
revoke all on function due_export_schedules, due_export_deliveries from public;
grant execute on function due_export_schedules, due_export_deliveries to pm_exports;
