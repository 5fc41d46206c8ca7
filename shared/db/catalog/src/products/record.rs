//! Writes the history of products.

use std::collections::BTreeMap;

use db_tenancy::TenantTx;
use planning::PlannedWrite;
use product::FieldChange;
use runtime::TenantId;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::products::origin::Origin;

/// The rows of the history that a write adds, a list for each column.
#[derive(Default)]
pub(crate) struct History {
    product: Vec<Uuid>,
    change: Vec<Uuid>,
    action: Vec<String>,
    row: Vec<Option<i32>>,
    diff: Vec<Option<Value>>,
}

impl History {
    pub(crate) fn push(&mut self, planned: &PlannedWrite, changes: Option<BTreeMap<String, FieldChange>>) {
        // A write that does not change the content is not part of the timeline.
        if planned.action == "updated" && changes.as_ref().is_some_and(BTreeMap::is_empty) {
            return;
        }
        self.product.push(planned.after.id);
        self.change.push(Uuid::now_v7());
        self.action.push(planned.action.to_owned());
        self.row.push(planned.row);
        self.diff.push(changes.map(|changes| json!(changes)));
    }

    pub(crate) async fn insert(
        self,
        tx: &mut TenantTx,
        tenant: TenantId,
        origin: &Origin,
        now: OffsetDateTime,
    ) -> sqlx::Result<()> {
        if self.product.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into product_changes (tenant_id, product_id, change_id, at, action, source, actor_id, actor_name, job_id, row_number, diff)
             select $1, p, c, $2, a, $3, $4, $5, $6, r, d
             from unnest($7::uuid[], $8::uuid[], $9::text[], $10::int[], $11::jsonb[]) as r(p, c, a, r, d)",
            tenant.0,
            now,
            origin.source,
            origin.actor_id,
            origin.actor_name,
            origin.job_id,
            &self.product,
            &self.change,
            &self.action,
            &self.row as _,
            &self.diff as _
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
