//! Frames on their way out.
use bytes::Bytes;
use serde::Serialize;

/// What a frame is (RFC 6455 §5.2).
pub(super) mod opcode {
    pub const CONTINUATION: u8 = 0;
    pub const TEXT: u8 = 1;
    pub const BINARY: u8 = 2;
    pub const CLOSE: u8 = 8;
    pub const PING: u8 = 9;
    pub const PONG: u8 = 10;
}

/// The longest header of a frame without a mask.
const HEADER: usize = 10;

/// A frame as it stands on the wire. Cheap to clone: a server's frames carry no mask, so the same
/// bytes go to everybody.
#[derive(Clone, Debug)]
pub struct Frame(Bytes);

impl Frame {
    /// A text.
    pub fn text(text: &str) -> Self {
        Frame::build(opcode::TEXT, |out| out.extend_from_slice(text.as_bytes()))
    }

    /// A text that is this value's JSON.
    pub fn json(value: &impl Serialize) -> Self {
        Frame::build(opcode::TEXT, |out| {
            serde_json::to_writer(out, value).expect("maps with text keys are JSON, and memory takes all");
        })
    }

    /// Asks the other side to answer this number.
    pub fn ping(number: u64) -> Self {
        Frame::build(opcode::PING, |out| out.extend_from_slice(&number.to_be_bytes()))
    }

    /// Answers a Ping; 125 bytes at most.
    pub fn pong(payload: &[u8]) -> Self {
        Frame::build(opcode::PONG, |out| out.extend_from_slice(payload))
    }

    /// Says goodbye.
    pub fn close(code: u16) -> Self {
        Frame::build(opcode::CLOSE, |out| out.extend_from_slice(&code.to_be_bytes()))
    }

    fn build(opcode: u8, payload: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = vec![0; HEADER];
        payload(&mut bytes);
        let length = bytes.len() - HEADER;
        let (kind, size) = match length {
            0..=125 => (length as u8, 0),
            126..=0xFFFF => (126, 2),
            _ => (127, 8),
        };
        bytes[HEADER - size..HEADER].copy_from_slice(&(length as u64).to_be_bytes()[8 - size..]);
        let start = HEADER - size - 2;
        bytes[start..start + 2].copy_from_slice(&[0x80 | opcode, kind]);
        Frame(Bytes::from(bytes.into_boxed_slice()).slice(start..)) // without the room that growing left
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it is on the wire.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
