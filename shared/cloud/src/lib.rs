//! AWS as this product uses it: one small struct per service, opened lazily through [`runtime::Cx::get`].
//!
//! No type of an AWS SDK leaves this crate. Every call has a timeout and is retried three times by the SDK; what
//! still fails is [`runtime::Error::Internal`] with its causes.

mod aws;
mod bus;
mod foreign_bucket;
mod keys;
mod mail;
mod objects;
mod queues;
mod roles;
mod secrets;
mod table;

pub use bus::{Bus, BusEvent};
pub use foreign_bucket::{ForeignBucket, StoreKeys};
pub use keys::Keys;
pub use mail::Mail;
pub use objects::{ObjectReader, Objects, PresignedUpload, Upload};
pub use queues::{Outgoing, Queues};
pub use roles::{RoleRefused, Roles};
pub use secrets::{DatabaseLogin, Secrets};
pub use table::Table;
