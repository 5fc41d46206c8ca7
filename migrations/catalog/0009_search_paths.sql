-- A function that runs with its owner's rights finds tables by this path. Without pg_temp at its end a caller's temporary
-- table would come before the real one.
alter function tend_product_changes(timestamptz) set search_path = public, pg_temp;
alter function stalled_catalog_jobs(timestamptz, integer) set search_path = public, pg_temp;
alter function catalogs_to_tend() set search_path = public, pg_temp;
