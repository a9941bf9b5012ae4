//! What an egg client says, in the core's words and back (egg.md §6.2, §6.3).
use im_core::messages::Body;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A message as an egg client spells it. Kept with the core's body where that does not say it all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// `text`, `image`, `audio`, `video`, `iconMenus` …
    pub r#type: String,
    /// JSON text of `{data, dataType, otherData}`, as received.
    pub data: String,
    /// An object, or null.
    pub options: Value,
}

/// How a dialect's own form stands beside a core body.
#[derive(Serialize, Deserialize)]
struct Raw<T> {
    egg: T,
}

impl Content {
    /// Takes what a client sent: `data` that is not JSON is taken as a plain text.
    pub fn new(r#type: String, data: String, options: Value) -> Self {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&data).is_ok();
        Content { r#type, data: if is_json { data } else { plain(&data) }, options }
    }

    /// The text in `data`.
    pub fn text(&self) -> String {
        self.field("data").as_str().unwrap_or_default().to_owned()
    }

    fn field(&self, name: &str) -> Value {
        serde_json::from_str::<Value>(&self.data)
            .ok()
            .and_then(|mut all| Some(all.get_mut(name)?.take()))
            .unwrap_or_default()
    }

    /// In the core's words, and what these leave out.
    pub fn into_parts(self) -> (Body, Option<String>) {
        let text = self.text();
        if self.r#type == "text" && self.options.is_null() && self.data == plain(&text) {
            return (Body::Text(text), None);
        }
        let body = match self.r#type.as_str() {
            "text" => Body::Text(text),
            "image" => Body::Image(text),
            "audio" => Body::Audio(text),
            "video" => {
                let video = self.field("otherData")["videoData"].as_str().map(str::to_owned);
                Body::Video(video.unwrap_or(text))
            }
            "file" | "pdf" | "docx" => Body::File(text),
            "iconMenus" if self.field("dataType") == "image" => Body::Image(text),
            _ => Body::Other(text),
        };
        (body, keep(&self))
    }

    /// What an egg client is shown of a message of any dialect.
    pub fn of(body: &Body, raw: Option<&str>) -> Self {
        if let Some(kept) = raw.and_then(kept::<Content>) {
            return kept;
        }
        let (r#type, data) = match body {
            Body::Image(url) => ("image", media(url, "image")),
            Body::Audio(url) => ("audio", media(url, "audio")),
            Body::Video(url) => ("video", media(url, "video")),
            Body::File(url) => ("file", media(url, "file")),
            Body::Text(text) | Body::Other(text) | Body::Auto { text, .. } => ("text", plain(text)),
            Body::Notice(_) => ("text", plain("")),
        };
        Content { r#type: r#type.into(), data, options: Value::Null }
    }
}

/// The raw form that goes beside a core body.
pub fn keep(form: &impl Serialize) -> Option<String> {
    serde_json::to_string(&Raw { egg: form }).ok()
}

/// What [`keep`] kept, if it is of this dialect and kind.
pub fn kept<T: for<'de> Deserialize<'de>>(raw: &str) -> Option<T> {
    serde_json::from_str::<Raw<T>>(raw).ok().map(|raw| raw.egg)
}

/// `{data, dataType, otherData}` of a plain text, as JSON text.
pub fn plain(text: &str) -> String {
    let text = serde_json::to_string(text).expect("a text is JSON");
    format!(r#"{{"data":{text},"dataType":false,"otherData":null}}"#)
}

/// What a notice carries: the same as an object.
pub fn words(text: &str) -> Value {
    json!({ "data": text, "dataType": false, "otherData": null })
}

fn media(url: &str, kind: &str) -> String {
    json!({ "data": url, "dataType": kind, "otherData": { "type": kind, "typedata": {} } }).to_string()
}
