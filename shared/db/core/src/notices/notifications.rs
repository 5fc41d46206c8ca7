//! Notices to people: in the application, and by mail if they want it.

use std::collections::BTreeMap;

use db_tenancy::{TenantTx, begin, error};
use messages::things;
use runtime::{Cursor, Error, Page, Permission, PermissionSet, Result, Role, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CoreDb;

/// The title and the message of a notice, in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeText {
    /// The title, one line.
    pub title: String,
    /// The message.
    pub message: String,
}

/// A notice about something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNotice {
    /// The event's id.
    pub id: Uuid,
    /// The event, such as `import.completed`.
    pub event: &'static str,
    /// `info`, `success`, `warning` or `error`.
    pub kind: &'static str,
    /// The texts, by language.
    pub texts: BTreeMap<&'static str, NoticeText>,
    /// The ids of what it is about.
    pub subject: Value,
    /// The person who started what has ended.
    pub by: Option<Uuid>,
    /// The permission that a person needs to get the notice.
    pub needs: Permission,
}

/// A notice, as one person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Notification {
    /// Its id.
    pub id: Uuid,
    /// The event, such as `import.completed`.
    pub event: String,
    /// `info`, `success`, `warning` or `error`.
    pub kind: String,
    /// The title, in the person's language.
    pub title: String,
    /// The message, in the person's language.
    pub message: String,
    /// The ids of what it is about.
    pub subject: Value,
    /// Whether the person has read it.
    pub read: bool,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// For which events a person wants mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailWish {
    /// For all.
    All,
    /// For what the person started.
    Own,
    /// For none.
    None,
}

/// A mail about a notice, to be sent. Its row is locked until [`NoticeMail::sent`].
pub struct NoticeMail {
    /// The address.
    pub to: String,
    /// `en` or `fr`.
    pub locale: String,
    /// The organisation's name.
    pub organisation: String,
    /// The event.
    pub event: String,
    /// The title and the message.
    pub text: NoticeText,
    /// The ids of what it is about.
    pub subject: Value,
    tx: TenantTx,
    key: (TenantId, Uuid, Uuid),
}

impl MailWish {
    const fn as_str(self) -> &'static str {
        match self {
            MailWish::All => "all",
            MailWish::Own => "own",
            MailWish::None => "none",
        }
    }
}

