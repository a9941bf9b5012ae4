//! Questions and answers that somebody stored, and the automatic reply made of them.
use super::matching::{self, Fit};
use crate::{
    AccountId, App, Millis, Rate, Refusal, Result,
    accounts::Caller,
    messages::{self, Body, Draft, Entry, Posted, To},
};
use im_db::{Row, Tx, params};
use std::{sync::Arc, time::Duration};

/// Answers that one account may store for one kind of conversation.
const MOST: i64 = 1_000;

/// A stored question with its answer.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Answer {
    /// The clock's milliseconds when it was stored, made unique.
    pub id: i64,
    pub owner: AccountId,
    /// `single` or `group`.
    pub scope: String,
    pub ask: String,
    pub answer: String,
    pub likes: i64,
    pub created_ms: Millis,
    pub updated_ms: Millis,
}

/// Whether storing made a new record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It did.
    New,
    /// The same question had an answer, which is replaced.
    Replaced,
}

/// Stores an answer of the caller: the record as it is now.
///
/// # Errors
/// [`Refusal::TooOften`] when there are very many.
pub async fn create(
    app: &App,
    caller: Caller,
    scope: String,
    ask: String,
    answer: String,
) -> Result<(Answer, Stored)> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let now = app.now();
            let sql = "update answer set answer = $4, updated_ms = $5 where owner_id = $1 and scope = $2 and ask = $3
                       returning id, owner_id, scope, ask, answer, likes, created_ms, updated_ms";
            let params = params![caller.id, &scope, &ask, &answer, now];
            if let Some(replaced) = tx.maybe(sql, params, read).await? {
                return Ok((replaced, Stored::Replaced));
            }
            let count = "select count(*) as n from answer where owner_id = $1";
            if tx.one(count, params![caller.id], |row| row.get::<i64>("n")).await? >= MOST {
                return Err(Refusal::TooOften { retry_ms: 0 }.into());
            }
            tx.turn("answer").await; // the number is one more than the greatest
            let newest = "select coalesce(max(id), 0) as id from answer";
            let id = now.0.max(tx.one(newest, params![], |row| row.get::<i64>("id")).await? + 1);
            let sql = "insert into answer (id, owner_id, scope, ask, answer, created_ms, updated_ms)
                       values ($1, $2, $3, $4, $5, $6, $6)
                       returning id, owner_id, scope, ask, answer, likes, created_ms, updated_ms";
            let params = params![id, caller.id, &scope, &ask, &answer, now];
            Ok((tx.one(sql, params, read).await?, Stored::New))
        })
    })
    .await
}

/// Replaces question and answer of a record of the caller; `None` stays. The record as it is now.
///
/// # Errors
/// [`Refusal::NoSuchRecord`].
pub async fn update(
    app: &App,
    caller: Caller,
    id: i64,
    ask: Option<String>,
    answer: Option<String>,
) -> Result<Answer> {
    app.write(move |app, tx| {
        Box::pin(async move {
            if let Some(ask) = &ask {
                let same = "delete from answer where owner_id = $1 and ask = $3 and id <> $2
                            and scope = (select scope from answer where id = $2 and owner_id = $1)";
                tx.run(same, params![caller.id, id, ask]).await?;
            }
            let sql =
                "update answer set ask = coalesce($3, ask), answer = coalesce($4, answer), updated_ms = $5
                       where owner_id = $1 and id = $2
                       returning id, owner_id, scope, ask, answer, likes, created_ms, updated_ms";
            let params = params![caller.id, id, ask.as_deref(), answer.as_deref(), app.now()];
            Ok(tx.maybe(sql, params, read).await?.ok_or(Refusal::NoSuchRecord)?)
        })
    })
    .await
}

