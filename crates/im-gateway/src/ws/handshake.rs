//! How a WebSocket begins: as a request of HTTP (RFC 6455 §4.2).
use super::Ws;
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use tokio::net::TcpStream;

/// What every server puts behind a client's key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request for a WebSocket.
pub struct Upgrade {
    accept: HeaderValue,
    upgrade: OnUpgrade,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    /// The request asks for something else, or does not ask properly.
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let headers = &parts.headers;
        let asks = parts.method == Method::GET
            && names(headers, &CONNECTION, "upgrade")
            && names(headers, &UPGRADE, "websocket")
            && names(headers, &SEC_WEBSOCKET_VERSION, "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks).ok_or(StatusCode::NOT_FOUND)?;
        let accept = accept(key.as_bytes());
        let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or(StatusCode::NOT_FOUND)?;
        Ok(Upgrade { accept, upgrade })
    }
}

impl Upgrade {
    /// Grants it: the answer to the request, after which `serve` gets the socket. When the client
    /// does not wait for the answer, `serve` is dropped.
    pub fn grant<F>(self, serve: impl FnOnce(Ws) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let upgrade = self.upgrade;
        tokio::spawn(async move {
            match upgrade.await {
                Ok(upgraded) => {
                    // Out of hyper's hands before it is served: its buffer is larger than all of ours.
                    let Some(ws) = unwrap(upgraded) else { return };
                    serve(ws).await;
                }
                Err(e) => tracing::debug!(error = %e, "a WebSocket did not begin"),
            }
        });
        let headers = [
            (CONNECTION, HeaderValue::from_static("upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

fn unwrap(upgraded: Upgraded) -> Option<Ws> {
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("a WebSocket over something that is not TCP");
        return None;
    };
    Some(Ws::new(parts.io.into_inner(), &parts.read_buf))
}

/// Whether the header's list has this word.
fn names(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}

fn accept(key: &[u8]) -> HeaderValue {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::from_str(&BASE64_STANDARD.encode(digest)).expect("base64 is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_accepted_as_the_standard_says() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
