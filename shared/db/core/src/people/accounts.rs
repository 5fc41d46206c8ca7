//! People: sign-up, profile, password.

use db_tenancy::{Change, Stamp, TenantTx, error, on_constraint, record_change};
use messages::things;
use runtime::{Error, Result, Role, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;
use crate::context::{name_tenant, named_account, person_tx};
use crate::organisations::member_role::{MemberRole, join};
use crate::people::mails::{self, MailKind};

/// An organisation that signs up with its first user.
pub struct NewOrganisation<'a> {
    /// The organisation's id.
    pub tenant: TenantId,
    /// Its name.
    pub name: &'a str,
    /// The first user's id.
    pub user: Uuid,
    /// The first user's address, in lower case.
    pub email: &'a str,
    /// The argon2id hash of the password.
    pub password_hash: &'a str,
    /// `en` or `fr`.
    pub locale: &'a str,
}

/// The account of a person, as the login needs it.
pub struct Account {
    /// The id.
    pub user: Uuid,
    /// The address.
    pub email: String,
    /// The argon2id hash of the password.
    pub password_hash: String,
    /// Whether the address is confirmed.
    pub verified: bool,
    /// The TOTP secret, encrypted, if two-factor authentication is on.
    pub totp_secret: Option<Vec<u8>>,
    /// The organisations of the person, in the order in which the person joined them.
    pub organisations: Vec<TenantId>,
}

/// The profile of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The id.
    pub user: Uuid,
    /// The address.
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// `en` or `fr`.
    pub locale: String,
    /// An IANA time zone.
    pub time_zone: String,
    /// Whether two-factor authentication is on.
    pub two_factor: bool,
    /// When the account was created.
    pub created_at: OffsetDateTime,
    /// When the password was last changed.
    pub password_changed_at: Option<OffsetDateTime>,
}

impl CoreDb {
    /// Creates an organisation with its first user, who owns it; returns the id of the mail to send. If the address has
    /// an account, nothing is created and the mail says so: the caller does not learn which of the two happened.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_up(&self, new: &NewOrganisation<'_>, stamp: &Stamp) -> Result<Uuid> {
        let mut tx = named_account(&self.pool, new.email).await?;
        name_tenant(&mut tx, new.tenant).await?;
        let known = sqlx::query_scalar!("select user_id from users where email = $1", new.email)
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?;
        let mail = if known.is_some() {
            let detail = json!({ "email": new.email, "locale": new.locale });
            mails::queue_mail(&mut tx, MailKind::SignedUpAgain, detail, stamp.at).await?
        } else {
            sqlx::query!("select set_config('app.user_id', $1, true)", new.user.to_string())
                .fetch_one(&mut *tx)
                .await
                .map_err(error)?;
            sqlx::query!(
                "insert into tenants (tenant_id, name, created_at) values ($1, $2, $3)",
                new.tenant.0,
                new.name,
                stamp.at
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            sqlx::query!(
                "insert into users (user_id, email, password_hash, locale, created_at) values ($1, $2, $3, $4, $5)",
                new.user,
                new.email,
                new.password_hash,
                new.locale,
                stamp.at
            )
            .execute(&mut *tx)
            .await
            .map_err(|failed| {
                // Two sign-ups of one address at the same moment.
                on_constraint(failed, "users_email_key", || Error::Unavailable(messages::identity::sign_up()))
            })?;
            join(&mut tx, new.tenant, new.user, MemberRole::Predefined(Role::SuperAdmin), stamp.at).await?;
            let signed_up = Change::new("organisation.signed_up", new.tenant).to(json!({ "name": new.name }));
            record_change(&mut tx, new.tenant, stamp, signed_up).await?;
            let detail = json!({ "user_id": new.user, "email": new.email });
            mails::queue_mail(&mut tx, MailKind::VerifyEmail, detail, stamp.at).await?
        };
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }

