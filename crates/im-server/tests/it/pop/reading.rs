//! What somebody has seen and how it keeps its conversations: against a plain account of the same things,
//! and where the two dialects meet.
use super::kit::*;
use crate::{
    chance::{Playing, seeds},
    kit::{Im, Person},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use std::collections::HashSet;

/// What one message is to two people.
struct Said {
    mid: i64,
    author: usize,
    gone: bool,
    hidden: HashSet<usize>,
}

/// Two people with a session in each dialect, and what they should find.
struct Two {
    pop: [Pop; 2],
    egg: [Person; 2],
    said: Vec<Said>,
    /// How many of them each has seen.
    read: [usize; 2],
}

impl Two {
    async fn meet(im: &Im) -> Two {
        let pop = [im.called("tommy", "Tom").await, im.called("jerry", "Jerry").await];
        im.pals(&[&pop[0], &pop[1]]).await;
        let egg = [im.login("tommy").await, im.login("jerry").await];
        let two = Two { pop, egg, said: Vec::new(), read: [0, 0] };
        for who in [0, 1] {
            two.post(who, "message/updateLastReadTime", form! {}).await;
        }
        two
    }

    async fn post(&self, who: usize, action: &str, mut more: Form) {
        more.push(("id".into(), self.pop[1 - who].uid.to_string()));
        more.push(("type".into(), "friend".into()));
        self.pop[who].post(action, more).await.done();
    }

    fn is_news(&self, who: usize, at: usize) -> bool {
        let said = &self.said[at];
        said.author != who && !said.gone && !said.hidden.contains(&who)
    }

    fn unread(&self, who: usize) -> i64 {
        (self.read[who]..self.said.len()).filter(|at| self.is_news(who, *at)).count() as i64
    }

    async fn check(&self, history: &[String]) {
        for who in [0, 1] {
            let (me, other) = (&self.pop[who], &self.pop[1 - who]);
            let listed =
                me.overview().await["chatting"][format!("friend{}", other.uid)]["unread_count"].clone();
            let counted = me.unread("friend", other.uid).await;
            let wanted = self.unread(who);
            assert_eq!((&listed, counted), (&json!(wanted), wanted), "{who} after {history:#?}");
        }
    }

    /// Does something by chance, and says what.
    async fn step(&mut self, chance: &mut StdRng) -> String {
        let who = chance.random_range(0..2);
        let other = self.pop[1 - who].uid;
        let some = (!self.said.is_empty()).then(|| chance.random_range(0..self.said.len()));
        match (chance.random_range(0..8), some) {
            (0 | 1, _) => {
                let mid = mid(self.pop[who].say(&self.pop[1 - who], "pop").await);
                self.said.push(Said { mid, author: who, gone: false, hidden: HashSet::new() });
                self.read[who] = self.said.len();
                format!("{who} says in pop")
            }
            (2 | 3, _) => {
                self.egg[who].say(&self.egg[1 - who], "egg").await.ok();
                let chats = self.pop[who].overview().await["chatting"].clone();
                let mid = chats[format!("friend{other}")]["items"][0]["mid"].as_i64().unwrap();
                self.said.push(Said { mid, author: who, gone: false, hidden: HashSet::new() });
                format!("{who} says in egg")
            }
            (4, _) => {
                self.post(who, "message/updateLastReadTime", form! {}).await;
                self.read[who] = self.said.len();
                format!("{who} reads")
            }
            (5, Some(at)) if !self.said[at].gone => {
                self.post(who, "message/delete", form! { "mid": self.said[at].mid, "ty": 1 }).await;
                self.said[at].hidden.insert(who);
                format!("{who} hides {at}")
            }
            (6, Some(at)) if !self.said[at].gone && !self.said[at].hidden.contains(&self.said[at].author) => {
                let (author, mid) = (self.said[at].author, self.said[at].mid);
                if chance.random() {
                    self.post(author, "message/delete", form! { "mid": mid, "ty": 2 }).await;
                } else {
                    self.post(author, "message/revoke", form! { "mid": mid }).await;
                }
                self.said[at].gone = true;
                format!("{author} takes {at} back")
            }
            (7, _) => {
                let count = chance.random_range(0..4);
                let fields = form! { "friend_uid": other, "unread_count": count };
                self.pop[who].post("friend/update", fields).await.done();
                let news: Vec<_> = (0..self.said.len()).rev().filter(|at| self.is_news(who, *at)).collect();
                self.read[who] = match count {
                    0 => self.said.len(),
                    count => news.get(count).map_or(0, |at| at + 1),
                };
                format!("{who} marks {count} unread")
            }
            _ => format!("{who} thinks"),
        }
    }
}

#[tokio::test]
async fn unread_is_what_a_plain_account_of_it_says() {
    for seed in seeds(2) {
        let _playing = Playing(seed);
        let mut chance = StdRng::seed_from_u64(seed);
        let im = start().await;
        let mut two = Two::meet(&im).await;
        let mut history = Vec::new();
        for _ in 0..60 {
            history.push(two.step(&mut chance).await);
            two.check(&history).await;
        }
    }
}

#[tokio::test]
async fn leaving_and_coming_back_does_not_lift_a_mute() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    let gid = im.circle(&[&tom, &jerry]).await;
    tom.post("group/forbiddenuser", form! { "gid": gid, "uid": jerry.uid, "time": 3600 }).await.done();
    jerry.post("group/leave", form! { "gid": gid }).await.done();
    jerry.post("group/join", form! { "gid": gid }).await.done();
    assert_eq!(jerry.shout(gid, "free?").await.code(), 4);
    im.pass(3_601_000);
    mid(jerry.shout(gid, "free").await);
}

