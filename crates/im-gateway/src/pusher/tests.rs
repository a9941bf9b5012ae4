//! What listeners hear: the hub's side of a socket, without the socket.
use super::{
    Keys, Push, Pusher,
    channels::Channel,
    place::Socket,
    rooms::{Member, Reserved},
};
use futures_util::FutureExt;
use im_core::{
    AccountId, Audience, Change, ConversationId, Event, Joined, Left, Mid, Millis, Seq, SessionEnd,
    SessionId,
    accounts::{Caller, Door, Role},
    conversations::Group,
    messages::{Body, Extra, Face, Message, Named, Notice, Place, Posted, Quoted, To},
    switches::Switches,
};
use serde_json::{Value, json};
use std::sync::Arc;

const TOM: AccountId = AccountId(9);
const JERRY: AccountId = AccountId(10);
const GROUP: ConversationId = ConversationId(51);

fn pusher() -> Pusher {
    Pusher::new(Keys::of_the_contract(), Push::default(), Default::default())
}

fn caller(id: AccountId, session: i64) -> Caller {
    Caller { id, session: SessionId(session), door: Door::Pop, role: Role::User, account_role: Role::User }
}

/// A socket of `id` that listens to these channels.
fn listener(pusher: &Pusher, id: AccountId, channels: &[&str]) -> Arc<Socket> {
    let socket = pusher.place(Some(caller(id, id.0 * 100)), None, "ws://im:80".into(), 0).unwrap();
    for name in channels {
        let channel = Channel::parse(name).unwrap();
        let member = matches!(channel, Channel::PresenceGroup(_)).then(|| member(id));
        assert_eq!(pusher.rooms.reserve(channel, &socket, Some(id)), Reserved::Fresh);
        assert!(pusher.rooms.confirm(channel, &socket, member.as_ref()));
    }
    heard(&socket);
    socket
}

fn member(id: AccountId) -> Member {
    serde_json::from_value(json!({ "user_id": id.to_string(), "user_info": { "name": "x" } })).unwrap()
}

/// Event, channel and data of what waits for a socket.
fn heard(socket: &Socket) -> Vec<(String, String, Value)> {
    let Some(work) = socket.outbox.work(100).now_or_never() else { return Vec::new() };
    let frames = work.frames.iter().map(|out| {
        let bytes = out.frame.bytes();
        let start = if bytes[1] < 126 { 2 } else { 4 };
        let frame: Value = serde_json::from_slice(&bytes[start..]).unwrap();
        let text = |key: &str| frame[key].as_str().unwrap_or_default().to_owned();
        (text("event"), text("channel"), serde_json::from_str(&text("data")).unwrap_or_default())
    });
    frames.collect()
}

fn face(id: AccountId, name: &str) -> Face {
    let avatar = "/a.png?x='".into();
    Face { id, uuid: String::new(), role: Role::User, name: name.into(), avatar, desk: None }
}

fn group() -> Group {
    Group {
        id: GROUP,
        uuid: String::new(),
        owner: TOM,
        name: "A & B".into(),
        avatar: "/x.png".into(),
        avatar_custom: false,
        faces: "9,10".into(),
        mute_all: true,
        announcement: String::new(),
        join_policy: 0,
        status: 1,
        created_ms: Millis(0),
        updated_ms: Millis(0),
    }
}

fn posted(body: Body, place: Place) -> Posted {
    let message = Message {
        mid: Mid(846),
        uuid: Default::default(),
        conversation: GROUP,
        seq: Seq(1),
        sender: TOM,
        body,
        raw: None,
        created_ms: Millis(1_559_032_013_999),
        client_id: None,
        extra: Extra::default(),
    };
    Posted { message, sender: face(TOM, "Tom"), place, quote: None, echo: None }
}

fn direct() -> Place {
    Place::Direct { peer: face(JERRY, "Jerry"), sender_alias: "Cat".into(), peer_alias: "Mouse".into() }
}

fn in_group() -> Place {
    Place::Group(Arc::new(group()))
}

fn told(posted: Posted) -> Event {
    Event::Posted(posted.audience(), Arc::new(posted))
}

fn changed(to: AccountId, change: Change) -> Event {
    Event::Changed(Audience::Accounts(vec![to]), Arc::new(change))
}

