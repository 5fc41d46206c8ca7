//! What a file is, by its first bytes.
//!
//! Sources: the magic numbers of ISO/IEC 10918-1 (JPEG), RFC 2083 (PNG), RFC 9649 (WebP), the `GIF89a`, TIFF 6.0 and
//! BMP specifications, ISO/IEC 14496-12 (`ftyp` of HEIC and AVIF).

use crate::error::ImageError;
use crate::format::Format;

impl Format {
    /// Returns the format of a file, by its content.
    ///
    /// # Errors
    /// When it is another kind of picture, or not a picture.
    pub fn of(bytes: &[u8]) -> Result<Self, ImageError> {
        let at = |range: std::ops::Range<usize>| bytes.get(range).unwrap_or_default();
        Ok(match bytes {
            [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
            [b'R', b'I', b'F', b'F', ..] if at(8..12) == b"WEBP" => Format::Webp,
            [b'G', b'I', b'F', b'8', ..] => return Err(ImageError::Unsupported("GIF")),
            [b'B', b'M', ..] if bytes.len() > 26 => return Err(ImageError::Unsupported("BMP")),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => return Err(ImageError::Unsupported("TIFF")),
            [b'%', b'P', b'D', b'F', ..] => return Err(ImageError::Unsupported("PDF")),
            _ if at(4..8) == b"ftyp" && matches!(at(8..12), b"heic" | b"heix" | b"mif1") => {
                return Err(ImageError::Unsupported("HEIC"));
            }
            _ if at(4..8) == b"ftyp" && at(8..12) == b"avif" => return Err(ImageError::Unsupported("AVIF")),
            _ if bytes.trim_ascii_start().starts_with(b"<svg") => return Err(ImageError::Unsupported("SVG")),
            _ => return Err(ImageError::NotAPicture),
        })
    }
}
