//! What is wrong with a picture.

use std::fmt;

use messages::{Text, media as say};

use crate::Format;

/// Why no thumbnails can be made of a file. `Display` is for logs; [`ImageError::message`] is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Its first bytes are not those of a known kind of picture.
    NotAPicture,
    /// It is a picture of a kind that is not supported; holds the kind, such as `GIF`.
    Unsupported(&'static str),
    /// It has more pixels than allowed; holds width, height and the limit.
    TooLarge(u32, u32, u64),
    /// It ends too early.
    Truncated(Format),
    /// Its content is damaged, or cannot be converted.
    Broken(Format, Damage),
}

/// What is wrong with the content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has more scans than allowed; holds the limit.
    TooManyScans(usize),
    /// The decoder stopped without a reason.
    DecoderStopped,
    /// Decoding it needs more memory than allowed.
    TooMuchMemory,
    /// The new file could not be written in this format.
    NotWritten(Format),
    /// What the decoder or the encoder reported.
    Reported(String),
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

impl ImageError {
    /// What is wrong with the picture, for people.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            ImageError::NotAPicture => say::not_a_picture(),
            ImageError::Unsupported(kind) => say::format_unsupported(kind),
            ImageError::TooLarge(width, height, most) => say::too_many_pixels(most / 1_000_000, width, height),
            ImageError::Truncated(format) => say::truncated(format),
            ImageError::Broken(format, damage) => say::broken(format, damage.message()),
        }
    }
}

impl Damage {
    fn message(&self) -> Text {
        match self {
            Damage::TooManyScans(most) => say::too_many_scans(most),
            Damage::DecoderStopped => say::decoder_stopped(),
            Damage::TooMuchMemory => say::too_much_memory(),
            Damage::NotWritten(format) => say::not_written(format),
            Damage::Reported(words) => Text::verbatim(words),
        }
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::NotAPicture => f.write_str("not a picture"),
            ImageError::Unsupported(kind) => write!(f, "{kind} is not supported"),
            ImageError::TooLarge(width, height, most) => write!(f, "{width} x {height} is more than {most} pixels"),
            ImageError::Truncated(format) => write!(f, "the {format} is truncated"),
            ImageError::Broken(format, damage) => write!(f, "the {format} is broken: {damage:?}"),
        }
    }
}

impl std::error::Error for ImageError {}
