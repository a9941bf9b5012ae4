//! What fields of bodies may hold.
use crate::problem::Fail;
use std::ops::RangeInclusive;

/// Bytes of an address at most.
const ADDRESS_BYTES: usize = 1_024;

/// A text of so many characters, without the space around it.
pub fn text(field: &'static str, text: &str, chars: RangeInclusive<usize>) -> Result<String, Fail> {
    let text = text.trim();
    let plain = !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t'));
    if plain && chars.contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(Fail::invalid_because(field, format!("{} to {} characters", chars.start(), chars.end())))
    }
}

/// The same for a field that may be left out.
pub fn maybe_text(
    field: &'static str,
    value: Option<&str>,
    chars: RangeInclusive<usize>,
) -> Result<Option<String>, Fail> {
    value.map(|value| text(field, value, chars)).transpose()
}

/// The address of a picture: a path of this server, or of the web.
pub fn address(field: &'static str, text: &str) -> Result<String, Fail> {
    let local = text.starts_with('/') && !text.starts_with("//");
    let web = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    let plain =
        text.chars().all(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '\\' | '"' | '<' | '>'));
    if (local || web) && plain && text.len() <= ADDRESS_BYTES {
        Ok(text.to_owned())
    } else {
        Err(Fail::invalid_because(field, "a path of this server, or an http(s) address"))
    }
}

/// A number between two others.
pub fn number(field: &'static str, number: i64, range: RangeInclusive<i64>) -> Result<i64, Fail> {
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(Fail::invalid_because(field, format!("{} to {}", range.start(), range.end())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_of_the_web() {
        let cases = [
            ("/public/uploads/a.png", true),
            ("https://cdn.example/a.png?x=1", true),
            ("//evil.example/a.png", false),
            ("javascript:alert(1)", false),
            ("data:image/png;base64,AA", false),
            ("/a b", false),
            ("/a\\b", false),
            ("https://x/\"onerror=", false),
            ("", false),
        ];
        for (text, good) in cases {
            assert_eq!(address("avatar", text).is_ok(), good, "{text}");
        }
        assert!(address("avatar", &format!("/{}", "a".repeat(ADDRESS_BYTES))).is_err());
    }

    #[test]
    fn a_text_is_measured_in_characters() {
        let cases = [
            ("雁", true),
            ("", false),
            ("  ", false),
            ("雁雁雁", true),
            ("雁雁雁雁", false),
            ("a\u{7}", false),
        ];
        for (value, good) in cases {
            assert_eq!(text("name", value, 1..=3).is_ok(), good, "{value:?}");
        }
    }
}
