-- Which ASIN a code has on which marketplace, as Amazon answered.

create table asin_cache (
    tenant_id   uuid not null,
    gtin14      text not null check (gtin14 ~ '^[0-9]{14}$'),
    marketplace text not null check (marketplace in ('FR', 'DE', 'IT', 'ES', 'UK', 'US')),
    asin        text check (asin ~ '^[A-Z0-9]{10}$'),
    fetched_at  timestamptz not null,
    primary key (tenant_id, gtin14, marketplace)
);
alter table asin_cache enable row level security;
alter table asin_cache force row level security;
create policy own_tenant on asin_cache using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
