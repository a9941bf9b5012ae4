//! `{"code": 0, "msg": "ok", "data": …}`, always with data, nearly always status 200 (pop.md §1.1, §1.4).
use axum::{
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use im_core::{Error, Refusal};
use serde::Serialize;
use std::borrow::Cow;

/// What a handler answers.
pub type Reply = Result<Response, Fail>;

#[derive(Serialize)]
struct Envelope<'a, T> {
    code: i32,
    msg: &'a str,
    data: T,
}

/// What "nothing to return" is: the empty array.
const NOTHING: [(); 0] = [];

fn envelope(status: StatusCode, code: i32, msg: &str, data: impl Serialize) -> Response {
    let about = [(CONTENT_TYPE, "application/json;charset=utf-8"), (CACHE_CONTROL, "no-store")];
    match serde_json::to_vec(&Envelope { code, msg, data }) {
        Ok(body) => (status, about, body).into_response(),
        Err(error) => Fail::internal(error).into_response(),
    }
}

/// Answers with `data`.
pub fn ok(data: impl Serialize) -> Reply {
    Ok(envelope(StatusCode::OK, 0, "ok", data))
}

/// Done, and nothing to return.
pub fn done() -> Reply {
    said("ok")
}

/// Done, with a text of its own.
pub fn said(msg: &str) -> Reply {
    Ok(envelope(StatusCode::OK, 0, msg, NOTHING))
}

/// A failure: its code and the text that clients show.
#[derive(Debug)]
pub struct Fail {
    status: StatusCode,
    code: i32,
    msg: Cow<'static, str>,
}

impl Fail {
    /// A business failure.
    pub fn new(code: i32, msg: impl Into<Cow<'static, str>>) -> Self {
        Fail { status: StatusCode::OK, code, msg: msg.into() }
    }

    /// A required parameter is missing or empty.
    pub fn missing() -> Self {
        Fail::new(1, "缺少参数")
    }

    /// A parameter that does not fit.
    pub fn invalid() -> Self {
        Fail::new(2, "参数非法")
    }

    /// Longer, or more, than there may be.
    pub fn too_long() -> Self {
        Fail::new(913, "内容过长")
    }

    /// Nobody is signed in.
    pub fn signed_out() -> Self {
        Fail::new(-1, "请登录")
    }

    /// A credential that does not open this.
    pub fn refused() -> Self {
        Fail::new(3, "非法请求")
    }

    /// There is no such action.
    pub fn unknown() -> Self {
        Fail { status: StatusCode::NOT_FOUND, ..Fail::new(404, "接口不存在") }
    }

    /// A body over its limit.
    pub fn too_large() -> Self {
        Fail { status: StatusCode::PAYLOAD_TOO_LARGE, ..Fail::new(413, "内容过长") }
    }

    /// The code.
    #[cfg(test)]
    pub fn code(&self) -> i32 {
        self.code
    }

    /// Ours to repair: logged here, and the client learns nothing.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request failed");
        Fail { status: StatusCode::INTERNAL_SERVER_ERROR, ..Fail::new(500, "服务器错误") }
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        envelope(self.status, self.code, &self.msg, NOTHING)
    }
}

impl<E: Into<Error>> From<E> for Fail {
    fn from(error: E) -> Self {
        match error.into() {
            Error::Refused(refusal) => {
                let (code, msg) = words(refusal);
                Fail::new(code, msg)
            }
            internal @ Error::Internal(_) => Fail::internal(internal),
        }
    }
}

/// An action's own code and text for some refusals; the others keep theirs.
pub trait Worded<T> {
    /// Says these where they are about the refusal.
    fn or_say(self, words: &[(Refusal, i32, &'static str)]) -> Result<T, Fail>;
}

impl<T> Worded<T> for im_core::Result<T> {
    fn or_say(self, words: &[(Refusal, i32, &'static str)]) -> Result<T, Fail> {
        self.map_err(|error| match &error {
            Error::Refused(refusal) => match words.iter().find(|(about, ..)| about.is_like(refusal)) {
                Some((_, code, msg)) => Fail::new(*code, *msg),
                None => error.into(),
            },
            Error::Internal(_) => error.into(),
        })
    }
}

/// The code and text of a refusal where an action says nothing else (pop.md §1.4). No `_` arm: a new
/// one must be given both.
fn words(refusal: Refusal) -> (i32, &'static str) {
    use Refusal::*;
    match refusal {
        BadToken => (-1, "请登录"),
        AccountDisabled => (85, "该账户被禁用"),
        TooOften { .. } => (912, "请求过于频繁"),
        UsernameTaken => (111, "用户名已经存在"),
        UsernameMalformed => (112, "用户名只能包含字母和数字，长度小于60"),
        NoSuchAccount | NoSuchPerson => (101, "用户不存在"),
        WrongPassword => (101, "用户不存在或者密码错误"),
        PrivacyMalformed | Yourself | NobodyChosen | Invalid(_) => (2, "参数非法"),
        AlreadyAsked | AlreadyWaiting => (0, "已经操作成功"),
        AlreadyMember => (0, "ok"),
        NoSuchRequest | NoSuchRecord => (3, "记录不存在"),
        NotFriends | Blocked | Cut | FriendsOnly | OneMessageOnly | StrangersOff | MustAsk => {
            (84, "不是好友，无法发起会话")
        }
        TooLate => (505, "只能撤回5分钟内的消息"),
        NotAllowed | OwnerOnly | InProgress | ClientIdTaken => (2, "非法请求"),
        BadMessage | TooMany | GroupFull => (913, "内容过长"),
        NoSuchGroup | NoSuchInvite => (3, "群不存在或者已经解散"),
        NotMember => (2, "参数非法，不是该群成员"),
        SignInToJoin | JoinOff => (914, "没有权限"),
        GroupLocked => (85, "该群组已经被禁用"),
        Muted => (4, "已被禁言，无法发送消息"),
        MutedAll => (200, "全群禁言，无法发送消息"),
        OwnerStays => (2, "群主不能退出群组"),
        RegisterOff => (916, "系统关闭了注册"),
        PrivateChatOff => (83, "系统设置了禁止私聊"),
        GroupChatOff => (83, "系统设置了禁止群聊"),
        UploadOff => (909, "系统禁用了上传"),
        KindOff => (915, "系统禁用了该消息类型"),
        AddFriendOff => (202, "系统禁用了加好友"),
        CreateGroupOff => (702, "系统禁用了创建群组"),
        NoSuchMessage => (404, "消息不存在"),
        Decided => (210, "非法操作"),
        MerchantsOnly => (907, "仅会员可以操作"),
        PhoneTaken => (918, "手机号已被注册"),
        CodeMissing => (1, "缺少参数"),
        WrongCode => (903, "手机验证码不正确或已过期"),
    }
}
