//! Captchas: four characters in a picture, their answer sealed into an anonymous cookie (pop.md §2.4).
mod picture;

use hmac::{Hmac, KeyInit, Mac};
use im_core::{App, Millis, Result, SessionId, secrets};
use moka::sync::Cache;
use sha2::Sha256;
use std::{hash::Hash, time::Duration};

/// Characters that nobody takes for one another.
const ALPHABET: &[u8; 24] = b"234579ACDEFHJKMNPRTUVWXY";
/// Characters of an answer.
const CHARS: usize = 4;
/// How long a picture may be answered.
const LIFE_MS: i64 = 300_000;
/// What a cookie begins with that is no session.
const PREFIX: &str = "captcha";

/// What a captcha lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing in.
    Login,
    /// Registering.
    Join,
}

/// A captcha to show.
pub struct Captcha {
    /// The value of the cookie that binds it.
    pub cookie: String,
    /// The picture.
    pub png: Vec<u8>,
}

/// Seals and checks answers. Nothing is stored but which were tried, for as long as they live.
pub struct Captchas {
    secret: String,
    tried: Cache<String, ()>,
    /// What would be in the cookie of browsers whose cookie is a session already.
    kept: Cache<SessionId, String>,
}

impl Captchas {
    /// With the installation's secret: a picture of one node is answered at any other.
    pub async fn load(app: &App) -> Result<Self> {
        Ok(Captchas::with(secrets::kept(app, "pop.captcha").await?))
    }

    fn with(secret: String) -> Self {
        fn cache<K: Eq + Hash + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
            let life = Duration::from_millis(LIFE_MS.unsigned_abs());
            Cache::builder().max_capacity(100_000).time_to_live(life).build()
        }
        Captchas { secret, tried: cache(), kept: cache() }
    }

    /// A new captcha; `None` when the picture cannot be drawn.
    pub fn issue(&self, purpose: Purpose, now: Millis) -> Option<Captcha> {
        let answer: Vec<u8> = (0..CHARS).map(|_| ALPHABET[rand::random_range(0..ALPHABET.len())]).collect();
        let nonce = secrets::hex(&rand::random::<[u8; 16]>());
        let until = now.plus(LIFE_MS);
        let seal = self.seal(purpose, &nonce, until, &String::from_utf8_lossy(&answer));
        let cookie = format!("{PREFIX}.{nonce}.{}.{seal}", until.0);
        Some(Captcha { cookie, png: picture::draw(&answer)? })
    }

    /// Binds a captcha to a session, whose cookie it must not take the place of.
    pub fn keep(&self, session: SessionId, captcha: &Captcha) {
        self.kept.insert(session, captcha.cookie.clone());
    }

    /// What was bound to a session.
    pub fn kept(&self, session: SessionId) -> Option<String> {
        self.kept.get(&session)
    }

    /// Whether `answer` is that of the captcha in one of these cookies. Right or wrong, it was its one try.
    pub fn solves<'c>(
        &self,
        cookies: impl Iterator<Item = &'c str>,
        purpose: Purpose,
        answer: &str,
        now: Millis,
    ) -> bool {
        cookies.filter_map(parse).any(|(nonce, until, seal)| {
            let fresh = now < until && self.tried.entry_by_ref(nonce).or_insert(()).is_fresh();
            let answer = answer.trim().to_ascii_uppercase();
            fresh && secrets::same(seal, &self.seal(purpose, nonce, until, &answer))
        })
    }

    fn seal(&self, purpose: Purpose, nonce: &str, until: Millis, answer: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("a secret may have any length");
        mac.update(format!("{purpose:?}:{nonce}:{until}:{answer}").as_bytes());
        secrets::hex(&mac.finalize().into_bytes())
    }
}

fn parse(cookie: &str) -> Option<(&str, Millis, &str)> {
    let mut parts = cookie.strip_prefix(PREFIX)?.strip_prefix('.')?.split('.');
    let (nonce, until, seal) = (parts.next()?, parts.next()?, parts.next()?);
    Some((nonce, Millis(until.parse().ok()?), seal))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cookie whose answer is known.
    fn cookie(all: &Captchas, nonce: &str) -> String {
        let until = Millis(LIFE_MS);
        format!("{PREFIX}.{nonce}.{}.{}", until.0, all.seal(Purpose::Login, nonce, until, "AC34"))
    }

    #[test]
    fn an_answer_counts_once_in_time_and_for_its_purpose() {
        let all = Captchas::with("secret".into());
        // the nonce, what for, the answer, when, does it solve it
        let cases = [
            ("a", Purpose::Login, "AC34", 0, true),
            ("a", Purpose::Login, "AC34", 0, false),
            ("b", Purpose::Login, " ac34 ", 0, true),
            ("c", Purpose::Login, "AC35", 0, false),
            ("c", Purpose::Login, "AC34", 0, false),
            ("d", Purpose::Join, "AC34", 0, false),
            ("e", Purpose::Login, "AC34", LIFE_MS, false),
            ("f", Purpose::Login, "", 0, false),
        ];
        for (nonce, purpose, answer, now, solves) in cases {
            let cookie = cookie(&all, nonce);
            let cookies = ["a session", &*cookie].into_iter();
            assert_eq!(all.solves(cookies, purpose, answer, Millis(now)), solves, "{nonce} {answer}");
        }
        let other = Captchas::with("another".into());
        assert!(!other.solves([&*cookie(&all, "g")].into_iter(), Purpose::Login, "AC34", Millis(0)));
    }

    #[test]
    fn a_captcha_is_a_picture_and_a_cookie() {
        let captcha = Captchas::with("secret".into()).issue(Purpose::Login, Millis(0)).unwrap();
        assert!(captcha.png.starts_with(b"\x89PNG"));
        assert!(parse(&captcha.cookie).is_some(), "{}", captcha.cookie);
    }
}
