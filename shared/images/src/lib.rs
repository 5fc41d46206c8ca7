//! Pictures: detects a file's format by its content, and makes thumbnails.
//!
//! A thumbnail is WebP in sRGB, upright, without metadata, never larger than the picture. A JPEG is decoded at the
//! smallest fraction that still covers the largest thumbnail, so memory and time hardly grow with the picture. Each
//! thumbnail is then resized from the next larger one. Everything here is pure: bytes in, bytes out, with limits for
//! both.

mod color;
mod decode;
mod detect;
mod error;
mod format;
mod limits;
mod render;

pub use error::{Damage, ImageError};
pub use format::Format;
pub use limits::Limits;
pub use render::{Conversion, Rendered, Thumbnail, convert, render};
