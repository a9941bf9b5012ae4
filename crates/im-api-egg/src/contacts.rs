//! Friends (egg.md §4 #5 to #12, #17, #19, #33, #40).
use crate::{
    Egg,
    envelope::{Reply, Worded, ok},
    extract::{Befrienders, Call, Everyone, Users},
    params::{int, params, text},
    views,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use im_api_common::civil::iso;
use im_core::{
    AccountId, Refusal,
    contacts::{self, Flag, Friend, RequestState, initials},
};
use im_gateway::egg::ORDER;
use serde_json::{Value, json};

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/chat/applyfriend", post(ask))
        .route("/chat/listapplyfriend/{page}", get(requests))
        .route("/chat/handleapply/{id}", post(decide))
        .route("/chat/goodfriendlist/{page}", get(friends))
        .route("/chat/getgoodfriendinfo/{id}", get(friend))
        .route("/chat/setblackgoodfriend/{id}", post(toggle_block))
        .route("/chat/setstargoodfriend/{id}", post(toggle_star))
        .route("/chat/setmeOrfriendCanSee/{id}", post(set_visibility))
        .route("/chat/isApplyfriend/{uuid}", post(request_from))
        .route("/chat/ismygoodfriend/{id}", post(is_friend))
        .route("/chat/deletegoodfriend/{id}", post(unfriend))
        .route("/chat/autoAddFriendAndAgree", post(befriend))
}

params! {
    struct Ask {
        friend: i64 = int("friend_id", "我申请添加的好友id").at_least(1),
        text: String = text("nickname", "我的昵称或者说明").length(1, 50).or(""),
    }
}

const APOLOGY: &str = "系统异常，请稍后再试";
const NO_SUCH_FRIEND: (Refusal, &str) = (Refusal::NoSuchPerson, "添加的好友不存在");

/// #5 `POST /api/chat/applyfriend`.
async fn ask(State(egg): State<Egg>, call: Call<Befrienders, Ask>) -> Reply<&'static str> {
    let asked = contacts::ask(&egg.app, call.caller, AccountId(call.params.friend), call.params.text).await;
    asked.or_say(&[NO_SUCH_FRIEND])?;
    ok("ok")
}

/// #40 `POST /api/chat/autoAddFriendAndAgree`.
async fn befriend(State(egg): State<Egg>, call: Call<Everyone, Ask>) -> Reply<&'static str> {
    let made =
        contacts::befriend(&egg.app, call.caller, AccountId(call.params.friend), call.params.text).await;
    made.or_apologise(APOLOGY, &[NO_SUCH_FRIEND])?;
    ok("ok")
}

params! {
    struct RequestPage {
        page: i64 = int("page", "页码").at_least(1),
        limit: i64 = int("limit", "每页多少条").or(10),
    }
}

/// #6 `GET /api/chat/listapplyfriend/:page`: who asked me.
async fn requests(State(egg): State<Egg>, call: Call<Users, RequestPage>) -> Reply<Value> {
    let limit = views::page_size(call.params.limit);
    let found = contacts::requests(&egg.app, call.caller, call.params.page, limit).await?;
    let rows: Vec<_> = found
        .page
        .iter()
        .map(|(request, from)| {
            let mut row = views::request(request);
            row["create_time"] = egg.style.offset.datetime(request.created_ms).into();
            row["update_time"] = iso(request.updated_ms).into();
            row["order"] = ORDER.into();
            row["user"] = json!({
                "id": from.id,
                "username": from.username,
                "avatar": from.avatar,
                "nickname": from.nickname,
                "uuid": from.uuid,
            });
            row
        })
        .collect();
    ok(json!({ "alldata": rows, "pendingCount": found.pending }))
}

params! {
    struct Decision {
        request: i64 = int("id", "申请表的id").at_least(1),
        remark: String = text("nickname", "好友备注").length(1, 50).or(""),
        state: String = text("status", "处理状态").one_of(&["pending", "refuse", "agree", "ignore"]),
    }
}

/// #7 `POST /api/chat/handleapply/:id`.
async fn decide(State(egg): State<Egg>, call: Call<Users, Decision>) -> Reply<&'static str> {
    let Decision { request, remark, state } = call.params;
    let state = RequestState::parse(&state).unwrap_or(RequestState::Pending);
    contacts::decide(&egg.app, call.caller, request, state, remark).await.or_apologise(APOLOGY, &[])?;
    ok("ok")
}

params! {
    struct FriendPage {
        page: i64 = int("page", "页码").at_least(1),
        limit: i64 = int("limit", "每页多少条").or(2_000),
    }
}

