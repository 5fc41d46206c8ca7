-- Where products come from.

create table suppliers (
    tenant_id   uuid not null,
    supplier_id uuid not null,
    name        text not null check (length(name) between 1 and 200),
    name_key    text generated always as (lower(name)) stored,
    created_at  timestamptz not null,
    primary key (tenant_id, supplier_id),
    constraint suppliers_name_key unique (tenant_id, name_key)
);
alter table suppliers enable row level security;
alter table suppliers force row level security;
create policy own_tenant on suppliers using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

grant select on suppliers to pm_suppliers;
grant select, insert on suppliers to pm_imports;
