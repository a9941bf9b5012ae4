//! Where somebody is signed in: the list of sessions that its owner looks at, and ends.
use super::{Caller, Door, sessions, store};
use crate::{App, Millis, Refusal, Result, SessionEnd, SessionId};
use serde::{Deserialize, Serialize};

/// Sessions in a list at most.
const MOST: i64 = 200;

/// How a client describes the device that it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Described {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `web`, `ios`, `desktop` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

impl Described {
    /// As it is stored.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default() // other doors store nothing
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A session in the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Which.
    pub id: SessionId,
    /// The dialect that it speaks.
    pub door: Door,
    /// The device, where the client said.
    pub device: Described,
    /// Where it signed in or renewed its tokens from; empty where that is not kept.
    pub address: String,
    /// When it began.
    pub created_ms: Millis,
    /// When it was last used, by the hour.
    pub seen_ms: Millis,
}

/// The living sessions of the caller's account, through all doors.
pub async fn list(app: &App, caller: Caller) -> Result<Vec<Listed>> {
    let all = app.read(move |_, tx| Box::pin(async move { Ok(store::devices(tx, caller.id, MOST).await?) }));
    let mut all = all.await?;
    let now = app.now();
    all.retain(|one| one.seen_ms > now.plus(-sessions::lifetime_ms(app, one.door)));
    Ok(all)
}

/// Ends one session of the caller's account.
///
/// # Errors
/// [`Refusal::NoSuchRecord`] where it has none of this number.
pub async fn end(app: &App, caller: Caller, session: SessionId) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            if !store::all_sessions_of(tx, caller.id).await?.contains(&session) {
                return Err(Refusal::NoSuchRecord.into());
            }
            sessions::end(&app, tx, caller.id, &[session], SessionEnd::SignedOut).await
        })
    })
    .await
}

/// Ends all sessions of the caller's account but the one that calls.
pub async fn end_others(app: &App, caller: Caller) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move { sessions::end_others(&app, tx, caller, SessionEnd::SignedOut).await })
    })
    .await
}
