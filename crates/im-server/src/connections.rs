//! The loop that accepts connections. Our own, because a stranger who sends a header byte by byte,
//! or opens connections without end, must not take places from others.
use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a client may take for a request's header; also how long an idle connection is kept.
const HEADER: Duration = Duration::from_secs(30);
/// Bytes of a header at most.
const HEADER_BYTES: usize = 16 * 1024;
/// Connections that may wait to be accepted: everybody comes back at once after a restart.
const BACKLOG: u32 = 4096;
/// Bytes that the kernel may hold unsent for one peer. More would hide a slow reader from us, and
/// cost megabytes for each.
const UNSENT: u32 = 128 * 1024;
/// How long to wait when the system has no more file descriptors.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Listens on the first of the name's addresses that can be had.
pub async fn listen(name: &str) -> io::Result<TcpListener> {
    let mut failed = io::Error::other("it is no address");
    for address in lookup_host(name).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(e) => failed = e,
        }
    }
    Err(failed)
}

/// Serves until `stopping`; then answers what is being asked and returns.
pub async fn serve(listener: TcpListener, router: Router, most: usize, stopping: CancellationToken) {
    let places = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
            () = stopping.cancelled() => break,
        };
        while connections.try_join_next().is_some() {}
        let (Ok(place), Ok((stream, peer))) = accepted else {
            tokio::time::sleep(EXHAUSTED).await;
            continue;
        };
        let (router, stopping) = (router.clone(), stopping.clone());
        connections.spawn(async move {
            connection(stream, peer, router, stopping).await;
            drop(place);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stopping: CancellationToken) {
    let _ = stream.set_nodelay(true); // pushes are small and must not wait for each other
    let _ = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        im_gateway::pusher::redirect(&mut request);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(error = %e, "a connection ended early");
    }
}
