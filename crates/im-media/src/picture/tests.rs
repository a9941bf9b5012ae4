//! What is told of pictures.

use std::io::{Cursor, Write};

use image::{
    ColorType, DynamicImage, ImageBuffer, ImageEncoder, ImageError, ImageFormat, Rgb, RgbImage, Rgba,
    RgbaImage,
};
use tempfile::NamedTempFile;

use super::{decode, look, look_now};

/// Noise: what no format makes small.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    ImageBuffer::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 8) as u8, (state >> 16) as u8, (state >> 24) as u8])
    })
}

fn encoded(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn a_large_picture_has_a_small_one_and_a_small_one_has_none() {
    let glass = RgbaImage::from_fn(600, 300, |x, y| Rgba([x as u8, y as u8, (x * y) as u8, (x % 200) as u8]));
    // picture, size, the small one's extension and size
    let cases = [
        (encoded(noise(960, 480).into(), ImageFormat::Jpeg), (960, 480), Some(("jpg", (480, 240)))),
        (encoded(noise(960, 480).into(), ImageFormat::Png), (960, 480), Some(("jpg", (480, 240)))),
        (encoded(glass.into(), ImageFormat::Png), (600, 300), Some(("png", (480, 240)))),
        (encoded(noise(480, 480).into(), ImageFormat::Png), (480, 480), None),
        (encoded(noise(2, 9_000).into(), ImageFormat::Png), (2, 9_000), Some(("jpg", (1, 480)))),
        (encoded(noise(500, 20).into(), ImageFormat::Gif), (500, 20), None),
    ];
    for (bytes, size, small) in cases {
        let look = look_now(file(&bytes).path()).unwrap();
        assert_eq!((look.width, look.height), size);
        let thumb = look.thumb.map(|thumb| {
            let picture = image::load_from_memory(&thumb.bytes).unwrap();
            (thumb.extension, (picture.width(), picture.height()))
        });
        assert_eq!(thumb, small, "{size:?}");
    }
}

#[test]
fn a_picture_that_was_taken_sideways_is_told_upright() {
    // A TIFF header, one entry: orientation 6, a quarter turn.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&noise(900, 600), 900, 600, ColorType::Rgb8.into()).unwrap();
    let look = look_now(file(&bytes).path()).unwrap();
    assert_eq!((look.width, look.height), (600, 900));
    let small = image::load_from_memory(&look.thumb.unwrap().bytes).unwrap();
    assert_eq!((small.width(), small.height()), (320, 480));
}

#[test]
fn a_picture_that_needs_too_much_memory_is_not_decoded() {
    // bytes of a pixel's colour, whether 25 million pixels of it are too many
    for (depth, bomb) in [(png::BitDepth::Eight, false), (png::BitDepth::Sixteen, true)] {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 5_000, 5_000);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(depth);
        // It breaks off after its beginning, which nobody reads of a bomb.
        encoder.write_header().unwrap().write_chunk(png::chunk::IDAT, &[0x78, 0x9C]).unwrap();
        let file = file(&bytes);
        let refused = decode(file.path()).unwrap_err();
        assert_eq!(matches!(refused, ImageError::Limits(_)), bomb, "{depth:?}: {refused}");
        let look = look_now(file.path()).unwrap();
        assert_eq!((look.width, look.height, look.thumb), (5_000, 5_000, None));
    }
}

#[tokio::test]
async fn what_is_no_picture_or_a_bomb_has_no_look() {
    // A PNG that claims 60000 pixels a side and holds none.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend([0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6, 0, 0, 0, 0x8C, 0x6C, 0x4B, 0xCD]);
    let whole = encoded(noise(900, 900).into(), ImageFormat::Png);
    let cut = &whole[..whole.len() / 2];
    for (bytes, size) in [(bomb.as_slice(), None), (b"<svg/>", None), (b"", None), (cut, Some((900, 900)))] {
        let look = look(file(bytes).path().to_owned()).await;
        let told = look.as_ref().map(|look| (look.width, look.height));
        assert_eq!(told, size, "{} bytes", bytes.len());
        assert_eq!(look.and_then(|look| look.thumb), None);
    }
}
