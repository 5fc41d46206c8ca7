-- What people are told in the application and by mail, and other systems by webhooks.

create table notifications (
    tenant_id       uuid not null references tenants,
    -- The id of the event, so that one that is told twice is one notice.
    notification_id uuid not null,
    event           text not null,
    kind            text not null check (kind in ('info', 'success', 'warning', 'error')),
    -- {"en": {"title", "message"}, "fr": …}
    texts           jsonb not null,
    -- What clients link to: ids of the import, the export, the automation.
    subject         jsonb not null,
    created_at      timestamptz not null,
    primary key (tenant_id, notification_id)
);
create index notifications_newest on notifications (tenant_id, created_at desc, notification_id desc);
create index notifications_old on notifications (created_at);

create table notification_reads (
    tenant_id       uuid not null,
    notification_id uuid not null,
    user_id         uuid not null,
    primary key (tenant_id, notification_id, user_id),
    foreign key (tenant_id, notification_id) references notifications on delete cascade
);

-- Who wants which mails; without a line, what the code says.
create table notification_preferences (
    tenant_id uuid not null,
    user_id   uuid not null,
    event     text not null,
    mail      text not null check (mail in ('all', 'own', 'none')),
    primary key (tenant_id, user_id, event),
    foreign key (tenant_id, user_id) references memberships on delete cascade
);

create table notification_mails (
    tenant_id       uuid not null,
    notification_id uuid not null,
    user_id         uuid not null,
    created_at      timestamptz not null,
    sent_at         timestamptz,
    primary key (tenant_id, notification_id, user_id),
    foreign key (tenant_id, notification_id) references notifications on delete cascade
);
create index notification_mails_unsent on notification_mails (created_at) where sent_at is null;

create table webhooks (
    tenant_id     uuid not null references tenants,
    webhook_id    uuid not null,
    url           text not null,
    description   text,
    events        text[] not null,
    -- Encrypted with KMS.
    secret        bytea not null,
    active        boolean not null,
    -- Since when every delivery failed.
    failing_since timestamptz,
    disabled_at   timestamptz,
    created_at    timestamptz not null,
    primary key (tenant_id, webhook_id)
);

create table webhook_deliveries (
    tenant_id   uuid not null,
    delivery_id uuid not null,
    webhook_id  uuid not null,
    -- The same for each try, and for every webhook that gets the event.
    message_id  uuid not null,
    event       text not null,
    body        text not null,
    status      text not null check (status in ('pending', 'delivered', 'failed')),
    attempts    integer not null default 0,
    next_at     timestamptz not null,
    answer      integer,
    error       text,
    took_ms     integer,
    created_at  timestamptz not null,
    ended_at    timestamptz,
    primary key (tenant_id, delivery_id),
    constraint webhook_deliveries_message_key unique (tenant_id, webhook_id, message_id),
    foreign key (tenant_id, webhook_id) references webhooks on delete cascade
);
create index webhook_deliveries_due on webhook_deliveries (next_at) where status = 'pending';
create index webhook_deliveries_newest on webhook_deliveries (tenant_id, webhook_id, delivery_id desc);
create index webhook_deliveries_old on webhook_deliveries (created_at);

do $$
declare name text;
begin
    foreach name in array array['notifications', 'notification_reads', 'notification_preferences', 'notification_mails', 'webhooks',
                                'webhook_deliveries'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
        execute format('create policy owner_reads on %I for select to current_user using (true)', name);
        execute format('create policy owner_deletes on %I for delete to current_user using (true)', name);
    end loop;
end $$;

-- What sweepers see: ids alone.
create function unsent_notification_mails(older_than timestamptz, most integer)
    returns table (tenant_id uuid, notification_id uuid, user_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select m.tenant_id, m.notification_id, m.user_id from notification_mails m
          -- What could not be sent in a day cannot be sent.
          where m.sent_at is null and m.created_at < older_than and m.created_at > older_than - interval '1 day'
          order by m.created_at limit most $$;
create function due_webhook_deliveries(now timestamptz, most integer) returns table (tenant_id uuid, delivery_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select d.tenant_id, d.delivery_id from webhook_deliveries d
          where d.status = 'pending' and d.next_at <= now order by d.next_at limit most $$;
create function forget_notifications(notices_before timestamptz, deliveries_before timestamptz, most integer) returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$ with notices as (
              delete from notifications where ctid in (
                  select ctid from notifications where created_at < notices_before limit most) returning 1
          ), deliveries as (
              delete from webhook_deliveries where ctid in (
                  select ctid from webhook_deliveries where created_at < deliveries_before limit most) returning 1
          ) select (select count(*) from notices) + (select count(*) from deliveries) $$;
revoke all on function unsent_notification_mails, due_webhook_deliveries, forget_notifications from public;
grant execute on function unsent_notification_mails, due_webhook_deliveries, forget_notifications to pm_notifications;

grant select, insert, update, delete on notifications, notification_reads, notification_preferences, notification_mails, webhooks,
    webhook_deliveries to pm_notifications;
grant select, insert on audit_log to pm_notifications;

-- It checks its callers, and knows whom to write to.
grant select (tenant_id, user_id, role, role_id) on memberships to pm_notifications;
grant select (user_id, email, name, locale, email_verified_at, totp_confirmed_at) on users to pm_notifications;
grant select (tenant_id, session_id, user_id, expires_at, ended_at, last_used_at, remembered), update (last_used_at) on sessions to pm_notifications;
grant select (tenant_id, role_id, permissions) on roles to pm_notifications;
grant select (tenant_id, name, plan, per_minute, bulk_per_minute, per_hour, settings_version) on tenants to pm_notifications;
grant select on plans to pm_notifications;
grant select (tenant_id, key_id, key_hash, name, permissions, allowed_addresses, expires_at, last_used_at, revoked_at), update (last_used_at, last_used_address) on api_keys to pm_notifications;
grant select (key_id, public_key, retired_at) on signing_keys to pm_notifications;
grant select on settings to pm_notifications;
