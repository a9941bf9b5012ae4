//! Frames of the Pusher Channels protocol, version 7 (pop.md §4.1, §4.2).
use crate::ws::Frame;
use serde::Serialize;
use serde_json::{Value, json};

/// Seconds after which a client that hears nothing asks whether we are there.
const ACTIVITY_TIMEOUT_S: u64 = 55;

/// Close codes (docs/protocol/close-codes.md).
pub const UNKNOWN_KEY: u16 = 4001;
pub const TOO_MANY: u16 = 4004;
pub const UNSUPPORTED: u16 = 4007;
pub const NOT_AUTHORISED: u16 = 4009;
pub const LATER: u16 = 4100;
pub const RESTART: u16 = 4200;
pub const NO_PONG: u16 = 4201;
pub const INACTIVE: u16 = 4202;
pub const TOO_OFTEN: u16 = 4301;

/// A frame of the server: its data is a text that holds JSON.
#[derive(Serialize)]
struct Event<'a> {
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

/// Something that happened on a channel; `data` is JSON text.
pub fn event(event: &str, channel: &str, data: &str) -> Frame {
    Frame::json(&Event { event, channel: Some(channel), data, user_id: None })
}

/// What another client said on a channel, and who it is where that is known.
pub fn client_event(event: &str, channel: &str, data: &str, user_id: Option<&str>) -> Frame {
    Frame::json(&Event { event, channel: Some(channel), data, user_id })
}

/// The first frame.
pub fn established(socket_id: &str) -> Frame {
    let data = json!({ "socket_id": socket_id, "activity_timeout": ACTIVITY_TIMEOUT_S }).to_string();
    let event = "pusher:connection_established";
    Frame::json(&Event { event, channel: None, data: &data, user_id: None })
}

/// The answer to `pusher:ping`.
pub fn pong() -> Frame {
    Frame::text(r#"{"event":"pusher:pong","data":"{}"}"#)
}

/// Something that the client did wrong; the one frame whose data is an object.
pub fn error(code: Option<u16>, message: &str) -> Frame {
    Frame::json(&json!({ "event": "pusher:error", "data": { "code": code, "message": message } }))
}

/// A subscription that is granted; `data` is JSON text.
pub fn subscribed(channel: &str, data: &str) -> Frame {
    #[derive(Serialize)]
    struct Succeeded<'a> {
        event: &'a str,
        data: &'a str,
        channel: &'a str,
    }
    Frame::json(&Succeeded { event: "pusher_internal:subscription_succeeded", data, channel })
}

/// A subscription that is refused.
pub fn forbidden(channel: &str) -> Frame {
    refused(channel, "AuthError", "Forbidden")
}

/// A subscription beyond what one socket may have.
pub fn too_many(channel: &str) -> Frame {
    refused(channel, "LimitReached", "Too many channels")
}

fn refused(channel: &str, kind: &str, error: &str) -> Frame {
    let data = json!({ "type": kind, "error": error, "status": 403 }).to_string();
    let frame: Value = json!({ "event": "pusher:subscription_error", "channel": channel, "data": data });
    Frame::json(&frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a short frame.
    fn text(frame: &Frame) -> &str {
        let bytes = frame.bytes();
        let start = if bytes[1] == 126 { 4 } else { 2 };
        std::str::from_utf8(&bytes[start..]).unwrap()
    }

    #[test]
    fn frames_stand_as_the_contract_has_them() {
        let cases = [
            (
                established("1.284756193"),
                r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.284756193\",\"activity_timeout\":55}"}"#,
            ),
            (
                error(None, "Empty channel"),
                r#"{"event":"pusher:error","data":{"code":null,"message":"Empty channel"}}"#,
            ),
            (
                subscribed("user-9", "{}"),
                r#"{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"user-9"}"#,
            ),
            (
                forbidden("user-10"),
                r#"{"event":"pusher:subscription_error","channel":"user-10","data":"{\"type\":\"AuthError\",\"error\":\"Forbidden\",\"status\":403}"}"#,
            ),
            (
                event("friendApply", "user-9", r#"{"uid":9}"#),
                r#"{"event":"friendApply","channel":"user-9","data":"{\"uid\":9}"}"#,
            ),
        ];
        for (frame, expected) in cases {
            assert_eq!(text(&frame), expected);
        }
    }
}
