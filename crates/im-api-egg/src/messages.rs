//! Sending, revoking, fetching what waits (egg.md §4 #20, #22, #32).
use crate::{
    Egg,
    envelope::{Fail, Reply, Worded, ok},
    extract::{Call, Everyone},
    input::Input,
    params::{Nothing, Params, int, params, text},
};
use axum::{Router, extract::State, routing::post};
use im_core::{
    AccountId, ConversationId, Millis, Refusal,
    accounts::Role,
    messages::{self, Draft, Posted, Revocation, To},
    support::{answers, service},
};
use im_gateway::egg::{
    MessageView, Shown,
    content::{Content, keep},
    view,
};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/chat/socket/sendmessage", post(send))
        .route("/chat/chatGetmessageOffLine", post(fetch_waiting))
        .route("/chat/revokeMessage", post(revoke))
}

const CHAT_TYPES: &[&str] = &["single", "group"];

params! {
    struct Send {
        to: i64 = int("sendto_id", "接收人/群的id值").at_least(1),
        chat_type: String = text("chatType", "接收类型").one_of(CHAT_TYPES),
        kind: String = text("type", "消息类型").at_least(1),
        data: String = text("data", "消息内容").at_least(1),
        options: String = text("options", "额外参数json字符串").or(""),
    }
}

/// #20 `POST /api/chat/socket/sendmessage`: answers what the receivers are pushed.
async fn send(State(egg): State<Egg>, call: Call<Everyone, Send>) -> Reply<MessageView> {
    let Send { to, chat_type, kind, data, options } = call.params;
    // Notices are the server's to make.
    if kind.chars().count() > 50 || kind == "systemNotice" {
        return Err(Fail::refused("消息类型错误"));
    }
    let options = options_of(&options);
    let asks = truthy(&options["askanswer"]);
    let content = Content::new(kind, data, options);
    let question = content.text();
    let (body, raw) = content.into_parts();
    let draft = Draft::new(destination(&chat_type, to), body, raw);
    let sent = if asks {
        let asked = Some(draft.raw.clone().unwrap_or_default()); // a plain text needs no form of its own
        answers::ask(&egg.app, call.caller, draft, question, asked).await
    } else {
        service::say(&egg.app, call.caller, draft).await
    };
    let posted = sent.or_say(match call.caller.account_role {
        Role::User => &REFUSED[..TO_ALL],
        Role::Visitor => REFUSED,
    })?;
    ok(as_seen(&egg, &posted))
}

/// What a refused sender is told: the first four everybody, the rest visitors only.
const REFUSED: &[(Refusal, &str)] = &[
    (Refusal::NoSuchPerson, NO_RECEIVER),
    (Refusal::NoSuchGroup, NO_GROUP),
    (Refusal::GroupLocked, NO_GROUP),
    (Refusal::NotMember, "您不在群里，无法发消息"),
    (Refusal::Blocked, "对方把你拉黑了，不能发消息"),
    (Refusal::Cut, "系统把你们拉黑了，不能发消息"),
    (Refusal::FriendsOnly, "你们不是好友关系，对方设置成：先登录才能发消息"),
];
const TO_ALL: usize = 4;
const NO_GROUP: &str = "群不存在或者已解散或者被封禁，无法发消息";
const NO_RECEIVER: &str = "对方不存在或者被禁用，不能发消息";

/// #22 `POST /api/chat/chatGetmessageOffLine`: what waits comes over the socket.
async fn fetch_waiting(State(egg): State<Egg>, call: Call<Everyone, Nothing>) -> Reply<&'static str> {
    egg.hub.drain(call.caller.id);
    ok("ok")
}

/// How far ahead of ours a client's clock may be.
const AHEAD_MS: i64 = 300_000;

/// What #32 names.
struct Revoke {
    to: i64,
    to_name: String,
    to_avatar: String,
    uuid: String,
    chat_type: String,
    create_time: i64,
}

impl Params for Revoke {
    fn read(input: &Input) -> Result<Self, Fail> {
        // A group's picture is a list of its members'.
        let longest = if input.text("chatType").as_deref() == Some("group") { 4_000 } else { 1_000 };
        Ok(Revoke {
            to: int("to_id", "接收者id或者群id").at_least(1).read(input)?,
            to_name: text("to_name", "接收者或者群名称").length(1, 50).read(input)?,
            to_avatar: text("to_avatar", "接收者或者群头像").length(10, longest).read(input)?,
            uuid: text("id", "消息uuid").length(1, 1_000).read(input)?,
            chat_type: text("chatType", "聊天类型").one_of(CHAT_TYPES).read(input)?,
            create_time: int("create_time", "消息发送时间").at_least(1_000_000_000_000).read(input)?,
        })
    }
}

/// #32 `POST /api/chat/revokeMessage`: answers the notice that the others are pushed.
async fn revoke(State(egg): State<Egg>, call: Call<Everyone, Revoke>) -> Reply<MessageView> {
    let Revoke { to, to_name, to_avatar, uuid, chat_type, create_time } = call.params;
    let latest = egg.app.now().0 + AHEAD_MS;
    if create_time > latest {
        let text = format!("消息发送时间 的数值 必须 在 1000000000000 和 {latest} 之间");
        return Err(Fail::invalid(text));
    }
    let wish = Revocation {
        uuid,
        to: destination(&chat_type, to),
        claimed_ms: Millis(create_time),
        raw: keep(&Shown { to_name, to_avatar }),
    };
    let revoked = messages::revoke(&egg.app, call.caller, wish).await;
    let posted = revoked.or_say(&[(Refusal::NoSuchPerson, NO_RECEIVER)])?;
    ok(as_seen(&egg, &posted))
}

/// What others see is what the sender is answered.
fn as_seen(egg: &Egg, posted: &Posted) -> MessageView {
    view(&egg.style, posted, posted.message.sender)
}

fn destination(chat_type: &str, id: i64) -> To {
    if chat_type == "group" { To::Group(ConversationId(id)) } else { To::Account(AccountId(id)) }
}

/// JSON, percent-encoded or not; anything else is null.
fn options_of(text: &str) -> Value {
    let plain = serde_json::from_str(text).ok();
    let decode = || {
        let decoded = percent_decode_str(text).decode_utf8().ok()?;
        serde_json::from_str::<Value>(&decoded).ok()
    };
    plain.or_else(decode).filter(Value::is_object).unwrap_or_default()
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_json_however_they_come() {
        let cases = [
            ("%7B%22askanswer%22%3Atrue%7D", json!({"askanswer": true})),
            (r#"{"a":"%41"}"#, json!({"a": "%41"})),
            ("", Value::Null),
            ("nonsense", Value::Null),
            ("%ff", Value::Null),
            ("5", Value::Null),
        ];
        for (text, options) in cases {
            assert_eq!(options_of(text), options, "{text}");
        }
    }
}
