//! Which files people sent here, and how much in a day (pop.md §9.9).
use crate::{AccountId, App, Refusal, Result};
use im_db::params;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A file that was received and is to be kept.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Whose; `None`: a server key's without a user.
    pub account: Option<AccountId>,
    /// Where it will be stored.
    pub path: String,
    /// What its owner calls it.
    pub name: String,
    /// How long it is.
    pub size_bytes: i64,
}

/// Refuses while pictures, or other files, are not taken.
pub fn check(app: &App, picture: bool) -> Result<(), Refusal> {
    let switches = app.switches();
    let on = if picture { switches.upload_img } else { switches.upload_file };
    if on { Ok(()) } else { Err(Refusal::UploadOff) }
}

/// Notes an upload before its file is stored.
///
/// # Errors
/// [`Refusal::TooOften`] when the account would have sent more than `per_day` bytes in 24 hours.
pub async fn note(app: &App, upload: Upload, per_day: i64) -> Result<()> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let (now, id) = (app.now(), upload.account.unwrap_or_default());
            if upload.account.is_some() {
                tx.run("update account set status = status where id = $1", params![id]).await?; // one at a time
                let sql = "select coalesce(cast(sum(size_bytes) as bigint), 0) as n from upload
                           where account_id = $1 and created_ms > $2";
                let sent = tx.one(sql, params![id, now.plus(-DAY_MS)], |row| row.get::<i64>("n")).await?;
                if sent.saturating_add(upload.size_bytes) > per_day {
                    return Err(Refusal::TooOften { retry_ms: 0 }.into());
                }
            }
            let sql = "insert into upload (account_id, path, name, size_bytes, created_ms) values ($1, $2, $3, $4, $5)";
            tx.run(sql, params![id, &upload.path, &upload.name, upload.size_bytes, now]).await?;
            Ok(())
        })
    })
    .await
}
