//! Which files are taken: name and content must agree (pop.md §3.7).
use im_media::{Class, Kind};

/// Extensions of pictures with their media types.
const IMAGES: &[(&str, &str)] = &[
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];

/// All extensions of files.
pub const FILES: &[&str] = &[
    "jpg", "jpeg", "png", "gif", "webp", // pictures
    "wav", "mp3", "m4a", "aac", "amr", "ogg", // sound
    "mp4", "mov", "3gp", "webm", // film
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", // to read
    "zip", "rar", "7z", // packed
];

/// The extension under which a picture of this name is stored; `None` when it is refused.
pub fn image(name: &str, kind: Kind) -> Option<&'static str> {
    let named = extension(name)?;
    let found = IMAGES.iter().find(|(known, mime)| *known == named && *mime == kind.mime);
    found.map(|(known, _)| *known)
}

/// The extension under which a file of this name is stored; `None` when it is refused, or not among
/// those that the operator takes.
pub fn file(name: &str, kind: Kind, taken: &[String]) -> Option<&'static str> {
    let named = extension(name).or_else(|| of_content(kind).map(str::to_owned))?;
    let known = FILES.iter().find(|known| **known == named)?;
    let wanted = taken.iter().any(|taken| taken.trim_start_matches('.').eq_ignore_ascii_case(known));
    (wanted && agrees(known, kind)).then_some(*known)
}

fn agrees(extension: &str, kind: Kind) -> bool {
    use Class::*;
    match extension {
        "jpg" | "jpeg" | "png" | "gif" | "webp" => image(&format!("x.{extension}"), kind).is_some(),
        "wav" | "m4a" | "amr" | "ogg" | "mp4" | "mov" | "3gp" | "webm" => matches!(kind.class, Audio | Video),
        // Streams of frames have no mark at their beginning that is sure.
        "mp3" | "aac" => matches!(kind.class, Audio | Unknown),
        "pdf" => kind.mime == "application/pdf",
        "doc" | "xls" | "ppt" => kind.class == Document,
        "docx" | "xlsx" | "pptx" | "zip" => matches!(kind.class, Document | Archive),
        "rar" | "7z" => kind.class == Archive,
        // Not UTF-8: text of older editors, which is saved and never shown.
        "txt" => matches!(kind.class, Text | Unknown),
        _ => false,
    }
}

/// What follows the last dot, in lower case.
fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

/// The extension of recordings and pasted pictures, which have no name.
fn of_content(kind: Kind) -> Option<&'static str> {
    match kind.mime {
        "audio/wav" => Some("wav"),
        "audio/amr" => Some("amr"),
        "audio/mp4" => Some("m4a"),
        "audio/mpeg" => Some("mp3"),
        "video/mp4" => Some("mp4"),
        "video/webm" => Some("webm"),
        mime => IMAGES.iter().find(|(_, known)| *known == mime).map(|(name, _)| *name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_content_agree_or_the_file_is_refused() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt ";
        // name, content, kept as a file, kept as a picture
        type Case<'a> = (&'a str, &'a [u8], Option<&'a str>, Option<&'a str>);
        let cases: [Case<'_>; 13] = [
            ("a.png", PNG, Some("png"), Some("png")),
            ("A.PNG", PNG, Some("png"), Some("png")),
            ("a.jpg", PNG, None, None),
            ("a.mp3", PNG, None, None),
            ("a", PNG, Some("png"), None),
            ("a.wav", WAV, Some("wav"), None),
            ("blob", WAV, Some("wav"), None),
            ("a.png", b"<script>alert(1)</script>", None, None),
            ("a.txt", b"<html><script>", None, None),
            ("a.txt", b"hello", Some("txt"), None),
            ("a.html", b"hello", None, None),
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, None),
            ("a.pdf", b"%PDF-1.7\n\xe2\xe3\xcf\xd3", Some("pdf"), None),
        ];
        let taken: Vec<_> = FILES.iter().map(|name| name.to_string()).collect();
        for (name, content, as_file, as_image) in cases {
            let kind = Kind::of(content);
            assert_eq!((file(name, kind, &taken), image(name, kind)), (as_file, as_image), "{name} {kind:?}");
        }
        assert_eq!(file("a.png", Kind::of(PNG), &["txt".into()]), None);
    }
}
