-- Every version of a saved mapping, so that an earlier one can be looked at and saved again.
create table mapping_versions (
    tenant_id   uuid not null,
    supplier_id uuid not null,
    name        text not null,
    version     integer not null,
    definition  jsonb not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, supplier_id, name, version),
    foreign key (tenant_id, supplier_id, name) references mappings on delete cascade
);
alter table mapping_versions enable row level security;
alter table mapping_versions force row level security;
create policy own_tenant on mapping_versions using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
grant select, insert, delete on mapping_versions to pm_suppliers;

-- What is there is its newest version. The owner too is bound by the policies, unless they are not forced.
alter table mappings no force row level security;
alter table mapping_versions no force row level security;
insert into mapping_versions select tenant_id, supplier_id, name, version, definition, updated_at from mappings;
alter table mappings force row level security;
alter table mapping_versions force row level security;
