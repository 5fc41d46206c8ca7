//! What the sales channels want, as pure functions: values in, bytes out, and back.
//!
//! [`LayoutWriter`] writes listings as the files of a channel; [`Adapter`] reads the files that shops export.

mod catalogue;
mod fields;
mod layout;
mod listing;
mod mapping;
mod read;
mod render;
mod write;

pub use catalogue::{ColumnInfo, FileInfo, FormOptions, Format, Layout, LayoutInfo, Package, Preset, layouts, presets};
pub use layout::{LayoutWriter, TableInfo, Written, media_type};
pub use listing::{Item, ItemAttribute, LeftOut, Listing, attribute_texts};
pub use mapping::{FieldMapping, MappingError};
pub use read::{Adapter, Platform, Record, Slot, recognise};
pub use write::{AmazonTemplate, Columns, LayoutOptions, Seller, TemplateError};
