use super::*;
use crate::envelope::Fail;

fn input(query: &str) -> Input {
    Input::of(forms::urlencoded(query.as_bytes()))
}

/// What was read, or the code of the refusal.
fn code<T: std::fmt::Debug>(read: Result<T, Fail>) -> String {
    match read {
        Ok(value) => format!("{value:?}"),
        Err(fail) => fail.code().to_string(),
    }
}

#[test]
fn identifiers_are_positive_decimals() {
    let cases = [
        ("uid=7", "7"),
        ("uid=+7%20", "7"),
        ("uid=007", "7"),
        ("", "1"),
        ("uid=", "1"),
        ("uid=0", "1"),
        ("uid=-7", "2"),
        ("uid=1.5", "2"),
        ("uid=0x10", "2"),
        ("uid=１", "2"),
        ("uid=99999999999999999999", "2"),
        ("uid=1&uid=2", "2"),
    ];
    for (query, read) in cases {
        assert_eq!(code(input(query).id("uid")), read, "{query}");
    }
}

#[test]
fn lists_come_in_every_spelling() {
    let cases = [
        ("m[]=1&m[]=2", "[1, 2]"),
        ("m[0]=1&m[1]=2", "[1, 2]"),
        ("m%5B%5D=1", "[1]"),
        ("m=1&m=2", "[1, 2]"),
        ("m=2,1,2", "[2, 1]"),
        ("m=7", "[7]"),
        ("", "1"),
        ("m=", "1"),
        ("m[]=", "1"),
        ("m=abc", "2"),
        ("m[]=1&m[]=x", "2"),
        ("m[]=-1", "2"),
    ];
    for (query, read) in cases {
        assert_eq!(code(input(query).list("m")), read, "{query}");
    }
    let Value::Object(json) = serde_json::json!({ "m": [3, "4"] }) else { unreachable!() };
    assert_eq!(code(Input::of(json).list("m")), "[3, 4]");
}

#[test]
fn flags_and_texts_know_empty_from_missing() {
    let all = input("zero=0&one=1&two=2&empty=&text=%00a%20b");
    assert_eq!(code(all.flag("zero")), "Some(false)");
    assert_eq!(code(all.flag("one")), "Some(true)");
    assert_eq!(code(all.flag("two")), "2");
    assert_eq!(code(all.flag("empty")), "None");
    assert_eq!(code(all.text("text")), "\"a b\"");
    assert_eq!(code(all.text("empty")), "1");
    assert_eq!(code(all.given("empty")), "\"\"");
    assert_eq!(code(all.given("absent")), "1");
    assert_eq!(code(all.secret("text")), "\"\\0a b\"");
}
