-- Plans say how many products an organisation may have; the domain media checks its callers.

alter table plans add column products bigint check (products > 0);
update plans set products = 100000 where plan = 'standard';
update plans set products = 500000 where plan = 'business';
insert into plans (plan, per_minute, bulk_per_minute, per_hour) values ('enterprise', 1200, 120, 50000);

grant select (tenant_id, user_id, role, role_id) on memberships to pm_media;
grant select (user_id, email, totp_confirmed_at) on users to pm_media;
grant select (tenant_id, session_id, user_id, expires_at, ended_at, last_used_at, remembered), update (last_used_at) on sessions to pm_media;
grant select (tenant_id, role_id, permissions) on roles to pm_media;
grant select (tenant_id, plan, per_minute, bulk_per_minute, per_hour, settings_version) on tenants to pm_media;
grant select on plans to pm_media;
grant select (tenant_id, key_id, key_hash, name, permissions, allowed_addresses, expires_at, last_used_at, revoked_at), update (last_used_at, last_used_address) on api_keys to pm_media;
grant select (key_id, public_key, retired_at) on signing_keys to pm_media;
grant select on settings to pm_media;
