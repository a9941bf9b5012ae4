//! Somebody opens a socket: what must be known of them.
use crate::{
    App, ConversationId, Millis, Refusal, Result,
    accounts::{self, Account, Caller, Role},
    contacts, conversations,
};

/// Who arrived, as far as sockets care.
pub struct Arrival {
    /// The account.
    pub account: Account,
    /// The groups in which it is an active member.
    pub groups: Vec<ConversationId>,
    /// Whether it has friends that it did not block.
    pub has_friends: bool,
    /// When it last changed its picture.
    pub avatar_ms: Millis,
    /// The role of the session, unless the session has ended.
    pub session: Option<Role>,
}

/// What a socket of `caller` begins with.
///
/// # Errors
/// [`Refusal::AccountDisabled`].
pub async fn arrive(app: &App, caller: Caller) -> Result<Arrival> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let account = accounts::by_id(tx, caller.id).await?.ok_or(Refusal::AccountDisabled)?;
            Ok(Arrival {
                account,
                groups: conversations::store::groups_of(tx, caller.id).await?,
                has_friends: contacts::has_friends(tx, caller.id).await?,
                avatar_ms: accounts::avatar_changed(tx, caller.id).await?,
                session: accounts::session_role(tx, caller.session).await?,
            })
        })
    })
    .await
}
