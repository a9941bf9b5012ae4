//! `cargo xtask tidy`: the house rules that rustfmt and clippy do not know.
//!
//! A rule takes one file and tells what is wrong in it. Which files a rule reads stands in [`check`].

mod code;
mod links;
mod marks;
mod rooms;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// One thing that is wrong, and what to do instead.
#[derive(Debug, PartialEq)]
struct Problem {
    path: String,
    /// From 1.
    line: usize,
    what: String,
    instead: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.what, self.instead)
    }
}

/// A text file of the repository.
struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

impl File {
    /// Starts a [`Problem`] of this file.
    fn problem(&self, line: usize, what: impl Into<String>, instead: impl Into<String>) -> Problem {
        Problem { path: self.path.clone(), line, what: what.into(), instead: instead.into() }
    }

    /// The lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, e)| e == extension)
    }

    /// The crate below `crates/` that the file belongs to.
    fn room(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split_once('/').map(|(room, _)| room)
    }
}

/// Checks the repository and prints what is wrong, in the order of the files.
pub fn run() -> ExitCode {
    // Asked when it runs: a build folder may serve several copies of the repository.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&here).parent().expect("xtask is a folder of the repository");
    let paths = match paths(root) {
        Ok(paths) => paths,
        Err(error) => {
            eprintln!("tidy: git cannot list the files: {error}");
            return ExitCode::FAILURE;
        }
    };
    let files: Vec<File> = paths.iter().filter_map(|path| read(root, path)).collect();
    let problems: Vec<Problem> = files.iter().flat_map(|file| check(file, &paths)).collect();
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        println!("tidy: {} files are fine", files.len());
        return ExitCode::SUCCESS;
    }
    println!("tidy: {} problems", problems.len());
    ExitCode::FAILURE
}

/// Every file that git tracks or would track, from the root.
fn paths(root: &Path) -> Result<BTreeSet<String>, String> {
    let list = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| error.to_string())?;
    if !list.status.success() {
        return Err(String::from_utf8_lossy(&list.stderr).into_owned());
    }
    let list = String::from_utf8(list.stdout).map_err(|error| error.to_string())?;
    // A file may be gone from the disk and still be in git's index.
    Ok(list.split_terminator('\0').filter(|path| root.join(path).is_file()).map(String::from).collect())
}

/// The file, unless it is no text.
fn read(root: &Path, path: &str) -> Option<File> {
    let text = String::from_utf8(std::fs::read(root.join(path)).ok()?).ok()?;
    (!text.contains('\0')).then(|| File { path: path.to_owned(), text })
}

/// Applies to `file` the rules that concern it, in the order of its lines.
fn check(file: &File, paths: &BTreeSet<String>) -> Vec<Problem> {
    let mut problems = text::white_space(file);
    if !file.is("md") {
        problems.extend(marks::unfinished(file));
    }
    if file.is("rs") {
        problems.extend(text::length(file));
        problems.extend(marks::macros(file));
        problems.extend(marks::unwrap(file));
        problems.extend(rooms::foreign_words(file));
    }
    if file.path == "Cargo.toml" {
        problems.extend(rooms::reasons(file));
    } else if file.path.ends_with("/Cargo.toml") {
        problems.extend(rooms::imports(file));
    }
    if file.is("md") {
        problems.extend(links::broken(file, paths));
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}
