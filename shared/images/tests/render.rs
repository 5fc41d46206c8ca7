//! Thumbnails of generated pictures: every format, every orientation, every kind of damage.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use images::{Format, ImageError, Limits, Rendered, render};
use proptest::prelude::*;

/// Left half red, right half blue, the upper left corner green: so a wrong rotation is visible.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            Rgb([0, 200, 0])
        } else if x < width / 2 {
            Rgb([220, 0, 0])
        } else {
            Rgb([0, 0, 220])
        }
    })
}

fn jpeg(picture: &RgbImage, exif: Option<u8>) -> Vec<u8> {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(picture.width() as usize, picture.height() as usize);
    encoder.set_quality(90.0);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    if let Some(orientation) = exif {
        let tiff =
            [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation], b"\0\0\0\0\0\0"]
                .concat();
        started.write_marker(mozjpeg::Marker::APP(1), &tiff);
    }
    started.write_scanlines(picture.as_raw()).unwrap();
    started.finish().unwrap()
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn made(bytes: &[u8]) -> Rendered {
    render(bytes, &[150, 300, 800], Limits::default()).unwrap()
}

fn pixel(webp: &[u8], x: f64, y: f64) -> [u8; 4] {
    let picture = image::load_from_memory_with_format(webp, ImageFormat::WebP).unwrap().into_rgba8();
    let at = |side: u32, share: f64| (f64::from(side - 1) * share) as u32;
    picture.get_pixel(at(picture.width(), x), at(picture.height(), y)).0
}

fn is(found: [u8; 4], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 45)
}

const GREEN: [u8; 3] = [0, 200, 0];

#[test]
fn a_large_jpeg_becomes_three_sizes() {
    let rendered = made(&jpeg(&picture(2000, 1500), None));
    assert_eq!((rendered.format, rendered.width, rendered.height), (Format::Jpeg, 2000, 1500));
    let sizes: Vec<(u32, u32)> = rendered.thumbnails.iter().map(|one| (one.width, one.height)).collect();
    assert_eq!(sizes, [(150, 113), (300, 225), (800, 600)]);
    for thumbnail in &rendered.thumbnails {
        assert_eq!(Format::of(&thumbnail.bytes), Ok(Format::Webp));
        assert!(is(pixel(&thumbnail.bytes, 0.1, 0.1), GREEN) && is(pixel(&thumbnail.bytes, 0.9, 0.9), [0, 0, 220]));
    }
}

#[test]
fn a_small_picture_keeps_its_size() {
    let sizes: Vec<u32> =
        made(&encoded(picture(200, 100), ImageFormat::Png)).thumbnails.iter().map(|one| one.width).collect();
    assert_eq!(sizes, [150, 200, 200]);
}

#[test]
fn every_orientation_ends_upright() {
    // Where the green corner, upper left in the file, is in the upright picture: EXIF 2.3, tag 0x0112.
    for (orientation, corner, turned) in [
        (1, (0.1, 0.1), false),
        (2, (0.9, 0.1), false),
        (3, (0.9, 0.9), false),
        (4, (0.1, 0.9), false),
        (5, (0.1, 0.1), true),
        (6, (0.9, 0.1), true),
        (7, (0.9, 0.9), true),
        (8, (0.1, 0.9), true),
    ] {
        let rendered = made(&jpeg(&picture(400, 200), Some(orientation)));
        assert_eq!((rendered.width, rendered.height), if turned { (200, 400) } else { (400, 200) }, "{orientation}");
        for thumbnail in &rendered.thumbnails {
            assert!(is(pixel(&thumbnail.bytes, corner.0, corner.1), GREEN), "{orientation} at {}", thumbnail.size);
        }
    }
}

