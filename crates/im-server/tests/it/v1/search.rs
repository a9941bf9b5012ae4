//! Finding messages and people.
use super::kit::*;
use crate::{chance, template::enc};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

/// Two friends, and the number of their conversation.
async fn friends(im: &Im) -> (Native, Native, i64) {
    let (ann, bob) = (im.native("anna").await, im.native("bobby").await);
    im.native_befriend(&ann, &bob).await;
    let room = with(&ann, &bob).await;
    for who in [&ann, &bob] {
        who.post(&format!("/conversations/{room}/clear"), json!({})).await.done(); // what becoming friends said
    }
    (ann, bob, room)
}

async fn with(one: &Native, other: &Native) -> i64 {
    one.post("/conversations", json!({ "account": other.id })).await.body["id"].as_i64().unwrap()
}

async fn say(who: &Native, room: i64, text: &str) -> i64 {
    let body = json!({ "body": { "type": "text", "text": text } });
    let said = who.post(&format!("/conversations/{room}/messages"), body).await.made();
    said["seq"].as_i64().unwrap()
}

/// The texts that a search finds, all its pages together.
async fn found(who: &Native, question: &str, more: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/search/messages?q={}{more}{cursor}", enc(question));
        let page = who.get(&path).await.view();
        let texts = page["items"].as_array().unwrap().iter();
        all.extend(texts.map(|hit| hit["entry"]["body"]["text"].as_str().unwrap_or_default().to_owned()));
        let Some(next) = page["next"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// Lets the index see everything that was said.
async fn index(im: &Im) {
    im_core::search::catch_up(im.app()).await.unwrap();
}

#[tokio::test]
async fn a_message_is_found_at_once_and_when_it_is_in_the_index() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    for text in
        ["Rust语言很好", "你好，好吗", "今天你好吗", "好 的", "party 🎉 tonight", "カラオケ", "c12 a1"]
    {
        say(&ann, room, text).await;
    }
    // question, what is found, newest first
    let cases: [(&str, &[&str]); 14] = [
        ("rust", &["Rust语言很好"]),
        ("RU", &["Rust语言很好"]),
        ("语言", &["Rust语言很好"]),
        ("rust 很好", &["Rust语言很好"]),
        ("你好吗", &["今天你好吗"]),
        ("你好", &["今天你好吗", "你好，好吗"]),
        ("好", &["好 的", "今天你好吗", "你好，好吗", "Rust语言很好"]),
        ("言很", &["Rust语言很好"]),
        ("🎉", &["party 🎉 tonight"]),
        ("tonight par", &["party 🎉 tonight"]),
        ("ﾗｵｹ", &["カラオケ"]),
        ("c", &["c12 a1"]),
        ("\"rust* OR (", &[]),
        ("\"'&|!:*()", &[]),
    ];
    for indexed in [false, true] {
        for (question, texts) in cases {
            assert_eq!(found(&bob, question, "").await, texts, "{question}, in the index: {indexed}");
        }
        index(&im).await;
    }
    // What is said next stands before the index and behind it.
    say(&bob, room, "rust again").await;
    assert_eq!(found(&ann, "rust", "").await, ["rust again", "Rust语言很好"]);
    assert_eq!(found(&ann, "rust", "&limit=1").await, ["rust again", "Rust语言很好"]);
    let hit = ann.get("/search/messages?q=again").await.view()["items"][0].clone();
    assert_eq!(hit["conversation"]["name"], "bobby");
    assert_eq!(hit["conversation"]["id"], room);
    assert_eq!(
        (&hit["conversation"]["kind"], &hit["entry"]["sender"]["id"]),
        (&json!("direct"), &json!(bob.id))
    );
}

#[tokio::test]
async fn only_what_one_may_see_is_found() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    let eve = im.native("evelyn").await;
    im.native_befriend(&ann, &eve).await;
    let circle = ann.post("/groups", json!({ "name": "c", "members": [bob.id, eve.id] })).await.made();
    let circle = circle["id"].as_i64().unwrap();
    let own = with(&ann, &eve).await;
    say(&ann, room, "secret for bob").await;
    say(&ann, circle, "secret for all").await;
    say(&ann, own, "secret for eve").await;
    let deleted = say(&ann, room, "secret deleted").await;
    let revoked = say(&ann, room, "secret revoked").await;
    let hidden = say(&ann, room, "secret hidden from bob").await;
    index(&im).await;
    let path = |seq: i64| format!("/conversations/{room}/messages/{seq}");
    let steps = [("before the index knows", false), ("after", true)];
    ann.delete(&format!("{}?for=all", path(deleted))).await.done();
    ann.post(&format!("{}/revoke", path(revoked)), json!({})).await.done();
    bob.delete(&format!("{}?for=me", path(hidden))).await.done();
    for (step, indexed) in steps {
        if indexed {
            index(&im).await;
        }
        let all = ["secret hidden from bob", "secret for eve", "secret for all", "secret for bob"];
        assert_eq!(found(&ann, "secret", "").await, all, "{step}");
        assert_eq!(found(&bob, "secret", "").await, all[2..], "{step}");
        assert_eq!(found(&eve, "secret", "").await, all[1..3], "{step}");
        assert_eq!(found(&bob, "secret", &format!("&conversation={circle}")).await, ["secret for all"]);
    }
    // Who has left finds nothing any more; nor does who cleared.
    eve.post(&format!("/groups/{circle}/leave"), json!({})).await.done();
    bob.post(&format!("/conversations/{circle}/clear"), json!({})).await.done();
    assert_eq!(found(&eve, "secret", "").await, ["secret for eve"]);
    assert_eq!(found(&bob, "secret", "").await, ["secret for bob"]);
    eve.get(&format!("/search/messages?q=secret&conversation={room}")).await.problem(404, "not_member");
}

