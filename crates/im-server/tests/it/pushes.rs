//! The catalogue of pushes (egg.md §5.5): every one with all its keys, who gets it and who does not.
//! Each story is played twice: with everybody online, and with everybody away, so that the same
//! pushes come out of the queue.
use crate::{
    kit::*,
    template::{assert_fits, enc},
};
use reqwest::Method;
use serde_json::{Value, json};

/// Where the notices' own picture is.
const ICON: &str = "/public/icons/group.png";

/// People, each with a socket or away. After each act exactly those are told who should be.
struct Stage {
    im: Im,
    cast: Vec<Person>,
    /// Empty when everybody is away.
    sockets: Vec<Socket>,
    /// What somebody who is away will find.
    waiting: Vec<Vec<Value>>,
}

/// What one of the cast is told.
type Told = (usize, Value);

impl Stage {
    /// Users of these names; a name that begins with `VIS` is a visitor. All let strangers write.
    async fn set(online: bool, names: &[&str]) -> Stage {
        let im = Im::with(|settings| {
            settings.egg.onboarding_hints = false;
            settings.chat.auto_reply_delay_ms = 1;
        })
        .await;
        let mut cast = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let person =
                if name.starts_with("VIS") { im.visitor(n as u32).await } else { im.user(name).await };
            let all = json!({ "sendCount": 2, "needFollow": false });
            let open = json!({ "userset": { "chatset": { "visitor": all, "user": all } } });
            person.post("/api/chat/userset", open).await.ok();
            cast.push(person);
        }
        let mut sockets = Vec::new();
        for person in cast.iter().filter(|_| online) {
            sockets.push(person.connect().await);
        }
        let waiting = vec![Vec::new(); names.len()];
        Stage { im, cast, sockets, waiting }
    }

    fn id(&self, who: usize) -> i64 {
        self.cast[who].id
    }

    fn avatar(&self, who: usize) -> Value {
        self.cast[who].row["avatar"].clone()
    }

    fn online(&self) -> bool {
        !self.sockets.is_empty()
    }

    /// One call, its answer, and the pushes in the order of `told` (none when everybody is away).
    async fn act(&mut self, who: usize, path: &str, body: Value, told: Vec<Told>) -> (Value, Vec<Value>) {
        let answer = self.cast[who].post(path, body).await.ok();
        let pushes = self.hear(told).await;
        (answer, pushes)
    }

    async fn hear(&mut self, told: Vec<Told>) -> Vec<Value> {
        let mut pushes = Vec::new();
        for (who, template) in told {
            match self.sockets.get_mut(who) {
                Some(socket) => pushes.push(heard(&self.im, socket, &template).await),
                None => self.waiting[who].push(template),
            }
        }
        for socket in &mut self.sockets {
            socket.nothing().await;
        }
        self.im.pass(1_000);
        pushes
    }

    /// Everybody comes back, finds what waits and nothing else.
    async fn end(mut self) {
        let online = self.online();
        for who in 0..self.cast.len() {
            if !online {
                self.sockets.push(self.cast[who].connect().await);
                self.cast[who].drain().await;
            }
            let from = if who == 0 { 1 } else { 0 };
            self.cast[from].say(&self.cast[who], "the end").await.ok();
            let socket = &mut self.sockets[who];
            for template in &self.waiting[who] {
                heard(&self.im, socket, template).await;
            }
            assert_eq!(socket.text().await, "the end", "what {} is told", self.cast[who].name);
        }
    }
}

/// The next push, in its envelope.
async fn heard(im: &Im, socket: &mut Socket, template: &Value) -> Value {
    let frame = socket.frame().await;
    let envelope = json!({ "type": "singleChat", "data": frame["data"], "timestamp": im.now() });
    assert_fits(&frame, &envelope);
    assert_fits(&frame["data"], template);
    frame["data"].clone()
}

/// How somebody or a group is shown: number, name, picture.
type Face<'a> = (i64, &'a str, Value);

/// The keys that all messages have.
fn message(from: &Face<'_>, to: &Face<'_>, chat_type: &str, kind: &str, data: Value, now: i64) -> Value {
    json!({
        "id": "<uuid>", "from_avatar": from.2, "from_name": from.1, "from_id": from.0,
        "to_id": to.0, "to_name": to.1, "to_avatar": to.2, "chatType": chat_type, "type": kind,
        "data": data, "options": {}, "create_time": now, "isremove": 0,
    })
}

fn notice(from: &Face<'_>, to: &Face<'_>, chat_type: &str, text: &str, now: i64) -> Value {
    let data = json!({ "data": text, "dataType": false, "otherData": null });
    message(from, to, chat_type, "systemNotice", data, now)
}

fn with(mut message: Value, more: Value) -> Value {
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    message
}

/// A notice of a group, with the group's row.
fn group_notice(from: &Face<'_>, group: &Face<'_>, owner: i64, text: &str, now: i64) -> Value {
    let row = json!({
        "id": group.0, "uuid": "<uuid>", "user_id": owner, "name": group.1, "avatar": group.2,
        "remark": "<text>", "...": true,
    });
    with(notice(from, group, "group", text, now), json!({ "group": row }))
}

