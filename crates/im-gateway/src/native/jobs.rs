//! What a client asked for and takes time. It is done in order, one thing after the other, while the
//! socket goes on being told of what happens.
use super::{
    entry::{EntryView, Saying},
    frames::Told,
    place::Socket,
    problem::Problem,
    said::{Job, RANGE, Side},
};
use crate::{hub::Hub, ws::Frame};
use futures_util::future::BoxFuture;
use im_core::{
    ConversationId, Error, Rate, Refusal, Result, Seq,
    history::{self, Part, Slice},
    live::{self, Head, Standing},
    messages,
    support::service::{self, Said},
};
use serde_json::Number;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Frames that may wait for their turn; a client that says more is not read meanwhile.
const WAITING: usize = 32;
/// Bytes of them, likewise; one more may be larger.
const BYTES: usize = 128 * 1024;
/// Entries that a `sync` brings of a conversation of which more than a range are missing.
const NEWEST: i64 = 50;

/// One socket's work; it holds no memory while there is none.
#[derive(Default)]
pub(super) struct Jobs(Option<Box<Queue>>);

struct Queue {
    now: BoxFuture<'static, ()>,
    waiting: VecDeque<Asked>,
    bytes: usize,
}

/// A job, the client's number for it, and how long the frame was.
pub(super) struct Asked {
    pub job: Job,
    pub id: Option<Number>,
    pub bytes: usize,
}

impl Jobs {
    /// Whether more may be asked for.
    pub fn has_room(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.waiting.len() < WAITING && queue.bytes < BYTES)
    }

    /// Puts a job behind the others.
    pub fn add(&mut self, hub: &Arc<Hub>, socket: &Arc<Socket>, asked: Asked) {
        match &mut self.0 {
            Some(queue) => {
                queue.bytes += asked.bytes;
                queue.waiting.push_back(asked);
            }
            None => {
                let now = Box::pin(run(hub.clone(), socket.clone(), asked));
                self.0 = Some(Box::new(Queue { now, waiting: VecDeque::new(), bytes: 0 }));
            }
        }
    }

    /// Goes on with what is to be done; resolves when a thing is. A call that is dropped half-way loses
    /// nothing.
    pub async fn done(&mut self, hub: &Arc<Hub>, socket: &Arc<Socket>) {
        let Some(queue) = &mut self.0 else { return std::future::pending().await };
        (&mut queue.now).await;
        match queue.waiting.pop_front() {
            Some(next) => {
                queue.bytes -= next.bytes;
                queue.now = Box::pin(run(hub.clone(), socket.clone(), next));
            }
            None => self.0 = None,
        }
    }
}

async fn run(hub: Arc<Hub>, socket: Arc<Socket>, asked: Asked) {
    let Asked { job, id, .. } = asked;
    let task = Task { hub: &hub, socket: &socket, id: &id };
    let answered = match job {
        Job::Send(of, saying) => task.send(of, *saying).await.map(Some),
        Job::Sync(positions) => task.sync(positions).await.map(Some),
        Job::Range(of, side, limit) => task.range(of, side, limit).await.map(Some),
        Job::Read(of, seq) => history::read_to(&hub.app, socket.caller, of, seq).await.map(|_| None),
        Job::Typing(of) => hub.types(&socket, of).await.map(|()| None),
        Job::Watch(accounts) => task.watch(accounts).await.map(|()| None),
        Job::Ack(of, seq) => {
            hub.native.acks.add_when_room(&socket, of, seq).await;
            Ok(None)
        }
    };
    let frame = match answered {
        Ok(Some(frame)) => frame,
        Ok(None) => match &id {
            Some(id) => Told::Done { id }.frame(),
            None => return,
        },
        Err(error) => Told::Problem { problem: &Problem::of(&error), id: &id }.frame(),
    };
    socket.push(frame);
}

/// One job, for one socket; each answers its last frame.
struct Task<'a> {
    hub: &'a Arc<Hub>,
    socket: &'a Arc<Socket>,
    id: &'a Option<Number>,
}

impl Task<'_> {
    async fn send(&self, conversation: ConversationId, saying: Saying) -> Result<Frame> {
        let (app, caller) = (&self.hub.app, self.socket.caller);
        let to = messages::find(app, caller, conversation).await?;
        let draft = saying.into_draft(to).map_err(Refusal::Invalid)?;
        let said = service::say_once(app, caller, draft).await?;
        let message = match &said {
            Said::New(posted) => &posted.message,
            Said::Again(line) => &line.message,
        };
        let (seq, entry, created_ms) = (message.seq, message.mid, message.created_ms);
        Ok(Told::Sent { id: self.id, conversation, seq, entry, created_ms }.frame())
    }

    /// What the client misses of the conversations that it named, and where all of them end.
    async fn sync(&self, positions: BTreeMap<i64, i64>) -> Result<Frame> {
        let (app, caller) = (&self.hub.app, self.socket.caller);
        app.limiter.take(Rate::Lookup, caller.id, app.now())?;
        let Standing { heads, gone } = live::standing(app, caller).await?;
        for head in &heads {
            let Some(position) = positions.get(&head.conversation.0) else { continue };
            match self.bring(head, Seq((*position).max(0))).await {
                // It was left just now: who left is told.
                Ok(()) | Err(Error::Refused(_)) => {}
                Err(failed) => return Err(failed),
            }
        }
        let mut known: BTreeMap<ConversationId, Vec<Seq>> = BTreeMap::new();
        for (of, seq) in gone {
            if positions.get(&of.0).is_some_and(|position| seq.0 <= *position) {
                known.entry(of).or_default().push(seq);
            }
        }
        Ok(Told::Synced { id: self.id, heads: &heads, gone: known }.frame())
    }

    /// Tells what came into a conversation behind `position`, or the newest of it when that is much.
    async fn bring(&self, head: &Head, position: Seq) -> Result<()> {
        let of = head.conversation;
        if head.last.0 - position.0 > RANGE {
            let newest = self.slice(of, Part::Newest, NEWEST).await?;
            self.socket.push_when_room(self.entries(of, &newest)).await;
            return Ok(());
        }
        let mut after = position;
        while after < head.last {
            let page = self.slice(of, Part::After(after), RANGE).await?;
            let Some(line) = page.entries.last() else { break };
            after = line.message.seq;
            if !self.socket.push_when_room(self.entries(of, &page)).await {
                break;
            }
        }
        Ok(())
    }

    async fn range(&self, of: ConversationId, side: Side, limit: i64) -> Result<Frame> {
        let part = match side {
            Side::After(seq) => Part::After(seq),
            Side::Before(seq) => Part::Before(seq),
        };
        let page = history::entries(&self.hub.app, self.socket.caller, of, part, limit).await?;
        Ok(self.entries(of, &page))
    }

    async fn slice(&self, of: ConversationId, part: Part, limit: i64) -> Result<Slice> {
        history::slice(&self.hub.app, self.socket.caller, of, part, limit).await
    }

    fn entries(&self, conversation: ConversationId, page: &Slice) -> Frame {
        let items: Vec<_> = page.entries.iter().map(EntryView::from).collect();
        let (last_seq, first_seq) = (page.last, page.first);
        Told::Entries { id: self.id, conversation, items: &items, last_seq, first_seq }.frame()
    }

    async fn watch(&self, accounts: Vec<i64>) -> Result<()> {
        let app = &self.hub.app;
        app.limiter.take(Rate::Lookup, self.socket.caller.id, app.now())?;
        self.hub.follow(self.socket, accounts).await
    }
}
