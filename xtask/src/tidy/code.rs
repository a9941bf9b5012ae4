//! Rust text without what only looks like code.

/// The lines of `text` with comments and the contents of literals blanked, so that a word found is a word of the
/// program. Columns shift; lines stay.
pub fn code_only(text: &str) -> Vec<String> {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (kept, skipped) = match c {
            '/' if rest.starts_with("//") => ("", rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => ("", block_comment(rest)),
            '"' => ("\"\"", string(rest)),
            'r' | 'b' | 'c' if !code.ends_with(is_word) => match prefixed(rest) {
                0 => (&rest[..1], 1),
                length => ("\"\"", length),
            },
            '\'' => match character(rest) {
                0 => ("'", 1),
                length => ("''", length),
            },
            _ => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        code.push_str(kept);
        if skipped > kept.len() {
            code.extend(rest[..skipped].matches('\n'));
        }
        rest = &rest[skipped..];
    }
    code.lines().map(String::from).collect()
}

/// Whether `c` may stand within a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `word` stands in `line` with no letter on either side.
pub fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
}

/// The length of the comment that `text` starts with; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of the literal that `text` starts with, its quotes included.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`; 0 when it is something else.
fn prefixed(text: &str) -> usize {
    let prefix =
        ["br", "cr", "r", "b", "c"].into_iter().find(|prefix| text.starts_with(prefix)).unwrap_or("");
    let body = text[prefix.len()..].trim_start_matches('#');
    let hashes = text.len() - prefix.len() - body.len();
    let raw = prefix.ends_with('r');
    if !body.starts_with('"') || (hashes > 0 && !raw) {
        return 0;
    }
    let start = prefix.len() + hashes;
    if !raw {
        return start + string(body);
    }
    let end = format!("\"{}", "#".repeat(hashes));
    body[1..].find(&end).map_or(text.len(), |at| start + 1 + at + end.len())
}

/// The length of a character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(0, |at| at + 4),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}
