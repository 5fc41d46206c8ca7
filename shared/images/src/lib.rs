//! Pictures: what a file is by its content, and its thumbnails.
//!
//! A thumbnail is WebP in sRGB, upright, without metadata, never larger than the picture. A JPEG is decoded at the smallest
//! fraction that still covers the largest thumbnail, so memory and time hardly grow with the picture; then one resize
//! after the other, each from the one before. Everything here is pure: bytes in, bytes out, and limits for both.

mod color;
mod decode;
mod detect;
mod error;
mod format;
mod limits;
mod render;

pub use error::ImageError;
pub use format::Format;
pub use limits::Limits;
pub use render::{Conversion, Rendered, Thumbnail, convert, render};
