//! HTTP/1.1 over one kept connection: whole requests out, answers with a Content-Length in.
use super::{connect, receive};
use crate::Result;
use serde_json::Value;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// The server closes a connection after 30 s without a request.
const IDLE: Duration = Duration::from_secs(20);

/// A kept connection, opened when it is first needed.
pub struct Http {
    to: SocketAddr,
    /// Which of the client's addresses it comes from.
    n: usize,
    open: Option<TcpStream>,
    used: Instant,
    /// The beginning of an answer of which more must come.
    held: Vec<u8>,
}

/// What the server said.
#[derive(Debug, PartialEq)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The body, without its header.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Whether the envelope says that it went well, in whatever dialect.
    pub fn is_ok(&self) -> bool {
        let good: [&[u8]; 2] = [br#"{"msg":"ok""#, br#"{"code":0,"#];
        self.status == 200 && good.iter().any(|head| self.body.starts_with(head))
    }
}

impl Http {
    /// The `n`-th client's connection to the server.
    pub fn new(to: SocketAddr, n: usize) -> Http {
        Http { to, n, open: None, used: Instant::now(), held: Vec::new() }
    }

    /// Connects now, so that the first request need not.
    pub async fn warm(&mut self) -> Result<()> {
        self.open = Some(connect(self.to, self.n).await?);
        self.used = Instant::now();
        Ok(())
    }

    /// Sends a request and hands the answer to `read`. After a failure the next call connects anew.
    pub async fn exchange<T>(&mut self, request: &[u8], mut read: impl FnMut(Answer<'_>) -> T) -> Result<T> {
        if self.open.is_none() || self.used.elapsed() > IDLE {
            self.warm().await?;
        }
        let Some(mut stream) = self.open.take() else { return Err("not connected".into()) };
        self.held.clear();
        stream.write_all(request).await?;
        let held = &mut self.held;
        loop {
            let step = receive(&mut stream, |bytes| -> Result<Option<T>> {
                if bytes.is_empty() {
                    return Err("the server closed the connection".into());
                }
                // Nearly every answer comes in one piece and is read where it lies.
                if !held.is_empty() {
                    held.extend_from_slice(bytes);
                }
                let all = if held.is_empty() { bytes } else { held.as_slice() };
                let done = parse(all)?.map(&mut read);
                if done.is_none() && held.is_empty() {
                    held.extend_from_slice(bytes);
                }
                Ok(done)
            });
            if let Some(done) = step.await?? {
                self.open = Some(stream);
                self.used = Instant::now();
                return Ok(done);
            }
        }
    }

    /// Sends a whole request and answers the body of a success, in an API that speaks by status codes.
    pub async fn call(&mut self, request: &[u8]) -> Result<Value> {
        let said = self.exchange(request, |answer| match answer.status {
            204 => Ok(Value::Null),
            200..300 => Ok(serde_json::from_slice(answer.body)?),
            status => {
                Err(format!("the server answered {status}: {}", String::from_utf8_lossy(answer.body)).into())
            }
        });
        said.await?
    }

    /// Sends a whole request and answers the `data` of a success.
    pub async fn send(&mut self, request: &[u8]) -> Result<Value> {
        let said = self.exchange(request, |answer| {
            if answer.is_ok() {
                let mut envelope: Value = serde_json::from_slice(answer.body)?;
                return Ok(envelope["data"].take());
            }
            let text = String::from_utf8_lossy(answer.body);
            Err(format!("the server answered {}: {text}", answer.status).into())
        });
        said.await?
    }
}

/// A request with a JSON body as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    bytes(method, path, headers, "application/json", body)
}

/// A POST of a form as bytes.
pub fn form(path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
    bytes("POST", path, headers, "application/x-www-form-urlencoded", &fields.join("&"))
}

/// As `encodeURIComponent` has it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => escaped.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn bytes(method: &str, path: &str, headers: &[(&str, &str)], kind: &str, body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = body.len();
    text.push_str(&format!("content-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"));
    text.into_bytes()
}

/// The answer that `bytes` are; `None` while some are missing.
pub fn parse(bytes: &[u8]) -> Result<Option<Answer<'_>>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| format!("not HTTP: {first}"))?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let length = length.ok_or_else(|| format!("an answer without a length: {first}"))?;
    let body = &bytes[end + 4..];
    match body.len() {
        held if held < length => Ok(None),
        held if held == length => Ok(Some(Answer { status, body })),
        _ => Err("more than one answer".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{\"msg\":\"ok\",\"data\":\"gr\xc3\xbcn\"}";

    #[test]
    fn an_answer_is_whole_at_its_last_byte_and_not_before() {
        for cut in 0..ANSWER.len() {
            assert_eq!(parse(&ANSWER[..cut]).unwrap(), None, "{cut}");
        }
        let answer = parse(ANSWER).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.len(), answer.is_ok()), (200, 27, true));
    }

    #[test]
    fn a_form_is_escaped() {
        let form =
            String::from_utf8(form("/p", &[("a", "b")], &[("to", "1"), ("content", "鸿 &=(1-2)")])).unwrap();
        assert!(form.starts_with("POST /p HTTP/1.1\r\n") && form.contains("\r\na: b\r\n"));
        assert!(
            form.ends_with("\r\ncontent-length: 36\r\n\r\nto=1&content=%E9%B8%BF%20%26%3D(1-2)"),
            "{form}"
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for bytes in [
            &b"SMTP 220\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
            b"HTTP/1.1 2\r\ncontent-length: 1\r\n\r\na",
        ] {
            assert!(parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
        let refused =
            parse(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 13\r\n\r\n{\"msg\":\"no\"}\n").unwrap();
        assert!(!refused.unwrap().is_ok());
    }
}
