//! What is pushed, to whom and in which order (§4.6). How sockets behave is in `sockets.rs`.
use super::kit::*;
use crate::template::assert_fits;
use serde_json::{Value, json};

fn own(person: &Pop) -> String {
    format!("user-{}", person.uid)
}

fn of(gid: i64) -> String {
    format!("group-{gid}")
}

fn link(person: &Pop) -> String {
    let mut name = person.name.clone();
    name[..1].make_ascii_uppercase();
    format!("[{name}]({{POPBASEURI}}user/detail/{})", person.uid)
}

async fn pair(im: &Im) -> (Pop, Pop) {
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    (tom, jerry)
}

#[tokio::test]
async fn a_message_to_a_friend_reaches_both_sides_and_the_sending_device() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    jerry.post("friend/remark", form! { "friend_uid": tom.uid, "remark": "Cat <3" }).await.done();
    let mut sockets = [tom.listen().await, tom.listen().await, jerry.listen().await];
    let channels = [own(&tom), own(&tom), own(&jerry)];
    let fields = form! {
        "to": jerry.uid, "type": "friend", "content": "你好 <b>", "uniqueId": "1683100000'<",
    };
    let first = mid(tom.post("message/send", fields).await);
    let fields = form! { "to": jerry.uid, "type": "friend", "content": "so", "quote_mid": first };
    let second = mid(tom.post("message/send", fields).await);
    for (socket, channel) in sockets.iter_mut().zip(&channels) {
        let data = socket.event("message", channel).await;
        let expected = json!({
            "from": tom.uid.to_string(), "from_name": if *channel == own(&jerry) { "Cat &lt;3" } else { "<any>" },
            "from_avatar": AVATAR, "to": jerry.uid.to_string(), "to_name": "Jerry", "to_avatar": AVATAR,
            "content": "你好 &lt;b&gt;", "timestamp": im.seconds(), "type": "friend", "sub_type": "message",
            "mid": first, "quote_mid": 0, "quote_content": "", "uniqueId": "1683100000&#039;&lt;",
        });
        assert_fits(&data, &expected);
        let data = socket.event("message", channel).await;
        let found = json!([data["mid"], data["quote_mid"], data["quote_content"], data.get("uniqueId")]);
        assert_eq!(found, json!([second, first, "你好 &lt;b&gt;", null]));
        assert!(data.get("auto").is_none() && data.get("uniqueId").is_none(), "{data}");
    }
    let eve = im.pop("eve").await;
    let mut eve = eve.listen().await;
    mid(jerry.say(&tom, "not for eve").await);
    eve.nothing(&im).await;
}

#[tokio::test]
async fn a_message_to_a_group_reaches_its_channel_once() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let avatar = format!("/h5/group/avatar?uid={},{},{}", tom.uid, jerry.uid, spike.uid);
    tom.post("friend/remark", form! { "friend_uid": jerry.uid, "remark": "Mouse" }).await.done();
    let mut sockets = [tom.listen_to(gid).await, jerry.listen_to(gid).await, spike.listen_to(gid).await];
    let said = mid(jerry.shout(gid, "squeak").await);
    for socket in &mut sockets {
        let data = socket.event("message", &of(gid)).await;
        let expected = json!({
            "from": jerry.uid.to_string(), "from_name": "Jerry", "from_avatar": AVATAR, "to": gid.to_string(),
            "to_name": "群聊(Tom,Jerry,Spike)", "to_avatar": avatar, "content": "squeak",
            "timestamp": im.seconds(), "type": "group", "sub_type": "message", "mid": said, "quote_mid": 0,
            "quote_content": "",
        });
        assert_fits(&data, &expected);
        socket.nothing(&im).await;
    }
}

#[tokio::test]
async fn messages_come_in_the_order_of_their_numbers() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let mut sockets = [(tom.listen().await, own(&tom)), (jerry.listen().await, own(&jerry))];
    let sends = (0..30).map(|n| {
        let (from, to) = if n % 2 == 0 { (&tom, &jerry) } else { (&jerry, &tom) };
        async move { mid(from.say(to, &n.to_string()).await) }
    });
    let mut answered = futures_util::future::join_all(sends).await;
    answered.sort_unstable();
    for (socket, channel) in &mut sockets {
        for mid in &answered {
            assert_eq!(socket.event("message", channel).await["mid"], *mid);
        }
        socket.nothing(&im).await;
    }
}