/// Deletes a record of the caller.
///
/// # Errors
/// [`Refusal::NoSuchRecord`].
pub async fn delete(app: &App, caller: Caller, id: i64) -> Result<()> {
    app.write(move |_, tx| {
        Box::pin(async move {
            let sql = "delete from answer where owner_id = $1 and id = $2";
            found(tx.run(sql, params![caller.id, id]).await?)
        })
    })
    .await
}

/// The records of `owner`, newest first.
pub async fn list(app: &App, owner: AccountId, scope: String) -> Result<Vec<Answer>> {
    app.read(move |_, tx| Box::pin(async move { all_of(tx, owner, &scope).await })).await
}

/// The record of the caller with this number.
///
/// # Errors
/// [`Refusal::NoSuchRecord`].
pub async fn detail(app: &App, caller: Caller, id: i64) -> Result<Answer> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let sql = "select id, owner_id, scope, ask, answer, likes, created_ms, updated_ms from answer
                       where owner_id = $1 and id = $2";
            Ok(tx.maybe(sql, params![caller.id, id], read).await?.ok_or(Refusal::NoSuchRecord)?)
        })
    })
    .await
}

/// The record of `owner` that fits `question` best; `None` when none fits.
///
/// # Errors
/// [`Refusal::NoSuchRecord`] when `owner` stored nothing, [`Refusal::TooOften`].
pub async fn search(
    app: &App,
    caller: Caller,
    owner: AccountId,
    scope: String,
    question: String,
) -> Result<Option<(Answer, Fit)>> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    let answers = list(app, owner, scope).await?;
    if answers.is_empty() {
        return Err(Refusal::NoSuchRecord.into());
    }
    Ok(matching::best(&answers, &question, app.now()).map(|(answer, fit)| (answer.clone(), fit)))
}

/// Sends a message as [`messages::send`] does; when it went to one person, that person's stored
/// answers are searched with `question` and a fitting one is sent back a moment later. `asked` is
/// the question in the asker's dialect.
pub async fn ask(
    app: &App,
    caller: Caller,
    draft: Draft,
    question: String,
    asked: Option<String>,
) -> Result<Arc<Posted>> {
    let to = draft.to;
    let posted = messages::send(app, caller, draft).await?;
    if let To::Account(owner) = to {
        let app = app.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(app.chat.auto_reply_delay_ms)).await;
            if let Err(e) = reply(&app, caller.id, owner, question, asked).await {
                tracing::warn!(error = %e, "no automatic answer");
            }
        });
    }
    Ok(posted)
}

async fn reply(
    app: &App,
    asker: AccountId,
    owner: AccountId,
    question: String,
    asked: Option<String>,
) -> Result<()> {
    let answers = list(app, owner, "single".into()).await?;
    let Some((answer, _)) = matching::best(&answers, &question, app.now()) else { return Ok(()) };
    let body = Body::Auto { text: answer.answer.clone(), asked };
    app.write(move |app, tx| {
        Box::pin(async move {
            let entry = Entry::said(owner, body, None);
            messages::post_direct(&app, tx, asker, entry, &messages::reachable).await.map(drop)
        })
    })
    .await
}

async fn all_of(tx: &mut Tx, owner: AccountId, scope: &str) -> Result<Vec<Answer>> {
    let sql = "select id, owner_id, scope, ask, answer, likes, created_ms, updated_ms from answer
               where owner_id = $1 and scope = $2 order by id desc limit $3";
    Ok(tx.all(sql, params![owner, scope, MOST], read).await?)
}

fn read(row: &Row<'_>) -> im_db::Result<Answer> {
    Ok(Answer {
        id: row.get("id")?,
        owner: row.get("owner_id")?,
        scope: row.get("scope")?,
        ask: row.get("ask")?,
        answer: row.get("answer")?,
        likes: row.get("likes")?,
        created_ms: row.get("created_ms")?,
        updated_ms: row.get("updated_ms")?,
    })
}

fn found(touched: u64) -> Result<()> {
    if touched > 0 { Ok(()) } else { Err(Refusal::NoSuchRecord.into()) }
}
