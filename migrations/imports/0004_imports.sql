-- Imports, whole: inspect, preview, guards, cancel, undo, automations' runs.

alter table import_jobs
    drop constraint import_jobs_status_check,
    add constraint import_jobs_status_check check (status in
        ('awaiting_upload', 'uploaded', 'parsing', 'previewing', 'judging', 'ready', 'held', 'applying', 'finishing',
         'completed', 'completed_with_errors', 'failed', 'cancelled')),
    -- What is to be done: look only, stop after the preview, or apply.
    add column run            text not null default 'apply' check (run in ('inspect', 'preview', 'apply')),
    -- Why a guard holds the import: [{code, message}].
    add column holds          jsonb not null default '[]',
    -- The codes of guards that somebody let the import through.
    add column let_through    text[] not null default '{}',
    -- SHA-256 of the file, hexadecimal; by it an automation knows a file that it had.
    add column content_hash   text,
    -- The headers' fingerprint: by it the next file of the same kind is mapped as this one.
    add column columns_hash   text,
    add column warnings       jsonb not null default '[]',
    add column previewed_at   timestamptz,
    add column absent_products integer not null default 0,
    add column undone_by      uuid,
    add column automation_id  uuid,
    add column notified_at    timestamptz;
drop index import_jobs_unfinished;
create index import_jobs_unfinished on import_jobs (progressed_at)
    where status in ('awaiting_upload', 'parsing', 'previewing', 'judging', 'applying', 'finishing');
create index import_jobs_automation on import_jobs (tenant_id, automation_id, import_id) where automation_id is not null;
create index import_jobs_columns on import_jobs (tenant_id, columns_hash, import_id) where columns_hash is not null;

alter table import_batches
    -- Variants come after the products that they belong to: a batch waits for all of lower phases.
    add column phase smallint not null default 0;

alter table import_row_errors
    -- Said of a row that is taken all the same.
    add column notice boolean not null default false;

grant delete on import_batches to pm_imports;

create or replace function stalled_imports(older_than timestamptz, most integer) returns table (tenant_id uuid, import_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select j.tenant_id, j.import_id from import_jobs j
        where j.progressed_at < older_than
          and (j.status in ('parsing', 'previewing', 'judging', 'applying', 'finishing')
               or j.status = 'awaiting_upload' and j.progressed_at < older_than - interval '24 hours')
        order by j.progressed_at limit most
    $$;