#[tokio::test]
async fn what_is_taken_back_or_deleted_is_told() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let (a, b) = (mid(tom.say(&jerry, "a").await), mid(tom.say(&jerry, "b").await));
    let (c, d) = (mid(jerry.shout(gid, "c").await), mid(jerry.shout(gid, "d").await));
    let (mut at_tom, mut at_jerry) = (tom.listen_to(gid).await, jerry.listen_to(gid).await);
    let direct = |mid: i64| form! { "type": "friend", "id": jerry.uid, "mid": mid };
    let group = |mid: i64| form! { "type": "group", "id": gid, "mid": mid };
    let ty = |mut fields: Form, ty: i64| {
        fields.push(("ty".into(), ty.to_string()));
        fields
    };
    // Twice, told once.
    for _ in 0..2 {
        tom.post("message/revoke", direct(a)).await.done();
        tom.post("message/revoke", group(c)).await.done();
    }
    let revoked = json!({ "type": "friend", "id": jerry.uid, "mid": a, "uid": tom.uid });
    let in_group = json!({ "type": "group", "id": gid, "mid": c, "uid": tom.uid });
    for (socket, person) in [(&mut at_tom, &tom), (&mut at_jerry, &jerry)] {
        assert_eq!(socket.event("revoke", &own(person)).await, revoked);
        assert_eq!(socket.event("revoke", &of(gid)).await, in_group);
        socket.nothing(&im).await;
    }
    let deleted = |kind: &str, id: i64, mid: i64, uid: i64, ty: i64| json!({ "type": kind, "id": id, "mid": mid, "uid": uid, "ty": ty });
    tom.post("message/delete", ty(direct(b), 1)).await.done();
    jerry.post("message/delete", ty(group(d), 1)).await.done();
    assert_eq!(at_tom.event("message_delete", &own(&tom)).await, deleted("friend", jerry.uid, b, tom.uid, 1));
    assert_eq!(at_jerry.event("message_delete", &own(&jerry)).await, deleted("group", gid, d, jerry.uid, 1));
    for socket in [&mut at_tom, &mut at_jerry] {
        socket.nothing(&im).await;
    }
    tom.post("message/delete", ty(direct(b), 2)).await.done();
    tom.post("message/delete", ty(group(d), 2)).await.done();
    for (socket, person) in [(&mut at_tom, &tom), (&mut at_jerry, &jerry)] {
        let data = socket.event("message_delete", &own(person)).await;
        assert_eq!(data, deleted("friend", jerry.uid, b, tom.uid, 2));
        assert_eq!(socket.event("message_delete", &of(gid)).await, deleted("group", gid, d, tom.uid, 2));
    }
}

#[tokio::test]
async fn a_friendship_is_told_step_by_step() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let (mut at_tom, mut at_jerry) = (tom.listen().await, jerry.listen().await);
    let (to_tom, to_jerry) = (own(&tom), own(&jerry));
    let nid = tom.applies(&jerry).await;
    assert_eq!(at_jerry.event("friendApply", &to_jerry).await, json!({ "uid": tom.uid }));
    jerry.post("friend/refuse", form! { "nid": nid }).await.done();
    assert_eq!(at_tom.event("friendRefuse", &to_tom).await, json!({ "uid": jerry.uid, "nid": nid }));
    at_jerry.nothing(&im).await;
    let nid = tom.applies(&jerry).await;
    at_jerry.event("friendApply", &to_jerry).await;
    jerry.post("friend/agree", form! { "nid": nid }).await.done();
    let other = |person: &Pop, name: &str| json!({ "uid": person.uid, "name": name, "avatar": AVATAR });
    assert_eq!(at_tom.event("addFriend", &to_tom).await, other(&jerry, "Jerry"));
    assert_eq!(at_jerry.event("addFriend", &to_jerry).await, other(&tom, "Tom"));
    for (socket, channel) in [(&mut at_tom, &to_tom), (&mut at_jerry, &to_jerry)] {
        let data = socket.event("message", channel).await;
        assert_eq!(data["content"], "我通过了你的好友请求，我们来聊天吧");
        assert_eq!(
            (&data["from"], &data["to"]),
            (&json!(jerry.uid.to_string()), &json!(tom.uid.to_string()))
        );
    }
    // Again the same changes nothing, so nothing is told.
    jerry.post("friend/agree", form! { "nid": nid }).await.says(0, "已经操作成功");
    tom.post("friend/apply", form! { "friend_uid": jerry.uid }).await.says(0, "已经是好友");
    at_tom.nothing(&im).await;
    at_jerry.nothing(&im).await;
    tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
    assert_eq!(at_jerry.event("removeFriend", &to_jerry).await, json!({ "uid": tom.uid }));
    assert_eq!(at_tom.event("removeFriend", &to_tom).await, json!({ "uid": jerry.uid }));
    tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
    at_jerry.nothing(&im).await;
    let add = form! { "login_uid": jerry.uid, "friend_uid": tom.uid };
    im.key().post("friend/add", add).await.done();
    assert_eq!(at_tom.event("addFriend", &to_tom).await, other(&jerry, "Jerry"));
    assert_eq!(at_jerry.event("addFriend", &to_jerry).await, other(&tom, "Tom"));
    at_tom.nothing(&im).await;
}

