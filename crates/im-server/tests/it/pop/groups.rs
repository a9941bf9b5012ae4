//! Groups (§3.5). What is pushed is in `push.rs`.
use super::kit::*;
use crate::template::assert_fits;
use serde_json::{Value, json};

const NO_MEMBER: &str = "参数非法，不是该群成员";
const NO_GROUP: &str = "群不存在或者已经解散";
const NO_USER: &str = "参数非法，用户不存在";
const NO_ROLE: &str = "参数非法，群不存在或者非群创建人";
const LONG: &str = "长度不能大于255个字节";

/// `members[]` and a group.
fn these(gid: i64, people: &[&Pop]) -> Form {
    let mut fields = form! { "gid": gid };
    fields.extend(people.iter().map(|p| ("members[]".to_owned(), p.uid.to_string())));
    fields
}

/// The uids of a group's members as this one sees them.
async fn members(who: &Pop, gid: i64) -> Vec<i64> {
    let data = who.get("group/members", form! { "gid": gid }).await.ok();
    let mut uids: Vec<i64> = data.as_object().unwrap().keys().map(|uid| uid.parse().unwrap()).collect();
    uids.sort_unstable();
    uids
}

async fn info(who: &Pop, gid: i64) -> Value {
    who.get("group/detail", form! { "gid": gid, "simple": 1 }).await.ok()
}

/// A mention in a notice.
fn link(person: &Pop) -> String {
    let mut name = person.name.clone();
    name[..1].make_ascii_uppercase();
    format!("[{name}]({{POPBASEURI}}user/detail/{})", person.uid)
}

/// The last line of a group.
async fn last(who: &Pop, gid: i64) -> Value {
    who.history("group", gid).await.pop().unwrap_or_default()
}

#[track_caller]
fn is_notice(line: &Value, from: &Pop, content: &str) {
    assert_eq!((&line["sub_type"], &line["content"]), (&json!("notice"), &json!(content)));
    assert_eq!(line["from"], from.uid.to_string());
}

async fn four(im: &Im) -> (Pop, Pop, Pop, Pop) {
    (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await, im.pop("tyke").await)
}

#[tokio::test]
async fn a_group_is_made_of_friends() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    im.pals(&[&tom, &jerry, &spike, &tyke]).await;
    let mut fields = these(0, &[&jerry, &spike, &tyke]);
    fields.remove(0);
    let made = tom.post("group/create", fields).await.ok();
    let gid: i64 = made["gid"].as_str().unwrap().parse().unwrap();
    let avatar = format!("/h5/group/avatar?uid={},{},{},{}", tom.uid, jerry.uid, spike.uid, tyke.uid);
    let name = "群聊(Tom,Jerry,Spike)";
    assert_eq!(made, json!({ "gid": gid.to_string(), "groupname": name, "avatar": avatar }));
    for who in [&tom, &jerry, &spike, &tyke] {
        let overview = who.overview().await;
        assert_eq!(
            overview["group"],
            json!([{ "gid": gid, "avatar": avatar, "name": name, "uid": tom.uid }])
        );
        let chat = &overview["chatting"][format!("group{gid}")];
        assert_eq!((&chat["type"], &chat["unread_count"]), (&json!("group"), &json!(0)));
    }
    let content = format!("{} 邀请 {} {} {} 加入了群聊", link(&tom), link(&jerry), link(&spike), link(&tyke));
    is_notice(&last(&jerry, gid).await, &tom, &content);
    assert_eq!(jerry.history("group", gid).await.len(), 1);
}

#[tokio::test]
async fn a_group_may_be_alone_and_have_a_name() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let made = tom.post("group/create", form! { "groupname": "A & B" }).await.ok();
    assert_eq!(made["groupname"], "A &amp; B");
    assert_eq!(made["avatar"], format!("/h5/group/avatar?uid={}", tom.uid));
    let alone = tom.post("group/create", form! {}).await.ok();
    assert_eq!(alone["groupname"], "群聊(Tom)");
    let gid = alone["gid"].as_str().unwrap().parse().unwrap();
    assert!(tom.history("group", gid).await.is_empty(), "nobody was invited");
    assert_eq!(members(&tom, gid).await, [tom.uid]);
}

