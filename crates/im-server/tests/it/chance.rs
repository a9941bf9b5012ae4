//! Chance that can be repeated. `SEED=n` plays one seed again, `SOAK_SECONDS=n` plays new ones for so
//! long; otherwise a test plays the few that it can afford.
use std::time::{Duration, Instant};

/// The seeds of a run: `few`, or as the environment says.
pub fn seeds(few: usize) -> impl Iterator<Item = u64> {
    let replayed: Option<u64> = number("SEED");
    let soak = number("SOAK_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut played = 0;
    std::iter::from_fn(move || {
        let more = match (replayed, soak) {
            (Some(_), _) => played < 1,
            (None, Some(end)) => Instant::now() < end,
            (None, None) => played < few,
        };
        played += 1;
        more.then(|| replayed.unwrap_or_else(rand::random))
    })
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Says which seed was at work when a test fails, whoever notices the failure.
pub struct Playing(pub u64);

impl Drop for Playing {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to play it again: SEED={}", self.0);
        }
    }
}
