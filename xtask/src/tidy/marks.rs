//! What may not stay in the code: unfinished work, switched-off tests, `unwrap` outside tests.

use super::code::{code_only, has_word};
use super::{File, Problem};

/// Spelled in halves, so that this file passes its own rule.
const UNFINISHED: [&str; 3] = [concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// No marks for later in code, scripts and pages.
pub fn unfinished(file: &File) -> Vec<Problem> {
    let marked = |(line, text): (usize, &str)| {
        let mark = UNFINISHED.iter().find(|mark| has_word(text, mark))?;
        Some(file.problem(
            line,
            format!("a mark {mark}"),
            "finish it, or say in a sentence what is left out and why",
        ))
    };
    file.lines().filter_map(marked).collect()
}

/// No macros of unfinished work or debugging, no test that does not run.
pub fn macros(file: &File) -> Vec<Problem> {
    const FORBIDDEN: [(&str, &str); 4] = [
        ("todo!(", "finish it"),
        ("unimplemented!(", "answer with an error of the list in im-core"),
        ("dbg!(", "remove it, or log it with tracing"),
        ("#[ignore", "make the test run, or remove it"),
    ];
    let mut problems = Vec::new();
    for (line, code) in (1..).zip(code_only(&file.text)) {
        for (word, instead) in FORBIDDEN {
            if code.contains(word) {
                problems.push(file.problem(line, format!("`{word}`"), instead));
            }
        }
    }
    problems
}

/// `.unwrap()` stands in tests only.
pub fn unwrap(file: &File) -> Vec<Problem> {
    let whole_file_tests = file.path.contains("/tests/") || file.path.ends_with("/tests.rs");
    if whole_file_tests {
        return Vec::new();
    }
    let code = code_only(&file.text);
    let tests = test_lines(&code);
    (1..)
        .zip(&code)
        .zip(tests)
        .filter(|((_, code), in_test)| !in_test && code.contains(".unwrap()"))
        .map(|((line, _), _)| {
            let instead = "use `?` or `expect(\"why it cannot fail\")`; tests live in tests.rs or tests/";
            file.problem(line, "`.unwrap()` outside tests", instead)
        })
        .collect()
}

/// Which lines belong to an item under `#[cfg(test)]`: up to its `;`, or to the end of its block.
fn test_lines(code: &[String]) -> Vec<bool> {
    if code.iter().any(|line| line.trim_start().starts_with("#![cfg(test)]")) {
        return vec![true; code.len()];
    }
    let mut inside = false;
    let mut depth = 0_i32;
    let mut marked = Vec::with_capacity(code.len());
    for line in code {
        let mut text = line.as_str();
        if !inside && let Some(at) = text.find("#[cfg(test)]") {
            inside = true;
            depth = 0;
            text = &text[at + "#[cfg(test)]".len()..];
        }
        marked.push(inside);
        if !inside {
            continue;
        }
        for c in text.chars() {
            depth += match c {
                '{' | '(' | '[' => 1,
                '}' | ')' | ']' => -1,
                _ => 0,
            };
            if depth == 0 && (c == ';' || c == '}') {
                inside = false;
            }
        }
    }
    marked
}
