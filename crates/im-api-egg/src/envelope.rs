//! `{"msg": "ok", "data": …}` or `{"msg": "fail", "data": "why"}` (egg.md §1.4, §1.5).
use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use im_core::{Error, Refusal};
use serde::Serialize;
use serde_json::json;

/// A body as clients know it: with its charset (egg.md §1.4).
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response(),
            Err(e) => Fail::internal(e).into_response(),
        }
    }
}

/// A success.
#[derive(Serialize)]
pub struct Success<T> {
    msg: &'static str,
    data: T,
}

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// What a handler answers.
pub type Reply<T> = Result<Success<T>, Fail>;

/// Answers with `data`.
pub fn ok<T>(data: T) -> Reply<T> {
    Ok(Success { msg: "ok", data })
}

/// A failure: its status and the text that the client shows.
#[derive(Debug)]
pub struct Fail {
    status: StatusCode,
    text: String,
}

impl Fail {
    /// A failure of the product's rules.
    pub fn refused(text: impl Into<String>) -> Self {
        Fail { status: StatusCode::BAD_REQUEST, text: text.into() }
    }

    /// A parameter that does not fit (egg.md §1.6).
    pub fn invalid(text: String) -> Self {
        Fail { status: StatusCode::UNPROCESSABLE_ENTITY, text }
    }

    /// A body over its limit.
    pub fn too_large() -> Self {
        let text = "Request file too large, please check multipart config".into();
        Fail { status: StatusCode::PAYLOAD_TOO_LARGE, text }
    }

    /// A body that cannot be read.
    pub fn malformed() -> Self {
        Fail::refused("请求格式错误")
    }

    /// Ours to repair: logged here, and the client learns nothing.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request failed");
        Fail { status: StatusCode::INTERNAL_SERVER_ERROR, text: "Internal Server Error".into() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "msg": "fail", "data": self.text }))).into_response()
    }
}

impl<E: Into<Error>> From<E> for Fail {
    fn from(error: E) -> Self {
        match error.into() {
            Error::Refused(refusal) => Fail::refused(text(refusal)),
            internal @ Error::Internal(_) => Fail::internal(internal),
        }
    }
}

/// A route's own words for some refusals; the others keep theirs.
pub trait Worded<T> {
    /// Says `words` where they are about the refusal.
    fn or_say(self, words: &[(Refusal, &str)]) -> Result<T, Fail>;

    /// As [`or_say`](Self::or_say), on the routes that promise status 400 and a text of their own
    /// even when we fail.
    fn or_apologise(self, apology: &str, words: &[(Refusal, &str)]) -> Result<T, Fail>;
}

impl<T> Worded<T> for im_core::Result<T> {
    fn or_say(self, words: &[(Refusal, &str)]) -> Result<T, Fail> {
        self.map_err(|error| match &error {
            Error::Refused(refusal) => match words.iter().find(|(about, _)| about.is_like(refusal)) {
                Some((_, text)) => Fail::refused(*text),
                None => error.into(),
            },
            Error::Internal(_) => error.into(),
        })
    }

    fn or_apologise(self, apology: &str, words: &[(Refusal, &str)]) -> Result<T, Fail> {
        match self {
            Err(Error::Internal(cause)) => {
                tracing::error!(error = %cause, "a request failed");
                Err(Fail::refused(apology))
            }
            other => other.or_say(words),
        }
    }
}

/// What a refusal is called where a route says nothing else. No `_` arm: a new one must be given
/// a text.
fn text(refusal: Refusal) -> &'static str {
    use Refusal::*;
    match refusal {
        BadToken => "Token 令牌不合法！",
        AccountDisabled => "当前用户不存在或者已被禁用",
        Invalid(_) => "参数错误",
        TooOften { .. } => "操作过于频繁，请稍后再试",
        UsernameTaken => "该账号已存在，请换一个账号注册",
        UsernameMalformed => "账号只能由4-20位字母、数字、下划线组成",
        NoSuchAccount => "账号不存在或者被禁用",
        WrongPassword => "账户或密码错误",
        PrivacyMalformed => "用户设置格式错误",
        Yourself => "不能添加自己为好友",
        NoSuchPerson => "用户不存在",
        AlreadyAsked => "您已经申请过了，请勿重复申请",
        NoSuchRequest => "申请不存在或已处理",
        NotFriends => "好友不存在",
        MustAsk => "需要对方审核，不能自动加对方为好友",
        Blocked => "对方把你拉黑了，不能发送消息",
        Cut => "系统把你们拉黑了，不能发送消息",
        FriendsOnly => "对方设置成：需要您先成为他的好友才能发消息",
        OneMessageOnly => "在成为好友之前，对方只允许向他发一条消息",
        TooLate => "消息超过5分钟，不能撤回",
        NotAllowed | ClientIdTaken => "非法操作",
        BadMessage => "消息内容过长",
        NoSuchGroup => "群不存在",
        NotMember => "你不在该群聊中，操作失败",
        OwnerOnly => "只有群主才能操作",
        NobodyChosen => "请选择加入群聊的用户",
        AlreadyMember => "用户已经在群里",
        AlreadyWaiting => "已申请加入群聊，正在等待群主同意",
        SignInToJoin => "请先登录再申请进群",
        GroupFull => "群成员人数已达上限",
        GroupLocked | NoSuchInvite => "群不存在",
        Muted => "已被禁言，无法发送消息",
        MutedAll => "全群禁言，无法发送消息",
        OwnerStays => "群主不能退出群组",
        RegisterOff => "系统关闭了注册",
        PrivateChatOff => "系统设置了禁止私聊",
        GroupChatOff => "系统设置了禁止群聊",
        StrangersOff => "不是好友，无法发起会话",
        UploadOff => "系统禁用了上传",
        KindOff => "系统禁用了该消息类型",
        AddFriendOff => "系统禁用了加好友",
        CreateGroupOff => "系统禁用了创建群组",
        JoinOff | MerchantsOnly => "没有权限",
        NoSuchMessage => "消息不存在",
        Decided => "申请不存在或已处理",
        TooMany => "数量已达上限",
        PhoneTaken => "手机号已被注册",
        CodeMissing | WrongCode => "手机验证码不正确或已过期",
        NoSuchRecord => "记录不存在",
        InProgress => "该投诉已开始处理，无法修改",
    }
}

/// What an unknown route answers.
pub async fn not_found() -> Fail {
    Fail { status: StatusCode::NOT_FOUND, text: "404 错误".into() }
}
