//! Which videos a person may name.

use reqwest::Url;

use crate::{Error, Key, Result};

/// Longest address; signed URLs of CDNs stay below.
const MAX_ADDRESS_BYTES: usize = 4096;

/// Where a video is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An upload on our disk.
    Stored(Key),
    /// An object in our bucket, read with our own credentials.
    Object(Key),
    /// A file on an allow-listed host.
    Remote(Url),
}

/// The hosts that may be named.
pub(super) struct Hosts {
    bucket: Option<Url>,
    extra: Vec<Authority>,
}

/// A host with its port, as far as it is not the usual one: a proxy in front of us may speak
/// https to the client and http to us, and `Host` does not tell.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    host: String,
    port: Option<u16>,
}

impl Hosts {
    pub(super) fn new(bucket: Option<&Url>, extra: &[String]) -> Result<Self> {
        let parse = |text: &String| {
            Authority::parse(text)
                .ok_or_else(|| Error::Settings(format!("media.video_hosts: {text:?} is not a host")))
        };
        Ok(Self { bucket: bucket.cloned(), extra: extra.iter().map(parse).collect::<Result<_>>()? })
    }

    /// The source that `address` names, if it may be used.
    pub(super) fn resolve(&self, address: &str, own_hosts: &[&str]) -> Option<Source> {
        let address = address.trim();
        if address.len() > MAX_ADDRESS_BYTES || !address.bytes().all(|b| b > b' ' && b != b'\\' && b != 0x7f)
        {
            return None;
        }
        if address.starts_with('/') {
            let path = address.split(['?', '#']).next()?;
            return upload(path);
        }
        let url = web_url(address)?;
        let authority = Authority::of(&url)?;
        if own_hosts.iter().any(|own| Authority::parse(own).as_ref() == Some(&authority)) {
            return upload(url.path());
        }
        if let Some(object) = self.object(&url, &authority) {
            return Some(Source::Object(object));
        }
        self.extra.contains(&authority).then_some(Source::Remote(url))
    }

    fn object(&self, url: &Url, authority: &Authority) -> Option<Key> {
        let bucket =
            self.bucket.as_ref().filter(|bucket| Authority::of(bucket).as_ref() == Some(authority))?;
        let rest = url.path().strip_prefix(bucket.path().trim_end_matches('/'))?;
        Key::parse(rest.strip_prefix('/')?)
    }
}

/// An upload of ours at `path`; nothing else below `/public/`.
fn upload(path: &str) -> Option<Source> {
    Key::of_public_path(path).filter(Key::is_upload).map(Source::Stored)
}

/// An http(s) URL that names nothing but a host before its path.
fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // Written out: the parser forgives `http:host`, `http:///host` and an empty user.
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    (!authority.is_empty() && !authority.contains('@')).then_some(url)
}

