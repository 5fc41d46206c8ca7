//! Makes thumbnails of pictures, and converts pictures.

use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::color::to_srgb;
use crate::decode::{Pixels, decode};
use crate::limits::Limits;
use crate::{Damage, Format, ImageError};

/// A picture's format, size and thumbnails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The file's format, by its content.
    pub format: Format,
    /// Width of the upright picture, in pixels.
    pub width: u32,
    /// Height of the upright picture, in pixels.
    pub height: u32,
    /// The thumbnails, in the order of the requested sizes.
    pub thumbnails: Vec<Thumbnail>,
}

/// A thumbnail: WebP in sRGB, upright, without metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// The requested size: the upper limit of the longest side, in pixels.
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
/// [`ImageError`]: what is wrong with the file.
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
        // The size is computed from the file's size, so that decoding at a fraction causes no second rounding.
        let (to_width, to_height) = fit(full_width, full_height, size);
        let resized = resize(current.3, current.2, (current.0, current.1), (to_width, to_height), format)?;
        let (resized, pixels) =
            if first { to_srgb(resized, current.2, profile.as_deref()) } else { (resized, current.2) };
        first = false;
        let (turned_width, turned_height, turned) = turn(&resized, pixels, (to_width, to_height), decoded.orientation);
        let webp = encode(&turned, pixels, turned_width, turned_height)
            .ok_or(ImageError::Broken(format, Damage::NotWritten(Format::Webp)))?;
        thumbnails.push(Thumbnail { size, width: turned_width, height: turned_height, bytes: webp });
        current = (to_width, to_height, pixels, resized);
    }
    thumbnails.sort_by_key(|thumbnail| sizes.iter().position(|size| *size == thumbnail.size));
    Ok(Rendered { format, width, height, thumbnails })
}

/// How a picture is converted for a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// The largest width and height, in pixels; default: the picture keeps its size.
    pub within: Option<(u32, u32)>,
    /// The format; default: the picture keeps its format.
    pub format: Option<Format>,
    /// The quality of JPEG and WebP, 1 to 100.
    pub quality: u8,
}

