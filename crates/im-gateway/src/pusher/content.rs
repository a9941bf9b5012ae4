//! What a pop client says, in the core's words and back (pop.md §5).
use super::text::unlinked;
use im_core::messages::Body;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How the content stands beside a core body that does not say it to the letter.
#[derive(Serialize, Deserialize)]
struct Raw<T> {
    pop: T,
}

/// What stands for a message that has no words.
const WORDLESS: &str = "[消息]";
/// Bytes of an address at most. Also keeps the look at a long content short.
const URL: usize = 2_048;

/// `content` in the core's words, and what these leave out.
pub fn parse(content: &str) -> (Body, Option<String>) {
    let body = recognise(content);
    let said_again = matches!(body, Body::Text(_)) || form(&body) == content;
    let raw = if said_again { None } else { serde_json::to_string(&Raw { pop: content }).ok() };
    (body, raw)
}

/// What a pop client is shown of a message of any dialect; not escaped. Notices have texts of their
/// own: [`notice`](super::notices::notice).
pub fn say(body: &Body, raw: Option<&str>) -> String {
    let kept = raw.and_then(|raw| serde_json::from_str::<Raw<String>>(raw).ok());
    let content = kept.map_or_else(|| form(body), |raw| raw.pop);
    let content = match unlinked(&content) {
        Cow::Owned(broken) => broken,
        Cow::Borrowed(_) => content,
    };
    if content.contains('(') { inert(&content).unwrap_or(content) } else { content }
}

/// The content with every form broken whose address clients must not follow, by a space without width
/// before the address; `None` when there is none.
fn inert(content: &str) -> Option<String> {
    let voice = content.strip_prefix("voice(").map(|rest| ("voice".len(), rest));
    let links = content.match_indices("](").map(|(at, _)| (at + 1, &content[at + 2..]));
    // What began with the clients' base is broken already.
    let bad = |rest: &str| {
        let near = &rest[..rest.floor_char_boundary(URL + 4)];
        !rest.starts_with('{') && !good_url(near.split(')').next().unwrap_or_default())
    };
    let breaks: Vec<_> =
        voice.into_iter().chain(links).filter(|(_, rest)| bad(rest)).map(|(at, _)| at).collect();
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

/// Whether clients may follow this address (pop.md §5.3).
pub fn good_url(url: &str) -> bool {
    let begins = ["http://", "https://", "/"].iter().any(|start| url.starts_with(start));
    let inert = |c: char| !c.is_control() && !matches!(c, '"' | '\'' | '`');
    begins && url.len() <= URL && url.chars().all(inert) && !url.to_ascii_lowercase().contains("javascript")
}

fn recognise(content: &str) -> Body {
    let text = || Body::Text(content.to_owned());
    if let Some(url) = voice(content) {
        return if good_url(url) { Body::Audio(url.to_owned()) } else { text() };
    }
    if let Some(url) = image(content) {
        return if good_url(url) { Body::Image(url.to_owned()) } else { text() };
    }
    match file(content) {
        Some((name, url)) if good_url(url) && is_video(name) => Body::Video(url.to_owned()),
        Some((_, url)) if good_url(url) => Body::File(url.to_owned()),
        _ => text(),
    }
}

/// `^voice\(([^)]+?)\)$`
fn voice(content: &str) -> Option<&str> {
    let url = content.strip_prefix("voice(")?.strip_suffix(')')?;
    (!url.is_empty() && !url.contains(')')).then_some(url)
}

/// `!\[.*?\]\(([^)]+?)\)`, anywhere.
fn image(content: &str) -> Option<&str> {
    let content = &content[..=content.rfind(')')?];
    let mut start = 0;
    content.split_inclusive('\n').find_map(|line| {
        let begin = line.find("![").map(|at| start + at + 2);
        start += line.len();
        let begin = begin?;
        content[begin..start].match_indices("](").find_map(|(at, _)| {
            let (url, _) = content[begin + at + 2..].split_once(')')?;
            (!url.is_empty()).then_some(url)
        })
    })
}

/// `^file\[(.*?)[\t|](.*?)\]\((.+?)\)$`: name and address.
fn file(content: &str) -> Option<(&str, &str)> {
    let rest = content.strip_prefix("file[")?.strip_suffix(')')?;
    let (name, rest) = rest.split_once(['\t', '|'])?;
    let (size, url) = rest.split_once("](")?;
    let one_line = !name.contains('\n') && !size.contains('\n');
    (one_line && !url.is_empty()).then_some((name, url))
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
            ("![a](b ![](/c.png)", Body::Text("![a](b ![](/c.png)".into())),
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
        fn what_is_said_is_understood(url in "(//|/|https://)[a-z0-9/._?=-]{1,20}") {
            for body in [Body::Image(url.clone()), Body::Audio(url.clone())] {
                prop_assert_eq!(parse(&say(&body, None)), (body, None));
            }
            let file = parse(&say(&Body::File(url.clone()), None)).0;
            prop_assert!(file == Body::File(url.clone()) || file == Body::Video(url));
        }
    }
}