#[tokio::test]
async fn friends_hear_of_a_new_name_by_their_own_name_for_it() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let eve = im.pop("eve").await;
    im.pals(&[&tom, &jerry, &spike]).await;
    jerry.post("friend/remark", form! { "friend_uid": tom.uid, "remark": "Cat" }).await.done();
    let mut sockets =
        [(jerry.listen().await, &jerry, "Cat"), (spike.listen().await, &spike, "New &lt;Tom&gt;")];
    let mut at_eve = eve.listen().await;
    tom.post("user/update", form! { "nickname": "New <Tom>", "avatar": "/static/img/t.png" }).await.done();
    for (socket, person, name) in &mut sockets {
        let data = socket.event("updateFriend", &own(person)).await;
        assert_eq!(data, json!({ "uid": tom.uid, "name": name, "avatar": "/static/img/t.png" }));
    }
    at_eve.nothing(&im).await;
}

#[tokio::test]
async fn a_new_group_is_told_to_each_member_with_its_first_line() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    im.pals(&[&tom, &jerry, &spike]).await;
    let people = [&tom, &jerry, &spike];
    let mut sockets = Vec::new();
    for person in people {
        sockets.push(person.listen().await);
    }
    let gid = im.circle(&people).await;
    let avatar = format!("/h5/group/avatar?uid={},{},{}", tom.uid, jerry.uid, spike.uid);
    let content = format!("{} 邀请 {} {} 加入了群聊", link(&tom), link(&jerry), link(&spike));
    for (socket, person) in sockets.iter_mut().zip(people) {
        let data = socket.event("addGroup", &own(person)).await;
        let expected = json!({
            "gid": gid, "groupname": "群聊(Tom,Jerry,Spike)", "avatar": avatar, "uid": tom.uid, "...": true,
        });
        assert_fits(&data, &expected);
        let line = socket.event("message", &own(person)).await;
        let found = json!([line["type"], line["sub_type"], line["content"], line["to"], line["from"]]);
        assert_eq!(found, json!(["group", "notice", content, gid.to_string(), tom.uid.to_string()]));
        socket.nothing(&im).await;
    }
}

#[tokio::test]
async fn newcomers_and_members_are_told_of_each_other() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let tyke = im.pop("tyke").await;
    let gid = im.circle(&[&tom, &jerry]).await;
    im.pals(&[&jerry, &spike]).await;
    let (mut at_tom, mut at_spike) = (tom.listen_to(gid).await, spike.listen().await);
    let fields = form! { "gid": gid, "members[]": spike.uid };
    jerry.post("group/memberadd", fields.clone()).await.done();
    let avatar = format!("/h5/group/avatar?uid={},{},{}", tom.uid, jerry.uid, spike.uid);
    let content = format!("{} 邀请 {} 加入了群聊", link(&jerry), link(&spike));
    assert_eq!(at_tom.event("updateGroup", &of(gid)).await, json!({ "gid": gid, "avatar": avatar }));
    assert_eq!(at_tom.said(&of(gid)).await, content);
    let expected = json!({
        "gid": gid, "groupname": "群聊(Tom,Jerry)", "avatar": avatar, "uid": jerry.uid, "content": content,
    });
    assert_eq!(at_spike.event("addGroup", &own(&spike)).await, expected);
    at_spike.nothing(&im).await;
    at_spike.subscribe(&of(gid)).await;
    jerry.post("group/memberadd", fields).await.done();
    at_tom.nothing(&im).await;
    // By the number.
    let mut at_tyke = tyke.listen().await;
    tyke.post("group/join", form! { "gid": gid }).await.done();
    let avatar = format!("{avatar},{}", tyke.uid);
    for socket in [&mut at_tom, &mut at_spike] {
        assert_eq!(socket.event("updateGroup", &of(gid)).await, json!({ "gid": gid, "avatar": avatar }));
        assert_eq!(socket.said(&of(gid)).await, format!("{} 加入了群聊", link(&tyke)));
    }
    assert_eq!(at_tyke.event("addGroup", &own(&tyke)).await["gid"], gid);
}

