//! Complaints about people and groups, as their authors see them.
use crate::{
    AccountId, App, Millis, Rate, Refusal, Result,
    accounts::{self, Account, Caller},
};
use im_db::{Row, params};

/// Complaints that a list shows at most.
const LIST: i64 = 500;

/// A complaint that wants to be made.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Draft {
    pub target_id: i64,
    /// `single` or `group`.
    pub target_kind: String,
    pub target_name: String,
    pub reason: String,
    pub content: String,
    /// JSON array, as it was sent.
    pub images: String,
    /// JSON array: what was said in the conversation.
    pub excerpt: String,
}

/// A complaint as its author sees it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Complaint {
    pub id: i64,
    pub target_id: i64,
    pub target_kind: String,
    pub target_name: String,
    pub reason: String,
    pub content: String,
    pub images: String,
    /// 0 new, 1 in progress, 2 done, 3 closed.
    pub status: i64,
    pub reply: Option<String>,
    pub created_ms: Millis,
    pub updated_ms: Millis,
}

/// Stores a complaint.
pub async fn create(app: &App, caller: Caller, draft: Draft) -> Result<Complaint> {
    app.limiter.take(Rate::Ask, caller.id, app.now())?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let sql = "insert into complaint (account_id, target_id, target_kind, target_name, reason, content, images,
                         excerpt, created_ms, updated_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
                       returning id, target_id, target_kind, target_name, reason, content, images, status, reply,
                         created_ms, updated_ms";
            let params = params![
                caller.id,
                draft.target_id,
                &draft.target_kind,
                &draft.target_name,
                &draft.reason,
                &draft.content,
                &draft.images,
                &draft.excerpt,
                app.now()
            ];
            Ok(tx.one(sql, params, read).await?)
        })
    })
    .await
}

/// The caller and its complaints, newest first.
pub async fn list(app: &App, caller: Caller) -> Result<(Account, Vec<Complaint>)> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let author = accounts::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchAccount)?;
            let sql =
                "select id, target_id, target_kind, target_name, reason, content, images, status, reply,
                         created_ms, updated_ms from complaint
                       where account_id = $1 and deleted_ms is null order by id desc limit $2";
            Ok((author, tx.all(sql, params![caller.id, LIST], read).await?))
        })
    })
    .await
}

/// The caller and one of its complaints.
///
/// # Errors
/// [`Refusal::NoSuchRecord`].
pub async fn detail(app: &App, caller: Caller, id: i64) -> Result<(Account, Complaint)> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let author = accounts::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchAccount)?;
            Ok((author, own(tx, caller.id, id).await?))
        })
    })
    .await
}

/// Changes a complaint that nobody works on yet; `None` keeps what is there. The complaint as it is now.
///
/// # Errors
/// [`Refusal::NoSuchRecord`], [`Refusal::InProgress`].
pub async fn update(
    app: &App,
    caller: Caller,
    id: i64,
    content: Option<String>,
    images: Option<String>,
) -> Result<Complaint> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let known = own(tx, caller.id, id).await?;
            if known.status != 0 {
                return Err(Refusal::InProgress.into());
            }
            let content = content.unwrap_or(known.content);
            let images = images.unwrap_or(known.images);
            let sql = "update complaint set content = $2, images = $3, updated_ms = $4 where id = $1";
            let now = app.now();
            tx.run(sql, params![id, &content, &images, now]).await?;
            Ok(Complaint { content, images, updated_ms: now, ..known })
        })
    })
    .await
}

/// Hides a complaint from its author; the operator still has it.
///
/// # Errors
/// [`Refusal::NoSuchRecord`].
pub async fn delete(app: &App, caller: Caller, id: i64) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let known = own(tx, caller.id, id).await?;
            tx.run("update complaint set deleted_ms = $2 where id = $1", params![known.id, app.now()])
                .await?;
            Ok(())
        })
    })
    .await
}

async fn own(tx: &mut im_db::Tx, account: AccountId, id: i64) -> Result<Complaint> {
    let sql = "select id, target_id, target_kind, target_name, reason, content, images, status, reply,
                 created_ms, updated_ms from complaint where id = $1 and account_id = $2 and deleted_ms is null";
    Ok(tx.maybe(sql, params![id, account], read).await?.ok_or(Refusal::NoSuchRecord)?)
}

fn read(row: &Row<'_>) -> im_db::Result<Complaint> {
    Ok(Complaint {
        id: row.get("id")?,
        target_id: row.get("target_id")?,
        target_kind: row.get("target_kind")?,
        target_name: row.get("target_name")?,
        reason: row.get("reason")?,
        content: row.get("content")?,
        images: row.get("images")?,
        status: row.get("status")?,
        reply: row.get("reply")?,
        created_ms: row.get("created_ms")?,
        updated_ms: row.get("updated_ms")?,
    })
}
