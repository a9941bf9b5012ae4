//! Messages (pop.md §3.6).
use crate::{
    action::Action,
    call::Call,
    envelope::{Fail, Reply, Worded, done, ok},
    mentions, run,
    views::{Text, seconds},
};
use im_core::{
    AccountId, ConversationId, Mid, Refusal,
    history::{self, Shown},
    messages::{At, Body, Draft, To},
    moderation::Censor,
    support::service,
};
use im_gateway::pusher::{self, content as words, notices, text::escape};
use serde_json::{Value, json};

pub const ACTIONS: &[Action] = &[
    Action::write("message/send", run!(send)).telling_disabled("该账户已经被禁用"),
    Action::write("message/revoke", run!(revoke)),
    Action::write("message/delete", run!(delete)),
    Action::write("message/updateLastReadTime", run!(mark_read)),
    Action::read("message/get", run!(page)),
    Action::read("message/unreadcount", run!(unread)),
];

/// Characters of a message at most.
const CONTENT_CHARS: usize = 10_000;
/// Characters of a client's mark.
const MARK_CHARS: usize = 64;
/// Messages of a page, unless the caller wants another number.
const PAGE: i64 = 20;
/// Messages of a page at most.
const LONGEST_PAGE: i64 = 100;

/// `message/send`: says something to somebody or a group; answers the message's number.
async fn send(call: Call) -> Reply {
    let to = addressee(&call, "to")?;
    let content = call.given("content")?;
    if content.is_empty() {
        return Err(Fail::new(2, "发送内容不能为空"));
    }
    let mark = call.maybe_text("uniqueId")?.filter(|mark| !mark.is_empty());
    let too_long = |text: &str, most| text.chars().count() > most;
    if too_long(&content, CONTENT_CHARS) || mark.as_deref().is_some_and(|mark| too_long(mark, MARK_CHARS)) {
        return Err(Fail::too_long());
    }
    let named = mentions::named(&call, to)?;
    let (body, raw) = words::parse(&clean(&call.app().censor(), &content));
    let raw = raw.or(named);
    let quote = call.maybe_id("quote_mid")?.map(|mid| At::Mid(Mid(mid)));
    let draft = Draft { quote, echo: mark, ..Draft::new(to, body, raw) };
    let sent = service::say(call.app(), call.caller()?, draft).await;
    let posted = sent.or_say(&[
        (Refusal::NoSuchGroup, 2, "不是群组成员无法发言"),
        (Refusal::NotMember, 2, "不是群组成员无法发言"),
    ])?;
    ok(json!({ "mid": posted.message.mid }))
}

/// The content without dirty words. The address of a picture or a file stays as it is, in its place.
/// The core, which finds nothing left to change, leaves the rest of the message alone.
fn clean(censor: &Censor, content: &str) -> String {
    let address = words::address(content).unwrap_or(content.len()..content.len());
    let (before, after) = (censor.clean(&content[..address.start]), censor.clean(&content[address.end..]));
    [&*before, &content[address], &*after].concat()
}

/// Whom `name` and `type` address.
pub fn addressee(call: &Call, name: &str) -> Result<To, Fail> {
    let (id, kind) = (call.id(name)?, call.text("type")?);
    match kind.as_str() {
        "friend" => Ok(To::Account(AccountId(id))),
        "group" => Ok(To::Group(ConversationId(id))),
        _ => Err(Fail::invalid()),
    }
}

/// `message/get`: a page of what was said, oldest first.
async fn page(call: Call) -> Reply {
    let to = addressee(&call, "id")?;
    let limit = call.number("limit")?.filter(|limit| *limit > 0).unwrap_or(PAGE).min(LONGEST_PAGE);
    let before = call.maybe_id("mid")?.map(Mid);
    let shown = history::page(call.app(), call.caller()?, to, before, limit).await?;
    ok(shown.iter().map(row).collect::<Vec<_>>())
}

fn row(shown: &Shown) -> Value {
    json!({
        "mid": shown.mid,
        "from": shown.sender.to_string(),
        "avatar": Text(&shown.avatar),
        "timestamp": seconds(shown.created_ms),
        "content": content(shown),
        "sub_type": sub_type(shown),
        "quote_mid": shown.quote.as_ref().map_or(Mid(0), |quote| quote.mid),
        "quote_content": shown.quote.as_ref().map(pusher::quote_content).unwrap_or_default(),
        "name": Text(&shown.name),
    })
}

/// What a message says, ready for a page.
pub fn content(shown: &Shown) -> String {
    match &shown.body {
        _ if shown.revoked => pusher::REVOKED.to_owned(),
        Body::Notice(notice) => notices::notice(notice, shown.sender, &shown.name).unwrap_or_default(),
        body => escape(&words::say(body, shown.raw.as_deref())).into_owned(),
    }
}

/// `message`, or `notice` for what nobody said.
pub fn sub_type(shown: &Shown) -> &'static str {
    if shown.revoked || matches!(shown.body, Body::Notice(_)) { "notice" } else { "message" }
}

/// `message/revoke`: takes a message back.
async fn revoke(call: Call) -> Reply {
    let (to, mid) = (addressee(&call, "id")?, Mid(call.id("mid")?));
    let window_s = call.app().pop.revoke_window_s;
    match history::take_back(call.app(), call.caller()?, to, At::Mid(mid)).await {
        Err(im_core::Error::Refused(Refusal::TooLate)) => {
            Err(Fail::new(505, format!("只能撤回{}分钟内的消息", window_s / 60)))
        }
        revoked => {
            revoked.or_say(&[
                (Refusal::NotMember, 2, "不是群组成员，无法撤回"),
                (Refusal::Muted, 4, "已被禁言，无法撤回"),
            ])?;
            done()
        }
    }
}

/// `message/delete`: for the caller alone (`ty=1`), or for all (`ty=2`).
async fn delete(call: Call) -> Reply {
    let (to, mid) = (addressee(&call, "id")?, Mid(call.id("mid")?));
    let for_all = match call.number("ty")?.ok_or_else(Fail::missing)? {
        1 => false,
        2 => true,
        _ => return Err(Fail::invalid()),
    };
    history::delete(call.app(), call.caller()?, to, At::Mid(mid), for_all).await?;
    done()
}

/// `message/unreadcount`: how much the caller has not seen.
async fn unread(call: Call) -> Reply {
    let to = addressee(&call, "id")?;
    ok(history::unread(call.app(), call.caller()?, to).await?)
}

/// `message/updateLastReadTime`: everything up to now was seen.
async fn mark_read(call: Call) -> Reply {
    let (to, caller) = (addressee(&call, "id")?, call.caller()?);
    if to == To::Account(caller.id) {
        return Err(Fail::invalid());
    }
    history::mark_read(call.app(), caller, to).await?;
    done()
}