#[tokio::test]
async fn an_edited_message_is_found_by_its_new_words_alone() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    let seq = say(&ann, room, "before").await;
    say(&ann, room, "between").await;
    index(&im).await;
    ann.patch(&format!("/conversations/{room}/messages/{seq}"), json!({ "text": "afterwards" })).await.view();
    for _ in 0..2 {
        assert_eq!(found(&bob, "before", "").await, Vec::<String>::new());
        assert_eq!(found(&bob, "after", "").await, ["afterwards"]);
        index(&im).await;
    }
}

#[tokio::test]
async fn files_are_found_by_their_names() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    let body = json!({ "body": { "type": "file", "url": "/upload/x1.pdf", "name": "年度报告 2024.pdf" } });
    ann.post(&format!("/conversations/{room}/messages"), body).await.made();
    for _ in 0..2 {
        for (question, count) in [("报告", 1), ("2024", 1), ("x1", 0)] {
            let page = bob.get(&format!("/search/messages?q={}", enc(question))).await.view();
            assert_eq!(page["items"].as_array().unwrap().len(), count, "{question}");
        }
        index(&im).await;
    }
}

#[tokio::test]
async fn what_all_dialects_say_is_found() {
    let im = Im::start().await;
    let (ann, bob, _) = friends(&im).await;
    let (egg, pop) = (im.login("anna").await, im.sign_in("bobby", PASSWORD).await);
    let peer = im.login("bobby").await;
    egg.say(&peer, "through egg").await.ok();
    pop.post(
        "message/send",
        crate::pop::kit::form! { "to": ann.id, "type": "friend", "content": "through pop" },
    )
    .await
    .ok();
    for _ in 0..2 {
        assert_eq!(found(&bob, "through", "").await, ["through pop", "through egg"]);
        index(&im).await;
    }
}

#[tokio::test]
async fn many_messages_come_page_by_page_each_once() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    let circle = ann.post("/groups", json!({ "name": "c", "members": [bob.id] })).await.made();
    let circle = circle["id"].as_i64().unwrap();
    let mut texts = Vec::new();
    for n in 0..60 {
        let text = format!("note {n}");
        say(&ann, if n % 3 == 0 { circle } else { room }, &text).await;
        texts.insert(0, text);
        if n == 40 {
            index(&im).await; // the rest is found without
        }
    }
    for limit in [1, 7, 20, 59, 60, 200] {
        assert_eq!(found(&bob, "note", &format!("&limit={limit}")).await, texts, "{limit}");
    }
    for bad in ["q=a&cursor=x", "q=a&limit=0", "limit=1", "q=a&conversation=x", "q=a&more=1"] {
        bob.get(&format!("/search/messages?{bad}")).await.problem(422, "invalid");
    }
    let long = "长".repeat(201);
    bob.get(&format!("/search/messages?q={}", enc(&long))).await.problem(422, "invalid");
}

/// The definition for texts of these letters: every piece of the question stands in the text, the last word
/// may go on there.
fn fits(question: &str, text: &str) -> bool {
    let pieces = |text: &str| {
        let mut pieces: Vec<String> = Vec::new();
        let mut before = ' ';
        for c in text.to_lowercase().chars() {
            match (before.is_ascii_lowercase(), c.is_ascii_lowercase()) {
                _ if c == ' ' => {}
                (was, is) if before != ' ' && was == is => pieces.last_mut().unwrap().push(c),
                _ => pieces.push(c.into()),
            }
            before = c;
        }
        pieces
    };
    let (asked, there) = (pieces(question), pieces(text));
    let fits = |(n, piece): (usize, &String)| {
        there.iter().any(|one| match piece.is_ascii() {
            true if n + 1 == asked.len() => one.starts_with(piece),
            true => one == piece,
            false => one.contains(piece),
        })
    };
    !asked.is_empty() && asked.iter().enumerate().all(fits)
}

