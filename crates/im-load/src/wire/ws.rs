//! The receiving side of a WebSocket: texts in, a Pong for each Ping out.
use super::{connect, mouth::Mouth, receive};
use crate::Result;
use std::{net::SocketAddr, rc::Rc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Instant, Interval, interval_at},
};

/// Larger than any push; what claims to be more is not a frame.
const LONGEST: usize = 16 * 1024 * 1024;
/// A client must mask what it sends. Against which proxies that helps does not matter on loopback, so the
/// mask is always the same.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An open socket of somebody.
pub struct Socket {
    stream: TcpStream,
    frames: Frames,
    /// What came in one piece with the server's consent.
    early: Vec<u8>,
    says: Says,
}

/// What a socket has to say while it is read.
enum Says {
    Nothing,
    /// The same again and again, so that the server does not take it for dead.
    Beat(Box<Interval>, Vec<u8>),
    /// What somebody asks.
    Words(Rc<Mouth>),
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Says::Words(mouth) = &self.says {
            mouth.shut();
        }
    }
}

impl Socket {
    /// Opens this path, as the `n`-th client.
    pub async fn open(to: SocketAddr, n: usize, path: &str) -> Result<Socket> {
        let mut stream = connect(to, n).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        loop {
            if receive(&mut stream, |bytes| (head.extend_from_slice(bytes), bytes.is_empty()).1).await? {
                return Err("the server closed the connection during the handshake".into());
            }
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                if !head.starts_with(b"HTTP/1.1 101") {
                    return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&head[..end])).into());
                }
                let early = head[end + 4..].to_vec();
                return Ok(Socket { stream, frames: Frames::default(), early, says: Says::Nothing });
            }
        }
    }

    /// Says these texts, in one write.
    pub async fn say(&mut self, texts: &[String]) -> Result<()> {
        let mut bytes = Vec::new();
        texts.iter().for_each(|text| text_frame(&mut bytes, text.as_bytes()));
        Ok(self.stream.write_all(&bytes).await?)
    }

    /// From now on says `text` at this interval, for as long as it is read.
    pub fn repeat(&mut self, text: &str, every: Duration) {
        let mut bytes = Vec::new();
        text_frame(&mut bytes, text.as_bytes());
        self.says = Says::Beat(Box::new(interval_at(Instant::now() + every, every)), bytes);
    }

    /// From now on says what its mouth is asked to, for as long as it is read.
    pub fn speak(&mut self) {
        self.says = Says::Words(Rc::default());
    }

    /// What speaks on it, if something does.
    pub fn mouth(&self) -> Option<Rc<Mouth>> {
        match &self.says {
            Says::Words(mouth) => Some(mouth.clone()),
            _ => None,
        }
    }

    /// Waits for bytes, hands every text in them to `each` and answers every Ping in them with one
    /// write. `false`: the server has ended the connection.
    pub async fn read(&mut self, mut each: impl FnMut(&[u8])) -> Result<bool> {
        let mut pongs = Vec::new();
        let mut closed = false;
        let frames = &mut self.frames;
        let mouth = match &self.says {
            Says::Words(mouth) => Some(mouth.clone()),
            _ => None,
        };
        let mut take = |bytes: &[u8]| {
            closed |= bytes.is_empty();
            frames.feed(bytes, |frame| match frame {
                Frame::Text(text) => {
                    if let Some(mouth) = &mouth {
                        mouth.heard(text);
                    }
                    each(text);
                }
                Frame::Ping(payload) => pong(&mut pongs, payload),
                Frame::Close => closed = true,
            })
        };
        match &mut self.says {
            _ if !self.early.is_empty() => take(&std::mem::take(&mut self.early))?,
            Says::Nothing => receive(&mut self.stream, take).await??,
            Says::Beat(beat, said) => tokio::select! {
                biased;
                received = receive(&mut self.stream, take) => received??,
                _ = beat.tick() => self.stream.write_all(said).await?,
            },
            Says::Words(mouth) => tokio::select! {
                biased;
                received = receive(&mut self.stream, take) => received??,
                words = mouth.words() => self.stream.write_all(&words).await?,
            },
        }
        if !pongs.is_empty() {
            self.stream.write_all(&pongs).await?;
        }
        Ok(!closed)
    }
}

/// Appends a masked text.
pub fn text_frame(out: &mut Vec<u8>, text: &[u8]) {
    masked(out, 0x81, text);
}

/// Appends the masked Pong that carries `payload` back.
fn pong(out: &mut Vec<u8>, payload: &[u8]) {
    masked(out, 0x8a, payload);
}

