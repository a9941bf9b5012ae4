//! Passing messages on to other conversations.
use super::{
    Line,
    again::{Try, sent},
    entries::store,
    store::held,
};
use crate::{
    App, ConversationId, Error, Rate, Refusal, Result, Seq,
    accounts::Caller,
    messages::{self, Body, Draft, Named, Posted, To},
};
use std::sync::Arc;

/// Messages that are passed on at once, at most.
const MESSAGES: usize = 50;
/// Conversations that they are passed on to at once, at most.
const TARGETS: usize = 10;
/// Copies that one call makes at most: others wait for its unit of work.
const COPIES: usize = 200;

/// What is to be passed on.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Where it was said.
    pub from: ConversationId,
    /// Its places there.
    pub seqs: Vec<Seq>,
    /// Where it is to be said again.
    pub to: Vec<ConversationId>,
    /// The caller's name for the whole of it: of several tries one is kept.
    pub client_id: Option<String>,
}

/// What became of it: a message for each conversation and each place, in the order of the wish.
#[derive(Debug)]
pub enum Forwarded {
    /// It was passed on.
    New(Vec<Arc<Posted>>),
    /// An earlier try did.
    Again(Vec<Line>),
}

/// Says messages again in other conversations, in the name of the caller and with that of their author: all
/// of them everywhere, or none.
///
/// # Errors
/// [`Refusal::Invalid`] for lists that are empty, too long or name something twice, [`Refusal::NotMember`],
/// [`Refusal::NoSuchMessage`] for what the caller cannot see or nobody said, [`Refusal::ClientIdTaken`], and
/// what refuses to [`messages::send`].
pub async fn forward(app: &App, caller: Caller, wish: Forward) -> Result<Forwarded> {
    check(&wish)?;
    let from = messages::find(app, caller, wish.from).await?;
    let mut targets = Vec::with_capacity(wish.to.len());
    for id in &wish.to {
        targets.push((*id, messages::find(app, caller, *id).await?));
    }
    let tries = wish.client_id.as_deref().map(|name| tries(name, &wish, &targets));
    let copies = wish.seqs.len() * targets.len();
    app.limiter.take(Rate::SendBurst, caller.id, app.now())?;
    app.limiter.take_many(Rate::Send, caller.id, copies as u32, app.now())?;
    let said = say_all(app, caller, wish, from, targets, tries.clone()).await;
    match (said.map_err(messages::veiled), tries) {
        (Ok(posted), _) => Ok(Forwarded::New(posted)),
        (Err(Error::Refused(why)), Some(tries)) => match sent(app, caller, tries).await? {
            Some(lines) => Ok(Forwarded::Again(lines)),
            None => Err(why.into()),
        },
        (Err(e), _) => Err(e),
    }
}

fn check(wish: &Forward) -> Result<(), Refusal> {
    let twice = |all: &[i64]| {
        let mut all = all.to_vec();
        all.sort_unstable();
        all.windows(2).any(|two| two[0] == two[1])
    };
    let (seqs, to): (Vec<_>, Vec<_>) =
        (wish.seqs.iter().map(|seq| seq.0).collect(), wish.to.iter().map(|id| id.0).collect());
    if seqs.is_empty() || seqs.len() > MESSAGES || twice(&seqs) {
        return Err(Refusal::Invalid("seqs"));
    }
    if to.is_empty() || to.len() > TARGETS || twice(&to) || seqs.len() * to.len() > COPIES {
        return Err(Refusal::Invalid("to"));
    }
    Ok(())
}

/// A name for each copy. Two tries pass on the same when they name the same place, whatever became of it.
fn tries(name: &str, wish: &Forward, targets: &[(ConversationId, To)]) -> Vec<Try> {
    let one = |(id, to): &(ConversationId, To), seq: &Seq| Try {
        to: *to,
        client_id: format!("{name}:{id}:{seq}"),
        digest: messages::digest(&(wish.from, seq)),
    };
    targets.iter().flat_map(|target| wish.seqs.iter().map(move |seq| one(target, seq))).collect()
}

async fn say_all(
    app: &App,
    caller: Caller,
    wish: Forward,
    from: To,
    targets: Vec<(ConversationId, To)>,
    tries: Option<Vec<Try>>,
) -> Result<Vec<Arc<Posted>>> {
    app.write(move |app, tx| {
        Box::pin(async move {
            held(tx, caller.id, from).await?.ok_or(Refusal::NotMember)?;
            let found = store::by_seqs(tx, caller.id, wish.from, &wish.seqs).await?;
            let drafts = drafts(&wish.seqs, &found)?;
            // In one order, so that of two who pass on to the same conversations none waits for the other.
            let mut order: Vec<_> = (0..targets.len()).collect();
            order.sort_by_key(|at| targets[*at].0);
            let mut posted: Vec<_> = targets.iter().map(|_| Vec::new()).collect();
            for at in order {
                for (which, draft) in drafts.iter().enumerate() {
                    let draft = Draft { to: targets[at].1, ..draft.clone() };
                    messages::check(&app, &draft)?;
                    let named = tries.as_ref().map(|tries| &tries[at * drafts.len() + which]);
                    let named = named.map(|one| (one.client_id.clone(), one.digest));
                    posted[at].push(messages::say(&app, tx, caller, draft, named).await?);
                }
            }
            Ok(posted.into_iter().flatten().collect())
        })
    })
    .await
}

/// What is said again, in the order of `seqs`.
fn drafts(seqs: &[Seq], found: &[Line]) -> Result<Vec<Draft>, Refusal> {
    let one = |seq: &Seq| {
        let line = found.iter().find(|line| line.message.seq == *seq);
        let line = line.filter(|line| !line.since.gone && !line.since.revoked);
        let line = line.ok_or(Refusal::NoSuchMessage)?;
        let (body, raw) = match &line.message.body {
            Body::Notice(_) => return Err(Refusal::NoSuchMessage),
            Body::Auto { text, .. } => (Body::Text(text.clone()), None),
            body => (body.clone(), line.message.raw.clone()),
        };
        let author = || Named { id: line.sender.id, name: line.sender.name.clone() };
        // To whom it is for is said where it is used.
        let mut draft = Draft::new(To::Account(line.sender.id), body, raw);
        draft.extra.forwarded = Some(line.message.extra.forwarded.clone().unwrap_or_else(author));
        Ok(draft)
    };
    seqs.iter().map(one).collect()
}
