//! Converts colours of any profile into sRGB.

use moxcms::{ColorProfile, Layout, TransformOptions};

use crate::decode::Pixels;

/// Converts pixels into sRGB by their ICC profile. CMYK without a profile is converted by a formula: each colour's
/// light, dimmed by the black.
pub(crate) fn to_srgb(bytes: Vec<u8>, pixels: Pixels, profile: Option<&[u8]>) -> (Vec<u8>, Pixels) {
    let ink = |bytes: &[u8]| bytes.iter().map(|byte| 255 - byte).collect::<Vec<u8>>();
    if let Some(converted) = profile.and_then(|profile| by_profile(&bytes, pixels, profile, ink)) {
        return converted;
    }
    match pixels {
        Pixels::Cmyk => {
            let light = |ink: u8, black: u8| u8::try_from(u32::from(ink) * u32::from(black) / 255).unwrap_or(u8::MAX);
            let rgb =
                bytes.chunks_exact(4).flat_map(|p| [light(p[0], p[3]), light(p[1], p[3]), light(p[2], p[3])]).collect();
            (rgb, Pixels::Rgb)
        }
        other => (bytes, other),
    }
}

/// Converts by the profile. Returns `None` if the profile is damaged or of another kind than the pixels: then they are
/// assumed to be sRGB.
fn by_profile(
    bytes: &[u8],
    pixels: Pixels,
    profile: &[u8],
    ink: impl Fn(&[u8]) -> Vec<u8>,
) -> Option<(Vec<u8>, Pixels)> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    let srgb = ColorProfile::new_srgb();
    let of_ink = source.color_space == moxcms::DataColorSpace::Cmyk;
    let of_light = source.color_space == moxcms::DataColorSpace::Rgb;
    let options = TransformOptions::default();
    match pixels {
        Pixels::Cmyk if of_ink => {
            let transform = source.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, options).ok()?;
            let mut rgb = vec![0; bytes.len() / 4 * 3];
            transform.transform(&ink(bytes), &mut rgb).ok()?;
            Some((rgb, Pixels::Rgb))
        }
        Pixels::Rgb if of_light => {
            let transform = source.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options).ok()?;
            let mut rgb = vec![0; bytes.len()];
            transform.transform(bytes, &mut rgb).ok()?;
            Some((rgb, Pixels::Rgb))
        }
        Pixels::Rgba if of_light => {
            let transform = source.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options).ok()?;
            let mut rgba = vec![0; bytes.len()];
            transform.transform(bytes, &mut rgba).ok()?;
            Some((rgba, Pixels::Rgba))
        }
        _ => None,
    }
}
