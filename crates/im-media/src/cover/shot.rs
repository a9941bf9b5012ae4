//! Which picture is wanted.

use percent_encoding::percent_decode_str;

/// Widest picture that is made.
const MAX_WIDTH: u32 = 3840;

/// Latest moment that is looked for: a day.
const MAX_AT_MS: u64 = 86_400_000;

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpg,
}

impl Format {
    /// The format that a client calls `png`, `jpg` or `jpeg`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpg),
            _ => None,
        }
    }

    /// `png` or `jpg`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpg => "jpg",
        }
    }

    /// `image/png` or `image/jpeg`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpg => "image/jpeg",
        }
    }
}

/// Which picture of a video is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shot {
    at_ms: u64,
    width: Option<u32>,
    format: Format,
}

impl Shot {
    /// The picture `at_ms` after the beginning (at most a day), `width` pixels wide (at most 3840;
    /// none or 0: as wide as the video).
    pub fn new(at_ms: u64, width: Option<u32>, format: Format) -> Self {
        let width = width.filter(|w| *w > 0).map(|w| w.min(MAX_WIDTH));
        Self { at_ms: at_ms.min(MAX_AT_MS), width, format }
    }

    /// The poster that a URL's query asks for by `x-oss-process=video/snapshot,t_20,m_fast,w_260,f_png`.
    ///
    /// None when it does not ask, or asks for something that is no poster.
    pub fn of_query(query: &str) -> Option<Self> {
        let value = query.split('&').find_map(|pair| pair.strip_prefix("x-oss-process="))?;
        let value = percent_decode_str(value).decode_utf8().ok()?;
        let mut options = value.strip_prefix("video/snapshot")?.split(',');
        // What follows the name at once is another operation, such as `video/snapshots`.
        options.next().filter(|rest| rest.is_empty())?;
        let (mut at_ms, mut width, mut format) = (0, None, Format::Jpg);
        for (name, value) in options.filter_map(|option| option.split_once('_')) {
            match name {
                "t" => at_ms = value.parse().ok()?,
                "w" => width = Some(value.parse().ok()?),
                "f" => format = Format::parse(value)?,
                _ => {}
            }
        }
        Some(Self::new(at_ms, width, format))
    }

    /// Milliseconds after the beginning.
    pub fn at_ms(self) -> u64 {
        self.at_ms
    }

    /// Width in pixels; none: the video's own.
    pub fn width(self) -> Option<u32> {
        self.width
    }

    /// The format.
    pub fn format(self) -> Format {
        self.format
    }
}
