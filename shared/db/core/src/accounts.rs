//! People: sign-up, profile, password, address, and the links by which an address is proved.

use db_tenancy::{Change, Stamp, TenantTx, error, on_constraint, record_change};
use runtime::{Error, Result, Role, TenantId};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::CoreDb;
use crate::context::{name_tenant, named_account, person_tx};
use crate::mails::{self, MailKind};

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

/// A person, as the login sees them.
pub struct Account {
    /// The id.
    pub user: Uuid,
    /// The address.
    pub email: String,
    /// The argon2id hash of the password.
    pub password_hash: String,
    /// Whether the address is proved.
    pub verified: bool,
    /// The TOTP secret, encrypted, when two-factor is on.
    pub totp_secret: Option<Vec<u8>>,
    /// The organisations, the first joined first.
    pub organisations: Vec<TenantId>,
}

/// What a person sees and changes of themselves.
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
    /// Whether two-factor is on.
    pub two_factor: bool,
    /// Since when the account exists.
    pub created_at: OffsetDateTime,
    /// When the password was changed last.
    pub password_changed_at: Option<OffsetDateTime>,
}

/// What a link that was sent by mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Proves the address of a new account.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Proves a new address.
    ChangeEmail,
}

impl LinkPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            LinkPurpose::VerifyEmail => "verify_email",
            LinkPurpose::ResetPassword => "reset_password",
            LinkPurpose::ChangeEmail => "change_email",
        }
    }

    /// How long the link is good for: the address of a new account a day, the others an hour, as the FAQ says.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        match self {
            LinkPurpose::VerifyEmail => Duration::hours(24),
            LinkPurpose::ResetPassword | LinkPurpose::ChangeEmail => Duration::hours(1),
        }
    }
}

const LINK_SPENT: Error = Error::Unauthenticated {
    code: "link_invalid",
    message: "this link is not valid any more: it was used, it is too old, or a newer one was sent; ask for a new one",
};

