//! QR codes of groups and people (egg.md §4 #29, §8.5).
use crate::{
    Egg,
    envelope::{Fail, Worded},
    extract::{Call, Everyone},
    params::{int, params, text},
};
use axum::{
    Router,
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use im_api_common::qrcode::png;
use im_core::{AccountId, ConversationId, Refusal, accounts, groups};
use im_gateway::egg::enc;
use serde_json::json;

pub fn router() -> Router<Egg> {
    Router::new().route("/chat/groupQrcode/{id}", get(qrcode))
}

params! {
    struct Wanted {
        id: i64 = int("id", "群id或者个人id").at_least(1),
        platform: String = text("type", "平台类型").or(""),
        base: String = text("http", "网址域名").length(1, 300).or(""),
        chat_type: String = text("chatType", "聊天类型").or("group"),
    }
}

/// What a code leads to.
struct Target {
    id: i64,
    chat_type: &'static str,
    title: String,
    name: String,
    avatar: Option<String>,
}

/// #29 `GET /api/chat/groupQrcode/:id`: answers a PNG.
async fn qrcode(State(egg): State<Egg>, call: Call<Everyone, Wanted>) -> Result<Response, Fail> {
    let Wanted { id, platform, base, chat_type } = call.params;
    let target = if chat_type == "group" {
        let found = groups::joined(&egg.app, call.caller, ConversationId(id)).await;
        const NO: &str = "群不存在或被封禁或者您不在该群聊中";
        let group = found.or_say(&[(Refusal::NoSuchGroup, NO), (Refusal::NotMember, NO)])?;
        Target { id, chat_type: "group", title: "群介绍".into(), name: group.name, avatar: None }
    } else {
        let found = accounts::card(&egg.app, call.caller, AccountId(id)).await;
        let account = found.or_say(&[(Refusal::NoSuchPerson, "用户不存在或被封禁")])?;
        let name = account.display().to_owned();
        let title = format!("加用户[{name}]为好友");
        Target { id, chat_type: "single", title, name, avatar: Some(account.avatar) }
    };
    let base = (platform == "H5" && !base.is_empty()).then_some(base);
    let picture = contents(&target, base.as_deref()).iter().find_map(|text| png(text));
    let picture = picture.ok_or_else(|| Fail::internal("no QR code holds even the shortest text"))?;
    Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "no-store")], picture).into_response())
}

/// What the code says, the fullest first: where it does not fit, the avatar goes, then the name.
fn contents(target: &Target, base: Option<&str>) -> Vec<String> {
    let Target { id, chat_type, title, name, avatar } = target;
    match base {
        Some(base) => {
            let page = format!("{base}#/pages/setpageInfo/setpageInfo?action=autoAddGroup");
            let short = |title: &str| format!("{page}&title={}&id={id}&chatType={chat_type}", enc(title));
            let named = format!("{}&name={}", short(title), enc(name));
            let full = avatar.iter().map(|avatar| format!("{named}&avatar={}", enc(avatar)));
            full.chain([named.clone(), short(title), short("")]).collect()
        }
        None => {
            vec![json!({ "id": id, "name": name }).to_string(), json!({ "id": id, "name": "" }).to_string()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_each_client_can_read() {
        let group =
            Target {
                id: 33, chat_type: "group", title: "群介绍".into(), name: "睿晨".into(), avatar: None
            };
        assert_eq!(contents(&group, None)[0], r#"{"id":33,"name":"睿晨"}"#);
        assert_eq!(
            contents(&group, Some("http://192.168.2.6:8081/"))[0],
            "http://192.168.2.6:8081/#/pages/setpageInfo/setpageInfo?action=autoAddGroup\
             &title=%E7%BE%A4%E4%BB%8B%E7%BB%8D&id=33&chatType=group&name=%E7%9D%BF%E6%99%A8"
        );
    }

    #[test]
    fn a_name_that_does_not_fit_is_left_out() {
        let name = "雁".repeat(50);
        let avatar = Some("https://example.com/".to_owned() + &"a".repeat(980));
        let person =
            Target { id: 1, chat_type: "single", title: format!("加用户[{name}]为好友"), name, avatar };
        let texts = contents(&person, Some(&format!("http://{}/", "h".repeat(290))));
        assert!(texts.iter().any(|text| png(text).is_some()));
        assert!(png(&"x".repeat(3_000)).is_none());
    }
}
