//! Following the log: what was said comes into the index a moment later, so that saying it costs nothing.
use super::{names, store, words::Words};
use crate::{
    App, Error, Mid, Result,
    messages::{Body, Notice},
};
use futures_util::FutureExt;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// Entries that come into the index at once: on SQLite they hold the writer for a millisecond, seldom
/// for ten.
const BATCH: i64 = 50;
/// How long others have the writer between two batches.
const BREATH: Duration = Duration::from_millis(20);
/// How long to wait for something new.
const PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// An end of the log, as it was at some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fence {
    /// Its newest entry.
    pub mid: Mid,
    /// Whoever had taken a place before it has a smaller number than this.
    pub taken: i64,
}

/// The log now.
pub(super) struct Head {
    /// Everything up to here was looked at.
    pub indexed: Mid,
    /// The end of the log.
    pub end: Fence,
    /// The smallest number of those who may still write.
    pub oldest: i64,
}

/// An entry as far as the index cares.
pub(super) struct Entry {
    pub mid: Mid,
    pub conversation: crate::ConversationId,
    pub body: Body,
    pub raw: Option<String>,
    /// Taken back, or deleted for all.
    pub gone: bool,
}

/// Follows the log for as long as the server runs.
pub async fn follow(app: App) {
    let mut fence = None;
    loop {
        let pause = match AssertUnwindSafe(advance(&app, &mut fence)).catch_unwind().await {
            Ok(Ok(true)) => BREATH,
            Ok(Ok(false)) => PAUSE,
            Ok(Err(error)) => {
                tracing::error!(%error, "the search index stands still");
                PATIENCE
            }
            Err(_) => {
                tracing::error!("the search index stands still: it panicked");
                PATIENCE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Brings into the index what stands in the log now.
pub async fn catch_up(app: &App) -> Result<()> {
    let mut fence = None;
    let ends = || app.read(|_, tx| Box::pin(async move { Ok(store::ends(tx).await?) }));
    let (_, target) = ends().await?;
    while ends().await?.0 < target {
        if !advance(app, &mut fence).await? {
            tokio::time::sleep(BREATH).await; // somebody writes still
        }
    }
    Ok(())
}

/// Brings one batch into the index; whether there was one.
///
/// On PostgreSQL entries become visible in another order than that of their places. So the end of the log is
/// remembered, and what stands before it is looked at once all have finished who could write there.
async fn advance(app: &App, fence: &mut Option<Fence>) -> Result<bool> {
    let head = app.read(|_, tx| Box::pin(async move { Ok(store::head(tx).await?) })).await?;
    let known = fence.get_or_insert(head.end);
    if known.mid <= head.indexed {
        *fence = (head.end.mid > head.indexed).then_some(head.end);
        return Ok(false);
    }
    if head.oldest < known.taken {
        return Ok(false);
    }
    let (from, settled) = (head.indexed, known.mid);
    let (rows, upto) = app
        .read(move |_, tx| {
            Box::pin(async move {
                let batch = store::entries(tx, from, settled, BATCH).await?;
                let full = batch.len() as i64 == BATCH;
                let upto = batch.last().filter(|_| full).map_or(settled, |last| last.mid);
                let changed: Vec<_> = batch.iter().filter_map(|entry| changes(&entry.body)).collect();
                let said = batch.iter().map(|entry| (entry.mid, entry.words()));
                let mut rows: Vec<_> = said.filter(|(_, words)| words.is_some()).collect();
                let changed = store::entries_at(tx, &changed).await?;
                rows.extend(changed.iter().map(|entry| (entry.mid, entry.words())));
                Ok((rows, upto))
            })
        })
        .await?;
    app.write(move |_, tx| {
        Box::pin(async move {
            if !store::progress(tx, from, upto).await? {
                return Ok(()); // another process was faster
            }
            for (mid, words) in &rows {
                match words {
                    Some(words) => store::put(tx, *mid, words).await?,
                    None => store::remove(tx, *mid).await?,
                }
            }
            Ok::<_, Error>(())
        })
    })
    .await?;
    Ok(true)
}

/// The entry whose text another one changes.
fn changes(body: &Body) -> Option<Mid> {
    match body {
        Body::Notice(Notice::Revoked { mid, .. }) => *mid,
        Body::Notice(Notice::Edited { mid, .. }) => Some(*mid),
        _ => None,
    }
}

impl Entry {
    /// What stands in the index for it: its words and its conversation; `None`: nothing. One that cannot be
    /// taken apart keeps no other out.
    fn words(&self) -> Option<String> {
        catch_unwind(AssertUnwindSafe(|| self.plain_words())).unwrap_or_else(|_| {
            tracing::error!(mid = self.mid.0, "a message broke the search index, and is not in it");
            None
        })
    }

    fn plain_words(&self) -> Option<String> {
        let text = text(&self.body, self.raw.as_deref()).filter(|_| !self.gone)?;
        let mut keys = Words::of(&text).keys();
        if keys.is_empty() {
            return None;
        }
        keys.insert(room(self.conversation.0));
        Some(Vec::from_iter(keys).join(" "))
    }
}

/// What stands in the index for a conversation: no word has such a letter.
pub(super) fn room(id: i64) -> String {
    format!("§{id}")
}

/// What of a message is looked at.
pub(super) fn text(body: &Body, raw: Option<&str>) -> Option<String> {
    match body {
        Body::Text(text) | Body::Other(text) | Body::Auto { text, .. } => Some(text.clone()),
        Body::Image(_) | Body::Video(_) | Body::File(_) => raw.map(names::of),
        Body::Audio(_) | Body::Notice(_) => None,
    }
}
