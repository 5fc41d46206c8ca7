//! Every message that a user can see, by code, in English and French.
//!
//! One module per domain or shared crate; each entry of its [`messages!`] is a function whose parameters are the values that
//! the message names, and whose result is a [`Text`] in both languages. Who shows it chooses the language: the answer of
//! a request by its header `Accept-Language`, a report by the organisation's locale, a mail by the recipient's.

#![expect(clippy::doc_markdown, reason = "the documentation of a message is the message itself")]

mod catalogue;
mod entry;
mod language;
mod text;

/// The messages, one module per domain or shared crate.
mod texts {
    pub mod catalog;
    pub mod channels;
    pub mod exports;
    pub mod files;
    pub mod identity;
    pub mod imports;
    pub mod mapping;
    pub mod media;
    pub mod notifications;
    pub mod planning;
    pub mod product;
    pub mod runtime;
    pub mod servers;
    pub mod suppliers;
    pub mod things;
}

pub use catalogue::entries;
pub use entry::Entry;
pub use language::Language;
pub use text::{Text, Value};
pub use texts::{
    catalog, channels, exports, files, identity, imports, mapping, media, notifications, planning, product, runtime,
    servers, suppliers, things,
};
