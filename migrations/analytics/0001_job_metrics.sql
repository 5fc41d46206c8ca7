-- What finished jobs did, for statistics.

create table job_metrics (
    tenant_id   uuid not null,
    job_id      uuid not null,
    kind        text not null check (kind in ('import', 'export')),
    status      text not null,
    total       integer not null,
    failed      integer not null,
    duration_ms bigint not null check (duration_ms >= 0),
    finished_at timestamptz not null,
    primary key (tenant_id, job_id)
);
alter table job_metrics enable row level security;
alter table job_metrics force row level security;
create policy own_tenant on job_metrics using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

grant select, insert, update on job_metrics to pm_ops;
