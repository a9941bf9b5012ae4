//! What an account comes to.
use super::Nanos;
use serde::Serialize;
use std::time::Duration;

/// What became of the messages of a run. `lost` and `twice` count copies, the rest messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// That ought to have been sent.
    pub planned: u64,
    /// That the senders did not get to.
    pub unsent: u64,
    /// That the server said ok to.
    pub acked: u64,
    /// That the server refused, or broke off.
    pub refused: u64,
    /// Sent, and no answer when the run ended.
    pub unanswered: u64,
    /// Acknowledged, and delivered to each receiver once.
    pub exact: u64,
    /// Acknowledged, and not delivered.
    pub lost: u64,
    /// Delivered again.
    pub twice: u64,
    /// Delivered behind a message that was sent after they were acknowledged.
    pub disordered: u64,
    /// Of an earlier run, which had given up waiting.
    pub late: u64,
    /// Delivered to somebody who ought not to have them.
    pub astray: u64,
    /// Why the first was refused.
    pub failure: Option<String>,
}

impl Verdict {
    /// Whether each message did exactly what it ought to.
    pub fn is_clean(&self) -> bool {
        self.exact == self.planned && self.lost + self.twice + self.disordered + self.astray == 0
    }

    /// Whether something happened that no load excuses. Messages that could not be sent in time are no such thing.
    pub fn is_wrong(&self) -> bool {
        self.refused + self.unanswered + self.lost + self.twice + self.disordered + self.astray > 0
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_clean() {
            return write!(f, "all {} exactly once", self.planned);
        }
        write!(
            f,
            "of {} messages {} exactly once; unsent {}, refused {}, unanswered {}, lost {}, twice {}, out of order {}, \
             astray {}",
            self.planned,
            self.exact,
            self.unsent,
            self.refused,
            self.unanswered,
            self.lost,
            self.twice,
            self.disordered,
            self.astray
        )?;
        self.failure.as_ref().map_or(Ok(()), |why| write!(f, " ({why})"))
    }
}

/// The spread of some times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The middle.
    pub p50: f64,
    /// What one in a hundred exceeds.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Spread {
    /// Of these times.
    pub fn of(mut times: Vec<Nanos>) -> Spread {
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).map_or(0.0, |nanos| Duration::from_nanos(*nanos).as_secs_f64() * 1e3)
        };
        Spread { p50: at(50), p99: at(99), max: at(100) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.1} p99 {:.1} max {:.1} ms", self.p50, self.p99, self.max)
    }
}
