-- A function that runs with its owner's rights finds tables by this path. Without pg_temp at its end a caller's temporary
-- table would come before the real one.
alter function tenant_of_medium(uuid) set search_path = public, pg_temp;
alter function unfinished_media(timestamptz, integer) set search_path = public, pg_temp;
alter function unfinished_media_jobs(timestamptz, integer) set search_path = public, pg_temp;
alter function tenants_with_counts_due(timestamptz, integer) set search_path = public, pg_temp;