#[test]
fn a_message_is_told_to_both_sides_and_their_private_channels() {
    let pusher = pusher();
    let tom = listener(&pusher, TOM, &["user-9"]);
    let jerry = listener(&pusher, JERRY, &["user-10", "private-user-10"]);
    let said = Some((Body::Text("<".repeat(300)), None));
    let quote = Some(Quoted { mid: Mid(7), seq: Seq(1), sender: JERRY, said });
    let message = posted(Body::Text("你好 <b>{POPBASEURI}".into()), direct());
    pusher.dispatch(&told(Posted { quote, echo: Some("1'".into()), ..message }));
    let data = json!({
        "from": "9", "from_name": "Cat", "from_avatar": "/a.png?x=&#039;", "to": "10", "to_name": "Jerry",
        "to_avatar": "/a.png?x=&#039;", "content": "你好 &lt;b&gt;{\u{200B}POPBASEURI}", "timestamp": 1_559_032_013,
        "type": "friend", "sub_type": "message", "mid": 846, "quote_mid": 7, "quote_content": "&lt;".repeat(200),
        "uniqueId": "1&#039;",
    });
    let event = |channel: &str| ("message".to_owned(), channel.to_owned(), data.clone());
    assert_eq!(heard(&tom), [event("user-9")]);
    assert_eq!(heard(&jerry), [event("user-10"), event("private-user-10")]);
}

#[test]
fn every_event_is_told_as_the_contract_has_it() {
    let notice = |what: Notice, place: Place| told(posted(Body::Notice(what), place));
    let people = || vec![Named { id: JERRY, name: "Jerry".into() }];
    let revoked = |mid: Option<i64>, deleted| Notice::Revoked {
        message: String::new(),
        mid: mid.map(Mid),
        seq: None,
        deleted,
    };
    let inbox = || Place::Inbox(face(JERRY, "Jerry"));
    let joined = |what: Notice| {
        let by = Named { id: TOM, name: "Tom".into() };
        Event::Joined(Arc::new(Joined { group: group(), accounts: vec![JERRY], by, notice: what }))
    };
    let left = |by| Event::Left(Arc::new(Left { group: group(), accounts: vec![JERRY], by }));
    let avatar = "/h5/group/avatar?uid=9,10";
    let line = "[Tom]({POPBASEURI}user/detail/9) 邀请 [Jerry]({POPBASEURI}user/detail/10) 加入了群聊";
    let (friend, in_circle) = (To::Account(JERRY), To::Group(GROUP));
    // What jerry hears on user-10 or group-51; the data of messages is looked at elsewhere.
    type Heard<'a> = Option<(&'a str, &'a str, Value)>;
    let cases: Vec<(Event, Heard<'_>)> = vec![
        (notice(Notice::FriendAsked, inbox()), Some(("friendApply", "user-10", json!({ "uid": 9 })))),
        (
            notice(Notice::Befriended, direct()),
            Some(("addFriend", "user-10", json!({ "uid": 9, "name": "Cat", "avatar": "/a.png?x=&#039;" }))),
        ),
        (notice(revoked(None, false), direct()), None),
        (notice(Notice::Edited { mid: Mid(5), seq: Seq(2), text: Some("new".into()) }, in_group()), None),
        (notice(Notice::Reacted { mid: Mid(5), seq: Seq(2), emoji: "👍".into(), on: true }, direct()), None),
        (
            notice(revoked(Some(5), false), direct()),
            Some(("revoke", "user-10", json!({ "type": "friend", "id": 10, "mid": 5, "uid": 9 }))),
        ),
        (
            notice(revoked(Some(5), true), in_group()),
            Some((
                "message_delete",
                "group-51",
                json!({ "type": "group", "id": 51, "mid": 5, "uid": 9, "ty": 2 }),
            )),
        ),
        (notice(Notice::GroupCreated { people: vec![] }, in_group()), None),
        (
            notice(Notice::GroupCreated { people: people() }, in_group()),
            Some(("message", "user-10", json!(null))),
        ),
        (notice(Notice::GroupDissolved, in_group()), None),
        (notice(Notice::MutedAll { on: true }, in_group()), Some(("message", "group-51", json!(null)))),
        (
            joined(Notice::Invited { people: people() }),
            Some((
                "addGroup",
                "user-10",
                json!({ "gid": 51, "groupname": "A &amp; B", "avatar": avatar, "uid": 9, "content": line }),
            )),
        ),
        (
            joined(Notice::GroupCreated { people: people() }),
            Some((
                "addGroup",
                "user-10",
                json!({ "gid": 51, "groupname": "A &amp; B", "avatar": avatar, "uid": 9 }),
            )),
        ),
        (left(JERRY), Some(("removeGroup", "user-10", json!({ "gid": 51 })))),
        (
            left(TOM),
            Some((
                "removeGroup",
                "user-10",
                json!({ "gid": 51, "groupname": "A &amp; B", "avatar": avatar, "uid": 9 }),
            )),
        ),
        (
            changed(JERRY, Change::FriendRefused { by: TOM, request: 102 }),
            Some(("friendRefuse", "user-10", json!({ "uid": 9, "nid": 102 }))),
        ),
        (
            changed(TOM, Change::Unfriended(TOM, JERRY)),
            Some(("removeFriend", "user-10", json!({ "uid": 9 }))),
        ),
        (
            changed(
                TOM,
                Change::Profile {
                    account: TOM,
                    name: "Tom".into(),
                    avatar: "/t".into(),
                    names: vec![(JERRY, "<Cat>".into())],
                },
            ),
            Some(("updateFriend", "user-10", json!({ "uid": 9, "name": "&lt;Cat&gt;", "avatar": "/t" }))),
        ),
        (
            Event::Changed(
                Audience::Group(GROUP),
                Arc::new(Change::Group { group: group(), name: false, avatar: false, mute_all: true }),
            ),
            Some(("updateGroup", "group-51", json!({ "gid": 51, "forbidden_all": 1 }))),
        ),
        (
            Event::Changed(
                Audience::Group(GROUP),
                Arc::new(Change::Manager { group: GROUP, account: JERRY, on: true }),
            ),
            Some(("groupManager", "group-51", json!({ "gid": 51, "uid": 10, "value": 1 }))),
        ),
        (
            changed(
                JERRY,
                Change::Read {
                    to: Some(in_circle),
                    conversation: GROUP,
                    reader: JERRY,
                    read_ms: Millis(5_999),
                    mid: Mid(8),
                    seq: Seq(3),
                },
            ),
            Some((
                "read",
                "user-10",
                json!({ "type": "group", "id": 51, "uid": 10, "last_read_time": 5, "last_read_mid": 8 }),
            )),
        ),
        (
            changed(
                JERRY,
                Change::View {
                    to: Some(friend),
                    conversation: ConversationId(7),
                    hidden: true,
                    pinned: false,
                    unread: 3,
                },
            ),
            Some((
                "conversationUpdate",
                "user-10",
                json!({ "type": "friend", "id": 10, "state": "hidden", "top": 0, "unread_count": 3 }),
            )),
        ),
        (
            changed(
                JERRY,
                Change::Deleted {
                    to: friend,
                    conversation: ConversationId(5),
                    mid: Mid(4),
                    seq: Seq(1),
                    created_ms: Millis(0),
                    by: JERRY,
                    for_all: false,
                },
            ),
            Some((
                "message_delete",
                "user-10",
                json!({ "type": "friend", "id": 10, "mid": 4, "uid": 10, "ty": 1 }),
            )),
        ),
        (
            changed(
                JERRY,
                Change::Stranger {
                    who: Named { id: AccountId(77), name: "Eve".into() },
                    avatar: "/e".into(),
                },
            ),
            Some(("tempSession", "user-10", json!({ "uid": 77, "name": "Eve", "avatar": "/e" }))),
        ),
    ];
    for (event, expected) in cases {
        let pusher = pusher();
        let jerry = listener(&pusher, JERRY, &["user-10", "group-51"]);
        pusher.dispatch(&event);
        let mut heard = heard(&jerry).into_iter();
        match (heard.next(), &expected) {
            (Some((event, channel, data)), Some((name, on, fields))) => {
                assert_eq!((event.as_str(), channel.as_str()), (*name, *on));
                assert!(*name == "message" || data == *fields, "{name}: {data}");
            }
            (heard, _) => assert_eq!(heard.is_none(), expected.is_none(), "{heard:?} {expected:?}"),
        }
        assert_eq!(heard.next(), None);
    }
}

