//! The picture that stands for a poster that cannot be made.

use std::sync::LazyLock;

use bytes::Bytes;

/// Width and height in pixels: the shape of most videos.
const SIZE: (u32, u32) = (320, 180);

/// A light grey that disturbs neither a white nor a black page.
const GREY: u8 = 0xd0;

/// A neutral grey PNG.
pub(super) fn placeholder() -> Bytes {
    static PNG: LazyLock<Bytes> = LazyLock::new(|| encode().expect("writing to memory does not fail").into());
    PNG.clone()
}

fn encode() -> Result<Vec<u8>, png::EncodingError> {
    let (width, height) = SIZE;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&vec![GREY; width as usize * height as usize])?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{GREY, placeholder};

    #[test]
    fn the_placeholder_is_a_small_grey_png() {
        let bytes = placeholder();
        assert!(bytes.len() < 2048, "{} bytes", bytes.len());
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (320, 180));
        assert!(pixels.iter().all(|pixel| *pixel == GREY));
    }
}
