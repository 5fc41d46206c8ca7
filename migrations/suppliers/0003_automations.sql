-- Files that come by themselves: where they lie, when they are looked for, what became of each look.

create table automations (
    tenant_id     uuid not null,
    automation_id uuid not null,
    supplier_id   uuid not null,
    name          text not null check (length(name) between 1 and 200),
    kind          text not null check (kind in ('email', 'ftp', 'http', 'rest', 'drop')),
    source        jsonb not null,
    -- Encrypted with KMS, bound to the tenant and the automation.
    secret        bytea,
    schedule      jsonb,
    time_zone     text not null,
    choices       jsonb not null,
    -- How far its imports go by themselves.
    run           text not null check (run in ('preview', 'apply')),
    enabled       boolean not null,
    skip_unchanged boolean not null,
    pause_after   integer not null check (pause_after between 1 and 100),
    failures      integer not null default 0,
    paused_at     timestamptz,
    -- What is known of files that were had: etag, last_modified, seen, host_key.
    state         jsonb not null default '{}',
    -- The secret part of its mail address and of its folder.
    token         text not null,
    next_run_at   timestamptz,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    primary key (tenant_id, automation_id),
    constraint automations_name_key unique (tenant_id, name),
    constraint automations_token_key unique (token),
    constraint automations_supplier_fkey foreign key (tenant_id, supplier_id) references suppliers (tenant_id, supplier_id) on delete cascade
);
create index automations_due on automations (next_run_at) where enabled and next_run_at is not null;

create table automation_runs (
    tenant_id     uuid not null,
    automation_id uuid not null,
    run_id        uuid not null,
    cause         text not null check (cause in ('schedule', 'by_hand', 'arrival')),
    status        text not null check (status in ('running', 'imported', 'nothing_new', 'failed')),
    message       text,
    imports       uuid[] not null default '{}',
    started_at    timestamptz not null,
    finished_at   timestamptz,
    primary key (tenant_id, automation_id, run_id),
    constraint automation_runs_fkey foreign key (tenant_id, automation_id) references automations on delete cascade
);

do $$
declare name text;
begin
    foreach name in array array['automations', 'automation_runs'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    end loop;
end $$;
create policy owner_reads on automations for select to current_user using (true);

-- What is due, over all tenants, and whose a mail's address is: ids and nothing else.
create function due_automations(moment timestamptz, most integer) returns table (tenant_id uuid, automation_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select a.tenant_id, a.automation_id from automations a
        where a.enabled and a.next_run_at <= moment order by a.next_run_at limit most
    $$;
create function automation_of_token(wanted text) returns table (tenant_id uuid, automation_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select a.tenant_id, a.automation_id from automations a where a.token = wanted $$;
revoke all on function due_automations, automation_of_token from public;
grant execute on function due_automations, automation_of_token to pm_imports;
grant select, insert, update, delete on automations to pm_imports;
grant select, insert, update on automation_runs to pm_imports;
