//! `db_core`: organisations, people, sessions, roles, keys, settings, and the check of a caller that every domain makes.

mod accounts;
mod api_keys;
mod authenticate;
mod context;
mod invitations;
mod links;
mod mails;
mod member_role;
mod members;
mod notifications;
mod organisations;
mod roles;
mod sessions;
mod settings;
mod signing_keys;
mod two_factor;
mod webhooks;

pub use accounts::{Account, NewOrganisation, Profile};
pub use api_keys::ApiKey;
pub use authenticate::{AUDIENCE, Claims, KEY_PREFIX, admit, issuer};
pub use invitations::{Invitation, InvitationMail, Joined, Joining};
pub use links::LinkPurpose;
pub use mails::{MailKind, WaitingMail};
pub use member_role::MemberRole;
pub use members::Member;
pub use notifications::{MailWish, NewNotice, NoticeMail, NoticeText, Notification};
pub use organisations::{Belonging, Organisation};
pub use roles::OwnRole;
pub use sessions::{IDLE, NewSession, Rotation, Session};
pub use settings::{
    AnySetting, DEFAULT_CURRENCY, LOCALE, MAX_FILE_BYTES, MAX_ROWS_CSV, MAX_ROWS_EXCEL, MAX_ROWS_JSON, MAX_ROWS_XML,
    OFFER_RULE, SETTINGS, Setting, SettingChange, Settings, TWO_FACTOR_ROLES, VALIDATION_RULES, setting,
};
pub use signing_keys::{SigningKey, StoredSigningKey};
pub use two_factor::SecondFactor;
pub use webhooks::{DueDelivery, NewWebhook, Replay, Tried, Webhook, WebhookDelivery};

db_tenancy::database!(
    /// The core database.
    CoreDb,
    "db_core",
    "../../../migrations/core"
);
