//! Seats: the accounts that a merchant opens for its staff (pop.md §3.3, §6.7).
use crate::{
    AccountId, App, Refusal, Result,
    accounts::{
        self, Caller,
        registration::{self, NewUser, Origin},
    },
    contacts,
};

/// Opens a seat of the caller, and makes the two friends.
///
/// # Errors
/// [`Refusal::MerchantsOnly`], also for a seat; [`Refusal::TooMany`], [`Refusal::UsernameTaken`].
pub async fn open(app: &App, caller: Caller, new: NewUser) -> Result<AccountId> {
    let merchant =
        accounts::find(app, caller.id).await?.filter(|account| account.merchant && account.parent.is_none());
    merchant.ok_or(Refusal::MerchantsOnly)?;
    let hash = accounts::hash_password(new.password.clone()).await?;
    app.write(move |app, tx| {
        Box::pin(async move {
            if accounts::count_seats(tx, caller.id).await? >= app.pop.max_sub_users {
                return Err(Refusal::TooMany.into());
            }
            let origin = Origin { parent: Some(caller.id), phone: None };
            let seat = registration::insert(&app, tx, &new, &hash, origin).await?;
            contacts::make_friends(&app, tx, seat, caller.id, ["", ""]).await?;
            Ok(seat)
        })
    })
    .await
}
