//! A merchant's texts: welcomes, what its staff inserts, answers to questions (pop.md §3.2).
use crate::{
    AccountId, App, Refusal, Result,
    accounts::{self, Account, Caller},
};
use im_db::{Row, Tx, params};

/// Texts of one merchant at most.
const MOST: i64 = 200;

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Said to a new customer.
    Welcome,
    /// For the staff to insert.
    Quick,
    /// The answer to a question.
    Answer,
}

impl Kind {
    /// All of them, as they are numbered from 1.
    pub const ALL: [Kind; 3] = [Kind::Welcome, Kind::Quick, Kind::Answer];

    /// The kind of this number.
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// As it stands in the database and on the wire.
    pub fn number(self) -> i64 {
        match self {
            Kind::Welcome => 1,
            Kind::Quick => 2,
            Kind::Answer => 3,
        }
    }
}

/// A stored text.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Row number.
    pub id: i64,
    /// What it is for.
    pub kind: Kind,
    /// Its title; the question that it answers.
    pub title: String,
    /// Words by which a question is known.
    pub keyword: String,
    /// The text.
    pub content: String,
    /// Whether it is in use.
    pub shown: bool,
    /// Heavier ones come first.
    pub weight: i64,
    /// The one of its kind that is taken first.
    pub is_default: bool,
}

/// What is stored; what is `None` stays as it is, or as it begins: a quick text without words.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // as in [`Reply`]
pub struct Draft {
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub content: Option<String>,
    pub keyword: Option<String>,
    pub shown: Option<bool>,
    pub weight: Option<i64>,
    pub is_default: Option<bool>,
}

/// Weight of a text that is given none.
const WEIGHT: i64 = 100;

/// The texts that the caller works with: its own, or for a seat its merchant's. By kind, the heaviest
/// first.
pub async fn list(app: &App, caller: Caller) -> Result<Vec<Reply>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let account = accounts::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchPerson)?;
            Ok(of(tx, account.parent.unwrap_or(account.id)).await?)
        })
    })
    .await
}

/// The answers that a merchant shows to everybody.
pub async fn shown_answers(app: &App, merchant: AccountId) -> Result<Vec<Reply>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let merchant =
                accounts::by_id(tx, merchant).await?.filter(|account| account.enabled && account.merchant);
            let Some(merchant) = merchant else { return Ok(Vec::new()) };
            let mut all = of(tx, merchant.id).await?;
            all.retain(|reply| reply.kind == Kind::Answer && reply.shown);
            Ok(all)
        })
    })
    .await
}

/// Stores a text of the caller.
///
/// # Errors
/// [`Refusal::NotAllowed`] for a seat, [`Refusal::MerchantsOnly`], [`Refusal::TooMany`].
pub async fn add(app: &App, caller: Caller, draft: Draft) -> Result<Reply> {
    app.write(move |_, tx| {
        Box::pin(async move {
            let owner = owner(tx, caller).await?.id;
            let count = "select count(*) as n from reply where owner_id = $1";
            if tx.one(count, params![owner], |row| row.get::<i64>("n")).await? >= MOST {
                return Err(Refusal::TooMany.into());
            }
            let reply = Reply::new().changed(draft);
            if reply.is_default {
                clear_default(tx, owner, reply.kind).await?;
            }
            let sql = "insert into reply (owner_id, kind, title, keyword, content, shown, weight, is_default)
                       values ($1, $2, $3, $4, $5, $6, $7, $8) returning id";
            let Reply { kind, title, keyword, content, shown, weight, is_default, .. } = &reply;
            let params = params![owner, kind.number(), title, keyword, content, *shown, *weight, *is_default];
            let id = tx.one(sql, params, |row| row.get("id")).await?;
            Ok(Reply { id, ..reply })
        })
    })
    .await
}

impl Reply {
    /// As one begins.
    fn new() -> Self {
        let (title, keyword, content) = Default::default();
        let (id, kind) = (0, Kind::Quick);
        Reply { id, kind, title, keyword, content, shown: true, weight: WEIGHT, is_default: false }
    }

