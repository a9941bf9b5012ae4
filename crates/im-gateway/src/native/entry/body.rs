//! What messages say in the native API, and what the other dialects know of it.
mod given;

use crate::egg::content::Content;
use given::Given;
use im_core::messages::Body;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Bytes of an address at most.
const URL: usize = 2_048;
/// Characters of a file's name at most.
const NAME: usize = 255;
/// Pixels of a side at most.
const SIDE: i64 = 100_000;
/// A number that JavaScript can tell from the next one.
const GREATEST: i64 = (1 << 53) - 1;

/// What a message says. Addresses are paths of this server, or http(s).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields, try_from = "Given")]
#[schema(as = MessageBody)]
pub enum BodyView {
    /// Plain text.
    Text {
        /// As typed.
        text: String,
    },
    /// A picture.
    Image {
        /// Its address.
        url: String,
        /// A smaller one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        thumb: Option<String>,
        /// Pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        width: Option<i64>,
        /// Pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        height: Option<i64>,
        /// Bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        size_bytes: Option<i64>,
        /// The file's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        name: Option<String>,
    },
    /// A voice message.
    Audio {
        /// Its address.
        url: String,
        /// How long it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        duration_ms: Option<i64>,
        /// Bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        size_bytes: Option<i64>,
    },
    /// A film.
    Video {
        /// Its address.
        url: String,
        /// A picture out of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        cover: Option<String>,
        /// Pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        width: Option<i64>,
        /// Pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        height: Option<i64>,
        /// How long it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        duration_ms: Option<i64>,
        /// Bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        size_bytes: Option<i64>,
    },
    /// Any other file.
    File {
        /// Its address.
        url: String,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        name: Option<String>,
        /// Bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        size_bytes: Option<i64>,
    },
    /// Something of another dialect; cannot be sent.
    Other {
        /// The best that can be shown of it.
        text: String,
    },
    /// An automatic answer; cannot be sent.
    Auto {
        /// The answer.
        text: String,
    },
}

/// What an address does not say of its file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Media {
    #[serde(skip_serializing_if = "Option::is_none")]
    thumb: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cover: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// How this stands beside a core body, in the form of whichever dialect it was said in.
#[derive(Default, Serialize, Deserialize)]
struct Raw {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v1: Option<Media>,
    #[serde(default, skip_serializing)]
    egg: Option<Value>,
    #[serde(default, skip_serializing)]
    pop: Option<Value>,
}

impl BodyView {
    /// In the core's words, and what these leave out.
    ///
    /// # Errors
    /// The field that cannot be taken.
    pub fn into_parts(self) -> Result<(Body, Option<String>), &'static str> {
        let none = Media::default();
        let (body, media) = match self {
            BodyView::Text { text } if text.trim().is_empty() || text.contains('\0') => {
                return Err("body.text");
            }
            BodyView::Text { text } => return Ok((Body::Text(text), None)),
            BodyView::Other { .. } | BodyView::Auto { .. } => return Err("body.type"),
            BodyView::Image { url, thumb, width, height, size_bytes, name } => {
                (Body::Image(url), Media { thumb, width, height, size_bytes, name, ..none })
            }
            BodyView::Audio { url, duration_ms, size_bytes } => {
                (Body::Audio(url), Media { duration_ms, size_bytes, ..none })
            }
            BodyView::Video { url, cover, width, height, duration_ms, size_bytes } => {
                (Body::Video(url), Media { cover, width, height, duration_ms, size_bytes, ..none })
            }
            BodyView::File { url, name, size_bytes } => (Body::File(url), Media { name, size_bytes, ..none }),
        };
        if !address(&body).is_some_and(good_url) {
            return Err("body.url");
        }
        media.check()?;
        let raw = (media != Media::default()).then_some(Raw { v1: Some(media), ..Raw::default() });
        Ok((body, raw.and_then(|raw| serde_json::to_string(&raw).ok())))
    }

    /// With its first `chars` characters of text alone.
    #[must_use]
    pub fn cut(mut self, chars: usize) -> Self {
        if let BodyView::Text { text } | BodyView::Other { text } | BodyView::Auto { text } = &mut self
            && let Some((end, _)) = text.char_indices().nth(chars)
        {
            text.truncate(end);
        }
        self
    }

    /// What is shown of a message of any dialect. An address that nobody should follow is shown as text.
    pub fn of(body: &Body, raw: Option<&str>) -> Self {
        if address(body).is_some_and(|url| !good_url(url)) {
            return BodyView::Other { text: address(body).unwrap_or_default().to_owned() };
        }
        let media = || raw.map(|raw| Media::of(body, raw)).unwrap_or_default();
        match body {
            Body::Text(text) => BodyView::Text { text: text.clone() },
            Body::Image(url) => {
                let Media { thumb, width, height, size_bytes, name, .. } = media();
                BodyView::Image { url: url.clone(), thumb, width, height, size_bytes, name }
            }
            Body::Audio(url) => {
                let Media { duration_ms, size_bytes, .. } = media();
                BodyView::Audio { url: url.clone(), duration_ms, size_bytes }
            }
            Body::Video(url) => {
                let Media { cover, width, height, duration_ms, size_bytes, .. } = media();
                BodyView::Video { url: url.clone(), cover, width, height, duration_ms, size_bytes }
            }
            Body::File(url) => {
                let Media { name, size_bytes, .. } = media();
                BodyView::File { url: url.clone(), name, size_bytes }
            }
            Body::Other(text) => BodyView::Other { text: text.clone() },
            Body::Auto { text, .. } => BodyView::Auto { text: text.clone() },
            Body::Notice(_) => BodyView::Other { text: String::new() }, // never said by anybody
        }
    }
}

