//! What a socket brings of the past.
use super::{super::kit::*, *};
use crate::v1::wire::Wire;
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeMap;

fn seqs(items: &Value) -> Vec<i64> {
    items.as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()).collect()
}

/// Asks for what came behind these positions: the frames of entries, and the last one.
async fn sync(wire: &mut Wire, positions: Value) -> (Vec<Value>, Value) {
    wire.send(json!({ "type": "sync", "id": 77, "positions": positions })).await;
    let mut pages = Vec::new();
    loop {
        let frame = wire.frame().await;
        assert_eq!(frame["id"], 77, "{frame}");
        if frame["type"] == "synced" {
            return (pages, frame);
        }
        assert_eq!(frame["type"], "entries");
        pages.push(frame);
    }
}

#[tokio::test]
async fn a_sync_brings_what_is_missing_and_where_everything_ends() {
    let im = Im::start().await;
    let (ann, bob, cat) = (im.native("anna").await, im.native("bert").await, im.native("cleo").await);
    let (talk, other) = (friends(&im, &ann, &bob).await, friends(&im, &ann, &cat).await);
    let mut last = 0;
    for n in 0..5 {
        last = say(&ann, talk, &n.to_string()).await["seq"].as_i64().unwrap();
    }
    let end = say(&cat, other, "hi").await["seq"].clone();
    let mut wire = im.connect(&ann).await;
    let (pages, synced) = sync(&mut wire, json!({ talk.to_string(): last - 3 })).await;
    assert_eq!(pages.len(), 1);
    assert_eq!(
        (&pages[0]["conversation"], &pages[0]["last_seq"], &pages[0]["first_seq"]),
        (&json!(talk), &json!(last), &json!(1))
    );
    assert_eq!(seqs(&pages[0]["items"]), [last - 2, last - 1, last]);
    let rest = ann.get(&format!("/conversations/{talk}/entries?after={}", last - 3)).await.view();
    assert_eq!(pages[0]["items"], rest["items"]);
    assert_eq!(
        (&synced["heads"][talk.to_string()], &synced["heads"][other.to_string()]),
        (&json!(last), &end)
    );
    assert!(synced.get("gone").is_none());
    // Nothing is missing, or more was held than there is.
    for position in [last, last + 100, i64::MAX] {
        assert_eq!(sync(&mut wire, json!({ talk.to_string(): position })).await.0, Vec::<Value>::new());
    }
    // Cat has one talk and, since Ann asked for its friendship, an inbox.
    let mut at_cat = im.connect(&cat).await;
    assert_eq!(sync(&mut at_cat, json!({})).await.1["heads"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn of_a_long_absence_the_newest_comes_and_holes_are_asked_for() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let body = |n: i64| json!({ "body": { "type": "text", "text": n.to_string() } });
    let path = format!("/conversations/{talk}/messages");
    for chunk in (0..260).collect::<Vec<i64>>().chunks(20) {
        join_all(chunk.iter().map(|n| ann.post(&path, body(*n))))
            .await
            .into_iter()
            .for_each(|a| drop(a.made()));
    }
    let mut wire = im.connect(&bob).await;
    let (pages, synced) = sync(&mut wire, json!({ talk.to_string(): 1 })).await;
    let last = synced["heads"][talk.to_string()].as_i64().unwrap();
    assert_eq!(
        pages.iter().flat_map(|page| seqs(&page["items"])).collect::<Vec<_>>(),
        (last - 49..=last).collect::<Vec<_>>()
    );
    let (pages, _) = sync(&mut wire, json!({ talk.to_string(): last - 200 })).await;
    assert_eq!(
        pages.iter().flat_map(|page| seqs(&page["items"])).collect::<Vec<_>>(),
        (last - 199..=last).collect::<Vec<_>>()
    );
    let cases = [
        (json!({ "before": last - 49, "limit": 200 }), last - 249, last - 50),
        (json!({ "before": 5, "limit": 200 }), 1, 4),
        (json!({ "after": 0, "limit": 3 }), 1, 3),
        (json!({ "after": last - 2 }), last - 1, last),
        (json!({ "after": 100 }), 101, 150),
        (json!({ "before": i64::MAX, "limit": 1 }), last, last),
    ];
    for (mut frame, first, end) in cases {
        frame["type"] = json!("range");
        frame["conversation"] = json!(talk);
        let page = wire.asks(frame.clone(), "entries").await;
        assert_eq!(seqs(&page["items"]), (first..=end).collect::<Vec<_>>(), "{frame}");
    }
    for frame in [json!({ "after": last }), json!({ "after": i64::MAX }), json!({ "before": 1 })] {
        let mut frame = frame;
        frame["type"] = json!("range");
        frame["conversation"] = json!(talk);
        assert_eq!(wire.asks(frame, "entries").await["items"], json!([]));
    }
}

#[tokio::test]
async fn long_entries_come_in_several_frames_and_wait_for_who_reads_slowly() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let long = "雁".repeat(50_000);
    for _ in 0..60 {
        say(&ann, talk, &long).await; // 9 MB
    }
    let mut wire = im.connect(&bob).await;
    let (pages, synced) = sync(&mut wire, json!({ talk.to_string(): 0 })).await;
    let last = synced["heads"][talk.to_string()].as_i64().unwrap();
    assert!(pages.len() > 20, "{} frames", pages.len());
    let all: Vec<_> = pages.iter().flat_map(|page| seqs(&page["items"])).collect();
    assert_eq!(all, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_i_deleted_or_cleared_elsewhere_is_found_out() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    let talk = friends(&im, &ann, &bob).await;
    let seqs: Vec<_> = [say(&bob, talk, "1").await, say(&bob, talk, "2").await, say(&bob, talk, "3").await]
        .iter()
        .map(|entry| entry["seq"].as_i64().unwrap())
        .collect();
    for seq in &seqs[1..] {
        ann.delete(&format!("/conversations/{talk}/messages/{seq}?for=me")).await.done();
    }
    let mut wire = im.connect(&ann).await;
    let (pages, synced) = sync(&mut wire, json!({ talk.to_string(): seqs[1] })).await;
    assert_eq!(synced["gone"], json!({ talk.to_string(): [seqs[1]] }));
    assert_eq!(
        (&pages[0]["items"][0]["kind"], &pages[0]["items"][0]["seq"]),
        (&json!("gone"), &json!(seqs[2]))
    );
    ann.post(&format!("/conversations/{talk}/clear"), Value::Null).await.done();
    wire.rest(&im).await;
    let page = wire.asks(json!({ "type": "range", "conversation": talk, "after": 0 }), "entries").await;
    assert_eq!((&page["items"], &page["first_seq"]), (&json!([]), &json!(seqs[2] + 1)));
}

#[tokio::test]
async fn nothing_is_lost_between_the_welcome_and_the_sync() {
    let im = Im::start().await;
    let (ann, bob) = (im.native("anna").await, im.native("bert").await);
    friends(&im, &ann, &bob).await;
    let group = group(&ann, &[&bob]).await;
    let mut held = 0;
    for round in 0..10 {
        let texts: Vec<_> = (0..5).map(|n| format!("{round} {n}")).collect();
        let speaking = async {
            for text in &texts {
                say(&ann, group, text).await;
            }
        };
        let listening = async {
            let mut wire = im.connect(&bob).await;
            wire.send(json!({ "type": "sync", "positions": { group.to_string(): held } })).await;
            wire
        };
        let ((), mut wire) = tokio::join!(speaking, listening);
        let mut frames = Vec::new();
        while frames.last().is_none_or(|frame: &Value| frame["type"] != "synced") {
            frames.push(wire.frame().await);
        }
        frames.extend(wire.rest(&im).await);
        let mut heard = BTreeMap::new();
        for frame in frames {
            let items = match frame["type"].as_str() {
                Some("entry") => vec![frame["entry"].clone()],
                Some("entries") => frame["items"].as_array().unwrap().clone(),
                _ => continue,
            };
            heard.extend(items.into_iter().map(|entry| (entry["seq"].as_i64().unwrap(), entry)));
        }
        let end = *heard.keys().last().unwrap();
        assert_eq!(heard.keys().copied().collect::<Vec<_>>(), (held + 1..=end).collect::<Vec<_>>());
        assert_eq!(text(&heard[&end]), texts[4]);
        held = end;
    }
}
