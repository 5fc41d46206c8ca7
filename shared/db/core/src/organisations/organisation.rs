//! Organisations: their names, their limits, and the organisations of a person.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use messages::{identity as say, things};
use runtime::{Error, Limits, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;
use crate::context::person_tx;
use crate::organisations::member_role::MemberRole;

/// An organisation to which a person belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationMembership {
    /// The organisation.
    pub organisation_id: TenantId,
    /// Its name.
    pub name: String,
    /// The person's role in it.
    pub role: MemberRole,
    /// When the person joined.
    pub joined_at: OffsetDateTime,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: String,
    /// Its limits: those of the plan, or its own.
    pub limits: Limits,
    /// How many members it has.
    pub members: i64,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

impl CoreDb {
    /// Returns the organisations of a person, in the order in which the person joined them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn belongings(&self, user: Uuid) -> Result<Vec<OrganisationMembership>> {
        let mut tx = person_tx(&self.pool, user).await?;
        let found = sqlx::query!(
            "select m.tenant_id, t.name, m.role, m.role_id, m.created_at
             from memberships m join tenants t using (tenant_id)
             where m.user_id = $1 order by m.created_at, m.tenant_id",
            user
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(found
            .into_iter()
            .map(|row| OrganisationMembership {
                organisation_id: TenantId(row.tenant_id),
                name: row.name,
                role: MemberRole::of_columns(row.role.as_deref(), row.role_id),
                joined_at: row.created_at,
            })
            .collect())
    }

    /// Returns an organisation.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn organisation(&self, tenant: TenantId) -> Result<Organisation> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select t.name, t.plan, t.created_at, coalesce(t.per_minute, p.per_minute) as \"per_minute!\",
                    coalesce(t.bulk_per_minute, p.bulk_per_minute) as \"bulk_per_minute!\",
                    coalesce(t.per_hour, p.per_hour) as \"per_hour!\",
                    (select count(*) from memberships m where m.tenant_id = $1) as \"members!\"
             from tenants t join plans p using (plan) where t.tenant_id = $1",
            tenant.0
        );
        let found = found
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?
            .ok_or_else(|| Error::NotFound(things::organisation()))?;
        Ok(Organisation {
            id: tenant,
            name: found.name,
            plan: found.plan,
            limits: limits(found.per_minute, found.bulk_per_minute, found.per_hour),
            members: found.members,
            created_at: found.created_at,
        })
    }

    /// Renames an organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rename_organisation(&self, tenant: TenantId, name: &str, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let old = sqlx::query_scalar!("select name from tenants where tenant_id = $1 for update", tenant.0)
            .fetch_one(&mut *tx)
            .await
            .map_err(error)?;
        sqlx::query!("update tenants set name = $2 where tenant_id = $1", tenant.0, name)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        let change =
            Change::new("organisation.renamed", tenant).from(json!({ "name": old })).to(json!({ "name": name }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Sets the plan of an organisation and its own limits: requests per minute, bulk operations per minute, requests
    /// per hour. `None` = the limit of the plan. Returns the most products that the plan allows.
    ///
    /// # Errors
    /// 422 for an unknown plan, 404 for an unknown organisation.
    pub async fn set_limits(
        &self,
        tenant: TenantId,
        plan: &str,
        own: (Option<i32>, Option<i32>, Option<i32>),
        stamp: &Stamp,
    ) -> Result<Option<i64>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let changed = sqlx::query!(
            "update tenants set plan = $2, per_minute = $3, bulk_per_minute = $4, per_hour = $5 where tenant_id = $1",
            tenant.0,
            plan,
            own.0,
            own.1,
            own.2
        );
        let changed = changed.execute(&mut *tx).await.map_err(|failed| {
            db_tenancy::on_constraint(failed, "tenants_plan_fkey", || {
                Error::invalid("plan", "unknown_plan", say::plan_unknown(plan))
            })
        })?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound(things::organisation()));
        }
        let change = Change::new("organisation.limits_set", tenant)
            .to(json!({ "plan": plan, "per_minute": own.0, "bulk_per_minute": own.1, "per_hour": own.2 }));
        record_change(&mut tx, tenant, stamp, change).await?;
        let products = sqlx::query_scalar!("select products from plans where plan = $1", plan);
        let products = products.fetch_one(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(products)
    }
}

/// Returns the limits from their three columns, which are positive.
pub(crate) fn limits(per_minute: i32, bulk_per_minute: i32, per_hour: i32) -> Limits {
    Limits {
        per_minute: per_minute.unsigned_abs(),
        bulk_per_minute: bulk_per_minute.unsigned_abs(),
        per_hour: per_hour.unsigned_abs(),
    }
}
