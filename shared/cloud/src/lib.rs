//! The AWS services that the product uses: one small struct for each, opened lazily through [`runtime::Cx::get`].
//!
//! No public item of this crate uses a type of an AWS SDK. Every call has a timeout, and the SDK makes three attempts;
//! what still fails is [`runtime::Error::Internal`] with its causes.

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
