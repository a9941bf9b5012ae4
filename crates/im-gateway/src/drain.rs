//! Sending somebody what waited (egg.md §4 #22, §5.7).
use crate::{
    desk::{Drain, Socket},
    egg::{self, Variant},
    hub::Hub,
    outbox::Outgoing,
};
use im_core::{
    AccountId, Mid, Result,
    messages::{self, Message, Posted},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Entries of the first page; the next is twice as long, unless entries are large.
const FIRST_PAGE: i64 = 32;
/// Entries of a page at most.
const PAGE: i64 = 256;
/// Bytes of a page, about: it waits in memory for a reader who may not read.
const PAGE_BYTES: usize = 256 * 1024;
/// How long a drain waits after the database failed it.
const PAUSE: Duration = Duration::from_secs(1);

/// Drains that began in this process.
static DRAINS: AtomicU64 = AtomicU64::new(0);

impl Hub {
    /// Begins to send `account` what waits, oldest first. Without a socket nothing happens, and
    /// everything goes on waiting; a drain that already runs takes this call's place.
    pub fn drain(self: &Arc<Self>, account: AccountId) {
        let (socket, drain) = {
            let Some(mut desk) = self.desks.get_mut(&account) else { return };
            desk.asked = true;
            let Some(socket) = desk.receiver() else { return };
            if desk.draining.is_some_and(|drain| drain.socket == socket.id) {
                desk.more = true;
                return;
            }
            // What was pushed and not written yet comes in its place, behind what waited longer.
            let early = socket.outbox.recall();
            desk.forget(&early);
            // A drain to an older socket notices and stops.
            let drain = Drain { socket: socket.id, number: DRAINS.fetch_add(1, Ordering::Relaxed) };
            desk.draining = Some(drain);
            (socket, drain)
        };
        let hub = self.clone();
        tokio::spawn(async move {
            while let Err(e) = hub.drain_to(&socket, drain).await {
                tracing::warn!(error = %e, account = account.0, "what waits could not be read");
                tokio::time::sleep(PAUSE).await;
                if !socket.receives() {
                    break;
                }
            }
            hub.end_drain(account, drain);
        });
    }

    /// What a drain left when it was cut short goes to another socket, if there is one.
    fn end_drain(self: &Arc<Self>, account: AccountId, drain: Drain) {
        let cut_short = match self.desks.get_mut(&account) {
            Some(mut desk) if desk.draining == Some(drain) => {
                desk.draining = None;
                desk.receiver().is_some()
            }
            _ => false,
        };
        if cut_short {
            self.drain(account);
        }
    }

    async fn drain_to(&self, socket: &Socket, drain: Drain) -> Result<()> {
        loop {
            let (mut after, mut most) = (Mid(0), FIRST_PAGE);
            loop {
                // Before the log is read: whatever is recorded between the two is in both.
                let arrived = self.receipts.unrecorded(socket.account);
                let page = messages::pending(&self.app, socket.account, after, most, PAGE_BYTES).await?;
                let known = |m: &Message| arrived.get(&m.conversation).is_some_and(|seqs| seqs.has(m.seq));
                for posted in page.entries.iter().filter(|posted| !known(&posted.message)) {
                    if !self.send_waiting(socket, drain, posted).await {
                        return Ok(());
                    }
                }
                let Some(next) = page.next else { break };
                (after, most) = (next, (page.read as i64 * 2).clamp(4, PAGE));
            }
            let Some(mut desk) = self.desks.get_mut(&socket.account) else { return Ok(()) };
            if desk.draining != Some(drain) {
                return Ok(());
            }
            if !std::mem::take(&mut desk.more) {
                desk.draining = None; // under the lock: the next push goes to the socket directly
                return Ok(());
            }
        }
    }

    /// Whether the drain should go on.
    async fn send_waiting(&self, socket: &Socket, drain: Drain, posted: &Posted) -> bool {
        let (account, place) = (socket.account, (posted.message.conversation, posted.message.seq));
        if egg::variant(posted, account) == Variant::Nothing {
            self.receipts.add(account, place.0, place.1);
            return true;
        }
        {
            let Some(mut desk) = self.desks.get_mut(&account) else { return false };
            if desk.draining != Some(drain) || !socket.receives() {
                return false;
            }
            if !desk.take(place.0, place.1) {
                return true;
            }
        }
        let out = Outgoing { frame: self.encode(posted, account), carries: Some(place) };
        let sent = socket.outbox.push_when_room(out).await.is_ok();
        if !sent && let Some(mut desk) = self.desks.get_mut(&account) {
            desk.forget(&vec![place]);
            desk.more |= desk.draining.is_some(); // another drain may have passed it
        }
        sent
    }
}
