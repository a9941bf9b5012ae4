//! What a client says, one JSON object per frame.
use super::{
    entry::{BodyView, Saying},
    problem::Problem,
};
use im_core::{ConversationId, Seq};
use serde::Deserialize;
use serde_json::Number;
use std::{borrow::Cow, collections::BTreeMap};

/// Accounts that a socket may follow.
const WATCHED: usize = 500;
/// Entries that a client gets at once.
pub const RANGE: i64 = 200;

/// A frame that was understood.
pub struct Said {
    /// The client's number for it, which the answer repeats.
    pub id: Option<Number>,
    pub what: What,
}

pub enum What {
    Ping,
    Ack(ConversationId, Seq),
    Job(Job),
}

/// What takes time, and is done in order.
pub enum Job {
    Sync(BTreeMap<i64, i64>),
    Range(ConversationId, Side, i64),
    Send(ConversationId, Box<Saying>),
    Read(ConversationId, Seq),
    Typing(ConversationId),
    Watch(Vec<i64>),
    /// An acknowledgement for which there was no room.
    Ack(ConversationId, Seq),
}

/// Where a range begins.
#[derive(Clone, Copy)]
pub enum Side {
    After(Seq),
    Before(Seq),
}

/// All fields of all frames: what comes is read once, and into place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    id: Option<Number>,
    token: Option<Cow<'a, str>>,
    conversation: Option<i64>,
    seq: Option<i64>,
    positions: Option<BTreeMap<i64, i64>>,
    after: Option<i64>,
    before: Option<i64>,
    limit: Option<i64>,
    client_id: Option<String>,
    body: Option<BodyView>,
    quote: Option<i64>,
    mentions: Option<Vec<i64>>,
    mention_all: Option<bool>,
    accounts: Option<Vec<i64>>,
}

/// Why a frame is not followed, and its number, if that could be read.
pub type Refused = (Option<Number>, Box<Problem>);

/// The token of the first frame.
pub fn hello(text: &str) -> Result<(Option<Number>, String), Refused> {
    let fields = fields(text)?;
    match (&*fields.r#type, fields.token) {
        ("hello", Some(token)) => Ok((fields.id, token.into_owned())),
        ("hello", None) => Err((fields.id, invalid("token"))),
        _ => Err((fields.id, malformed("the first frame is hello"))),
    }
}

/// What a later frame wants.
pub fn understand(text: &str) -> Result<Said, Refused> {
    let mut fields = fields(text)?;
    let id = fields.id.take();
    match fields.meaning() {
        Ok(what) => Ok(Said { id, what }),
        Err(problem) => Err((id, problem)),
    }
}

fn fields(text: &str) -> Result<Fields<'_>, Refused> {
    serde_json::from_str(text).map_err(|e| {
        #[derive(Deserialize)]
        struct Numbered {
            id: Option<Number>,
        }
        let id = serde_json::from_str::<Numbered>(text).ok().and_then(|frame| frame.id);
        (id, malformed(e.to_string()))
    })
}

fn malformed(detail: impl Into<String>) -> Box<Problem> {
    Box::new(Problem::malformed().saying(detail))
}

fn invalid(field: &str) -> Box<Problem> {
    Box::new(Problem::invalid(field))
}

impl Fields<'_> {
    fn meaning(self) -> Result<What, Box<Problem>> {
        Ok(match &*self.r#type {
            "ping" => What::Ping,
            "ack" => What::Ack(self.conversation()?, self.seq()?),
            "read" => What::Job(Job::Read(self.conversation()?, self.seq()?)),
            "typing" => What::Job(Job::Typing(self.conversation()?)),
            "sync" => What::Job(Job::Sync(self.positions.ok_or_else(|| invalid("positions"))?)),
            "range" => {
                let side = match (self.after, self.before) {
                    (Some(after), None) if after >= 0 => Side::After(Seq(after)),
                    (None, Some(before)) if before >= 1 => Side::Before(Seq(before)),
                    (None, _) => return Err(invalid("before")),
                    (Some(_), _) => return Err(invalid("after")),
                };
                let limit = self.limit.unwrap_or(50);
                if !(1..=RANGE).contains(&limit) {
                    return Err(invalid("limit"));
                }
                What::Job(Job::Range(self.conversation()?, side, limit))
            }
            "watch" => match self.accounts {
                Some(accounts) if accounts.len() <= WATCHED => What::Job(Job::Watch(accounts)),
                _ => return Err(invalid("accounts")),
            },
            "send" => What::Job(Job::Send(self.conversation()?, Box::new(self.saying()?))),
            "hello" => return Err(malformed("hello was said")),
            other => return Err(malformed(format!("no frame is called {other:.40}"))),
        })
    }

    fn conversation(&self) -> Result<ConversationId, Box<Problem>> {
        self.conversation.map(ConversationId).ok_or_else(|| invalid("conversation"))
    }

    fn seq(&self) -> Result<Seq, Box<Problem>> {
        self.seq.filter(|seq| *seq >= 0).map(Seq).ok_or_else(|| invalid("seq"))
    }

    fn saying(self) -> Result<Saying, Box<Problem>> {
        let missing = |field| move || invalid(field);
        Ok(Saying {
            client_id: Some(self.client_id.ok_or_else(missing("client_id"))?),
            body: self.body.ok_or_else(missing("body"))?,
            quote: self.quote.map(Seq),
            mentions: self.mentions.unwrap_or_default(),
            mention_all: self.mention_all.unwrap_or(false),
        })
    }
}
