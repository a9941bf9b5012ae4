//! Groups (egg.md §4 #21, #23 to #28, #35 to #38).
use crate::{
    Egg,
    envelope::{Fail, Reply, Worded, ok},
    extract::{Call, Everyone, Users},
    input::Input,
    params::{Ids, Params, int, params, text},
    views,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use im_core::{
    AccountId, ConversationId, Refusal,
    groups::{self, Change, Invitation, Member, Outcome},
};
use im_gateway::egg::{GroupView, ORDER, Style};
use serde_json::{Value, json};

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/chat/group/create", post(create))
        .route("/chat/grouplist/{page}", get(mine))
        .route("/chat/groupinfo/{id}", get(info))
        .route("/chat/groupUpdateName", post(rename))
        .route("/chat/groupremark", post(announce))
        .route("/chat/groupnickname", post(set_nickname))
        .route("/chat/groupDeleteOrQuit", post(leave))
        .route("/chat/groupDeleteUser", post(remove))
        .route("/chat/groupInviteUser", post(invite))
        .route("/chat/groupAddUserSet", post(set_join_policy))
        .route("/chat/groupAgreeOrNo", post(decide))
}

params! {
    struct Create {
        edges: Vec<i64> = Ids("userIds"),
    }
}

/// #21 `POST /api/chat/group/create`: of me and the friends behind these rows of my list.
async fn create(State(egg): State<Egg>, call: Call<Users, Create>) -> Reply<&'static str> {
    let made = groups::create(&egg.app, call.caller, call.params.edges).await;
    made.or_say(&[(Refusal::NoSuchPerson, "用户不存在，无法加入群聊")])?;
    ok("ok")
}

/// A page of my groups. The published form `/grouplist/1&limit=3` puts the limit into the path.
struct Page {
    page: i64,
    limit: i64,
}

impl Params for Page {
    fn read(input: &Input) -> Result<Self, Fail> {
        let segment = input.text("page").unwrap_or_default();
        let (page, rest) = segment.split_once('&').unwrap_or((&segment, ""));
        let inside = rest.split('&').find_map(|pair| pair.strip_prefix("limit=")?.parse().ok());
        Ok(Page {
            page: int("page", "页码").at_least(1).check(page)?,
            limit: int("limit", "每页多少条").or(inside.unwrap_or(30)).read(input)?,
        })
    }
}

/// #23 `GET /api/chat/grouplist/:page`.
async fn mine(State(egg): State<Egg>, call: Call<Everyone, Page>) -> Reply<Vec<Value>> {
    let limit = views::page_size(call.params.limit);
    let found = groups::mine(&egg.app, call.caller, call.params.page, limit).await?;
    let rows = found.iter().map(|(group, me)| {
        let mut row = json!(GroupView::short(&egg.style, group));
        let mine = json!({ "group_id": group.id, "user_id": me.account, "nickname": me.nickname, "avatar": me.avatar });
        row["group_users"] = json!([mine]);
        row
    });
    ok(rows.collect())
}

params! {
    struct GroupId {
        group: i64 = int("id", "群id").at_least(1),
    }
}

/// #24 `GET /api/chat/groupinfo/:id`: open to everybody, because the page that asks to join shows it.
async fn info(State(egg): State<Egg>, call: Call<Everyone, GroupId>) -> Reply<Value> {
    let found = groups::info(&egg.app, call.caller, ConversationId(call.params.group)).await;
    let (group, members) = found.or_say(&[(Refusal::NoSuchGroup, "群不存在或被封禁")])?;
    let mut row = json!(GroupView::short(&egg.style, &group));
    row["group_users"] = members.iter().map(|member| member_view(&egg.style, member)).collect();
    ok(row)
}

fn member_view(style: &Style, member: &Member) -> Value {
    let membership = &member.membership;
    json!({
        "create_time": style.offset.datetime(membership.created_ms),
        "id": membership.id,
        "group_id": membership.conversation,
        "user_id": membership.account,
        "nickname": membership.nickname,
        "avatar": membership.avatar,
        "status": 1,
        "order": ORDER,
        "groupId": membership.conversation,
        "user": {
            "id": membership.account,
            "username": member.username,
            "avatar": member.avatar,
            "nickname": member.nickname,
            "role": member.role,
            "uuid": member.uuid,
        },
    })
}

params! {
    struct Rename {
        group: i64 = int("id", "群id").at_least(1),
        name: String = text("name", "群名称").length(1, 20),
    }
}

/// #25 `POST /api/chat/groupUpdateName`.
async fn rename(State(egg): State<Egg>, call: Call<Users, Rename>) -> Reply<&'static str> {
    let Rename { group, name } = call.params;
    let changed = groups::change(&egg.app, call.caller, ConversationId(group), Change::Name(name)).await;
    changed.or_say(&[(Refusal::OwnerOnly, "只有群主才能修改群名称"), UNTOLD])?;
    ok("ok")
}

const UNTOLD: (Refusal, &str) = (Refusal::NotMember, "无法通知群成员");

