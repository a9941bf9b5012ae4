//! A beat that is finer than the runtime's timer.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use tokio::sync::Notify;

/// Messages leave at most this late, and the processor time of the beat stays small.
const BEAT: Duration = Duration::from_micros(250);

/// Wakes the sender again and again until it is dropped.
pub struct Ticker(Arc<Beat>);

#[derive(Default)]
struct Beat {
    wake: Notify,
    over: AtomicBool,
}

impl Ticker {
    /// Starts beating.
    pub fn start() -> Ticker {
        let beat = Arc::new(Beat::default());
        let beating = beat.clone();
        thread::spawn(move || {
            while !beating.over.load(Relaxed) {
                rest();
                beating.wake.notify_one();
            }
        });
        Ticker(beat)
    }

    /// Waits for the next beat.
    pub async fn tick(&self) {
        self.0.wake.notified().await;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.over.store(true, Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a thread of its own: the runtime's timer counts in milliseconds"
)]
fn rest() {
    thread::sleep(BEAT);
}
