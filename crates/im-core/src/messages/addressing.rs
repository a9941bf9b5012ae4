//! From the number of a conversation to whom a message in it is for.
use super::To;
use crate::{
    AccountId, App, ConversationId, Error, Refusal, Result,
    accounts::Caller,
    conversations::{parties, store as log},
};

/// Conversations remembered at most.
const REMEMBERED: u64 = 100_000;

/// Who talks where.
#[derive(Clone, Copy, Debug)]
enum Address {
    Direct(AccountId, AccountId),
    Group,
    Inbox,
}

/// Addresses looked up lately. They never change, so nothing here grows old.
pub(crate) struct Addresses(moka::sync::Cache<ConversationId, Address>);

impl Default for Addresses {
    fn default() -> Self {
        Addresses(moka::sync::Cache::new(REMEMBERED))
    }
}

/// Whom a message of the caller in this conversation is for. Whether the caller is a member of a group is
/// for the use case to ask.
///
/// # Errors
/// [`Refusal::NotMember`] where the caller talks to nobody; for a conversation that does not exist as well.
pub async fn find(app: &App, caller: Caller, id: ConversationId) -> Result<To> {
    let address = match app.addresses.0.get(&id) {
        Some(known) => known,
        None => {
            let found =
                app.read(move |_, tx| Box::pin(async move { Ok(log::name_of(tx, id).await?) })).await?;
            let (name, kind) = found.ok_or(Refusal::NotMember)?;
            let address = match (parties(&name), kind.as_str()) {
                (Some((low, high)), _) => Address::Direct(low, high),
                (None, "group") => Address::Group,
                (None, _) => Address::Inbox,
            };
            app.addresses.0.insert(id, address);
            address
        }
    };
    match address {
        Address::Direct(low, high) if caller.id == low => Ok(To::Account(high)),
        Address::Direct(low, high) if caller.id == high => Ok(To::Account(low)),
        Address::Group => Ok(To::Group(id)),
        Address::Direct(..) | Address::Inbox => Err(Refusal::NotMember.into()),
    }
}

/// The same for a group that is no more as for one that the caller is not in: who was never there learns
/// nothing of it.
pub(crate) fn veiled(error: Error) -> Error {
    match error {
        Error::Refused(Refusal::NoSuchGroup) => Refusal::NotMember.into(),
        other => other,
    }
}
