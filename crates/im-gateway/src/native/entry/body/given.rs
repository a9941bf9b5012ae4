//! What a message says, as a client gives it: field by field, so that a refusal can name the one that it
//! is about.
use super::BodyView;
use serde::Deserialize;

/// The fields of all bodies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    r#type: Kind,
    text: Option<String>,
    url: Option<String>,
    thumb: Option<String>,
    cover: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
    duration_ms: Option<i64>,
    size_bytes: Option<i64>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Image,
    Audio,
    Video,
    File,
    Other,
    Auto,
}

impl TryFrom<Given> for BodyView {
    type Error = String;

    /// The message is spelled as serde spells it.
    fn try_from(mut given: Given) -> Result<Self, String> {
        let all = &mut given;
        let body = match all.r#type {
            Kind::Text => BodyView::Text { text: all.text()? },
            Kind::Image => BodyView::Image {
                url: all.url()?,
                thumb: all.thumb.take(),
                width: all.width.take(),
                height: all.height.take(),
                size_bytes: all.size_bytes.take(),
                name: all.name.take(),
            },
            Kind::Audio => BodyView::Audio {
                url: all.url()?,
                duration_ms: all.duration_ms.take(),
                size_bytes: all.size_bytes.take(),
            },
            Kind::Video => BodyView::Video {
                url: all.url()?,
                cover: all.cover.take(),
                width: all.width.take(),
                height: all.height.take(),
                duration_ms: all.duration_ms.take(),
                size_bytes: all.size_bytes.take(),
            },
            Kind::File => {
                BodyView::File { url: all.url()?, name: all.name.take(), size_bytes: all.size_bytes.take() }
            }
            Kind::Other => BodyView::Other { text: all.text()? },
            Kind::Auto => BodyView::Auto { text: all.text()? },
        };
        match given.rest() {
            Some(field) => Err(format!("unknown field `{field}`, not in a body of this type")),
            None => Ok(body),
        }
    }
}

impl Given {
    fn text(&mut self) -> Result<String, String> {
        self.text.take().ok_or_else(|| "missing field `text`".to_owned())
    }

    fn url(&mut self) -> Result<String, String> {
        self.url.take().ok_or_else(|| "missing field `url`".to_owned())
    }

    /// A field that no body of the type took.
    fn rest(&self) -> Option<&'static str> {
        let fields = [
            ("text", self.text.is_some()),
            ("url", self.url.is_some()),
            ("thumb", self.thumb.is_some()),
            ("cover", self.cover.is_some()),
            ("width", self.width.is_some()),
            ("height", self.height.is_some()),
            ("duration_ms", self.duration_ms.is_some()),
            ("size_bytes", self.size_bytes.is_some()),
            ("name", self.name.is_some()),
        ];
        fields.into_iter().find_map(|(field, there)| there.then_some(field))
    }
}
