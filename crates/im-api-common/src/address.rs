//! Where a request comes from and which address it was sent to.
use axum::{extract::ConnectInfo, http::HeaderMap};
use std::net::{IpAddr, SocketAddr};

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

    /// Host and port that the request was sent to.
    pub fn host<'a>(&self, headers: &'a HeaderMap) -> &'a str {
        let forwarded = header(headers, "x-forwarded-host").filter(|_| self.behind_proxy);
        let host = forwarded.or_else(|| header(headers, "host")).unwrap_or("localhost");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
        if host.chars().all(plain) { host } else { "localhost" }
    }
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
