//! Each step as the call of a client.
use super::{
    ops::{Claim, Decision, Inviter, Op, Who},
    run::Play,
    world::{HERALD, Place},
};
use serde_json::{Value, json};

/// No group and no request has this number.
pub const NOBODY: i64 = 999_999;

impl Play {
    /// Who calls what with which body; nothing for what happens without a call.
    pub async fn call(&self, op: &Op) -> Option<(Who, String, Value)> {
        let id = |who: Who| self.people[who].id;
        let group = |nth| self.world.group(nth).map_or(NOBODY, |group| self.world.groups[group].id);
        let say = |to: i64, chat_type| {
            let data = json!({ "data": self.world.fresh_text(), "dataType": false, "otherData": null });
            json!({ "sendto_id": to, "chatType": chat_type, "type": "text", "data": data })
        };
        let revoke = |to: i64, chat_type: &str, id: String, at: i64| {
            json!({ "to_id": to, "to_name": "somebody", "to_avatar": "/public/icons/avatar.png", "id": id,
                    "chatType": chat_type, "create_time": at })
        };
        let unknown = || uuid::Uuid::new_v4().to_string();
        let (who, route, body) = match *op {
            Op::Say(me, to) => (me, "socket/sendmessage".into(), say(id(to), "single")),
            Op::SayIn(me, nth) => (me, "socket/sendmessage".into(), say(group(nth), "group")),
            Op::Revoke(me, back, claim) => {
                let Some((_, entry, message)) = self.world.revocable(back) else { return silence(me) };
                let at = if claim == Claim::JustNow { self.world.now } else { entry.at };
                let (to, chat_type) = match entry.place {
                    _ if claim == Claim::Elsewhere => (id(HERALD), "single"),
                    Place::Between(a, b) => (id(if a == me { b } else { a }), "single"),
                    Place::Inbox(owner) => (id(owner), "single"),
                    Place::Group(group) => (self.world.groups[group].id, "group"),
                };
                (me, "revokeMessage".into(), revoke(to, chat_type, message, at))
            }
            Op::RevokeUnknown(me, to) => {
                (me, "revokeMessage".into(), revoke(id(to), "single", unknown(), self.world.now))
            }
            Op::RevokeUnknownIn(me, nth) => {
                (me, "revokeMessage".into(), revoke(group(nth), "group", unknown(), self.world.now))
            }
            Op::Ask(me, to) => (me, "applyfriend".into(), json!({ "friend_id": id(to) })),
            Op::Decide(from, me, decision) => {
                let ask = format!("/api/chat/isApplyfriend/{}", self.people[from].uuid);
                let known = self.people[me].post(&ask, json!({})).await;
                let request = known.body["data"]["id"].as_i64().unwrap_or(NOBODY);
                let status = match decision {
                    Decision::Pending => "pending",
                    Decision::Refuse => "refuse",
                    Decision::Ignore => "ignore",
                    Decision::Agree => "agree",
                };
                (me, format!("handleapply/{request}"), json!({ "status": status }))
            }
            Op::Befriend(me, to) => (me, "autoAddFriendAndAgree".into(), json!({ "friend_id": id(to) })),
            Op::Unfriend(me, friend) => (me, format!("deletegoodfriend/{}", id(friend)), json!({})),
            Op::Block(me, friend) => (me, format!("setblackgoodfriend/{}", id(friend)), json!({})),
            Op::Privacy(me, visitors, users) => {
                let chatset = json!({ "visitor": { "sendCount": visitors }, "user": { "sendCount": users } });
                (me, "userset".into(), json!({ "userset": { "chatset": chatset } }))
            }
            Op::WantsToBeAsked(me, wants) => {
                let field = json!({ "fieldname": "invite_confirm", "fieldValue": i64::from(wants) });
                (me, "updateUserinfo".into(), field)
            }
            Op::Create(me, ref friends) => {
                let rows = self.friend_rows(me).await;
                let wanted = |row: &&Value| friends.iter().any(|who| row["friend_id"] == id(*who));
                let edges: Vec<_> = rows.iter().filter(wanted).map(|row| row["id"].clone()).collect();
                (me, "group/create".into(), json!({ "userIds": edges }))
            }
            Op::Rename(me, nth) => {
                let name = format!("雁群 {}", self.world.log.len());
                (me, "groupUpdateName".into(), json!({ "id": group(nth), "name": name }))
            }
            Op::Announce(me, nth) => {
                let text = self.world.fresh_text();
                (me, "groupremark".into(), json!({ "id": group(nth), "remark": text }))
            }
            Op::Leave(me, nth) => (me, "groupDeleteOrQuit".into(), json!({ "id": group(nth) })),
            Op::Kick(me, nth, member) => {
                (me, "groupDeleteUser".into(), json!({ "group_id": group(nth), "user_id": id(member) }))
            }
            Op::Invite(me, nth, whom, inviter) => {
                let inviter = match inviter {
                    Inviter::Nobody => -1,
                    Inviter::Oneself => id(me),
                    Inviter::Other(other) => id(other),
                };
                let body = json!({ "group_id": group(nth), "user_id": id(whom), "inviteuser_id": inviter });
                (me, "groupInviteUser".into(), body)
            }
            Op::Policy(me, nth, policy) => {
                (me, "groupAddUserSet".into(), json!({ "group_id": group(nth), "addGroupSet": policy }))
            }
            Op::Admit(me, nth, who, agree) => {
                let body = json!({ "group_id": group(nth), "user_id": id(who), "type": if agree { "agree" } else { "no" } });
                (me, "groupAgreeOrNo".into(), body)
            }
            Op::Fetch(me) => (me, "chatGetmessageOffLine".into(), json!({})),
            Op::Connect(_) | Op::Prove(_) | Op::Close(..) | Op::Cut(..) | Op::Restart | Op::Pass(_) => {
                return None;
            }
        };
        Some((who, format!("/api/chat/{route}"), body))
    }

    /// The rows of somebody's friend list.
    pub async fn friend_rows(&self, who: Who) -> Vec<Value> {
        let body = self.people[who].get("/api/chat/goodfriendlist/1").await.body;
        let letters = body.pointer("/data/rows/newList").and_then(Value::as_array).into_iter().flatten();
        letters.flat_map(|letter| letter["list"].as_array().cloned().unwrap_or_default()).collect()
    }
}

/// A call that is not made.
fn silence(me: Who) -> Option<(Who, String, Value)> {
    Some((me, String::new(), Value::Null))
}
