//! The name of a stored file.

use std::fmt;

use percent_encoding::percent_decode_str;

/// What stands before a key in its public path.
const PUBLIC: &str = "/public/";

/// Longest key in bytes; well below what file systems and object stores take.
const MAX_BYTES: usize = 512;

/// Longest segment in bytes; file systems end at 255, temporary names need some of it.
const MAX_SEGMENT_BYTES: usize = 128;

/// The name of a stored file: a relative path such as `uploads/Diy/chatImgs/20250417/1_2.png`.
///
/// Segments are `[A-Za-z0-9._-]`, not empty, and do not begin with a dot, so that a key cannot
/// climb, hide, or mean something to a shell, a URL or a file system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The key that `text` spells, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() <= MAX_BYTES && text.split('/').all(is_segment);
        fits.then(|| Self(text.to_owned()))
    }

    /// The key of a path below `/public/`, as it stands in a URL (percent-encoded, no query).
    pub fn of_public_path(path: &str) -> Option<Self> {
        let decoded = percent_decode_str(path).decode_utf8().ok()?;
        Self::parse(decoded.strip_prefix(PUBLIC)?)
    }

    /// Where clients find the file: `/public/` and the key.
    pub fn public_path(&self) -> String {
        format!("{PUBLIC}{}", self.0)
    }

    /// The key below `folder`.
    pub(crate) fn below(&self, folder: &str) -> Option<Self> {
        Self::parse(&format!("{folder}/{}", self.0))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment's extension without its dot, as spelled.
    pub fn extension(&self) -> Option<&str> {
        let name = self.0.rsplit('/').next()?;
        name.rsplit_once('.').map(|(_, extension)| extension)
    }

    /// Whether people put this file here, as opposed to pages and icons of the product.
    pub fn is_upload(&self) -> bool {
        self.0.starts_with("uploads/")
    }
}

fn is_segment(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= MAX_SEGMENT_BYTES
        && !segment.starts_with('.')
        && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
