//! The list of conversations, and what each member keeps of one.
use super::kit::*;
use crate::{pop::kit::form, template::assert_fits};
use im_core::{AccountId, ConversationId, Seq, conversations};
use serde_json::{Value, json};

async fn friends(im: &Im) -> (Native, Native) {
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    im.native_befriend(&ann, &bob).await;
    (ann, bob)
}

/// The number of the direct conversation of two friends, who have read all that becoming friends said.
async fn talk(one: &Native, other: &Native) -> i64 {
    let room = with(one, other).await;
    for who in [one, other] {
        let last = look(who, room).await["last_seq"].as_i64().unwrap();
        read(who, room, last).await.view();
    }
    room
}

/// The number of the direct conversation of two.
async fn with(one: &Native, other: &Native) -> i64 {
    let opened = one.post("/conversations", json!({ "account": other.id })).await;
    assert!(matches!(opened.status, 200 | 201), "{}", opened.body);
    opened.body["id"].as_i64().unwrap()
}

async fn say(who: &Native, conversation: i64, text: &str) -> i64 {
    let body = json!({ "body": { "type": "text", "text": text } });
    let said = who.post(&format!("/conversations/{conversation}/messages"), body).await.made();
    said["seq"].as_i64().unwrap()
}

async fn look(who: &Native, conversation: i64) -> Value {
    who.get(&format!("/conversations/{conversation}")).await.view()
}

async fn read(who: &Native, conversation: i64, seq: i64) -> Answer {
    who.put(&format!("/conversations/{conversation}/read"), json!({ "seq": seq })).await
}

async fn arrived(who: &Native, conversation: i64, seq: i64) -> Answer {
    who.put(&format!("/conversations/{conversation}/delivered"), json!({ "seq": seq })).await
}

