//! Friends: finding, asking, deciding, the list, flags (egg.md §4 #4–#12, #17, #19, #33, #39, #40).
use crate::{kit::*, shape};
use serde_json::{Value, json};

const NO_FRIEND: &str = "好友不存在";

async fn apply(from: &Person, to: i64, text: &str) -> Answer {
    from.post("/api/chat/applyfriend", json!({ "friend_id": to, "nickname": text })).await
}

async fn instantly(from: &Person, to: i64) -> Answer {
    from.post("/api/chat/autoAddFriendAndAgree", json!({ "friend_id": to })).await
}

/// The number of the newest request to `to`.
async fn newest_request(to: &Person) -> i64 {
    to.get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["id"].as_i64().unwrap()
}

async fn decide(who: &Person, request: i64, status: &str, remark: &str) -> Answer {
    let body = json!({ "status": status, "nickname": remark });
    who.post(&format!("/api/chat/handleapply/{request}"), body).await
}

async fn set(who: &Person, field: &str, value: Value) {
    let body = json!({ "fieldname": field, "fieldValue": value });
    who.post("/api/chat/updateUserinfo", body).await.ok();
}

/// Whether `b` is in the list of `a`.
async fn has(a: &Person, b: &Person) -> bool {
    let got = a.post(&format!("/api/chat/ismygoodfriend/{}", b.id), json!({})).await;
    if got.status != 200 {
        got.fails(400, "不是好友");
    }
    got.status == 200
}

#[tokio::test]
async fn a_search_finds_other_users_by_a_part_of_their_name() {
    let im = Im::with(|settings| settings.chat.search_results = 3).await;
    let me = im.user("findme").await;
    for name in ["Find_1", "findx1", "xxfind", "find99", "gone_find"] {
        im.user(name).await;
    }
    im_core::accounts::set_enabled(im.app(), "gone_find".into(), false).await.unwrap();
    im.visitor(1).await;
    let found = |keyword: &'static str| {
        let call = me.post("/api/chat/searchUser", json!({ "keyword": keyword }));
        async move {
            let found = call.await.ok();
            if found != json!([]) {
                let uuid = "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa";
                let sample = json!([{ "id": 1, "username": "my01", "avatar": "", "role": "user", "uuid": uuid, "nickname": "" }]);
                shape::same(&found, &sample);
            }
            let names =
                found.as_array().unwrap().iter().map(|row| row["username"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>().join(" ")
        }
    };
    let cases = [
        ("FIND", "Find_1 findx1 xxfind"),
        ("findx", "findx1"),
        ("d_1", "Find_1"),
        ("_", "Find_1"),
        ("%", ""),
        ("%find%", ""),
        ("findme", ""),
        ("VIS", ""),
        ("gone", ""),
        ("\\", ""),
        ("' or 1=1 --", ""),
        ("阿祖", ""),
    ];
    for (keyword, names) in cases {
        assert_eq!(found(keyword).await, names, "{keyword}");
    }
    me.post("/api/chat/searchUser", json!({})).await.fails(422, "搜索关键词不能为空");
    let long = json!({ "keyword": "k".repeat(51) });
    me.post("/api/chat/searchUser", long).await.fails(422, "搜索关键词 的长度 必须 在 1 和 50 之间");
}

#[tokio::test]
async fn a_friend_request_is_listed_for_the_one_who_was_asked() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    assert_eq!(apply(&ann, bob.id, "我是安").await.ok(), json!("ok"));
    assert_eq!(apply(&vis, bob.id, "").await.ok(), json!("ok"));

    let list = bob.get("/api/chat/listapplyfriend/1").await.ok();
    let sample = json!({
        "alldata": [{
            "create_time": "2025-07-14 11:41:19", "id": 1, "user_id": 1, "friend_id": 3, "nickname": "",
            "friendlookme": 1, "melookfriend": 1, "ismystarfriend": 0, "isblack": 0, "status": "pending",
            "order": 50, "update_time": "2025-07-14T04:32:58.000Z", "userId": 1,
            "user": { "id": 1, "username": "my01", "avatar": "", "nickname": "",
                      "uuid": "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa" },
        }],
        "pendingCount": 2,
    });
    shape::same(&list, &sample);
    let row = &list["alldata"][1];
    let found = json!([row["user_id"], row["userId"], row["friend_id"], row["nickname"], row["status"]]);
    assert_eq!(found, json!([ann.id, ann.id, bob.id, "我是安", "pending"]));
    assert_eq!((&row["user"]["id"], &row["user"]["uuid"]), (&json!(ann.id), &json!(ann.uuid)));
    assert_eq!((&list["alldata"][0]["user_id"], &list["pendingCount"]), (&json!(vis.id), &json!(2)));
    assert_eq!(
        ann.get("/api/chat/listapplyfriend/1").await.ok(),
        json!({ "alldata": [], "pendingCount": 0 })
    );

    let one = bob.post(&format!("/api/chat/isApplyfriend/{}", ann.uuid), json!({})).await.ok();
    let sample = json!({
        "id": 16, "user_id": 7, "friend_id": 6, "nickname": "", "friendlookme": 1, "melookfriend": 1,
        "ismystarfriend": 0, "isblack": 0, "status": "pending", "userId": 7,
    });
    shape::same(&one, &sample);
    assert_eq!((&one["id"], &one["user_id"], &one["userId"]), (&row["id"], &json!(ann.id), &json!(ann.id)));
    let asked = |who: Person, uuid: String| async move {
        who.post(&format!("/api/chat/isApplyfriend/{uuid}"), json!({})).await
    };
    asked(ann.clone(), bob.uuid.clone()).await.fails(400, "用户申请信息不存在");
    asked(ann.clone(), "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa".into()).await.fails(400, "用户不存在");
    asked(ann, "short".into()).await.fails(422, "uuid值 的长度 必须 在 36 和 36 之间");
    decide(&bob, one["id"].as_i64().unwrap(), "refuse", "").await.ok();
    asked(bob, one_uuid(&list)).await.fails(400, "用户申请信息不存在");
}