/// Appends a frame of at most 64 KiB: what is beyond them is left out.
fn masked(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    let payload = &payload[..length.into()];
    match length {
        0..126 => out.extend_from_slice(&[first, 0x80 | length as u8]),
        _ => {
            out.extend_from_slice(&[first, 0x80 | 126]);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// What a server sends that a client must look at.
#[derive(Debug, PartialEq)]
pub enum Frame<'a> {
    /// A whole text, however many frames it came in.
    Text(&'a [u8]),
    /// To be answered with the same payload.
    Ping(&'a [u8]),
    /// The end.
    Close,
}

/// Cuts a stream of bytes into frames.
#[derive(Default)]
pub struct Frames {
    /// The beginning of a frame of which more must come.
    held: Vec<u8>,
    /// The frames of a text of which more must come.
    parts: Vec<u8>,
}

impl Frames {
    /// Takes the next bytes and hands over every frame that they complete.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Frame<'_>)) -> Result<()> {
        if self.held.is_empty() {
            // The usual case: whole frames, read where they lie.
            let used = self.frames(bytes, &mut each)?;
            self.held.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let used = self.frames(&held, &mut each)?;
        if used < held.len() {
            held.drain(..used);
            self.held = held; // otherwise its memory goes back: most sockets are idle
        }
        Ok(())
    }

    /// Hands over the whole frames at the beginning of `bytes` and answers how long they are.
    fn frames(&mut self, bytes: &[u8], each: &mut impl FnMut(Frame<'_>)) -> Result<usize> {
        let mut used = 0;
        while let Some((head, length)) = head(&bytes[used..])? {
            let Some(payload) = bytes[used + head..].get(..length) else { break };
            self.frame(bytes[used], payload, each)?;
            used += head + length;
        }
        Ok(used)
    }

    fn frame(&mut self, first: u8, payload: &[u8], each: &mut impl FnMut(Frame<'_>)) -> Result<()> {
        const FINAL: u8 = 0x80;
        match (first & 0x0f, first & FINAL != 0) {
            (1, true) => each(Frame::Text(payload)),
            (1, false) => self.parts = payload.to_vec(),
            (0, last) => {
                self.parts.extend_from_slice(payload);
                if last {
                    each(Frame::Text(&std::mem::take(&mut self.parts)));
                }
            }
            (8, _) => each(Frame::Close),
            (9, _) => each(Frame::Ping(payload)),
            (10, _) => {}
            (other, _) => return Err(format!("a frame of kind {other}").into()),
        }
        Ok(())
    }
}

/// The lengths of a frame's head and of its payload; `None` while bytes of the head are missing.
fn head(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let (head, length) = match *bytes {
        [_, second, ..] if second & 0x80 != 0 => return Err("the server masks its frames".into()),
        [_, 127, a, b, c, d, e, f, g, h, ..] => (10, u64::from_be_bytes([a, b, c, d, e, f, g, h])),
        [_, 126, a, b, ..] => (4, u64::from(u16::from_be_bytes([a, b]))),
        [_, short, ..] if short < 126 => (2, u64::from(short)),
        _ => return Ok(None),
    };
    match usize::try_from(length) {
        Ok(length) if length <= LONGEST => Ok(Some((head, length))),
        _ => Err(format!("a frame of {length} bytes").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A short text, a Ping between the two frames of a text, a 16-bit and a 64-bit length, the end.
    fn stream() -> Vec<u8> {
        let mut bytes = vec![0x81, 2, b'h', b'i', 0x01, 1, b'a', 0x89, 3, 1, 2, 3, 0x80, 1, b'b'];
        bytes.extend([0x81, 126, 0, 200]);
        bytes.extend([b'x'; 200]);
        bytes.extend([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        bytes.extend(vec![b'y'; 65_536]);
        bytes.extend([0x8a, 0, 0x88, 2, 0x0f, 0xa0]);
        bytes
    }

    fn seen(pieces: &[&[u8]]) -> Vec<String> {
        let (mut frames, mut seen) = (Frames::default(), Vec::new());
        for piece in pieces {
            let note = |frame: Frame<'_>| {
                seen.push(match frame {
                    Frame::Text(text) if text.len() > 9 => format!("{}×{}", text[0] as char, text.len()),
                    other => format!("{other:?}"),
                });
            };
            frames.feed(piece, note).unwrap();
        }
        assert!(frames.held.is_empty() && frames.parts.is_empty());
        seen
    }

    #[test]
    fn frames_are_the_same_wherever_the_stream_is_cut() {
        let bytes = stream();
        let whole = seen(&[&bytes]);
        let texts = ["Text([104, 105])", "Ping([1, 2, 3])", "Text([97, 98])", "x×200", "y×65536", "Close"];
        assert_eq!(whole, texts);
        for cut in 0..bytes.len() {
            assert_eq!(seen(&[&bytes[..cut], &bytes[cut..]]), whole, "{cut}");
        }
        assert_eq!(seen(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_no_server_sends_is_refused() {
        let cases: [&[u8]; 3] =
            [&[0x81, 0x82, 0, 0, 0, 0, 1, 2], &[0x83, 0], &[0x81, 127, 1, 0, 0, 0, 0, 0, 0, 0]];
        for bytes in cases {
            assert!(Frames::default().feed(bytes, |_| {}).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_pong_carries_the_payload_under_its_mask() {
        let mut out = Vec::new();
        pong(&mut out, b"12345");
        assert_eq!((&out[..2], &out[2..6]), (&[0x8a, 0x85][..], &MASK[..]));
        let plain: Vec<u8> =
            out[6..].iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        assert_eq!(plain, b"12345");
    }
}
