//! How new files are called. The caller brings the clock: `now_ms` since the epoch and `date`,
//! the installation's own day as `YYYYMMDD`.

use rand::RngExt;

use crate::{Error, Format, Key, Result};

/// Where files of #30.2 stay while no object storage is configured.
pub(crate) const OBJECTS_ON_DISK: &str = "uploads/oss";

/// Most segments of a folder of #30.1.
const MAX_FOLDER_SEGMENTS: usize = 5;

/// Longest segment of a folder of #30.1.
const MAX_FOLDER_SEGMENT_BYTES: usize = 50;

/// The key of an upload of #30.1: `uploads/Diy/<folder>/<date>/<ms>_<number><extension>`, where
/// each `_` of `folder` becomes a `/`. `extension` has its dot.
///
/// # Errors
/// [`Error::InvalidFolder`] unless the folder has one to five segments of `[A-Za-z0-9-]{1,50}`.
pub fn upload(folder: &str, date: &str, now_ms: i64, extension: &str) -> Result<Key> {
    let segments: Vec<&str> = folder.split('_').collect();
    if segments.len() > MAX_FOLDER_SEGMENTS || !segments.iter().all(|s| is_folder_segment(s)) {
        return Err(Error::InvalidFolder);
    }
    let number = rand::rng().random_range(0..100_000_000);
    let folder = segments.join("/");
    key(format!("uploads/Diy/{folder}/{date}/{now_ms}_{number}{extension}"))
}

/// The path of an object of #30.2: `images/<date>/<ms>_<12 lowercase hex><extension>`.
///
/// # Errors
/// [`Error::InvalidKey`] for a date or extension that no key can have.
pub fn object(date: &str, now_ms: i64, extension: &str) -> Result<Key> {
    let number = rand::rng().random_range(0..1_u64 << 48);
    key(format!("images/{date}/{now_ms}_{number:012x}{extension}"))
}

/// The key of a cover of #31: `uploads/Diy/VideoScreenshot/screenshot_<ms>_<6 of [a-z0-9]>.<format>`.
pub fn screenshot(now_ms: i64, format: Format) -> Result<Key> {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = rand::rng();
    let tail: String = (0..6).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
    let extension = format.extension();
    key(format!("uploads/Diy/VideoScreenshot/screenshot_{now_ms}_{tail}.{extension}"))
}

/// The key of an upload of the native API: `uploads/v1/<date>/<32 hex><extension>`. `extension` has its dot.
///
/// # Errors
/// [`Error::InvalidKey`] for a date or extension that no key can have.
pub fn native(date: &str, extension: &str) -> Result<Key> {
    let number: u128 = rand::rng().random();
    key(format!("uploads/v1/{date}/{number:032x}{extension}"))
}

fn key(text: String) -> Result<Key> {
    Key::parse(&text).ok_or(Error::InvalidKey)
}

fn is_folder_segment(segment: &str) -> bool {
    (1..=MAX_FOLDER_SEGMENT_BYTES).contains(&segment.len())
        && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests;
