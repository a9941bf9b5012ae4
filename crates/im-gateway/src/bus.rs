//! The bus of an installation with one node: a queue.
use im_core::{Bus, Event};
use tokio::sync::mpsc;

/// Hands events to the hub of the same process.
pub struct InProcess(mpsc::UnboundedSender<Event>);

/// The other end of [`InProcess`].
pub struct Feed(pub(crate) mpsc::UnboundedReceiver<Event>);

/// A bus and its other end. The queue has no bound of its own: it holds at most what was committed
/// and not dispatched, and dispatching writes to bounded outboxes without waiting.
pub fn in_process() -> (InProcess, Feed) {
    #[expect(clippy::disallowed_methods, reason = "a full queue would make commits wait for pushes")]
    let (events, feed) = mpsc::unbounded_channel();
    (InProcess(events), Feed(feed))
}

impl Bus for InProcess {
    fn publish(&self, event: Event) {
        let _ = self.0.send(event); // a hub that has stopped pushes nothing; the log has it
    }
}
