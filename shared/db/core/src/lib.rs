//! `db_core`: organisations, people, sessions, roles, keys, settings, and the check of callers, which every domain
//! makes.

mod context;

/// Notices to people, and webhooks.
mod notices {
    pub(crate) mod notifications;
    pub(crate) mod webhook_deliveries;
    pub(crate) mod webhooks;
}

/// Organisations, their members, roles, keys and settings.
mod organisations {
    pub(crate) mod api_keys;
    pub(crate) mod invitations;
    pub(crate) mod member_role;
    pub(crate) mod members;
    pub(crate) mod organisation;
    pub(crate) mod roles;
    pub(crate) mod settings;
}

/// Accounts, and how people prove who they are.
mod people {
    pub(crate) mod accounts;
    pub(crate) mod callers;
    pub(crate) mod links;
    pub(crate) mod mails;
    pub(crate) mod sessions;
    pub(crate) mod signing_keys;
    pub(crate) mod two_factor;
}

pub use notices::notifications::{MailWish, NewNotice, NoticeMail, NoticeText, Notification};
pub use notices::webhook_deliveries::{DeliveryAttempt, DueDelivery, Replay, WebhookDelivery};
pub use notices::webhooks::{NewWebhook, Webhook};
pub use organisations::api_keys::ApiKey;
pub use organisations::invitations::{AcceptedInvitation, Invitation, InvitationMail, NewMember};
pub use organisations::member_role::MemberRole;
pub use organisations::members::Member;
pub use organisations::organisation::{Organisation, OrganisationMembership};
pub use organisations::roles::OwnRole;
pub use organisations::settings::{
    AnySetting, DEFAULT_CURRENCY, LOCALE, MAX_FILE_BYTES, MAX_ROWS_CSV, MAX_ROWS_EXCEL, MAX_ROWS_JSON, MAX_ROWS_XML,
    OFFER_RULE, SETTINGS, Setting, SettingChange, Settings, TWO_FACTOR_ROLES, VALIDATION_RULES, language_of, setting,
};
pub use people::accounts::{Account, NewOrganisation, Profile};
pub use people::links::LinkPurpose;
pub use people::mails::{MailKind, WaitingMail};
pub use people::sessions::{IDLE, NewSession, Rotation, Session};
pub use people::signing_keys::{SigningKey, StoredSigningKey};
pub use people::two_factor::SecondFactor;

db_tenancy::database!(
    /// The core database.
    CoreDb,
    "db_core",
    "../../../migrations/core"
);