#[tokio::test]
async fn making_a_group_is_checked() {
    let im = start().await;
    let (tom, jerry, eve, gone) =
        (im.pop("tom").await, im.pop("jerry").await, im.pop("eve").await, im.pop("gone").await);
    im.pals(&[&tom, &jerry, &gone]).await;
    im.state(gone.uid, "disabled").await;
    let long = "长".repeat(61);
    let cases = [
        (form! { "members": "abc" }, 2, BAD),
        (form! { "members[]": 999_999 }, 2, NO_USER),
        (form! { "members[]": gone.uid }, 2, NO_USER),
        (form! { "members[]": eve.uid }, 2, BAD),
        (form! { "members[]": jerry.uid, "groupname": long }, 2, BAD),
    ];
    for (fields, code, text) in cases {
        println!("{fields:?}");
        tom.post("group/create", fields).await.fails(code, text);
    }
    im.switch(form! { "create_group": "off" }).await;
    tom.post("group/create", form! {}).await.fails(702, "系统禁用了创建群组");
    assert_eq!(tom.overview().await["group"], json!([]));
    // One's own number and doubles count once.
    im.switch(form! { "create_group": "on" }).await;
    let fields = form! { "members[]": jerry.uid, "members[]": tom.uid, "members[]": jerry.uid };
    let made = tom.post("group/create", fields).await.ok();
    assert_eq!(members(&tom, made["gid"].as_str().unwrap().parse().unwrap()).await, [tom.uid, jerry.uid]);
    // A key may take whom it wants, and give a picture.
    let fields = form! { "login_uid": tom.uid, "members[]": eve.uid, "avatar": "/static/img/a.png" };
    let made = im.key().post("group/create", fields).await.ok();
    assert_eq!(made["avatar"], "/static/img/a.png");
    let ignored = tom.post("group/create", form! { "avatar": "/static/img/a.png" }).await.ok();
    assert_eq!(ignored["avatar"], format!("/h5/group/avatar?uid={}", tom.uid));
}

#[tokio::test]
async fn a_group_holds_so_many_and_no_more() {
    let im = with(|s| s.chat.group_members = 2).await;
    let (tom, jerry, spike, _) = four(&im).await;
    im.pals(&[&tom, &jerry, &spike]).await;
    let fields = form! { "members[]": jerry.uid, "members[]": spike.uid };
    tom.post("group/create", fields).await.fails(913, "内容过长");
    let gid = im.circle(&[&tom, &jerry]).await;
    assert_eq!(tom.post("group/memberadd", these(gid, &[&spike])).await.code(), 913);
    assert_eq!(members(&tom, gid).await, [tom.uid, jerry.uid]);
}

#[tokio::test]
async fn members_bring_their_friends() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let eve = im.pop("eve").await;
    let gid = im.circle(&[&tom, &jerry]).await;
    im.pals(&[&jerry, &spike, &tyke]).await;
    let before = mid(tom.shout(gid, "before").await);
    let cases = [
        (&jerry, form! { "gid": gid }, 1, MISSING),
        (&jerry, form! { "members[]": spike.uid }, 1, MISSING),
        (&jerry, form! { "gid": gid, "members": "abc" }, 2, BAD),
        (&jerry, these(999_999, &[&spike]), 3, NO_GROUP),
        (&spike, these(gid, &[&jerry]), 2, "参数非法，非本群人员不得拉人进群"),
        (&jerry, form! { "gid": gid, "members[]": 999_999 }, 2, NO_USER),
        (&jerry, these(gid, &[&spike, &eve]), 2, BAD),
    ];
    for (who, fields, code, text) in cases {
        println!("{} {fields:?}", who.name);
        who.post("group/memberadd", fields).await.fails(code, text);
    }
    jerry.post("group/memberadd", these(gid, &[&tom])).await.done();
    assert_eq!(last(&tom, gid).await["mid"], before, "nobody came, nothing is told");
    jerry.post("group/memberadd", these(gid, &[&tom, &spike, &tyke, &spike])).await.done();
    assert_eq!(members(&tom, gid).await, [tom.uid, jerry.uid, spike.uid, tyke.uid]);
    let content = format!("{} 邀请 {} {} 加入了群聊", link(&jerry), link(&spike), link(&tyke));
    is_notice(&last(&tom, gid).await, &jerry, &content);
    let avatar = format!("/h5/group/avatar?uid={},{},{},{}", tom.uid, jerry.uid, spike.uid, tyke.uid);
    assert_eq!(info(&tom, gid).await["avatar"], avatar);
    // Who came later has nothing unread.
    assert_eq!(spike.unread("group", gid).await, 0);
}

