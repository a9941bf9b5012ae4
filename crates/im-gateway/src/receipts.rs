//! What has arrived, on its way into the database: gathered in memory, written in batches.
use crate::hub::Hub;
use im_core::{
    AccountId, ConversationId, Result, Seq,
    conversations::{self, Ranges, Receipt},
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// Messages, by conversation and place.
pub type Places = Vec<(ConversationId, Seq)>;

/// What arrived at one account.
pub type Arrived = HashMap<ConversationId, Ranges>;

/// How long a receipt may wait. A crash forgets what waits, and its messages are delivered again.
pub const EVERY: Duration = Duration::from_millis(500);
/// Receipts in one unit of work: the writer's other callers wait for it.
const BATCH: usize = 500;

#[derive(Default)]
pub struct Receipts {
    proven: Mutex<Proven>,
    /// Held while receipts are being written.
    turn: tokio::sync::Mutex<()>,
}

type All = BTreeMap<(AccountId, ConversationId), Ranges>;

#[derive(Default)]
struct Proven {
    waiting: All,
    /// Being written; kept until it is on disk.
    writing: All,
}

impl Receipts {
    pub fn add(&self, account: AccountId, of: ConversationId, seq: Seq) {
        self.proven.lock().waiting.entry((account, of)).or_default().add(seq, seq);
    }

    /// What arrived at `account` and may not be on disk yet. What is not in here was on disk before.
    pub fn unrecorded(&self, account: AccountId) -> Arrived {
        let proven = self.proven.lock();
        let all = (account, ConversationId(i64::MIN))..=(account, ConversationId(i64::MAX));
        let mut arrived = Arrived::new();
        for ((_, of), ranges) in proven.waiting.range(all.clone()).chain(proven.writing.range(all)) {
            merge(arrived.entry(*of).or_default(), ranges);
        }
        arrived
    }

    fn begin_writing(&self) -> Vec<Receipt> {
        let mut proven = self.proven.lock();
        proven.writing = std::mem::take(&mut proven.waiting);
        let receipt = |(&(account, conversation), ranges): (_, &Ranges)| Receipt {
            conversation,
            account,
            ranges: ranges.clone(),
        };
        proven.writing.iter().map(receipt).collect()
    }

    /// Ends what `begin_writing` began. What was not written waits again; telling twice is harmless.
    fn end_writing(&self, written: bool) {
        let mut proven = self.proven.lock();
        let writing = std::mem::take(&mut proven.writing);
        if !written {
            writing
                .into_iter()
                .for_each(|(key, ranges)| merge(proven.waiting.entry(key).or_default(), &ranges));
        }
    }
}

fn merge(into: &mut Ranges, from: &Ranges) {
    from.iter().for_each(|(first, last)| into.add(first, last));
}

impl Hub {
    /// Writes everything that waits; returns when it is on disk.
    pub async fn settle(&self) -> Result<()> {
        let _turn = self.receipts.turn.lock().await;
        let mut all = self.receipts.begin_writing();
        while !all.is_empty() {
            let batch = all.split_off(all.len().saturating_sub(BATCH));
            if let Err(e) = conversations::record(&self.app, batch.clone()).await {
                self.receipts.end_writing(false);
                return Err(e);
            }
            for receipt in batch {
                if let Some(mut desk) = self.desks.get_mut(&receipt.account) {
                    desk.recorded(self.uptime_ms(), receipt.conversation, receipt.ranges);
                }
            }
        }
        self.receipts.end_writing(true);
        Ok(())
    }
}
