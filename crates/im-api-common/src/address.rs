//! Where a request comes from and which address it was sent to.
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, header::ORIGIN},
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// How the network around the server looks.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Whether a reverse proxy stands before the server, so that its headers tell the truth.
    pub behind_proxy: bool,
    /// The address under which clients reach the server, such as `https://im.example.com`; empty:
    /// as each request says.
    pub public_url: String,
}

impl Network {
    /// The client's address.
    pub fn address(&self, headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> IpAddr {
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
        // The last entry is the one that our own proxy wrote; those before it are the client's say.
        let forwarded =
            header(headers, "x-forwarded-for").and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        let address: IpAddr = if self.behind_proxy { forwarded.unwrap_or(peer) } else { peer };
        address.to_canonical()
    }

    /// The client as limits count it.
    pub fn client(&self, headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> String {
        match self.address(headers, peer) {
            IpAddr::V4(v4) => v4.to_string(),
            // A household has a /64; counting single addresses would count nothing.
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// The base of absolute addresses that point back to the server, without a slash at its end.
    pub fn base(&self, headers: &HeaderMap) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.trim_end_matches('/').to_owned();
        }
        let proto = header(headers, "x-forwarded-proto").filter(|_| self.behind_proxy);
        let scheme = if proto == Some("https") { "https" } else { "http" };
        format!("{scheme}://{}", self.host(headers))
    }

    /// Whether whoever sent these headers may use a session cookie to change something: our own page, one of
    /// these origins, or no page at all (pop.md §2.2).
    pub fn trusts_page(&self, headers: &HeaderMap, origins: &[String]) -> bool {
        match headers.get(ORIGIN).map(|origin| origin.to_str()) {
            None => true,
            Some(Ok(origin)) => is_among(origin, origins) || is_of(origin, self.host(headers)),
            Some(Err(_)) => false,
        }
    }

    /// Host and port that the request was sent to.
    pub fn host<'a>(&self, headers: &'a HeaderMap) -> &'a str {
        let forwarded = header(headers, "x-forwarded-host").filter(|_| self.behind_proxy);
        let host = forwarded.or_else(|| header(headers, "host")).unwrap_or("localhost");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
        if host.chars().all(plain) { host } else { "localhost" }
    }
}

/// Whether a host, with or without a port, names this machine to whoever sends it: a loopback or private
/// address, or the one at which it listens. What else a request says may be made up.
pub fn is_near(host: &str, listening: IpAddr) -> bool {
    let bare = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let bare = bare.map_or(host, |(bare, _)| bare);
    let address = bare.strip_prefix('[').and_then(|v6| v6.strip_suffix(']')).unwrap_or(bare).parse();
    match address.map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || listening == v4,
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || listening == v6,
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

/// Where others reach a server that listens here: at an address of the machine instead of at all of them.
pub fn reachable(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    // Connecting a datagram socket sends nothing: the system only says from which address it would.
    let outward = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).and_then(|()| socket.local_addr())
    });
    let ip = outward.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip());
    SocketAddr::new(ip, listening.port())
}

/// Whether an origin, such as `https://im.example.com`, is among these.
pub fn is_among(origin: &str, origins: &[String]) -> bool {
    origins.iter().any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// Whether an origin's pages come from this host.
fn is_of(origin: &str, host: &str) -> bool {
    match origin.split_once("://") {
        Some((scheme, authority)) => bare(scheme, authority) == bare(scheme, host),
        None => false, // null, as pages without an origin have it
    }
}

/// Host and port, without the port that the scheme means anyhow.
fn bare(scheme: &str, authority: &str) -> String {
    let default = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_client_cannot_say_where_it_comes_from() {
        let peer = ConnectInfo("203.0.113.7:5000".parse().unwrap());
        let said = headers(&[("x-forwarded-for", "10.0.0.1, 198.51.100.2")]);
        let open = Network::default();
        let proxied = Network { behind_proxy: true, ..Network::default() };
        assert_eq!(open.client(&said, Some(&peer)), "203.0.113.7");
        assert_eq!(proxied.client(&said, Some(&peer)), "198.51.100.2");
        assert_eq!(proxied.client(&HeaderMap::new(), Some(&peer)), "203.0.113.7");
    }

    #[test]
    fn a_page_may_use_the_cookie_when_it_is_ours_or_was_named() {
        let named = ["https://friend.example/".to_owned()];
        let cases = [
            (None, "im.example.com", true),
            (Some("http://im.example.com"), "im.example.com", true),
            (Some("https://im.example.com:443"), "IM.example.com", true),
            (Some("https://im.example.com"), "im.example.com:443", true),
            (Some("https://im.example.com:8443"), "im.example.com:8443", true),
            (Some("https://im.example.com:8443"), "im.example.com", false),
            (Some("https://im.example.com.evil.example"), "im.example.com", false),
            (Some("null"), "im.example.com", false),
            (Some("garbage"), "garbage", false),
            (Some("https://Friend.example"), "im.example.com", true),
            (Some("http://friend.example"), "im.example.com", false),
            (Some("https://friend.example.evil.example"), "im.example.com", false),
        ];
        for (origin, host, trusted) in cases {
            let mut sent = headers(&[("host", host), ("x-forwarded-host", "evil.example")]);
            sent.extend(origin.map(|origin| (ORIGIN, origin.parse().unwrap())));
            assert_eq!(Network::default().trusts_page(&sent, &named), trusted, "{origin:?} {host}");
        }
    }

    #[test]
    fn a_host_is_near_that_names_this_machine() {
        let cases = [
            ("127.0.0.1:7001", true),
            ("127.0.0.1", true),
            ("localhost:7001", true),
            ("LOCALHOST", true),
            ("[::1]:7001", true),
            ("[::1]", true),
            ("192.168.2.6:7001", true),
            ("10.0.0.1", true),
            ("[fd00::1]:7001", true),
            ("203.0.113.7:7001", true),
            ("203.0.113.8:7001", false),
            ("[2001:db8::1]:7001", false),
            ("evil.example", false),
            ("evil.example:7001", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ];
        for (host, near) in cases {
            assert_eq!(is_near(host, "203.0.113.7".parse().unwrap()), near, "{host}");
        }
    }

    #[test]
    fn a_server_is_reached_at_one_address() {
        let fixed: SocketAddr = "203.0.113.7:7001".parse().unwrap();
        assert_eq!(reachable(fixed), fixed);
        let found = reachable("0.0.0.0:7001".parse().unwrap());
        assert!(found.port() == 7001 && !found.ip().is_unspecified(), "{found}");
    }

    #[test]
    fn the_base_is_what_was_configured_or_asked() {
        let open = Network::default();
        let fixed = Network { public_url: "https://im.example.com/".into(), ..Network::default() };
        let proxied = Network { behind_proxy: true, ..Network::default() };
        let asked = headers(&[("host", "192.168.2.6:7001"), ("x-forwarded-proto", "https")]);
        assert_eq!(open.base(&asked), "http://192.168.2.6:7001");
        assert_eq!(proxied.base(&asked), "https://192.168.2.6:7001");
        assert_eq!(fixed.base(&asked), "https://im.example.com");
        assert_eq!(open.base(&headers(&[("host", "evil\"><script>")])), "http://localhost");
    }
}
