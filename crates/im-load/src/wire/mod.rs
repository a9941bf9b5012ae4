//! The client's side of HTTP/1.1 and of WebSocket, as little of it as the server's answers need.
//!
//! A general client would cost more than the server that it is to measure.
pub mod http;
pub mod mouth;
pub mod ws;

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Poll, ready},
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::{TcpSocket, TcpStream},
};

/// Larger than what a busy socket has to say at once.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    // One for all sockets: thousands of idle ones own no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// Waits for bytes and hands them to `take`; none mean that the peer has closed.
async fn receive<T>(stream: &mut TcpStream, mut take: impl FnMut(&[u8]) -> T) -> io::Result<T> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
            Poll::Ready(Ok(take(buffer.filled())))
        })
    })
    .await
}

/// Connects from the `n`-th of a few loopback addresses. Each has its own 28,000 ports, so that closed
/// connections, which keep theirs for a while, leave enough to the next.
async fn connect(to: SocketAddr, n: usize) -> io::Result<TcpStream> {
    let stream = if to.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
        let socket = TcpSocket::new_v4()?;
        let last = u8::try_from(n % 8).unwrap_or_default() + 1;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        socket.connect(to).await?
    } else {
        TcpStream::connect(to).await?
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}
