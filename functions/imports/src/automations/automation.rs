//! Automations in the form of the API: the source of the files, the login, the schedule.

use db_core::CoreDb;
use db_imports::Guards;
use db_suppliers::{Automation, NewAutomation};
use messages::{Language, Text, imports as say};
use net::{Account, Protocol, SecretsOf, is_one_line, origin};
use runtime::{Cx, Error, Result, TenantId};
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::imports::choices::Choices;

/// The source of an automation's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Attachments of mails to the automation's own address.
    Email {
        /// The allowed senders: addresses, or `@` and a domain. Mails from others are ignored.
        allowed_senders: Vec<String>,
    },
    /// A folder on an FTP, FTPS or SFTP server.
    Ftp {
        /// The protocol.
        protocol: Protocol,
        /// The server's name or address.
        host: String,
        /// The port. Default: 21, or 22 for SFTP.
        #[serde(default)]
        port: Option<u16>,
        /// The user name.
        username: String,
        /// The folder. Default: the account's home folder.
        #[serde(default)]
        folder: String,
        /// The pattern of the file names, with `*` and `?`. Default: `*`.
        #[serde(default = "any_name")]
        pattern: String,
        /// Which of these files are imported.
        #[serde(default)]
        take: Take,
        /// What to do with a file after it was imported.
        #[serde(default)]
        afterwards: Afterwards,
        /// The fingerprint of the key that the SFTP server must show, `SHA256:…`. Default: the key of the first
        /// connection. For FTPS: the fingerprint of a certificate that no known authority signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_key: Option<String>,
    },
    /// A file at a web address.
    Http {
        /// The address of the file.
        url: String,
        /// The login.
        #[serde(default)]
        login: Login,
    },
    /// A JSON interface that returns its objects page by page.
    Rest {
        /// The address of the first page.
        url: String,
        /// The login.
        #[serde(default)]
        login: Login,
        /// The place of the objects in a page, such as `data.items`. Default: the page itself.
        #[serde(default)]
        path: String,
        /// How the next page is requested. Default: there is only one page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paging: Option<Paging>,
    },
    /// The automation's own folder in our object store.
    Drop {},
}

fn any_name() -> String {
    "*".to_owned()
}

/// Which files of a folder are imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The file that was changed last.
    #[default]
    Newest,
    /// Every file that was not imported before.
    AllNew,
}

/// What to do with a file after it was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Afterwards {
    /// It stays.
    #[default]
    Leave,
    /// It is deleted.
    Delete,
    /// It is moved into this folder.
    MoveTo(String),
}

/// The login at a web server. The secret itself is given as `secret`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// No login.
    #[default]
    None,
    /// HTTP basic authentication: this user, with `secret.password`.
    Basic(String),
    /// `secret.token` as a bearer token.
    Bearer,
    /// `secret.token` in this header.
    Header(String),
    /// A token of OAuth 2.0 (client credentials, RFC 6749 section 4.4), requested with `secret.password` in each run.
    Oauth2 {
        /// The address that issues tokens.
        token_url: String,
        /// The client id.
        client_id: String,
        /// The scope of the token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    },
}

/// How the next page of an interface is requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// A page number in this parameter, from 1, until a page is empty.
    Page(String),
    /// The number of objects to skip, in this parameter, until a page is empty.
    Offset(String),
    /// A text in this parameter, which each page contains for the next one.
    Cursor {
        /// The parameter.
        parameter: String,
        /// The place of the text in the page.
        path: String,
    },
}

/// The secrets of an automation; they are never shown.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// The password; for SFTP with a key: the passphrase of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The private key for SFTP, in OpenSSH or PEM form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// The token for `bearer` or `header`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// An automation to be created, or to replace an existing one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationInput {
    /// Its name, unique in the organisation.
    pub name: String,
    /// The supplier of the files.
    pub supplier_id: Uuid,
    /// The source of the files.
    pub source: Source,
    /// The password, key or token; stored encrypted, never shown. Default: the existing ones stay.
    #[serde(default)]
    pub secret: Option<Secrets>,
    /// When it runs. Default: only by hand, or when a file arrives.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// The time zone of the schedule. Default: `Europe/Paris`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The choices of its imports. Default of the guards: all usual guards are on.
    #[serde(default)]
    pub choices: Choices,
    /// Whether its imports wait for approval after their preview. Default: `false`.
    #[serde(default)]
    pub approve: bool,
    /// Whether it runs, and imports what arrives. Default: `true`.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether a file with the same content as an earlier one is skipped. Default: `true`.
    #[serde(default = "yes")]
    pub skip_unchanged: bool,
    /// After how many failures in a row it is paused, 1 to 100. Default: 5.
    #[serde(default)]
    pub pause_after: Option<i32>,
}

