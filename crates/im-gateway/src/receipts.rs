//! What has arrived, on its way into the database: gathered in memory, written in batches.
use crate::hub::Hub;
use im_core::{
    AccountId, ConversationId, Result, Seq,
    conversations::{self, Ranges, Receipt},
};
use parking_lot::Mutex;
use std::{collections::HashMap, time::Duration};

/// Messages, by conversation and place.
pub type Places = Vec<(ConversationId, Seq)>;

/// How long a receipt may wait. A crash forgets what waits, and its messages are delivered again.
pub const EVERY: Duration = Duration::from_millis(500);
/// Receipts in one unit of work: the writer's other callers wait for it.
const BATCH: usize = 500;

#[derive(Default)]
pub struct Receipts {
    waiting: Mutex<HashMap<(AccountId, ConversationId), Ranges>>,
    /// Held while receipts are being written.
    writing: tokio::sync::Mutex<()>,
}

impl Receipts {
    pub fn add(&self, account: AccountId, of: ConversationId, seq: Seq) {
        self.waiting.lock().entry((account, of)).or_default().add(seq, seq);
    }
}

impl Hub {
    /// Writes everything that waits; returns when it is on disk.
    pub async fn settle(&self) -> Result<()> {
        let _writing = self.receipts.writing.lock().await;
        let waiting = std::mem::take(&mut *self.receipts.waiting.lock());
        let mut all: Vec<_> = waiting
            .into_iter()
            .map(|((account, conversation), ranges)| Receipt { conversation, account, ranges })
            .collect();
        while !all.is_empty() {
            let batch = all.split_off(all.len().saturating_sub(BATCH));
            match conversations::record(&self.app, batch.clone()).await {
                Ok(()) => {
                    for receipt in batch {
                        if let Some(mut desk) = self.desks.get_mut(&receipt.account) {
                            desk.recorded(self.uptime_ms(), receipt.conversation, receipt.ranges);
                        }
                    }
                }
                Err(e) => {
                    self.put_back(batch.into_iter().chain(all));
                    return Err(e);
                }
            }
        }
        Ok(())
    }

    fn put_back(&self, receipts: impl Iterator<Item = Receipt>) {
        let mut waiting = self.receipts.waiting.lock();
        for receipt in receipts {
            let ranges = waiting.entry((receipt.account, receipt.conversation)).or_default();
            receipt.ranges.iter().for_each(|(first, last)| ranges.add(first, last));
        }
    }
}