fn address(body: &Body) -> Option<&str> {
    match body {
        Body::Image(url) | Body::Audio(url) | Body::Video(url) | Body::File(url) => Some(url),
        Body::Text(_) | Body::Other(_) | Body::Auto { .. } | Body::Notice(_) => None,
    }
}

/// Whether clients may follow an address: a path of this server, or http(s).
fn good_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let begins = match (host, url.strip_prefix('/')) {
        (Some(host), _) => !host.is_empty() && !host.starts_with('/'),
        (None, Some(path)) => !path.starts_with('/'), // `//` is another host
        (None, None) => false,
    };
    let inert =
        |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '\'' | '`' | '<' | '>' | '\\');
    begins && url.len() <= URL && url.chars().all(inert)
}

fn good_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME && !name.contains(char::is_control)
}

impl Media {
    fn check(&self) -> Result<(), &'static str> {
        let url = |url: &Option<String>| url.as_deref().is_none_or(good_url);
        let within = |number: Option<i64>, least: i64, most: i64| {
            number.is_none_or(|number| (least..=most).contains(&number))
        };
        let fields = [
            ("body.thumb", url(&self.thumb)),
            ("body.cover", url(&self.cover)),
            ("body.width", within(self.width, 1, SIDE)),
            ("body.height", within(self.height, 1, SIDE)),
            ("body.duration_ms", within(self.duration_ms, 0, GREATEST)),
            ("body.size_bytes", within(self.size_bytes, 0, GREATEST)),
            ("body.name", self.name.as_deref().is_none_or(good_name)),
        ];
        fields.into_iter().find(|(_, good)| !good).map_or(Ok(()), |(field, _)| Err(field))
    }

    /// What whichever dialect kept beside a body.
    fn of(body: &Body, raw: &str) -> Self {
        let media = match serde_json::from_str::<Raw>(raw) {
            Ok(Raw { v1: Some(media), .. }) => media,
            Ok(Raw { egg: Some(form), .. }) => Media::of_egg(body, form),
            Ok(Raw { pop: Some(Value::String(content)), .. }) => Media::of_pop(&content),
            _ => Media::default(),
        };
        if media.check().is_ok() { media } else { Media::default() }
    }

    /// `{data, dataType, otherData}`, where sound and films have a `duration` in seconds, and a film's `data`
    /// is its picture.
    fn of_egg(body: &Body, form: Value) -> Self {
        let Ok(content) = serde_json::from_value::<Content>(form) else { return Media::default() };
        let all: Value = serde_json::from_str(&content.data).unwrap_or_default();
        let other = &all["otherData"];
        let seconds = match &other["duration"] {
            Value::Number(seconds) => seconds.as_f64(),
            Value::String(seconds) => seconds.parse().ok(),
            _ => None,
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let film = matches!(body, Body::Video(url) if all["data"] != url.as_str());
        let cover = if film { text(&all["data"]) } else { None };
        Media {
            cover: cover.or_else(|| text(&other["poster"])).filter(|url| good_url(url)),
            duration_ms: seconds.filter(|s| (0.0..1e9).contains(s)).map(|s| (s * 1_000.0).round() as i64),
            name: text(&other["typedata"]["name"]).filter(|name| good_name(name)),
            ..Media::default()
        }
    }

    /// `file[name<TAB>size](address)`.
    fn of_pop(content: &str) -> Self {
        let inside = content.strip_prefix("file[").and_then(|rest| rest.split_once(['\t', '|']));
        let name = inside.map(|(name, _)| name.to_owned()).filter(|name| good_name(name));
        Media { name, ..Media::default() }
    }
}