fn yes() -> bool {
    true
}

/// An automation.
#[derive(Serialize, ToSchema)]
pub struct AutomationView {
    /// The id.
    id: Uuid,
    /// Its name.
    name: String,
    /// The supplier.
    supplier_id: Uuid,
    /// The source of the files.
    source: Option<Source>,
    /// Whether a password, key or token is stored.
    has_secret: bool,
    /// When it runs.
    schedule: Option<Schedule>,
    /// The time zone of the schedule.
    time_zone: String,
    /// The choices of its imports.
    choices: Choices,
    /// Whether its imports wait for approval.
    approve: bool,
    /// Whether it runs.
    enabled: bool,
    /// Whether a file with the same content as an earlier one is skipped.
    skip_unchanged: bool,
    /// After how many failures in a row it is paused.
    pause_after: i32,
    /// The number of failures in a row.
    failures: i32,
    /// When it was paused because of failures. Enabling it again resumes it.
    #[serde(with = "time::serde::rfc3339::option")]
    paused_at: Option<OffsetDateTime>,
    /// The message of the last failure before it was paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_because: Option<String>,
    /// The address to which the supplier sends mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The folder of our object store into which files are put.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    /// The fingerprint of the SFTP server's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<String>,
    /// The next five times when it runs.
    next_runs: Vec<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl Source {
    /// The kind's name in the database.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Source::Email { .. } => "email",
            Source::Ftp { .. } => "ftp",
            Source::Http { .. } => "http",
            Source::Rest { .. } => "rest",
            Source::Drop {} => "drop",
        }
    }

    /// The account on the server; `None` for sources other than FTP.
    pub(crate) fn account(&self) -> Option<Account<'_>> {
        let Source::Ftp { protocol, host, port, username, host_key, .. } = self else { return None };
        Some(Account { protocol: *protocol, host, port: *port, username, host_key: host_key.as_deref() })
    }

    /// Identifies the server and the account that get the secrets.
    pub(crate) fn server(&self) -> String {
        match self {
            Source::Email { .. } | Source::Drop {} => String::new(),
            Source::Ftp { .. } => self.account().map(|account| account.identity()).unwrap_or_default(),
            Source::Http { url, login } | Source::Rest { url, login, .. } => format!("{login:?} {}", origin(url)),
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: Text| Err(Error::invalid(field, "invalid", message));
        let web = |url: &str| (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= 2_000;
        match self {
            Source::Email { allowed_senders } => {
                let shaped = |sender: &String| {
                    sender.contains('@') && sender.len() <= 320 && !sender.contains(char::is_whitespace)
                };
                if allowed_senders.is_empty() || allowed_senders.len() > 100 || !allowed_senders.iter().all(shaped) {
                    return wrong("source.allowed_senders", say::senders_invalid());
                }
            }
            Source::Ftp { pattern, folder, afterwards, .. } => {
                let is_name = |text: &str, most: usize| !text.is_empty() && is_one_line(text, most);
                let account = self.account().is_some_and(|account| account.is_well_formed());
                if !account || !is_name(pattern, 200) || !is_one_line(folder, 1_000) {
                    return wrong("source", say::folder_source_invalid());
                }
                if let Afterwards::MoveTo(to) = afterwards
                    && !is_name(to, 1_000)
                {
                    return wrong("source.afterwards", say::folder_invalid());
                }
            }
            Source::Http { url, login } | Source::Rest { url, login, .. } => {
                if !web(url) {
                    return wrong("source.url", say::address_invalid());
                }
                if let Login::Header(name) = login
                    && (name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
                {
                    return wrong("source.login", say::header_invalid());
                }
                if let Login::Oauth2 { token_url, client_id, .. } = login
                    && (!web(token_url) || client_id.is_empty())
                {
                    return wrong("source.login", say::token_address_invalid());
                }
            }
            Source::Drop {} => {}
        }
        Ok(())
    }
}

/// The owner of an automation's secrets, for their encryption.
fn secrets_of(tenant: TenantId, id: Uuid) -> SecretsOf {
    SecretsOf { tenant, kind: "automation", id }
}

impl AutomationInput {
    /// Checks the input and converts it to the stored form. `same_server` is `true` if the server and the account are
    /// the same as before.
    pub(crate) async fn checked(self, cx: &Cx, tenant: TenantId, id: Uuid, same_server: bool) -> Result<NewAutomation> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Err(Error::invalid("name", "length", say::automation_name_invalid()));
        }
        self.source.check()?;
        self.choices.check()?;
        let time_zone = self.time_zone.unwrap_or_else(|| "Europe/Paris".to_owned());
        if let Some(schedule) = &self.schedule {
            schedule.check(&time_zone).map_err(|problem| Error::invalid("schedule", "invalid", problem))?;
        }
        let pause_after = self.pause_after.unwrap_or(5);
        if !(1..=100).contains(&pause_after) {
            return Err(Error::invalid("pause_after", "out_of_range", say::pause_after_out_of_range()));
        }
        let secret = match &self.secret {
            Some(secret) => Some(secrets_of(tenant, id).encrypt(cx, secret).await?),
            None => None,
        };
        let next_run_at = if self.enabled { next_run(self.schedule.as_ref(), &time_zone, cx.now) } else { None };
        Ok(NewAutomation {
            supplier_id: self.supplier_id,
            name,
            kind: self.source.kind(),
            source: serde_json::to_value(&self.source).map_err(Error::internal)?,
            secret,
            schedule: self.schedule,
            time_zone,
            choices: serde_json::to_value(&self.choices).map_err(Error::internal)?,
            run: if self.approve { "preview" } else { "apply" },
            enabled: self.enabled,
            skip_unchanged: self.skip_unchanged,
            pause_after,
            next_run_at,
            same_server,
        })
    }
}