#[tokio::test]
async fn who_is_removed_hears_that_and_nothing_after_it() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let (mut at_tom, mut at_spike) = (tom.listen_to(gid).await, spike.listen_to(gid).await);
    tom.post("group/memberdel", form! { "gid": gid, "members[]": spike.uid }).await.done();
    let avatar = format!("/h5/group/avatar?uid={},{}", tom.uid, jerry.uid);
    assert_eq!(at_tom.event("updateGroup", &of(gid)).await, json!({ "gid": gid, "avatar": avatar }));
    let content = format!("{} 将 {} 移出了群聊", link(&tom), link(&spike));
    assert_eq!(at_tom.said(&of(gid)).await, content);
    mid(jerry.shout(gid, "he is gone").await);
    assert_eq!(at_tom.said(&of(gid)).await, "he is gone");
    loop {
        let pushed = at_spike.any().await;
        if pushed.event == "removeGroup" {
            let expected = json!({ "gid": gid, "groupname": "<text>", "avatar": avatar, "uid": tom.uid });
            assert_eq!(pushed.channel, own(&spike));
            assert_fits(&pushed.data, &expected);
            break;
        }
        assert_eq!(pushed.event, "updateGroup", "{pushed:?}");
    }
    at_spike.nothing(&im).await;
    at_spike.refused(&of(gid), json!({})).await;
    // Back again, the channel is open again.
    im.pals(&[&tom, &spike]).await;
    tom.post("group/memberadd", form! { "gid": gid, "members[]": spike.uid }).await.done();
    at_spike.event("addGroup", &own(&spike)).await;
    at_spike.subscribe(&of(gid)).await;
    mid(jerry.shout(gid, "back").await);
    assert_eq!(at_spike.said(&of(gid)).await, "back");
}

#[tokio::test]
async fn who_leaves_hears_nothing_after_it() {
    let im = start().await;
    let (tom, jerry, spike) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    let gid = im.circle(&[&tom, &jerry, &spike]).await;
    let (mut at_tom, mut at_jerry) = (tom.listen_to(gid).await, jerry.listen_to(gid).await);
    jerry.post("group/leave", form! { "gid": gid }).await.done();
    let avatar = format!("/h5/group/avatar?uid={},{}", tom.uid, spike.uid);
    assert_eq!(at_tom.event("updateGroup", &of(gid)).await, json!({ "gid": gid, "avatar": avatar }));
    mid(spike.shout(gid, "after").await);
    assert_eq!(at_tom.said(&of(gid)).await, "after");
    let pushed = loop {
        let pushed = at_jerry.any().await;
        if pushed.event != "updateGroup" {
            break pushed;
        }
    };
    assert_eq!((pushed.event.as_str(), pushed.channel), ("removeGroup", own(&jerry)));
    assert_eq!(pushed.data["gid"], gid);
    at_jerry.nothing(&im).await;
}

#[tokio::test]
async fn a_group_that_is_dissolved_says_so_on_its_channel_and_closes_it() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let (mut at_tom, mut at_jerry) = (tom.listen_to(gid).await, jerry.listen_to(gid).await);
    tom.post("group/delete", form! { "gid": gid }).await.done();
    for socket in [&mut at_tom, &mut at_jerry] {
        assert_eq!(socket.event("removeGroup", &of(gid)).await, json!({ "gid": gid }));
        socket.nothing(&im).await;
        socket.refused(&of(gid), json!({})).await;
    }
}