/// Who asked first.
fn one_uuid(list: &Value) -> String {
    list["alldata"][1]["user"]["uuid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn requests_come_in_pages_newest_first() {
    let im = Im::start().await;
    let bob = im.user("bob1").await;
    for n in 0..12 {
        apply(&im.user(&format!("user_{n}")).await, bob.id, &n.to_string()).await.ok();
    }
    // query, the texts of that page
    let cases = [
        ("1", "11 10 9 8 7 6 5 4 3 2"),
        ("2", "1 0"),
        ("3", ""),
        ("1?limit=3", "11 10 9"),
        ("2?limit=3", "8 7 6"),
        ("1?limit=100", "11 10 9 8 7 6 5 4 3 2 1 0"),
        ("1?limit=0", "11"),
        ("1?limit=-5", "11"),
        ("1?limit=many", "11 10 9 8 7 6 5 4 3 2"),
        ("1?limit=", "11 10 9 8 7 6 5 4 3 2"),
        ("1?limit=99999999999999", "11 10 9 8 7 6 5 4 3 2 1 0"),
        ("10000000000000000?limit=2000", ""),
    ];
    for (query, texts) in cases {
        let list = bob.get(&format!("/api/chat/listapplyfriend/{query}")).await.ok();
        let rows = list["alldata"].as_array().unwrap();
        let found: Vec<_> = rows.iter().map(|row| row["nickname"].as_str().unwrap()).collect();
        assert_eq!((found.join(" ").as_str(), &list["pendingCount"]), (texts, &json!(12)), "{query}");
    }
    let odd = [
        ("0", "页码 的数值 必须 在 1 和 10000000000000000 之间"),
        ("-1", "页码 的数值 必须 在 1 和 10000000000000000 之间"),
        ("10000000000000001", "页码 的数值 必须 在 1 和 10000000000000000 之间"),
        ("x", "页码 的值 `x` 的类型不是 `int`"),
        ("1.5", "页码 的值 `1.5` 的类型不是 `int`"),
    ];
    for route in ["listapplyfriend", "goodfriendlist", "grouplist"] {
        for (page, text) in odd {
            bob.get(&format!("/api/chat/{route}/{page}")).await.fails(422, text);
        }
    }
}

#[tokio::test]
async fn asking_is_refused_for_reasons_in_their_order() {
    let im = Im::start().await;
    let (ann, bob, strict) = (im.user("ann1").await, im.user("bob1").await, im.user("strict").await);
    let gone = im.user("gone").await;
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    set(&strict, "invite_confirm", json!(1)).await;
    let (yourself, nobody) = ("不能添加自己为好友", "添加的好友不存在");
    let again = "您已经申请过了，请勿重复申请";
    for (to, text) in [(ann.id, yourself), (999_999, nobody), (gone.id, nobody)] {
        apply(&ann, to, "").await.fails(400, text);
        instantly(&ann, to).await.fails(400, text);
    }
    instantly(&ann, strict.id).await.fails(400, "需要对方审核，不能自动加对方为好友");
    apply(&ann, strict.id, "").await.ok();
    instantly(&ann, strict.id).await.fails(400, "需要对方审核，不能自动加对方为好友");
    // Pending, then agreed: neither is asked again; refused or put aside: it is.
    apply(&ann, bob.id, "").await.ok();
    for route in ["applyfriend", "autoAddFriendAndAgree"] {
        ann.post(&format!("/api/chat/{route}"), json!({ "friend_id": bob.id })).await.fails(400, again);
    }
    for verdict in ["refuse", "ignore", "agree"] {
        decide(&bob, newest_request(&bob).await, verdict, "").await.ok();
        let next = apply(&ann, bob.id, "").await;
        if verdict == "agree" {
            next.fails(400, again)
        } else {
            assert_eq!(next.ok(), json!("ok"), "{verdict}")
        }
    }
    instantly(&ann, bob.id).await.fails(400, again);
    // The other direction is another request.
    apply(&bob, ann.id, "").await.ok();
    // A text that is too long is dropped: it has a default.
    let carol = im.user("carol").await;
    apply(&carol, bob.id, &"长".repeat(51)).await.ok();
    assert_eq!(bob.get("/api/chat/listapplyfriend/1").await.ok()["alldata"][0]["nickname"], "");
}

#[tokio::test]
async fn agreeing_makes_friends_of_both() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    set(&bob, "nickname", json!("老波")).await;
    apply(&ann, bob.id, "我是安").await.ok();
    let request = newest_request(&bob).await;
    // Nothing changes, and it may still be decided.
    assert_eq!(decide(&bob, request, "pending", "").await.ok(), json!("ok"));
    assert!(!has(&bob, &ann).await);
    assert_eq!(decide(&bob, request, "agree", "安妮").await.ok(), json!("ok"));
    for (who, friend, remark) in [(&bob, &ann, "安妮"), (&ann, &bob, "老波")] {
        let row = who.post(&format!("/api/chat/ismygoodfriend/{}", friend.id), json!({})).await.ok();
        let sample = json!({
            "id": 29, "user_id": 6, "friend_id": 1, "nickname": "魂牵一梦", "friendlookme": 1, "melookfriend": 1,
            "ismystarfriend": 0, "isblack": 0, "status": 1,
        });
        shape::same(&row, &sample);
        let found =
            json!([row["user_id"], row["friend_id"], row["nickname"], row["friendlookme"], row["status"]]);
        assert_eq!(found, json!([who.id, friend.id, remark, 1, 1]));
    }
    let list = bob.get("/api/chat/listapplyfriend/1").await.ok();
    assert_eq!((&list["pendingCount"], &list["alldata"][0]["status"]), (&json!(0), &json!("agree")));
}

