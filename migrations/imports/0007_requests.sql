-- What a request with an idempotency key asked for: the same key with another request is refused.
alter table import_jobs add column request_hash bytea;
alter table export_jobs add column request_hash bytea;
