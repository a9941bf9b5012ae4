//! Server keys (pop.md §2.3): who may act for users, from where, and how far.
use crate::action::Scope;
use im_core::{Millis, Pop, secrets};
use md5::{Digest, Md5};
use std::{net::IpAddr, sync::Arc};

/// How far the time in an old kind of key may be off.
const LEGACY_SECONDS: i64 = 300;

/// All server keys of the installation.
pub struct Keys {
    keys: Vec<Key>,
    /// Of the old kind; empty: there is none.
    legacy: String,
}

/// One server key.
pub struct Key {
    /// What the audit log calls it.
    pub id: Arc<str>,
    /// SHA-256 of the secret, in lower-case hex.
    hash: String,
    scopes: Vec<Scope>,
    /// From where it may be used; empty: from anywhere.
    nets: Vec<Net>,
}

impl Key {
    /// Whether it may be used for this, from there.
    pub fn allows(&self, scope: Scope, from: IpAddr) -> bool {
        self.scopes.contains(&scope) && (self.nets.is_empty() || self.nets.iter().any(|net| net.holds(from)))
    }
}

impl Keys {
    /// The keys of the settings.
    ///
    /// # Errors
    /// Says which one cannot be understood, without its secret.
    pub fn parse(settings: &Pop) -> Result<Self, String> {
        let keys = settings.api_keys.iter().enumerate().map(|(at, text)| {
            key(text.expose(), at + 1).map_err(|why| format!("pop.api_keys: key {}: {why}", at + 1))
        });
        Ok(Keys {
            keys: keys.collect::<Result<_, _>>()?,
            legacy: settings.legacy_api_token.expose().to_owned(),
        })
    }

    /// The key with this secret. Every key is compared, each in constant time.
    pub fn with(&self, secret: &str) -> Option<&Key> {
        let hash = secrets::sha256_hex(secret);
        let mut found = None;
        for key in &self.keys {
            if secrets::same(&key.hash, &hash) {
                found = Some(key);
            }
        }
        found
    }

    /// Whether keys of the old kind are on, so that `timestamp` and `pop_token` mean something.
    pub fn legacy(&self) -> bool {
        !self.legacy.is_empty()
    }

    /// Whether `token` is the MD5 of this time and the secret, and the time is near.
    pub fn legacy_fits(&self, timestamp: &str, token: &str, now: Millis) -> bool {
        let near =
            timestamp.parse::<i64>().is_ok_and(|at| (now.0 / 1_000).abs_diff(at) <= LEGACY_SECONDS as u64);
        let digest = Md5::digest(format!("{timestamp}{}", self.legacy));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.legacy() && secrets::same(&hex, &token.to_ascii_lowercase()) && near
    }
}

/// `SECRET`, or `id=NAME secret=SECRET scopes=read,write,admin ips=10.0.0.0/8,::1`.
fn key(text: &str, number: usize) -> Result<Key, String> {
    let all = vec![Scope::Read, Scope::Write, Scope::Admin];
    let mut key = Key { id: number.to_string().into(), hash: String::new(), scopes: all, nets: Vec::new() };
    let text = text.trim();
    if !text.contains('=') {
        key.hash = hash(text)?;
        return Ok(key);
    }
    for part in text.split_ascii_whitespace() {
        match part.split_once('=') {
            Some(("id", id)) => key.id = id.into(),
            Some(("secret", secret)) => key.hash = hash(secret)?,
            Some(("scopes", scopes)) => {
                key.scopes = scopes.split(',').map(scope).collect::<Result<_, _>>()?
            }
            Some(("ips", nets)) => key.nets = nets.split(',').map(Net::parse).collect::<Result<_, _>>()?,
            _ => return Err("its parts are id=, secret=, scopes= and ips=".into()),
        }
    }
    if key.hash.is_empty() { Err("it has no secret".into()) } else { Ok(key) }
}

/// What is kept of a secret, which may come as its hash already.
fn hash(secret: &str) -> Result<String, String> {
    match secret.strip_prefix("sha256:") {
        Some(hex) if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(hex.to_ascii_lowercase())
        }
        Some(_) => Err("sha256: takes 64 hexadecimal digits".into()),
        None if secret.is_empty() => Err("it has no secret".into()),
        None => {
            if secret.len() < SHORT {
                tracing::warn!("pop.api_keys: a secret of fewer than {SHORT} characters can be tried out");
            }
            Ok(secrets::sha256_hex(secret))
        }
    }
}

