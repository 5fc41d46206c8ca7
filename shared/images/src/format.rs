//! What a file is, by its first bytes.
//!
//! Sources: the magic numbers of ISO/IEC 10918-1 (JPEG), RFC 2083 (PNG), RFC 9649 (WebP), the `GIF89a`, TIFF 6.0 and BMP
//! specifications, ISO/IEC 14496-12 (`ftyp` of HEIC and AVIF).

use std::fmt;

use crate::ImageError;

/// A kind of picture that products can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Format {
    /// The three.
    pub const ALL: [Format; 3] = [Format::Jpeg, Format::Png, Format::Webp];

    /// The kind of a file, by its content.
    ///
    /// # Errors
    /// When it is another kind of picture, or none.
    pub fn of(bytes: &[u8]) -> Result<Self, ImageError> {
        let at = |range: std::ops::Range<usize>| bytes.get(range).unwrap_or_default();
        Ok(match bytes {
            [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
            [b'R', b'I', b'F', b'F', ..] if at(8..12) == b"WEBP" => Format::Webp,
            [b'G', b'I', b'F', b'8', ..] => return Err(ImageError::Unsupported("a GIF")),
            [b'B', b'M', ..] if bytes.len() > 26 => return Err(ImageError::Unsupported("a BMP")),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => return Err(ImageError::Unsupported("a TIFF")),
            [b'%', b'P', b'D', b'F', ..] => return Err(ImageError::Unsupported("a PDF")),
            _ if at(4..8) == b"ftyp" && matches!(at(8..12), b"heic" | b"heix" | b"mif1") => {
                return Err(ImageError::Unsupported("a HEIC"));
            }
            _ if at(4..8) == b"ftyp" && at(8..12) == b"avif" => return Err(ImageError::Unsupported("an AVIF")),
            _ if bytes.trim_ascii_start().starts_with(b"<svg") => return Err(ImageError::Unsupported("an SVG")),
            _ => return Err(ImageError::NotAPicture),
        })
    }

    /// The format's media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
        }
    }

    /// The end of a file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
        }
    }

    /// The format that a file's name promises.
    #[must_use]
    pub fn named(file_name: &str) -> Option<Self> {
        let (_, extension) = file_name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Format::Jpeg),
            "png" => Some(Format::Png),
            "webp" => Some(Format::Webp),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Jpeg => "JPG",
            Format::Png => "PNG",
            Format::Webp => "WebP",
        })
    }
}
