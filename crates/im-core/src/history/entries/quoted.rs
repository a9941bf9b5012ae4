//! What a quote shows of a long message.
use crate::messages::{Body, store::body_of};

/// Bytes by which an end may be cut off within an escaped character: one is `\\u001f`.
const ESCAPE: usize = 6;

/// The beginning of a message, of which `stored` is as much as was read. A part of an address is a text: nobody
/// can follow it.
pub fn opening(stored: &str) -> Body {
    if let Ok(whole) = body_of(stored) {
        return whole;
    }
    let cuts = (0..ESCAPE).filter_map(|less| stored.get(..stored.len().checked_sub(less)?));
    let closed = cuts.flat_map(|cut| ["\"}", "\"}}"].map(|end| format!("{cut}{end}")));
    match closed.into_iter().find_map(|closed| body_of(&closed).ok()) {
        Some(Body::Image(part) | Body::Audio(part) | Body::Video(part) | Body::File(part)) => {
            Body::Other(part)
        }
        Some(body) => body,
        None => Body::Other(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_be_cut_anywhere() {
        let text = "a\"b\\c\nd\u{1}e雁🪿f";
        let bodies = [
            Body::Text(text.into()),
            Body::Other(text.into()),
            Body::Auto { text: text.into(), asked: Some("long".into()) },
        ];
        for body in bodies {
            let stored = serde_json::to_string(&body).unwrap();
            let begin = stored.find("a\\\"").unwrap();
            for end in (begin..stored.len()).filter(|end| stored.is_char_boundary(*end)) {
                let shown = match (opening(&stored[..end]), &body) {
                    (Body::Text(text), Body::Text(_)) | (Body::Other(text), Body::Other(_)) => text,
                    (Body::Auto { text, .. }, Body::Auto { .. }) => text,
                    // Not even the name of what follows the text was read to its end.
                    (Body::Other(nothing), Body::Auto { .. }) if nothing.is_empty() => continue,
                    (other, _) => panic!("{other:?} of {}", &stored[..end]),
                };
                assert!(text.starts_with(&shown), "{shown:?} of {}", &stored[..end]);
            }
            assert_eq!(opening(&stored), body);
        }
    }

    #[test]
    fn a_part_of_an_address_is_none() {
        let stored = serde_json::to_string(&Body::Image("/public/a.png".into())).unwrap();
        assert_eq!(opening(&stored), Body::Image("/public/a.png".into()));
        assert_eq!(opening(&stored[..stored.len() - 6]), Body::Other("/public/a".into()));
        assert_eq!(opening(""), Body::Other(String::new()));
    }
}
