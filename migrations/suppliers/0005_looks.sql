-- A mapping that goes to another supplier takes its versions along.
alter table mapping_versions drop constraint mapping_versions_tenant_id_supplier_id_name_fkey;
alter table mapping_versions add constraint mapping_versions_mapping_fkey
    foreign key (tenant_id, supplier_id, name) references mappings on update cascade on delete cascade;

-- A supplier whose files come by themselves is merged with its automations, and not deleted.
grant select (tenant_id, automation_id, supplier_id, name), update (supplier_id) on automations to pm_suppliers;

alter table automations
    -- How many of the failures in a row were imports: a look that goes well ends the others only.
    add column failed_imports integer not null default 0,
    add column paused_because text,
    -- The pause that was announced last.
    add column pause_announced_at timestamptz;
alter table automations no force row level security;
update automations set pause_announced_at = paused_at where paused_at is not null;
alter table automations force row level security;
create index automations_paused on automations (paused_at) where paused_at is not null;

create index automation_runs_newest on automation_runs (tenant_id, automation_id, started_at desc, run_id desc);
create index automation_runs_running on automation_runs (tenant_id, automation_id) where status = 'running';
create index automation_runs_old on automation_runs (started_at);
create policy owner_reads on automation_runs for select to current_user using (true);
create policy owner_deletes on automation_runs for delete to current_user using (true);

create function unannounced_pauses(most integer) returns table (tenant_id uuid, automation_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select a.tenant_id, a.automation_id from automations a
          where a.paused_at is not null and a.pause_announced_at is distinct from a.paused_at limit most $$;
create function forget_automation_runs(before timestamptz, most integer) returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$ with gone as (
              delete from automation_runs where ctid in (
                  select ctid from automation_runs where started_at < before limit most) returning 1
          ) select count(*) from gone $$;
revoke all on function unannounced_pauses, forget_automation_runs from public;
grant execute on function unannounced_pauses, forget_automation_runs to pm_imports;