/// "J" of egg.md §4 #36.
fn joined(group: &Face<'_>, owner: i64, newcomer: i64, text: &str, now: i64) -> Value {
    let nobody = json!({ "username": "", "nickname": "", "avatar": "" });
    let member = json!({ "nickname": "", "avatar": "", "user_id": "<id>", "status": 1, "user": nobody });
    let row = json!({
        "create_time": "<time>", "id": group.0, "uuid": "<uuid>", "user_id": owner, "name": group.1,
        "avatar": group.2, "remark": "", "invite_confirm": "<any>", "status": 1, "user": nobody,
        "group_users": [member],
    });
    let mut told = notice(&(0, "加群申请提醒", json!(ICON)), group, "group", text, now);
    told["from_id"] = json!(format!("redirect-applyAddGroup{}-{newcomer}-{now}", group.0));
    with(told, json!({ "group": row }))
}

#[tokio::test]
async fn friendship_is_asked_and_told() {
    for online in [true, false] {
        let mut stage = Stage::set(online, &["anna", "bobby", "carla"]).await;
        let (ann, bob, carl) = (0, 1, 2);
        let nickname = json!({ "fieldname": "nickname", "fieldValue": "鲍勃" });
        stage.act(bob, "/api/chat/updateUserinfo", nickname, vec![]).await;

        // asked
        let asked = |stage: &Stage, by: usize, name: &str, of: Face<'_>| {
            let key = format!("redirect-applyFriend-{}", stage.id(by));
            let text = format!("用户[{name}]申请添加您为好友，请尽快处理");
            let data = json!({ "data": text, "dataType": false, "otherData": null });
            let from = (0, "好友申请提醒", json!(ICON));
            let mut told = message(&from, &of, "single", "text", data, stage.im.now());
            told["from_id"] = json!(key);
            let redirect = json!({ "url": "/pages/applyMyfriend/applyMyfriend", "type": "navigateTo" });
            with(told, json!({ "redirect": redirect, "msgidKey": key }))
        };
        let told = asked(&stage, ann, "anna", (stage.id(bob), "鲍勃", stage.avatar(bob)));
        let apply = json!({ "friend_id": stage.id(bob), "nickname": "我是安娜" });
        stage.act(ann, "/api/chat/applyfriend", apply, vec![(bob, told)]).await;

        // agreed, under a remark: two pushes with one id
        let row = stage.cast[bob].get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["id"].clone();
        let text = "我们已经是好友了，可以开始聊天了";
        let faces: (Face<'_>, Face<'_>) =
            ((stage.id(bob), "鲍勃", stage.avatar(bob)), (stage.id(ann), "小安", stage.avatar(ann)));
        let now = stage.im.now();
        let told = vec![
            (ann, notice(&faces.0, &faces.1, "single", text, now)),
            (bob, notice(&faces.1, &faces.0, "single", text, now)),
        ];
        let agree = json!({ "nickname": "小安", "status": "agree" });
        let (_, pushes) = stage.act(bob, &format!("/api/chat/handleapply/{row}"), agree, told).await;
        if online {
            assert_eq!(pushes[0]["id"], pushes[1]["id"]);
        }

        // at once
        let faces: (Face<'_>, Face<'_>) =
            ((stage.id(carl), "carla", stage.avatar(carl)), (stage.id(ann), "anna", stage.avatar(ann)));
        let now = stage.im.now();
        let told = vec![
            (ann, notice(&faces.0, &faces.1, "single", text, now)),
            (carl, notice(&faces.1, &faces.0, "single", text, now)),
        ];
        let (_, pushes) =
            stage.act(carl, "/api/chat/autoAddFriendAndAgree", json!({ "friend_id": faces.1.0 }), told).await;
        if online {
            assert_eq!(pushes[0]["id"], pushes[1]["id"]);
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn a_single_message_goes_to_its_receiver_alone() {
    for online in [true, false] {
        let mut stage = Stage::set(online, &["anna", "bobby", "VIS"]).await;
        let (ann, bob, visitor) = (0, 1, 2);
        let said = |data: &str| json!({ "data": data, "dataType": false, "otherData": null });
        let icon =
            json!({ "type": "iconMenus", "typedata": { "name": "赞", "icon": "👍", "iconType": "emoji" } });
        // who, whom, type, data, options as they are posted, options as they come out
        let cases = [
            (
                ann,
                bob,
                "text",
                said("你好，阿祖"),
                json!(enc(r#"{"a":{"b":[1]}}"#)),
                json!({ "a": { "b": [1] } }),
            ),
            (
                bob,
                ann,
                "text",
                said("{\"x\":\"</script>\\\""),
                json!(r#"{"plain":1}"#),
                json!({ "plain": 1 }),
            ),
            (visitor, ann, "image", said("/public/uploads/1.png"), json!("%7Bbroken"), Value::Null),
            (
                ann,
                visitor,
                "iconMenus",
                json!({ "data": "👍", "dataType": "emoji", "otherData": icon }),
                json!(""),
                Value::Null,
            ),
            (bob, visitor, "我的类型", said(&"雁".repeat(4_000)), Value::Null, Value::Null),
        ];
        for (from, to, kind, data, options, decoded) in cases {
            let faces: [Face<'_>; 2] = [from, to].map(|who| {
                let person = &stage.cast[who];
                (person.id, person.name.as_str(), person.row["avatar"].clone())
            });
            let wire = serde_json::to_string(&data).unwrap();
            let mut expected = message(&faces[0], &faces[1], "single", kind, json!(wire), stage.im.now());
            expected["options"] = decoded;
            let expected = with(expected, json!({ "sendUUid": stage.cast[from].uuid }));
            let mut body =
                json!({ "sendto_id": faces[1].0, "chatType": "single", "type": kind, "data": data });
            if !options.is_null() {
                body["options"] = options;
            }
            let answer = stage.cast[from].post("/api/chat/socket/sendmessage", body).await.ok();
            assert_fits(&answer, &expected);
            stage.hear(vec![(to, answer)]).await; // the push is the answer, to the letter
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn remarks_name_people_in_single_messages() {
    let mut stage = Stage::set(true, &["anna", "bobby", "VIS"]).await;
    let (ann, bob, visitor) = (0, 1, 2);
    let apply = json!({ "friend_id": stage.id(bob) });
    stage.cast[ann].post("/api/chat/applyfriend", apply).await.ok();
    let row = stage.cast[bob].get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["id"].clone();
    let agree = json!({ "nickname": "小安", "status": "agree" });
    stage.cast[bob].post(&format!("/api/chat/handleapply/{row}"), agree).await.ok();
    stage.sockets[bob].push().await; // the request
    for who in [ann, bob] {
        stage.sockets[who].push().await; // the friendship
    }
    let visitors = stage.cast[visitor].name.clone();
    // who to whom, from_name, to_name
    let cases = [
        (ann, bob, "小安", "bobby"), // the receiver's remark
        (bob, ann, "bobby", "小安"), // the sender's remark
        (visitor, ann, visitors.as_str(), "anna"),
    ];
    for (from, to, from_name, to_name) in cases {
        let answer = stage.cast[from].say(&stage.cast[to], "hi").await.ok();
        assert_eq!((&answer["from_name"], &answer["to_name"]), (&json!(from_name), &json!(to_name)));
        stage.hear(vec![(to, answer)]).await;
    }
}

/// The first of the cast makes a group with the friends after it; nobody else is told.
async fn found_group(stage: &mut Stage, friends: &[usize]) -> (i64, String) {
    let mut edges = Vec::new();
    for friend in friends {
        let befriended = json!({ "chatType": "single", "type": "systemNotice", "...": true });
        let told = vec![(0, befriended.clone()), (*friend, befriended)];
        let body = json!({ "friend_id": stage.id(*friend) });
        stage.act(0, "/api/chat/autoAddFriendAndAgree", body, told).await;
        edges.push(stage.cast[0].edge(&stage.cast[*friend]).await);
    }
    let members: Vec<usize> = [0].into_iter().chain(friends.iter().copied()).collect();
    let names: Vec<String> = members.iter().map(|who| stage.cast[*who].name.clone()).collect();
    let avatars: Vec<_> = members.iter().map(|who| stage.avatar(*who).as_str().unwrap().to_owned()).collect();
    let name = names.join("、");
    let group = (0, name.as_str(), json!(avatars.join(",")));
    let owner = (stage.id(0), "anna", stage.avatar(0));
    let text = "anna创建了一个群，大家可以开始聊天了";
    let mut template = group_notice(&owner, &group, owner.0, text, stage.im.now());
    if !stage.online() {
        // Later tests change names and pictures before anybody comes back.
        template = json!({ "type": "systemNotice", "group": { "...": true }, "...": true });
    }
    template["to_id"] = json!("<id>");
    template["group"]["id"] = json!("<id>");
    let told = members.iter().map(|who| (*who, template.clone())).collect();
    let (answer, pushes) = stage.act(0, "/api/chat/group/create", json!({ "userIds": edges }), told).await;
    assert_eq!(answer, "ok");
    let id = stage.cast[0].get("/api/chat/grouplist/1").await.ok()[0]["id"].as_i64().unwrap();
    for push in pushes {
        assert_eq!((&push["to_id"], &push["group"]["id"]), (&json!(id), &json!(id)));
    }
    (id, name)
}

#[tokio::test]
async fn a_group_is_told_of_what_concerns_it() {
    for online in [true, false] {
        let mut stage = Stage::set(online, &["anna", "bobby", "carla", "stranger"]).await;
        let (ann, bob, carl) = (0, 1, 2);
        let (id, _) = found_group(&mut stage, &[bob, carl]).await;
        let avatar = json!("<text>");
        let all = |template: &Value| [ann, bob, carl].map(|who| (who, template.clone())).to_vec();
        let owner_row = (stage.id(ann), "群主大人", stage.avatar(ann));
        let nickname = json!({ "id": id, "nickname": "群主大人" });
        stage.act(ann, "/api/chat/groupnickname", nickname, vec![]).await;

        // 6: the new name
        let group: Face<'_> = (id, "雁群", avatar.clone());
        let told = group_notice(&owner_row, &group, owner_row.0, "群名称修改为：雁群", stage.im.now());
        let rename = json!({ "id": id, "name": "雁群" });
        let (_, pushes) = stage.act(ann, "/api/chat/groupUpdateName", rename, all(&told)).await;
        assert!(pushes.windows(2).all(|two| two[0] == two[1]), "the same for all");

        // 7: the announcement
        let text = "[公告] \n\n 今晚八点\n老地方";
        let told = group_notice(&owner_row, &group, owner_row.0, text, stage.im.now());
        let remark = json!({ "id": id, "remark": "今晚八点\n老地方" });
        stage.act(ann, "/api/chat/groupremark", remark, all(&told)).await;

        // 2: a message, to all but its sender, under the sender's name there
        stage.act(bob, "/api/chat/groupnickname", json!({ "id": id, "nickname": "鲍" }), vec![]).await;
        for (from, name, others) in [(bob, "鲍", [ann, carl]), (carl, "carla", [ann, bob])] {
            let sender = (stage.id(from), name, stage.avatar(from));
            let data = r#"{"data":"雁来","dataType":false,"otherData":null}"#;
            let expected = message(&sender, &group, "group", "text", json!(data), stage.im.now());
            let row = json!({
                "create_time": "<time>", "id": id, "uuid": "<uuid>", "user_id": owner_row.0, "name": "雁群",
                "avatar": "<text>", "remark": "今晚八点\n老地方", "invite_confirm": 0, "order": 50,
                "status": if online { json!(1) } else { json!("<any>") }, // dissolved, when it is read
                "update_time": "<iso>", "group_users": "<array>",
            });
            let mut expected = with(expected, json!({ "group": row, "sendUUid": stage.cast[from].uuid }));
            expected["options"] = Value::Null;
            let answer = stage.cast[from].send(id, "group", "雁来").await.ok();
            assert_fits(&answer, &expected);
            let told = if online { answer.clone() } else { expected };
            stage.hear(others.map(|who| (who, told.clone())).to_vec()).await;
        }

        // 9: somebody left; only the owner is told
        let sender = (stage.id(bob), "鲍", stage.avatar(bob));
        let told = group_notice(&sender, &group, owner_row.0, "鲍于 <*> 已退出群聊", stage.im.now());
        stage.act(bob, "/api/chat/groupDeleteOrQuit", json!({ "id": id }), vec![(ann, told)]).await;

        // 8: the end; those who left before do not hear of it
        let told = group_notice(&owner_row, &group, owner_row.0, "群主于 <*> 解散了该群", stage.im.now());
        let told = [ann, carl].map(|who| (who, told.clone())).to_vec();
        stage.act(ann, "/api/chat/groupDeleteOrQuit", json!({ "id": id }), told).await;
        stage.end().await;
    }
}

#[tokio::test]
async fn dates_in_notices_are_readable() {
    let mut stage = Stage::set(true, &["anna", "bobby"]).await;
    let (id, _) = found_group(&mut stage, &[1]).await;
    // 2025-08-19 11:33:54 in +08:00
    stage.im.pass(1_755_574_434_000 - stage.im.now());
    stage.cast[1].post("/api/chat/groupDeleteOrQuit", json!({ "id": id })).await.ok();
    assert_eq!(stage.sockets[0].text().await, "bobby于 2025/8/19 11:33:54 已退出群聊");
    stage.cast[0].post("/api/chat/groupDeleteOrQuit", json!({ "id": id })).await.ok();
    assert_eq!(stage.sockets[0].text().await, "群主于 2025/8/19 11:33:54 解散了该群");
}

#[tokio::test]
async fn coming_into_a_group_is_told_to_all_and_asked_of_its_owner() {
    for online in [true, false] {
        let mut stage =
            Stage::set(online, &["anna", "bobby", "carla", "VIS", "dora", "edgar", "stranger"]).await;
        let (ann, bob, carl, visitor, dora, ed) = (0, 1, 2, 3, 4, 5);
        let (id, name) = found_group(&mut stage, &[bob]).await;
        let owner = stage.id(ann);
        let path = "/api/chat/groupInviteUser";
        let shown: Face<'_> = (id, &name, json!("<text>"));
        let policy = |n: i64| json!({ "group_id": id, "addGroupSet": n });
        let to =
            |people: &[usize], told: Value| people.iter().map(|who| (*who, told.clone())).collect::<Vec<_>>();

        // 0: a member invites, everybody comes in
        let told = joined(&shown, owner, stage.id(carl), "[bobby]邀请 [carla] 加入了群聊", stage.im.now());
        let invite = json!({ "group_id": id, "user_id": stage.id(carl), "inviteuser_id": stage.id(bob) });
        let (answer, pushes) = stage.act(bob, path, invite, to(&[ann, bob, carl], told)).await;
        assert_eq!(answer, "加群成功");
        assert!(pushes.windows(2).all(|two| two[0] == two[1]), "the same for all");

        // 1: the owner is asked, and nobody else
        stage.act(ann, "/api/chat/groupAddUserSet", policy(1), vec![]).await;
        let joins = json!({
            "group_id": id, "user_id": stage.id(visitor), "inviteuser_id": -1, "addGroupDesc": "让我进去&谢谢",
        });
        let told = asked_in(&stage, &shown, visitor, None, "让我进去&谢谢");
        let (answer, pushes) = stage.act(visitor, path, joins, vec![(ann, told)]).await;
        assert_eq!(answer, "等待群主同意");
        if online {
            check_approval_page(&stage, &pushes[0], (id, &name), visitor, "让我进去&谢谢");
        }
        let invite = json!({ "group_id": id, "user_id": stage.id(ed), "inviteuser_id": stage.id(carl) });
        let told = asked_in(&stage, &shown, ed, Some("carla"), "");
        assert_eq!(stage.act(carl, path, invite, vec![(ann, told)]).await.0, "等待群主同意");

        // agreed and refused
        let decide = |who: i64, how: &str| json!({ "group_id": id, "user_id": who, "type": how });
        let vis = &stage.cast[visitor];
        let text = format!("[{}] 加入了群聊", vis.name);
        let told = joined(&shown, owner, vis.id, &text, stage.im.now());
        let agree = decide(vis.id, "agree");
        let told = to(&[ann, bob, carl, visitor], told);
        assert_eq!(stage.act(ann, "/api/chat/groupAgreeOrNo", agree, told).await.0, "处理成功");
        let refuse = decide(stage.id(ed), "no");
        assert_eq!(stage.act(ann, "/api/chat/groupAgreeOrNo", refuse, vec![]).await.0, "处理成功");

        // 1, the owner invites: no question
        let told = joined(&shown, owner, stage.id(dora), "[anna]邀请 [dora] 加入了群聊", stage.im.now());
        let invite = json!({ "group_id": id, "user_id": stage.id(dora), "inviteuser_id": owner });
        let told = to(&[ann, bob, carl, visitor, dora], told);
        assert_eq!(stage.act(ann, path, invite, told).await.0, "加群成功");

        // 2: a registered user comes in and all are told; the owner is asked nothing
        stage.act(ann, "/api/chat/groupAddUserSet", policy(2), vec![]).await;
        let joins = json!({ "group_id": id, "user_id": stage.id(ed), "inviteuser_id": -1 });
        let told = joined(&shown, owner, stage.id(ed), "[edgar] 加入了群聊", stage.im.now());
        let told = to(&[ann, bob, carl, visitor, dora, ed], told);
        assert_eq!(stage.act(ed, path, joins, told).await.0, "加群成功");

        // A visitor's invitation does not name the visitor; a reserved policy is as 0.
        stage
            .act(ann, "/api/chat/groupDeleteUser", json!({ "group_id": id, "user_id": stage.id(ed) }), vec![])
            .await;
        stage.act(ann, "/api/chat/groupAddUserSet", policy(7), vec![]).await;
        let invite = json!({ "group_id": id, "user_id": stage.id(ed), "inviteuser_id": stage.id(visitor) });
        let told = joined(&shown, owner, stage.id(ed), "[edgar] 加入了群聊", stage.im.now());
        let told = to(&[ann, bob, carl, visitor, dora, ed], told);
        assert_eq!(stage.act(visitor, path, invite, told).await.0, "加群成功");
        stage.end().await;
    }
}

/// "A" of egg.md §4 #36, to the owner, who is the first of the cast.
fn asked_in(stage: &Stage, group: &Face<'_>, who: usize, inviter: Option<&str>, text: &str) -> Value {
    let (owner, newcomer, now) = (&stage.cast[0], &stage.cast[who], stage.im.now());
    let key = format!("redirect-applyAddGroup{}-{}-{now}", group.0, newcomer.id);
    let by = inviter.map(|name| format!("[{name}]邀请 ")).unwrap_or_default();
    let words = format!("请处理申请 {by}[{}] 加入了群[{}]", newcomer.name, group.1);
    let data = json!({ "data": words, "dataType": false, "otherData": null });
    let to = (owner.id, owner.name.as_str(), stage.avatar(0));
    let mut told = message(&(0, "加群处理", json!(ICON)), &to, "single", "text", data, now);
    told["from_id"] = json!(key);
    let kind = if inviter.is_some() { "邀请进群" } else { "用户自主进群" };
    let desc = json!({
        "addGroupUserType": kind, "inviteUser": inviter.unwrap_or_default(), "addGroupTime": now,
        "addGroupDesc": text, "addGroupUserRole": newcomer.row["role"], "msgidKey": key,
    });
    let url = format!("/pages/setpageInfo/setpageInfo?action=applyAddGroup&title={}&<*>", enc("加群申请"));
    let redirect = json!({ "url": url, "type": "navigateTo", "desc": desc });
    with(told, json!({ "msgidKey": key, "group": { "...": true }, "redirect": redirect }))
}

/// The address of the page that the client opens, parameter by parameter, in order.
fn check_approval_page(stage: &Stage, push: &Value, (id, name): (i64, &str), who: usize, text: &str) {
    let newcomer = &stage.cast[who];
    let (path, query) = push["redirect"]["url"].as_str().unwrap().split_once('?').unwrap();
    assert_eq!(path, "/pages/setpageInfo/setpageInfo");
    let (query, desc) = query.split_once("&applydesc=").unwrap();
    let avatar = push["group"]["avatar"].as_str().map_or_else(|| "<*>".to_owned(), enc);
    let expected = format!(
        "action=applyAddGroup&title={}&id={id}&name={}&avatar={avatar}&chatType=group&applyUserid={}\
         &applyUsername={}&applyUseruuid={}&applyUseravatar={}",
        enc("加群申请"),
        enc(name),
        newcomer.id,
        newcomer.name,
        newcomer.uuid,
        enc(newcomer.row["avatar"].as_str().unwrap()),
    );
    assert_fits(&json!(query), &json!(expected));
    // The client decodes it and parses the JSON.
    let mut bytes = Vec::new();
    let mut rest = desc.bytes();
    while let Some(b) = rest.next() {
        assert!(!b"& =#?+\"{".contains(&b), "{desc}");
        if b != b'%' {
            bytes.push(b);
            continue;
        }
        let hex = [rest.next().unwrap(), rest.next().unwrap()];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
    }
    let parsed: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(parsed, push["redirect"]["desc"]);
    assert_eq!(parsed["addGroupDesc"], text);
}

#[tokio::test]
async fn hostile_names_cannot_break_out_of_the_approval_page() {
    let mut stage = Stage::set(true, &["anna", "bobby", "carla"]).await;
    let (ann, carl) = (0, 2);
    let (id, _) = found_group(&mut stage, &[1]).await;
    let nasty = "a&id=9#?%+ 雁";
    let group = json!({ "id": id, "name": nasty });
    stage.cast[ann].post("/api/chat/groupUpdateName", group).await.ok();
    for who in [0, 1] {
        stage.sockets[who].push().await;
    }
    let nickname = json!({ "fieldname": "nickname", "fieldValue": nasty });
    stage.cast[carl].post("/api/chat/updateUserinfo", nickname).await.ok();
    let avatar = json!({ "fieldname": "avatar", "fieldValue": "https://x.example/?a=1&b=2#c" });
    stage.cast[carl].post("/api/chat/updateUserinfo", avatar).await.ok();
    stage.cast[ann].post("/api/chat/groupAddUserSet", json!({ "group_id": id, "addGroupSet": 1 })).await.ok();
    let join = json!({ "group_id": id, "user_id": stage.id(carl), "inviteuser_id": -1 });
    stage.cast[carl].post("/api/chat/groupInviteUser", join).await.ok();
    let push = stage.sockets[ann].push().await;
    let url = push["redirect"]["url"].as_str().unwrap();
    let parameters: Vec<(&str, &str)> =
        url.split_once('?').unwrap().1.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let names: Vec<&str> = parameters.iter().map(|(name, _)| *name).collect();
    let expected = [
        "action",
        "title",
        "id",
        "name",
        "avatar",
        "chatType",
        "applyUserid",
        "applyUsername",
        "applyUseruuid",
        "applyUseravatar",
        "applydesc",
    ];
    assert_eq!(names, expected, "{url}");
    let value = |name: &str| parameters.iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!(value("id"), id.to_string());
    assert_eq!(value("name"), enc(nasty));
    assert_eq!(value("applyUsername"), "a%26id%3D9%23%3F%25%2B%20雁");
    assert_eq!(value("applyUseravatar"), enc("https://x.example/?a=1&b=2#c"));
    assert!(!url.contains(['#', ' ', '+']), "{url}");
}

#[tokio::test]
async fn a_revoke_is_told_where_the_message_was() {
    for online in [true, false] {
        let mut stage = Stage::set(online, &["anna", "bobby", "carla", "stranger"]).await;
        let (ann, bob, carl) = (0, 1, 2);
        let (id, name) = found_group(&mut stage, &[bob, carl]).await;
        stage.act(bob, "/api/chat/groupnickname", json!({ "id": id, "nickname": "鲍" }), vec![]).await;
        let group = stage.cast[ann].get(&format!("/api/chat/groupinfo/{id}")).await.ok();
        let text = r#"{"data":"oops","dataType":false,"otherData":null}"#;
        // to whom, from_name, text, who reads the message, who is told of the revoke
        let cases = [
            (
                "single",
                (stage.id(ann), "anna", stage.avatar(ann)),
                "bobby",
                "bobby撤回了一条消息",
                vec![ann],
                vec![ann],
            ),
            (
                "group",
                (id, name.as_str(), group["avatar"].clone()),
                "鲍",
                "鲍 撤回了一条消息",
                vec![ann, carl],
                vec![ann, bob, carl],
            ),
        ];
        for (chat_type, to, from_name, words, readers, told) in cases {
            let sender = (stage.id(bob), from_name, stage.avatar(bob));
            let sent = stage.cast[bob].send(to.0, chat_type, "oops").await.ok();
            let mut read = message(&sender, &to, chat_type, "text", json!(text), stage.im.now());
            read["..."] = json!(true);
            read["options"] = Value::Null;
            read["id"] = sent["id"].clone();
            stage.hear(readers.iter().map(|who| (*who, read.clone())).collect()).await;

            let mut expected = notice(&sender, &to, chat_type, words, stage.im.now());
            expected["id"] = sent["id"].clone();
            let expected = with(expected, json!({ "actionType": "revoke", "group": null }));
            let revoke = json!({
                "to_id": to.0, "to_name": to.1, "to_avatar": to.2, "id": sent["id"], "chatType": chat_type,
                "create_time": sent["create_time"],
            });
            let path = "/api/chat/revokeMessage";
            let told = told.iter().map(|who| (*who, expected.clone())).collect();
            let (answer, _) = stage.act(bob, path, revoke.clone(), told).await;
            assert_fits(&answer, &expected);
            // Again: the same answer, and nobody hears it twice.
            let (again, _) = stage.act(bob, path, revoke, vec![]).await;
            assert_eq!((&again["id"], &again["data"]), (&answer["id"], &answer["data"]));
        }

        // An id from before the log (or another server) is passed on: receivers ignore what they do not have.
        let to: Face<'_> = (stage.id(ann), "anna", stage.avatar(ann));
        let sender = (stage.id(bob), "bobby", stage.avatar(bob));
        for unknown in ["00000000-0000-4000-8000-000000000000", "7"] {
            let mut expected = notice(&sender, &to, "single", "bobby撤回了一条消息", stage.im.now());
            expected["id"] = json!(unknown);
            let expected = with(expected, json!({ "actionType": "revoke", "group": null }));
            let revoke = json!({
                "to_id": to.0, "to_name": to.1, "to_avatar": to.2, "id": unknown, "chatType": "single",
                "create_time": stage.im.now(),
            });
            stage.act(bob, "/api/chat/revokeMessage", revoke, vec![(ann, expected)]).await;
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn an_automatic_answer_is_told_to_both() {
    for owner_online in [true, false] {
        let mut stage = Stage::set(true, &["anna", "bobby"]).await;
        let (ann, bob) = (0, 1);
        let question = json!({
            "ask": "运费多少", "answer": "满百包邮", "type": "single", "create_userId": stage.id(bob),
        });
        let created = stage.cast[bob].post("/api/chat/askanswer/create", question).await;
        assert_eq!((created.status, &created.body["code"]), (200, &json!(200)), "{}", created.body);
        if !owner_online {
            stage.sockets.pop().unwrap().leave().await;
        }
        let data = json!({ "data": "运费多少", "dataType": false, "otherData": { "k": 1 } });
        let body = json!({
            "sendto_id": stage.id(bob), "chatType": "single", "type": "text", "data": data,
            "options": enc(r#"{"askanswer":true}"#),
        });
        let asked = stage.cast[ann].post("/api/chat/socket/sendmessage", body).await.ok();
        assert_eq!(asked["options"], json!({ "askanswer": true }));

        let faces: [Face<'_>; 2] = [ann, bob].map(|who| {
            let person = &stage.cast[who];
            (person.id, person.name.as_str(), person.row["avatar"].clone())
        });
        let wire = r#"{"data":"满百包邮","dataType":false,"otherData":{"k":1}}"#;
        let answer = message(&faces[1], &faces[0], "single", "text", json!(wire), stage.im.now());
        let answer = with(answer, json!({ "sendUUid": stage.cast[bob].uuid }));
        let told = heard(&stage.im, &mut stage.sockets[ann], &answer).await;
        stage.sockets[ann].nothing().await;

        let mut owners = if owner_online {
            stage.sockets.pop().unwrap()
        } else {
            let socket = stage.cast[bob].connect().await;
            stage.cast[bob].drain().await;
            socket
        };
        assert_eq!(owners.push().await, asked);
        let copy = owners.push().await;
        let words = "系统根据您设置的问答数据，挑选了最接近的答案，回复给对方，回复内容是：\n\n 满百包邮";
        assert_eq!((&copy["id"], said(&copy).as_str()), (&told["id"], words));
        let template =
            message(&faces[0], &faces[1], "single", "systemNotice", json!("<any>"), stage.im.now());
        let template = with(template, json!({ "sendUUid": stage.cast[ann].uuid, "...": true }));
        assert_fits(&copy, &template);
        owners.nothing().await;
    }
}

#[tokio::test]
async fn no_answer_is_sent_where_none_fits_or_none_was_asked_for() {
    let mut stage = Stage::set(true, &["anna", "bobby"]).await;
    let (ann, bob) = (0, 1);
    let question =
        json!({ "ask": "运费多少", "answer": "满百包邮", "type": "single", "create_userId": stage.id(bob) });
    stage.cast[bob].post("/api/chat/askanswer/create", question).await;
    let said = |text: &str| json!({ "data": text, "dataType": false, "otherData": null });
    let cases = [
        ("运费多少", json!({})),
        ("运费多少", json!({ "askanswer": false })),
        ("运费多少", json!({ "askanswer": 0 })),
        ("zzz", json!({ "askanswer": true })),
    ];
    for (text, options) in cases {
        let body = json!({
            "sendto_id": stage.id(bob), "chatType": "single", "type": "text", "data": said(text),
            "options": options.to_string(),
        });
        let answer = stage.cast[ann].post("/api/chat/socket/sendmessage", body).await.ok();
        stage.hear(vec![(bob, answer)]).await;
    }
    stage.end().await; // an answer would come before the end
}

#[tokio::test]
async fn silent_operations_are_silent() {
    for online in [true, false] {
        let mut stage = Stage::set(online, &["anna", "bobby", "carla", "VIS", "dora"]).await;
        let (ann, bob, carl, visitor, dora) = (0, 1, 2, 3, 4);
        let (id, _) = found_group(&mut stage, &[bob, carl]).await;
        stage
            .act(ann, "/api/chat/groupAddUserSet", json!({ "group_id": id, "addGroupSet": 1 }), vec![])
            .await;
        let waits = json!({ "msgidKey": "redirect-applyAddGroup<*>", "to_id": stage.id(ann), "...": true });
        let join = json!({ "group_id": id, "user_id": stage.id(visitor), "inviteuser_id": -1 });
        stage.act(visitor, "/api/chat/groupInviteUser", join.clone(), vec![(ann, waits.clone())]).await;
        for decision in ["refuse", "ignore"] {
            let key = format!("redirect-applyFriend-{}", stage.id(dora));
            let asked = json!({ "from_id": key, "to_id": stage.id(ann), "...": true });
            let apply = json!({ "friend_id": stage.id(ann) });
            stage.act(dora, "/api/chat/applyfriend", apply, vec![(ann, asked)]).await;
            let rows = stage.cast[ann].get("/api/chat/listapplyfriend/1").await.ok();
            let row = &rows["alldata"][0]["id"];
            let path = format!("/api/chat/handleapply/{row}");
            for status in ["pending", decision] {
                stage.act(ann, &path, json!({ "status": status }), vec![]).await;
            }
        }
        let (b, c, v) = (stage.id(bob), stage.id(carl), stage.id(visitor));
        let uuid = stage.cast[bob].uuid.clone();
        let field = |name: &str, value: &str| json!({ "fieldname": name, "fieldValue": value });
        let none = || json!({});
        let acts = [
            (ann, format!("/api/chat/setblackgoodfriend/{b}"), none()),
            (ann, format!("/api/chat/setblackgoodfriend/{b}"), none()),
            (ann, format!("/api/chat/setstargoodfriend/{b}"), none()),
            (
                ann,
                format!("/api/chat/setmeOrfriendCanSee/{b}"),
                json!({ "friendlookme": 0, "melookfriend": 0 }),
            ),
            (ann, format!("/api/chat/ismygoodfriend/{b}"), none()),
            (ann, "/api/chat/searchUser".into(), json!({ "keyword": "bob" })),
            (ann, "/api/chat/getUserSetInfo".into(), json!({ "userid": b })),
            (
                ann,
                "/api/chat/userset".into(),
                json!({ "userset": { "chatset": { "user": 2, "visitor": 2 } } }),
            ),
            (ann, "/api/chat/updateUserinfo".into(), field("nickname", "安娜")),
            (ann, "/api/chat/updateUserinfo".into(), field("avatar", "/public/uploads/a.png")),
            (ann, "/api/chat/updateUserinfo".into(), field("invite_confirm", "1")),
            (bob, "/api/chat/groupnickname".into(), json!({ "id": id, "nickname": "鲍" })),
            (ann, "/api/chat/groupAddUserSet".into(), json!({ "group_id": id, "addGroupSet": 1 })),
            (ann, "/api/chat/groupAgreeOrNo".into(), json!({ "group_id": id, "user_id": v, "type": "no" })),
            (ann, "/api/chat/groupDeleteUser".into(), json!({ "group_id": id, "user_id": c })),
            (ann, "/api/chat/groupDeleteUser".into(), json!({ "group_id": id, "user_id": c })),
            (ann, format!("/api/chat/deletegoodfriend/{c}"), none()),
            (dora, "/api/chat/chatGetmessageOffLine".into(), none()),
        ];
        for (who, path, body) in acts {
            stage.act(who, &path, body, vec![]).await;
        }
        for (who, path) in [
            (ann, "/api/chat/goodfriendlist/1".to_owned()),
            (ann, format!("/api/chat/getgoodfriendinfo/{b}")),
            (ann, format!("/api/userinfo/{uuid}")),
            (ann, format!("/api/chat/groupinfo/{id}")),
            (ann, format!("/api/chat/groupQrcode/{id}")),
        ] {
            assert_eq!(stage.cast[who].get(&path).await.status, 200, "{path}");
            stage.hear(vec![]).await;
        }
        // A waiting applicant who withdraws says nothing to anybody.
        stage.act(visitor, "/api/chat/groupInviteUser", join, vec![(ann, waits)]).await;
        stage.act(visitor, "/api/chat/groupDeleteOrQuit", json!({ "id": id }), vec![]).await;
        // An upload.
        let png = include_bytes!("../../../im-api-egg/icons/group.png").to_vec();
        let file = reqwest::multipart::Part::bytes(png).file_name("a.png");
        let form = reqwest::multipart::Form::new().part("file", file);
        let path = "/api/chat/uploadStreamSingleToServerDiy/chatImgs";
        answer(stage.cast[ann].request(Method::POST, path).multipart(form)).await.ok();
        stage.hear(vec![]).await;
        stage.end().await;
    }
}

#[tokio::test]
async fn whoever_waits_or_was_removed_is_not_told() {
    for online in [true, false] {
        let mut stage = Stage::set(online, &["anna", "bobby", "carla", "dora"]).await;
        let (ann, bob, carl, dora) = (0, 1, 2, 3);
        let (id, name) = found_group(&mut stage, &[bob, carl]).await;
        let policy = json!({ "group_id": id, "addGroupSet": 1 });
        stage.act(ann, "/api/chat/groupAddUserSet", policy, vec![]).await;
        let told = asked_in(&stage, &(id, &name, json!("<text>")), dora, None, "");
        let join = json!({ "group_id": id, "user_id": stage.id(dora), "inviteuser_id": -1 });
        stage.act(dora, "/api/chat/groupInviteUser", join, vec![(ann, told)]).await;
        let kick = json!({ "group_id": id, "user_id": stage.id(carl) });
        stage.act(ann, "/api/chat/groupDeleteUser", kick, vec![]).await;

        // Dora waits, carla was removed: only those in the group hear these.
        let from = (stage.id(ann), "anna", stage.avatar(ann));
        let group: Face<'_> = (id, "新名", json!("<text>"));
        let to = |template: Value| [ann, bob].map(|who| (who, template.clone())).to_vec();
        let told = to(group_notice(&from, &group, from.0, "群名称修改为：新名", stage.im.now()));
        stage.act(ann, "/api/chat/groupUpdateName", json!({ "id": id, "name": "新名" }), told).await;
        let told = to(group_notice(&from, &group, from.0, "[公告] \n\n 公告", stage.im.now()));
        stage.act(ann, "/api/chat/groupremark", json!({ "id": id, "remark": "公告" }), told).await;
        let answer = stage.cast[bob].send(id, "group", "hi").await.ok();
        let said = json!({ "id": answer["id"], "data": answer["data"], "...": true });
        stage.hear(vec![(ann, said)]).await;
        for outsider in [carl, dora] {
            stage.cast[outsider].send(id, "group", "hi").await.fails(400, "您不在群里，无法发消息");
        }
        stage.hear(vec![]).await;
        let told = to(group_notice(&from, &group, from.0, "群主于 <*> 解散了该群", stage.im.now()));
        stage.act(ann, "/api/chat/groupDeleteOrQuit", json!({ "id": id }), told).await;
        stage.end().await;
    }
}

#[tokio::test]
async fn the_hints_wait_for_nobody() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    for _ in 0..3 {
        bob.connect().await.leave().await;
    }
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "hi").await.ok();
    assert_eq!(socket.text().await, "hi");
}
