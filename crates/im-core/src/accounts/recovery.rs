//! Passwords that are forgotten, changed or reset through the pop dialect (pop.md §3.1).
use super::{Account, Caller, passwords, registration::check_open, sessions, store, unchanged};
use crate::{
    AccountId, App, Rate, Refusal, Result, SessionEnd,
    sms::{self, Proof, Purpose},
};

/// Sends a code to somebody who is not signed in: for a telephone that nobody has when it is to register,
/// for one that somebody has when a password was forgotten. Otherwise nothing is sent, and nothing tells,
/// not even the time that this takes: the caller has its answer before anybody looks.
///
/// # Errors
/// [`Refusal::RegisterOff`], [`Refusal::TooOften`].
pub async fn send_code(app: &App, phone: String, purpose: Purpose, address: &str) -> Result<()> {
    if purpose == Purpose::Register {
        check_open(app)?;
    }
    sms::count(app, &phone, address)?;
    afterwards(app, move |app| async move {
        let mobile = phone.clone();
        let owner =
            app.read(move |_, tx| Box::pin(async move { Ok(store::id_by_mobile(tx, &mobile).await?) }));
        let wanted = owner.await?.is_some() == (purpose == Purpose::Forget);
        if wanted { sms::send(&app, phone, purpose).await } else { Ok(()) }
    });
    Ok(())
}

/// Sends the caller a code to its own telephone; to no other one, which nothing tells either.
///
/// # Errors
/// [`Refusal::TooOften`].
pub async fn send_own_code(app: &App, caller: Caller, phone: String, address: &str) -> Result<()> {
    sms::count(app, &phone, address)?;
    afterwards(app, move |app| async move {
        let own = account(&app, caller.id).await?.mobile;
        if own.as_deref() == Some(&phone) { sms::send(&app, phone, Purpose::Retrieve).await } else { Ok(()) }
    });
    Ok(())
}

/// Does `work` while its caller is answered.
fn afterwards<W>(app: &App, work: impl FnOnce(App) -> W)
where
    W: Future<Output = Result<()>> + Send + 'static,
{
    let work = work(app.clone());
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tracing::error!(%error, "a code could not be sent");
        }
    });
}

/// Gives an account a new password by its telephone, and ends all of its sessions.
///
/// # Errors
/// [`Refusal::WrongCode`], whatever it is that does not fit.
pub async fn recover(app: &App, username: String, proof: Proof, new: String) -> Result<()> {
    let phone = proof.phone.clone();
    let code = sms::check(app, proof, Purpose::Forget).await?;
    let hash = passwords::hash(new).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let account = store::by_username(tx, &username).await?;
            let account =
                account.filter(|account| account.enabled && account.mobile.as_deref() == Some(&phone));
            let id = account.ok_or(Refusal::WrongCode)?.id;
            sms::spend(tx, &code).await?;
            store::set_password(tx, id, &hash, app.now()).await?;
            sessions::end_all(&app, tx, id, SessionEnd::PasswordChanged).await
        })
    })
    .await
}

/// Changes the caller's password and ends its other sessions. Where SMS are sent and the caller has a
/// telephone, `code` proves that it still does.
///
/// # Errors
/// [`Refusal::WrongPassword`], [`Refusal::CodeMissing`], [`Refusal::WrongCode`], [`Refusal::TooOften`].
pub async fn change(app: &App, caller: Caller, old: String, new: String, code: Option<String>) -> Result<()> {
    app.limiter.check(Rate::LoginFailure, caller.id, app.now())?;
    let verified = app.read(move |_, tx| Box::pin(async move { store::password_hash(tx, caller.id).await }));
    let verified = verified.await?.ok_or(Refusal::NoSuchAccount)?;
    if let passwords::Verdict::Wrong = passwords::verify(old, verified.clone()).await? {
        app.limiter.take(Rate::LoginFailure, caller.id, app.now())?;
        return Err(Refusal::WrongPassword.into());
    }
    let code = match account(app, caller.id).await?.mobile.filter(|_| app.texter.is_some()) {
        Some(phone) => {
            let code = code.ok_or(Refusal::CodeMissing)?;
            Some(sms::check(app, Proof { phone, code }, Purpose::Retrieve).await?)
        }
        None => None,
    };
    let hash = passwords::hash(new).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            unchanged(tx, caller.id, &verified).await?;
            if let Some(code) = &code {
                sms::spend(tx, code).await?;
            }
            store::set_password(tx, caller.id, &hash, app.now()).await?;
            sessions::end_others(&app, tx, caller, SessionEnd::PasswordChanged).await
        })
    })
    .await
}

/// Gives the caller a new password on the word of an integration, and ends all of its sessions.
pub async fn reset(app: &App, caller: Caller, new: String) -> Result<()> {
    let hash = passwords::hash(new).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            store::set_password(tx, caller.id, &hash, app.now()).await?;
            sessions::end_all(&app, tx, caller.id, SessionEnd::PasswordChanged).await
        })
    })
    .await
}

async fn account(app: &App, id: AccountId) -> Result<Account> {
    Ok(super::find(app, id).await?.ok_or(Refusal::NoSuchAccount)?)
}
