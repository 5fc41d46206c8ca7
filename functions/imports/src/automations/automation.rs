//! Automations as the API shows and takes them: where files lie, who we are there, when we look.

use db_imports::Guards;
use db_suppliers::{Automation, NewAutomation};
use net::{Account, Protocol, SecretsOf, is_one_line, origin};
use runtime::{Cx, Error, Result, TenantId};
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::imports::choices::Choices;

/// Where an automation's files lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Attachments of mails to the automation's own address.
    Email {
        /// Who may send: addresses, or `@` and a domain. Nobody else's mails are looked into.
        allowed_senders: Vec<String>,
    },
    /// A folder on an FTP, FTPS or SFTP server.
    Ftp {
        /// How the server is spoken to.
        protocol: Protocol,
        /// Its name or address.
        host: String,
        /// Its port; 21 or 22 unless said.
        #[serde(default)]
        port: Option<u16>,
        /// The account.
        username: String,
        /// The folder; the account's own unless said.
        #[serde(default)]
        folder: String,
        /// The names of files that are wanted, with `*` and `?`.
        #[serde(default = "any_name")]
        pattern: String,
        /// Which of them are taken.
        #[serde(default)]
        take: Take,
        /// What becomes of a file that was taken.
        #[serde(default)]
        afterwards: Afterwards,
        /// The fingerprint of the key that the SFTP server must show, `SHA256:…`; the one it showed at the first meeting
        /// unless said. Of FTPS, that of its certificate, for one that no known authority signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_key: Option<String>,
    },
    /// A file at a web address.
    Http {
        /// The address.
        url: String,
        /// Who we are there.
        #[serde(default)]
        login: Login,
    },
    /// A JSON interface that gives its objects page by page.
    Rest {
        /// The address of the first page.
        url: String,
        /// Who we are there.
        #[serde(default)]
        login: Login,
        /// Where the objects are in a page, such as `data.items`; the page itself unless said.
        #[serde(default)]
        path: String,
        /// How the next page is asked for; there is one page only unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paging: Option<Paging>,
    },
    /// The automation's own folder in the store.
    Drop {},
}

fn any_name() -> String {
    "*".to_owned()
}

/// Which files of a folder are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The one that was changed last.
    #[default]
    Newest,
    /// Every one that was not taken yet.
    AllNew,
}

/// What becomes of a file that was taken.
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

/// Who we are to a web server; the secret itself is given as `secret`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// Nobody.
    #[default]
    None,
    /// This user, with `secret.password`.
    Basic(String),
    /// `secret.token` as a bearer.
    Bearer,
    /// `secret.token` in this header.
    Header(String),
    /// A token of OAuth 2.0 (client credentials, RFC 6749 section 4.4), which `secret.password` is given for at each look.
    Oauth2 {
        /// Where tokens are given.
        token_url: String,
        /// Who we are there.
        client_id: String,
        /// What the token is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    },
}

/// How the next page of an interface is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// By a number in this parameter, from 1, until a page is empty.
    Page(String),
    /// By how many objects are left out, in this parameter, until a page is empty.
    Offset(String),
    /// By a text in this parameter, which the page gives at a path.
    Cursor {
        /// The parameter.
        parameter: String,
        /// Where the page gives it.
        path: String,
    },
}