#[tokio::test]
async fn a_request_is_decided_once_and_by_the_one_who_was_asked() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    let over = "申请不存在或已处理";
    for verdict in ["refuse", "ignore"] {
        apply(&ann, bob.id, "").await.ok();
        let request = newest_request(&bob).await;
        for stranger in [&ann, &eve] {
            decide(stranger, request, "agree", "").await.fails(400, over);
        }
        assert_eq!(decide(&bob, request, verdict, "").await.ok(), json!("ok"));
        decide(&bob, request, "agree", "").await.fails(400, over);
        assert!(!has(&bob, &ann).await && !has(&ann, &bob).await);
        let list = bob.get("/api/chat/listapplyfriend/1").await.ok();
        assert_eq!((&list["alldata"][0]["status"], &list["pendingCount"]), (&json!(verdict), &json!(0)));
    }
    decide(&bob, 999_999, "agree", "").await.fails(400, over);
    let enumeration = "处理状态 的值 `x` 必须在 [`pending`、`refuse`、`agree`、`ignore`] 中";
    decide(&bob, 1, "x", "").await.fails(422, enumeration);
    decide(&bob, 1, "", "").await.fails(422, "处理状态不能为空");
    decide(&bob, 0, "agree", "").await.fails(422, "申请表的id 的数值 必须 在 1 和 10000000000000000 之间");
}