#[tokio::test]
async fn the_newcomers_conversation_is_hidden_until_somebody_speaks() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    im.pals(&[&tom, &spike]).await;
    tom.post("group/memberadd", these(gid, &[&spike])).await.done();
    mid(tom.shout(gid, "welcome").await);
    let chat = spike.overview().await["chatting"][format!("group{gid}")].clone();
    assert_eq!((&chat["unread_count"], &chat["items"][0]["content"]), (&json!(1), &json!("welcome")));
}

#[tokio::test]
async fn anybody_joins_by_the_number_while_that_is_allowed() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    im.switch(form! { "qrcode_group": "off" }).await;
    spike.post("group/join", form! { "gid": gid }).await.fails(914, "没有权限");
    im.switch(form! { "qrcode_group": "on" }).await;
    spike.post("group/join", form! {}).await.fails(1, MISSING);
    spike.post("group/join", form! { "gid": 999_999 }).await.fails(3, NO_GROUP);
    for _ in 0..2 {
        spike.post("group/join", form! { "gid": gid }).await.done();
        is_notice(&last(&tom, gid).await, &spike, &format!("{} 加入了群聊", link(&spike)));
    }
    assert_eq!(members(&spike, gid).await, [tom.uid, jerry.uid, spike.uid]);
    assert_eq!(tom.history("group", gid).await.len(), 2);
    tom.post("group/delete", form! { "gid": gid }).await.done();
    tyke.post("group/join", form! { "gid": gid }).await.fails(3, NO_GROUP);
}

#[tokio::test]
async fn twenty_groups_joined_in_an_hour_are_enough() {
    let im = with(|s| s.limits.enabled = true).await;
    let (tom, eve) = (im.pop("tom").await, im.pop("eve").await);
    let mut gids = Vec::new();
    for _ in 0..21 {
        let made = tom.post("group/create", form! {}).await.ok();
        gids.push(made["gid"].as_str().unwrap().to_owned());
    }
    for gid in &gids[..20] {
        eve.post("group/join", form! { "gid": gid }).await.done();
    }
    eve.post("group/join", form! { "gid": gids[20] }).await.fails(912, OFTEN);
    im.pass(3_600_001);
    eve.post("group/join", form! { "gid": gids[20] }).await.done();
}

