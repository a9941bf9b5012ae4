//! Comparing JSON with a template.
use serde_json::Value;

/// Checks that `value` is what `template` says: the same keys with the same values. Texts of the
/// template may stand for more: `<uuid>`, `<ms>`, `<id>`, `<text>`, `<array>`, `<any>`, `<time>`
/// (`2025-07-18 18:44:09`) and `<iso>` for anything of that kind, and `<*>` inside of a text for
/// anything in its place.
/// An object of the template with the key `...` lets the value have further keys.
#[track_caller]
pub fn assert_fits(value: &Value, template: &Value) {
    if let Err(why) = fits(value, template, "$") {
        panic!("{why}\n  value:    {value}\n  template: {template}");
    }
}

fn fits(value: &Value, template: &Value, at: &str) -> Result<(), String> {
    match (value, template) {
        (Value::Object(have), Value::Object(want)) => {
            let open = want.contains_key("...");
            if let Some(extra) = have.keys().find(|key| !open && !want.contains_key(*key)) {
                return Err(format!("{at}.{extra} should not be there"));
            }
            want.iter().filter(|(key, _)| *key != "...").try_for_each(|(key, want)| match have.get(key) {
                Some(have) => fits(have, want, &format!("{at}.{key}")),
                None => Err(format!("{at}.{key} is missing")),
            })
        }
        (Value::Array(have), Value::Array(want)) if have.len() == want.len() => {
            let mut pairs = have.iter().zip(want).enumerate();
            pairs.try_for_each(|(n, (have, want))| fits(have, want, &format!("{at}[{n}]")))
        }
        (have, Value::String(want)) if is(have, want) => Ok(()),
        (have, want) if have == want => Ok(()),
        (have, want) => Err(format!("{at} is {have} and should be {want}")),
    }
}

fn is(value: &Value, kind: &str) -> bool {
    let text = value.as_str().unwrap_or_default();
    match kind {
        "<uuid>" => looks_like(text, "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"),
        "<time>" => looks_like(text, "9999-99-99 99:99:99"),
        "<iso>" => looks_like(text, "9999-99-99T99:99:99.999Z"),
        "<ms>" => value.as_i64().is_some_and(|ms| ms > 1_600_000_000_000),
        "<id>" => value.as_i64().is_some_and(|id| id > 0),
        "<text>" => value.is_string(),
        "<array>" => value.is_array(),
        "<any>" => true,
        _ => match kind.split_once("<*>") {
            Some((head, tail)) => {
                text.len() > head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
            }
            None => false,
        },
    }
}

fn looks_like(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(c, form)| match form {
            b'x' => c.is_ascii_digit() || (b'a'..=b'f').contains(&c),
            b'y' => matches!(c, b'8' | b'9' | b'a' | b'b'),
            b'9' => c.is_ascii_digit(),
            same => c == same,
        })
}

/// `encodeURIComponent`.
pub fn enc(text: &str) -> String {
    let kept = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b);
    text.bytes().map(|b| if kept(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
