//! Signatures for subscriptions to guarded channels (pop.md §4.5).
use crate::{
    action::{Action, Who},
    call::Call,
    dispatch::forbidden,
    envelope::Reply,
    run,
};
use axum::{Json, response::IntoResponse};

pub const ACTIONS: &[Action] =
    &[Action::write("push/auth", run!(authorise)).in_clients().by(Who::Anyone).forbidding()];

/// `push/auth`: signs a subscription of the caller's socket; answers as the push protocol has it, without
/// an envelope.
async fn authorise(call: Call) -> Reply {
    let Some(caller) = call.identity.user else { return Ok(forbidden()) };
    let (Ok(socket), Ok(channel)) = (call.text("socket_id"), call.text("channel_name")) else {
        return Ok(forbidden());
    };
    match call.pop.hub.pusher().authorise(call.app(), caller, &socket, &channel).await {
        Ok(signed) => Ok(Json(signed).into_response()),
        Err(_) => Ok(forbidden()),
    }
}
