//! Speaking on a socket that somebody else reads: what waits to be written, and who waits for an answer.
use crate::Result;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::sync::{Notify, oneshot};

/// How often a client says what has arrived, as a page does that gathers for a moment.
const ACK_EVERY: Duration = Duration::from_millis(100);

/// The speaking side of a native socket. What is said carries a number, last in its object, and so does the answer.
pub struct Mouth {
    waiting: RefCell<Vec<u8>>,
    wake: Notify,
    asked: Cell<u32>,
    answers: RefCell<HashMap<u32, oneshot::Sender<Option<String>>>>,
    acked: Cell<Instant>,
}

impl Default for Mouth {
    fn default() -> Self {
        Mouth {
            waiting: RefCell::default(),
            wake: Notify::new(),
            asked: Cell::new(0),
            answers: RefCell::default(),
            acked: Cell::new(Instant::now()),
        }
    }
}

impl Mouth {
    /// Says `text`, which ends where its number is to stand; answers why the server refused it, if it did.
    pub async fn ask(&self, text: &[u8]) -> Result<Option<String>> {
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let (answer, answered) = oneshot::channel();
        self.answers.borrow_mut().insert(number, answer);
        self.say(&[text, number.to_string().as_bytes(), b"}"].concat());
        Ok(answered.await.map_err(|_| "the socket has ended")?)
    }

    fn say(&self, text: &[u8]) {
        super::ws::text_frame(&mut self.waiting.borrow_mut(), text);
        self.wake.notify_one();
    }

    /// Waits until something is to be written.
    pub async fn words(&self) -> Vec<u8> {
        loop {
            let words = self.waiting.take();
            if !words.is_empty() {
                return words;
            }
            self.wake.notified().await;
        }
    }

    /// Looks at what the server says: an answer goes to whoever waits for it, an entry is acknowledged.
    pub fn heard(&self, text: &[u8]) {
        if text.starts_with(br#"{"type":"entry""#) {
            return self.acknowledge(text);
        }
        let sent = text.starts_with(br#"{"type":"sent""#);
        if !sent && !text.starts_with(br#"{"type":"problem""#) {
            return;
        }
        let asked = number(text, br#""id":"#).and_then(|number| u32::try_from(number).ok());
        if let Some(answer) = asked.and_then(|number| self.answers.borrow_mut().remove(&number)) {
            let _ = answer.send((!sent).then(|| String::from_utf8_lossy(text).into_owned()));
        }
    }

    fn acknowledge(&self, entry: &[u8]) {
        if self.acked.get().elapsed() < ACK_EVERY {
            return;
        }
        let place = number(entry, br#""conversation":"#).zip(number(entry, br#""seq":"#));
        if let Some((conversation, seq)) = place {
            self.acked.set(Instant::now());
            self.say(format!(r#"{{"type":"ack","conversation":{conversation},"seq":{seq}}}"#).as_bytes());
        }
    }

    /// Nobody hears it any more.
    pub fn shut(&self) {
        self.answers.borrow_mut().clear();
    }
}

/// The number behind the first `name`.
fn number(text: &[u8], name: &[u8]) -> Option<u64> {
    let at = text.windows(name.len()).position(|part| part == name)? + name.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |sum, digit| Some(sum.unwrap_or(0_u64) * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_behind_its_name() {
        let entry = br#"{"type":"entry","entry":{"id":7,"conversation":12,"seq":345}}"#;
        assert_eq!(number(entry, br#""conversation":"#), Some(12));
        assert_eq!(number(entry, br#""seq":"#), Some(345));
        assert_eq!(number(entry, br#""body":"#), None);
    }
}
