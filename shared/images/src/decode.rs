//! Decodes a file into pixels, no more of them than needed.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder};
use mozjpeg::{ColorSpace, Decompress, Marker};

use crate::{Damage, Format, ImageError, Limits};

/// What the bytes of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pixels {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, opacity.
    Rgba,
    /// Cyan, magenta, yellow, black; 255 = no ink, as Adobe's programs write it.
    Cmyk,
}

/// Decoded pixels.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Pixels,
    pub(crate) bytes: Vec<u8>,
    /// The ICC profile, if the file has one.
    pub(crate) profile: Option<Vec<u8>>,
    pub(crate) orientation: Orientation,
    /// The size in the file; a JPEG may have been decoded at a fraction of it.
    pub(crate) original: (u32, u32),
}

/// Decodes a file. A JPEG is decoded at the smallest fraction whose longest side is still `longest` or more.
pub(crate) fn decode(bytes: &[u8], format: Format, longest: u32, limits: Limits) -> Result<Picture, ImageError> {
    match format {
        Format::Jpeg => {
            if !ends_as_jpeg(bytes) {
                return Err(ImageError::Truncated(format));
            }
            // The decoder passes over the whole picture for each scan: thousands of tiny scans would take minutes.
            if bytes.windows(2).filter(|pair| *pair == [0xff, 0xda]).count() > MOST_SCANS {
                return Err(ImageError::Broken(format, Damage::TooManyScans(MOST_SCANS)));
            }
            // libjpeg returns no errors: the wrapper unwinds instead.
            let decoded = catch_unwind(AssertUnwindSafe(|| jpeg(bytes, longest, limits)));
            decoded.unwrap_or(Err(ImageError::Broken(format, Damage::DecoderStopped)))
        }
        Format::Png => {
            let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), allocations(limits))
                .map_err(|problem| failed(format, problem))?;
            let profile = decoder.icc_profile().unwrap_or_default();
            from_decoder(decoder, profile, format, limits)
        }
        Format::Webp => {
            let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|problem| failed(format, problem))?;
            decoder.set_limits(allocations(limits)).map_err(|problem| failed(format, problem))?;
            let profile = decoder.icc_profile().unwrap_or_default();
            from_decoder(decoder, profile, format, limits)
        }
    }
}

/// The most scans of a JPEG. Encoders write about ten.
const MOST_SCANS: usize = 100;

fn allocations(limits: Limits) -> image::Limits {
    let mut allowed = image::Limits::default();
    // A pixel of four channels of 16 bits takes eight bytes, and the decoder may hold it twice.
    allowed.max_alloc = Some(limits.max_pixels.saturating_mul(16));
    allowed
}

fn check_size(width: u32, height: u32, limits: Limits) -> Result<(), ImageError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > limits.max_pixels {
        Err(ImageError::TooLarge(width, height, limits.max_pixels))
    } else {
        Ok(())
    }
}

fn from_decoder(
    mut decoder: impl ImageDecoder,
    profile: Option<Vec<u8>>,
    format: Format,
    limits: Limits,
) -> Result<Picture, ImageError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(|problem| failed(format, problem))?;
    let (pixels, bytes) = if decoded.color().has_alpha() {
        (Pixels::Rgba, decoded.into_rgba8().into_raw())
    } else {
        (Pixels::Rgb, decoded.into_rgb8().into_raw())
    };
    Ok(Picture { width, height, pixels, bytes, profile, orientation, original: (width, height) })
}

fn failed(format: Format, problem: image::ImageError) -> ImageError {
    let text = problem.to_string();
    if let image::ImageError::Limits(_) = problem {
        return ImageError::Broken(format, Damage::TooMuchMemory);
    }
    let early = [
        "unexpected end",
        "UnexpectedEof",
        "failed to fill",
        "Unexpected end",
        "not enough",
        "is truncated",
        "InvalidChunkSize",
    ];
    if early.iter().any(|sign| text.contains(sign)) {
        return ImageError::Truncated(format);
    }
    ImageError::Broken(format, Damage::Reported(text.chars().take(200).collect()))
}

/// Returns `true` if the end-of-image marker is near the end. Without this check, libjpeg would fill the missing part
/// with grey and report no error.
fn ends_as_jpeg(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(64 * 1024)..];
    tail.windows(2).any(|pair| pair == [0xff, 0xd9])
}

fn jpeg(bytes: &[u8], longest: u32, limits: Limits) -> Result<Picture, ImageError> {
    let broken = |problem: std::io::Error| {
        ImageError::Broken(Format::Jpeg, Damage::Reported(problem.to_string().chars().take(200).collect()))
    };
    let markers = [Marker::APP(1), Marker::APP(2), Marker::APP(14)];
    let mut decoder = Decompress::with_markers(&markers).from_mem(bytes).map_err(broken)?;
    let (full_width, full_height) =
        (u32::try_from(decoder.width()).unwrap_or(u32::MAX), u32::try_from(decoder.height()).unwrap_or(u32::MAX));
    check_size(full_width, full_height, limits)?;
    let mut profile = Vec::new();
    let mut orientation = Orientation::NoTransforms;
    for marker in decoder.markers() {
        match marker.marker {
            Marker::APP(1) => orientation = exif_orientation(marker.data).unwrap_or(orientation),
            Marker::APP(2) => profile.extend(profile_chunk(marker.data)),
            _ => {}
        }
    }
    profile.sort_by_key(|(number, _): &(u8, &[u8])| *number);
    let profile: Vec<u8> = profile.into_iter().flat_map(|(_, chunk)| chunk.iter().copied()).collect();
    let side = u64::from(full_width.max(full_height));
    let eighths = (1..=8_u8).find(|eighths| side * u64::from(*eighths) / 8 >= u64::from(longest)).unwrap_or(8);
    decoder.scale(eighths);
    let ink = matches!(decoder.color_space(), ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK);
    let mut started = if ink { decoder.to_colorspace(ColorSpace::JCS_CMYK) } else { decoder.rgb() }.map_err(broken)?;
    let (width, height) =
        (u32::try_from(started.width()).unwrap_or_default(), u32::try_from(started.height()).unwrap_or_default());
    let bytes: Vec<u8> = started.read_scanlines().map_err(broken)?;
    let pixels = if ink { Pixels::Cmyk } else { Pixels::Rgb };
    let channels = if ink { 4 } else { 3 };
    if bytes.len() as u64 != u64::from(width) * u64::from(height) * channels {
        return Err(ImageError::Truncated(Format::Jpeg));
    }
    let profile = Some(profile).filter(|profile| !profile.is_empty());
    Ok(Picture { width, height, pixels, bytes, profile, orientation, original: (full_width, full_height) })
}

/// Parses one part of an ICC profile: `ICC_PROFILE\0`, its number, the number of parts (ICC.1, annex B.4).
fn profile_chunk(data: &[u8]) -> Option<(u8, &[u8])> {
    let rest = data.strip_prefix(b"ICC_PROFILE\0")?;
    Some((*rest.first()?, rest.get(2..)?))
}

fn exif_orientation(data: &[u8]) -> Option<Orientation> {
    let raw = data.strip_prefix(b"Exif\0\0")?;
    let exif = exif::Reader::new().read_raw(raw.to_vec()).ok()?;
    let value = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}
