-- Suppliers, whole: how to reach them, how their prices become ours, what they offer, how their files are read.

alter table suppliers
    add column code           text check (length(code) between 1 and 50),
    add column contacts       jsonb not null default '[]',
    add column website        text,
    add column address        text,
    add column country        text check (country ~ '^[A-Z]{2}$'),
    add column notes          text,
    add column payment_terms  text,
    add column currency       text check (currency ~ '^[A-Z]{3}$'),
    add column lead_days      integer check (lead_days between 0 and 3650),
    add column minimum_order  numeric(14, 4) check (minimum_order >= 0),
    add column price_rule     jsonb not null default '{}',
    -- The order in which suppliers are preferred, the smallest first.
    add column preference     integer not null default 100,
    add column archived_at    timestamptz,
    -- A supplier that was merged is another one's other name.
    add column merged_into    uuid,
    add column updated_at     timestamptz not null default now(),
    add constraint suppliers_code_key unique (tenant_id, code);

create table offers (
    tenant_id    uuid not null,
    supplier_id  uuid not null,
    product_id   uuid not null,
    reference    text check (length(reference) <= 200),
    cost_price   numeric(14, 4) check (cost_price >= 0),
    currency     text check (currency ~ '^[A-Z]{3}$'),
    stock        integer check (stock >= 0),
    min_quantity integer check (min_quantity >= 1),
    lead_days    integer check (lead_days between 0 and 3650),
    import_id    uuid,
    import_row   integer,
    updated_at   timestamptz not null,
    primary key (tenant_id, supplier_id, product_id),
    constraint offers_supplier_fkey foreign key (tenant_id, supplier_id) references suppliers (tenant_id, supplier_id) on delete cascade
);
create index offers_product on offers (tenant_id, product_id);
create index offers_reference on offers (tenant_id, supplier_id, reference);

create table mappings (
    tenant_id   uuid not null,
    supplier_id uuid not null,
    name        text not null check (length(name) between 1 and 100),
    version     integer not null,
    definition  jsonb not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, supplier_id, name),
    constraint mappings_supplier_fkey foreign key (tenant_id, supplier_id) references suppliers (tenant_id, supplier_id) on delete cascade
);

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

do $$
declare name text;
begin
    foreach name in array array['offers', 'mappings', 'audit_log'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    end loop;
end $$;

grant select, insert, update, delete on suppliers, offers, mappings to pm_suppliers;
grant select, insert, update on offers to pm_imports;
-- To see a supplier that nobody takes away meanwhile.
grant update (updated_at) on suppliers to pm_imports;
grant select on mappings to pm_imports;
grant select, insert on audit_log to pm_suppliers, pm_imports;
grant select on audit_log to pm_identity;