/// The next time when a schedule is due.
pub(crate) fn next_run(schedule: Option<&Schedule>, time_zone: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let next = schedule?.next(now.unix_timestamp(), time_zone).ok()?;
    OffsetDateTime::from_unix_timestamp(next).ok()
}

/// Decrypts an automation's secrets.
pub(crate) async fn secrets(cx: &Cx, tenant: TenantId, automation: &Automation) -> Result<Secrets> {
    secrets_of(tenant, automation.id).decrypt(cx, automation.secret.as_deref()).await
}

/// The choices of an automation's imports. Default of the guards: the usual ones.
pub(crate) fn choices(automation: &Automation) -> Result<Choices> {
    let choices: Choices = serde_json::from_value(automation.choices.clone()).map_err(Error::internal)?;
    Ok(Choices { guards: choices.guards.clone().or_else(|| Some(Guards::usual())), ..choices })
}

/// The language of an automation's texts: that of its choices, or the organisation's.
pub(crate) async fn language_of(cx: &Cx, tenant: TenantId, automation: &Automation) -> Result<Language> {
    if let Some(language) = choices(automation)?.language {
        return Ok(language);
    }
    cx.get::<CoreDb>().await?.language(tenant).await
}

/// Converts an automation to the form of the API.
pub(crate) fn view(cx: &Cx, tenant: TenantId, automation: Automation) -> AutomationView {
    let source: Option<Source> = serde_json::from_value(automation.source).ok();
    let address = matches!(source, Some(Source::Email { .. })).then(|| {
        let domain = cx.env().optional("INBOUND_DOMAIN").unwrap_or("in.productsmanager.app");
        format!("import-{}@{domain}", automation.token)
    });
    let folder = matches!(source, Some(Source::Drop {})).then(|| format!("inbox/{tenant}/{}/", automation.id));
    let schedule = automation.schedule.map(|schedule| schedule.0);
    let moments = schedule
        .as_ref()
        .filter(|_| automation.enabled)
        .map(|schedule| schedule.upcoming(cx.now.unix_timestamp(), &automation.time_zone, 5).unwrap_or_default());
    let formatted = |moment: i64| {
        let at = OffsetDateTime::from_unix_timestamp(moment).ok()?;
        at.format(&time::format_description::well_known::Rfc3339).ok()
    };
    AutomationView {
        id: automation.id,
        name: automation.name,
        supplier_id: automation.supplier_id,
        source,
        has_secret: automation.secret.is_some(),
        schedule,
        choices: serde_json::from_value(automation.choices).unwrap_or_default(),
        approve: automation.run == "preview",
        enabled: automation.enabled,
        skip_unchanged: automation.skip_unchanged,
        pause_after: automation.pause_after,
        failures: automation.failures,
        paused_at: automation.paused_at,
        paused_because: automation.paused_because.filter(|_| automation.paused_at.is_some()),
        address,
        folder,
        host_key: automation.state.0.host_key,
        next_runs: moments.unwrap_or_default().into_iter().filter_map(formatted).collect(),
        time_zone: automation.time_zone,
        created_at: automation.created_at,
    }
}
