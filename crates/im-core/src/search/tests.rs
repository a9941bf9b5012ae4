use super::{
    names,
    words::{Question, Words},
};
use proptest::prelude::*;

/// The definition, said another way: by looking at the text itself.
fn plainly(question: &str, text: &str) -> bool {
    let pieces = |text: &str| -> Vec<String> {
        let spaced: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "你好吗".contains(c) { c } else { ' ' })
            .collect();
        let mut pieces: Vec<String> = Vec::new();
        for stretch in spaced.split(' ') {
            let mut latin = None;
            for c in stretch.chars() {
                if latin == Some(c.is_ascii()) {
                    pieces.last_mut().unwrap().push(c);
                } else {
                    pieces.push(c.to_string());
                }
                latin = Some(c.is_ascii());
            }
        }
        pieces
    };
    let (asked, there) = (pieces(question), pieces(text));
    let last = asked.len().wrapping_sub(1);
    !asked.is_empty()
        && asked.iter().enumerate().all(|(n, piece)| {
            there.iter().any(|one| match (piece.is_ascii(), n == last) {
                (true, false) => one == piece,
                (true, true) => one.starts_with(piece),
                (false, _) => one.contains(piece),
            })
        })
}

proptest! {
    #[test]
    fn a_search_finds_what_a_look_finds(question in "[aAb1你好吗 ,]{1,6}", text in "[aAb1你好吗 ,]{0,14}") {
        let (asked, words) = (Question::of(&question), Words::of(&text));
        let fits = asked.as_ref().is_some_and(|asked| asked.fits(&words));
        prop_assert_eq!(fits, plainly(&question, &text));
    }

    #[test]
    fn the_index_misses_no_answer(question in "[aAb1é你好吗가👍 ,]{1,6}", text in "[aAb1é你好吗가👍 ,]{0,14}") {
        let Some(asked) = Question::of(&question) else { return Ok(()) };
        let words = Words::of(&text);
        let keys = words.keys();
        let has = asked.keys().iter().all(|key| {
            keys.iter().any(|one| if key.open { one.starts_with(&key.text) } else { *one == key.text })
        });
        prop_assert!(has || !asked.fits(&words), "{:?} {:?}", asked.keys(), keys);
        prop_assert!(keys.iter().all(|key| key.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric())));
    }

    #[test]
    fn no_text_makes_a_key_that_an_engine_could_read_as_more(text in "\\PC{0,40}") {
        let keys = Words::of(&text).keys();
        let asked = Question::of(&text).map(|asked| asked.keys()).unwrap_or_default();
        for key in keys.into_iter().chain(asked.into_iter().map(|key| key.text)) {
            let harmless = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric();
            prop_assert!(!key.is_empty() && key.chars().all(harmless) && !key.contains('§'), "{key:?}");
        }
    }
}

#[test]
fn questions_and_texts() {
    // question, text, is it found
    let cases = [
        ("rust", "Rust语言", true),
        ("语言", "Rust语言", true),
        ("语", "Rust语言", true),
        ("言", "Rust语言", true),
        ("rust语言", "用Rust语言写", true),
        ("ru", "Rust语言", true),
        ("ust", "Rust语言", false),
        ("你好吗", "你好 好吗", false),
        ("你好吗", "你好,你好吗", true),
        ("hello wor", "World, hello", true),
        ("hel world", "World, hello", false),
        ("ｈｅｌｌｏ", "Hello", true),
        ("CAFÉ", "cafe\u{301}", true),
        ("cafe", "café", false),
        ("さくら", "桜はさくら", true),
        ("サクラ", "ｻｸﾗ", true),
        ("한국", "대한국인", true),
        ("👍", "好👍👍", true),
        ("❤", "❤\u{FE0F}", true),
        ("2024", "2024年", true),
        ("a", "a-b", true),
        ("§12", "12", true), // only the digits are asked for
        ("c++", "C", true),
    ];
    for (question, text, found) in cases {
        let asked = Question::of(question).unwrap();
        assert_eq!(asked.fits(&Words::of(text)), found, "{question} in {text}");
    }
    for nothing in ["", " ", "\"*", "'); drop", "-"] {
        assert_eq!(Question::of(nothing).is_none(), !nothing.contains("drop"), "{nothing}");
    }
}

#[test]
fn the_name_of_a_file_is_found_in_each_dialect() {
    let cases = [
        (
            r#"{"egg":{"type":"file","data":"{\"data\":\"/u/1\",\"otherData\":{\"typedata\":{\"name\":\"a.pdf\"}}}"}}"#,
            "a.pdf",
        ),
        (r#"{"pop":{"content":"file[b.pdf\t12](/u/2)"}}"#, "b.pdf"),
        (r#"{"v1":{"name":"c.pdf","size_bytes":1}}"#, "c.pdf"),
        (r#"{"v1":{"url":"/u/3"}}"#, ""),
        ("no json", ""),
    ];
    for (raw, name) in cases {
        assert_eq!(names::of(raw), name, "{raw}");
    }
}
