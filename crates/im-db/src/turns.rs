//! Keys that one unit of work at a time may hold, in the order in which they ask.
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

type Lane = Arc<tokio::sync::Mutex<()>>;

static LANES: LazyLock<Mutex<HashMap<u64, Lane>>> = LazyLock::new(Mutex::default);

/// Held until it is dropped.
pub struct Turn {
    key: u64,
    _guard: OwnedMutexGuard<()>,
}

impl Turn {
    /// Whether it is the turn of this key.
    pub fn is_of(&self, key: u64) -> bool {
        self.key == key
    }
}

/// A key as a number. Two keys may share one by accident, which costs a wait.
pub fn number(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Waits for the turn of `key`.
pub async fn take(key: u64) -> Turn {
    let lane = lanes().entry(key).or_default().clone();
    Turn { key, _guard: lane.lock_owned().await }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lanes = lanes();
        // The map's and this guard's: nobody waits.
        if lanes.get(&self.key).is_some_and(|lane| Arc::strong_count(lane) <= 2) {
            lanes.remove(&self.key);
        }
    }
}

fn lanes() -> std::sync::MutexGuard<'static, HashMap<u64, Lane>> {
    LANES.lock().unwrap_or_else(PoisonError::into_inner)
}
