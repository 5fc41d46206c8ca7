-- Organisations, people, sessions. Roles are made by ops.migrate before any migration.

create table tenants (
    tenant_id  uuid primary key,
    name       text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy own_tenant on tenants using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- A person, who may belong to several organisations: the one table of people without a tenant. One sees the
-- account that one names, by id or by address, and no other: a query that names none returns nothing.
create table users (
    user_id       uuid primary key,
    email         text not null check (email = lower(email) and length(email) between 3 and 320),
    password_hash text not null,
    locale        text not null default 'en' check (locale in ('en', 'fr')),
    created_at    timestamptz not null default now(),
    constraint users_email_key unique (email)
);
alter table users enable row level security;
alter table users force row level security;
create policy own_account on users using (
    user_id = nullif(current_setting('app.user_id', true), '')::uuid
    or email = nullif(current_setting('app.email', true), '')
);

create table memberships (
    tenant_id  uuid not null references tenants,
    user_id    uuid not null references users,
    role       text not null check (role in ('viewer', 'user', 'manager', 'admin', 'super_admin')),
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create index memberships_user on memberships (user_id);
alter table memberships enable row level security;
alter table memberships force row level security;
-- At login the person is known and the organisation is not yet.
create policy own_memberships on memberships using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
    or user_id = nullif(current_setting('app.user_id', true), '')::uuid
);

-- A session is the family of the refresh tokens that descend from one login.
create table sessions (
    tenant_id    uuid not null,
    session_id   uuid not null,
    user_id      uuid not null,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    expires_at   timestamptz not null,
    ended_at     timestamptz,
    primary key (tenant_id, session_id),
    foreign key (tenant_id, user_id) references memberships on delete cascade
);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy own_tenant on sessions using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

create table refresh_tokens (
    tenant_id  uuid not null,
    token_hash bytea not null check (length(token_hash) = 32),
    session_id uuid not null,
    created_at timestamptz not null,
    used_at    timestamptz,
    primary key (tenant_id, token_hash),
    foreign key (tenant_id, session_id) references sessions on delete cascade
);
alter table refresh_tokens enable row level security;
alter table refresh_tokens force row level security;
create policy own_tenant on refresh_tokens using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- The keys that sign access tokens belong to the platform. The private half is encrypted by KMS.
create table signing_keys (
    key_id                uuid primary key,
    public_key            bytea not null check (length(public_key) = 32),
    private_key_encrypted bytea not null,
    created_at            timestamptz not null default now()
);
alter table signing_keys enable row level security;
alter table signing_keys force row level security;
create policy platform on signing_keys using (true);

grant select, insert on tenants, users, memberships to pm_identity;
grant select, insert, update on sessions, refresh_tokens to pm_identity;
grant select, insert on signing_keys to pm_identity;
-- Every domain checks its callers.
grant select (tenant_id, user_id, role) on memberships to pm_catalog, pm_suppliers, pm_imports, pm_exports, pm_ops;
grant select (tenant_id, session_id, user_id, expires_at, ended_at) on sessions to pm_catalog, pm_suppliers, pm_imports, pm_exports, pm_ops;
grant select (key_id, public_key) on signing_keys to pm_catalog, pm_suppliers, pm_imports, pm_exports, pm_ops;
