//! Addresses at which sockets are opened.
use axum::http::{Uri, header::UPGRADE, uri::PathAndQuery};
use hyper::Request;

/// Sends the handshake of a socket to its one route: clients put any prefix before `/app/{key}`
/// (pop.md §4.1).
pub fn redirect<B>(request: &mut Request<B>) {
    let path = request.uri().path();
    let Some((at, _)) = path.rmatch_indices('/').nth(1).filter(|(at, _)| path[*at..].starts_with("/app/"))
    else {
        return;
    };
    if at == 0 || !request.headers().contains_key(UPGRADE) {
        return;
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{}{query}", &path[at..])).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// `ws://host:port` for `http://host`: with a port, because older clients split at colons.
pub(super) fn socket_base(base: &str) -> String {
    let (scheme, rest) = base.split_once("://").unwrap_or(("http", base));
    let host = rest.split('/').next().unwrap_or_default();
    let (scheme, port) = if scheme == "https" { ("wss", 443) } else { ("ws", 80) };
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    if has_port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_finds_its_route_behind_any_prefix() {
        let cases = [
            ("/app/K", "/app/K"),
            ("/ws/app/K?protocol=7", "/app/K?protocol=7"),
            ("/a/b/c/app/K.s1.2.x", "/app/K.s1.2.x"),
            ("/app/app/K", "/app/K"),
            ("/a/app/", "/app/"),
            ("/api/user/get", "/api/user/get"),
            ("/", "/"),
            ("/app", "/app"),
        ];
        for (asked, route) in cases {
            let mut request = Request::get(asked).header(UPGRADE, "websocket").body(()).unwrap();
            redirect(&mut request);
            assert_eq!(request.uri().to_string(), route);
        }
        let mut plain = Request::get("/ws/app/K").body(()).unwrap();
        redirect(&mut plain);
        assert_eq!(plain.uri(), "/ws/app/K");
    }

    #[test]
    fn the_address_of_sockets_names_its_port() {
        let cases = [
            ("http://192.168.2.6:7001", "ws://192.168.2.6:7001"),
            ("http://im.com", "ws://im.com:80"),
            ("https://im.com/chat", "wss://im.com:443"),
            ("http://[::1]", "ws://[::1]:80"),
            ("http://[::1]:7001", "ws://[::1]:7001"),
        ];
        for (base, address) in cases {
            assert_eq!(socket_base(base), address);
        }
    }
}
