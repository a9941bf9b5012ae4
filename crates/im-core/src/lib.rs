//! Rules, use cases, SQL and events of the chat. Knows no HTTP, no socket and no blob store.
//!
//! A feature is a folder; it calls features above it in this list only.

mod app;
mod error;
mod event;
mod ids;
mod limits;
pub mod secrets;
pub mod settings;
pub mod switches;

pub mod moderation;
pub mod sms;

pub mod accounts;
pub mod administrators;
pub mod visitors;

pub mod conversations;
pub mod messages;

pub mod history;

pub mod contacts;
pub mod groups;
pub mod overview;
pub mod profiles;
pub mod search;
pub mod support;
pub mod uploads;

pub mod arrivals;
pub mod live;

pub use app::{App, Bus, Chat, Clock, Pop, V1};
pub use error::{Error, Refusal, Result};
pub use event::{Audience, Change, Event, Joined, Left, SessionEnd};
pub use ids::{AccountId, ConversationId, Mid, Millis, Seq, SessionId};
pub use im_db::{Db, Migration};
pub use limits::{Limiter, Limits, Rate};

/// The schema, step by step.
pub const SCHEMA: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_start.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_pop.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_native.sql") },
    Migration { version: 4, sql: include_str!("../migrations/0004_search.sql") },
];

/// Writes a row to the disk: whether the installation can keep a message.
///
/// # Errors
/// [`Error::Internal`] when it cannot.
pub async fn probe(app: &App) -> Result<()> {
    app.write(|app, tx| {
        Box::pin(async move {
            let sql = "insert into probe (id, at_ms) values (1, $1) on conflict (id) do update set at_ms = excluded.at_ms";
            tx.run(sql, im_db::params![app.now()]).await?;
            Ok(())
        })
    })
    .await
}
