//! A picture -> its thumbnails.

use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::color::to_srgb;
use crate::decode::{Pixels, decode};
use crate::{Format, ImageError};

/// How large a picture may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Width times height.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 50 million pixels: what the largest cameras of sellers take.
    fn default() -> Self {
        Self { max_pixels: 50_000_000 }
    }
}

/// A picture's facts and thumbnails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What the file is by its content.
    pub format: Format,
    /// Width of the upright picture, in pixels.
    pub width: u32,
    /// Height of the upright picture, in pixels.
    pub height: u32,
    /// The thumbnails, in the order of the sizes that were asked for.
    pub thumbnails: Vec<Thumbnail>,
}

/// A thumbnail: WebP in sRGB, upright, without metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// The size that was asked for: the most that the longest side has.
    pub size: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// WebP's quality, 0 to 100.
const QUALITY: f32 = 80.0;

/// Makes thumbnails whose longest sides are at most `sizes`; a smaller picture keeps its size.
///
/// # Errors
/// What is wrong with the file, for people.
pub fn render(bytes: &[u8], sizes: &[u32], limits: Limits) -> Result<Rendered, ImageError> {
    let format = Format::of(bytes)?;
    let longest = sizes.iter().copied().max().unwrap_or(1);
    let decoded = decode(bytes, format, longest, limits)?;
    let profile = decoded.profile;
    let (full_width, full_height) = decoded.original;
    let (width, height) = upright(decoded.orientation, full_width, full_height);

    let mut from_largest: Vec<u32> = sizes.to_vec();
    from_largest.sort_unstable_by(|a, b| b.cmp(a));
    let mut current = (decoded.width, decoded.height, decoded.pixels, decoded.bytes);
    let mut first = true;
    let mut thumbnails = Vec::new();
    for size in from_largest {
        // The size follows from the file's, so that decoding at a fraction rounds nothing twice.
        let (to_width, to_height) = fit(full_width, full_height, size);
        let resized = resize(current.3, current.2, (current.0, current.1), (to_width, to_height), format)?;
        let (resized, pixels) =
            if first { to_srgb(resized, current.2, profile.as_deref()) } else { (resized, current.2) };
        first = false;
        let (turned_width, turned_height, turned) = turn(&resized, pixels, (to_width, to_height), decoded.orientation);
        let webp = encode(&turned, pixels, turned_width, turned_height)
            .ok_or_else(|| ImageError::Broken(format, "its thumbnail could not be written".to_owned()))?;
        thumbnails.push(Thumbnail { size, width: turned_width, height: turned_height, bytes: webp });
        current = (to_width, to_height, pixels, resized);
    }
    thumbnails.sort_by_key(|thumbnail| sizes.iter().position(|size| *size == thumbnail.size));
    Ok(Rendered { format, width, height, thumbnails })
}

/// The largest size with the same proportions whose longest side is at most `size`; never larger than it is.
fn fit(width: u32, height: u32, size: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= size {
        return (width, height);
    }
    let scaled = |side: u32| {
        let exact = (u64::from(side) * u64::from(size) * 2 + u64::from(longest)) / (2 * u64::from(longest));
        u32::try_from(exact).unwrap_or(size).max(1)
    };
    (scaled(width), scaled(height))
}

fn resize(
    bytes: Vec<u8>,
    pixels: Pixels,
    from: (u32, u32),
    to: (u32, u32),
    format: Format,
) -> Result<Vec<u8>, ImageError> {
    if from == to {
        return Ok(bytes);
    }
    let failed = |problem: String| ImageError::Broken(format, problem);
    let kind = if pixels == Pixels::Rgb { PixelType::U8x3 } else { PixelType::U8x4 };
    let source = Image::from_vec_u8(from.0, from.1, bytes, kind).map_err(|problem| failed(problem.to_string()))?;
    let mut target = Image::new(to.0, to.1, kind);
    // Colour under transparent pixels must not shine through; ink has no transparency.
    let options = ResizeOptions::new().use_alpha(pixels == Pixels::Rgba);
    Resizer::new().resize(&source, &mut target, &options).map_err(|problem| failed(problem.to_string()))?;
    Ok(target.into_vec())
}

fn upright(orientation: Orientation, width: u32, height: u32) -> (u32, u32) {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    if matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH) {
        (height, width)
    } else {
        (width, height)
    }
}

fn turn(bytes: &[u8], pixels: Pixels, (width, height): (u32, u32), orientation: Orientation) -> (u32, u32, Vec<u8>) {
    if orientation == Orientation::NoTransforms {
        return (width, height, bytes.to_vec());
    }
    let picture = if pixels == Pixels::Rgba {
        RgbaImage::from_raw(width, height, bytes.to_vec()).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, bytes.to_vec()).map(DynamicImage::from)
    };
    let Some(mut picture) = picture else { return (width, height, bytes.to_vec()) };
    picture.apply_orientation(orientation);
    (picture.width(), picture.height(), picture.into_bytes())
}

fn encode(bytes: &[u8], pixels: Pixels, width: u32, height: u32) -> Option<Vec<u8>> {
    let encoder = if pixels == Pixels::Rgba {
        webp::Encoder::from_rgba(bytes, width, height)
    } else {
        webp::Encoder::from_rgb(bytes, width, height)
    };
    encoder.encode_simple(false, QUALITY).ok().map(|webp| webp.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_proportions_and_never_grow() {
        assert_eq!(fit(4000, 3000, 800), (800, 600));
        assert_eq!(fit(3000, 4001, 150), (112, 150));
        assert_eq!(fit(100, 50, 150), (100, 50));
        assert_eq!(fit(10_000, 1, 150), (150, 1));
    }
}
