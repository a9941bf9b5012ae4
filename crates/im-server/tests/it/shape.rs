//! Comparing the shape of JSON with a sample: keys and kinds, not values.
use serde_json::Value;

/// Checks that `value` has exactly the keys of `sample` and values of the same kinds. A text of the
/// sample that looks like a time or a UUID asks for one, `text|null` takes both, any other stands
/// for any text; the first entry of a list is the sample of all.
#[track_caller]
pub fn same(value: &Value, sample: &Value) {
    check(value, sample, false);
}

/// As [`same`], but objects may have further keys.
#[track_caller]
pub fn covers(value: &Value, sample: &Value) {
    check(value, sample, true);
}

#[track_caller]
fn check(value: &Value, sample: &Value, open: bool) {
    if let Err(why) = fits(value, sample, open, "$") {
        panic!("{why}\n  value:  {value}\n  sample: {sample}");
    }
}

fn fits(value: &Value, sample: &Value, open: bool, at: &str) -> Result<(), String> {
    match (value, sample) {
        (Value::Object(have), Value::Object(want)) => {
            if let Some(extra) = have.keys().find(|key| !open && !want.contains_key(*key)) {
                return Err(format!("{at}.{extra} should not be there"));
            }
            want.iter().try_for_each(|(key, want)| match have.get(key) {
                Some(have) => fits(have, want, open, &format!("{at}.{key}")),
                None => Err(format!("{at}.{key} is missing")),
            })
        }
        (Value::Array(have), Value::Array(want)) => match want.first() {
            _ if have.is_empty() != want.is_empty() => Err(format!("{at} has {} entries", have.len())),
            Some(want) => {
                let mut rows = have.iter().enumerate();
                rows.try_for_each(|(n, have)| fits(have, want, open, &format!("{at}[{n}]")))
            }
            None => Ok(()),
        },
        (Value::Null | Value::String(_), Value::String(want)) if want == "text|null" => Ok(()),
        (Value::String(have), Value::String(want)) => {
            let form = form(want);
            let fits = form.is_none() || form == self::form(have);
            if fits { Ok(()) } else { Err(format!("{at} is {have:?} and should look like {want:?}")) }
        }
        (Value::Number(have), Value::Number(_)) if have.is_i64() => Ok(()),
        (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null) => Ok(()),
        (have, want) => Err(format!("{at} is {have} and should be like {want}")),
    }
}

/// How a time or a UUID looks; nothing for any other text.
fn form(text: &str) -> Option<&'static str> {
    let is = |form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(c, form)| match form {
                b'9' => c.is_ascii_digit(),
                b'x' => c.is_ascii_hexdigit(),
                same => c == same,
            })
    };
    ["9999-99-99 99:99:99", "9999-99-99T99:99:99.999Z", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"]
        .into_iter()
        .find(|form| is(form))
}
