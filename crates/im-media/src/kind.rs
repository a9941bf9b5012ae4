//! What a file is, judged by its bytes and never by its name.

use infer::MatcherType;

/// How many of the first bytes [`Kind::of`] wants to see.
///
/// 8 KiB: the marks of office files lie up to 6 KB into the archive.
pub const HEAD_BYTES: usize = 8 << 10;

/// How far markup is searched in bytes that are no text; what browsers look at when they guess.
const MARKUP_SEARCH_BYTES: usize = 1 << 10;

/// Served for everything that is not shown: no browser does anything with it but save it.
const OCTETS: &str = "application/octet-stream";

/// The sort of a file, as far as handling it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A picture that cannot carry script.
    Image,
    /// Sound.
    Audio,
    /// Film, including containers that hold only sound.
    Video,
    /// Text in UTF-8 without markup.
    Text,
    /// Something a person opens with another program.
    Document,
    /// Several files in one, or one packed.
    Archive,
    /// Runs or may run: markup, script, program.
    Active,
    /// None of these.
    Unknown,
}

/// What a file is, with its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The sort.
    pub class: Class,
    /// The media type that the content has; what is safe to send is in [`Kind::serving`].
    pub mime: &'static str,
}

/// How a file is sent to a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// Shown in place, or else saved (`Content-Disposition: attachment`).
    pub inline: bool,
}

const ACTIVE: Kind = Kind { class: Class::Active, mime: OCTETS };
const UNKNOWN: Kind = Kind { class: Class::Unknown, mime: OCTETS };
const TEXT: Kind = Kind { class: Class::Text, mime: "text/plain; charset=utf-8" };
const OLE: Kind = Kind { class: Class::Document, mime: "application/x-ole-storage" };
const ZIP: &str = "application/zip";

/// Tags that make a browser, or a viewer that guesses, treat bytes as a page.
const TAGS: &[&str] = &[
    "<!doctype",
    "<html",
    "<head",
    "<body",
    "<script",
    "<svg",
    "<iframe",
    "<style",
    "<object",
    "<embed",
    "<?xml",
    "<?php",
];

impl Kind {
    /// The kind of a file that begins with `head`, of which [`HEAD_BYTES`] suffice.
    pub fn of(head: &[u8]) -> Self {
        // infer would parse the whole compound file, which a stranger wrote.
        if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            return OLE;
        }
        // Voice of phones begins like a script.
        if head.starts_with(b"#!AMR\n") || head.starts_with(b"#!AMR-WB\n") {
            return Self { class: Class::Audio, mime: "audio/amr" };
        }
        // Before the marks: some are two letters long, and "BMW" is no picture.
        if let Some(text) = as_text(head) {
            return of_text(text);
        }
        known(head).or_else(|| iso_media(head)).unwrap_or_else(|| {
            if has_markup(&head[..head.len().min(MARKUP_SEARCH_BYTES)]) { ACTIVE } else { UNKNOWN }
        })
    }

    /// How to send a file of this kind whose name ends in `extension` (without a dot).
    ///
    /// The name decides only between things that are saved anyway, and whether text is meant to
    /// be read: text under another name may be anything.
    pub fn serving(self, extension: Option<&str>) -> Serving {
        let named = extension.map(str::to_ascii_lowercase);
        let named = named.as_deref();
        match self.class {
            Class::Image | Class::Audio | Class::Video => Serving { content_type: self.mime, inline: true },
            Class::Text if named == Some("txt") => Serving { content_type: self.mime, inline: true },
            Class::Document | Class::Archive => {
                Serving { content_type: office(self.mime, named).unwrap_or(self.mime), inline: false }
            }
            Class::Text | Class::Active | Class::Unknown => Serving { content_type: OCTETS, inline: false },
        }
    }
}

/// The media type that phones need to open an office file, whose container alone says little.
fn office(container: &str, extension: Option<&str>) -> Option<&'static str> {
    match (container, extension?) {
        (ZIP, "docx") => Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (ZIP, "xlsx") => Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (ZIP, "pptx") => Some("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        (mime, "doc") if mime == OLE.mime => Some("application/msword"),
        (mime, "xls") if mime == OLE.mime => Some("application/vnd.ms-excel"),
        (mime, "ppt") if mime == OLE.mime => Some("application/vnd.ms-powerpoint"),
        _ => None,
    }
}

/// What infer recognises with more certainty than two letters give.
fn known(head: &[u8]) -> Option<Kind> {
    let found = infer::get(head)?;
    let class = match found.matcher_type() {
        MatcherType::Image => Class::Image,
        MatcherType::Audio => Class::Audio,
        MatcherType::Video => Class::Video,
        MatcherType::Book | MatcherType::Doc | MatcherType::Font => Class::Document,
        MatcherType::Archive => match found.extension() {
            "pdf" | "rtf" | "ps" => Class::Document,
            "swf" | "crx" => Class::Active,
            _ => Class::Archive,
        },
        MatcherType::App => match found.extension() {
            "wasm" | "elf" | "exe" | "class" | "mach" | "dex" | "dey" => Class::Active,
            _ => return None,
        },
        MatcherType::Text => Class::Active,
        MatcherType::Custom => return None,
    };
    if class == Class::Active {
        Some(ACTIVE)
    } else {
        Some(Kind { class, mime: registered(found.mime_type()) })
    }
}

/// The registered name of a media type where infer uses an old one.
fn registered(mime: &'static str) -> &'static str {
    match mime {
        "audio/m4a" => "audio/mp4",
        "audio/opus" => "audio/ogg",
        "audio/x-flac" => "audio/flac",
        "audio/x-wav" => "audio/wav",
        "image/heif" => "image/heic",
        "video/x-m4v" => "video/mp4",
        other => other,
    }
}

/// Files of the MP4 family whose brand infer does not list; cameras invent new ones.
fn iso_media(head: &[u8]) -> Option<Kind> {
    if head.get(4..8)? != b"ftyp" {
        return None;
    }
    Some(match head.get(8..12)? {
        b"M4A " | b"M4B " | b"M4P " => Kind { class: Class::Audio, mime: "audio/mp4" },
        b"mif1" | b"msf1" | b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => {
            Kind { class: Class::Image, mime: "image/heic" }
        }
        [b'3', b'g', ..] => Kind { class: Class::Video, mime: "video/3gpp" },
        _ => Kind { class: Class::Video, mime: "video/mp4" },
    })
}

/// `head` as text, when it is UTF-8 (its last character may be cut) without control characters.
fn as_text(head: &[u8]) -> Option<&str> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let is_control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b');
    (!text.is_empty() && !text.contains(is_control)).then_some(text)
}

fn of_text(text: &str) -> Kind {
    let start = text.trim_start();
    let begins_with_tag = start
        .strip_prefix('<')
        .and_then(|rest| rest.chars().next())
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '!' | '?' | '/'));
    if start.starts_with("#!") || begins_with_tag || has_markup(text.as_bytes()) {
        return ACTIVE;
    }
    let documents =
        [("%PDF-", "application/pdf"), ("{\\rtf", "application/rtf"), ("%!PS", "application/postscript")];
    let document = documents.into_iter().find(|(mark, _)| start.starts_with(mark));
    document.map_or(TEXT, |(_, mime)| Kind { class: Class::Document, mime })
}

/// Whether a tag of [`TAGS`] stands in `head`, in any case and also in UTF-16.
fn has_markup(head: &[u8]) -> bool {
    let bytes: Vec<u8> = head.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    TAGS.iter().any(|tag| bytes.windows(tag.len()).any(|window| window == tag.as_bytes()))
}

#[cfg(test)]
mod tests;
