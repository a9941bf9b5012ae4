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
mod tests;