    fn changed(self, draft: Draft) -> Self {
        Reply {
            id: self.id,
            kind: draft.kind.unwrap_or(self.kind),
            title: draft.title.unwrap_or(self.title),
            keyword: draft.keyword.unwrap_or(self.keyword),
            content: draft.content.unwrap_or(self.content),
            shown: draft.shown.unwrap_or(self.shown),
            weight: draft.weight.unwrap_or(self.weight),
            is_default: draft.is_default.unwrap_or(self.is_default),
        }
    }
}

/// Changes a text of the caller.
///
/// # Errors
/// [`Refusal::NotAllowed`] for a seat, [`Refusal::MerchantsOnly`], [`Refusal::NoSuchRecord`].
pub async fn update(app: &App, caller: Caller, id: i64, draft: Draft) -> Result<Reply> {
    app.write(move |_, tx| {
        Box::pin(async move {
            let owner = owner(tx, caller).await?.id;
            let kept = of(tx, owner).await?.into_iter().find(|reply| reply.id == id);
            let reply = kept.ok_or(Refusal::NoSuchRecord)?.changed(draft);
            if reply.is_default {
                clear_default(tx, owner, reply.kind).await?;
            }
            let sql =
                "update reply set kind = $2, title = $3, keyword = $4, content = $5, shown = $6, weight = $7,
                         is_default = $8 where id = $1";
            let Reply { kind, title, keyword, content, shown, weight, is_default, .. } = &reply;
            let params = params![id, kind.number(), title, keyword, content, *shown, *weight, *is_default];
            tx.run(sql, params).await?;
            Ok(reply)
        })
    })
    .await
}

/// Removes a text of the caller.
///
/// # Errors
/// As [`update`].
pub async fn delete(app: &App, caller: Caller, id: i64) -> Result<()> {
    app.write(move |_, tx| {
        Box::pin(async move {
            let owner = owner(tx, caller).await?.id;
            let sql = "delete from reply where id = $1 and owner_id = $2";
            if tx.run(sql, params![id, owner]).await? > 0 {
                Ok(())
            } else {
                Err(Refusal::NoSuchRecord.into())
            }
        })
    })
    .await
}

/// The texts of a merchant, by kind, the heaviest first.
pub(crate) async fn of(tx: &mut Tx, owner: AccountId) -> im_db::Result<Vec<Reply>> {
    let sql = "select id, kind, title, keyword, content, shown, weight, is_default from reply
               where owner_id = $1 order by kind, weight desc, id";
    tx.all(sql, params![owner], read).await
}

fn read(row: &Row<'_>) -> im_db::Result<Reply> {
    Ok(Reply {
        id: row.get("id")?,
        kind: Kind::of(row.get("kind")?).unwrap_or(Kind::Quick), // the table holds no others
        title: row.get("title")?,
        keyword: row.get("keyword")?,
        content: row.get("content")?,
        shown: row.get("shown")?,
        weight: row.get("weight")?,
        is_default: row.get("is_default")?,
    })
}

/// The merchant who calls, its row locked until the unit of work ends: its texts are counted, and of
/// each kind one is the default.
async fn owner(tx: &mut Tx, caller: Caller) -> Result<Account> {
    tx.run("update account set status = status where id = $1", params![caller.id]).await?;
    let account = accounts::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchPerson)?;
    match account {
        Account { parent: Some(_), .. } => Err(Refusal::NotAllowed.into()),
        Account { merchant: false, .. } => Err(Refusal::MerchantsOnly.into()),
        merchant => Ok(merchant),
    }
}

async fn clear_default(tx: &mut Tx, owner: AccountId, kind: Kind) -> im_db::Result<()> {
    let sql = "update reply set is_default = 0 where owner_id = $1 and kind = $2";
    tx.run(sql, params![owner, kind.number()]).await.map(drop)
}
