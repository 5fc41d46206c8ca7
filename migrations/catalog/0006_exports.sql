-- What an export says of products beside themselves.
grant select on attributes to pm_exports;