impl CoreDb {
    /// Makes an organisation with its first user, who owns it; gives the mail that is to be sent. An address that is
    /// known gets a mail that says so, and nothing is made: whoever asks does not learn which it was.
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
            mails::ask(&mut tx, MailKind::SignedUpAgain, detail, stamp.at).await?
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
                on_constraint(failed, "users_email_key", || Error::Unavailable("the sign-up"))
            })?;
            join(&mut tx, new.tenant, new.user, MemberRole::Predefined(Role::SuperAdmin), stamp.at).await?;
            let signed_up = Change::new("organisation.signed_up", new.tenant).to(json!({ "name": new.name }));
            record_change(&mut tx, new.tenant, stamp, signed_up).await?;
            let detail = json!({ "user_id": new.user, "email": new.email });
            mails::ask(&mut tx, MailKind::VerifyEmail, detail, stamp.at).await?
        };
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }

    /// Another organisation of somebody who has an account; they own it.
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
        let made = Change::new("organisation.signed_up", tenant).to(json!({ "name": name }));
        record_change(&mut tx, tenant, stamp, made).await?;
        tx.commit().await.map_err(error)
    }

    /// The account with this address, in lower case.
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

    /// The hash of a person's password.
    ///
    /// # Errors
    /// 404 when there is no such account.
    pub async fn password_hash(&self, user: Uuid) -> Result<String> {
        let mut tx = person_tx(&self.pool, user).await?;
        let hash = sqlx::query_scalar!("select password_hash from users where user_id = $1", user);
        hash.fetch_optional(&mut *tx).await.map_err(error)?.ok_or(Error::NotFound("account"))
    }

    /// A person's profile.
    ///
    /// # Errors
    /// 404 when there is no such account.
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
        .ok_or(Error::NotFound("account"))
    }

    /// Changes what is given of a profile.
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

    /// Sets a new password and ends every session but `keep`; gives the mail that tells of it.
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

    /// Stores a link that is about to be sent; earlier ones for the same purpose are good no more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_link(
        &self,
        user: Uuid,
        purpose: LinkPurpose,
        email: &str,
        hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        sqlx::query!(
            "delete from one_time_links where user_id = $1 and purpose = $2 and used_at is null",
            user,
            purpose.as_str()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "insert into one_time_links (user_id, link_hash, purpose, email, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6)",
            user,
            &hash[..],
            purpose.as_str(),
            email,
            now,
            now + purpose.lifetime()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// The address that a link was sent to, while it is good, without using it up.
    ///
    /// # Errors
    /// 401 when the link is not good.
    pub async fn link_address(
        &self,
        user: Uuid,
        purpose: LinkPurpose,
        hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Result<String> {
        let mut tx = person_tx(&self.pool, user).await?;
        // Rolled back.
        use_link(&mut tx, user, purpose, hash, now).await
    }

    /// Proves the address of an account by the link that was sent to it.
    ///
    /// # Errors
    /// 401 when the link is not good.
    pub async fn verify_email(&self, user: Uuid, hash: [u8; 32], stamp: &Stamp) -> Result<()> {
        let (mut tx, now) = (person_tx(&self.pool, user).await?, stamp.at);
        let email = use_link(&mut tx, user, LinkPurpose::VerifyEmail, hash, now).await?;
        record_everywhere(&mut tx, user, stamp, &Change::new("account.email_verified", user)).await?;
        sqlx::query!(
            "update users set email_verified_at = coalesce(email_verified_at, $3) where user_id = $1 and email = $2",
            user,
            email,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Sets a new password by the link that was sent; every session ends. The link proves the address as well. Gives
    /// the mail that tells of it.
    ///
    /// # Errors
    /// 401 when the link is not good.
    pub async fn reset_password(
        &self,
        user: Uuid,
        hash: [u8; 32],
        password_hash: &str,
        stamp: impl FnOnce(&str) -> Stamp,
    ) -> Result<Uuid> {
        let mut tx = person_tx(&self.pool, user).await?;
        let email = email_of(&mut tx, user).await?.ok_or(LINK_SPENT)?;
        let stamp = stamp(&email);
        // A link that went to an address the account has given up proves nothing.
        if use_link(&mut tx, user, LinkPurpose::ResetPassword, hash, stamp.at).await? != email {
            return Err(LINK_SPENT);
        }
        let mail = set_password(&mut tx, user, password_hash, None, &stamp).await?;
        sqlx::query!(
            "update users set email_verified_at = coalesce(email_verified_at, $2) where user_id = $1",
            user,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }

    /// Gives an account a new address by the link that was sent to it; gives the old one.
    ///
    /// # Errors
    /// 401 when the link is not good, 409 when the address belongs to another account meanwhile.
    pub async fn change_email(&self, user: Uuid, hash: [u8; 32], stamp: impl FnOnce(&str) -> Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let old = email_of(&mut tx, user).await?.ok_or(LINK_SPENT)?;
        let stamp = stamp(&old);
        let email = use_link(&mut tx, user, LinkPurpose::ChangeEmail, hash, stamp.at).await?;
        sqlx::query!("update users set email = $2, email_verified_at = $3 where user_id = $1", user, email, stamp.at)
            .execute(&mut *tx)
            .await
            .map_err(|failed| {
                on_constraint(failed, "users_email_key", || Error::Conflict {
                    code: "email_taken",
                    message: "another account has this address; use another one".to_owned(),
                })
            })?;
        // Links that went to the old address are good no more.
        sqlx::query!("delete from one_time_links where user_id = $1 and used_at is null", user)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        let change =
            Change::new("account.email_changed", user).from(json!({ "email": old })).to(json!({ "email": email }));
        record_everywhere(&mut tx, user, &stamp, &change).await?;
        tx.commit().await.map_err(error)
    }
}

/// A predefined role or one of the organisation's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRole {
    /// One of the five.
    Predefined(Role),
    /// The organisation's own, by its id.
    Own(Uuid),
}

impl MemberRole {
    /// The role's name, or the id of the organisation's own.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            MemberRole::Predefined(role) => role.as_str().to_owned(),
            MemberRole::Own(id) => id.to_string(),
        }
    }

    /// As two columns: the name of a predefined role, the id of an own one.
    pub(crate) fn columns(self) -> (Option<&'static str>, Option<Uuid>) {
        match self {
            MemberRole::Predefined(role) => (Some(role.as_str()), None),
            MemberRole::Own(id) => (None, Some(id)),
        }
    }

    /// From the two columns.
    pub(crate) fn of_columns(role: Option<&str>, role_id: Option<Uuid>) -> Self {
        match (role.and_then(Role::named), role_id) {
            (Some(role), _) => MemberRole::Predefined(role),
            (None, Some(id)) => MemberRole::Own(id),
            (None, None) => MemberRole::Predefined(Role::Viewer),
        }
    }
}

/// Adds a member to an organisation.
pub(crate) async fn join(
    tx: &mut TenantTx,
    tenant: TenantId,
    user: Uuid,
    role: MemberRole,
    now: OffsetDateTime,
) -> Result<()> {
    let (role, role_id) = role.columns();
    sqlx::query!(
        "insert into memberships (tenant_id, user_id, role, role_id, created_at) values ($1, $2, $3, $4, $5)",
        tenant.0,
        user,
        role,
        role_id,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(|failed| {
        on_constraint(failed, "memberships_pkey", || Error::Conflict {
            code: "already_member",
            message: "this person is a member of the organisation already".to_owned(),
        })
    })?;
    Ok(())
}

/// The organisations of a person, the first joined first.
pub(crate) async fn organisations(tx: &mut TenantTx, user: Uuid) -> Result<Vec<TenantId>> {
    let found = sqlx::query_scalar!(
        "select tenant_id from memberships where user_id = $1 order by created_at, tenant_id",
        user
    );
    Ok(found.fetch_all(&mut **tx).await.map_err(error)?.into_iter().map(TenantId).collect())
}

pub(crate) async fn email_of(tx: &mut TenantTx, user: Uuid) -> Result<Option<String>> {
    let email = sqlx::query_scalar!("select email from users where user_id = $1 for update", user);
    email.fetch_optional(&mut **tx).await.map_err(error)
}

/// Uses a link up; gives the address it was sent to.
async fn use_link(
    tx: &mut TenantTx,
    user: Uuid,
    purpose: LinkPurpose,
    hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<String> {
    sqlx::query_scalar!(
        "update one_time_links set used_at = $4
         where user_id = $1 and link_hash = $2 and purpose = $3 and used_at is null and expires_at > $4
         returning email",
        user,
        &hash[..],
        purpose.as_str(),
        now
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(error)?
    .ok_or(LINK_SPENT)
}

async fn set_password(
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
    // Links that somebody who knew the old password may have asked for are good no more.
    sqlx::query!("delete from one_time_links where user_id = $1 and used_at is null", user)
        .execute(&mut **tx)
        .await
        .map_err(error)?;
    record_everywhere(tx, user, stamp, &Change::new("account.password_changed", user)).await?;
    mails::ask(tx, MailKind::PasswordChanged, json!({ "user_id": user }), stamp.at).await
}

/// Writes a change of an account into the audit trail of each of its organisations.
pub(crate) async fn record_everywhere(tx: &mut TenantTx, user: Uuid, stamp: &Stamp, change: &Change) -> Result<()> {
    for tenant in organisations(tx, user).await? {
        name_tenant(tx, tenant).await?;
        record_change(tx, tenant, stamp, change.clone()).await?;
    }
    Ok(())
}
