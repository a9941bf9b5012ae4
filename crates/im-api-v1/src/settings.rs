//! What clients have to know of the installation before anybody signs in.
use crate::{
    V1,
    reply::{Reply, ok},
};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn router() -> OpenApiRouter<V1> {
    OpenApiRouter::new().routes(routes!(show))
}

/// What the operator set and switched.
#[derive(Serialize, ToSchema)]
struct Settings {
    /// What the installation is called, when its operator gave it a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// People may register.
    registration: bool,
    /// People may come without an account.
    visitors: bool,
    /// Messages may be sent to people.
    private_chat: bool,
    /// Messages may be sent to groups.
    group_chat: bool,
    /// Strangers may write.
    stranger_chat: bool,
    /// Friendship may be asked for.
    add_friend: bool,
    /// Groups may be made.
    create_group: bool,
    /// Pictures may be uploaded and sent.
    upload_images: bool,
    /// Other files may be uploaded and sent.
    upload_files: bool,
    /// Voice messages may be sent.
    voice: bool,
    /// Characters of a message at most.
    message_chars: usize,
    /// Bytes of an upload at most.
    upload_bytes: u64,
    /// Milliseconds in which one's own message may be taken back.
    revoke_window_ms: i64,
    /// Milliseconds in which one's own message may be edited.
    edit_window_ms: i64,
    /// Members of a group at most.
    group_members: i64,
}

/// `GET /v1/settings`: what is switched on here, and how large things may be.
#[utoipa::path(get, path = "/v1/settings", security(()), responses((status = 200, body = Settings)))]
async fn show(State(v1): State<V1>) -> Reply<Settings> {
    let (switches, chat) = (v1.app.switches(), &v1.app.chat);
    ok(Settings {
        name: switches.given_name().map(str::to_owned),
        registration: switches.register,
        visitors: v1.app.v1.visitors,
        private_chat: switches.private_chat,
        group_chat: switches.group_chat,
        stranger_chat: switches.stranger_chat,
        add_friend: switches.add_friend,
        create_group: switches.create_group,
        upload_images: switches.upload_img,
        upload_files: switches.upload_file,
        voice: switches.voice,
        message_chars: chat.message_chars,
        upload_bytes: v1.upload_bytes,
        revoke_window_ms: chat.revoke_window_ms,
        edit_window_ms: chat.edit_window_ms,
        group_members: chat.group_members,
    })
}
