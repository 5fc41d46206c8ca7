-- The secret of a webhook can be changed: for a day messages are signed with both, so that no receiver refuses any.
alter table webhooks
    add column previous_secret bytea,
    add column previous_until  timestamptz;
