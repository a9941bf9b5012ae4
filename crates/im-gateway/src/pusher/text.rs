//! Text as pop clients read it: they put it into pages as HTML (pop.md §1.6).
use std::borrow::Cow;

/// What clients replace with the base of their own pages; only the server may say it.
pub const BASE: &str = "{POPBASEURI}";
/// The same, broken by a space without width, as users may say it.
const BROKEN_BASE: &str = "{\u{200B}POPBASEURI}";

/// `text` as HTML text: every string that a user may have chosen goes through here exactly once.
pub fn escape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(['&', '<', '>', '"', '\'']) else { return Cow::Borrowed(text) };
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#039;"),
            _ => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// `text` without a link into the clients' own pages: nobody imitates a notice (pop.md §5.2).
pub fn unlinked(text: &str) -> Cow<'_, str> {
    if text.contains(BASE) { Cow::Owned(text.replace(BASE, BROKEN_BASE)) } else { Cow::Borrowed(text) }
}

/// The first `most` characters.
pub fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_would_read_is_escaped_once() {
        for (text, escaped) in [
            ("你好", "你好"),
            ("", ""),
            ("<b>\"Tom\" & 'Jerry'</b>", "&lt;b&gt;&quot;Tom&quot; &amp; &#039;Jerry&#039;&lt;/b&gt;"),
            ("&amp;", "&amp;amp;"),
        ] {
            assert_eq!(escape(text), escaped);
        }
        assert!(matches!(escape("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn users_make_no_links_into_the_clients_pages() {
        assert_eq!(unlinked("[A]({POPBASEURI}user/1)"), "[A]({\u{200B}POPBASEURI}user/1)");
        assert_eq!(unlinked("{POPBASE}"), "{POPBASE}");
    }

    #[test]
    fn a_cut_counts_characters() {
        assert_eq!([cut("鸿雁来", 2), cut("鸿雁", 2), cut("", 2), cut("abc", 0)], ["鸿雁", "鸿雁", "", ""]);
    }
}