#[tokio::test]
async fn members_are_listed_in_pages_by_their_membership() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike, &tyke]).await;
    tom.post("friend/remark", form! { "friend_uid": spike.uid, "remark": "狗<1>" }).await.done();
    let get = |fields: Form| {
        let mut all = form! { "gid": gid };
        all.extend(fields);
        let tom = &tom;
        async move { tom.get("group/members", all).await.ok() }
    };
    let all = get(form! {}).await;
    let row = |person: &Pop, nickname: &str, name: &str| {
        json!({
            "uid": person.uid, "avatar": AVATAR, "nickname": nickname, "name": name, "index": "<id>", "...": true,
        })
    };
    assert_fits(
        &all,
        &json!({
            tom.uid.to_string(): row(&tom, "Tom", "Tom"), jerry.uid.to_string(): row(&jerry, "Jerry", "Jerry"),
            spike.uid.to_string(): row(&spike, "Spike", "狗&lt;1&gt;"), tyke.uid.to_string(): row(&tyke, "Tyke", "Tyke"),
        }),
    );
    // The largest index is the next page's bound; fewer than asked for is the end.
    let (mut index, mut seen) = (0, Vec::new());
    for expected in [3, 1, 0] {
        let page = get(form! { "limit": 3, "index": index }).await;
        let page = page.as_object().unwrap();
        assert_eq!(page.len(), expected);
        let bound = index;
        for row in page.values() {
            assert!(row["index"].as_i64().unwrap() > bound);
            index = index.max(row["index"].as_i64().unwrap());
            seen.push(row["uid"].as_i64().unwrap());
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [tom.uid, jerry.uid, spike.uid, tyke.uid]);
    for exclude in [
        form! { "exclude": jerry.uid, "exclude": tyke.uid },
        form! { "exclude": format!("{},{}", jerry.uid, tyke.uid) },
        form! { "exclude[]": jerry.uid, "exclude[]": tyke.uid },
    ] {
        let rest = get(exclude).await;
        assert_eq!(rest.as_object().unwrap().len(), 2);
        assert!(rest[tom.uid.to_string()].is_object() && rest[spike.uid.to_string()].is_object());
    }
    let by_letter = get(form! { "pinyin": 1 }).await;
    let letters: Vec<_> = by_letter.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(letters, ["G", "J", "T"]);
    assert_eq!(by_letter["T"].as_object().unwrap().len(), 2);
    let eve = im.pop("eve").await;
    for gid in [gid, 999_999] {
        eve.get("group/members", form! { "gid": gid }).await.fails(2, NO_MEMBER);
    }
    tom.get("group/members", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn the_owner_removes_members() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike, &tyke]).await;
    tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": 1 }).await.done();
    let cases = [
        (&tom, form! { "gid": gid }, 1, MISSING),
        (&tom, form! { "members[]": jerry.uid }, 1, MISSING),
        (&tom, form! { "gid": gid, "members": "abc" }, 2, BAD),
        (&tom, these(999_999, &[&jerry]), 2, NO_ROLE),
        (&jerry, these(gid, &[&spike]), 2, NO_ROLE),
        (&spike, these(gid, &[&spike]), 2, NO_ROLE),
        (&tom, these(gid, &[&tom]), 2, "参数非法，不能删除创建人自己"),
        (&tom, these(gid, &[&tom, &jerry]), 2, "参数非法，不能删除创建人自己"),
        (&tom, form! { "gid": gid, "members[]": 999_999 }, 2, "该用户已经被移出群"),
    ];
    for (who, fields, code, text) in cases {
        println!("{} {fields:?}", who.name);
        who.post("group/memberdel", fields).await.fails(code, text);
    }
    assert_eq!(members(&tom, gid).await.len(), 4);
    tom.post("group/memberdel", these(gid, &[&spike, &tyke])).await.done();
    assert_eq!(members(&tom, gid).await, [tom.uid, jerry.uid]);
    let content = format!("{} 将 {} {} 移出了群聊", link(&tom), link(&spike), link(&tyke));
    is_notice(&last(&tom, gid).await, &tom, &content);
    assert_eq!(info(&tom, gid).await["avatar"], format!("/h5/group/avatar?uid={},{}", tom.uid, jerry.uid));
    tom.post("group/memberdel", these(gid, &[&spike])).await.fails(2, "该用户已经被移出群");
    // Whoever was removed reads and says nothing any more.
    let ask = form! { "id": gid, "type": "group" };
    spike.get("message/get", ask).await.fails(2, NO_MEMBER);
    spike.shout(gid, "hi").await.fails(2, "不是群组成员无法发言");
    let overview = spike.overview().await;
    assert_eq!(
        (&overview["group"], &overview["chatting"][format!("group{gid}")]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn a_group_in_detail_is_for_its_members() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    jerry.post("friend/remark", form! { "friend_uid": tom.uid, "remark": "Cat" }).await.done();
    jerry.post("group/remark", form! { "gid": gid, "remark": "my <group>" }).await.done();
    let avatar = format!("/h5/group/avatar?uid={},{}", tom.uid, jerry.uid);
    let info = |remark: &str| {
        json!({
            "gid": gid, "groupname": "群聊(Tom,Jerry)", "uid": tom.uid, "avatar": avatar, "state": "normal",
            "timestamp": im.seconds(), "remark": remark, "forbidden_all": 0, "is_manager": 0, "...": true,
        })
    };
    let full = jerry.get("group/detail", form! { "gid": gid }).await.ok();
    let person = |person: &Pop, nickname: &str, remark: &str| json!({ "uid": person.uid, "avatar": AVATAR, "nickname": nickname, "remark": remark, "...": true });
    let members = json!({
        tom.uid.to_string(): person(&tom, "Tom", "Cat"), jerry.uid.to_string(): person(&jerry, "Jerry", ""),
    });
    assert_fits(&full, &json!({ "info": info("my &lt;group&gt;"), "members": members }));
    let simple = form! { "gid": gid, "simple": 1 };
    assert_fits(&jerry.get("group/detail", simple.clone()).await.ok(), &info("my &lt;group&gt;"));
    // Whoever was shown the code of a group sees what it is, not who is in it.
    assert_fits(&spike.get("group/detail", simple).await.ok(), &info(""));
    spike.get("group/detail", form! { "gid": gid }).await.fails(2, NO_MEMBER);
    for fields in [form! { "gid": 999_999 }, form! { "gid": 999_999, "simple": 1 }] {
        spike.get("group/detail", fields).await.fails(701, "群不存在");
    }
    spike.get("group/detail", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn the_full_detail_shows_fifteen_members() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let mut fields = Form::new();
    for n in 0..17 {
        let uid = im.account(&format!("u{n}"), &format!("U{n}")).await;
        fields.push(("members[]".into(), uid.to_string()));
    }
    fields.push(("login_uid".into(), tom.uid.to_string()));
    let made = im.key().post("group/create", fields).await.ok();
    let gid: i64 = made["gid"].as_str().unwrap().parse().unwrap();
    assert_eq!(made["avatar"].as_str().unwrap().split(',').count(), 9);
    let full = tom.get("group/detail", form! { "gid": gid }).await.ok();
    let shown = full["members"].as_object().unwrap();
    assert_eq!(shown.len(), 15);
    assert!(shown.contains_key(&tom.uid.to_string()));
    assert_eq!(members(&tom, gid).await.len(), 18);
}

#[tokio::test]
async fn who_is_mentioned_finds_it_in_the_detail() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike, &tyke]).await;
    let by_name = mid(spike.shout(gid, "@Jerry look").await);
    mid(spike.shout(gid, "@Jerrymander no").await);
    mid(spike.shout(gid, "@所有人 not from a member").await);
    let at_end = mid(spike.shout(gid, "hey @Jerry").await);
    let all = mid(tom.shout(gid, "@所有人 listen").await);
    let by_uid = form! { "to": gid, "type": "group", "content": "psst", "at[]": jerry.uid };
    let by_uid = mid(spike.post("message/send", by_uid).await);
    mid(spike.shout(gid, "mail a@Tom").await);
    let at = |who: Pop| async move {
        let data = who.get("group/detail", form! { "gid": gid, "at": 1 }).await.ok();
        assert!(data["info"].is_object() && data["members"].is_object());
        let at = data["at"].as_array().unwrap().clone();
        at.iter().map(|row| row["mid"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(at(jerry.clone()).await, [by_name, at_end, all, by_uid]);
    assert_eq!(at(tyke.clone()).await, [all]);
    let data = jerry.get("group/detail", form! { "gid": gid, "at": 1 }).await.ok();
    let row = json!({
        "mid": by_name, "from": "<any>", "name": "Spike", "content": "@Jerry look", "timestamp": im.seconds(),
    });
    assert_fits(&data["at"][0], &row);
    jerry.post("message/updateLastReadTime", form! { "id": gid, "type": "group" }).await.done();
    assert!(at(jerry.clone()).await.is_empty());
    let without = jerry.get("group/detail", form! { "gid": gid }).await.ok();
    assert!(without.get("at").is_none(), "{without}");
}

#[tokio::test]
async fn a_groups_remark_is_the_callers_own_name_for_it() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    let remark = |who: &Pop, text: &str| {
        let who = who.clone();
        let fields = form! { "gid": gid, "remark": text };
        async move { who.post("group/remark", fields).await }
    };
    remark(&tom, "Mine").await.done();
    for (who, name) in [(&tom, "Mine"), (&jerry, "群聊(Tom,Jerry)")] {
        let overview = who.overview().await;
        assert_eq!(overview["group"][0]["name"], name);
        assert_eq!(overview["chatting"][format!("group{gid}")]["name"], name);
    }
    remark(&tom, "").await.done();
    assert_eq!(tom.overview().await["group"][0]["name"], "群聊(Tom,Jerry)");
    remark(&tom, &"长".repeat(86)).await.fails(2, LONG);
    remark(&spike, "x").await.fails(2, NO_MEMBER);
    tom.post("group/remark", form! { "gid": gid }).await.fails(1, MISSING);
    tom.post("group/remark", form! { "remark": "x" }).await.fails(1, MISSING);
    tom.post("group/remark", form! { "gid": 999_999, "remark": "x" }).await.fails(2, NO_MEMBER);
}

#[tokio::test]
async fn owner_and_managers_rename_a_group() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": 1 }).await.done();
    for (who, name) in [(&tom, "First <1>"), (&jerry, "第二")] {
        who.post("group/update", form! { "gid": gid, "groupname": name }).await.done();
        assert_eq!(info(&spike, gid).await["groupname"], escaped(name));
        is_notice(&last(&tom, gid).await, who, &format!("{} 将群名称修改为 {}", link(who), escaped(name)));
    }
    tom.post("group/update", form! { "gid": gid, "avatar": "/static/img/g.png" }).await.done();
    assert_eq!(info(&spike, gid).await["avatar"], "/static/img/g.png");
    // A picture that somebody chose stays, whoever comes and goes.
    tom.post("group/memberdel", these(gid, &[&spike])).await.done();
    assert_eq!(info(&tom, gid).await["avatar"], "/static/img/g.png");
    let long = "长".repeat(61);
    let cases = [
        (&spike, form! { "gid": gid, "groupname": "x" }, 2, ILLEGAL),
        (&tom, form! { "gid": gid }, 1, MISSING),
        (&tom, form! { "groupname": "x" }, 1, MISSING),
        (&tom, form! { "gid": gid, "groupname": long }, 2, BAD),
        (&tom, form! { "gid": gid, "avatar": "javascript:1" }, 2, BAD),
        (&tom, form! { "gid": 999_999, "groupname": "x" }, 0, NO_ROW),
    ];
    for (who, fields, code, text) in cases {
        println!("{} {fields:?}", who.name);
        who.post("group/update", fields).await.says(code, text);
    }
    assert_eq!(info(&tom, gid).await["groupname"], "第二");
}

