//! What an open socket of the native API asks: where it stands, whom its signs reach, whose coming and
//! going it may follow.

mod store;

use crate::{
    AccountId, App, ConversationId, Millis, Result, Seq,
    accounts::{self, Caller, Role},
    conversations,
};

/// Who says hello, as far as its socket cares.
#[derive(Debug)]
pub struct Hello {
    /// The groups in which it is an active member.
    pub groups: Vec<ConversationId>,
    /// The role of the session, unless the session has ended.
    pub session: Option<Role>,
}

/// What a socket of `caller` begins with.
pub async fn hello(app: &App, caller: Caller) -> Result<Hello> {
    app.read(move |_, tx| {
        Box::pin(async move {
            Ok(Hello {
                groups: store::groups_of(tx, caller.id).await?,
                session: accounts::session_role(tx, caller.session).await?,
            })
        })
    })
    .await
}

/// A conversation and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which.
    pub conversation: ConversationId,
    /// The place of its newest entry; 0 while there is none.
    pub last: Seq,
}

/// Where an account stands.
#[derive(Debug)]
pub struct Standing {
    /// Every conversation, listed or not, with the inbox.
    pub heads: Vec<Head>,
    /// Entries that the account deleted for itself, by conversation: as many as a client is told of.
    pub gone: Vec<(ConversationId, Seq)>,
}

/// Entries of [`Standing::gone`] at most.
const GONE: i64 = 5_000;

/// Where the caller stands now.
pub async fn standing(app: &App, caller: Caller) -> Result<Standing> {
    app.read(move |_, tx| {
        Box::pin(async move {
            Ok(Standing {
                heads: store::heads(tx, caller.id).await?,
                gone: store::gone(tx, caller.id, GONE).await?,
            })
        })
    })
    .await
}

/// The other one of a direct conversation, when something was said there and neither has blocked the other.
pub async fn partner(app: &App, caller: Caller, of: ConversationId) -> Result<Option<AccountId>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let name = store::direct_of(tx, of, caller.id).await?;
            let Some((a, b)) = name.as_deref().and_then(conversations::parties) else { return Ok(None) };
            let other = if a == caller.id { b } else { a };
            let apart = store::are_apart(tx, caller.id, other).await?;
            Ok((!apart).then_some(other))
        })
    })
    .await
}

/// Those of `accounts` whose coming and going the caller may see, with the time when each last went
/// (0: never): friends, and people with whom something was said, unless they blocked the caller.
pub async fn watchable(app: &App, caller: Caller, accounts: Vec<i64>) -> Result<Vec<(AccountId, Millis)>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::watchable(tx, caller.id, &accounts).await?) }))
        .await
}

/// Whom `account` has blocked: they do not see any more whether it comes or goes.
pub async fn blocked_by(app: &App, account: AccountId) -> Result<Vec<AccountId>> {
    app.read(move |_, tx| Box::pin(async move { Ok(store::blocked_by(tx, account).await?) })).await
}
