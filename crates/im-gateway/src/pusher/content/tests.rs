//! What is recognised, and what clients are shown of it.
use super::*;
use proptest::prelude::*;

#[test]
fn forms_are_recognised_in_their_order() {
    let cases = [
        ("你好", Body::Text("你好".into())),
        ("![](//p.com/a.png)", Body::Image("//p.com/a.png".into())),
        ("look: ![图片](/a.png) nice", Body::Image("/a.png".into())),
        ("![a](b ![](/c.png)", Body::Image("/c.png".into())),
        ("![x](x) ![](/a.png)", Body::Image("/a.png".into())),
        ("![x](x) [y](/a.png)", Body::Image("/a.png".into())),
        ("[y](/b.png) ![](/a.png) ![](/c.png)", Body::Image("/a.png".into())),
        ("voice(x ![](/a.png)", Body::Image("/a.png".into())),
        ("![](/a.png", Body::Text("![](/a.png".into())),
        ("![\n](/a.png)", Body::Text("![\n](/a.png)".into())),
        ("![\n![x](/a.png)", Body::Image("/a.png".into())),
        ("![](javascript:alert(1))", Body::Text("![](javascript:alert(1))".into())),
        ("![](/JavaScript/a.png)", Body::Text("![](/JavaScript/a.png)".into())),
        ("![](a.png)", Body::Text("![](a.png)".into())),
        ("voice(//p.com/a.wav)", Body::Audio("//p.com/a.wav".into())),
        ("voice(/a)b)", Body::Text("voice(/a)b)".into())),
        (" voice(/a)", Body::Text(" voice(/a)".into())),
        ("file[a.pdf\t7.15 KB](//p.com/1.pdf)", Body::File("//p.com/1.pdf".into())),
        ("file[a.pdf|7.15 KB](//p.com/1.pdf)", Body::File("//p.com/1.pdf".into())),
        ("file[A.MP4\t1 B](/1.mp4)", Body::Video("/1.mp4".into())),
        ("file[a.pdf](/1.pdf)", Body::Text("file[a.pdf](/1.pdf)".into())),
        ("file[a\tb](/it's)", Body::Text("file[a\tb](/it's)".into())),
        ("[text](https://a.com)", Body::Text("[text](https://a.com)".into())),
        ("https://a.com/x.png", Body::Text("https://a.com/x.png".into())),
        ("[表情7]", Body::Text("[表情7]".into())),
    ];
    for (content, body) in cases {
        assert_eq!(parse(content).0, body, "{content}");
        let (body, raw) = parse(content);
        assert_eq!(say(&body, raw.as_deref()).replace('\u{200B}', ""), content);
    }
}

