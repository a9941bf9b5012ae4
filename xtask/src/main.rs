//! Chores of this repository: `cargo xtask CHORE`.

mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask tidy    checks the house rules of every file";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy::run(),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
