//! The audit trail: one row for every change, written in the transaction of the change.
//!
//! Each database that people change has a table `audit_log` of the same shape. A function's role may insert into it,
//! but never update or delete. Its ids are in the order of time, so lists of several databases are merged by id.

use messages::Language;
use runtime::{Actor, Cx, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool, Row};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{begin, error};

/// Who changes something, from where, in which request and when.
#[derive(Clone, Debug)]
pub struct Stamp {
    kind: &'static str,
    id: Option<Uuid>,
    name: String,
    address: Option<String>,
    request: String,
    language: Language,
    /// When the change happens.
    pub at: OffsetDateTime,
}

impl Stamp {
    /// Returns the stamp of the caller.
    ///
    /// # Errors
    /// 401 without a caller.
    pub fn of(cx: &Cx) -> Result<Self> {
        Ok(match &cx.caller()?.actor {
            Actor::Person(person) => Self::new(cx, "person", Some(person.user), &person.email),
            Actor::Key { id, name } => Self::new(cx, "key", Some(*id), name),
        })
    }

    /// Returns the stamp of a person who is known without a token: by a password, or by a link that was sent to them.
    #[must_use]
    pub fn of_person(cx: &Cx, user: Uuid, email: &str) -> Self {
        Self::new(cx, "person", Some(user), email)
    }

    /// Returns the stamp of a job, such as `imports.finish_import`.
    #[must_use]
    pub fn of_job(cx: &Cx, name: &str) -> Self {
        Self::new(cx, "job", None, name)
    }

    fn new(cx: &Cx, kind: &'static str, id: Option<Uuid>, name: &str) -> Self {
        let (address, request) = (cx.address.clone(), cx.request_id.clone());
        Self { kind, id, name: name.to_owned(), address, request, language: cx.language, at: cx.now }
    }

    /// Returns the kind of the actor: `person`, `key` or `job`.
    #[must_use]
    pub fn actor_kind(&self) -> &'static str {
        self.kind
    }

    /// Returns the actor's id; `None` for a job.
    #[must_use]
    pub fn actor(&self) -> Option<Uuid> {
        self.id
    }

    /// Returns the actor's name: a person's e-mail address, or the name of a key or a job.
    #[must_use]
    pub fn actor_name(&self) -> &str {
        &self.name
    }

    /// Returns the language in which the actor reads messages; English for a job.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }
}

/// A change for the audit trail.
#[derive(Clone, Debug)]
pub struct Change {
    /// `<kind>.<what happened>`, such as `member.role_changed`.
    pub action: &'static str,
    /// The kind of the changed thing, such as `member`.
    pub target_kind: &'static str,
    /// Its id.
    pub target_id: String,
    /// The old values of what changes; never a secret.
    pub before: Option<Value>,
    /// The new values; never a secret.
    pub after: Option<Value>,
}

impl Change {
    /// Creates a change of `target`. The part of `action` before the dot is the kind of the target.
    #[must_use]
    pub fn new(action: &'static str, target: impl ToString) -> Self {
        let target_kind = action.split('.').next().unwrap_or(action);
        Self { action, target_kind, target_id: target.to_string(), before: None, after: None }
    }

    /// Adds the old values.
    #[must_use]
    pub fn from(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    /// Adds the new values.
    #[must_use]
    pub fn to(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }
}

/// Writes the line of a change, in the transaction of the change.
///
/// # Errors
/// When the database does not answer.
pub async fn record(tx: &mut PgConnection, tenant: TenantId, stamp: &Stamp, change: Change) -> Result<()> {
    let insert =
        "insert into audit_log (tenant_id, audit_id, at, actor_kind, actor_id, actor_name, action, target_kind,
                      target_id, before, after, address, request_id)
                  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    sqlx::query(insert)
        .bind(tenant.0)
        .bind(Uuid::now_v7())
        .bind(stamp.at)
        .bind(stamp.kind)
        .bind(stamp.id)
        .bind(&stamp.name)
        .bind(change.action)
        .bind(change.target_kind)
        .bind(change.target_id)
        .bind(change.before)
        .bind(change.after)
        .bind(&stamp.address)
        .bind(&stamp.request)
        .execute(tx)
        .await
        .map_err(error)?;
    Ok(())
}

/// A line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditEntry {
    /// The line's id; ids are in the order of time.
    pub id: Uuid,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `person`, `key` or `job`.
    pub actor_kind: String,
    /// The account or key.
    pub actor_id: Option<Uuid>,
    /// The actor's name at that time.
    pub actor_name: String,
    /// What happened, such as `member.role_changed`.
    pub action: String,
    /// The kind of the changed thing.
    pub target_kind: String,
    /// The id of the changed thing.
    pub target_id: String,
    /// The old values of what changed.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The new values.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The address that the request came from.
    pub address: Option<String>,
    /// The id of the request.
    pub request_id: String,
}

/// A filter of the audit trail. Fields without a value do not filter.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct AuditFilter {
    /// Only lines of this person or key.
    pub actor_id: Option<Uuid>,
    /// Only this action, such as `member.invited`; without a dot, every action on this kind, such as `member`.
    pub action: Option<String>,
    /// Only changes of the thing with this id.
    pub target_id: Option<String>,
    /// Only lines from this time on (RFC 3339).
    #[serde(with = "time::serde::rfc3339::option")]
    pub from: Option<OffsetDateTime>,
    /// Only lines before this time (RFC 3339).
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
}

/// Returns the lines of one database that match `filter`, the newest first, starting after the line `before`.
///
/// # Errors
/// When the database does not answer.
pub async fn entries(
    pool: &PgPool,
    tenant: TenantId,
    filter: &AuditFilter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let select = "select audit_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, before, after,
                         address, request_id
                  from audit_log
                  where tenant_id = $1 and ($2::uuid is null or audit_id < $2) and ($3::uuid is null or actor_id = $3)
                    and ($4::text is null or action = $4 or target_kind = $4) and ($5::text is null or target_id = $5)
                    and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
                  order by audit_id desc limit $8";
    let mut tx = begin(pool, tenant).await?;
    let rows = sqlx::query(select)
        .bind(tenant.0)
        .bind(before)
        .bind(filter.actor_id)
        .bind(&filter.action)
        .bind(&filter.target_id)
        .bind(filter.from)
        .bind(filter.until)
        .bind(limit)
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
    rows.into_iter().map(|row| entry(&row).map_err(Error::internal)).collect()
}

fn entry(row: &sqlx::postgres::PgRow) -> sqlx::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.try_get("audit_id")?,
        at: row.try_get("at")?,
        actor_kind: row.try_get("actor_kind")?,
        actor_id: row.try_get("actor_id")?,
        actor_name: row.try_get("actor_name")?,
        action: row.try_get("action")?,
        target_kind: row.try_get("target_kind")?,
        target_id: row.try_get("target_id")?,
        before: row.try_get("before")?,
        after: row.try_get("after")?,
        address: row.try_get("address")?,
        request_id: row.try_get("request_id")?,
    })
}
