//! A person as the native API shows it, with how it stands to who looks.
use super::{Profile, Viewer, seen_by};
use crate::{
    AccountId, App, ConversationId, Rate, Refusal, Result,
    accounts::{self, Account, Caller},
    contacts::{self, Relation},
    conversations,
};

/// Whom somebody looks at.
#[derive(Clone, Debug)]
pub enum Who {
    /// By number.
    Id(AccountId),
    /// By public id.
    Uuid(String),
}

/// What somebody sees of a person.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The person.
    pub profile: Profile,
    /// How the two stand to each other.
    pub relation: Relation,
    /// Where they talk, once they have.
    pub conversation: Option<ConversationId>,
}

/// The enabled account `who`, as the caller sees it.
///
/// # Errors
/// [`Refusal::NoSuchPerson`], [`Refusal::TooOften`].
pub async fn sight(app: &App, caller: Caller, who: Who) -> Result<Sight> {
    app.limiter.take(Rate::Lookup, caller.id, app.now())?;
    app.read(move |app, tx| {
        Box::pin(async move {
            let found = match &who {
                Who::Id(id) => accounts::by_id(tx, *id).await?,
                Who::Uuid(uuid) => accounts::by_uuid(tx, uuid).await?,
            };
            let account = found.filter(|account| account.enabled).ok_or(Refusal::NoSuchPerson)?;
            let id = account.id;
            let relation = contacts::relation(tx, caller.id, id).await?;
            let conversation = conversations::between(tx, caller.id, id).await?;
            let profile = seen_by(&app, tx, Viewer::User(caller.id), account).await?;
            Ok(Sight { profile, relation, conversation })
        })
    })
    .await
}

/// The accounts of these numbers that there are, in the order asked, each once. Disabled ones are among them: what
/// they said still stands under their names.
///
/// # Errors
/// [`Refusal::TooOften`].
pub async fn people(app: &App, caller: Caller, mut ids: Vec<i64>) -> Result<Vec<Account>> {
    let asked = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    app.limiter.take_many(Rate::Lookup, caller.id, asked.div_ceil(10), app.now())?;
    app.read(move |_, tx| {
        Box::pin(async move {
            let mut found = accounts::by_ids(tx, &ids).await?;
            ids.dedup();
            found.sort_by_key(|account| ids.iter().position(|id| *id == account.id.0));
            Ok(found)
        })
    })
    .await
}