#[tokio::test]
async fn the_owner_appoints_managers() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let manager = |uid: i64, value: &str| form! { "gid": gid, "uid": uid, "value": value };
    let is = |who: &Pop, uid: i64| {
        let (who, fields) = (who.clone(), form! { "gid": gid, "uid": uid });
        async move {
            let by_get = who.get("group/ismanager", fields.clone()).await.ok();
            assert_eq!(by_get, who.post("group/ismanager", fields).await.ok());
            by_get
        }
    };
    assert_eq!(is(&jerry, jerry.uid).await, json!({ "is_manager": 0 }));
    assert_eq!(is(&jerry, tom.uid).await, json!({ "is_manager": 1 }), "the owner counts");
    for _ in 0..2 {
        tom.post("group/manager", manager(jerry.uid, "1")).await.done();
        assert_eq!(is(&spike, jerry.uid).await, json!({ "is_manager": 1 }));
        assert_eq!(info(&jerry, gid).await["is_manager"], 1);
    }
    let cases = [
        (&jerry, manager(spike.uid, "1"), 2, ILLEGAL),
        (&spike, manager(spike.uid, "1"), 2, ILLEGAL),
        (&tom, manager(tyke.uid, "1"), 2, NO_MEMBER),
        (&tom, manager(spike.uid, "2"), 2, BAD),
        (&tom, form! { "gid": gid, "value": 1 }, 1, MISSING),
        (&tom, form! { "uid": spike.uid, "value": 1 }, 1, MISSING),
        (&tom, form! { "gid": gid, "uid": spike.uid }, 1, MISSING),
        (&tom, form! { "gid": 999_999, "uid": spike.uid, "value": 1 }, 2, ILLEGAL),
    ];
    for (who, fields, code, text) in cases {
        println!("{} {fields:?}", who.name);
        who.post("group/manager", fields).await.fails(code, text);
    }
    assert_eq!(tom.post("group/manager", manager(tom.uid, "1")).await.code(), 2);
    tom.post("group/manager", manager(jerry.uid, "0")).await.done();
    assert_eq!(is(&tom, jerry.uid).await, json!({ "is_manager": 0 }));
    // Strangers to the group are told nothing; a key may ask.
    assert_eq!(tyke.post("group/ismanager", form! { "gid": gid, "uid": tom.uid }).await.code(), 2);
    let fields = form! { "login_uid": tyke.uid, "gid": gid, "uid": tom.uid };
    assert_eq!(im.key().get("group/ismanager", fields).await.ok(), json!({ "is_manager": 1 }));
}

