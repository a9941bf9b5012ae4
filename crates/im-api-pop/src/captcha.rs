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
/// Bytes of randomness that tell one picture from another, 32 hexadecimal digits.
const NONCE_BYTES: usize = 16;
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
        let nonce = secrets::hex(&rand::random::<[u8; NONCE_BYTES]>());
        let until = now.plus(LIFE_MS);
        let cookie = self.cookie(purpose, &nonce, until, &String::from_utf8_lossy(&answer));
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
        let answer = answer.trim().to_ascii_uppercase();
        cookies.filter_map(parse).any(|shown| {
            let alive = now < shown.until && shown.until <= now.plus(LIFE_MS);
            // Only what was issued here is remembered: whoever makes up cookies fills no memory.
            let fresh = alive
                && secrets::same(shown.mark, &self.mark(shown.nonce, shown.until))
                && self.tried.entry_by_ref(shown.nonce).or_insert(()).is_fresh();
            fresh && secrets::same(shown.seal, &self.seal(purpose, shown.nonce, shown.until, &answer))
        })
    }

    fn cookie(&self, purpose: Purpose, nonce: &str, until: Millis, answer: &str) -> String {
        let (mark, seal) = (self.mark(nonce, until), self.seal(purpose, nonce, until, answer));
        format!("{PREFIX}.{nonce}.{}.{mark}.{seal}", until.0)
    }

    /// Says that a picture was shown by us, whatever its answer.
    fn mark(&self, nonce: &str, until: Millis) -> String {
        self.mac(&format!("{nonce}:{until}"))
    }

    fn seal(&self, purpose: Purpose, nonce: &str, until: Millis, answer: &str) -> String {
        self.mac(&format!("{purpose:?}:{nonce}:{until}:{answer}"))
    }

    fn mac(&self, text: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("a secret may have any length");
        mac.update(text.as_bytes());
        secrets::hex(&mac.finalize().into_bytes())
    }
}

/// What a cookie says, which anybody may have written.
struct Shown<'c> {
    nonce: &'c str,
    until: Millis,
    mark: &'c str,
    seal: &'c str,
}

fn parse(cookie: &str) -> Option<Shown<'_>> {
    let mut parts = cookie.strip_prefix(PREFIX)?.strip_prefix('.')?.split('.');
    let (nonce, until, mark, seal) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let issued = nonce.len() == 2 * NONCE_BYTES && nonce.bytes().all(|b| b.is_ascii_hexdigit());
    issued.then_some(Shown { nonce, until: Millis(until.parse().ok()?), mark, seal })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cookie whose answer is known.
    fn cookie(all: &Captchas, nonce: &str) -> String {
        all.cookie(Purpose::Login, &nonce.repeat(32), Millis(LIFE_MS), "AC34")
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
            ("0", Purpose::Login, "AC34", -1, false),
        ];
        for (nonce, purpose, answer, now, solves) in cases {
            let cookie = cookie(&all, nonce);
            let cookies = ["a session", &*cookie].into_iter();
            assert_eq!(all.solves(cookies, purpose, answer, Millis(now)), solves, "{nonce} {answer}");
        }
        let other = Captchas::with("another".into());
        assert!(!other.solves([&*cookie(&all, "1")].into_iter(), Purpose::Login, "AC34", Millis(0)));
    }

    #[test]
    fn cookies_that_were_made_up_are_not_remembered() {
        let all = Captchas::with("secret".into());
        let (nonce, until) = ("a".repeat(32), Millis(LIFE_MS));
        let good = cookie(&all, "a");
        let seal = good.rsplit('.').next().unwrap();
        let made_up = [
            format!("{PREFIX}.{nonce}.{}.{seal}.{seal}", until.0),
            format!("{PREFIX}.{nonce}.{}.{seal}", until.0),
            good.replace(&nonce, &"b".repeat(32)),
            good.replace(&until.0.to_string(), "1"),
            all.cookie(Purpose::Login, &nonce, Millis(i64::MAX), "AC34"),
            all.cookie(Purpose::Login, &"a".repeat(1 << 20), until, "AC34"),
        ];
        for cookie in &made_up {
            assert!(!all.solves([&**cookie].into_iter(), Purpose::Login, "AC34", Millis(0)), "{cookie:.80}");
        }
        all.tried.run_pending_tasks();
        assert_eq!(all.tried.entry_count(), 0);
        assert!(all.solves([&*good].into_iter(), Purpose::Login, "AC34", Millis(0)));
    }

    #[test]
    fn a_captcha_is_a_picture_and_a_cookie() {
        let captcha = Captchas::with("secret".into()).issue(Purpose::Login, Millis(0)).unwrap();
        assert!(captcha.png.starts_with(b"\x89PNG"));
        assert!(parse(&captcha.cookie).is_some(), "{}", captcha.cookie);
    }
}
