//! People without an account: a device that chats (egg.md §3). The signature that proves the
//! client's build is the dialect's affair; what happens to rows is here.
mod native;

use crate::{
    AccountId, App, Rate, Refusal, Result,
    accounts::{self, Device, Door, Role, SignedIn},
};
use im_db::Tx;
pub use native::{become_user, visit};

/// Characters of the device id that name a new visitor.
const NAME_CHARS: usize = 8;
/// Names tried when that one is taken.
const TRIES: usize = 8;

/// Counts a signed visitor call of this device from this address; the three calls share the count.
///
/// # Errors
/// [`Refusal::TooOften`].
pub fn admit(app: &App, device_id: &str, address: &str) -> Result<()> {
    app.limiter.check(Rate::VisitorAddress, address, app.now())?;
    app.limiter.take(Rate::VisitorDevice, device_id, app.now())?;
    Ok(app.limiter.take(Rate::VisitorAddress, address, app.now())?)
}

/// Signs the visitor of this device in, made on first sight. A device whose visitor registered
/// gets a fresh one: a device id never opens a registered account.
///
/// # Errors
/// [`Refusal::NoSuchAccount`] when the visitor is disabled.
pub async fn enter(app: &App, device: Device) -> Result<SignedIn> {
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = of_device(&app, tx, &device, &device.id).await?;
            accounts::sign_in(&app, tx, id, Door::Egg).await
        })
    })
    .await
}

/// The visitor of this device, made on first sight with a name that begins as `called` does.
async fn of_device(app: &App, tx: &mut Tx, device: &Device, called: &str) -> Result<AccountId> {
    if let Some(known) = accounts::visitor_by_device(tx, &device.id).await?
        && accounts::describe_device(tx, known.id, device, app.now()).await?
    {
        return Ok(known.id); // otherwise it registered this moment, and the device gets another
    }
    let name = free_name(tx, called).await?;
    // No password fits the empty hash.
    match accounts::create(app, tx, &name, "", Role::Visitor, device).await {
        Ok(id) => Ok(id),
        // The same device came twice at once: the other call made it.
        Err(taken) => Ok(accounts::visitor_by_device(tx, &device.id).await?.ok_or(taken)?.id),
    }
}

/// Turns the visitor of this device into a user and signs it in; a device without a visitor gets a
/// plain new user.
///
/// # Errors
/// [`Refusal::RegisterOff`], [`Refusal::UsernameMalformed`], [`Refusal::UsernameTaken`],
/// [`Refusal::NoSuchAccount`] when disabled.
pub async fn register(app: &App, device_id: String, username: String, password: String) -> Result<SignedIn> {
    accounts::registration::check_open(app)?;
    accounts::check_username(&username)?;
    let hash = accounts::hash_password(password).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            let id = match accounts::visitor_by_device(tx, &device_id).await? {
                Some(visitor) => {
                    accounts::convert(&app, tx, visitor.id, &username, &hash).await?;
                    visitor.id
                }
                None => accounts::create(&app, tx, &username, &hash, Role::User, &Device::default()).await?,
            };
            accounts::sign_in(&app, tx, id, Door::Egg).await
        })
    })
    .await
}

/// `VIS` and the beginning of the device id; with a random tail where that is taken.
async fn free_name(tx: &mut Tx, device_id: &str) -> Result<String> {
    let beginning: String = device_id.chars().take(NAME_CHARS).collect();
    let mut name = format!("VIS{beginning}");
    for _ in 0..TRIES {
        if !accounts::username_exists(tx, &name).await? {
            return Ok(name);
        }
        name = format!("VIS{beginning}{:08x}", rand::random::<u32>());
    }
    Err(Refusal::UsernameTaken.into())
}
