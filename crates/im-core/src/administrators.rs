//! Who runs the installation. Not accounts: an administrator chats with nobody, and no chat token
//! opens what administrators may.
use crate::{App, Result, accounts};
use im_db::params;

/// Whether there is an administrator.
pub async fn any(app: &App) -> Result<bool> {
    app.read(|_, tx| {
        Box::pin(async move {
            let sql = "select id from administrator limit 1";
            Ok(tx.maybe(sql, params![], |row| row.get::<i64>("id")).await?.is_some())
        })
    })
    .await
}

/// Makes the administrator `name`, or gives it a new password.
pub async fn set(app: &App, name: String, password: String) -> Result<()> {
    let hash = accounts::hash_password(password).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let sql = "insert into administrator (name, password_hash, created_ms) values ($1, $2, $3)
                       on conflict (name) do update set password_hash = excluded.password_hash";
            tx.run(sql, params![&name, &hash, app.now()]).await?;
            Ok(())
        })
    })
    .await
}
