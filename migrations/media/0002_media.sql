-- Pictures of products, whole: what a file is, its thumbnails, to which products it belongs, and jobs on many of them.

alter table media
    add column file_name    text not null default '',
    -- What the upload was declared to be, and what it is by its content.
    add column declared     text not null default 'image/jpeg',
    add column content_type text,
    add column bytes        bigint,
    add column width        integer,
    add column height       integer,
    add column sha256       bytea check (length(sha256) = 32),
    add column status       text not null default 'awaiting_upload'
        check (status in ('awaiting_upload', 'fetching', 'processing', 'ready', 'failed', 'duplicate', 'deleted')),
    -- What is wrong, or worth knowing.
    add column problem_code text,
    add column problem      text,
    add column duplicate_of uuid,
    add column source_url   text,
    -- Texts for those who do not see it, by locale.
    add column alt          jsonb not null default '{}',
    -- [{size, width, height, bytes}]
    add column thumbnails   jsonb not null default '[]',
    add column created_by   uuid,
    add column updated_at   timestamptz not null default now();
create unique index media_content_key on media (tenant_id, sha256) where status = 'ready';
create index media_unfinished on media (updated_at) where status in ('awaiting_upload', 'fetching', 'processing', 'deleted');

create table product_media (
    tenant_id  uuid not null,
    product_id uuid not null,
    media_id   uuid not null,
    -- The first one is the primary one.
    position   integer not null,
    primary key (tenant_id, product_id, media_id),
    constraint product_media_media_fkey foreign key (tenant_id, media_id) references media (tenant_id, media_id) on delete cascade
);
create index product_media_media on product_media (tenant_id, media_id);

-- Products whose number of media the catalogue does not know yet: told after commit, and by the sweeper.
create table media_counts_due (
    tenant_id  uuid not null,
    product_id uuid not null,
    noted_at   timestamptz not null,
    primary key (tenant_id, product_id)
);

create table media_jobs (
    tenant_id   uuid not null,
    job_id      uuid not null,
    kind        text not null check (kind in ('zip', 'thumbnails')),
    status      text not null check (status in ('awaiting_upload', 'running', 'completed', 'failed')),
    object_key  text,
    -- Of thumbnails: the last medium that was done. Of a zip: the last entry.
    done_to     text not null default '',
    total       integer not null default 0,
    done        integer not null default 0,
    attached    integer not null default 0,
    failed      integer not null default 0,
    -- [{name, code, message}], the first 100
    problems    jsonb not null default '[]',
    resumes     integer not null default 0,
    created_by  uuid,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    finished_at timestamptz,
    primary key (tenant_id, job_id)
);
create index media_jobs_unfinished on media_jobs (updated_at) where status in ('awaiting_upload', 'running');

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
    foreach name in array array['product_media', 'media_counts_due', 'media_jobs', 'audit_log'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name);
    end loop;
end $$;

-- A picture's key names no organisation: whose it is, and what is unfinished in any of them, is told as ids only.
create policy owner_reads on media for select to current_user using (true);
create policy owner_reads on media_jobs for select to current_user using (true);
create policy owner_reads on media_counts_due for select to current_user using (true);
create function tenant_of_medium(id uuid) returns uuid language sql stable security definer set search_path = public
    as $$ select tenant_id from media where media_id = id $$;
create function unfinished_media(before timestamptz, most integer) returns table (tenant_id uuid, media_id uuid, status text)
    language sql stable security definer set search_path = public
    as $$ select tenant_id, media_id, status from media
          where (status in ('fetching', 'processing', 'deleted') and updated_at < before)
             or (status = 'awaiting_upload' and updated_at < before - interval '24 hours')
          order by updated_at limit most $$;
create function unfinished_media_jobs(before timestamptz, most integer) returns table (tenant_id uuid, job_id uuid)
    language sql stable security definer set search_path = public
    as $$ select tenant_id, job_id from media_jobs where status = 'running' and updated_at < before order by updated_at limit most $$;
create function tenants_with_counts_due(before timestamptz, most integer) returns setof uuid
    language sql stable security definer set search_path = public
    as $$ select distinct tenant_id from media_counts_due where noted_at < before limit most $$;
revoke execute on function tenant_of_medium, unfinished_media, unfinished_media_jobs, tenants_with_counts_due from public;
create unique index media_id_key on media (media_id);

grant select, insert, update, delete on media, product_media, media_counts_due, media_jobs to pm_media;
grant select, insert on audit_log to pm_media;
grant select on audit_log to pm_identity;
grant execute on function tenant_of_medium, unfinished_media, unfinished_media_jobs, tenants_with_counts_due to pm_media;
