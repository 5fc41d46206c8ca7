-- Identity, whole: verified addresses, one-time links, two-factor, the organisations' own roles, invitations, API keys,
-- limits, the audit trail, settings, outgoing mail.

-- ---- people ---------------------------------------------------------------------------------------------------------
alter table users
    add column name                text check (length(name) between 1 and 200),
    add column time_zone           text not null default 'Europe/Paris',
    add column email_verified_at   timestamptz,
    add column password_changed_at timestamptz,
    -- Two-factor: the TOTP secret, encrypted by KMS, and the last time step that a code was taken for.
    add column totp_secret         bytea,
    add column totp_confirmed_at   timestamptz,
    add column totp_last_step      bigint not null default 0;
-- Whoever signed up before addresses were verified goes on. The owner too is bound by the policies, unless they are not forced.
alter table users no force row level security;
update users set email_verified_at = created_at;
alter table users force row level security;

-- In an organisation one sees its members.
create policy fellow_members on users for select using (
    exists (select from memberships m where m.user_id = users.user_id
            and m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
);

create table recovery_codes (
    user_id   uuid not null references users on delete cascade,
    code_hash bytea not null check (length(code_hash) = 32),
    used_at   timestamptz,
    primary key (user_id, code_hash)
);
alter table recovery_codes enable row level security;
alter table recovery_codes force row level security;
create policy own_account on recovery_codes using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);

-- Links that were sent by mail: good once, and for a time. Stored as the SHA-256 of what the link carries.
create table one_time_links (
    user_id    uuid not null references users on delete cascade,
    link_hash  bytea not null check (length(link_hash) = 32),
    purpose    text not null check (purpose in ('verify_email', 'reset_password', 'change_email')),
    -- The address that the link proves.
    email      text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    primary key (user_id, link_hash)
);
alter table one_time_links enable row level security;
alter table one_time_links force row level security;
create policy own_account on one_time_links using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);

-- ---- sessions -------------------------------------------------------------------------------------------------------
alter table sessions
    add column remembered boolean not null default false,
    add column address    text,
    add column user_agent text;
create index sessions_user on sessions (user_id);
-- A person's sessions in every organisation.
create policy own_sessions on sessions using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);

-- A key that signs no more is kept as long as a token that it signed may live.
alter table signing_keys add column retired_at timestamptz;

-- ---- organisations --------------------------------------------------------------------------------------------------
-- Plans belong to the platform.
create table plans (
    plan            text primary key,
    per_minute      integer not null check (per_minute > 0),
    bulk_per_minute integer not null check (bulk_per_minute > 0),
    per_hour        integer not null check (per_hour > 0)
);
alter table plans enable row level security;
alter table plans force row level security;
create policy platform on plans using (true);
insert into plans values ('standard', 100, 10, 1000), ('business', 600, 60, 20000);

alter table tenants
    add column plan             text not null default 'standard' references plans,
    -- What the organisation is granted beside its plan; null = as the plan says.
    add column per_minute       integer check (per_minute > 0),
    add column bulk_per_minute  integer check (bulk_per_minute > 0),
    add column per_hour         integer check (per_hour > 0),
    add column settings_version bigint not null default 0;
-- One sees the names of the organisations one belongs to.
create policy own_organisations on tenants for select using (
    exists (select from memberships m where m.tenant_id = tenants.tenant_id
            and m.user_id = nullif(current_setting('app.user_id', true), '')::uuid)
);

create table roles (
    tenant_id   uuid not null references tenants,
    role_id     uuid not null,
    name        text not null check (length(name) between 1 and 100),
    permissions text[] not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, role_id),
    constraint roles_name_key unique (tenant_id, name)
);

-- A member has a predefined role or one of the organisation's own.
alter table memberships alter column role drop not null;
alter table memberships
    add column role_id uuid,
    add constraint memberships_one_role check ((role is null) <> (role_id is null)),
    add constraint memberships_role_fkey foreign key (tenant_id, role_id) references roles;

create table invitations (
    tenant_id     uuid not null references tenants,
    invitation_id uuid not null,
    email         text not null check (email = lower(email)),
    role          text check (role in ('viewer', 'user', 'manager', 'admin', 'super_admin')),
    role_id       uuid,
    message       text check (length(message) <= 1000),
    locale        text not null default 'en',
    token_hash    bytea check (length(token_hash) = 32),
    invited_by    uuid not null,
    created_at    timestamptz not null,
    expires_at    timestamptz not null,
    accepted_at   timestamptz,
    withdrawn_at  timestamptz,
    primary key (tenant_id, invitation_id),
    constraint invitations_one_role check ((role is null) <> (role_id is null)),
    constraint invitations_role_fkey foreign key (tenant_id, role_id) references roles
);
create unique index invitations_open_key on invitations (tenant_id, email) where accepted_at is null and withdrawn_at is null;
create unique index invitations_token on invitations (token_hash);

