//! Invitations to become a member of an organisation.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use messages::{identity as say, things};
use runtime::{Cursor, Error, Page, PermissionSet, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;
use crate::context::{name_person, name_tenant, named_account};
use crate::organisations::member_role::{MemberRole, join};
use crate::organisations::roles::permissions_of;
use crate::people::mails::{self, MailKind};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: Uuid,
    /// The address of the person who is invited.
    pub email: String,
    /// The role that is offered.
    pub role: MemberRole,
    /// A personal message from the person who invites.
    pub message: Option<String>,
    /// `en` or `fr`, the language of the mail.
    pub locale: String,
    /// The person who invites.
    pub invited_by: Uuid,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
}

/// The values that the mail of an invitation names.
pub struct InvitationMail {
    /// The address of the person who is invited.
    pub email: String,
    /// A personal message from the person who invites.
    pub message: Option<String>,
    /// `en` or `fr`.
    pub locale: String,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
    /// The organisation's name.
    pub organisation: String,
    /// The address of the person who invites, while their account exists.
    pub inviter: Option<String>,
}

/// A person who accepts an invitation and has no account, or an account whose address was never confirmed.
pub struct NewMember<'a> {
    /// The id of the account, if one is created.
    pub user: Uuid,
    /// The argon2id hash of the password.
    pub password_hash: Option<&'a str>,
    /// The name.
    pub name: Option<&'a str>,
}

/// A person who joined.
pub struct AcceptedInvitation {
    /// The account.
    pub user: Uuid,
    /// Whether it was created now.
    pub created: bool,
}

fn invitation_over() -> Error {
    Error::Unauthenticated { code: "link_invalid", message: say::invitation_over() }
}

