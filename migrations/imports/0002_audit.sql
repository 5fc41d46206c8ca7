-- The audit trail of imports and exports, as in db_core: written in the transaction of the change, read by identity.
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
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy own_tenant on audit_log using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant insert on audit_log to pm_imports, pm_exports;
grant select on audit_log to pm_identity;

-- A job may begin an import or an export, and a job is nobody in person.
alter table import_jobs alter column created_by drop not null;
alter table export_jobs alter column created_by drop not null;
