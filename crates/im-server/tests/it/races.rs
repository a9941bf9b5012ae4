//! What races in life races here.
use crate::kit::{Im, Person, said};
use serde_json::json;
use std::future::Future;
use tokio::task::JoinSet;

/// Runs all of these at once.
async fn at_once<T: Send + 'static>(jobs: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    jobs.into_iter().collect::<JoinSet<_>>().join_all().await
}

#[tokio::test]
async fn people_who_befriend_each_other_at_once_are_friends() {
    let im = Im::start().await;
    for round in 0..8 {
        let (ann, bob) = (im.user(&format!("anna_{round}")).await, im.user(&format!("bobby_{round}")).await);
        let befriend = |me: &Person, friend: &Person| {
            let (me, friend) = (me.clone(), friend.id);
            async move { me.post("/api/chat/autoAddFriendAndAgree", json!({ "friend_id": friend })).await.ok() }
        };
        at_once(vec![befriend(&ann, &bob), befriend(&bob, &ann)]).await;
        assert!(ann.edge(&bob).await > 0 && bob.edge(&ann).await > 0);
    }
}

#[tokio::test]
async fn a_group_talks_while_people_come_and_go() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let group = im.group(&ann, &[&bob]).await;
    let mut newcomers = Vec::new();
    for n in 0..8 {
        newcomers.push(im.user(&format!("newcomer_{n}")).await);
    }
    let mut ear = bob.connect().await;
    let talk = |n: usize, who: Person| async move {
        for line in 0..10 {
            who.send(group, "group", &format!("{n} {line}")).await.ok();
        }
    };
    let come_and_go = |who: Person| async move {
        let join = json!({ "group_id": group, "user_id": who.id, "inviteuser_id": -1 });
        who.post("/api/chat/groupInviteUser", join).await.ok();
        who.post("/api/chat/groupDeleteOrQuit", json!({ "id": group })).await.ok();
    };
    let (talking, coming): (Vec<_>, Vec<_>) = (
        (0..4).map(|n| talk(n, ann.clone())).collect(),
        newcomers.iter().cloned().map(come_and_go).collect(),
    );
    tokio::join!(at_once(talking), at_once(coming));
    ann.send(group, "group", "the end").await.ok();
    let mut heard = Vec::new();
    loop {
        let text = said(&ear.push().await);
        if text == "the end" {
            break;
        }
        heard.push(text);
    }
    assert_eq!(heard.iter().filter(|text| text.ends_with("加入了群聊")).count(), 8);
    heard.retain(|text| !text.ends_with("加入了群聊"));
    assert_eq!(heard.len(), 40);
    for n in 0..4 {
        let lines: Vec<_> = heard.iter().filter(|text| text.starts_with(&format!("{n} "))).collect();
        assert_eq!(
            lines,
            (0..10).map(|line| format!("{n} {line}")).collect::<Vec<_>>().iter().collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn one_name_is_registered_once() {
    let im = Im::start().await;
    let register = |_| {
        let request = im.request(reqwest::Method::POST, "/api/regChat");
        let body = json!({ "username": "OnlyOne", "password": "123456" });
        crate::kit::answer(request.json(&body))
    };
    let answers = at_once((0..10).map(register).map(|job| async move { job.await.status }).collect()).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|status| **status == 400).count(), 9);
}
