//! Messages that are sent again, because the answer to the first try was lost.
use super::{Line, lines};
use crate::{
    App, Mid, Refusal, Result,
    accounts::Caller,
    messages::{self, To},
};
use im_db::Tx;

/// What names a try to send something, and tells whether another try says the same.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub to: To,
    pub client_id: String,
    pub digest: i64,
}

/// The messages that these tries have sent before; nothing unless all of them have.
///
/// # Errors
/// [`Refusal::ClientIdTaken`] when one of them sent something else.
pub(crate) async fn sent(app: &App, caller: Caller, tries: Vec<Try>) -> Result<Option<Vec<Line>>> {
    app.read(move |_, tx| {
        Box::pin(async move {
            let Some(mids) = mids(tx, caller, &tries).await? else { return Ok(None) };
            Ok(Some(lines(tx, caller.id, &mids).await?).filter(|lines| lines.len() == tries.len()))
        })
    })
    .await
}

async fn mids(tx: &mut Tx, caller: Caller, tries: &[Try]) -> Result<Option<Vec<Mid>>> {
    let mut mids = Vec::with_capacity(tries.len());
    for one in tries {
        match messages::store::by_client_id(tx, one.to, caller.id, &one.client_id).await? {
            Some((mid, Some(digest))) if digest == one.digest => mids.push(mid),
            Some(_) => return Err(Refusal::ClientIdTaken.into()),
            None => return Ok(None),
        }
    }
    Ok(Some(mids))
}
