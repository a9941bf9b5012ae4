//! What a pop client says, in the core's words and back (pop.md §5).
use super::text::unlinked;
use im_core::messages::Body;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, ops::Range};

/// How the content stands beside a core body that does not say it to the letter.
#[derive(Serialize, Deserialize)]
struct Raw<T> {
    pop: T,
}

/// What stands for a message that has no words.
const WORDLESS: &str = "[消息]";
/// Bytes of an address at most. Also keeps the look at a long content short.
const URL: usize = 2_048;

/// Makes a core body of an address.
type Kind = fn(String) -> Body;

/// `content` in the core's words, and what these leave out.
pub fn parse(content: &str) -> (Body, Option<String>) {
    let Some((kind, at)) = recognise(content) else { return (Body::Text(content.to_owned()), None) };
    let body = kind(content[at].to_owned());
    let said_again = form(&body) == content;
    let raw = if said_again { None } else { serde_json::to_string(&Raw { pop: content }).ok() };
    (body, raw)
}

/// Where in `content` the address stands that [`parse`] takes for the body; nowhere in a text.
pub fn address(content: &str) -> Option<Range<usize>> {
    recognise(content).map(|(_, at)| at)
}

/// What a pop client is shown of a message of any dialect; not escaped. Notices have texts of their
/// own: [`notice`](super::notices::notice).
pub fn say(body: &Body, raw: Option<&str>) -> String {
    // A text says all there is, however large what its dialect keeps beside it.
    let raw = raw.filter(|_| !matches!(body, Body::Text(_)));
    let kept = raw.and_then(|raw| serde_json::from_str::<Raw<String>>(raw).ok());
    let content = kept.map_or_else(|| form(body), |raw| raw.pop);
    let content = match unlinked(&content) {
        Cow::Owned(broken) => broken,
        Cow::Borrowed(_) => content,
    };
    let pictures = matches!(body, Body::Image(_) | Body::Audio(_) | Body::Auto { .. });
    if content.contains('(') { inert(&content, pictures).unwrap_or(content) } else { content }
}

/// The content with every form broken whose address clients must not follow, by a space without width
/// before the address; `None` when there is none. Without `pictures` nothing in it is shown as one:
/// clients make a picture of whatever has the form, and here the switch for them was not asked.
fn inert(content: &str, pictures: bool) -> Option<String> {
    let voice = content.strip_prefix("voice(").map(near).filter(|url| !good_url(url)).map(|_| "voice".len());
    let bad = |link: &Link<'_>| {
        // What began with the clients' base is broken already.
        let follows = good_url(link.url) || link.url.starts_with('{');
        !follows || (link.is_picture && !pictures)
    };
    let breaks: Vec<_> =
        voice.into_iter().chain(links(content).filter(bad).map(|link| link.at - 1)).collect();
    if breaks.is_empty() {
        return None;
    }
    let (mut broken, mut from) = (String::with_capacity(content.len() + 3 * breaks.len()), 0);
    for at in breaks {
        broken.push_str(&content[from..at]);
        broken.push('\u{200B}');
        from = at;
    }
    broken.push_str(&content[from..]);
    Some(broken)
}

/// What stands where clients look for an address: behind `](`.
struct Link<'a> {
    /// Where it begins.
    at: usize,
    /// As far as the next `)`.
    url: &'a str,
    /// Whether a `![` stands before it in the same line: `!\[.*?\]\(([^)]+?)\)`.
    is_picture: bool,
}

fn links(content: &str) -> impl Iterator<Item = Link<'_>> {
    let lines = content.split_inclusive('\n').scan(0, |end, line| {
        *end += line.len();
        Some((*end - line.len(), line))
    });
    lines.flat_map(move |(start, line)| {
        let picture = line.find("![").unwrap_or(line.len());
        line.match_indices("](").map(move |(found, _)| {
            let at = start + found + 2;
            Link { at, url: near(&content[at..]), is_picture: picture < found }
        })
    })
}

/// An address as far as the next `)`, or as far as it may be long, and a little more.
fn near(rest: &str) -> &str {
    let near = &rest[..rest.floor_char_boundary(URL + 4)];
    near.split(')').next().unwrap_or_default()
}

/// Whether clients may follow this address (pop.md §5.3).
pub fn good_url(url: &str) -> bool {
    let begins = ["http://", "https://", "/"].iter().any(|start| url.starts_with(start));
    let inert = |c: char| !c.is_control() && !matches!(c, '"' | '\'' | '`');
    begins && url.len() <= URL && url.chars().all(inert) && !url.to_ascii_lowercase().contains("javascript")
}

/// The form that the content has, and where its address stands.
fn recognise(content: &str) -> Option<(Kind, Range<usize>)> {
    let found: (Kind, _) = if let Some(at) = voice(content) {
        (Body::Audio, at)
    } else if let Some(at) = image(content) {
        (Body::Image, at)
    } else {
        let (name, at) = file(content)?;
        (if is_video(name) { Body::Video } else { Body::File }, at)
    };
    Some(found)
}

/// `^voice\(([^)]+?)\)$`
fn voice(content: &str) -> Option<Range<usize>> {
    let url = content.strip_prefix("voice(")?.strip_suffix(')')?;
    let at = "voice(".len();
    (good_url(url) && !url.contains(')')).then(|| at..at + url.len())
}

/// The first picture with a good address, wherever it stands: the bad ones before it are broken when
/// they are shown, and then clients show this one.
fn image(content: &str) -> Option<Range<usize>> {
    let found = links(content).find(|link| {
        let closed = content[link.at + link.url.len()..].starts_with(')');
        link.is_picture && closed && good_url(link.url)
    })?;
    Some(found.at..found.at + found.url.len())
}

/// `^file\[(.*?)[\t|](.*?)\]\((.+?)\)$`: name and address.
fn file(content: &str) -> Option<(&str, Range<usize>)> {
    let rest = content.strip_prefix("file[")?.strip_suffix(')')?;
    let (name, rest) = rest.split_once(['\t', '|'])?;
    let (size, url) = rest.split_once("](")?;
    let one_line = !name.contains('\n') && !size.contains('\n');
    let end = content.len() - 1;
    (one_line && good_url(url)).then(|| (name, end - url.len()..end))
}

/// By their convention, clients play a file of such a name.
fn is_video(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["mp4", "mov", "3gp"].iter().any(|end| name.ends_with(end))
}

/// A body in pop's own words.
fn form(body: &Body) -> String {
    match body {
        Body::Image(url) => format!("![]({})", closed(url)),
        Body::Audio(url) => format!("voice({})", closed(url)),
        Body::Video(url) | Body::File(url) => format!("file[{}\t]({})", name_of(url), closed(url)),
        Body::Other(text) if text.is_empty() => WORDLESS.to_owned(),
        Body::Text(text) | Body::Other(text) | Body::Auto { text, .. } => text.clone(),
        Body::Notice(_) => String::new(),
    }
}

/// An address that does not end the form in which it stands.
fn closed(url: &str) -> String {
    url.replace(')', "%29")
}

/// The last part of an address's path, as the name of a file.
fn name_of(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    name.chars()
        .map(|c| if matches!(c, '[' | ']' | '(' | ')' | '|') || c.is_control() { '_' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
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
}
