//! What differs between the dialects: how people come to be, prove who they are, write and listen.
pub mod egg;
pub mod pop;
pub mod v1;

use crate::{
    Result,
    wire::{http::Http, ws::Socket},
};
use std::net::SocketAddr;

/// The words that clients use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    /// `/api/chat/…` and `/ws`.
    #[default]
    Egg,
    /// `/h5/…` and `/app/KEY`.
    Pop,
    /// The native API: `/v1/socket`.
    V1,
}

/// Somebody who can write and listen.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account's number.
    pub id: i64,
    /// Groups whose channels it listens to, where the dialect has channels.
    pub groups: Vec<i64>,
    pass: Pass,
}

/// What proves who somebody is.
#[derive(Clone, Debug)]
enum Pass {
    /// The token.
    Egg(String),
    Pop {
        /// The push key that is good for this account.
        key: String,
        /// The session; without one the server key speaks for it.
        session: Option<String>,
    },
    /// The access token.
    V1(String),
}

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// An account.
    Person(i64),
    /// The members of a group, or in the native API those of any conversation.
    Conversation(i64),
}

impl Person {
    /// Somebody with a token.
    pub fn egg(id: i64, token: String) -> Person {
        Person { id, groups: Vec::new(), pass: Pass::Egg(token) }
    }

    /// Somebody with a push key, and perhaps a session.
    pub fn pop(id: i64, key: String, session: Option<String>) -> Person {
        Person { id, groups: Vec::new(), pass: Pass::Pop { key, session } }
    }

    /// Somebody who speaks the native API.
    pub fn v1(id: i64, token: String) -> Person {
        Person { id, groups: Vec::new(), pass: Pass::V1(token) }
    }

    /// Whether its socket is told what it said itself.
    pub fn hears_itself(&self) -> bool {
        matches!(self.pass, Pass::Pop { .. } | Pass::V1(_))
    }

    /// Its token, where it is all that it has.
    pub fn token(&self) -> &str {
        match &self.pass {
            Pass::Egg(token) | Pass::V1(token) => token,
            Pass::Pop { .. } => "",
        }
    }

    /// Its session, where it has signed in to the pop dialect.
    pub fn session(&self) -> Option<&str> {
        match &self.pass {
            Pass::Pop { session, .. } => session.as_deref(),
            Pass::Egg(_) | Pass::V1(_) => None,
        }
    }

    /// The request that says `text`.
    pub fn letter(&self, to: To, text: &str) -> Vec<u8> {
        match &self.pass {
            Pass::Egg(token) => egg::letter(token, to, text),
            Pass::Pop { session, .. } => pop::letter(self.id, session.as_deref(), to, text),
            Pass::V1(_) => v1::letter(to, text),
        }
    }

    /// Opens its socket, as the `n`-th client, and waits until messages come to it.
    pub async fn listen(&self, at: SocketAddr, n: usize) -> Result<Socket> {
        match &self.pass {
            Pass::Egg(token) => Socket::open(at, n, &format!("/ws?token={token}")).await,
            Pass::Pop { key, .. } => pop::listen(at, n, key, self.id, &self.groups).await,
            Pass::V1(token) => v1::listen(at, n, token).await,
        }
    }

    /// Asks for what waits, as clients do when their socket is open. Elsewhere than in egg nothing does.
    pub async fn fetch_waiting(&self, http: &mut Http) -> Result<()> {
        match &self.pass {
            Pass::Egg(token) => egg::fetch_waiting(http, token).await,
            Pass::Pop { .. } | Pass::V1(_) => Ok(()),
        }
    }

    /// Becomes somebody's friend at once; answers how it addresses the friend.
    pub async fn befriend(&self, http: &mut Http, friend: i64) -> Result<To> {
        match &self.pass {
            Pass::Egg(token) => egg::befriend(http, token, friend).await?,
            Pass::Pop { .. } => pop::befriend(http, self.id, friend).await?,
            Pass::V1(token) => return v1::befriend(http, token, friend).await,
        }
        Ok(To::Person(friend))
    }
}

/// Registers users. Each costs the server a password hash, in the pop dialect another one to `write` by a
/// session of its own; otherwise the server key speaks for it.
pub async fn users(at: SocketAddr, dialect: Dialect, count: usize, write: bool) -> Result<Vec<Person>> {
    match dialect {
        Dialect::Egg => egg::users(at, count).await,
        Dialect::Pop => pop::users(at, count, write).await,
        Dialect::V1 => v1::users(at, count).await,
    }
}

/// Visitors, who cost no password hash; they listen in this dialect.
pub async fn visitors(at: SocketAddr, dialect: Dialect, count: usize) -> Result<Vec<Person>> {
    match dialect {
        Dialect::Egg => egg::visitors(at, count).await,
        Dialect::Pop => {
            let visitors = egg::visitors(at, count).await?;
            pop::keyed(at, visitors.iter().map(|visitor| visitor.id).collect()).await
        }
        Dialect::V1 => v1::visitors(at, count).await,
    }
}

/// A group of `owner` and the others; answers its number.
pub async fn group(at: SocketAddr, owner: &Person, others: &[Person]) -> Result<i64> {
    match &owner.pass {
        Pass::Egg(token) => egg::group(at, owner.id, token, others).await,
        Pass::Pop { .. } => pop::group(at, owner.id, others).await,
        Pass::V1(token) => v1::group(at, token, others).await,
    }
}