#[tokio::test]
async fn a_mute_is_a_moment_or_a_length_and_ends_by_itself() {
    const DAY: i64 = 86_400;
    let im = start().await;
    let (tom, jerry, _, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    let now = im.seconds();
    // time, how it is told, seconds for which it lasts
    let cases = [
        ("3600".to_owned(), "1小时", 3_600),
        ("60".into(), "1分钟", 60),
        ("61".into(), "2分钟", 61),
        ((DAY + 3_600 + 60).to_string(), "1天1小时1分钟", DAY + 3_660),
        ((2 * DAY).to_string(), "2天", 2 * DAY),
        ((now + 7_200).to_string(), "2小时", 7_200),
    ];
    for (time, told, _) in &cases {
        println!("{time}");
        let fields = form! { "gid": gid, "uid": jerry.uid, "time": time };
        tom.post("group/forbiddenuser", fields).await.done();
        let line = last(&tom, gid).await;
        assert_eq!(line["sub_type"], "notice");
        let expected = format!("{} 被禁言 ", link(&jerry));
        let length = line["content"].as_str().unwrap().strip_prefix(&expected).unwrap().replace(' ', "");
        assert_eq!(length, *told);
        jerry.shout(gid, "hm").await.fails(4, "已被禁言，无法发送消息");
    }
    for lift in ["0".to_owned(), (now - 5).to_string()] {
        tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": 600 }).await.done();
        tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": lift }).await.done();
        assert_eq!(last(&tom, gid).await["content"], format!("{} 被解除禁言", link(&jerry)));
        mid(jerry.shout(gid, "free").await);
    }
    for (time, _, seconds) in &cases[..2] {
        tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": time }).await.done();
        im.pass((seconds - 2) * 1_000);
        assert_eq!(jerry.shout(gid, "hm").await.code(), 4);
        im.pass(3_000);
        mid(jerry.shout(gid, "free").await);
    }
}

#[tokio::test]
async fn who_may_mute_whom() {
    let im = start().await;
    let (tom, jerry, spike, tyke) = four(&im).await;
    let eve = im.pop("eve").await;
    let gid = im.circle(&[&tom, &jerry, &spike, &tyke]).await;
    for manager in [&jerry, &spike] {
        tom.post("group/manager", form! { "gid": gid, "uid": manager.uid, "value": 1 }).await.done();
    }
    let mute = |uid: i64| form! { "gid": gid, "uid": uid, "time": 60 };
    // who, whom, may it
    let cases = [
        (&tom, &jerry, true),
        (&tom, &tyke, true),
        (&jerry, &tyke, true),
        (&jerry, &spike, false),
        (&jerry, &tom, false),
        (&tom, &tom, false),
        (&tyke, &spike, false),
        (&tyke, &tom, false),
        (&eve, &tyke, false),
    ];
    for (who, whom, may) in cases {
        let reply = who.post("group/forbiddenuser", mute(whom.uid)).await;
        println!("{} mutes {}", who.name, whom.name);
        if may { reply.done() } else { assert_eq!(reply.code(), 2, "{}", reply.body) }
    }
    tyke.post("group/forbiddenuser", mute(spike.uid)).await.fails(2, NO_ROLE);
    let unknown = form! { "gid": 999_999, "uid": tyke.uid, "time": 60 };
    tom.post("group/forbiddenuser", unknown).await.fails(2, NO_ROLE);
    tom.post("group/forbiddenuser", mute(999_999)).await.fails(2, NO_USER);
    for fields in [
        form! { "gid": gid, "uid": tyke.uid },
        form! { "gid": gid, "time": 1 },
        form! { "uid": 1, "time": 1 },
    ] {
        tom.post("group/forbiddenuser", fields).await.fails(1, MISSING);
    }
    for time in ["x", "31536001"] {
        let fields = form! { "gid": gid, "uid": tyke.uid, "time": time };
        assert_eq!(tom.post("group/forbiddenuser", fields).await.code(), 2, "{time}");
    }
}

#[tokio::test]
async fn a_whole_group_is_silenced_by_any_of_its_names() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": 1 }).await.done();
    let cases = [
        (&tom, "group/forbiddenall", form! { "gid": gid, "value": 1 }, 1, "设置"),
        (&jerry, "group/forbiddenall", form! { "gid": gid, "value": 0 }, 0, "解除"),
        (&jerry, "group/forbiddengroup", form! { "gid": gid }, 1, "设置"),
        (&tom, "group/chattinggroup", form! { "gid": gid }, 0, "解除"),
    ];
    for (who, action, fields, on, verb) in cases {
        who.post(action, fields).await.done();
        assert_eq!(info(&spike, gid).await["forbidden_all"], on);
        is_notice(&last(&tom, gid).await, who, &format!("{} {verb}全群禁言", link(who)));
        assert_eq!(spike.shout(gid, "hm").await.code(), if on == 1 { 200 } else { 0 });
    }
    for action in ["group/forbiddenall", "group/forbiddengroup", "group/chattinggroup"] {
        spike.post(action, form! { "gid": gid, "value": 1 }).await.fails(2, ILLEGAL);
        tom.post(action, form! { "value": 1 }).await.fails(1, MISSING);
    }
    tom.post("group/forbiddenall", form! { "gid": gid }).await.fails(1, MISSING);
    tom.post("group/forbiddenall", form! { "gid": gid, "value": 5 }).await.fails(2, BAD);
    tom.post("group/forbiddenall", form! { "gid": 999_999, "value": 1 }).await.fails(2, ILLEGAL);
}