#[tokio::test]
async fn the_friend_list_stands_under_letters() {
    let im = Im::start().await;
    let me = im.user("my_self").await;
    let empty = me.get("/api/chat/goodfriendlist/1").await.ok();
    assert_eq!(empty, json!({ "count": 0, "rows": [] }));
    // username, nickname; the name shown is the nickname
    let people = [
        ("zed_1", ""),
        ("user_a", "阿祖"),
        ("user_z", "曾先生"),
        ("user_b", "bob"),
        ("user_7", "7up"),
        ("user_e", "😀"),
        ("Adam", ""),
    ];
    for (username, nickname) in people {
        let friend = im.user(username).await;
        if !nickname.is_empty() {
            set(&friend, "nickname", json!(nickname)).await;
        }
        im.befriend(&me, &friend).await;
    }
    // A remark wins over both.
    let friend = im.user("user_r").await;
    set(&friend, "nickname", json!("魂牵一梦")).await;
    apply(&friend, me.id, "").await.ok();
    decide(&me, newest_request(&me).await, "agree", "好友魂牵一梦").await.ok();

    let list = me.get("/api/chat/goodfriendlist/1").await.ok();
    let uuid = "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa";
    let item = json!({
        "id": 5, "beizhu": "", "username": "my01", "avatar": "", "friend_nickname": "", "friend_id": 1, "name": "",
        "uuid": uuid,
    });
    let rows = json!({ "newList": [{ "title": "H", "list": [item] }], "indexList": ["H"], "total": 1 });
    shape::same(&list, &json!({ "count": 1, "rows": rows }));
    let groups = list["rows"]["newList"].as_array().unwrap().iter().map(|group| {
        let names: Vec<_> =
            group["list"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        format!("{}:{}", group["title"].as_str().unwrap(), names.join(","))
    });
    assert_eq!(
        groups.collect::<Vec<_>>().join(" "),
        "A:Adam,阿祖 B:bob H:好友魂牵一梦 Z:zed_1,曾先生 #:7up,😀"
    );
    assert_eq!(list["rows"]["indexList"], json!(["A", "B", "H", "Z", "#"]));
    assert_eq!((&list["rows"]["total"], &list["count"]), (&json!(5), &json!(8)));
    let row = &list["rows"]["newList"][2]["list"][0];
    let found = json!([
        row["id"],
        row["beizhu"],
        row["friend_nickname"],
        row["username"],
        row["friend_id"],
        row["uuid"]
    ]);
    assert_eq!(
        found,
        json!([me.edge(&friend).await, "好友魂牵一梦", "魂牵一梦", "user_r", friend.id, friend.uuid])
    );

    // Pages are cut in the order in which friends were made; blocked ones are listed too.
    me.post(&format!("/api/chat/setblackgoodfriend/{}", friend.id), json!({})).await.ok();
    for (query, count) in
        [("1?limit=5", 5), ("2?limit=5", 3), ("3?limit=5", 0), ("1?limit=x", 8), ("1?limit=0", 1)]
    {
        let list = me.get(&format!("/api/chat/goodfriendlist/{query}")).await.ok();
        assert_eq!(list["count"], count, "{query}");
    }
    let last = me.get("/api/chat/goodfriendlist/8?limit=1").await.ok();
    assert_eq!(last["rows"]["newList"][0]["list"][0]["name"], "好友魂牵一梦");
}

#[tokio::test]
async fn a_friends_details_are_for_friends() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    let (edge, _) = im.befriend(&ann, &bob).await;
    let path = format!("/api/chat/getgoodfriendinfo/{}", bob.id);
    let info = ann.get(&path).await.ok();
    let userinfo = json!({ "id": 1, "gender": "unknown", "birthday": null, "bio": null, "location": null, "website": null });
    let friend = json!({
        "id": 1, "username": "my01", "avatar": "", "nickname": "", "role": "user", "status": 1, "userinfo": userinfo,
    });
    let sample = json!({ "id": 5, "user_id": 3, "friend_id": 1, "nickname": "", "friendinfo": friend });
    shape::same(&info, &sample);
    let found = json!([info["id"], info["user_id"], info["friend_id"], info["friendinfo"]["id"]]);
    assert_eq!(found, json!([edge, ann.id, bob.id, bob.id]));
    assert!(!info.to_string().contains("password") && !info.to_string().contains("token"), "{info}");
    eve.get(&path).await.fails(400, NO_FRIEND);
    bob.get(&path).await.fails(400, NO_FRIEND);
    ann.get("/api/chat/getgoodfriendinfo/999999").await.fails(400, NO_FRIEND);
    ann.get("/api/chat/getgoodfriendinfo/x").await.fails(422, "好友id 的值 `x` 的类型不是 `int`");
    // A blocked friend is still one to look at.
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", bob.id), json!({})).await.ok();
    ann.get(&path).await.ok();
}