/// Who the listed conversations are with, in their order.
async fn listed(who: &Native, query: &str) -> Vec<String> {
    let list = who.get(&format!("/conversations{query}")).await.view();
    names(&list)
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn group(owner: &Native, others: &[&Native]) -> i64 {
    let members: Vec<_> = others.iter().map(|other| other.id).collect();
    let made = owner.post("/groups", json!({ "name": "circle", "members": members })).await.made();
    made["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_conversation_is_told_with_everything_that_a_list_shows() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let direct = talk(&ann, &bob).await;
    let seq = say(&bob, direct, "hi").await;
    let expected = json!({
        "id": direct, "kind": "direct", "name": "bobby", "avatar": "<text>",
        "peer": { "id": bob.id, "uuid": bob.uuid, "name": "bobby", "avatar": "<text>", "role": "user", "nid": "<id>" },
        "last_seq": seq, "first_seq": 1, "read_seq": seq - 1, "unread": 1, "mentioned": false, "marked_unread": false,
        "pinned": false, "quiet": false, "hidden": false, "peer_read_seq": seq - 1,
        "peer_delivered_seq": seq - 1,
        "last": { "seq": seq, "kind": "message", "body": { "type": "text", "text": "hi" }, "...": 0 },
        "updated_ms": "<ms>",
    });
    assert_fits(&look(&ann, direct).await, &expected);
    let circle = group(&ann, &[&bob]).await;
    let expected = json!({
        "id": circle, "kind": "group", "name": "circle", "avatar": "<text>",
        "group": {
            "owner": ann.id, "members": 2, "role": "member", "mute_all": false, "announcement": "",
            "join_policy": "open", "status": "normal",
        },
        "last_seq": 1, "first_seq": 1, "read_seq": "<any>", "unread": 0, "mentioned": false,
        "marked_unread": false, "pinned": false, "quiet": false, "hidden": false,
        "last": { "kind": "notice", "body": { "type": "group_created", "...": 0 }, "...": 0 },
        "updated_ms": "<ms>",
    });
    assert_fits(&look(&bob, circle).await, &expected);
    assert_eq!(listed(&bob, "").await, ["circle", "anna"]);
    let list = bob.get("/conversations").await.view();
    assert_eq!((&list["items"][0], &list["next"]), (&look(&bob, circle).await, &Value::Null));
}

#[tokio::test]
async fn the_list_has_the_pinned_first_then_the_newest_and_comes_in_pages() {
    let im = Im::start().await;
    let ann = im.native("anna").await;
    let mut rooms = Vec::new();
    for name in ["pal_1", "pal_2", "pal_3", "pal_4", "pal_5"] {
        let pal = im.native(name).await;
        im.pass(1_000);
        im.native_befriend(&ann, &pal).await;
        let room = with(&ann, &pal).await;
        say(&pal, room, "hi").await;
        rooms.push(room);
    }
    im.pass(1_000);
    say(&ann, rooms[1], "again").await;
    ann.patch(&format!("/conversations/{}", rooms[3]), json!({ "pinned": true })).await.view();
    let order = ["pal_4", "pal_2", "pal_5", "pal_3", "pal_1"];
    assert_eq!(listed(&ann, "").await, order);
    let (mut all, mut query) = (Vec::new(), String::from("?limit=2"));
    loop {
        let page = ann.get(&format!("/conversations{query}")).await.view();
        all.extend(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(all, order);
    for bad in ["cursor=x", "cursor=AAAA", "limit=0", "limit=201", "limit=x", "hidden=2", "more=1"] {
        ann.get(&format!("/conversations?{bad}")).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn what_was_never_used_or_is_hidden_is_left_out_until_something_is_said() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    let body = json!({ "account": bob.id });
    let new = ann.post("/conversations", body.clone()).await.made();
    assert_eq!((&new["last"], &new["last_seq"]), (&Value::Null, &json!(0)));
    assert_eq!(ann.post("/conversations", body).await.view()["id"], new["id"]);
    let room = with(&bob, &ann).await;
    assert_eq!(new["id"], room);
    assert!(listed(&ann, "").await.is_empty() && listed(&bob, "").await.is_empty());
    assert_eq!(listed(&ann, "?hidden=true").await, ["bobby"]);
    say(&bob, room, "hi").await;
    assert_eq!(listed(&ann, "").await, ["bobby"]);
    let path = format!("/conversations/{room}");
    assert_eq!(bob.patch(&path, json!({ "hidden": true })).await.view()["hidden"], true);
    assert!(listed(&bob, "").await.is_empty());
    assert_eq!(listed(&bob, "?hidden=true").await, ["anna"]);
    assert_eq!(listed(&ann, "").await, ["bobby"]);
    say(&ann, room, "are you there?").await;
    assert_eq!(listed(&bob, "").await, ["anna"]);
    assert_eq!(look(&bob, room).await["hidden"], false);
    // Whom nobody can talk to.
    ann.post("/conversations", json!({ "account": ann.id })).await.problem(403, "yourself");
    ann.post("/conversations", json!({ "account": 999_999 })).await.problem(404, "no_such_person");
    ann.post("/conversations", json!({ "account": "x" })).await.problem(422, "invalid");
    let gone = im.native("gone1").await;
    im.sql("update account set status = 0 where id = $1", gone.id).await;
    ann.post("/conversations", json!({ "account": gone.id })).await.problem(404, "no_such_person");
}

#[tokio::test]
async fn of_many_who_open_a_conversation_at_once_one_makes_it() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    let opening = (0..10).map(|n| {
        let (one, other) = if n % 2 == 0 { (&ann, &bob) } else { (&bob, &ann) };
        one.post("/conversations", json!({ "account": other.id }))
    });
    let opened = futures_util::future::join_all(opening).await;
    assert_eq!(opened.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(opened.iter().all(|answer| answer.body["id"] == opened[0].body["id"]));
}

#[tokio::test]
async fn reading_only_moves_forward_and_not_beyond_the_end() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let room = talk(&ann, &bob).await;
    let mut last = 0;
    for text in ["one", "two", "three"] {
        last = say(&bob, room, text).await;
    }
    let first = last - 2;
    // up to where, what is read then, what is left
    for (seq, read_seq, unread) in
        [(0, first - 1, 3), (first, first, 2), (first - 1, first, 2), (last, last, 0), (first, last, 0)]
    {
        let progress = read(&ann, room, seq).await.view();
        assert_eq!(progress, json!({ "read_seq": read_seq, "unread": unread }), "{seq}");
        let row = look(&ann, room).await;
        assert_eq!((&row["read_seq"], &row["unread"]), (&json!(read_seq), &json!(unread)), "{seq}");
        assert_eq!(look(&bob, room).await["peer_read_seq"], read_seq, "{seq}");
    }
    assert_eq!(look(&bob, room).await["peer_delivered_seq"], last, "what was read has arrived");
    for (bad, field) in
        [(json!(last + 1), "seq"), (json!(-1), "seq"), (json!("1"), "seq"), (json!(1.5), "seq")]
    {
        for what in ["read", "delivered"] {
            let answer = ann.put(&format!("/conversations/{room}/{what}"), json!({ "seq": bad })).await;
            assert_eq!(answer.problem(422, "invalid")["field"], field, "{bad}");
        }
    }
    // A mark is taken away by reading, even when nothing is new.
    let path = format!("/conversations/{room}");
    assert_eq!(ann.patch(&path, json!({ "marked_unread": true })).await.view()["marked_unread"], true);
    read(&ann, room, last).await.view();
    assert_eq!(look(&ann, room).await["marked_unread"], false);
}

#[tokio::test]
async fn what_has_arrived_is_told_to_the_other_one_but_not_across_a_block() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let room = talk(&ann, &bob).await;
    let mut last = 0;
    for text in ["one", "two", "three"] {
        last = say(&ann, room, text).await;
    }
    for (seq, told) in [(last - 1, last - 1), (1, last - 1), (last, last)] {
        arrived(&bob, room, seq).await.done();
        assert_eq!(look(&ann, room).await["peer_delivered_seq"], told, "{seq}");
    }
    assert!(look(&ann, room).await["peer_read_seq"].as_i64().unwrap() < last);
    bob.patch(&format!("/contacts/{}", ann.id), json!({ "blocked": true })).await.view();
    for one in [&ann, &bob] {
        let row = look(one, room).await;
        assert_eq!((row.get("peer_read_seq"), row.get("peer_delivered_seq")), (None, None));
    }
}

#[tokio::test]
async fn acknowledgements_come_in_batches_of_which_only_the_true_ones_count() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let eve = im.native("evelyn").await;
    let room = with(&ann, &bob).await;
    let last = say(&ann, room, "one").await;
    let ack = |account: &Native, room: i64, seq: i64| (ConversationId(room), AccountId(account.id), Seq(seq));
    let batch = vec![
        ack(&bob, room, last),
        ack(&bob, room, last - 1),
        ack(&eve, room, last),
        ack(&ann, room, last + 1),
        ack(&bob, 999_999, 1),
    ];
    let moved = conversations::ack(im.app(), batch).await.unwrap();
    let seqs: Vec<_> = moved.iter().map(|one| (one.account.0, one.seq.0)).collect();
    // In order: the smaller place first, where there is one.
    assert_eq!(seqs.last(), Some(&(bob.id, last)));
    assert!(moved.iter().all(|one| one.account.0 == bob.id && one.conversation.0 == room), "{moved:?}");
    assert!(conversations::ack(im.app(), vec![ack(&bob, room, last)]).await.unwrap().is_empty());
    assert_eq!(look(&ann, room).await["peer_delivered_seq"], last);
}

#[tokio::test]
async fn what_one_member_clears_is_gone_for_that_member_in_every_dialect() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let room = with(&ann, &bob).await;
    let last = say(&bob, room, "old words").await;
    ann.post(&format!("/conversations/{room}/clear"), json!({})).await.done();
    let row = look(&ann, room).await;
    let facts = json!([row["last"], row["unread"], row["first_seq"], row["read_seq"]]);
    assert_eq!(facts, json!([null, 0, last + 1, last]));
    assert_eq!(listed(&ann, "").await, ["bobby"], "it stays in the list");
    assert_eq!(look(&bob, room).await["last"]["body"]["text"], "old words");
    let found = ann.get("/search/messages?q=old").await.view();
    assert_eq!(found["items"], json!([]));
    let entries = ann.get(&format!("/conversations/{room}/entries")).await.view();
    assert!(!entries.to_string().contains("old words"), "{entries}");
    // The pop dialect shows it neither; the egg dialect delivers it still.
    let tom = im.sign_in("anna", PASSWORD).await;
    assert!(tom.history("friend", bob.id).await.is_empty());
    let chat = tom.overview().await["chatting"][format!("friend{}", bob.id)].clone();
    assert!(!chat.to_string().contains("old words"), "{chat}");
    tom.post("friend/update", form! { "friend_uid": bob.id, "unread_count": 5 }).await.done();
    assert_eq!(look(&ann, room).await["unread"], 0);
    assert!(tom.history("friend", bob.id).await.is_empty());
    let egg = im.login("anna").await;
    let mut phone = egg.connect().await;
    egg.drain().await;
    while phone.text().await != "old words" {} // what else there was comes before
    // What is said next is shown.
    say(&bob, room, "new words").await;
    assert_eq!(look(&ann, room).await["last"]["body"]["text"], "new words");
    assert_eq!(tom.history("friend", bob.id).await.len(), 1);
}

#[tokio::test]
async fn what_is_unread_is_the_same_for_all_dialects() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let room = talk(&ann, &bob).await;
    let (pop, egg) = (im.sign_in("anna", PASSWORD).await, im.login("bobby").await);
    let anna = im.login("anna").await;
    let unread = async || {
        let native = look(&ann, room).await["unread"].as_i64().unwrap();
        assert_eq!(native, pop.unread("friend", bob.id).await);
        native
    };
    say(&bob, room, "native").await;
    egg.say(&anna, "egg").await.ok();
    assert_eq!(unread().await, 2);
    anna.say(&egg, "my own, through egg").await.ok();
    assert_eq!(unread().await, 2);
    let last = look(&ann, room).await["last_seq"].as_i64().unwrap();
    read(&ann, room, last - 2).await.view();
    assert_eq!(unread().await, 1);
    pop.post("message/updateLastReadTime", form! { "type": "friend", "id": bob.id }).await.done();
    assert_eq!(unread().await, 0);
    assert_eq!(look(&ann, room).await["read_seq"], last);
    assert_eq!(look(&bob, room).await["peer_read_seq"], last);
}

