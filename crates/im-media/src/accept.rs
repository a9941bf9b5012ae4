//! Which uploads are taken, and under which extension.
//!
//! Source: egg contract §8.3; departs: what a browser would run in our origin (`.js .jsx .html .htm
//! .xml .svg .css .less`) is refused, and what phones produce is added.

use crate::{Class, Kind};

/// Extensions whose content is a picture, sound or film.
const MEDIA: &[&str] = &[
    ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".wbmp", ".webp", ".tif", ".psd", ".heic", // pictures
    ".mp3", ".m4a", ".aac", ".amr", ".wav", ".ogg", // sound
    ".mp4", ".avi", ".webm", ".mov", // film
];

/// The other extensions.
const DOCUMENTS: &[&str] = &[
    ".json", ".txt", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", // to read
    ".zip", ".gz", ".tgz", ".gzip", ".rar", ".7z", // packed
];

/// Extensions for names that have none, by the media type that the client declared.
const DECLARED: &[(&str, &str)] = &[
    ("image/jpeg", ".jpg"),
    ("image/jpg", ".jpg"),
    ("image/png", ".png"),
    ("image/gif", ".gif"),
    ("image/bmp", ".bmp"),
    ("image/x-ms-bmp", ".bmp"),
    ("image/webp", ".webp"),
    ("image/tiff", ".tif"),
    ("image/heic", ".heic"),
    ("image/heif", ".heic"),
    ("audio/mpeg", ".mp3"),
    ("audio/mp3", ".mp3"),
    ("audio/mp4", ".m4a"),
    ("audio/m4a", ".m4a"),
    ("audio/x-m4a", ".m4a"),
    ("audio/aac", ".aac"),
    ("audio/amr", ".amr"),
    ("audio/wav", ".wav"),
    ("audio/wave", ".wav"),
    ("audio/x-wav", ".wav"),
    ("audio/ogg", ".ogg"),
    ("audio/webm", ".webm"),
    ("video/mp4", ".mp4"),
    ("video/webm", ".webm"),
    ("video/quicktime", ".mov"),
    ("video/x-msvideo", ".avi"),
    ("video/avi", ".avi"),
];

/// The extension (with its dot) under which to keep an upload, or none when it is refused.
///
/// `name` is the client's file name, `declared` the media type of its part, `kind` what the
/// content is. Content that runs is refused under a name that promises a picture, sound or film;
/// under a document's name it is kept and served inert ([`Kind::serving`]).
pub fn extension(name: &str, declared: Option<&str>, kind: Kind) -> Option<&'static str> {
    let extension = match of_name(name) {
        Some(named) => MEDIA.iter().chain(DOCUMENTS).copied().find(|known| known.eq_ignore_ascii_case(named)),
        None => of_declared(declared?),
    }?;
    let pretends = kind.class == Class::Active && MEDIA.contains(&extension);
    (!pretends).then_some(extension)
}

/// The extension of a name with its dot: from the last dot, unless that begins the name.
fn of_name(name: &str) -> Option<&str> {
    let name = name.rsplit(['/', '\\']).next()?;
    name.rfind('.').filter(|at| *at > 0).map(|at| &name[at..])
}

fn of_declared(declared: &str) -> Option<&'static str> {
    let essence = declared.split(';').next()?.trim();
    DECLARED.iter().find(|(mime, _)| mime.eq_ignore_ascii_case(essence)).map(|(_, extension)| *extension)
}

#[cfg(test)]
mod tests;