impl CoreDb {
    /// Stores a notice, and who gets a mail about it. `usual` returns the default for a role, for members without a
    /// preference. Returns the members who get a mail; nobody if the notice was stored before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_notice(
        &self,
        tenant: TenantId,
        notice: &NewNotice,
        usual: impl Fn(&str) -> MailWish,
        now: OffsetDateTime,
    ) -> Result<Vec<Uuid>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let recipients = store_notice(&mut tx, tenant, notice, usual, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(recipients)
    }

    /// Returns the mail about a notice, locked so that no other delivery sends it. Returns `None`, and marks the mail
    /// as done, if it was sent, or if its recipient is not a member any more or never confirmed the address.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notice_mail(
        &self,
        tenant: TenantId,
        notice: Uuid,
        user: Uuid,
        now: OffsetDateTime,
    ) -> Result<Option<NoticeMail>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            r#"select u.email, u.locale, t.name as organisation, n.event, n.subject,
                      n.texts as "texts: Json<BTreeMap<String, NoticeText>>"
               from notification_mails w
               join notifications n on n.tenant_id = w.tenant_id and n.notification_id = w.notification_id
               join memberships m on m.tenant_id = w.tenant_id and m.user_id = w.user_id
               join users u on u.user_id = w.user_id
               join tenants t on t.tenant_id = w.tenant_id
               where w.tenant_id = $1 and w.notification_id = $2 and w.user_id = $3 and w.sent_at is null
                 and u.email_verified_at is not null
               for update of w"#,
            tenant.0,
            notice,
            user
        );
        let Some(row) = found.fetch_optional(&mut *tx).await.map_err(error)? else {
            settle(&mut tx, tenant, notice, user, now).await?;
            tx.commit().await.map_err(error)?;
            return Ok(None);
        };
        Ok(Some(NoticeMail {
            text: row.texts.0.get(&row.locale).cloned().unwrap_or_default(),
            to: row.email,
            locale: row.locale,
            organisation: row.organisation,
            event: row.event,
            subject: row.subject,
            tx,
            key: (tenant, notice, user),
        }))
    }

    /// Returns the mails that should have been sent before `older_than`: organisation, notice, person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unsent_notice_mails(
        &self,
        older_than: OffsetDateTime,
        most: i32,
    ) -> Result<Vec<(TenantId, Uuid, Uuid)>> {
        let found = sqlx::query!(
            r#"select tenant_id as "tenant!", notification_id as "notice!", user_id as "user!"
               from unsent_notification_mails($1, $2)"#,
            older_than,
            most
        );
        let found = found.fetch_all(&self.pool).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.notice, row.user)).collect())
    }

    /// Returns the notices of these events as a person sees them, the newest first; with `unread` only those that the
    /// person has not read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notifications(
        &self,
        tenant: TenantId,
        user: Uuid,
        events: &[&str],
        unread: bool,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<Notification>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Notification,
            r#"with language as (
                   select coalesce((select locale from users where user_id = $2), 'en') as locale
               )
               select n.notification_id as id, n.event, n.kind, n.texts -> locale ->> 'title' as "title!",
                      n.texts -> locale ->> 'message' as "message!", n.subject, r.user_id is not null as "read!", n.created_at
               from notifications n
               cross join language
               left join notification_reads r
                   on r.tenant_id = n.tenant_id and r.notification_id = n.notification_id and r.user_id = $2
               where n.tenant_id = $1 and (not $3 or r.user_id is null) and n.event = any($6)
                 and ($4::uuid is null or (n.created_at, n.notification_id) < (
                     select created_at, notification_id from notifications where tenant_id = $1 and notification_id = $4))
               order by n.created_at desc, n.notification_id desc limit $5"#,
            tenant.0,
            user,
            unread,
            before,
            limit + 1,
            events as _
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(found, limit, |notice| Cursor::Id(notice.id)))
    }

    /// Returns how many notices of these events a person has not read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unread(&self, tenant: TenantId, user: Uuid, events: &[&str]) -> Result<i64> {
        let mut tx = begin(&self.pool, tenant).await?;
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from notifications n where n.tenant_id = $1 and n.event = any($3) and not exists (
                   select from notification_reads r
                   where r.tenant_id = $1 and r.notification_id = n.notification_id and r.user_id = $2)"#,
            tenant.0,
            user,
            events as _
        );
        count.fetch_one(&mut *tx).await.map_err(error)
    }

    /// Marks these notices, or all of them, as read by a person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn mark_read(&self, tenant: TenantId, user: Uuid, ids: Option<&[Uuid]>) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into notification_reads (tenant_id, notification_id, user_id)
             select $1, notification_id, $2 from notifications
             where tenant_id = $1 and ($3::uuid[] is null or notification_id = any($3)) on conflict do nothing",
            tenant.0,
            user,
            ids as _
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Returns a person's role in an organisation, and the person's preferences about mails, by event.
    ///
    /// # Errors
    /// 404 when the person is not a member.
    pub async fn mail_wishes(&self, tenant: TenantId, user: Uuid) -> Result<(String, BTreeMap<String, MailWish>)> {
        let mut tx = begin(&self.pool, tenant).await?;
        let role = sqlx::query_scalar!(
            "select coalesce(role, '') as \"role!\" from memberships where tenant_id = $1 and user_id = $2",
            tenant.0,
            user
        );
        let role =
            role.fetch_optional(&mut *tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(things::member()))?;
        let preferences = sqlx::query!(
            "select event, mail from notification_preferences where tenant_id = $1 and user_id = $2",
            tenant.0,
            user
        );
        let preferences = preferences.fetch_all(&mut *tx).await.map_err(error)?.into_iter().map(|row| {
            let wish = match row.mail.as_str() {
                "all" => MailWish::All,
                "own" => MailWish::Own,
                _ => MailWish::None,
            };
            (row.event, wish)
        });
        Ok((role, preferences.collect()))
    }

    /// Stores the preferences of a person about mails.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_mail_wishes(
        &self,
        tenant: TenantId,
        user: Uuid,
        wishes: &BTreeMap<String, MailWish>,
    ) -> Result<()> {
        let events: Vec<String> = wishes.keys().cloned().collect();
        let mails: Vec<String> = wishes.values().map(|wish| wish.as_str().to_owned()).collect();
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into notification_preferences (tenant_id, user_id, event, mail)
             select $1, $2, event, mail from unnest($3::text[], $4::text[]) as w(event, mail)
             on conflict (tenant_id, user_id, event) do update set mail = excluded.mail",
            tenant.0,
            user,
            &events,
            &mails
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Deletes notices and deliveries that are older, of every organisation; returns how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_notifications(
        &self,
        notices_before: OffsetDateTime,
        deliveries_before: OffsetDateTime,
        most: i32,
    ) -> Result<i64> {
        let gone = sqlx::query_scalar!(
            r#"select forget_notifications($1, $2, $3) as "gone!""#,
            notices_before,
            deliveries_before,
            most
        );
        gone.fetch_one(&self.pool).await.map_err(error)
    }
}