/// #8 `GET /api/chat/goodfriendlist/:page`: my friends under their letters.
async fn friends(State(egg): State<Egg>, call: Call<Users, FriendPage>) -> Reply<Value> {
    let limit = views::page_size(call.params.limit);
    let found = contacts::friends(&egg.app, call.caller, call.params.page, limit).await?;
    if found.is_empty() {
        return ok(json!({ "count": 0, "rows": [] })); // a list, not an object: clients know it so
    }
    let count = found.len();
    let groups = initials::grouped(found, Friend::name);
    let lists: Vec<_> = groups
        .iter()
        .map(|(letter, friends)| json!({ "title": letter, "list": friends.iter().map(listed).collect::<Vec<_>>() }))
        .collect();
    let letters: Vec<_> = groups.iter().map(|(letter, _)| letter).collect();
    ok(json!({
        "count": count,
        "rows": { "newList": lists, "indexList": letters, "total": groups.len() },
    }))
}

fn listed(friend: &Friend) -> Value {
    json!({
        "id": friend.edge,
        "beizhu": friend.remark,
        "username": friend.username,
        "avatar": friend.avatar,
        "friend_nickname": friend.nickname,
        "friend_id": friend.id,
        "name": friend.name(),
        "uuid": friend.uuid,
    })
}

params! {
    struct FriendId {
        friend: i64 = int("id", "好友id").at_least(1),
    }
}

/// #9 `GET /api/chat/getgoodfriendinfo/:id`.
async fn friend(State(egg): State<Egg>, call: Call<Users, FriendId>) -> Reply<Value> {
    let (edge, account) = contacts::friend(&egg.app, call.caller, AccountId(call.params.friend)).await?;
    ok(json!({
        "id": edge.id,
        "user_id": edge.owner,
        "friend_id": edge.peer,
        "nickname": edge.remark,
        "friendinfo": {
            "id": account.id,
            "username": account.username,
            "avatar": account.avatar,
            "nickname": account.nickname,
            "role": account.role,
            "status": i64::from(account.enabled),
            "userinfo": views::about(&account),
        },
    }))
}

/// #10 `POST /api/chat/setblackgoodfriend/:id`.
async fn toggle_block(State(egg): State<Egg>, call: Call<Users, FriendId>) -> Reply<&'static str> {
    contacts::set_flag(&egg.app, call.caller, AccountId(call.params.friend), Flag::ToggleBlocked).await?;
    ok("ok")
}

const NOT_OR_BLOCKED: (Refusal, &str) = (Refusal::NotFriends, "好友不存在或者被拉黑，无法操作");

/// #11 `POST /api/chat/setstargoodfriend/:id`.
async fn toggle_star(State(egg): State<Egg>, call: Call<Users, FriendId>) -> Reply<&'static str> {
    let set =
        contacts::set_flag(&egg.app, call.caller, AccountId(call.params.friend), Flag::ToggleStarred).await;
    set.or_say(&[NOT_OR_BLOCKED])?;
    ok("ok")
}

params! {
    struct Visibility {
        friend: i64 = int("id", "朋友id").at_least(1),
        shows_me: i64 = int("friendlookme", "朋友是否可以看我的动态").one_of(&[0, 1]),
        shows_peer: i64 =
            int("melookfriend", "我的朋友圈是否出现朋友的信息（我是否看朋友的动态）").one_of(&[0, 1]),
    }
}

/// #12 `POST /api/chat/setmeOrfriendCanSee/:id`.
async fn set_visibility(State(egg): State<Egg>, call: Call<Users, Visibility>) -> Reply<&'static str> {
    let Visibility { friend, shows_me, shows_peer } = call.params;
    let flag = Flag::Visibility { shows_me: shows_me == 1, shows_peer: shows_peer == 1 };
    contacts::set_flag(&egg.app, call.caller, AccountId(friend), flag).await.or_say(&[NOT_OR_BLOCKED])?;
    ok("ok")
}

params! {
    struct Uuid {
        uuid: String = text("uuid", "uuid值").length(36, 36),
    }
}

/// #17 `POST /api/chat/isApplyfriend/:uuid`: the request that this person made to me.
async fn request_from(State(egg): State<Egg>, call: Call<Users, Uuid>) -> Reply<Value> {
    let found = contacts::request_from(&egg.app, call.caller, call.params.uuid).await;
    let request = found.or_say(&[(Refusal::NoSuchRequest, "用户申请信息不存在")])?;
    ok(views::request(&request))
}

params! {
    struct PersonId {
        person: i64 = int("id", "朋友id").at_least(1),
    }
}

/// #19 `POST /api/chat/ismygoodfriend/:id`: my row for this friend, unless I blocked it.
async fn is_friend(State(egg): State<Egg>, call: Call<Befrienders, PersonId>) -> Reply<Value> {
    const NO: (Refusal, &str) = (Refusal::NotFriends, "不是好友");
    let (edge, _) =
        contacts::unblocked(&egg.app, call.caller, AccountId(call.params.person)).await.or_say(&[NO])?;
    ok(views::edge(&edge))
}

/// #33 `POST /api/chat/deletegoodfriend/:id`.
async fn unfriend(State(egg): State<Egg>, call: Call<Befrienders, PersonId>) -> Reply<&'static str> {
    let ended = contacts::unfriend(&egg.app, call.caller, AccountId(call.params.person)).await;
    ended.or_say(&[(Refusal::NotFriends, "不是好友关系，无权操作")])?;
    ok("删除好友成功")
}