/// Characters of a secret that cannot be tried out.
const SHORT: usize = 16;

fn scope(name: &str) -> Result<Scope, String> {
    match name {
        "read" => Ok(Scope::Read),
        "write" => Ok(Scope::Write),
        "admin" => Ok(Scope::Admin),
        _ => Err(format!("{name:?} is no scope: there are read, write and admin")),
    }
}

/// Addresses that begin with the same bits.
struct Net {
    base: IpAddr,
    bits: u32,
}

impl Net {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (base, bits) = text.split_once('/').map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), str::parse).map_err(|_| wrong())?;
        if bits > width { Err(wrong()) } else { Ok(Net { base, bits }) }
    }

    fn holds(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u32| self.bits == 0 || (a ^ b) >> (width - self.bits) == 0;
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use im_core::settings::Secret;

    fn keys(texts: &[&str]) -> Result<Keys, String> {
        let api_keys = texts.iter().map(|text| Secret::from(*text)).collect();
        Keys::parse(&Pop { api_keys, legacy_api_token: "s3cr3t".into(), ..Pop::default() })
    }

    #[test]
    fn a_key_is_known_by_its_secret_and_no_other() {
        let hashed = format!("id=hashed secret=sha256:{}", secrets::sha256_hex("another secret key"));
        let keys = keys(&["plain-secret-1234567", "id=ci secret=0123456789abcdef", &hashed]).unwrap();
        let cases = [
            ("plain-secret-1234567", Some("1")),
            ("0123456789abcdef", Some("ci")),
            ("another secret key", Some("hashed")),
            ("plain-secret-123456", None),
            ("", None),
        ];
        for (secret, id) in cases {
            assert_eq!(keys.with(secret).map(|key| &*key.id), id, "{secret}");
        }
    }

    #[test]
    fn a_key_goes_as_far_as_its_scopes_and_addresses() {
        let keys =
            keys(&["secret=0123456789abcdef scopes=read,write ips=10.0.0.0/8,::1,192.168.1.7"]).unwrap();
        let key = keys.with("0123456789abcdef").unwrap();
        let cases = [
            (Scope::Read, "10.1.2.3", true),
            (Scope::Write, "::1", true),
            (Scope::Admin, "10.1.2.3", false),
            (Scope::Read, "11.1.2.3", false),
            (Scope::Read, "192.168.1.7", true),
            (Scope::Read, "192.168.1.8", false),
            (Scope::Read, "::ffff:10.0.0.1", true),
        ];
        for (scope, from, may) in cases {
            assert_eq!(key.allows(scope, from.parse().unwrap()), may, "{scope:?} {from}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_at_start_and_the_secret_is_not() {
        let wrong = [
            "",
            "id=x",
            "id=x secret=",
            "secret=0123456789abcdef scopes=root",
            "secret=0123456789abcdef ips=10.0.0.0/33",
            "secret=0123456789abcdef ips=somewhere",
            "secret=0123456789abcdef color=red",
            "secret=sha256:zz",
        ];
        for text in wrong {
            let why = keys(&[text]).map(drop).unwrap_err();
            assert!(why.starts_with("pop.api_keys: key 1") && !why.contains("0123456789abcdef"), "{why}");
        }
    }

    #[test]
    fn the_old_kind_is_a_signed_time() {
        let keys = keys(&[]).unwrap();
        let now = Millis(1_700_000_000_000);
        let sign = |at: &str| {
            Md5::digest(format!("{at}s3cr3t")).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        for (at, fits) in [("1700000000", true), ("1699999700", true), ("1700000301", false), ("x", false)] {
            assert_eq!(keys.legacy_fits(at, &sign(at), now), fits, "{at}");
        }
        assert!(!keys.legacy_fits("1700000000", &sign("1700000001"), now));
        assert!(!Keys::parse(&Pop::default()).unwrap().legacy_fits("1700000000", &sign("1700000000"), now));
    }
}
