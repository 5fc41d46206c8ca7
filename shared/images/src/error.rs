//! What is wrong with a picture, for people.

use std::fmt;

use crate::Format;

/// Why a file makes no thumbnails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Its first bytes are of no picture that we know.
    NotAPicture,
    /// It is a picture of a kind that we do not take; holds the kind.
    Unsupported(&'static str),
    /// It has more pixels than allowed; holds width, height and the limit.
    TooLarge(u32, u32, u64),
    /// It ends too early.
    Truncated(Format),
    /// Its content contradicts itself; holds what the decoder said.
    Broken(Format, String),
}

impl ImageError {
    /// A code that clients branch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            ImageError::NotAPicture => "not_a_picture",
            ImageError::Unsupported(_) => "format_unsupported",
            ImageError::TooLarge(..) => "too_many_pixels",
            ImageError::Truncated(_) => "truncated",
            ImageError::Broken(..) => "broken",
        }
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::NotAPicture => {
                f.write_str("expected a JPG, PNG or WebP picture, found something else; export the picture anew")
            }
            ImageError::Unsupported(kind) => {
                write!(f, "expected a JPG, PNG or WebP picture, found {kind}; save it as one of them")
            }
            ImageError::TooLarge(width, height, most) => {
                write!(
                    f,
                    "expected at most {} million pixels, found {width} x {height}; make it smaller",
                    most / 1_000_000
                )
            }
            ImageError::Truncated(format) => write!(f, "the {format} file ends too early; upload it again"),
            ImageError::Broken(format, what) => {
                write!(f, "the {format} file is damaged ({what}); export the picture anew")
            }
        }
    }
}

impl std::error::Error for ImageError {}