#[tokio::test]
async fn a_mention_shows_in_the_list_until_it_was_read() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let circle = group(&ann, &[&bob]).await;
    let mention = async |extra: Value| {
        let mut body = json!({ "body": { "type": "text", "text": "hey" } });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let said = ann.post(&format!("/conversations/{circle}/messages"), body).await.made();
        said["seq"].as_i64().unwrap()
    };
    // what stands with it, does it call Bob
    for (extra, called) in
        [(json!({}), false), (json!({ "mentions": [bob.id] }), true), (json!({ "mention_all": true }), true)]
    {
        let seq = mention(extra.clone()).await;
        assert_eq!(look(&bob, circle).await["mentioned"], called, "{extra}");
        assert_eq!(look(&ann, circle).await["mentioned"], false, "not by oneself");
        read(&bob, circle, seq).await.view();
        assert_eq!(look(&bob, circle).await["mentioned"], false);
    }
    let seq = mention(json!({ "mentions": [bob.id] })).await;
    ann.post(&format!("/conversations/{circle}/messages/{seq}/revoke"), json!({})).await.done();
    assert_eq!(look(&bob, circle).await["mentioned"], false, "taken back");
}

#[tokio::test]
async fn a_conversation_of_others_does_not_exist() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let eve = im.native("evelyn").await;
    let (room, circle) = (with(&ann, &bob).await, group(&ann, &[&bob]).await);
    bob.post(&format!("/groups/{circle}/leave"), json!({})).await.done();
    for (who, id) in [(&eve, room), (&eve, circle), (&bob, circle), (&eve, 999_999)] {
        let path = format!("/conversations/{id}");
        who.get(&path).await.problem(404, "not_member");
        who.patch(&path, json!({ "pinned": true })).await.problem(404, "not_member");
        who.post(&format!("{path}/clear"), json!({})).await.problem(404, "not_member");
        read(who, id, 1).await.problem(404, "not_member");
        arrived(who, id, 1).await.problem(404, "not_member");
        who.get(&format!("/search/messages?q=a&conversation={id}")).await.problem(404, "not_member");
    }
    assert_eq!(listed(&bob, "?hidden=true").await, ["anna"]);
    ann.get("/conversations/x").await.problem(404, "not_found");
}

