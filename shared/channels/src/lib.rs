//! The file formats of the sales channels, as pure functions: values in, bytes out, and back.
//!
//! [`LayoutWriter`] writes listings as the files of a channel; [`Adapter`] reads the files that shops export.

mod axes;
mod catalogue;
mod column;
mod demands;
mod fields;
mod keys;
mod layout;
mod line;
mod listing;
mod mapping;
mod options;
mod read;
mod render;
mod values;
mod write;

pub use catalogue::{ColumnInfo, FileInfo, FormOptions, Format, Layout, LayoutInfo, Package, Preset, layouts, presets};
pub use layout::{LayoutWriter, TableInfo, Written, media_type};
pub use listing::{Item, ItemAttribute, LeftOut, Listing, attribute_texts};
pub use mapping::{FieldMapping, MappingError};
pub use options::{Columns, LayoutOptions, Seller};
pub use read::{Adapter, Platform, Record, Slot, recognise};
pub use write::{AmazonTemplate, TemplateError};
