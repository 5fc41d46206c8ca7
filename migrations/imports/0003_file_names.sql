-- The history of a product says which file set a value.

grant select (tenant_id, import_id, file_name) on import_jobs to pm_catalog;
