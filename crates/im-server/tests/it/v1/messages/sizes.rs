//! However much was said: what is answered at once is bounded, and says how to go on.
use super::{super::kit::*, *};
use crate::template::enc;

/// What a page may be: the bound, one entry that does not fit, and the rest of the answer.
const PAGE: usize = 128 * 1024 + LONG + 4 * 1024;
/// Bytes of a long text.
const LONG: usize = 60_000;

fn long(n: usize) -> String {
    format!("goose{n} {}", "雁".repeat(LONG / 3))
}

/// All items of a list, page by page; each page is bounded and holds something.
async fn pages(who: &Native, path: &str) -> (Vec<Value>, usize) {
    let (mut all, mut count, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let answer = who.get(&format!("{path}{cursor}")).await;
        assert!(answer.bytes.len() <= PAGE, "{} bytes", answer.bytes.len());
        let page = answer.view();
        let items = page["items"].as_array().unwrap();
        assert!(!items.is_empty());
        (count, cursor) = (count + 1, format!("&cursor={}", page["next"].as_str().unwrap_or_default()));
        all.extend(items.iter().cloned());
        if page["next"].is_null() {
            return (all, count);
        }
    }
}

#[tokio::test]
async fn a_quote_shows_the_beginning_of_a_long_message() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let text = format!("\"\\\n{}", "雁🪿".repeat(40_000));
    let seq = said(&ann.v1, room, &text).await;
    let begin: String = text.chars().take(500).collect();
    let mut wire = im.connect(&bob.v1).await;
    let first = json!({ "body": { "type": "text", "text": "answer" }, "quote": seq });
    let made = bob.v1.post(&format!("/conversations/{room}/messages"), first.clone()).await.made();
    assert_eq!(made["quote"]["body"], json!({ "type": "text", "text": begin }));
    assert_eq!(wire.entry().await["quote"], made["quote"]);
    for _ in 0..199 {
        bob.v1.post(&format!("/conversations/{room}/messages"), first.clone()).await.made();
    }
    let answer = bob.v1.get(&format!("/conversations/{room}/entries?after={seq}&limit=200")).await;
    assert!(answer.bytes.len() <= PAGE, "{} bytes", answer.bytes.len());
    let page = answer.view();
    assert!(page["items"].as_array().unwrap().len() > 40);
    for item in page["items"].as_array().unwrap() {
        assert_eq!(item["quote"], made["quote"]);
    }
    // The message itself is as long as it was.
    assert_eq!(at(&bob.v1, room, seq).await["body"]["text"], text);
}

#[tokio::test]
async fn a_page_of_entries_is_bounded_wherever_it_begins() {
    let im = Im::start().await;
    let (ann, bob, _, room) = people(&im).await;
    let mut seqs = Vec::new();
    for n in 0..12 {
        seqs.push(said(&ann.v1, room, &long(n)).await);
    }
    // Each of these brings the newest text of the message once more.
    for n in 0..8 {
        ann.v1.patch(&path(room, seqs[0]), json!({ "text": long(100 + n) })).await.view();
    }
    let (first, last) = (seqs[0], seqs[11] + 8);
    // query, a place that is in its answer
    let cases = [
        (String::new(), last),
        (format!("before={}", last + 1), last),
        (format!("after={}", first - 1), first),
        (format!("after={}", seqs[11]), seqs[11] + 1),
        (format!("around={}", first + 5), first + 5),
        (format!("around={}", last - 1), last - 1),
    ];
    for (query, there) in cases {
        let answer = bob.v1.get(&format!("/conversations/{room}/entries?limit=200&{query}")).await;
        assert!(answer.bytes.len() <= PAGE, "{query}: {} bytes", answer.bytes.len());
        let page = answer.view();
        let items = page["items"].as_array().unwrap();
        assert!(items.iter().any(|item| item["seq"] == there), "{query}");
        assert!((1..=4).contains(&items.len()), "{query}: {}", items.len());
    }
    // Page by page there is everything.
    let (mut after, mut texts) = (first - 1, 0);
    while after < last {
        let path = format!("/conversations/{room}/entries?limit=200&after={after}");
        let page = bob.v1.get(&path).await.view();
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["seq"], after + 1);
            (after, texts) = (after + 1, texts + usize::from(item["kind"] == "message"));
        }
    }
    assert_eq!(texts, 12);
    // On a socket as well: more than one frame, and none of them too large.
    let mut wire = im.connect(&bob.v1).await;
    wire.send(json!({ "type": "sync", "id": 5, "positions": { room.to_string(): first - 1 } })).await;
    let mut frames = 0;
    loop {
        let frame = wire.frame().await;
        if frame["type"] == "synced" {
            break;
        }
        assert!(frame.to_string().len() <= PAGE, "{} bytes", frame.to_string().len());
        frames += 1;
    }
    assert!((5..=20).contains(&frames), "{frames}");
}

#[tokio::test]
async fn what_is_found_and_what_is_listed_is_bounded_too() {
    let im = Im::start().await;
    let (ann, _, _, room) = people(&im).await;
    for n in 0..8 {
        said(&ann.v1, room, &long(n)).await;
    }
    let search = format!("/search/messages?limit=200&q={}", enc("goo"));
    for indexed in [false, true] {
        let (found, count) = pages(&ann.v1, &search).await;
        let texts: Vec<_> = found.iter().map(|hit| hit["entry"]["body"]["text"].as_str().unwrap()).collect();
        assert_eq!(texts, (0..8).rev().map(long).collect::<Vec<_>>(), "in the index: {indexed}");
        assert!((3..=8).contains(&count), "{count} pages");
        im_core::search::catch_up(im.app()).await.unwrap();
    }
    let mut rooms = vec![room];
    for n in 0..6 {
        let made = ann.v1.post("/groups", json!({ "name": format!("g{n}"), "members": [] })).await.made();
        let group = made["id"].as_i64().unwrap();
        said(&ann.v1, group, &long(n)).await;
        rooms.insert(0, group);
    }
    let (listed, count) = pages(&ann.v1, "/conversations?limit=200").await;
    let ids: Vec<_> = listed.iter().map(|one| one["id"].as_i64().unwrap()).collect();
    assert_eq!((ids, count > 2), (rooms, true));
    assert!(listed.iter().all(|one| one["last"]["body"]["text"].as_str().unwrap().len() > LONG - 100));
}

#[tokio::test]
async fn reading_logs_and_lists_is_limited() {
    let im = Im::with(|settings| {
        settings.limits.enabled = true;
        settings.limits.lookup_per_minute = 4;
    })
    .await;
    let ann = im.native("anna").await;
    let made = ann.post("/groups", json!({ "name": "g", "members": [] })).await.made();
    let entries = format!("/conversations/{}/entries", made["id"]);
    for path in [&*entries, "/conversations", &*entries, "/conversations"] {
        ann.get(path).await.view();
    }
    for path in [&*entries, "/conversations"] {
        ann.get(path).await.problem(429, "too_often");
    }
}
