-- A rejected row can name several products, by codes that contradict each other: none of them is absent from the file.
alter table staged_rows add column also uuid[];
create index staged_rows_also on staged_rows (tenant_id, import_id) where also is not null;

-- The products that the records of an import's preview are about, rejected ones included.
create function named_in_preview(tenant uuid, import uuid) returns setof uuid
    language sql stable parallel safe
    as $$
        select s.product_id from staged_rows s where s.tenant_id = tenant and s.import_id = import and s.product_id is not null
        union all
        select unnest(s.also) from staged_rows s where s.tenant_id = tenant and s.import_id = import and s.also is not null
    $$;