#[test]
fn transparency_grey_and_sixteen_bits_are_right() {
    let glass =
        RgbaImage::from_fn(400, 400, |x, _| if x < 200 { Rgba([255, 255, 255, 0]) } else { Rgba([200, 30, 30, 255]) });
    let rendered = made(&encoded(glass, ImageFormat::Png));
    assert_eq!(pixel(&rendered.thumbnails[0].bytes, 0.2, 0.5)[3], 0, "what is transparent stays so");
    assert!(is(pixel(&rendered.thumbnails[0].bytes, 0.55, 0.5), [200, 30, 30]), "and does not shine through");
    let deep = image::ImageBuffer::from_pixel(300, 300, image::Rgb([65_535_u16, 32_768, 0]));
    assert!(is(pixel(&made(&encoded(deep, ImageFormat::Png)).thumbnails[2].bytes, 0.5, 0.5), [255, 128, 0]));
    let grey = image::GrayImage::from_pixel(300, 300, image::Luma([90]));
    assert!(is(pixel(&made(&encoded(grey, ImageFormat::Png)).thumbnails[1].bytes, 0.5, 0.5), [90, 90, 90]));
    assert!(is(
        pixel(&made(&encoded(picture(300, 300), ImageFormat::WebP)).thumbnails[1].bytes, 0.9, 0.5),
        [0, 0, 220]
    ));
}

#[test]
fn cmyk_is_converted_to_rgb() {
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_CMYK);
    encoder.set_size(320, 240);
    let mut started = encoder.start_compress(Vec::new()).unwrap();
    // Adobe's way: 255 = no ink. Full magenta and yellow: red.
    started.write_scanlines(&[255, 0, 0, 255].repeat(320 * 240)).unwrap();
    let rendered = made(&started.finish().unwrap());
    assert!(is(pixel(&rendered.thumbnails[0].bytes, 0.5, 0.5), [255, 0, 0]));
}

#[test]
fn a_profile_is_applied() {
    // The red of Display P3 is outside sRGB: the same colour has a higher value in sRGB.
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    use image::ImageEncoder;
    encoder.set_icc_profile(moxcms::ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    encoder.write_image(&[180, 60, 60].repeat(200 * 200), 200, 200, image::ExtendedColorType::Rgb8).unwrap();
    let found = pixel(&made(&bytes).thumbnails[0].bytes, 0.5, 0.5);
    assert!(found[0] > 188 && found[1] < 56, "{found:?}");
}

#[test]
fn each_kind_of_unusable_file_has_its_code() {
    let whole = jpeg(&picture(800, 600), None);
    let png = encoded(picture(400, 400), ImageFormat::Png);
    let code = |bytes: &[u8]| render(bytes, &[150], Limits::default()).unwrap_err().code();
    assert_eq!(code(b""), "not_a_picture");
    assert_eq!(code(b"<html>"), "not_a_picture");
    assert_eq!(code(b"GIF89a......"), "format_unsupported");
    assert_eq!(code(&whole[..whole.len() / 2]), "truncated");
    assert_eq!(code(&png[..png.len() / 2]), "truncated");
    assert_eq!(code(&[&whole[..20], &[0; 40], &[0xff, 0xd9]].concat()), "broken");
    let bomb = render(&whole, &[150], Limits { max_pixels: 1_000 }).unwrap_err();
    assert_eq!(bomb, ImageError::TooLarge(800, 600, 1_000));
    assert_eq!(Format::named("photo.JPEG"), Some(Format::Jpeg));
    assert_eq!(Format::named("photo.gif"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_an_error_or_a_picture_and_never_a_panic(kind in 0..3, at in 0.0..1.0_f64, garbage in proptest::collection::vec(any::<u8>(), 1..40)) {
        let mut bytes = match kind {
            0 => jpeg(&picture(120, 90), Some(6)),
            1 => encoded(picture(120, 90), ImageFormat::Png),
            _ => encoded(picture(120, 90), ImageFormat::WebP),
        };
        let place = (at * bytes.len() as f64) as usize;
        for (offset, byte) in garbage.into_iter().enumerate() {
            if let Some(target) = bytes.get_mut(place + offset) {
                *target = byte;
            }
        }
        let _ = render(&bytes, &[64], Limits { max_pixels: 1_000_000 });
    }

    #[test]
    fn arbitrary_bytes_never_panic(head in 0..4, tail in proptest::collection::vec(any::<u8>(), 0..400)) {
        let heads: [&[u8]; 4] = [&[], &[0xff, 0xd8, 0xff, 0xe0], b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 "];
        let _ = render(&[heads[head as usize], &tail].concat(), &[64], Limits::default());
    }
}
