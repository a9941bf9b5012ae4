//! Who is online, in the eyes of the others (pop.md §4.6): an account with a socket of any dialect,
//! and for a moment after the last one went, so that a page may be loaded anew.
use dashmap::{DashMap, Entry};
use im_core::AccountId;
use parking_lot::Mutex;
use std::mem;
use tokio::sync::Notify;

/// Milliseconds for which an account without a socket still is online.
const GRACE_MS: u64 = 3_000;

/// Accounts that are online, and what is to be told of it.
#[derive(Default)]
pub struct Online {
    /// When the last socket went, in milliseconds since the hub began; `None` while there is one.
    here: DashMap<AccountId, Option<u64>>,
    news: Mutex<Vec<(AccountId, bool)>>,
    told: Notify,
}

impl Online {
    /// Whether the account is online.
    pub fn has(&self, account: AccountId) -> bool {
        self.here.contains_key(&account)
    }

    /// A socket of the account is there.
    pub fn came(&self, account: AccountId) {
        match self.here.entry(account) {
            Entry::Occupied(mut known) => *known.get_mut() = None,
            Entry::Vacant(unknown) => {
                unknown.insert(None);
                self.tell(account, true);
            }
        }
    }

    /// The last socket of the account went.
    pub fn went(&self, account: AccountId, now_ms: u64) {
        if let Some(mut since) = self.here.get_mut(&account) {
            since.get_or_insert(now_ms);
        }
    }

    /// Lets those go whose time is over and who are not `back`.
    pub fn sweep(&self, now_ms: u64, back: impl Fn(AccountId) -> bool) {
        let over = |since: &Option<u64>| since.is_some_and(|since| since + GRACE_MS <= now_ms);
        let due: Vec<_> = self.here.iter().filter(|one| over(one.value())).map(|one| *one.key()).collect();
        for account in due {
            if back(account) {
                self.came(account);
            } else if self.here.remove_if(&account, |_, since| over(since)).is_some() {
                self.tell(account, false);
            }
        }
    }

    fn tell(&self, account: AccountId, online: bool) {
        self.news.lock().push((account, online));
        self.told.notify_one();
    }

    /// Waits for accounts that came or went, in order.
    pub async fn news(&self) -> Vec<(AccountId, bool)> {
        loop {
            let told = self.told.notified();
            let news = mem::take(&mut *self.news.lock());
            if !news.is_empty() {
                return news;
            }
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_back_in_time_was_never_away() {
        let (online, tom) = (Online::default(), AccountId(9));
        online.came(tom);
        online.came(tom);
        assert_eq!(online.news().await, [(tom, true)]);
        online.went(tom, 1_000);
        online.sweep(3_999, |_| false);
        assert!(online.has(tom));
        online.came(tom);
        online.sweep(9_000, |_| false);
        assert!(online.has(tom));
        online.went(tom, 10_000);
        online.sweep(13_000, |_| true); // a socket that nobody counted
        assert!(online.has(tom));
        online.went(tom, 20_000);
        online.went(tom, 22_000);
        online.sweep(23_000, |_| false);
        assert!(!online.has(tom));
        assert_eq!(online.news().await, [(tom, false)]);
    }
}