#[test]
fn who_is_put_out_hears_nothing_after_it() {
    let pusher = pusher();
    let all = ["user-10", "group-51", "private-group-51", "presence-group-51"];
    let jerry = listener(&pusher, JERRY, &all);
    let tom = listener(&pusher, TOM, &["group-51", "presence-group-51"]);
    heard(&jerry); // that tom came
    // Its right to come back is just being looked up.
    let second = listener(&pusher, JERRY, &[]);
    assert_eq!(pusher.rooms.reserve(Channel::Group(GROUP), &second, Some(JERRY)), Reserved::Fresh);
    pusher.dispatch(&Event::Left(Arc::new(Left { group: group(), accounts: vec![JERRY], by: TOM })));
    pusher.dispatch(&told(posted(Body::Text("he is gone".into()), in_group())));
    let events = |socket: &Socket| heard(socket).into_iter().map(|(event, ..)| event).collect::<Vec<_>>();
    assert_eq!(events(&jerry), ["removeGroup"]);
    assert_eq!(events(&tom), ["pusher_internal:member_removed", "message"]);
    assert!(!pusher.rooms.confirm(Channel::Group(GROUP), &second, None), "its place went with its right");
    assert_eq!(*jerry.channels(), [Channel::User(JERRY)]);
    pusher.dispatch(&Event::Dissolved(Arc::new(group())));
    assert_eq!(events(&tom), ["removeGroup"]);
    assert!(tom.channels().is_empty());
}

