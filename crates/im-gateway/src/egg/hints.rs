//! The clickable hints that fill the client of somebody who just connected (egg.md §5.6).
use super::{MessageView, Style, content::words, envelope, notices::enc};
use crate::ws::Frame;
use im_core::{
    accounts::{Account, Caller, Role},
    arrivals::Arrival,
};
use serde_json::{Value, json};

/// How long after a change of the picture a reconnecting client is told of it.
const FRESH_MS: i64 = 60_000;

struct Hint {
    key: &'static str,
    name: &'static str,
    text: &'static str,
    icon: String,
    url: String,
    action: Option<&'static str>,
}

/// The frames for the account that arrived. `again`: it has another socket open.
pub fn hints(style: &Style, caller: Caller, arrival: &Arrival, again: bool, now_ms: i64) -> Vec<Frame> {
    let mut hints = match caller.role {
        Role::User => of_user(style, arrival),
        Role::Visitor => of_visitor(style, arrival),
    };
    if again && caller.role == Role::User && now_ms - arrival.avatar_ms.0 <= FRESH_MS {
        hints.push(Hint {
            name: "头像更换成功",
            text: "不满意你的头像可以继续更换",
            action: Some("avatar"),
            ..picture(arrival)
        });
    }
    hints.into_iter().map(|hint| envelope(&view(hint, &arrival.account, now_ms), now_ms)).collect()
}

fn set_page(action: &str, title: &str) -> String {
    format!("/pages/setpageInfo/setpageInfo?action={action}&title={}", enc(title))
}

fn picture(arrival: &Arrival) -> Hint {
    let page = set_page("userinfoSet", "账号信息设置");
    Hint {
        key: "userInfoSet",
        name: "头像设置",
        text: "不满意你的头像可以更换",
        icon: arrival.account.avatar.clone(),
        url: format!("{page}&redirectUrl={}&redirectType=switchTab", enc("/pages/xiaoxi/xiaoxi")),
        action: None,
    }
}

fn of_user(style: &Style, arrival: &Arrival) -> Vec<Hint> {
    let account = &arrival.account;
    let hint = |key, name, text, icon: &str, url| Hint {
        key,
        name,
        text,
        icon: style.icon(icon),
        url,
        action: None,
    };
    let mut all = vec![hint(
        "setPassword",
        "修改密码",
        "您可以点击这里，修改密码",
        "setPassword",
        set_page("setPassword", "修改密码"),
    )];
    all.extend(group_list(style, arrival));
    if arrival.has_friends {
        let url = "/pages/friendsList/friendsList".into();
        all.push(hint("friendsList", "我的通讯录", "可查看我的通讯录好友", "friendList", url));
    }
    all.push(picture(arrival));
    all.push(who_can_chat(style));
    let card = format!(
        "{}&id={}&name={}&avatar={}&chatType=single",
        set_page("groupQrcode", "我的二维码"),
        account.id,
        enc(account.display()),
        enc(&account.avatar),
    );
    all.extend([
        hint("myQrcode", "我的二维码", "展示给别人加你为好友", "myQrcode1", card),
        hint("search", "搜索加好友", "搜索账号加好友或聊天", "search", "/pages/search/search".into()),
        hint(
            "applyAddMeFriendSet",
            "加我为好友时是否需要我验证",
            "默认不需要，您可以去设置",
            "applyAddMeFriendSet",
            set_page("applyAddMeFriendSet", "申请加我为好友设置"),
        ),
        hint(
            "AskAndAnswerSet",
            "问答设置",
            "当您不在线时，自动回答客户的常见问题",
            "AskAndAnswerSet",
            set_page("AskAndAnswerSet", "问答设置"),
        ),
    ]);
    all
}

fn of_visitor(style: &Style, arrival: &Arrival) -> Vec<Hint> {
    let mut all = Vec::from_iter(group_list(style, arrival));
    all.push(who_can_chat(style));
    all.push(Hint {
        key: "visitorLogin",
        name: "登录提示",
        text: "欢迎您，登录可以获取更多功能！",
        icon: style.icon("kefu"),
        url: "/pages/loginCenter/loginCenter".into(),
        action: None,
    });
    all
}

fn group_list(style: &Style, arrival: &Arrival) -> Option<Hint> {
    (!arrival.groups.is_empty()).then(|| Hint {
        key: "groupList",
        name: "我的群聊",
        text: "可查看我加入的群聊列表",
        icon: style.icon("qunliaoNoticeIcon"),
        url: format!("/pages/applyMyfriend/applyMyfriend?action=grouplist&title={}", enc("我的群聊列表")),
        action: None,
    })
}

fn who_can_chat(style: &Style) -> Hint {
    Hint {
        key: "whoCanChatMe",
        name: "聊天消息条数限制",
        text: "谁可以和我聊天，可向我发几条消息",
        icon: style.icon("whoCanChatMe"),
        url: set_page("chatset", "和我聊天设置"),
        action: None,
    }
}

fn view(hint: Hint, account: &Account, now_ms: i64) -> MessageView {
    let key = format!("redirect-{}-{}", hint.key, account.id);
    let mut redirect = json!({ "url": hint.url, "type": "navigateTo" });
    if let Some(action) = hint.action {
        redirect["doaction"] = action.into();
    }
    MessageView {
        id: uuid::Uuid::new_v4().to_string(),
        from_avatar: hint.icon,
        from_name: hint.name.into(),
        from_id: Value::String(key.clone()),
        to_id: account.id.0,
        to_name: account.display().to_owned(),
        to_avatar: account.avatar.clone(),
        chat_type: "single",
        r#type: "text".into(),
        action_type: None,
        data: words(hint.text),
        redirect: Some(redirect),
        options: json!({}),
        create_time: now_ms,
        isremove: 0,
        group: Some(json!({})),
        msgid_key: Some(key),
        send_uuid: None,
    }
}
