//! A merchant's texts (pop.md §3.2).
use crate::{
    action::Action,
    call::Call,
    envelope::{Fail, Reply as Answer, Worded, done, ok},
    run,
    views::{Text, flag},
};
use im_core::{
    AccountId, Refusal,
    support::replies::{self, Draft, Kind, Reply},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub const ACTIONS: &[Action] = &[
    Action::read("reply/get", run!(list)),
    Action::write("reply/add", run!(add)),
    Action::write("reply/update", run!(update)),
    Action::write("reply/delete", run!(delete)),
];

/// Characters of a title or of keywords, and of a text.
const TITLE: usize = 255;
const CONTENT: usize = 5_000;
const WEIGHTS: std::ops::RangeInclusive<i64> = 0..=100_000;

/// What a seat hears that would change its merchant's texts.
const SEAT: (Refusal, i32, &str) = (Refusal::NotAllowed, 914, "没有权限");

/// `reply/get`: the caller's texts by kind, or what a merchant shows to everybody.
async fn list(call: Call) -> Answer {
    let caller = call.caller()?;
    let all = match call.maybe_id("uid")? {
        Some(merchant) => replies::shown_answers(call.app(), AccountId(merchant)).await?,
        None => replies::list(call.app(), caller).await?,
    };
    let mut by_kind = Map::new();
    for kind in Kind::ALL {
        let of_kind: Vec<_> = all.iter().filter(|reply| reply.kind == kind).map(View::of).collect();
        by_kind.insert(kind.number().to_string(), json!(of_kind));
    }
    ok(Value::Object(by_kind))
}

/// `reply/add`: stores a text.
async fn add(call: Call) -> Answer {
    let reply = replies::add(call.app(), call.caller()?, draft(&call)?).await.or_say(&[SEAT])?;
    ok(json!({ "id": reply.id }))
}

/// `reply/update`: changes one.
async fn update(call: Call) -> Answer {
    let id = call.id("rid")?;
    replies::update(call.app(), call.caller()?, id, draft(&call)?).await.or_say(&[SEAT])?;
    done()
}

/// `reply/delete`: removes one.
async fn delete(call: Call) -> Answer {
    replies::delete(call.app(), call.caller()?, call.id("rid")?).await.or_say(&[SEAT])?;
    done()
}

fn draft(call: &Call) -> Result<Draft, Fail> {
    let kind = call.number("type")?.ok_or_else(Fail::missing)?;
    Ok(Draft {
        kind: Some(Kind::of(kind).ok_or_else(Fail::invalid)?),
        title: Some(within(call.text("title")?, TITLE)?),
        content: Some(within(call.text("content")?, CONTENT)?),
        keyword: call.maybe_text("keyword")?.map(|text| within(text, TITLE)).transpose()?,
        shown: call.flag("is_show")?,
        weight: call.number_in("weights", WEIGHTS)?,
        is_default: call.flag("is_default")?,
    })
}

fn within(text: String, most: usize) -> Result<String, Fail> {
    if text.chars().count() <= most { Ok(text) } else { Err(Fail::too_long()) }
}

/// A text as clients read it.
#[derive(Serialize)]
struct View<'a> {
    id: i64,
    r#type: i64,
    title: Text<&'a str>,
    keyword: Text<&'a str>,
    content: Text<&'a str>,
    is_show: i64,
    weights: i64,
    is_default: i64,
}

impl<'a> View<'a> {
    fn of(reply: &'a Reply) -> Self {
        View {
            id: reply.id,
            r#type: reply.kind.number(),
            title: Text(&reply.title),
            keyword: Text(&reply.keyword),
            content: Text(&reply.content),
            is_show: flag(reply.shown),
            weights: reply.weight,
            is_default: flag(reply.is_default),
        }
    }
}