impl CoreDb {
    /// Invites a person; returns the id of the mail to send.
    ///
    /// # Errors
    /// 403 when the role has a permission that the caller does not hold, 422 for an unknown role, 409 when the person
    /// is a member or invited already.
    pub async fn invite(&self, tenant: TenantId, new: &Invitation, held: PermissionSet, stamp: &Stamp) -> Result<Uuid> {
        let mut tx = begin(&self.pool, tenant).await?;
        permissions_of(&mut tx, tenant, new.role).await?.grantable_by(held)?;
        let member = sqlx::query_scalar!(
            "select true as \"there!\" from memberships m join users u using (user_id) where m.tenant_id = $1 and u.email = $2",
            tenant.0,
            new.email
        );
        if member.fetch_optional(&mut *tx).await.map_err(error)?.is_some() {
            return Err(Error::Conflict { code: "already_member", message: say::already_member() });
        }
        // An invitation that has expired is replaced by the new one.
        sqlx::query!(
            "update invitations set withdrawn_at = $3
             where tenant_id = $1 and email = $2 and accepted_at is null and withdrawn_at is null and expires_at <= $3",
            tenant.0,
            new.email,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let (role, role_id) = new.role.columns();
        sqlx::query!(
            "insert into invitations (tenant_id, invitation_id, email, role, role_id, message, locale, invited_by, created_at,
                                      expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            tenant.0,
            new.id,
            new.email,
            role,
            role_id,
            new.message,
            new.locale,
            new.invited_by,
            stamp.at,
            new.expires_at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "invitations_open_key", || Error::Conflict {
                code: "already_invited",
                message: say::already_invited(),
            })
        })?;
        let change = Change::new("member.invited", new.id).to(json!({ "email": new.email, "role": new.role.name() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        let detail = json!({ "tenant_id": tenant, "invitation_id": new.id });
        let mail = mails::queue_mail(&mut tx, MailKind::Invitation, detail, stamp.at).await?;
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }

    /// Returns the invitations that can be accepted, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn invitations(
        &self,
        tenant: TenantId,
        now: OffsetDateTime,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<Invitation>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select invitation_id, email, role, role_id, message, locale, invited_by, created_at, expires_at
             from invitations
             where tenant_id = $1 and accepted_at is null and withdrawn_at is null and expires_at > $2
               and ($3::uuid is null or invitation_id < $3)
             order by invitation_id desc limit $4",
            tenant.0,
            now,
            before,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        let invitations = found
            .into_iter()
            .map(|row| Invitation {
                id: row.invitation_id,
                email: row.email,
                role: MemberRole::of_columns(row.role.as_deref(), row.role_id),
                message: row.message,
                locale: row.locale,
                invited_by: row.invited_by,
                created_at: row.created_at,
                expires_at: row.expires_at,
            })
            .collect();
        Ok(Page::cut(invitations, limit, |invitation| Cursor::Id(invitation.id)))
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// 404 when it does not exist, or was accepted or withdrawn.
    pub async fn withdraw_invitation(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let email = sqlx::query_scalar!(
            "update invitations set withdrawn_at = $3
             where tenant_id = $1 and invitation_id = $2 and accepted_at is null and withdrawn_at is null
             returning email",
            tenant.0,
            id,
            stamp.at
        );
        let email = email
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?
            .ok_or_else(|| Error::NotFound(things::invitation()))?;
        let change = Change::new("member.invitation_withdrawn", id).from(json!({ "email": email }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Stores the hash of the link in the mail of an invitation, and returns the values of the mail. Returns `None` if
    /// the invitation was withdrawn or accepted meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn invitation_mail(
        &self,
        tenant: TenantId,
        id: Uuid,
        token_hash: [u8; 32],
    ) -> Result<Option<InvitationMail>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let mail = sqlx::query_as!(
            InvitationMail,
            "update invitations i set token_hash = $3 from tenants t
             where i.tenant_id = $1 and i.invitation_id = $2 and t.tenant_id = $1
               and i.accepted_at is null and i.withdrawn_at is null
             returning i.email, i.message, i.locale, i.expires_at, t.name as organisation,
                       (select u.email from users u where u.user_id = i.invited_by) as inviter",
            tenant.0,
            id,
            &token_hash[..]
        );
        let mail = mail.fetch_optional(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }

    /// Returns the address to which an invitation was sent, while it can be accepted.
    ///
    /// # Errors
    /// 401 when it cannot be accepted any more.
    pub async fn invited_address(&self, tenant: TenantId, token_hash: [u8; 32], now: OffsetDateTime) -> Result<String> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_scalar!(
            "select email from invitations
             where tenant_id = $1 and token_hash = $2 and accepted_at is null and withdrawn_at is null and expires_at > $3",
            tenant.0,
            &token_hash[..],
            now
        );
        found.fetch_optional(&mut *tx).await.map_err(error)?.ok_or_else(invitation_over)
    }

    /// Accepts an invitation. Its link proves the address. If the account exists and its address was never confirmed,
    /// the person with the link gets the account, with a new password.
    ///
    /// # Errors
    /// 401 when it cannot be accepted any more, 422 when a password is needed and missing, 409 when the person is a
    /// member.
    pub async fn accept_invitation(
        &self,
        tenant: TenantId,
        token_hash: [u8; 32],
        joining: &NewMember<'_>,
        stamp: impl FnOnce(Uuid, &str) -> Stamp,
        now: OffsetDateTime,
    ) -> Result<AcceptedInvitation> {
        let email = self.invited_address(tenant, token_hash, now).await?;
        let mut tx = named_account(&self.pool, &email).await?;
        name_tenant(&mut tx, tenant).await?;
        let accepted = sqlx::query!(
            "update invitations set accepted_at = $3
             where tenant_id = $1 and token_hash = $2 and accepted_at is null and withdrawn_at is null and expires_at > $3
             returning role, role_id, locale",
            tenant.0,
            &token_hash[..],
            now
        );
        let accepted = accepted.fetch_optional(&mut *tx).await.map_err(error)?.ok_or_else(invitation_over)?;
        let known = sqlx::query!(
            "select user_id, email_verified_at is not null as \"verified!\" from users where email = $1 for update",
            email
        );
        let known = known.fetch_optional(&mut *tx).await.map_err(error)?;
        let user = known.as_ref().map_or(joining.user, |known| known.user_id);
        name_person(&mut tx, user).await?;
        let password = || {
            joining
                .password_hash
                .ok_or_else(|| Error::invalid("password", "required", say::password_of_new_account_missing()))
        };
        match &known {
            Some(known) if known.verified => {}
            Some(_) => {
                sqlx::query!(
                    "update users set password_hash = $2, email_verified_at = $3, name = coalesce($4, name) where user_id = $1",
                    user,
                    password()?,
                    now,
                    joining.name
                )
                .execute(&mut *tx)
                .await
                .map_err(error)?;
            }
            None => {
                sqlx::query!(
                    "insert into users (user_id, email, password_hash, name, locale, email_verified_at, created_at)
                     values ($1, $2, $3, $4, $5, $6, $6)",
                    user,
                    email,
                    password()?,
                    joining.name,
                    accepted.locale,
                    now
                )
                .execute(&mut *tx)
                .await
                .map_err(error)?;
            }
        }
        let role = MemberRole::of_columns(accepted.role.as_deref(), accepted.role_id);
        join(&mut tx, tenant, user, role, now).await?;
        let change = Change::new("member.joined", user).to(json!({ "email": email, "role": role.name() }));
        record_change(&mut tx, tenant, &stamp(user, &email), change).await?;
        tx.commit().await.map_err(error)?;
        Ok(AcceptedInvitation { user, created: known.is_none() })
    }
}

/// Withdraws the open invitations by a person who has fewer permissions now, or is not a member any more.
pub(crate) async fn withdraw_invitations_by(
    tx: &mut TenantTx,
    tenant: TenantId,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update invitations set withdrawn_at = $3
         where tenant_id = $1 and invited_by = $2 and accepted_at is null and withdrawn_at is null",
        tenant.0,
        user,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