/// Converts a picture to a smaller size or another format, in sRGB, upright, without metadata. Returns the file and its
/// format. Transparent pixels become white in a JPEG.
///
/// # Errors
/// [`ImageError`]: what is wrong with the file.
pub fn convert(bytes: &[u8], wish: &Conversion, limits: Limits) -> Result<(Vec<u8>, Format), ImageError> {
    let format = Format::of(bytes)?;
    let longest = wish.within.map_or(u32::MAX, |(width, height)| width.max(height));
    let decoded = decode(bytes, format, longest, limits)?;
    let (full_width, full_height) = upright(decoded.orientation, decoded.original.0, decoded.original.1);
    // The limits apply to the upright picture.
    let (to_width, to_height) = match wish.within {
        Some((most_width, most_height)) => {
            let scale = (f64::from(most_width) / f64::from(full_width))
                .min(f64::from(most_height) / f64::from(full_height))
                .min(1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the size that it had")]
            let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
            upright(decoded.orientation, side(full_width), side(full_height))
        }
        None => (decoded.width, decoded.height),
    };
    let resized =
        resize(decoded.bytes, decoded.pixels, (decoded.width, decoded.height), (to_width, to_height), format)?;
    let (resized, pixels) = to_srgb(resized, decoded.pixels, decoded.profile.as_deref());
    let (width, height, turned) = turn(&resized, pixels, (to_width, to_height), decoded.orientation);
    let to = wish.format.unwrap_or(format);
    let failed = |problem: String| ImageError::Broken(format, Damage::Reported(problem));
    let made = match to {
        Format::Webp => encode_at(&turned, pixels, (width, height), f32::from(wish.quality))
            .ok_or(ImageError::Broken(format, Damage::NotWritten(Format::Webp)))?,
        Format::Jpeg => {
            jpeg(&flat(turned, pixels), (width, height), wish.quality).map_err(|why| failed(why.to_string()))?
        }
        Format::Png => {
            use image::ImageEncoder;
            let mut made = Vec::new();
            let color =
                if pixels == Pixels::Rgba { image::ExtendedColorType::Rgba8 } else { image::ExtendedColorType::Rgb8 };
            image::codecs::png::PngEncoder::new(&mut made)
                .write_image(&turned, width, height, color)
                .map_err(|why| failed(why.to_string()))?;
            made
        }
    };
    Ok((made, to))
}

/// Returns the pixels on a white background.
fn flat(bytes: Vec<u8>, pixels: Pixels) -> Vec<u8> {
    if pixels != Pixels::Rgba {
        return bytes;
    }
    let over = |color: u8, alpha: u8| {
        let (color, alpha) = (u32::from(color), u32::from(alpha));
        u8::try_from((color * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
    };
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[red, green, blue, alpha]| [red, green, blue].map(|color| over(*color, *alpha)))
        .collect()
}

fn jpeg(rgb: &[u8], (width, height): (u32, u32), quality: u8) -> std::io::Result<Vec<u8>> {
    let mut compress = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    compress.set_size(width as usize, height as usize);
    compress.set_quality(f32::from(quality));
    let mut started = compress.start_compress(Vec::new())?;
    started.write_scanlines(rgb)?;
    started.finish()
}

/// Returns the largest size with the same proportions whose longest side is at most `size`; never larger than the
/// picture.
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
    let failed = |problem: String| ImageError::Broken(format, Damage::Reported(problem));
    let kind = if pixels == Pixels::Rgb { PixelType::U8x3 } else { PixelType::U8x4 };
    let source = Image::from_vec_u8(from.0, from.1, bytes, kind).map_err(|problem| failed(problem.to_string()))?;
    let mut target = Image::new(to.0, to.1, kind);
    // The colour of transparent pixels must not mix into their neighbours; CMYK has no transparency.
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
    encode_at(bytes, pixels, (width, height), QUALITY)
}

fn encode_at(bytes: &[u8], pixels: Pixels, (width, height): (u32, u32), quality: f32) -> Option<Vec<u8>> {
    let encoder = if pixels == Pixels::Rgba {
        webp::Encoder::from_rgba(bytes, width, height)
    } else {
        webp::Encoder::from_rgb(bytes, width, height)
    };
    encoder.encode_simple(false, quality).ok().map(|webp| webp.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_become_smaller_and_other_formats() {
        use image::ImageEncoder;
        let mut png = Vec::new();
        let pixels: Vec<u8> =
            (0..40 * 20).flat_map(|at| [200, (at % 40) as u8, 10, if at < 400 { 0 } else { 255 }]).collect();
        image::codecs::png::PngEncoder::new(&mut png)
            .write_image(&pixels, 40, 20, image::ExtendedColorType::Rgba8)
            .unwrap();
        for format in Format::ALL {
            let wish = Conversion { within: Some((20, 20)), format: Some(format), quality: 85 };
            let (made, to) = convert(&png, &wish, Limits::default()).unwrap();
            assert_eq!((to, Format::of(&made).unwrap()), (format, format));
            let again = decode(&made, format, u32::MAX, Limits::default()).unwrap();
            assert_eq!((again.width, again.height), (20, 10), "{format:?}");
            // Transparent pixels are white in a JPEG.
            if format == Format::Jpeg {
                assert!(again.bytes[..3].iter().all(|color| *color > 240), "{:?}", &again.bytes[..3]);
            }
        }
        let same = Conversion { within: None, format: None, quality: 85 };
        assert_eq!(convert(&png, &same, Limits::default()).unwrap().1, Format::Png);
        assert!(convert(b"no picture", &same, Limits::default()).is_err());
    }

    #[test]
    fn sizes_keep_proportions_and_never_grow() {
        assert_eq!(fit(4000, 3000, 800), (800, 600));
        assert_eq!(fit(3000, 4001, 150), (112, 150));
        assert_eq!(fit(100, 50, 150), (100, 50));
        assert_eq!(fit(10_000, 1, 150), (150, 1));
    }
}
