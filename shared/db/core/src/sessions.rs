//! Sessions and their refresh tokens. A token is stored as its SHA-256; one that is used a second time was stolen,
//! and ends the session it belongs to.

use db_tenancy::{begin, error};
use runtime::{Result, Role, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;

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
    /// When it begins.
    pub now: OffsetDateTime,
    /// When it ends at the latest.
    pub expires_at: OffsetDateTime,
}

/// What came of a refresh token.
#[derive(Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good; the new one took its place.
    Rotated {
        /// The session.
        session: Uuid,
        /// The person.
        user: Uuid,
        /// The role, as it is now.
        role: Role,
    },
    /// It was used before: the session is ended.
    Reused,
    /// It is not known, or its session has ended.
    Unknown,
}

impl CoreDb {
    /// Begins a session.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_session(&self, new: &NewSession) -> Result<()> {
        let mut tx = begin(&self.pool, new.tenant).await?;
        sqlx::query!(
            "insert into sessions (tenant_id, session_id, user_id, created_at, last_used_at, expires_at)
             values ($1, $2, $3, $4, $4, $5)",
            new.tenant.0,
            new.session,
            new.user,
            new.now,
            new.expires_at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "insert into refresh_tokens (tenant_id, token_hash, session_id, created_at) values ($1, $2, $3, $4)",
            new.tenant.0,
            &new.token_hash[..],
            new.session,
            new.now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Exchanges a refresh token for the next one, both given as SHA-256. A session that was idle since before
    /// `idle_since` has ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rotate(
        &self,
        tenant: TenantId,
        old: [u8; 32],
        new: [u8; 32],
        now: OffsetDateTime,
        idle_since: OffsetDateTime,
    ) -> Result<Rotation> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select t.session_id, t.used_at, s.user_id, m.role,
                    (s.ended_at is null and s.expires_at > $3 and s.last_used_at >= $4) as \"alive!\"
             from refresh_tokens t
             join sessions s using (tenant_id, session_id)
             join memberships m using (tenant_id, user_id)
             where tenant_id = $1 and t.token_hash = $2
             for update of t, s",
            tenant.0,
            &old[..],
            now,
            idle_since
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
            let role = Role::named(&found.role).unwrap_or(Role::Viewer);
            Rotation::Rotated { session: found.session_id, user: found.user_id, role }
        };
        tx.commit().await.map_err(error)?;
        Ok(rotation)
    }
}
