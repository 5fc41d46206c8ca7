-- A function that runs with its owner's rights finds tables by this path. Without pg_temp at its end a caller's temporary
-- table would come before the real one.
alter function unsent_mails(timestamptz, integer) set search_path = public, pg_temp;