#[tokio::test]
async fn a_session_of_strangers_outlives_its_last_message() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let old = mid(tom.say(&jerry, "as friends").await);
    tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
    let strangers = |who: Pop| async move { who.get("friend/get_temp_list", form! {}).await.ok() };
    // What only changes older entries begins nothing; opening does.
    tom.post("message/revoke", form! { "id": jerry.uid, "type": "friend", "mid": old }).await.done();
    assert_eq!(strangers(tom.clone()).await, json!({}));
    tom.post("friend/open_temp", form! { "friend_uid": jerry.uid }).await.ok();
    assert_eq!(strangers(tom.clone()).await["J"][jerry.uid.to_string()]["name"], "Jerry");
    assert!(tom.overview().await["chatting"].get(format!("friend{}", jerry.uid)).is_some());
    // Friends and strangers again: a message begins a session, and its deletion does not end it.
    im.pals(&[&tom, &jerry]).await;
    tom.post("friend/delete", form! { "friend_uid": jerry.uid }).await.done();
    assert_eq!(strangers(jerry.clone()).await, json!({}));
    let last = mid(tom.say(&jerry, "as strangers").await);
    let fields = form! { "id": jerry.uid, "type": "friend", "mid": last, "ty": 2 };
    tom.post("message/delete", fields).await.done();
    assert_eq!(strangers(jerry.clone()).await["T"][tom.uid.to_string()]["name"], "Tom");
}

#[tokio::test]
async fn nobody_is_told_again_of_what_was_seen_before() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    mid(jerry.say(&tom, "hi").await);
    let mut at_jerry = jerry.listen().await;
    let with = || form! { "id": jerry.uid, "type": "friend" };
    tom.post("message/updateLastReadTime", with()).await.done();
    let read = at_jerry.event("read", &format!("user-{}", jerry.uid)).await;
    assert_eq!((&read["uid"], &read["id"]), (&json!(tom.uid), &json!(jerry.uid)));
    for action in ["message/updateLastReadTime", "message/updateLastReadTime"] {
        tom.post(action, with()).await.done();
    }
    for field in ["last_read_time", "unread_count"] {
        // Back, which is nobody's affair, and again.
        tom.post("friend/update", form! { "friend_uid": jerry.uid, field: 1 }).await.done();
        tom.post("friend/update", form! { "friend_uid": jerry.uid, field: 1 }).await.done();
    }
    at_jerry.nothing(&im).await;
}

#[tokio::test]
async fn who_is_hidden_is_said_to_be_hidden() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    im.pals(&[&tom, &jerry]).await;
    let old = mid(jerry.say(&tom, "hi").await);
    tom.post("pop/delchat", form! { "id": jerry.uid, "type": "friend" }).await.done();
    jerry.post("message/revoke", form! { "id": tom.uid, "type": "friend", "mid": old }).await.done();
    let mut at_tom = tom.listen().await;
    tom.post("friend/update", form! { "friend_uid": jerry.uid, "top": 1 }).await.done();
    let told = at_tom.event("conversationUpdate", &format!("user-{}", tom.uid)).await;
    assert_eq!((&told["state"], &told["top"]), (&json!("hidden"), &json!(1)));
    assert!(tom.overview().await["chatting"].get(format!("friend{}", jerry.uid)).is_none());
}

#[tokio::test]
async fn while_strangers_may_not_write_nobody_learns_who_exists() {
    let im = start().await;
    let (tom, jerry, friend) = (im.pop("tom").await, im.pop("jerry").await, im.pop("spike").await);
    im.pals(&[&tom, &friend]).await;
    im.switch(form! { "stranger_chat": "off" }).await;
    for to in [jerry.uid, tom.uid, 999_999] {
        let fields = form! { "to": to, "type": "friend", "content": "hi" };
        tom.post("message/send", fields).await.fails(84, "不是好友，无法发起会话");
    }
    mid(tom.say(&friend, "hi").await);
}

#[tokio::test]
async fn automatic_texts_hold_no_dirty_words_either() {
    let im = start().await;
    let (shop, tom) = (im.called("shop", "Shop").await, im.pop("tom").await);
    im.member(&shop, true).await;
    for kind in [1, 3] {
        let fields =
            form! { "type": kind, "title": "price", "content": format!("darn {kind}"), "is_default": 1 };
        shop.post("reply/add", fields).await.ok();
    }
    im.switch(form! { "dirty_words": "darn" }).await;
    let mut at_tom = tom.listen().await;
    mid(tom.say(&shop, "price").await);
    let channel = format!("user-{}", tom.uid);
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(at_tom.said(&channel).await);
    }
    assert_eq!(heard, ["price", "**** 1", "**** 3"]);
}