#[tokio::test]
async fn members_leave_and_the_owner_stays() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let lines = tom.history("group", gid).await.len();
    tom.post("group/leave", form! { "gid": gid }).await.fails(2, "群主不能退出群组");
    for _ in 0..2 {
        jerry.post("group/leave", form! { "gid": gid }).await.done();
        assert_eq!(members(&tom, gid).await, [tom.uid, spike.uid]);
    }
    assert_eq!(tom.history("group", gid).await.len(), lines, "nothing is told of it");
    assert_eq!(info(&tom, gid).await["avatar"], format!("/h5/group/avatar?uid={},{}", tom.uid, spike.uid));
    assert_eq!(jerry.overview().await["group"], json!([]));
    jerry.post("group/leave", form! { "gid": 999_999 }).await.done();
    jerry.post("group/leave", form! {}).await.fails(1, MISSING);
}

#[tokio::test]
async fn the_owner_dissolves_a_group() {
    let im = start().await;
    let (tom, jerry, _, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    let said = mid(jerry.shout(gid, "last words").await);
    jerry.post("group/delete", form! { "gid": gid }).await.fails(2, ILLEGAL);
    tom.post("group/delete", form! {}).await.fails(1, MISSING);
    tom.post("group/delete", form! { "gid": 999_999 }).await.says(0, NO_ROW);
    tom.post("group/delete", form! { "gid": gid }).await.done();
    tom.post("group/delete", form! { "gid": gid }).await.says(0, NO_ROW);
    for who in [&tom, &jerry] {
        let overview = who.overview().await;
        assert_eq!((&overview["group"], &overview["chatting"]), (&json!([]), &overview["chatting"]));
        assert_eq!(overview["chatting"][format!("group{gid}")], Value::Null);
        who.get("group/detail", form! { "gid": gid }).await.fails(701, "群不存在");
        who.get("group/members", form! { "gid": gid }).await.fails(2, NO_MEMBER);
        who.get("message/get", form! { "id": gid, "type": "group" }).await.fails(2, NO_MEMBER);
        who.shout(gid, "hi").await.fails(2, "不是群组成员无法发言");
        let revoke = form! { "id": gid, "type": "group", "mid": said };
        assert!([2, 404].contains(&who.post("message/revoke", revoke).await.code()));
    }
}

#[tokio::test]
async fn a_membership_is_kept_as_its_member_likes() {
    let im = start().await;
    let (tom, jerry, spike, _) = four(&im).await;
    let gid = im.circle(&[&tom, &jerry]).await;
    mid(jerry.shout(gid, "1").await);
    let chat = || async { tom.overview().await["chatting"][format!("group{gid}")].clone() };
    assert_eq!(chat().await["unread_count"], 1);
    let update = |field: &'static str, value: String| {
        tom.post("group/memberupdate", form! { "gid": gid, field: value })
    };
    update("last_read_time", im.seconds().to_string()).await.done();
    assert_eq!(chat().await["unread_count"], 0);
    update("state", "hidden".into()).await.done();
    assert_eq!(chat().await, Value::Null);
    update("state", "chatting".into()).await.done();
    assert_eq!(chat().await["id"], gid);
    update("state", "gone".into()).await.fails(2, BAD);
    tom.post("group/memberupdate", form! { "gid": gid }).await.fails(1, MISSING);
    tom.post("group/memberupdate", form! { "state": "hidden" }).await.fails(1, MISSING);
    spike.post("group/memberupdate", form! { "gid": gid, "state": "chatting" }).await.done();
    assert_eq!(spike.overview().await["group"], json!([]));
}

#[tokio::test]
async fn a_list_longer_than_any_group_is_refused_at_the_door() {
    let im = with(|s| s.chat.group_members = 3).await;
    let tom = im.pop("tom").await;
    let members = |count: i64| (1..=count).map(|n| ("members[]".to_owned(), (100_000 + n).to_string()));
    for action in ["group/create", "group/memberadd", "group/memberdel"] {
        let call = |count| tom.post(action, members(count).chain(form! { "gid": 999_999 }).collect());
        call(4).await.fails(913, "内容过长");
        assert_ne!(call(2).await.code(), 913, "{action}");
    }
}
