//! What still waits for somebody whose client proves what arrived.
mod store;

use super::{Place, Posted};
use crate::{AccountId, App, Mid, Result, conversations};
use std::{
    collections::{HashMap, hash_map},
    sync::Arc,
};

/// A piece of what waits for somebody.
pub struct Page {
    /// What did not arrive yet, oldest first.
    pub entries: Vec<Arc<Posted>>,
    /// Entries that were looked at.
    pub read: usize,
    /// The place from which to go on; `None` at the end.
    pub next: Option<Mid>,
}

/// What waits for `account` beyond the place `after`. Looks at `limit` entries at most, and at about
/// `bytes` (one entry at least).
pub async fn pending(app: &App, account: AccountId, after: Mid, limit: i64, bytes: usize) -> Result<Page> {
    let since = app.now().plus(-app.chat.offline_days.saturating_mul(24 * 60 * 60 * 1_000));
    app.read(move |app, tx| {
        Box::pin(async move {
            let cap = app.chat.offline_messages;
            let mut rows = store::pending(tx, account, after, since, cap, limit).await?;
            let found = rows.len();
            let mut room = bytes;
            let fits = rows.iter().take_while(|row| {
                let first_or_fits = room > 0;
                room = room.saturating_sub(row.bytes);
                first_or_fits
            });
            rows.truncate(fits.count());
            let more = rows.len() < found || found as i64 == limit;
            let next = rows.last().filter(|_| more).map(|row| row.message.mid);
            let read = rows.len();
            let mut entries = Vec::with_capacity(rows.len());
            let (mut groups, mut routes) = (HashMap::new(), HashMap::new());
            for row in rows.into_iter().filter(|row| !row.delivered.has(row.message.seq)) {
                let (message, sender) = (row.message, row.sender);
                let place = match conversations::parties(&row.conversation_name) {
                    Some((a, b)) => {
                        let peer = if a == sender.id { b } else { a };
                        let key = (sender.id, peer);
                        if let hash_map::Entry::Vacant(unknown) = routes.entry(key) {
                            unknown.insert(super::store::route(tx, sender.id, peer).await?);
                        }
                        let Some(Some(route)) = routes.get(&key) else { continue };
                        route.place()
                    }
                    None if row.is_group => {
                        let id = message.conversation;
                        if let hash_map::Entry::Vacant(unknown) = groups.entry(id) {
                            unknown.insert(super::store::group(tx, id).await?.map(Arc::new));
                        }
                        let Some(Some(group)) = groups.get(&id) else { continue };
                        Place::Group(group.clone())
                    }
                    None => Place::Inbox(super::store::face(tx, account).await?),
                };
                entries.push(Arc::new(Posted { message, sender, place, quote: None, echo: None }));
            }
            Ok(Page { entries, read, next })
        })
    })
    .await
}