#[tokio::test]
async fn what_changes_in_a_group_is_told_on_its_channel() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let mut at_jerry = jerry.listen_to(gid).await;
    let (channel, t) = (of(gid), link(&tom));
    tom.post("group/update", form! { "gid": gid, "groupname": "A <B>" }).await.done();
    assert_eq!(
        at_jerry.event("updateGroup", &channel).await,
        json!({ "gid": gid, "groupname": "A &lt;B&gt;" })
    );
    let line = at_jerry.event("message", &channel).await;
    assert_eq!((&line["sub_type"], &line["to_name"]), (&json!("notice"), &json!("A &lt;B&gt;")));
    assert_eq!(line["content"], format!("{t} 将群名称修改为 A &lt;B&gt;"));
    tom.post("group/update", form! { "gid": gid, "avatar": "/static/g.png" }).await.done();
    let update = at_jerry.event("updateGroup", &channel).await;
    assert_eq!(update, json!({ "gid": gid, "avatar": "/static/g.png" }));
    at_jerry.nothing(&im).await;
    for value in [1, 0] {
        tom.post("group/manager", form! { "gid": gid, "uid": jerry.uid, "value": value }).await.done();
        let data = at_jerry.event("groupManager", &channel).await;
        assert_eq!(data, json!({ "gid": gid, "uid": jerry.uid, "value": value }));
    }
    for (value, told) in [(1, "设置全群禁言"), (0, "解除全群禁言")] {
        tom.post("group/forbiddenall", form! { "gid": gid, "value": value }).await.done();
        let mut seen = [at_jerry.any().await, at_jerry.any().await];
        seen.sort_by(|a, b| a.event.cmp(&b.event));
        let [line, update] = seen;
        assert_eq!((line.event.as_str(), line.channel), ("message", channel.clone()));
        assert_eq!(line.data["content"], format!("{t} {told}"));
        assert_eq!((update.event.as_str(), update.channel), ("updateGroup", channel.clone()));
        assert_eq!(update.data, json!({ "gid": gid, "forbidden_all": value }));
    }
    tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": 3_600 }).await.done();
    assert_eq!(at_jerry.said(&channel).await, format!("{} 被禁言 1小时", link(&jerry)));
    tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": 0 }).await.done();
    assert_eq!(at_jerry.said(&channel).await, format!("{} 被解除禁言", link(&jerry)));
}

#[tokio::test]
async fn reading_is_told_to_the_other_one_and_to_ones_own_devices() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let last = mid(tom.say(&jerry, "1").await);
    let in_group = mid(tom.shout(gid, "2").await);
    let (mut at_tom, mut at_jerry) = (tom.listen_to(gid).await, jerry.listen_to(gid).await);
    jerry.post("message/updateLastReadTime", form! { "id": tom.uid, "type": "friend" }).await.done();
    for (socket, person) in [(&mut at_tom, &tom), (&mut at_jerry, &jerry)] {
        let data = socket.event("read", &own(person)).await;
        let found = json!([data["type"], data["uid"], data["last_read_time"], data["last_read_mid"]]);
        assert_eq!(found, json!(["friend", jerry.uid, im.seconds(), last]));
        assert!(data["id"].is_i64(), "{data}");
    }
    jerry.post("message/updateLastReadTime", form! { "id": gid, "type": "group" }).await.done();
    let data = at_jerry.event("read", &own(&jerry)).await;
    let expected = json!({
        "type": "group", "id": gid, "uid": jerry.uid, "last_read_time": im.seconds(), "last_read_mid": in_group,
    });
    assert_eq!(data, expected);
    // The group is not told who read.
    mid(jerry.shout(gid, "fence").await);
    let pushed = at_tom.any().await;
    assert_eq!(pushed.event, "message", "{pushed:?}");
}

#[tokio::test]
async fn ones_own_devices_keep_the_list_of_conversations_together() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    mid(jerry.say(&tom, "1").await);
    let (mut phone, mut at_jerry) = (tom.listen().await, jerry.listen().await);
    let state = |state: &str, top: i64, unread: i64| json!({ "type": "friend", "id": jerry.uid, "state": state, "top": top, "unread_count": unread });
    tom.post("friend/update", form! { "friend_uid": jerry.uid, "top": 1 }).await.done();
    assert_eq!(phone.event("conversationUpdate", &own(&tom)).await, state("chatting", 1, 1));
    tom.post("friend/update", form! { "friend_uid": jerry.uid, "unread_count": 0 }).await.done();
    assert_eq!(phone.event("conversationUpdate", &own(&tom)).await, state("chatting", 1, 0));
    tom.post("pop/delchat", form! { "id": jerry.uid, "type": "friend" }).await.done();
    assert_eq!(phone.event("conversationUpdate", &own(&tom)).await, state("hidden", 1, 0));
    at_jerry.nothing(&im).await;
}

#[tokio::test]
async fn a_new_temporary_session_is_told_to_the_merchant() {
    let im = start().await;
    let (tom, shop) = (im.pop("tom").await, im.pop("shop").await);
    im.member(&shop, true).await;
    let mut at_shop = shop.listen().await;
    mid(tom.say(&shop, "hello").await);
    let mut seen = [at_shop.any().await, at_shop.any().await];
    seen.sort_by(|a, b| a.event.cmp(&b.event));
    assert_eq!([seen[0].event.as_str(), seen[1].event.as_str()], ["message", "tempSession"]);
    assert_eq!(seen[1].channel, own(&shop));
    assert_eq!(seen[1].data, json!({ "uid": tom.uid, "name": "Tom", "avatar": AVATAR }));
    mid(tom.say(&shop, "again").await);
    assert_eq!(at_shop.said(&own(&shop)).await, "again");
    at_shop.nothing(&im).await;
}

