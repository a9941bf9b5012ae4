//! What leaves the dialect: texts of people escaped (pop.md §1.6), times in seconds, flags as numbers.
pub use im_gateway::pusher::seconds;
use im_gateway::pusher::text::escape;
use serde::{Serialize, Serializer};

/// A text that people wrote, escaped when it is written out. Clients put it into pages as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Text<S>(pub S);

impl<S: AsRef<str>> Serialize for Text<S> {
    fn serialize<Z: Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        to.serialize_str(&escape(self.0.as_ref()))
    }
}

/// 0 or 1.
pub fn flag(on: bool) -> i64 {
    i64::from(on)
}