#[tokio::test]
async fn flags_of_a_friendship_are_the_owners() {
    let im = Im::start().await;
    let (ann, bob, eve) = (im.user("ann1").await, im.user("bob1").await, im.user("eve1").await);
    im.befriend(&ann, &bob).await;
    let call = |who: &Person, route: &str, id: i64, body: Value| {
        let (who, path) = (who.clone(), format!("/api/chat/{route}/{id}"));
        async move { who.post(&path, body).await }
    };
    let row = |who: &Person, friend: &Person| {
        let call = call(who, "ismygoodfriend", friend.id, json!({}));
        async move {
            let row = call.await.ok();
            json!([row["ismystarfriend"], row["friendlookme"], row["melookfriend"]])
        }
    };
    // The star goes on and off.
    for star in [1, 0, 1] {
        assert_eq!(call(&ann, "setstargoodfriend", bob.id, json!({})).await.ok(), json!("ok"));
        assert_eq!(row(&ann, &bob).await, json!([star, 1, 1]));
    }
    for (friend, me) in [(0, 1), (1, 0), (0, 0)] {
        let body = json!({ "friendlookme": friend, "melookfriend": me });
        assert_eq!(call(&ann, "setmeOrfriendCanSee", bob.id, body).await.ok(), json!("ok"));
        assert_eq!(row(&ann, &bob).await, json!([1, friend, me]));
    }
    assert_eq!(row(&bob, &ann).await, json!([0, 1, 1]));
    // A blocked friend counts as none here, and its other flags stand still.
    let shut = "好友不存在或者被拉黑，无法操作";
    let both = json!({ "friendlookme": 1, "melookfriend": 1 });
    assert_eq!(call(&ann, "setblackgoodfriend", bob.id, json!({})).await.ok(), json!("ok"));
    assert!(!has(&ann, &bob).await && has(&bob, &ann).await);
    call(&ann, "setstargoodfriend", bob.id, json!({})).await.fails(400, shut);
    call(&ann, "setmeOrfriendCanSee", bob.id, both.clone()).await.fails(400, shut);
    call(&ann, "setblackgoodfriend", bob.id, json!({})).await.ok();
    assert_eq!(row(&ann, &bob).await, json!([1, 0, 0]));
    // Who is no friend has no flags.
    for id in [eve.id, ann.id, 999_999] {
        call(&ann, "setblackgoodfriend", id, json!({})).await.fails(400, NO_FRIEND);
        call(&ann, "setstargoodfriend", id, json!({})).await.fails(400, shut);
        call(&ann, "setmeOrfriendCanSee", id, both.clone()).await.fails(400, shut);
    }
    let range = "朋友是否可以看我的动态 的值 `2` 必须在 [`0`、`1`] 中";
    let mine = "我的朋友圈是否出现朋友的信息（我是否看朋友的动态）不能为空";
    let cases = [
        ("setblackgoodfriend", 0, json!({}), "好友id 的数值 必须 在 1 和 10000000000000000 之间"),
        ("setstargoodfriend", -1, json!({}), "好友id 的数值 必须 在 1 和 10000000000000000 之间"),
        ("setmeOrfriendCanSee", 0, json!({}), "朋友id 的数值 必须 在 1 和 10000000000000000 之间"),
        ("setmeOrfriendCanSee", 1, json!({}), "朋友是否可以看我的动态不能为空"),
        ("setmeOrfriendCanSee", 1, json!({ "friendlookme": 2, "melookfriend": 1 }), range),
        ("setmeOrfriendCanSee", 1, json!({ "friendlookme": 0 }), mine),
        ("ismygoodfriend", 0, json!({}), "朋友id 的数值 必须 在 1 和 10000000000000000 之间"),
        ("deletegoodfriend", 0, json!({}), "朋友id 的数值 必须 在 1 和 10000000000000000 之间"),
    ];
    for (route, id, body, text) in cases {
        call(&ann, route, id, body).await.fails(422, text);
    }
}