#[tokio::test]
async fn settings_are_told_to_everybody_with_the_base_key() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let base = im.nobody(reqwest::Method::GET, "/web/pop/getsetting", form! {}).await.ok();
    let base_key = base["appkey"].as_str().unwrap();
    let mut sockets = [tom.push().await, Push::open(&im.base, base_key).await];
    for socket in &mut sockets {
        socket.subscribe("global").await;
    }
    im.switch(form! { "voice": "off", "dirty_words": "secretword" }).await;
    let mut expected = base.clone();
    expected["voice"] = json!("off");
    for socket in &mut sockets {
        let data = socket.event("settingChange", "global").await;
        assert_eq!(data, expected);
    }
}

#[tokio::test]
async fn who_is_there_is_known_to_friends() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let state = |data: Value| data["J"][jerry.uid.to_string()]["state"].clone();
    let mut at_tom = tom.listen().await;
    assert_eq!(state(tom.get("friend/getlist", form! {}).await.ok()), "offline");
    // A socket that does not listen to its own channel is nobody's presence.
    let mut socket = jerry.push().await;
    socket.subscribe("global").await;
    assert_eq!(state(tom.get("friend/getlist", form! {}).await.ok()), "offline");
    socket.subscribe(&own(&jerry)).await;
    let online = json!({ "uid": jerry.uid, "state": "online", "logout_timestamp": 0 });
    assert_eq!(at_tom.event("userState", &own(&tom)).await, online);
    assert_eq!(state(tom.get("friend/getlist", form! {}).await.ok()), "online");
    assert_eq!(state(tom.overview().await["friend"].clone()), "online");
    assert_eq!(tom.get("user/get", form! { "uid": jerry.uid }).await.ok()["state"], "online");
    // A second socket changes nothing, and neither does the end of the first.
    let second = jerry.listen().await;
    socket.close().await;
    at_tom.nothing(&im).await;
    assert_eq!(state(tom.get("friend/getlist", form! {}).await.ok()), "online");
    second.close().await;
    let offline = json!({ "uid": jerry.uid, "state": "offline", "logout_timestamp": "<any>" });
    let data = at_tom.event("userState", &own(&tom)).await;
    assert_fits(&data, &offline);
    assert!(
        (im.seconds()..im.seconds() + 60).contains(&data["logout_timestamp"].as_i64().unwrap()),
        "{data}"
    );
    let seen = tom.get("user/get", form! { "uid": jerry.uid }).await.ok();
    assert_eq!(
        json!([seen["state"], seen["logout_timestamp"]]),
        json!(["offline", data["logout_timestamp"]])
    );
}

#[tokio::test]
async fn a_page_that_reloads_was_never_away() {
    let im = start().await;
    let (tom, jerry) = pair(&im).await;
    let mut at_tom = tom.listen().await;
    for n in 0..3 {
        let socket = jerry.listen().await;
        if n == 0 {
            assert_eq!(at_tom.event("userState", &own(&tom)).await["state"], "online");
        }
        socket.close().await;
    }
    let _back = jerry.listen().await;
    mid(jerry.say(&tom, "here").await);
    let pushed = at_tom.any().await;
    assert_eq!(pushed.event, "message", "{pushed:?}");
    assert_eq!(tom.get("user/get", form! { "uid": jerry.uid }).await.ok()["state"], "online");
}

#[tokio::test]
async fn private_channels_mirror_the_public_ones() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    let mut socket = jerry.push().await;
    for channel in [format!("private-user-{}", jerry.uid), format!("private-group-{gid}")] {
        let auth = super::sockets::auth(&jerry, &socket.id, &channel).await;
        let frame = socket.wants(&channel, auth).await;
        assert_eq!(frame["event"], "pusher_internal:subscription_succeeded", "{frame}");
    }
    mid(tom.say(&jerry, "one").await);
    assert_eq!(socket.said(&format!("private-user-{}", jerry.uid)).await, "one");
    mid(tom.shout(gid, "two").await);
    assert_eq!(socket.said(&format!("private-group-{gid}")).await, "two");
    socket.nothing(&im).await;
}
