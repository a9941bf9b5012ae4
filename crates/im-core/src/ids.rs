//! Numbers with a meaning.
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
        impl From<$name> for im_db::Value<'_> {
            fn from(id: $name) -> Self { im_db::Value::Int(id.0) }
        }
        impl im_db::Column for $name {
            fn read(row: &im_db::Row<'_>, name: &str) -> im_db::Result<Self> { Ok($name(row.get(name)?)) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
    )* };
}

ids!(
    /// An account of any kind; the same number in every dialect.
    AccountId,
    /// A signed-in device.
    SessionId,
    /// A conversation; for a group also the number of the group.
    ConversationId,
    /// Place of a message in the installation's log: growing, never given twice.
    Mid,
    /// Place in one conversation's log: 1, 2, 3, with no hole.
    Seq,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Millis,
);

impl Millis {
    /// `ms` later (or earlier, when negative).
    pub fn plus(self, ms: i64) -> Millis {
        Millis(self.0.saturating_add(ms))
    }
}
