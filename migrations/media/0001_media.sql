-- Pictures and documents of products. The first two hexadecimal digits of media_id (UUID v4) are its storage shard.

create table media (
    tenant_id  uuid not null,
    media_id   uuid not null,
    object_key text not null,
    created_at timestamptz not null,
    primary key (tenant_id, media_id)
);
alter table media enable row level security;
alter table media force row level security;
create policy own_tenant on media using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
