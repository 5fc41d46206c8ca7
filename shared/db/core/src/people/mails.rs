//! Mails to be sent. A mail is requested in the transaction of the change that causes it, and sent after the commit.

use db_tenancy::{TenantTx, error};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;
use crate::context::name_mail;

/// The kind of a mail: what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Confirm your address. Detail: `user_id`.
    VerifyEmail,
    /// Somebody signed up with your address, which has an account. Detail: `email`, `locale`.
    SignedUpAgain,
    /// Confirm your address, sent once more; no mail if there is nothing to confirm. Detail: `email`.
    VerifyAgain,
    /// Set a new password; no mail if the account does not exist. Detail: `email`.
    ResetPassword,
    /// Your password was changed. Detail: `user_id`.
    PasswordChanged,
    /// Confirm your new address. Detail: `user_id`, `email`.
    ConfirmNewEmail,
    /// Your address is about to change. Detail: `user_id`, `email` (the new one), `old_email`.
    EmailIsChanging,
    /// You are invited. Detail: `tenant_id`, `invitation_id`.
    Invitation,
}

/// A mail that waits to be sent. Its row is locked until [`WaitingMail::sent`].
pub struct WaitingMail {
    /// Its kind.
    pub kind: MailKind,
    /// The values that its kind needs, see [`MailKind`].
    pub detail: Value,
    /// When it was requested.
    pub asked_at: OffsetDateTime,
    tx: TenantTx,
    id: Uuid,
}

/// Requests a mail; returns its id, with which it is sent after the commit.
pub(crate) async fn queue_mail(tx: &mut TenantTx, kind: MailKind, detail: Value, now: OffsetDateTime) -> Result<Uuid> {
    let id = Uuid::now_v7();
    name_mail(tx, id).await?;
    let kind = serde_json::to_value(kind).map_err(Error::internal)?;
    sqlx::query!(
        "insert into mails (mail_id, kind, detail, created_at) values ($1, $2, $3, $4)",
        id,
        kind.as_str().unwrap_or_default(),
        detail,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(id)
}

impl CoreDb {
    /// Requests a mail that is not caused by a change; returns its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ask_for_mail(&self, kind: MailKind, detail: Value, now: OffsetDateTime) -> Result<Uuid> {
        let mut tx = db_tenancy::begin(&self.pool, TenantId(Uuid::nil())).await?;
        let id = queue_mail(&mut tx, kind, detail, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(id)
    }

    /// Returns the mail, locked so that no other delivery of the same message sends it; `None` if it was sent.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting_mail(&self, id: Uuid) -> Result<Option<WaitingMail>> {
        let mut tx = db_tenancy::begin(&self.pool, TenantId(Uuid::nil())).await?;
        name_mail(&mut tx, id).await?;
        let found = sqlx::query!(
            "select kind, detail, created_at from mails where mail_id = $1 and sent_at is null for update",
            id
        );
        let Some(found) = found.fetch_optional(&mut *tx).await.map_err(error)? else { return Ok(None) };
        let kind = serde_json::from_value(Value::String(found.kind)).map_err(Error::internal)?;
        Ok(Some(WaitingMail { kind, detail: found.detail, asked_at: found.created_at, tx, id }))
    }

    /// Returns the mails that should have been sent before `older_than`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unsent_mails(&self, older_than: OffsetDateTime, most: i32) -> Result<Vec<Uuid>> {
        let found = sqlx::query_scalar!("select unsent_mails($1, $2) as \"id!\"", older_than, most);
        found.fetch_all(&self.pool).await.map_err(error)
    }
}

impl WaitingMail {
    /// Marks the mail as sent, also if nothing had to be sent.
    ///
    /// # Errors
    /// When the database does not answer; the mail may go out once more then.
    pub async fn sent(mut self, now: OffsetDateTime) -> Result<()> {
        sqlx::query!("update mails set sent_at = $2 where mail_id = $1", self.id, now)
            .execute(&mut *self.tx)
            .await
            .map_err(error)?;
        self.tx.commit().await.map_err(error)
    }
}