impl Authority {
    /// The authority of a `Host` header, of a setting, or of a base URL.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains("://") {
            return Self::of(&web_url(text)?);
        }
        let is_bare = !text.contains(['/', '?', '#', '\\', '@']);
        is_bare.then(|| web_url(&format!("http://{text}/"))).flatten().and_then(|url| Self::of(&url))
    }

    fn of(url: &Url) -> Option<Self> {
        let port = url.port().filter(|port| !matches!(port, 80 | 443));
        Some(Self { host: url.host_str()?.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::{Hosts, Source};
    use reqwest::Url;

    const OWN: &[&str] =
        &["192.168.2.6:7001", "https://im.example.com", "[2001:db8::7]:7001", "bad host", ""];

    fn hosts(bucket: &str) -> Hosts {
        let bucket = Url::parse(bucket).expect("a URL");
        Hosts::new(
            Some(&bucket),
            &["cdn.example.com".to_owned(), "https://media.example.com:8443".to_owned()],
        )
        .expect("hosts")
    }

    /// `stored:KEY`, `object:KEY`, `remote:URL`, or empty for a refusal.
    fn shown(source: Option<Source>) -> String {
        match source {
            Some(Source::Stored(key)) => format!("stored:{key}"),
            Some(Source::Object(key)) => format!("object:{key}"),
            Some(Source::Remote(url)) => format!("remote:{url}"),
            None => String::new(),
        }
    }

    #[test]
    fn an_address_is_ours_or_listed_or_refused() {
        let cases = [
            // ours
            (
                "/public/uploads/Diy/chatVideos/20250417/1_2.mp4",
                "stored:uploads/Diy/chatVideos/20250417/1_2.mp4",
            ),
            ("/public/uploads/a.mp4?x=1#y", "stored:uploads/a.mp4"),
            ("/public/uploads/a%2Emp4", "stored:uploads/a.mp4"),
            ("  /public/uploads/a.mp4 ", "stored:uploads/a.mp4"),
            ("http://192.168.2.6:7001/public/uploads/a.mp4", "stored:uploads/a.mp4"),
            ("http://192.168.2.6:7001/public/uploads/a.mp4?token=x", "stored:uploads/a.mp4"),
            ("https://im.example.com/public/uploads/a.mp4", "stored:uploads/a.mp4"),
            ("http://im.example.com/public/uploads/a.mp4", "stored:uploads/a.mp4"),
            ("HTTP://IM.Example.COM:80/public/uploads/a.mp4", "stored:uploads/a.mp4"),
            ("https://im.example.com:443/public/x/../uploads/a.mp4", "stored:uploads/a.mp4"),
            ("http://[2001:DB8::7]:7001/public/uploads/a.mp4", "stored:uploads/a.mp4"),
            ("http://3232236038:7001/public/uploads/a.mp4", "stored:uploads/a.mp4"), // 192.168.2.6
            // our host, but no upload
            ("/public/icons/avatar.png", ""),
            ("/etc/passwd", ""),
            ("/public/uploads/../../hongyan.db", ""),
            ("/public/uploads/%2e%2e/%2e%2e/hongyan.db", ""),
            ("/public/uploads/..%2f..%2fhongyan.db", ""),
            ("/public/uploads/", ""),
            ("//192.168.2.6:7001/public/uploads/a.mp4", ""),
            ("//evil.example/public/uploads/a.mp4", ""),
            ("/\\evil.example/public/uploads/a.mp4", ""),
            ("http://192.168.2.6:7001/public/uploads/../../hongyan.db", ""),
            ("http://192.168.2.6:7001/public/uploads/%2e%2e/%2e%2e/x", ""),
            ("http://192.168.2.6:7001/api/chat/x", ""),
            ("http://192.168.2.6:7001", ""),
            ("http://192.168.2.6:7002/public/uploads/a.mp4", ""),
            ("http://192.168.2.6/public/uploads/a.mp4", ""),
            ("http://im.example.com:7001/public/uploads/a.mp4", ""),
            ("http://im.example.com./public/uploads/a.mp4", ""),
            // the bucket
            ("https://b.oss.example.com/images/20250417/1_a.mp4", "object:images/20250417/1_a.mp4"),
            ("http://B.oss.example.com/images/1.mp4?x-oss-process=y", "object:images/1.mp4"),
            ("https://b.oss.example.com/", ""),
            ("https://b.oss.example.com/a%2f..%2fb", ""),
            ("https://b.oss.example.com:8080/images/1.mp4", ""),
            ("https://c.oss.example.com/images/1.mp4", ""),
            // listed
            ("https://cdn.example.com/v.mp4?sign=1", "remote:https://cdn.example.com/v.mp4?sign=1"),
            ("http://CDN.example.com/v.mp4", "remote:http://cdn.example.com/v.mp4"),
            ("https://media.example.com:8443/v", "remote:https://media.example.com:8443/v"),
            ("https://media.example.com/v", ""),
            ("https://cdn.example.com.evil.example/v", ""),
            ("https://cdn.example.com./v", ""),
            ("https://evilcdn.example.com/v", ""),
            ("https://cdn.example.com:22/v", ""),
            // tricks
            ("http://cdn.example.com@evil.example/v", ""),
            ("http://cdn.example.com:x@evil.example/v", ""),
            ("http://evil.example@cdn.example.com/v", ""),
            ("http://@cdn.example.com/v", ""),
            ("http://evil.example\\@cdn.example.com/v", ""),
            ("http://cdn.example.com\\.evil.example/v", ""),
            ("http:cdn.example.com/v", ""),
            ("http:/cdn.example.com/v", ""),
            ("http:///cdn.example.com/v", ""),
            ("http://evil.example#@cdn.example.com/v", ""),
            ("http://evil.example?@cdn.example.com/v", ""),
            ("http://cdn.example.com%00.evil.example/v", ""),
            ("http://evil.example/\r\nHost: cdn.example.com", ""),
            ("http://cdn.exam\tple.com/v", ""),
            ("http://127.0.0.1/v", ""),
            ("http://2130706433/v", ""),
            ("http://0x7f.1/v", ""),
            ("http://0177.0.0.1/v", ""),
            ("http://[::1]/v", ""),
            ("http://[::ffff:127.0.0.1]/v", ""),
            ("http://localhost/v", ""),
            ("http://169.254.169.254/latest/meta-data", ""),
            ("http://evil.example/public/uploads/a.mp4", ""),
            // other schemes
            ("file:///etc/passwd", ""),
            ("file:/public/uploads/a.mp4", ""),
            ("FILE://cdn.example.com/v", ""),
            ("concat:/public/uploads/a.mp4|/etc/passwd", ""),
            ("data:video/mp4;base64,AAAA", ""),
            ("ftp://cdn.example.com/v", ""),
            ("rtmp://cdn.example.com/v", ""),
            ("gopher://cdn.example.com/v", ""),
            ("subfile,,start,0,end,9,,:/etc/passwd", ""),
            ("pipe:0", ""),
            ("public/uploads/a.mp4", ""),
            ("-i", ""),
            ("", ""),
        ];
        let hosts = hosts("https://b.oss.example.com");
        for (address, expected) in cases {
            assert_eq!(shown(hosts.resolve(address, OWN)), expected, "{address:?}");
        }
        let long = format!("https://cdn.example.com/{}", "a".repeat(5000));
        assert_eq!(hosts.resolve(&long, OWN), None);
    }

    #[test]
    fn a_bucket_may_lie_below_a_path() {
        let hosts = hosts("http://10.0.0.5:9000/media/");
        let cases = [
            ("http://10.0.0.5:9000/media/images/1.mp4", "object:images/1.mp4"),
            ("http://10.0.0.5:9000/media/../secret/1.mp4", ""),
            ("http://10.0.0.5:9000/mediation/1.mp4", ""),
            ("http://10.0.0.5:9000/other/1.mp4", ""),
        ];
        for (address, expected) in cases {
            assert_eq!(shown(hosts.resolve(address, OWN)), expected, "{address:?}");
        }
    }

    #[test]
    fn a_host_in_the_settings_must_be_one() {
        for (text, valid) in
            [("cdn.example.com", true), ("h:81", true), ("h/p", false), ("a b", false), ("", false)]
        {
            assert_eq!(Hosts::new(None, &[text.to_owned()]).is_ok(), valid, "{text:?}");
        }
    }
}
