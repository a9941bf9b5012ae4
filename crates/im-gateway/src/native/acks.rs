//! What devices say has arrived, on its way into the database: gathered in memory, written in batches.
use super::place::Socket;
use crate::hub::Hub;
use im_core::{AccountId, ConversationId, Result, Seq, conversations};
use parking_lot::Mutex;
use std::{collections::HashMap, mem};
use tokio::sync::Notify;

/// Conversations of one account of which something may wait to be written; who acknowledges in more of
/// them at once waits.
const WAITING: usize = 512;
/// Acknowledgements in one unit of work: the writer's other callers wait for it.
const BATCH: usize = 500;

/// Where, who, and up to which place.
type Ack = (ConversationId, AccountId, Seq);
type All = HashMap<AccountId, Vec<(ConversationId, Seq)>>;

#[derive(Default)]
pub(super) struct Acks {
    waiting: Mutex<All>,
    written: Notify,
}

impl Acks {
    /// Notes that everything up to `seq` arrived; false when too much waits already.
    pub fn add(&self, account: AccountId, of: ConversationId, seq: Seq) -> bool {
        let mut waiting = self.waiting.lock();
        let own = waiting.entry(account).or_default();
        if let Some((_, known)) = own.iter_mut().find(|(conversation, _)| *conversation == of) {
            *known = seq.max(*known);
            return true;
        }
        let room = own.len() < WAITING;
        if room {
            own.push((of, seq));
        }
        room
    }

    /// As [`add`](Self::add), but waits until there is room or the socket ends.
    pub async fn add_when_room(&self, socket: &Socket, of: ConversationId, seq: Seq) {
        loop {
            let written = self.written.notified();
            if socket.outbox.ending() || self.add(socket.caller.id, of, seq) {
                return;
            }
            written.await;
        }
    }

    fn take(&self) -> All {
        let all = mem::take(&mut *self.waiting.lock());
        self.written.notify_waiters();
        all
    }

    /// Writes what waits, in batches. What cannot be written waits again, as far as there is room, and does
    /// not keep the rest from being written; the last failure is told.
    async fn settle<Written: Future<Output = Result<()>>>(
        &self,
        write: impl Fn(Vec<Ack>) -> Written,
    ) -> Result<()> {
        let mut all: Vec<Ack> = self
            .take()
            .into_iter()
            .flat_map(|(account, own)| own.into_iter().map(move |(of, seq)| (of, account, seq)))
            .collect();
        let mut settled = Ok(());
        while !all.is_empty() {
            let batch = all.split_off(all.len().saturating_sub(BATCH));
            if let Err(error) = write(batch.clone()).await {
                for (of, account, seq) in batch {
                    self.add(account, of, seq);
                }
                settled = Err(error);
            }
        }
        settled
    }
}

impl Hub {
    /// Writes what devices acknowledged. A crash loses what waits: the next acknowledgement of the same
    /// conversation says it again, and nothing depends on it but what senders read of delivery.
    pub(crate) async fn settle_acks(&self) -> Result<()> {
        self.native.acks.settle(async |batch| conversations::ack(&self.app, batch).await.map(drop)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use im_core::Refusal;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn a_batch_that_fails_waits_again_and_the_others_are_written() {
        let acks = Acks::default();
        let people = 0..(2 * BATCH + 1) as i64;
        for account in people.clone() {
            assert!(acks.add(AccountId(account), ConversationId(1), Seq(7)));
        }
        let (calls, written) = (Mutex::new(0), Mutex::new(BTreeSet::new()));
        let write = |fails: bool| {
            let (calls, written) = (&calls, &written);
            move |batch: Vec<Ack>| async move {
                *calls.lock() += 1;
                if fails && *calls.lock() == 1 {
                    return Err(Refusal::NotMember.into());
                }
                written.lock().extend(batch.into_iter().map(|(_, account, seq)| (account.0, seq)));
                Ok(())
            }
        };
        assert!(acks.settle(write(true)).await.is_err());
        assert_eq!((*calls.lock(), written.lock().len()), (3, BATCH + 1));
        // What came meanwhile is not taken back by what waits again.
        for account in people.clone() {
            acks.add(AccountId(account), ConversationId(1), Seq(6));
        }
        acks.settle(write(false)).await.unwrap();
        let newest: BTreeSet<_> =
            written.lock().iter().filter(|(_, seq)| *seq == Seq(7)).map(|one| one.0).collect();
        assert!(people.eq(newest));
    }
}
