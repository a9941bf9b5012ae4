//! The application's key and secrets, the tickets that say whose socket it is, and signatures
//! (pop.md §4.3, §4.5, §4.8).
use super::Push;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use im_core::{
    AccountId, App, Millis, Refusal, Result, SessionId,
    accounts::{self, Caller},
    secrets::{self, hex, same},
};
use sha2::Sha256;
use std::fmt;

/// Characters of a key that was made at random.
const KEY_CHARS: usize = 20;

/// What sockets and server SDKs prove themselves with.
pub struct Keys {
    key: String,
    secret: String,
    ticket_secret: String,
    ticket_ms: i64,
}

/// Of an account's password, under our secret: another one after every change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

/// Whose a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// Good while this session of this account lives.
    Session(SessionId, AccountId),
    /// A server key asked for it: good for this account until then, while the password has this mark.
    Account(AccountId, Millis, Mark),
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ticket::Session(session, account) => write!(f, "s{session}.{account}"),
            Ticket::Account(account, until, Mark(mark)) => write!(f, "u{account}.{until}.{mark}"),
        }
    }
}

impl Ticket {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        let mut parts = rest.split('.');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (first, second) = (number()?, number()?);
        let mark = parts.next().map(str::parse);
        match (kind, mark) {
            ("s", None) => Some(Ticket::Session(SessionId(first), AccountId(second))),
            ("u", Some(Ok(mark))) => Some(Ticket::Account(AccountId(first), Millis(second), Mark(mark))),
            _ => None,
        }
    }
}

/// What a key in a socket's address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// The application's own key.
    Base,
    /// Somebody's.
    Holder(Ticket),
}

impl Keys {
    /// The keys as set, or as made at random at the first start.
    pub async fn load(app: &App, settings: &Push) -> Result<Self> {
        let key = match settings.app_key.as_str() {
            "" => secrets::kept(app, "push.app_key").await?.chars().take(KEY_CHARS).collect(),
            key => key.to_owned(),
        };
        let secret = match settings.app_secret.expose() {
            "" => secrets::kept(app, "push.app_secret").await?,
            secret => secret.to_owned(),
        };
        let ticket_secret = secrets::kept(app, "push.ticket_secret").await?;
        let ticket_ms = settings.server_ticket_s.saturating_mul(1_000);
        Ok(Keys { key, secret, ticket_secret, ticket_ms })
    }

    /// The application's key, which everybody may know.
    pub fn base(&self) -> &str {
        &self.key
    }

    /// The key under which the caller's sockets are its own: the same for as long as the session
    /// lives; for a server key that acts as somebody, good for a time and while the password is the same.
    pub async fn of(&self, app: &App, caller: Caller) -> Result<String> {
        let ticket = match caller.session {
            SessionId(0) => {
                let mark = self.mark(app, caller.id).await?.ok_or(Refusal::NoSuchAccount)?;
                Ticket::Account(caller.id, app.now().plus(self.ticket_ms), mark)
            }
            session => Ticket::Session(session, caller.id),
        };
        Ok(self.write(ticket))
    }

    /// The mark of the account's password; `None` for an account that nobody may come into.
    pub(super) async fn mark(&self, app: &App, account: AccountId) -> Result<Option<Mark>> {
        let generation = accounts::generation(app, account).await?;
        Ok(generation.map(|of| {
            let sealed = mac(&self.ticket_secret, &of);
            Mark(sealed.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte)))
        }))
    }

    /// The key with this ticket.
    pub(super) fn write(&self, ticket: Ticket) -> String {
        let claim = ticket.to_string();
        format!("{}.{claim}.{}", self.key, self.seal(&claim))
    }

    /// What the key in a socket's address means; `None` when it is none of ours.
    pub fn read(&self, key: &str, now: Millis) -> Option<Keyed> {
        let rest = key.strip_prefix(&self.key)?;
        if rest.is_empty() {
            return Some(Keyed::Base);
        }
        let (claim, seal) = rest.strip_prefix('.')?.rsplit_once('.')?;
        if !same(&self.seal(claim), seal) {
            return None;
        }
        match Ticket::parse(claim)? {
            Ticket::Account(_, until, _) if until <= now => None,
            ticket => Some(Keyed::Holder(ticket)),
        }
    }

    /// The `auth` of a subscription; `data` is the `channel_data` of a presence channel.
    pub fn auth(&self, socket_id: &str, channel: &str, data: Option<&str>) -> String {
        let mut said = format!("{socket_id}:{channel}");
        if let Some(data) = data {
            said.push(':');
            said.push_str(data);
        }
        format!("{}:{}", self.key, self.sign(&said))
    }

    /// What the application's secret makes of a text: lower-case hex of HMAC-SHA256.
    pub fn sign(&self, text: &str) -> String {
        hex(&mac(&self.secret, text))
    }

    fn seal(&self, claim: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(mac(&self.ticket_secret, claim))
    }
}

fn mac(secret: &str, text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a secret may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
impl Keys {
    /// The keys of the contract's test vectors.
    pub(super) fn of_the_contract() -> Self {
        let (key, secret) = ("k".into(), "s3cr3t".into());
        Keys { key, secret, ticket_secret: "t".into(), ticket_ms: 1_000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_signed_as_the_contract_has_it() {
        let keys = Keys::of_the_contract();
        let private = "k:974bae1678e7ff06a5e8d894c3707a43d756e3bb6113ac3fa1191431ca9a9051";
        let presence = "k:9bd7a6fc30fd94fd8db60847cafba0ac48f2ee2e2dee8c6da6d5b3aad69245ed";
        let data = r#"{"user_id":"9","user_info":{"name":"tom"}}"#;
        assert_eq!(keys.auth("1.1", "private-user-9", None), private);
        assert_eq!(keys.auth("1.1", "presence-group-50", Some(data)), presence);
    }

    #[test]
    fn a_key_says_whose_it_is_and_cannot_be_made_up() {
        let (keys, now) = (Keys::of_the_contract(), Millis(5_000));
        let session = Ticket::Session(SessionId(7), AccountId(9));
        let of_session = keys.write(session);
        assert_eq!(of_session, keys.write(session), "stable for the session's life");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        assert!(of_session.chars().all(plain), "{of_session}");
        assert_eq!(keys.read(&of_session, now), Some(Keyed::Holder(session)));
        assert_eq!(keys.read("k", now), Some(Keyed::Base));

        let server = Ticket::Account(AccountId(9), Millis(6_000), Mark(u64::MAX));
        let of_server = keys.write(server);
        assert_eq!(keys.read(&of_server, now), Some(Keyed::Holder(server)));
        assert_eq!(keys.read(&of_server, Millis(6_000)), None, "lapsed");

        let forged = [
            of_session.replace(".s7.", ".s8."),
            of_session.replace(".s7.9.", ".s7.8."),
            of_server.replace(".6000.", ".7000."),
            of_server.replace(&u64::MAX.to_string(), "1"),
            "k.".into(),
        ];
        for key in
            forged.iter().map(String::as_str).chain(["", "kk", "x", "k.s7.9.", "k.s7.9", "k.u9.99999.AAAA"])
        {
            assert_eq!(keys.read(key, now), None, "{key}");
        }
    }
}