/// What nobody is ever shown.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// The password; of SFTP with a key, its passphrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The private key of SFTP, in OpenSSH's or PEM's form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// The token of a bearer or of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// An automation that is made, or put in the place of one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationInput {
    /// Its name, unique in the organisation.
    pub name: String,
    /// The supplier whose files come.
    pub supplier_id: Uuid,
    /// Where they lie.
    pub source: Source,
    /// The password, key or token; kept encrypted, never shown. Without it the ones that are there stay.
    #[serde(default)]
    pub secret: Option<Secrets>,
    /// When it looks; only by hand, or when something arrives, without one.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// The zone of the schedule; `Europe/Paris` unless said.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// What its imports choose. The guards are on unless they say otherwise.
    #[serde(default)]
    pub choices: Choices,
    /// Whether its imports wait for approval after their preview.
    #[serde(default)]
    pub approve: bool,
    /// Whether it looks, and takes what arrives; `true` unless said.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether a file with the content of an earlier one is left; `true` unless said.
    #[serde(default = "yes")]
    pub skip_unchanged: bool,
    /// After so many failures in a row it pauses, 1 to 100; 5 unless said.
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
    /// Where the files lie.
    source: Option<Source>,
    /// Whether a password, key or token is kept.
    has_secret: bool,
    /// When it looks.
    schedule: Option<Schedule>,
    /// The zone of the schedule.
    time_zone: String,
    /// What its imports choose.
    choices: Choices,
    /// Whether its imports wait for approval.
    approve: bool,
    /// Whether it looks.
    enabled: bool,
    /// Whether a known content is left.
    skip_unchanged: bool,
    /// After how many failures in a row it pauses.
    pause_after: i32,
    /// Failures in a row.
    failures: i32,
    /// Since when it pauses because of them; to enable it lets it go on.
    #[serde(with = "time::serde::rfc3339::option")]
    paused_at: Option<OffsetDateTime>,
    /// Why it failed the last time before it paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_because: Option<String>,
    /// The address to which the supplier sends mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// The folder of the store into which files are put.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    /// The fingerprint of the SFTP server's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<String>,
    /// The next five times when it looks.
    next_runs: Vec<String>,
    /// When it was made.
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

    /// The account, of a folder.
    pub(crate) fn account(&self) -> Option<Account<'_>> {
        let Source::Ftp { protocol, host, port, username, host_key, .. } = self else { return None };
        Some(Account { protocol: *protocol, host, port: *port, username, host_key: host_key.as_deref() })
    }

    /// Whom the secrets are shown to.
    pub(crate) fn server(&self) -> String {
        match self {
            Source::Email { .. } | Source::Drop {} => String::new(),
            Source::Ftp { .. } => self.account().map(|account| account.identity()).unwrap_or_default(),
            Source::Http { url, login } | Source::Rest { url, login, .. } => format!("{login:?} {}", origin(url)),
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: &str| Err(Error::invalid(field, "invalid", message.to_owned()));
        let web = |url: &str| (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= 2_000;
        match self {
            Source::Email { allowed_senders } => {
                let shaped = |sender: &String| {
                    sender.contains('@') && sender.len() <= 320 && !sender.contains(char::is_whitespace)
                };
                if allowed_senders.is_empty() || allowed_senders.len() > 100 || !allowed_senders.iter().all(shaped) {
                    return wrong("source.allowed_senders", "expected 1 to 100 addresses, or @ and a domain");
                }
            }
            Source::Ftp { pattern, folder, afterwards, .. } => {
                let named = |text: &str, most: usize| !text.is_empty() && is_one_line(text, most);
                let account = self.account().is_some_and(|account| account.is_well_formed());
                if !account || !named(pattern, 200) || !is_one_line(folder, 1_000) {
                    return wrong("source", "expected a host, a user name, and a folder and a pattern in one line");
                }
                if let Afterwards::MoveTo(to) = afterwards
                    && !named(to, 1_000)
                {
                    return wrong("source.afterwards", "expected a folder in one line");
                }
            }
            Source::Http { url, login } | Source::Rest { url, login, .. } => {
                if !web(url) {
                    return wrong("source.url", "expected an address that starts with https:// or http://");
                }
                if let Login::Header(name) = login
                    && (name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
                {
                    return wrong("source.login", "expected the name of a header");
                }
                if let Login::Oauth2 { token_url, client_id, .. } = login
                    && (!web(token_url) || client_id.is_empty())
                {
                    return wrong("source.login", "expected an address that gives tokens, and a client's id");
                }
            }
            Source::Drop {} => {}
        }
        Ok(())
    }
}

/// Whose an automation's secrets are.
fn secrets_of(tenant: TenantId, id: Uuid) -> SecretsOf {
    SecretsOf { tenant, kind: "automation", id }
}

impl AutomationInput {
    /// What is kept of it; `same_server` says whether it goes where it went before.
    pub(crate) async fn checked(self, cx: &Cx, tenant: TenantId, id: Uuid, same_server: bool) -> Result<NewAutomation> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Err(Error::invalid("name", "length", "expected a name of 1 to 200 characters in one line"));
        }
        self.source.check()?;
        self.choices.check()?;
        let time_zone = self.time_zone.unwrap_or_else(|| "Europe/Paris".to_owned());
        if let Some(schedule) = &self.schedule {
            schedule.check(&time_zone).map_err(|problem| Error::invalid("schedule", "invalid", problem))?;
        }
        let pause_after = self.pause_after.unwrap_or(5);
        if !(1..=100).contains(&pause_after) {
            return Err(Error::invalid("pause_after", "out_of_range", "expected 1 to 100"));
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

/// When a schedule is due next.
pub(crate) fn next_run(schedule: Option<&Schedule>, time_zone: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let next = schedule?.next(now.unix_timestamp(), time_zone).ok()?;
    OffsetDateTime::from_unix_timestamp(next).ok()
}

/// An automation's secrets.
pub(crate) async fn secrets(cx: &Cx, tenant: TenantId, automation: &Automation) -> Result<Secrets> {
    secrets_of(tenant, automation.id).decrypt(cx, automation.secret.as_deref()).await
}

/// What an automation's imports choose: with the usual guards, unless it says otherwise.
pub(crate) fn choices(automation: &Automation) -> Result<Choices> {
    let choices: Choices = serde_json::from_value(automation.choices.clone()).map_err(Error::internal)?;
    Ok(Choices { guards: choices.guards.clone().or_else(|| Some(Guards::usual())), ..choices })
}

/// An automation as the API shows it.
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
    let told = |moment: i64| {
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
        next_runs: moments.unwrap_or_default().into_iter().filter_map(told).collect(),
        time_zone: automation.time_zone,
        created_at: automation.created_at,
    }
}
