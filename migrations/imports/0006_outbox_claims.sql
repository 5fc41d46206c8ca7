-- An event is claimed before it is published and marked afterwards, so that no transaction waits for the network and
-- two steps do not publish the same. One that the bus refuses is tried again, a few times, and holds up no other.
alter table outbox
    add column tries         integer not null default 0,
    add column claimed_until timestamptz;

create or replace function tenants_with_unpublished_events(older_than timestamptz, most integer) returns table (tenant_id uuid)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select distinct o.tenant_id from outbox o
        where o.published_at is null and o.tries < 20 and o.created_at < older_than
          and (o.claimed_until is null or o.claimed_until <= older_than)
        limit most
    $$;
