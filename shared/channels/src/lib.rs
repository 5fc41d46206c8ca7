//! What each sales channel wants to be told about a product, and in which form.
//!
//! Layouts are pure: a [`Listing`] in, bytes out. Who reads the products and where the bytes go is the business of
//! the function that exports.

mod listing;
mod read;
pub mod shopify;

pub use listing::{LeftOut, Listing};
pub use read::{Adapter, Platform, Record, Slot, recognise};