#[test]
fn what_other_dialects_say_has_a_form() {
    let cases = [
        (Body::Image("/a.png".into()), "![](/a.png)"),
        (Body::Image("/a(1).png".into()), "![](/a(1%29.png)"),
        (Body::Audio("/a.mp3".into()), "voice(/a.mp3)"),
        (Body::File("https://a.com/x/b.pdf?v=1".into()), "file[b.pdf\t](https://a.com/x/b.pdf?v=1)"),
        (Body::Video("/v/[1].mp4".into()), "file[_1_.mp4\t](/v/[1].mp4)"),
        (Body::Other("card".into()), "card"),
        (Body::Other(String::new()), WORDLESS),
        (Body::Auto { text: "answer".into(), asked: None }, "answer"),
    ];
    for (body, content) in cases {
        assert_eq!(say(&body, Some(r#"{"egg":{}}"#)), content);
    }
}

#[test]
fn what_must_not_be_followed_is_broken() {
    let cases = [
        ("[x](/y) and [z](https://a.com)", "[x](/y) and [z](https://a.com)"),
        ("![x](javascript:alert(1))", "![x]|(javascript:alert(1))"),
        ("a [x](/y) b [z](data:1) c", "a [x](/y) b [z]|(data:1) c"),
        ("voice(javascript:1)", "voice|(javascript:1)"),
        ("file[a\tb](/it's)", "file[a\tb]|(/it's)"),
        ("f(x) = [y]", "f(x) = [y]"),
    ];
    for (content, shown) in cases {
        let body = Body::Text(content.into());
        assert_eq!(say(&body, None).replace('\u{200B}', "|"), shown);
    }
}

/// Whether clients would make a picture of anything in the text.
fn shows_a_picture(text: &str) -> bool {
    let ends = |(at, _): (usize, &str)| text[at + 2..].find(')').is_some_and(|length| length > 0);
    text.match_indices("![").any(|(at, _)| {
        let line = text[at..].find('\n').map_or(text.len(), |length| at + length);
        text[..line].match_indices("](").filter(|(middle, _)| *middle > at).any(ends)
    })
}

#[test]
fn only_a_picture_is_shown_as_one() {
    let content = "![x](x) ![](/a.png)";
    let (body, raw) = parse(content);
    assert!(matches!(body, Body::Image(_)) && shows_a_picture(&say(&body, raw.as_deref())));
    let text = |content: &str| Body::Text(content.into());
    let file = Body::File("/q![](/a.png".into());
    for body in [text(content), text("![](/a.png)"), text("![]({x)"), Body::Other(content.into()), file] {
        assert!(!shows_a_picture(&say(&body, None)), "{body:?}");
    }
    let answer = Body::Auto { text: "![](/a.png)".into(), asked: None };
    assert!(shows_a_picture(&say(&answer, None)), "a merchant's own words");
}

#[test]
fn the_address_of_a_form_is_found_where_it_stands() {
    let cases = [
        ("/a /a ![/a](/a) /a", Some(12..14)),
        ("![x](x) ![](/a.png)", Some(12..18)),
        ("voice(/a)", Some(6..8)),
        ("file[/a\t/a](/a)", Some(12..14)),
        ("see /a", None),
    ];
    for (content, at) in cases {
        assert_eq!(address(content), at, "{content}");
    }
}

#[test]
fn a_long_content_is_read_in_no_time() {
    let began = std::time::Instant::now();
    for piece in ["](", "![](", "![](/", "![a](/x\n", "voice("] {
        let content = piece.repeat(10_000 / piece.len());
        let (body, raw) = parse(&content);
        assert_eq!(say(&body, raw.as_deref()).replace('\u{200B}', ""), content);
    }
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[test]
fn a_plain_form_needs_no_second_copy() {
    for content in ["hi", "![](/a.png)", "voice(/a)", "file[a.pdf\t](/a.pdf)", "[x](/y)"] {
        assert_eq!(parse(content).1, None, "{content}");
    }
    assert_eq!(parse("![x](/a.png)").1.as_deref(), Some(r#"{"pop":"![x](/a.png)"}"#));
}

proptest! {
    #[test]
    fn what_was_said_is_said_again(content in "(voice|file|!)?[\\[(]?[a-z|\t\n]{0,3}[\\])]?[\\[(]{0,2}(/|https://)?[a-z/.)]{0,9}\\)?") {
        let (body, raw) = parse(&content);
        prop_assert_eq!(say(&body, raw.as_deref()).replace('\u{200B}', ""), content);
    }

    #[test]
    fn what_is_no_picture_is_never_shown_as_one(content in "(!\\[|\\]\\(|\\)|/a|x|\n|voice\\(|file\\[|\t|\\{){0,12}") {
        let (body, raw) = parse(&content);
        let shown = say(&body, raw.as_deref());
        prop_assert!(matches!(body, Body::Image(_) | Body::Audio(_)) || !shows_a_picture(&shown), "{}", shown);
    }

    #[test]
    fn what_is_said_is_understood(url in "(//|/|https://)[a-z0-9/._?=-]{1,20}") {
        for body in [Body::Image(url.clone()), Body::Audio(url.clone())] {
            prop_assert_eq!(parse(&say(&body, None)), (body, None));
        }
        let file = parse(&say(&Body::File(url.clone()), None)).0;
        prop_assert!(file == Body::File(url.clone()) || file == Body::Video(url));
    }
}
