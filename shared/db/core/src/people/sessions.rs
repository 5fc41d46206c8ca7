//! Sessions and their refresh tokens. A token is stored as its SHA-256. A token that is used a second time was stolen:
//! its session ends.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use messages::{identity as say, things};
use runtime::{Error, Result, TenantId};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::CoreDb;
use crate::context::{name_person, name_tenant, person_tx};

/// A session without a request for longer than this has ended, unless it is a remembered one.
pub const IDLE: Duration = Duration::minutes(30);

/// A session that begins with a login.
pub struct NewSession {
    /// The organisation.
    pub tenant: TenantId,
    /// The session's id.
    pub session: Uuid,
    /// The person.
    pub user: Uuid,
    /// The SHA-256 of the first refresh token.
    pub token_hash: [u8; 32],
    /// Whether the person asked to be remembered: the session does not end by inactivity, and lasts longer.
    pub remembered: bool,
    /// What the device calls itself.
    pub user_agent: Option<String>,
    /// The address of the device.
    pub address: Option<String>,
    /// When it ends at the latest.
    pub expires_at: OffsetDateTime,
}

/// The result of the exchange of a refresh token.
#[derive(Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was valid; the new one replaces it.
    Rotated {
        /// The session.
        session: Uuid,
        /// The person.
        user: Uuid,
    },
    /// It was used before: the session has been ended.
    Reused,
    /// It is not known, or its session has ended.
    Unknown,
}

/// A session, as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id.
    pub id: Uuid,
    /// The organisation of the session.
    pub organisation_id: Uuid,
    /// The device.
    pub user_agent: Option<String>,
    /// The address from which it began.
    pub address: Option<String>,
    /// Whether the person asked to be remembered.
    pub remembered: bool,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_used_at: OffsetDateTime,
    /// When it ends at the latest.
    pub expires_at: OffsetDateTime,
}