#[tokio::test]
async fn a_search_finds_what_a_plain_look_finds() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    let seed = chance::seeds(1).next().unwrap();
    let _playing = chance::Playing(seed);
    let mut random = StdRng::seed_from_u64(seed);
    let mut draw = |letters: &str, most: usize| -> String {
        let letters: Vec<char> = letters.chars().collect();
        let length = random.random_range(1..=most);
        (0..length).map(|_| letters[random.random_range(0..letters.len())]).collect()
    };
    let mut texts = Vec::new();
    while texts.len() < 80 {
        let text = draw("aAb你好吗 ", 9);
        if text.trim().is_empty() {
            continue;
        }
        say(&ann, room, &text).await;
        texts.insert(0, text);
        if texts.len() == 50 {
            index(&im).await;
        }
    }
    for _ in 0..60 {
        let question = draw("ab你好吗 ", 4);
        let expected: Vec<_> = texts.iter().filter(|text| fits(&question, text)).cloned().collect();
        assert_eq!(found(&bob, &question, "&limit=9").await, expected, "{question:?}");
    }
}

/// On PostgreSQL whoever takes a place first may be on disk last; on SQLite nobody can be between.
#[tokio::test]
async fn what_comes_onto_the_disk_late_is_found_nevertheless() {
    let im = Im::start().await;
    let url = im.settings().database.url.expose().to_owned();
    if url.is_empty() {
        return;
    }
    let (ann, bob, room) = friends(&im).await;
    let (slow, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    slow.batch_execute(&format!(
        "begin;
         update conversation set last_seq = last_seq + 1 where id = {room};
         insert into message (uuid, conversation_id, seq, sender_id, body, created_ms)
           select '\\x01', id, last_seq, {}, '{{\"text\":\"slow words\"}}', 1 from conversation where id = {room}",
        ann.id
    ))
    .await
    .unwrap();
    let circle = ann.post("/groups", json!({ "name": "c", "members": [bob.id] })).await.made();
    say(&ann, circle["id"].as_i64().unwrap(), "quick words").await;
    let app = im.app().clone();
    let indexing = tokio::spawn(async move { im_core::search::catch_up(&app).await });
    for _ in 0..20 {
        assert_eq!(found(&bob, "words", "").await, ["quick words"]);
    }
    slow.batch_execute("commit").await.unwrap();
    indexing.await.unwrap().unwrap();
    assert_eq!(found(&bob, "words", "").await, ["quick words", "slow words"]);
}

#[tokio::test]
async fn people_are_found_by_their_name_or_number() {
    let im = Im::start().await;
    let (ann, bob, _) = friends(&im).await;
    let visitor = im.native_visitor(1).await;
    let nid = bob.get("/me").await.view()["nid"].clone();
    let ids = |list: &Value| -> Vec<i64> {
        list["items"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect()
    };
    let nid = nid.to_string();
    for (question, expected) in [
        ("bobby", vec![bob.id]),
        ("OBB", vec![bob.id]),
        (&*nid, vec![bob.id]),
        ("anna", vec![]),
        ("%", vec![]),
    ] {
        let list = ann.get(&format!("/search/people?q={}", enc(question))).await.view();
        assert_eq!(ids(&list), expected, "{question}");
        assert!(!ids(&list).contains(&visitor.id));
    }
    for bad in ["q=", "q=%20", "", "q=a&x=1"] {
        ann.get(&format!("/search/people?{bad}")).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn searches_are_limited() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.search_per_minute = 2;
    })
    .await;
    let ann = im.native("anna").await;
    ann.get("/search/messages?q=a").await.view();
    ann.get("/search/people?q=a").await.view();
    for what in ["messages", "people"] {
        ann.get(&format!("/search/{what}?q=a")).await.problem(429, "too_often");
    }
}

#[tokio::test]
async fn a_message_that_nobody_can_read_keeps_no_other_out_of_the_index() {
    let im = Im::start().await;
    let (ann, bob, room) = friends(&im).await;
    say(&ann, room, "goose one").await;
    let broken = say(&ann, room, "goose two").await;
    say(&ann, room, "goose three").await;
    im.sql("update message set body = '{' where body like '%goose two%' and conversation_id = $1", room)
        .await;
    for _ in 0..2 {
        assert_eq!(found(&bob, "goose", "").await, ["goose three", "goose one"]);
        let indexing = tokio::time::timeout(PATIENCE, im_core::search::catch_up(im.app()));
        indexing.await.expect("the index stands still").unwrap();
    }
    // What changes it later finds no words either.
    bob.delete(&format!("/conversations/{room}/messages/{broken}?for=me")).await;
    say(&ann, room, "goose four").await;
    index(&im).await;
    assert_eq!(found(&bob, "goose", "").await, ["goose four", "goose three", "goose one"]);
}