params! {
    struct Announce {
        group: i64 = int("id", "群id").at_least(1),
        text: String = text("remark", "群公告").length(1, 500),
    }
}

/// #26 `POST /api/chat/groupremark`.
async fn announce(State(egg): State<Egg>, call: Call<Users, Announce>) -> Reply<&'static str> {
    let Announce { group, text } = call.params;
    let changed =
        groups::change(&egg.app, call.caller, ConversationId(group), Change::Announcement(text)).await;
    changed.or_say(&[(Refusal::OwnerOnly, "只有群主才能修改群公告"), UNTOLD])?;
    ok("ok")
}

params! {
    struct Nickname {
        group: i64 = int("id", "群id").at_least(1),
        nickname: String = text("nickname", "群昵称").length(1, 20),
    }
}

/// #27 `POST /api/chat/groupnickname`.
async fn set_nickname(State(egg): State<Egg>, call: Call<Everyone, Nickname>) -> Reply<&'static str> {
    let Nickname { group, nickname } = call.params;
    let set = groups::set_nickname(&egg.app, call.caller, ConversationId(group), nickname).await;
    set.or_say(&[(Refusal::NotMember, "你不在该群聊中，无法修改昵称")])?;
    ok("ok")
}

/// #28 `POST /api/chat/groupDeleteOrQuit`: the owner dissolves, others leave.
async fn leave(State(egg): State<Egg>, call: Call<Everyone, GroupId>) -> Reply<&'static str> {
    groups::leave(&egg.app, call.caller, ConversationId(call.params.group)).await?;
    ok("ok")
}

params! {
    struct Remove {
        group: i64 = int("group_id", "群id").at_least(1),
        member: i64 = int("user_id", "群成员id").at_least(1),
    }
}

/// #35 `POST /api/chat/groupDeleteUser`.
async fn remove(State(egg): State<Egg>, call: Call<Users, Remove>) -> Reply<&'static str> {
    let Remove { group, member } = call.params;
    let removed = groups::remove(&egg.app, call.caller, ConversationId(group), AccountId(member)).await;
    removed.or_say(&[(Refusal::Yourself, "群主不能删除自己")])?;
    ok("删除群成员成功")
}

params! {
    struct Invite {
        group: i64 = int("group_id", "群id").at_least(1),
        account: i64 = int("user_id", "用户id").at_least(1),
        inviter: i64 = int("inviteuser_id", "邀请人的用户id").or(0),
        text: String = text("addGroupDesc", "加群说明或者邀请说明").length(0, 500).or(""),
    }
}

/// #36 `POST /api/chat/groupInviteUser`: invites somebody, or joins.
async fn invite(State(egg): State<Egg>, call: Call<Everyone, Invite>) -> Reply<&'static str> {
    let Invite { group, account, inviter, text } = call.params;
    let claim = Invitation {
        group: ConversationId(group),
        account: AccountId(account),
        inviter: (inviter > 0).then_some(AccountId(inviter)),
        text,
    };
    let outcome = groups::invite(&egg.app, call.caller, claim).await;
    let outcome = outcome.or_say(&[
        (Refusal::NoSuchGroup, "群不存在或者被封禁"),
        (Refusal::NoSuchPerson, "加群的用户不存在或已被封禁，无法加入群聊"),
    ])?;
    ok(match outcome {
        Outcome::Joined => "加群成功",
        Outcome::Waiting => "等待群主同意",
    })
}

const NOT_YOURS: (Refusal, &str) = (Refusal::OwnerOnly, "群不存在或者被封禁或者你无权操作");

params! {
    struct JoinPolicy {
        group: i64 = int("group_id", "群id").at_least(1),
        policy: i64 = int("addGroupSet", "进群设置属性值").range(0, 10),
    }
}

/// #37 `POST /api/chat/groupAddUserSet`.
async fn set_join_policy(State(egg): State<Egg>, call: Call<Users, JoinPolicy>) -> Reply<&'static str> {
    let JoinPolicy { group, policy } = call.params;
    let changed =
        groups::change(&egg.app, call.caller, ConversationId(group), Change::JoinPolicy(policy)).await;
    changed.or_say(&[NOT_YOURS])?;
    ok("设置成功")
}

params! {
    struct Decision {
        group: i64 = int("group_id", "群id").at_least(1),
        applicant: i64 = int("user_id", "进群的用户id").at_least(1),
        kind: String = text("type", "同意或者拒绝").one_of(&["agree", "no"]),
    }
}

/// #38 `POST /api/chat/groupAgreeOrNo`.
async fn decide(State(egg): State<Egg>, call: Call<Users, Decision>) -> Reply<&'static str> {
    let Decision { group, applicant, kind } = call.params;
    let agree = kind == "agree";
    let decided =
        groups::decide(&egg.app, call.caller, ConversationId(group), AccountId(applicant), agree).await;
    decided.or_say(&[NOT_YOURS, (Refusal::NoSuchPerson, "用户不存在或者被封禁")])?;
    ok("处理成功")
}