impl NoticeMail {
    /// Marks the mail as sent.
    ///
    /// # Errors
    /// When the database does not answer; the mail may go out once more then.
    pub async fn sent(mut self, now: OffsetDateTime) -> Result<()> {
        let (tenant, notice, user) = self.key;
        settle(&mut self.tx, tenant, notice, user, now).await?;
        self.tx.commit().await.map_err(error)
    }
}

/// Stores a notice in a transaction, and who gets a mail about it, as [`CoreDb::add_notice`].
pub(crate) async fn store_notice(
    tx: &mut TenantTx,
    tenant: TenantId,
    notice: &NewNotice,
    usual: impl Fn(&str) -> MailWish,
    now: OffsetDateTime,
) -> Result<Vec<Uuid>> {
    let added = sqlx::query!(
        "insert into notifications (tenant_id, notification_id, event, kind, texts, subject, created_at)
             select $1, $2, $3, $4, $5, $6, $7 where exists (select from tenants where tenant_id = $1)
             on conflict do nothing",
        tenant.0,
        notice.id,
        notice.event,
        notice.kind,
        json!(notice.texts),
        notice.subject,
        now
    );
    if added.execute(&mut **tx).await.map_err(error)?.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    let members = sqlx::query!(
            "select m.user_id, coalesce(m.role, '') as \"role!\", r.permissions as \"permissions?\", p.mail as \"mail?\" from memberships m
             left join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
             left join notification_preferences p
                 on p.tenant_id = m.tenant_id and p.user_id = m.user_id and p.event = $2
             where m.tenant_id = $1",
            tenant.0,
            notice.event
        );
    let members = members.fetch_all(&mut **tx).await.map_err(error)?;
    let recipients = members.into_iter().filter(|member| {
        let held = match Role::named(&member.role) {
            Some(role) => role.permissions(),
            None => PermissionSet::of_names(member.permissions.iter().flatten()),
        };
        held.has(notice.needs)
    });
    let recipients = recipients.filter(|member| match &member.mail {
        Some(mail) => mail == "all" || mail == "own" && notice.by == Some(member.user_id),
        None => match usual(&member.role) {
            MailWish::All => true,
            MailWish::Own => notice.by == Some(member.user_id),
            MailWish::None => false,
        },
    });
    let recipients: Vec<Uuid> = recipients.map(|member| member.user_id).collect();
    sqlx::query!(
        "insert into notification_mails (tenant_id, notification_id, user_id, created_at)
             select $1, $2, user_id, $4 from unnest($3::uuid[]) user_id",
        tenant.0,
        notice.id,
        &recipients,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(recipients)
}

/// Marks a mail as done.
async fn settle(tx: &mut TenantTx, tenant: TenantId, notice: Uuid, user: Uuid, now: OffsetDateTime) -> Result<()> {
    sqlx::query!(
        "update notification_mails set sent_at = $4
         where tenant_id = $1 and notification_id = $2 and user_id = $3 and sent_at is null",
        tenant.0,
        notice,
        user,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
