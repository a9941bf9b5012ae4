//! What every text file has in common.

use super::{File, Problem};

/// More than this, and a file of the product hides two nouns.
const LONGEST: usize = 500;

/// No white space at the end of a line or a file, no tabs in Rust, a newline at the end.
pub fn white_space(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, text) in (1..).zip(file.text.split('\n')) {
        if text.ends_with([' ', '\t', '\r']) {
            problems.push(file.problem(line, "white space at the end of the line", "remove it"));
        }
        if file.is("rs") && text.contains('\t') {
            problems.push(file.problem(line, "a tab", "indent with spaces, write \\t in a string"));
        }
    }
    let last = file.text.lines().count();
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        problems.push(file.problem(last, "no newline at the end of the file", "add one"));
    }
    if file.text.ends_with("\n\n") {
        problems.push(file.problem(last, "an empty line at the end of the file", "remove it"));
    }
    problems
}

/// A file below `crates/NAME/src` stays readable in one sitting.
pub fn length(file: &File) -> Option<Problem> {
    let lines = file.text.lines().count();
    let counts = file.path.starts_with("crates/") && file.path.contains("/src/");
    (counts && lines > LONGEST).then(|| {
        file.problem(
            LONGEST + 1,
            format!("{lines} lines, more than {LONGEST}"),
            "find the noun that is hiding in it and give it a file",
        )
    })
}
