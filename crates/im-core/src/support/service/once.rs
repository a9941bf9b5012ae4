//! Sending a message that may have been sent before.
use super::say;
use crate::{
    App, Error, Refusal, Result,
    accounts::Caller,
    history::{Line, Try, sent},
    messages::{self, Draft, Posted},
};
use std::sync::Arc;

/// What became of a message that wanted to be sent once.
#[derive(Debug)]
pub enum Said {
    /// It was sent.
    New(Arc<Posted>),
    /// An earlier try sent it; as its sender finds it now.
    Again(Box<Line>),
}

/// Sends a message as [`say`] does, or finds the one that the caller sent under the same `client_id` before,
/// even if the caller may not write there any more. Too many tries are refused all the same.
///
/// # Errors
/// As [`say`]; [`Refusal::ClientIdTaken`] when something else was sent under that name.
pub async fn say_once(app: &App, caller: Caller, draft: Draft) -> Result<Said> {
    let one =
        draft.client_id.clone().map(|client_id| Try { to: draft.to, client_id, digest: draft.digest() });
    let said = say(app, caller, draft).await.map_err(messages::veiled);
    match (said, one) {
        (Ok(posted), _) => Ok(Said::New(posted)),
        (Err(Error::Refused(why)), Some(one)) if !matches!(why, Refusal::TooOften { .. }) => {
            let first = sent(app, caller, vec![one]).await?.and_then(|mut lines| lines.pop());
            first.map(|line| Said::Again(Box::new(line))).ok_or(why.into())
        }
        (Err(e), _) => Err(e),
    }
}