#[tokio::test]
async fn what_was_cleared_stays_so_for_who_comes_back_into_a_group() {
    let im = Im::start().await;
    let (ann, bob) = friends(&im).await;
    let circle = group(&ann, &[&bob]).await;
    let last = say(&ann, circle, "secret plans").await;
    bob.post(&format!("/conversations/{circle}/clear"), json!({})).await.done();
    bob.post(&format!("/groups/{circle}/leave"), json!({})).await.done();
    ann.post(&format!("/groups/{circle}/members"), json!({ "accounts": [bob.id] })).await.view();
    assert_eq!(look(&bob, circle).await["first_seq"], last + 1);
}

#[tokio::test]
async fn what_was_read_already_waits_for_nobody_who_writes() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    im.native_befriend(&ann, &bob).await;
    let room = ann.post("/conversations", json!({ "account": bob.id })).await.view()["id"].as_i64().unwrap();
    let body = json!({ "body": { "type": "text", "text": "hi" } });
    let said = bob.post(&format!("/conversations/{room}/messages"), body).await.made();
    let seq = said["seq"].as_i64().unwrap();
    let read = format!("/conversations/{room}/read");
    let all = json!({ "read_seq": seq, "unread": 0 });
    assert_eq!(ann.put(&read, json!({ "seq": seq })).await.view(), all);
    // Somebody holds the conversation's turn, and on SQLite the writer, until the end of the test.
    let name = format!("direct:{}:{}", ann.id.min(bob.id), ann.id.max(bob.id));
    let (held, released) = tokio::sync::oneshot::channel::<()>();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let app = im.app().clone();
    let holder = tokio::spawn(async move {
        app.write(move |_, tx| {
            Box::pin(async move {
                tx.turn(name).await;
                let _ = begun.send(());
                let _ = match tx.engine() {
                    im_db::Engine::Sqlite => released.blocking_recv(), // on the writer's thread
                    im_db::Engine::Postgres => released.await,
                };
                Ok(())
            })
        })
        .await
    });
    begins.await.unwrap();
    for place in [seq, seq - 1, 0] {
        assert_eq!(ann.put(&read, json!({ "seq": place })).await.view(), all);
    }
    drop(held);
    holder.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_list_looks_back_over_a_bounded_number_of_emoji() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    im.native_befriend(&ann, &bob).await;
    let room = ann.post("/conversations", json!({ "account": bob.id })).await.view()["id"].as_i64().unwrap();
    let text = |text: &str| json!({ "body": { "type": "text", "text": text } });
    bob.post(&format!("/conversations/{room}/messages"), text("goose")).await.made();
    // What puts so many emoji to it in less time than a day.
    let emoji = |count: i64| {
        let uuid = match im.app().db.engine() {
            im_db::Engine::Sqlite => "randomblob(16)",
            im_db::Engine::Postgres => "decode(md5(cast(c.last_seq + n.n as text)), 'hex')",
        };
        format!(
            "with recursive n (n) as (select cast(1 as bigint) union all select n + 1 from n where n < {count})
             insert into message (uuid, conversation_id, seq, sender_id, body, created_ms, kind)
             select {uuid}, c.id, c.last_seq + n.n, {}, '{{\"notice\":{{\"reacted\":{{\"mid\":1,\"seq\":1,\"emoji\":\"x\",\"on\":true}}}}}}',
               {}, 2 from n cross join conversation c where c.id = $1",
            bob.id,
            im.now()
        )
    };
    for (count, last, unread) in [(19_000, json!("goose"), 1), (2_000, Value::Null, 999)] {
        let moves = format!("update conversation set last_seq = last_seq + {count} where id = $1");
        let (insert, moves): (&str, &str) = (emoji(count).leak(), moves.leak());
        let unit = im.app().db.write::<_, im_db::Error, _>(move |tx| {
            Box::pin(async move {
                tx.run(insert, im_db::params![room]).await?;
                tx.run(moves, im_db::params![room]).await
            })
        });
        unit.await.unwrap();
        let listed = ann.get("/conversations").await.view()["items"][0].take();
        assert_eq!((&listed["id"], &listed["last"]["body"]["text"]), (&json!(room), &last));
        assert_eq!(listed["unread"].as_i64().unwrap().min(999), unread);
    }
    // What is said next is seen as ever.
    bob.post(&format!("/conversations/{room}/messages"), text("again")).await.made();
    let listed = ann.get("/conversations").await.view()["items"][0].take();
    assert_eq!(listed["last"]["body"]["text"], "again");
}