create table api_keys (
    tenant_id         uuid not null references tenants,
    key_id            uuid not null,
    name              text not null check (length(name) between 1 and 100),
    -- The first characters, by which people tell keys apart.
    prefix            text not null,
    key_hash          bytea not null check (length(key_hash) = 32),
    permissions       text[] not null,
    allowed_addresses text[] not null default '{}',
    created_by        uuid not null,
    created_at        timestamptz not null,
    expires_at        timestamptz,
    last_used_at      timestamptz,
    last_used_address text,
    revoked_at        timestamptz,
    primary key (tenant_id, key_id),
    constraint api_keys_hash_key unique (key_hash)
);
-- Whoever shows the key sees its row: the organisation is not known before.
create policy shown on api_keys for select using (
    key_hash = decode(nullif(current_setting('app.key_hash', true), ''), 'hex')
);

-- ---- audit ----------------------------------------------------------------------------------------------------------
-- Each database that people change has such a table; a row is written in the transaction of the change. The list of
-- the audit trail merges them, which their ids, in the order of time, make easy.
create table audit_log (
    tenant_id   uuid not null,
    audit_id    uuid not null,
    at          timestamptz not null,
    actor_kind  text not null check (actor_kind in ('person', 'key', 'job')),
    actor_id    uuid,
    -- As the actor was called then: the line stays when the actor is gone.
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

-- ---- settings -------------------------------------------------------------------------------------------------------
create table settings (
    tenant_id  uuid not null references tenants,
    key        text not null,
    value      jsonb not null,
    updated_at timestamptz not null,
    primary key (tenant_id, key)
);
create table settings_history (
    tenant_id  uuid not null,
    change_id  uuid not null,
    key        text not null,
    -- null = the default.
    old        jsonb,
    new        jsonb,
    actor_id   uuid,
    actor_name text not null,
    at         timestamptz not null,
    primary key (tenant_id, change_id)
);
create index settings_history_key on settings_history (tenant_id, key, change_id);

do $$
declare name text;
begin
    foreach name in array array['roles', 'invitations', 'api_keys', 'audit_log', 'settings', 'settings_history'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    end loop;
end $$;

-- ---- outgoing mail --------------------------------------------------------------------------------------------------
-- A mail is asked for in the transaction of the change that causes it, sent after commit, and by the sweeper when that
-- failed. It holds no secret: the link in it is made when it is sent.
create table mails (
    mail_id    uuid primary key,
    kind       text not null,
    detail     jsonb not null,
    created_at timestamptz not null,
    sent_at    timestamptz
);
create index mails_unsent on mails (created_at) where sent_at is null;
alter table mails enable row level security;
alter table mails force row level security;
-- One sees the mail that one names: most mails go to people before their organisation is known.
create policy named on mails using (mail_id = nullif(current_setting('app.mail_id', true), '')::uuid);
create policy owner_reads on mails for select to current_user using (true);
create function unsent_mails(older_than timestamptz, most integer) returns setof uuid
    language sql stable security definer set search_path = public
    as $$ select mail_id from mails where sent_at is null and created_at < older_than
              -- What could not be sent in a day cannot be sent: it is in the dead-letter queue.
              and created_at > older_than - interval '1 day' order by created_at limit most $$;
revoke execute on function unsent_mails from public;
grant execute on function unsent_mails to pm_identity;

-- ---- what the functions may -----------------------------------------------------------------------------------------
grant update (email, password_hash, locale, name, time_zone, email_verified_at, password_changed_at, totp_secret,
              totp_confirmed_at, totp_last_step) on users to pm_identity;
grant update (name, settings_version, plan, per_minute, bulk_per_minute, per_hour) on tenants to pm_identity;
grant update (role, role_id), delete on memberships to pm_identity;
grant select, insert, update on plans to pm_identity;
grant select, insert, update, delete on recovery_codes, one_time_links, roles, invitations to pm_identity;
grant select, insert, update on api_keys, mails to pm_identity;
grant update (retired_at) on signing_keys to pm_identity;
grant select, insert on audit_log to pm_identity;
grant select on settings to pm_identity;
grant select, insert, update, delete on settings to pm_settings;
grant select, insert on settings_history, audit_log to pm_settings;
grant update (settings_version) on tenants to pm_settings;

-- Every domain checks its callers, and notes when a session or a key was used last.
do $$
declare role text;
begin
    foreach role in array array['pm_settings', 'pm_catalog', 'pm_suppliers', 'pm_imports', 'pm_exports', 'pm_ops'] loop
        execute format('grant select (tenant_id, user_id, role, role_id) on memberships to %I', role);
        execute format('grant select (user_id, email, totp_confirmed_at) on users to %I', role);
        execute format('grant select (tenant_id, session_id, user_id, expires_at, ended_at, last_used_at, remembered), update (last_used_at) on sessions to %I', role);
        execute format('grant select (tenant_id, role_id, permissions) on roles to %I', role);
        execute format('grant select (tenant_id, plan, per_minute, bulk_per_minute, per_hour, settings_version) on tenants to %I', role);
        execute format('grant select on plans to %I', role);
        execute format('grant select (tenant_id, key_id, key_hash, name, permissions, allowed_addresses, expires_at, last_used_at, revoked_at), update (last_used_at, last_used_address) on api_keys to %I', role);
        execute format('grant select (key_id, public_key, retired_at) on signing_keys to %I', role);
        execute format('grant select on settings to %I', role);
    end loop;
end $$;