#[tokio::test]
async fn deleting_a_friend_ends_it_for_both() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    im.befriend(&ann, &bob).await;
    apply(&bob, ann.id, "").await.ok();
    let delete = |who: &Person, id: i64| {
        let (who, path) = (who.clone(), format!("/api/chat/deletegoodfriend/{id}"));
        async move { who.post(&path, json!({})).await }
    };
    assert_eq!(delete(&bob, ann.id).await.ok(), json!("删除好友成功"));
    assert!(!has(&ann, &bob).await && !has(&bob, &ann).await);
    // The requests went too, so both may ask anew.
    assert_eq!(ann.get("/api/chat/listapplyfriend/1").await.ok()["pendingCount"], 0);
    for (from, to) in [(&ann, &bob), (&bob, &ann)] {
        apply(from, to.id, "").await.ok();
    }
    let (none, stranger) = ("不是好友关系，无权操作", im.user("eve1").await);
    for id in [bob.id, stranger.id, ann.id, 999_999] {
        delete(&ann, id).await.fails(400, none);
    }
    im.befriend(&vis, &stranger).await;
    assert_eq!(delete(&vis, stranger.id).await.ok(), json!("删除好友成功"));
}

#[tokio::test]
async fn instant_friendship_needs_no_consent_where_none_is_asked() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    set(&ann, "nickname", json!("安妮")).await;
    let body = json!({ "friend_id": bob.id, "nickname": "说明" });
    assert_eq!(ann.post("/api/chat/autoAddFriendAndAgree", body).await.ok(), json!("ok"));
    for (who, friend, remark) in [(&ann, &bob, ""), (&bob, &ann, "安妮")] {
        let row = who.post(&format!("/api/chat/ismygoodfriend/{}", friend.id), json!({})).await.ok();
        assert_eq!(row["nickname"], remark);
    }
    assert_eq!(instantly(&vis, bob.id).await.ok(), json!("ok"));
    assert!(has(&vis, &bob).await && has(&bob, &vis).await);
    // The other one finds it among the requests, agreed.
    let list = bob.get("/api/chat/listapplyfriend/1").await.ok();
    assert_eq!((&list["pendingCount"], &list["alldata"][1]["status"]), (&json!(0), &json!("agree")));
    assert_eq!(list["alldata"][1]["nickname"], "说明");
    // Who knows the other already agrees from that side too, and nothing is made twice.
    assert_eq!(instantly(&bob, ann.id).await.ok(), json!("ok"));
    assert_eq!(ann.get("/api/chat/goodfriendlist/1").await.ok()["count"], 1);
}

#[tokio::test]
async fn settings_of_another_user_tell_how_to_approach_it() {
    let im = Im::start().await;
    let (ann, bob, vis) = (im.user("ann1").await, im.user("bob1").await, im.visitor(1).await);
    let gone = im.user("gone").await;
    im_core::accounts::set_enabled(im.app(), "gone".into(), false).await.unwrap();
    let userset = r#"{"chatset":{"visitor":{"sendCount":0},"user":{"sendCount":2}}}"#;
    bob.post("/api/chat/userset", json!({ "userset": userset })).await.ok();
    set(&bob, "invite_confirm", json!(1)).await;
    let ask = |who: &Person, id: i64| {
        let who = who.clone();
        async move { who.post("/api/chat/getUserSetInfo", json!({ "userid": id })).await }
    };
    let sample = json!({
        "id": 6, "userset": "{}", "invite_confirm": 1, "uuid": "edda71aa-4a31-4ba8-9025-8fdc0dc3c0fa",
        "isgoodfriend": false, "isgoodfriend_status": true,
    });
    for who in [&ann, &vis, &bob] {
        let info = ask(who, bob.id).await.ok();
        shape::same(&info, &sample);
        let expected = json!({
            "id": bob.id, "userset": userset, "invite_confirm": 1, "uuid": bob.uuid, "isgoodfriend": false,
            "isgoodfriend_status": true,
        });
        assert_eq!(info, expected);
    }
    // It is the other's list that counts: whether I am in it, and not blocked.
    set(&bob, "invite_confirm", json!(0)).await;
    let (edge_of_ann, _) = im.befriend(&ann, &bob).await;
    let state = |who: &Person, id: i64| {
        let call = ask(who, id);
        async move {
            let info = call.await.ok();
            json!([info["isgoodfriend"], info["isgoodfriend_status"]])
        }
    };
    assert_eq!(state(&ann, bob.id).await, json!([true, true]));
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", bob.id), json!({})).await.ok();
    assert_eq!(state(&ann, bob.id).await, json!([true, true]));
    assert_eq!(state(&bob, ann.id).await, json!([true, false]));
    ann.post(&format!("/api/chat/setblackgoodfriend/{}", bob.id), json!({})).await.ok();
    im.sql("update edge set status = 0 where id = $1", edge_of_ann).await;
    assert_eq!(state(&bob, ann.id).await, json!([true, false]));

    for id in [vis.id, gone.id, 999_999] {
        ask(&ann, id).await.fails(400, "用户不存在或者为游客，无法加为好友");
    }
    ask(&ann, 0).await.fails(422, "用户id 的数值 必须 在 1 和 10000000000000000 之间");
    ann.post("/api/chat/getUserSetInfo", json!({})).await.fails(422, "用户id不能为空");
}

