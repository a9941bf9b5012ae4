//! The rooms: which crate may import which, and what a crate may not even know the name of.

use super::code::{code_only, has_word};
use super::{File, Problem};

/// What each of our crates may import of ours. Imports point down, never sideways; dialects do not know each other,
/// and SQL is reached through `im-core` alone.
const ROOMS: [(&str, &[&str]); 12] = [
    ("im-db", &[]),
    ("im-core", &["im-db"]),
    ("im-media", &["im-core"]),
    ("im-api-common", &["im-core", "im-media"]),
    ("im-gateway", &["im-core", "im-api-common"]),
    ("im-api-egg", DOORS_IMPORT),
    ("im-api-pop", DOORS_IMPORT),
    ("im-api-v1", DOORS_IMPORT),
    ("im-server", ALL),
    ("im-import", &["im-db", "im-core", "im-media"]),
    ("im-load", &[]),
    ("xtask", &[]),
];

const DOORS_IMPORT: &[&str] = &["im-core", "im-media", "im-gateway", "im-api-common"];

const ALL: &[&str] = &[
    "im-db",
    "im-core",
    "im-media",
    "im-gateway",
    "im-api-common",
    "im-api-egg",
    "im-api-pop",
    "im-api-v1",
    "im-import",
];

/// What the rooms below the doors do not know.
const FOREIGN: [&str; 6] = ["axum", "hyper", "tungstenite", "tokio_tungstenite", "async_nats", "opendal"];

/// A crate imports only what the table of rooms grants it.
pub fn imports(file: &File) -> Vec<Problem> {
    let room = file.path.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap_or_default();
    let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        let what = format!("{room} is not in the table of rooms");
        return vec![file.problem(
            1,
            what,
            "add it to ROOMS in xtask/src/tidy/rooms.rs with what it may import",
        )];
    };
    let mut problems = Vec::new();
    for (line, name) in dependencies(file) {
        let ours = name.starts_with("im-") || name == "xtask";
        if ours && name != room && !may.contains(&name) {
            let allowed = if may.is_empty() { "none of ours".to_owned() } else { may.join(", ") };
            let instead = format!("{room} may import {allowed}: move what you need to where both reach it");
            problems.push(file.problem(line, format!("{room} imports {name}"), instead));
        }
        if is_inner(room) && FOREIGN.contains(&name.replace('-', "_").as_str()) {
            problems.push(file.problem(line, format!("{room} imports {name}"), foreign_instead(room)));
        }
    }
    problems
}

/// `im-core` and `im-db` do not name HTTP, sockets, the bus or object storage.
pub fn foreign_words(file: &File) -> Vec<Problem> {
    let Some(room) = file.room().filter(|room| is_inner(room)) else { return Vec::new() };
    let mut problems = Vec::new();
    for (line, code) in (1..).zip(code_only(&file.text)) {
        for word in FOREIGN.into_iter().filter(|word| has_word(&code, word)) {
            problems.push(file.problem(line, format!("{room} mentions {word}"), foreign_instead(room)));
        }
    }
    problems
}

fn is_inner(room: &str) -> bool {
    matches!(room, "im-core" | "im-db")
}

fn foreign_instead(room: &str) -> String {
    format!(
        "{room} knows no HTTP, socket, bus or object storage: let it come in with App, or do it in a room above"
    )
}

/// Every dependency of the workspace says why it is here, except our own.
pub fn reasons(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut inside = false;
    let mut lines = file.lines().peekable();
    while let Some((line, text)) = lines.next() {
        if text.starts_with('[') {
            inside = section(text) == "workspace.dependencies";
            continue;
        }
        let Some((name, value)) = text.split_once('=').filter(|_| inside && !text.starts_with('#')) else {
            continue;
        };
        let (mut entry, mut reason) = split_comment(value);
        while depth(&entry) > 0 {
            let Some((_, more)) = lines.next() else { break };
            let (value, comment) = split_comment(more);
            entry.push_str(&value);
            reason.push_str(&comment);
        }
        if reason.is_empty() && !has_word(&entry, "path") {
            let what = format!("{} has no reason", name.trim());
            problems.push(file.problem(line, what, "say behind a # in a few words why it is here"));
        }
    }
    problems
}

/// The names in the sections `[…dependencies]` and `[…dependencies.NAME]`, with their lines.
fn dependencies(file: &File) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut open = 0;
    for (line, text) in file.lines() {
        let (code, _) = split_comment(text);
        if open == 0 && text.starts_with('[') {
            let section = section(text);
            inside = section.ends_with("dependencies");
            if let Some((parent, name)) = section.rsplit_once('.')
                && parent.ends_with("dependencies")
            {
                found.push((line, name));
            }
            continue;
        }
        let name = text.split(['=', '.']).next().unwrap_or_default().trim();
        if inside && open == 0 && !name.is_empty() && !name.starts_with('#') {
            found.push((line, name));
        }
        open += depth(&code);
    }
    found
}

/// `[a.b]` is `a.b`.
fn section(line: &str) -> &str {
    line.trim_start_matches('[').split(']').next().unwrap_or_default().trim()
}

/// A line of TOML in two: values with empty strings, and what stands behind the `#`.
fn split_comment(line: &str) -> (String, String) {
    let mut code = String::new();
    let mut quoted = None;
    for (at, c) in line.char_indices() {
        match (quoted, c) {
            (Some(quote), c) if c == quote => quoted = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quoted = Some(c),
            (None, '#') => return (code, line[at + 1..].trim().to_owned()),
            (None, c) => code.push(c),
        }
    }
    (code, String::new())
}

/// How many brackets stay open.
fn depth(code: &str) -> i32 {
    let count = |brackets: [char; 2]| i32::try_from(code.matches(brackets).count()).unwrap_or(i32::MAX);
    count(['[', '{']) - count([']', '}'])
}
