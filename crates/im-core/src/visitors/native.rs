//! Visitors of the native API: known by a secret that their device keeps, stored hashed.
use super::{admit, of_device};
use crate::{
    AccountId, App, Rate, Refusal, Result,
    accounts::{
        self, Caller, Change, Device, Role,
        native::{self, Arrival, Granted, NewUser},
    },
    secrets::sha256_hex,
};
use im_db::Tx;

/// The ids of these devices in the database. No device id of another door is as long, nor has a colon.
fn device_id(secret: &str) -> String {
    format!("v1:{}", sha256_hex(secret))
}

/// Signs in the visitor whose device holds this secret, made on first sight. After the visitor registered, the
/// secret makes a fresh one: it never opens a user's account.
///
/// # Errors
/// [`Refusal::NotAllowed`] where the operator wants no visitors; [`Refusal::AccountDisabled`], [`Refusal::TooOften`].
pub async fn visit(app: &App, secret: String, nickname: Option<String>, arrival: Arrival) -> Result<Granted> {
    if !app.v1.visitors {
        return Err(Refusal::NotAllowed.into());
    }
    let id = device_id(&secret);
    admit(app, &id, &arrival.address)?;
    let (platform, model) = (arrival.device.platform.clone(), arrival.device.name.clone());
    let device = Device {
        id,
        platform: platform.unwrap_or_default(),
        model: model.unwrap_or_default(),
        ..Device::default()
    };
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = of_device(&app, tx, &device, &format!("{:08x}", rand::random::<u32>())).await?;
            rename(&app, tx, id, nickname).await?;
            native::begin(&app, tx, id, &arrival).await.map_err(disabled)
        })
    })
    .await
}

async fn rename(app: &App, tx: &mut Tx, id: AccountId, nickname: Option<String>) -> Result<()> {
    let Some(nickname) = nickname else { return Ok(()) };
    let nickname = app.censor().clean(&nickname).into_owned();
    accounts::write_profile(tx, id, &Change::Nickname(nickname), app.now()).await
}

/// The row is there, so who cannot sign in is disabled.
fn disabled(error: crate::Error) -> crate::Error {
    match error {
        crate::Error::Refused(Refusal::NoSuchAccount) => Refusal::AccountDisabled.into(),
        other => other,
    }
}

/// Turns the calling visitor into a user: the same account, with a name and a password; what it does not name
/// stays as it was. Its visits end, and the new session takes their place.
///
/// # Errors
/// [`Refusal::NotAllowed`] for who is a user already, [`Refusal::RegisterOff`], [`Refusal::UsernameMalformed`],
/// [`Refusal::UsernameTaken`], [`Refusal::TooOften`].
pub async fn become_user(app: &App, caller: Caller, new: NewUser, arrival: Arrival) -> Result<Granted> {
    if caller.account_role != Role::Visitor {
        return Err(Refusal::NotAllowed.into());
    }
    new.check(app)?;
    app.limiter.take(Rate::Register, arrival.address.as_str(), app.now())?;
    let hash = accounts::hash_password(new.password).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            accounts::convert(&app, tx, caller.id, &new.username, &hash).await?;
            rename(&app, tx, caller.id, new.nickname).await?;
            native::end_visits(&app, tx, caller.id).await?;
            native::begin(&app, tx, caller.id, &arrival).await
        })
    })
    .await
}