#[test]
fn people_of_a_presence_channel_are_counted_once() {
    let pusher = pusher();
    let channel = Channel::PresenceGroup(GROUP);
    let tom = listener(&pusher, TOM, &["presence-group-51"]);
    let phone = listener(&pusher, JERRY, &["presence-group-51"]);
    let page = pusher.place(Some(caller(JERRY, 2)), None, "".into(), 0).unwrap();
    heard(&page);
    pusher.rooms.reserve(channel, &page, Some(JERRY));
    assert!(pusher.rooms.confirm(channel, &page, Some(&member(JERRY))));
    let info = json!({ "name": "x" });
    let hash = json!({ "10": info, "9": info });
    let (event, _, data) = heard(&page).remove(0);
    assert_eq!(event, "pusher_internal:subscription_succeeded");
    assert_eq!(data, json!({ "presence": { "count": 2, "ids": ["10", "9"], "hash": hash } }));
    let name = "presence-group-51".to_owned();
    let added = json!({ "user_id": "10", "user_info": info });
    assert_eq!(heard(&tom), [("pusher_internal:member_added".to_owned(), name.clone(), added)]);
    pusher.remove(&phone);
    assert_eq!(heard(&tom), []);
    pusher.rooms.leave(channel, &page);
    let removed = json!({ "user_id": "10" });
    assert_eq!(heard(&tom), [("pusher_internal:member_removed".to_owned(), name, removed)]);
}

#[test]
fn what_one_may_have_is_bounded() {
    let pusher = pusher();
    let sockets: Vec<_> = (0..20).map(|_| listener(&pusher, TOM, &[])).collect();
    assert!(pusher.place(Some(caller(TOM, 1)), None, "".into(), 0).is_none());
    pusher.remove(&sockets[3]);
    assert!(pusher.place(Some(caller(TOM, 1)), None, "".into(), 0).is_some());
    let reserve = |n: i64| pusher.rooms.reserve(Channel::Group(ConversationId(n)), &sockets[0], Some(TOM));
    assert!((1..=200).all(|n| reserve(n) == Reserved::Fresh));
    assert_eq!((reserve(201), reserve(200)), (Reserved::Full, Reserved::Fresh));
}

#[test]
fn sockets_end_with_their_sessions() {
    let pusher = pusher();
    let own = listener(&pusher, TOM, &[]);
    let place = |owner| pusher.place(owner, None, "".into(), 0).unwrap();
    let (other, of_server) = (place(Some(caller(TOM, 1))), place(Some(caller(TOM, 0))));
    let vouched = place(None);
    assert!(pusher.vouch(&vouched.public_id(), Channel::User(TOM), caller(TOM, 900)));
    let mut sessions = pusher.sessions(TOM);
    sessions.sort();
    assert_eq!(sessions, [1, 900, 900].map(SessionId));
    let ending = || [&own, &other, &of_server, &vouched].map(|socket| socket.outbox.ending());
    pusher.dispatch(&Event::SessionsEnded(TOM, vec![SessionId(900)], SessionEnd::SignedOut));
    assert_eq!(ending(), [true, false, false, true]);
    pusher.dispatch(&Event::SessionsEnded(TOM, vec![], SessionEnd::PasswordChanged));
    assert_eq!(ending(), [true, false, true, true]);
    let disabled = place(Some(caller(TOM, 0)));
    pusher.dispatch(&Event::SessionsEnded(TOM, vec![], SessionEnd::Disabled));
    assert!(disabled.outbox.ending());
    for socket in [&own, &other, &of_server, &vouched, &disabled] {
        pusher.remove(socket);
    }
    assert!(pusher.sessions(TOM).is_empty() && pusher.open() == 0);
}

#[test]
fn settings_are_told_with_the_address_that_each_one_uses() {
    let pusher = pusher();
    let tom = listener(&pusher, TOM, &["global"]);
    pusher.dispatch(&Event::Changed(
        Audience::Everybody,
        Arc::new(Change::Switches(Arc::new(Switches::default()))),
    ));
    let (event, channel, data) = heard(&tom).remove(0);
    assert_eq!((event.as_str(), channel.as_str()), ("settingChange", "global"));
    let keys: Vec<_> = data.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "id voice audio video prompt_tone group_chat private_chat add_friend create_group upload_file \
                    upload_img emoji member_detail stranger_chat appkey ws_address app_name register \
                    register_captcha login_captcha explore_url qrcode_friend qrcode_group qrcode_scan";
    assert_eq!(keys, expected.split_whitespace().collect::<Vec<_>>());
    assert_eq!(json!([data["id"], data["appkey"], data["ws_address"]]), json!(["2", "k", "ws://im:80"]));
    assert!(data.as_object().unwrap().values().all(Value::is_string));
}