#[tokio::test]
async fn ten_requests_at_once_leave_one() {
    let im = Im::start().await;
    let (ann, bob, carol) = (im.user("ann1").await, im.user("bob1").await, im.user("carol").await);
    let asked = futures_util::future::join_all((0..10).map(|_| apply(&ann, bob.id, ""))).await;
    let made = futures_util::future::join_all((0..10).map(|_| instantly(&ann, carol.id))).await;
    for answers in [asked, made] {
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.fails(400, "您已经申请过了，请勿重复申请");
        }
    }
    assert_eq!(bob.get("/api/chat/listapplyfriend/1").await.ok()["pendingCount"], 1);
    assert_eq!(ann.get("/api/chat/goodfriendlist/1").await.ok()["count"], 1);
}

#[tokio::test]
async fn a_request_of_somebody_disabled_meanwhile_is_decided_all_the_same() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("ann1").await, im.user("bob1").await);
    apply(&ann, bob.id, "").await.ok();
    im_core::accounts::set_enabled(im.app(), "ann1".into(), false).await.unwrap();
    let list = bob.get("/api/chat/listapplyfriend/1").await.ok();
    assert_eq!((&list["alldata"][0]["user"]["id"], &list["pendingCount"]), (&json!(ann.id), &json!(1)));
    assert_eq!(decide(&bob, newest_request(&bob).await, "agree", "").await.ok(), json!("ok"));
    assert!(has(&bob, &ann).await);
}

#[tokio::test]
async fn an_account_that_is_deleted_leaves_no_gap() {
    let im = Im::start().await;
    let (ann, bob, carol) = (im.user("ann1").await, im.user("bob1").await, im.user("carol").await);
    let group = im.group(&ann, &[&bob]).await;
    let other = im.group(&bob, &[&ann, &carol]).await;
    ann.post("/api/chat/applyfriend", json!({ "friend_id": carol.id })).await.ok();
    bob.say(&ann, "hi").await.ok();
    im.sql("delete from account where id = $1", ann.id).await;
    assert_eq!(bob.get("/api/chat/goodfriendlist/1").await.ok()["count"], 1);
    bob.get(&format!("/api/chat/getgoodfriendinfo/{}", ann.id)).await.fails(400, NO_FRIEND);
    bob.get(&format!("/api/chat/groupinfo/{group}")).await.fails(400, "群不存在或被封禁");
    let left = bob.get(&format!("/api/chat/groupinfo/{other}")).await.ok();
    assert_eq!(left["group_users"].as_array().unwrap().len(), 2);
    let list = carol.get("/api/chat/listapplyfriend/1").await.ok();
    assert_eq!((list["alldata"].as_array().unwrap().len(), &list["pendingCount"]), (1, &json!(0)));
    assert_eq!(list["alldata"][0]["user"]["id"], bob.id);
    assert_eq!(im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok(), json!(null));
    bob.say(&ann, "hi").await.fails(400, "对方不存在或者被禁用，不能发消息");
    // The name is free again, for somebody else.
    assert_ne!(im.user("ann1").await.id, ann.id);
}
