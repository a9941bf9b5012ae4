//! Links in Markdown pages lead somewhere.

use std::collections::BTreeSet;

use super::{File, Problem};

/// A link to a file of the repository names one that git tracks or would track, or a folder of one.
pub fn broken(file: &File, paths: &BTreeSet<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fence = None;
    for (line, text) in file.lines() {
        let start = text.trim_start();
        match fence {
            Some(mark) if start.starts_with(mark) => fence = None,
            Some(_) => {}
            None if start.starts_with("```") => fence = Some("```"),
            None if start.starts_with("~~~") => fence = Some("~~~"),
            None => {
                for target in targets(text).into_iter().filter(|target| is_local(target)) {
                    if !leads_to_file(&file.path, &target, paths) {
                        let what = format!("no file at the end of the link {target}");
                        problems.push(file.problem(
                            line,
                            what,
                            "link to a file of the repository, from this page",
                        ));
                    }
                }
            }
        }
    }
    problems
}

/// What the links of one line point to: `[text](target)`, `![text](target "title")`, `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let text = without_code(line);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](") {
        let target = &text[at + 2..];
        let target = match target.strip_prefix('<') {
            Some(angled) => angled.split('>').next(),
            None => target.split([')', ' ']).next(),
        };
        found.extend(target.map(String::from));
    }
    if text.starts_with('[')
        && !text.starts_with("[^")
        && let Some((_, target)) = text.split_once("]: ")
    {
        found.extend(
            target.split_whitespace().next().map(|target| target.trim_matches(['<', '>']).to_owned()),
        );
    }
    found
}

/// The line without what stands between backticks.
fn without_code(line: &str) -> String {
    let balanced = line.matches('`').count() / 2 * 2;
    line.split('`').enumerate().filter(|(n, _)| n % 2 == 0 || *n > balanced).map(|(_, part)| part).collect()
}

/// Neither a place on this page nor one of another machine.
fn is_local(target: &str) -> bool {
    let scheme =
        target.split_once(':').is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()));
    !target.is_empty() && !target.starts_with('#') && !target.starts_with("//") && !scheme
}

/// Whether `target`, read on page `from`, is a file or a folder.
fn leads_to_file(from: &str, target: &str, paths: &BTreeSet<String>) -> bool {
    let target = target.split(['#', '?']).next().unwrap_or_default().replace("%20", " ");
    let mut way: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." if way.pop().is_none() => return false,
            ".." => {}
            name => way.push(name),
        }
    }
    let path = way.join("/");
    let folder = format!("{path}/");
    path.is_empty() || paths.contains(&path) || paths.iter().any(|file| file.starts_with(&folder))
}
