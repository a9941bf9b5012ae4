//! Devices that keep losing their lines, while people do whatever they like: in the end every device
//! holds what the server holds, and that is what was acknowledged.
//!
//! The device is written from docs/protocol/sync.md alone.
mod device;
mod log;
mod model;
mod play;

use crate::chance::{Playing, seeds};
use play::Play;

/// What happens in one history.
const STEPS: usize = 160;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_on_bad_lines_hold_the_same_log_in_the_end() {
    for seed in seeds(2) {
        let _playing = Playing(seed);
        let mut play = Play::start(seed).await;
        for _ in 0..STEPS {
            play.step().await;
        }
        play.end().await;
    }
}
