//! Frames on their way in.
use super::{Broken, frame::opcode};

/// Bytes that a client may say in one message, unless its protocol allows more or less: most send
/// heartbeats only.
pub(super) const LONGEST: usize = 64 * 1024;
/// Bytes of a control frame at most (RFC 6455 §5.5).
const CONTROL: usize = 125;

/// What the other side said.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A text.
    Text(String),
    /// Bytes; no protocol of ours uses them.
    Binary,
    /// Wants a Pong with the same payload.
    Ping(Vec<u8>),
    /// An answer to a Ping.
    Pong(Vec<u8>),
    /// Goodbye.
    Close,
}

/// Makes messages out of pieces as they come from the network.
pub struct Reader {
    /// Bytes of a message at most.
    pub(super) longest: usize,
    /// Read and not understood yet: nothing, or a piece of a frame.
    bytes: Vec<u8>,
    /// How much of `bytes` is done with.
    done: usize,
    /// The message that goes on in the next frame: whether it is a text, and what there is of it.
    message: Option<(bool, Vec<u8>)>,
}

struct Header {
    last: bool,
    opcode: u8,
    /// Where the payload begins.
    start: usize,
    length: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Reader { longest: LONGEST, bytes: Vec::new(), done: 0, message: None }
    }
}

impl Reader {
    /// Takes bytes as they come.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.done);
        self.done = 0;
        self.bytes.extend_from_slice(piece);
    }

    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Whether everything that was fed is used up.
    pub(super) fn is_empty(&self) -> bool {
        self.done == self.bytes.len()
    }

    /// The next message or control frame, if it is there as a whole.
    ///
    /// # Errors
    /// [`Broken::Protocol`]; a frame that is too long is refused by its header.
    pub fn next(&mut self) -> Result<Option<Heard>, Broken> {
        loop {
            let rest = &mut self.bytes[self.done..];
            let Some(header) = header(rest, self.longest)? else { break };
            let Some(masked) = rest.get_mut(header.start - 4..header.start + header.length) else { break };
            let (mask, payload) = masked.split_at_mut(4);
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            self.done += header.start + header.length;
            let heard = understand(&mut self.message, &header, payload, self.longest)?;
            // Of Pings that came together the last is answered (RFC 6455 §5.5.3).
            if heard.is_some() && !(header.opcode == opcode::PING && self.ping_follows()) {
                self.tidy();
                return Ok(heard);
            }
        }
        self.tidy();
        Ok(None)
    }

    fn ping_follows(&self) -> bool {
        let rest = &self.bytes[self.done..];
        let whole = |header: &Header| rest.len() >= header.start + header.length;
        matches!(header(rest, self.longest), Ok(Some(next)) if next.opcode == opcode::PING && whole(&next))
    }

    /// A reader that waits for nothing holds no memory.
    fn tidy(&mut self) {
        if self.is_empty() {
            (self.bytes, self.done) = (Vec::new(), 0);
        }
    }
}

/// The header at the beginning of `bytes`, if it is there as a whole (RFC 6455 §5.2).
fn header(bytes: &[u8], longest: usize) -> Result<Option<Header>, Broken> {
    let &[first, second, ..] = bytes else { return Ok(None) };
    let (last, opcode, masked, short) = (first & 0x80 != 0, first & 0x0F, second & 0x80 != 0, second & 0x7F);
    if first & 0x70 != 0 {
        return Err(Broken::Protocol("a frame with reserved bits"));
    }
    if !masked {
        return Err(Broken::Protocol("a client's frame without a mask"));
    }
    let control = match opcode {
        opcode::CONTINUATION | opcode::TEXT | opcode::BINARY => false,
        opcode::CLOSE | opcode::PING | opcode::PONG => true,
        _ => return Err(Broken::Protocol("a frame of an unknown kind")),
    };
    if control && (!last || usize::from(short) > CONTROL) {
        return Err(Broken::Protocol("a control frame that is long or goes on"));
    }
    let size = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(extended) = bytes.get(2..2 + size) else { return Ok(None) };
    let length = match size {
        0 => u64::from(short),
        _ => extended.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
    };
    match usize::try_from(length) {
        Ok(length) if length <= longest => Ok(Some(Header { last, opcode, start: 2 + size + 4, length })),
        _ => Err(Broken::Protocol("a frame that is too long")),
    }
}

/// What a whole frame means; nothing yet, when its message goes on.
fn understand(
    message: &mut Option<(bool, Vec<u8>)>,
    header: &Header,
    payload: &[u8],
    longest: usize,
) -> Result<Option<Heard>, Broken> {
    match (header.opcode, &mut *message) {
        (opcode::PING, _) => return Ok(Some(Heard::Ping(payload.to_vec()))),
        (opcode::PONG, _) => return Ok(Some(Heard::Pong(payload.to_vec()))),
        (opcode::CLOSE, _) => return Ok(Some(Heard::Close)),
        (opcode::CONTINUATION, Some((_, begun))) => {
            if begun.len() + payload.len() > longest {
                return Err(Broken::Protocol("a message that is too long"));
            }
            begun.extend_from_slice(payload);
        }
        (opcode::CONTINUATION, None) => return Err(Broken::Protocol("the end of no message")),
        (_, Some(_)) => return Err(Broken::Protocol("a message within a message")),
        (kind, None) => *message = Some((kind == opcode::TEXT, payload.to_vec())),
    }
    let Some((is_text, whole)) = message.take_if(|_| header.last) else { return Ok(None) };
    if !is_text {
        return Ok(Some(Heard::Binary));
    }
    let text = String::from_utf8(whole).map_err(|_| Broken::Protocol("a text that is not UTF-8"))?;
    Ok(Some(Heard::Text(text)))
}
