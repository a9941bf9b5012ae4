//! New users of the pop dialect: by themselves, or made by an integration (pop.md §3.1, §3.3).
use super::{Device, Role, create, passwords, store};
use crate::{
    AccountId, App, Error, Rate, Refusal, Result,
    sms::{self, Proof, Purpose},
};
use im_db::Tx;

/// What a new user brings. The dialect checked how it is written.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Unique, ignoring case.
    pub username: String,
    /// What others read.
    pub nickname: String,
    /// In clear.
    pub password: String,
    /// The picture.
    pub avatar: String,
    /// What it tells about itself.
    pub sign: String,
}

/// Where a new user comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin<'a> {
    /// Its telephone, which was proven.
    pub phone: Option<&'a str>,
    /// The merchant whose seat it is.
    pub parent: Option<AccountId>,
}

/// Who may write to a new user: everybody, because in this dialect one switch of the operator rules that
/// for all.
pub(crate) const OPEN: &str = r#"{"chatset":{"visitor":{"sendCount":2},"user":{"sendCount":2}}}"#;

/// Refuses while registering is switched off.
pub(crate) fn check_open(app: &App) -> Result<(), Refusal> {
    if app.switches().register { Ok(()) } else { Err(Refusal::RegisterOff) }
}

/// Somebody registers. Where SMS are sent, a telephone must be proven.
///
/// # Errors
/// [`Refusal::RegisterOff`], [`Refusal::UsernameTaken`], [`Refusal::WrongCode`], [`Refusal::PhoneTaken`],
/// [`Refusal::TooOften`].
pub async fn join(app: &App, new: NewUser, proof: Option<Proof>, address: &str) -> Result<AccountId> {
    check_open(app)?;
    app.limiter.take(Rate::Register, address, app.now())?;
    let (phone, code) = match proof.filter(|_| app.texter.is_some()) {
        Some(proof) => {
            let phone = proof.phone.clone();
            (Some(phone), Some(sms::check(app, proof, Purpose::Register).await?))
        }
        None if app.texter.is_some() => return Err(Refusal::WrongCode.into()),
        None => (None, None),
    };
    let hash = passwords::hash(new.password.clone()).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            if let Some(code) = &code {
                sms::spend(tx, code).await?;
            }
            insert(&app, tx, &new, &hash, Origin { phone: phone.as_deref(), parent: None }).await
        })
    })
    .await
}

/// Makes a user.
///
/// # Errors
/// [`Refusal::UsernameTaken`].
pub async fn add(app: &App, new: NewUser) -> Result<AccountId> {
    let hash = passwords::hash(new.password.clone()).await?;
    app.write(move |app, tx| Box::pin(async move { insert(&app, tx, &new, &hash, Origin::default()).await }))
        .await
}

/// Makes the row of a new user. `hash` is of its password.
pub(crate) async fn insert(
    app: &App,
    tx: &mut Tx,
    new: &NewUser,
    hash: &str,
    origin: Origin<'_>,
) -> Result<AccountId> {
    let id = create(app, tx, &new.username, hash, Role::User, &Device::default()).await?;
    if let Some(phone) = origin.phone
        && store::id_by_mobile(tx, phone).await?.is_some()
    {
        return Err(Refusal::PhoneTaken.into());
    }
    let nickname = app.censor().clean(&new.nickname).into_owned();
    let new = NewUser { nickname, ..new.clone() };
    store::describe(tx, id, &new, origin).await.map_err(|error| match error {
        im_db::Error::Exists => Error::from(Refusal::PhoneTaken),
        other => other.into(),
    })?;
    Ok(id)
}