impl CoreDb {
    /// Begins a session. Returns `false`, and begins none, if the password was changed after `password_hash` was
    /// checked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_session(&self, new: &NewSession, password_hash: &str, stamp: &Stamp) -> Result<bool> {
        let mut tx = begin(&self.pool, new.tenant).await?;
        if lock_account(&mut tx, new.user).await?.as_deref() != Some(password_hash) {
            return Ok(false);
        }
        begin_session(&mut tx, new, stamp).await?;
        tx.commit().await.map_err(error)?;
        Ok(true)
    }

    /// Ends a session and begins a new one in another organisation of the same person. The new session ends at the same
    /// time as the old one would have.
    ///
    /// # Errors
    /// 404 when the person does not belong to the other organisation.
    pub async fn switch_session(&self, old: (TenantId, Uuid), mut new: NewSession, stamp: &Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, new.user).await?;
        lock_account(&mut tx, new.user).await?;
        let member = sqlx::query_scalar!(
            "select true as \"there!\" from memberships where tenant_id = $1 and user_id = $2",
            new.tenant.0,
            new.user
        );
        member.fetch_optional(&mut *tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(things::organisation()))?;
        let ended = sqlx::query!(
            "update sessions set ended_at = $3 where tenant_id = $1 and session_id = $2 and ended_at is null
             returning remembered, expires_at",
            old.0.0,
            old.1,
            stamp.at
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(things::session()))?;
        (new.remembered, new.expires_at) = (ended.remembered, ended.expires_at);
        name_tenant(&mut tx, old.0).await?;
        record_change(&mut tx, old.0, stamp, Change::new("session.ended", old.1)).await?;
        name_tenant(&mut tx, new.tenant).await?;
        begin_session(&mut tx, &new, stamp).await?;
        tx.commit().await.map_err(error)
    }

    /// Exchanges a refresh token for the next one, both given as SHA-256.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rotate(&self, tenant: TenantId, old: [u8; 32], new: [u8; 32], stamp: &Stamp) -> Result<Rotation> {
        let now = stamp.at;
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select t.session_id, t.used_at, s.user_id,
                    (s.ended_at is null and s.expires_at > $3 and (s.remembered or s.last_used_at >= $4)) as \"alive!\"
             from refresh_tokens t join sessions s using (tenant_id, session_id)
             where tenant_id = $1 and t.token_hash = $2
             for update of t, s",
            tenant.0,
            &old[..],
            now,
            now - IDLE
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let Some(found) = found.filter(|found| found.alive) else { return Ok(Rotation::Unknown) };
        let rotation = if found.used_at.is_some() {
            sqlx::query!(
                "update sessions set ended_at = $3 where tenant_id = $1 and session_id = $2",
                tenant.0,
                found.session_id,
                now
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            let ended =
                Change::new("session.ended", found.session_id).to(json!({ "reason": say::refresh_token_reused() }));
            record_change(&mut tx, tenant, stamp, ended).await?;
            Rotation::Reused
        } else {
            sqlx::query!(
                "with used as (
                    update refresh_tokens set used_at = $5 where tenant_id = $1 and token_hash = $2
                 ), seen as (
                    update sessions set last_used_at = $5 where tenant_id = $1 and session_id = $4
                 )
                 insert into refresh_tokens (tenant_id, token_hash, session_id, created_at) values ($1, $3, $4, $5)",
                tenant.0,
                &old[..],
                &new[..],
                found.session_id,
                now
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            Rotation::Rotated { session: found.session_id, user: found.user_id }
        };
        tx.commit().await.map_err(error)?;
        Ok(rotation)
    }

    /// Returns the sessions of a person that have not ended, in every organisation, the last used first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions(&self, user: Uuid, now: OffsetDateTime) -> Result<Vec<Session>> {
        let mut tx = person_tx(&self.pool, user).await?;
        sqlx::query_as!(
            Session,
            "select session_id as id, tenant_id as organisation_id, user_agent, address, remembered,
                    created_at, last_used_at, expires_at
             from sessions
             where user_id = $1 and ended_at is null and expires_at > $2 and (remembered or last_used_at >= $3)
             order by last_used_at desc, session_id limit 200",
            user,
            now,
            now - IDLE
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)
    }

    /// Ends a session of a person.
    ///
    /// # Errors
    /// 404 when the person has no such session, or it has ended.
    pub async fn end_session(&self, user: Uuid, session: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let tenant = sqlx::query_scalar!(
            "update sessions set ended_at = $3 where user_id = $1 and session_id = $2 and ended_at is null returning tenant_id",
            user,
            session,
            stamp.at
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(things::session()))?;
        name_tenant(&mut tx, TenantId(tenant)).await?;
        record_change(&mut tx, TenantId(tenant), stamp, Change::new("session.ended", session)).await?;
        tx.commit().await.map_err(error)
    }

    /// Ends all sessions of a person except one; returns how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_other_sessions(&self, user: Uuid, keep: (TenantId, Uuid), stamp: &Stamp) -> Result<u64> {
        let mut tx = person_tx(&self.pool, user).await?;
        let ended = sqlx::query!(
            "update sessions set ended_at = $3 where user_id = $1 and session_id <> $2 and ended_at is null",
            user,
            keep.1,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?
        .rows_affected();
        name_tenant(&mut tx, keep.0).await?;
        let change = Change::new("session.others_ended", user).to(json!({ "sessions": ended }));
        record_change(&mut tx, keep.0, stamp, change).await?;
        tx.commit().await.map_err(error)?;
        Ok(ended)
    }
}

/// Returns the hash of a person's password, and locks the account until the transaction ends. A change of the password
/// ends all sessions; the lock makes sure that it does not miss a session that begins at the same time.
async fn lock_account(tx: &mut TenantTx, user: Uuid) -> Result<Option<String>> {
    name_person(tx, user).await?;
    let hash = sqlx::query_scalar!("select password_hash from users where user_id = $1 for share", user);
    hash.fetch_optional(&mut **tx).await.map_err(error)
}

async fn begin_session(tx: &mut TenantTx, new: &NewSession, stamp: &Stamp) -> Result<()> {
    name_person(tx, new.user).await?;
    sqlx::query!(
        "insert into sessions (tenant_id, session_id, user_id, created_at, last_used_at, expires_at, remembered, address,
                               user_agent)
         values ($1, $2, $3, $4, $4, $5, $6, $7, $8)",
        new.tenant.0,
        new.session,
        new.user,
        stamp.at,
        new.expires_at,
        new.remembered,
        new.address,
        new.user_agent
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    sqlx::query!(
        "insert into refresh_tokens (tenant_id, token_hash, session_id, created_at) values ($1, $2, $3, $4)",
        new.tenant.0,
        &new.token_hash[..],
        new.session,
        stamp.at
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    record_change(tx, new.tenant, stamp, Change::new("session.begun", new.session)).await
}
