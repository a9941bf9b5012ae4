//! Pictures decoded and made anew: what is hidden in a file that only looks like one is gone.
pub use im_media::picture::{decode, work};
use im_media::tempfile::NamedTempFile;
use image::{DynamicImage, ImageFormat, ImageResult};
use std::io::{BufWriter, Cursor, Seek, Write};

/// Pixels of a side at most: larger avatars are made smaller.
const SIDE: u32 = 1_024;

/// The picture in `file` made anew in the format of `extension`; with its length in bytes.
///
/// # Errors
/// When it is none, or too large to be decoded.
pub async fn anew(file: NamedTempFile, extension: &'static str) -> ImageResult<(NamedTempFile, u64)> {
    work(move || {
        let picture = decode(file.path())?;
        let picture = if picture.width().max(picture.height()) > SIDE {
            picture.resize(SIDE, SIDE, image::imageops::FilterType::Triangle)
        } else {
            picture
        };
        let format = ImageFormat::from_extension(extension).unwrap_or(ImageFormat::Png);
        let mut bytes = Cursor::new(Vec::new());
        match format {
            ImageFormat::Jpeg => DynamicImage::from(picture.to_rgb8()).write_to(&mut bytes, format)?,
            _ => DynamicImage::from(picture.to_rgba8()).write_to(&mut bytes, format)?,
        }
        let bytes = bytes.into_inner();
        let mut to = BufWriter::new(file.as_file());
        file.as_file().set_len(0)?;
        to.rewind()?;
        to.write_all(&bytes)?;
        to.flush()?;
        drop(to);
        Ok((file, bytes.len() as u64))
    })
    .await
}
