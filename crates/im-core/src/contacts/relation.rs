//! How two people stand to each other.
use super::{Edge, Request, store};
use crate::{AccountId, Result};
use im_db::Tx;

/// How one account stands to another.
#[derive(Clone, Debug)]
pub struct Relation {
    /// How it keeps the other among its friends, when they are.
    pub edge: Option<Edge>,
    /// The newest request between them, of either, that is not decided.
    pub request: Option<Request>,
}

/// How `one` stands to `other`.
pub(crate) async fn relation(tx: &mut Tx, one: AccountId, other: AccountId) -> Result<Relation> {
    let edge = store::edge(tx, one, other).await?;
    let request = store::pending_between(tx, one, other).await?;
    Ok(Relation { edge, request })
}