    /// Creates another organisation for a person who has an account, and who owns it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_organisation(&self, user: Uuid, tenant: TenantId, name: &str, stamp: &Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        name_tenant(&mut tx, tenant).await?;
        sqlx::query!("insert into tenants (tenant_id, name, created_at) values ($1, $2, $3)", tenant.0, name, stamp.at)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        join(&mut tx, tenant, user, MemberRole::Predefined(Role::SuperAdmin), stamp.at).await?;
        let change = Change::new("organisation.signed_up", tenant).to(json!({ "name": name }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Returns the account with this address, in lower case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account(&self, email: &str) -> Result<Option<Account>> {
        let mut tx = named_account(&self.pool, email).await?;
        let found = sqlx::query!(
            "select u.user_id, u.password_hash, u.email_verified_at is not null as \"verified!\",
                    case when u.totp_confirmed_at is not null then u.totp_secret end as totp_secret,
                    set_config('app.user_id', u.user_id::text, true)
             from users u where u.email = $1",
            email
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let Some(found) = found else { return Ok(None) };
        let organisations = organisations(&mut tx, found.user_id).await?;
        Ok(Some(Account {
            user: found.user_id,
            email: email.to_owned(),
            password_hash: found.password_hash,
            verified: found.verified,
            totp_secret: found.totp_secret,
            organisations,
        }))
    }

    /// Returns the hash of a person's password.
    ///
    /// # Errors
    /// 404 when the account does not exist.
    pub async fn password_hash(&self, user: Uuid) -> Result<String> {
        let mut tx = person_tx(&self.pool, user).await?;
        let hash = sqlx::query_scalar!("select password_hash from users where user_id = $1", user);
        hash.fetch_optional(&mut *tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(things::account()))
    }

    /// Returns the profile of a person.
    ///
    /// # Errors
    /// 404 when the account does not exist.
    pub async fn profile(&self, user: Uuid) -> Result<Profile> {
        let mut tx = person_tx(&self.pool, user).await?;
        sqlx::query_as!(
            Profile,
            "select user_id as user, email, name, locale, time_zone, totp_confirmed_at is not null as \"two_factor!\",
                    created_at, password_changed_at
             from users where user_id = $1",
            user
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(things::account()))
    }

    /// Changes the given values of a profile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_profile(
        &self,
        user: Uuid,
        tenant: TenantId,
        name: Option<&str>,
        locale: Option<&str>,
        time_zone: Option<&str>,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let before = sqlx::query!(
            "update users u set name = coalesce($2, u.name), locale = coalesce($3, u.locale),
                    time_zone = coalesce($4, u.time_zone)
             from users o where u.user_id = $1 and o.user_id = u.user_id
             returning o.name, o.locale, o.time_zone",
            user,
            name,
            locale,
            time_zone
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(error)?;
        name_tenant(&mut tx, tenant).await?;
        let change = Change::new("profile.changed", user)
            .from(json!({ "name": before.name, "locale": before.locale, "time_zone": before.time_zone }))
            .to(json!({ "name": name.or(before.name.as_deref()), "locale": locale.unwrap_or(&before.locale),
                        "time_zone": time_zone.unwrap_or(&before.time_zone) }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Sets a new password and ends every session except `keep`; returns the id of the mail about it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_password(
        &self,
        user: Uuid,
        password_hash: &str,
        keep: Option<Uuid>,
        stamp: &Stamp,
    ) -> Result<Uuid> {
        let mut tx = person_tx(&self.pool, user).await?;
        let mail = set_password(&mut tx, user, password_hash, keep, stamp).await?;
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }
}

/// Returns the organisations of a person, in the order in which the person joined them.
pub(crate) async fn organisations(tx: &mut TenantTx, user: Uuid) -> Result<Vec<TenantId>> {
    let found = sqlx::query_scalar!(
        "select tenant_id from memberships where user_id = $1 order by created_at, tenant_id",
        user
    );
    Ok(found.fetch_all(&mut **tx).await.map_err(error)?.into_iter().map(TenantId).collect())
}

/// Locks an account and returns its address.
pub(crate) async fn email_of(tx: &mut TenantTx, user: Uuid) -> Result<Option<String>> {
    let email = sqlx::query_scalar!("select email from users where user_id = $1 for update", user);
    email.fetch_optional(&mut **tx).await.map_err(error)
}

/// Sets a new password. Every session except `keep` ends, and so do open links: a person who knew the old password may
/// have requested them.
pub(crate) async fn set_password(
    tx: &mut TenantTx,
    user: Uuid,
    password_hash: &str,
    keep: Option<Uuid>,
    stamp: &Stamp,
) -> Result<Uuid> {
    sqlx::query!(
        "update users set password_hash = $2, password_changed_at = $3 where user_id = $1",
        user,
        password_hash,
        stamp.at
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    sqlx::query!(
        "update sessions set ended_at = $3
         where user_id = $1 and ended_at is null and ($2::uuid is null or session_id <> $2)",
        user,
        keep,
        stamp.at
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    sqlx::query!("delete from one_time_links where user_id = $1 and used_at is null", user)
        .execute(&mut **tx)
        .await
        .map_err(error)?;
    record_everywhere(tx, user, stamp, &Change::new("account.password_changed", user)).await?;
    mails::queue_mail(tx, MailKind::PasswordChanged, json!({ "user_id": user }), stamp.at).await
}

/// Writes a change of an account into the audit trail of each of its organisations.
pub(crate) async fn record_everywhere(tx: &mut TenantTx, user: Uuid, stamp: &Stamp, change: &Change) -> Result<()> {
    for tenant in organisations(tx, user).await? {
        name_tenant(tx, tenant).await?;
        record_change(tx, tenant, stamp, change.clone()).await?;
    }
    Ok(())
}
