//! Noise on every way in. Whatever comes, the answer is one that the dialect documents, nobody waits
//! for it in vain, nothing panics, and other people notice nothing.
mod bodies;
mod settings;
mod uploads;
mod wire;

use crate::{chance::seeds, kit::*};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    sync::{Mutex, Once},
    thread,
};
use tokio::runtime::{Builder, Runtime};

/// What is wrong with an answer, in words.
type Wrong = String;

/// Panics of this process that are no test's own: a task's panic does not reach its test.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn listen_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let tests_own = panic.location().is_some_and(|place| place.file().contains("tests/it"));
            let thread = thread::current();
            let name = thread.name().unwrap_or_default();
            // Another test's thread: what happens there is that test's affair.
            if !tests_own && (name.starts_with("fuzz::") || !name.contains("::")) {
                PANICS.lock().unwrap().push(format!("{name}: {panic}"));
            }
            usual(panic);
        }));
    });
}

/// A server to make noise at, with somebody who makes it and somebody who must not notice.
struct Ground {
    im: Im,
    noisy: RefCell<Person>,
    witness: Person,
    friend: Person,
    group: i64,
    /// What the witness sees of itself.
    before: Value,
}

impl Ground {
    async fn new() -> Ground {
        let im = Im::with(|settings| settings.egg.onboarding_hints = false).await;
        let (witness, friend) = (im.user("witness").await, im.user("friend").await);
        let noisy = RefCell::new(im.user("noisy").await);
        let group = im.group(&witness, &[&friend]).await;
        let nobody = json!({ "visitor": { "sendCount": 0 }, "user": { "sendCount": 0 } });
        witness.post("/api/chat/userset", json!({ "userset": { "chatset": nobody } })).await.ok();
        let ask_me = json!({ "fieldname": "invite_confirm", "fieldValue": 1 });
        witness.post("/api/chat/updateUserinfo", ask_me).await.ok();
        let owner_decides = json!({ "group_id": group, "addGroupSet": 1 });
        witness.post("/api/chat/groupAddUserSet", owner_decides).await.ok();
        let record = json!({ "ask": "who?", "answer": "me", "type": "single", "create_userId": witness.id });
        witness.post("/api/chat/askanswer/create", record).await;
        let mut ground = Ground { im, noisy, witness, friend, group, before: Value::Null };
        ground.heard().await;
        ground.before = ground.rows().await;
        ground
    }

    /// Everything that the witness can see of its rows. Strangers may ask it for things.
    async fn rows(&self) -> Value {
        let me = &self.witness;
        let list = json!({ "type": "single", "userId": me.id });
        json!({
            "profile": me.get(&format!("/api/userinfo/{}", me.uuid)).await.body,
            "settings": me.post("/api/chat/getUserSetInfo", json!({ "userid": me.id })).await.body,
            "friends": me.get("/api/chat/goodfriendlist/1").await.body,
            "groups": me.get("/api/chat/grouplist/1").await.body,
            "group": me.get(&format!("/api/chat/groupinfo/{}", self.group)).await.body,
            "complaints": me.get("/api/chat/complaint/list").await.body,
            "answers": me.post("/api/chat/askanswer/list", list).await.body,
        })
    }

    /// Whoever makes the noise may have signed itself out, or changed its password, by chance.
    async fn noisy(&self) -> Person {
        let noisy = self.noisy.borrow().clone();
        let known = noisy.get("/api/chat/grouplist/1").await;
        if known.status == 200 {
            return noisy;
        }
        let anew = self.im.user(&format!("noisy_{:08x}", rand::random::<u32>())).await;
        self.noisy.replace(anew.clone());
        anew
    }

    /// What has come for the witness since it was last asked.
    async fn heard(&self) -> Vec<Value> {
        let mut ear = self.witness.connect().await;
        self.witness.drain().await;
        self.friend.say(&self.witness, "still there").await.ok();
        let mut heard = Vec::new();
        loop {
            let push = ear.push().await;
            if said(&push) == "still there" {
                ear.leave().await;
                return heard;
            }
            heard.push(push);
        }
    }

    /// Whether the server is well and the witness undisturbed.
    async fn is_well(&self) -> Result<(), Wrong> {
        // It may be asked for things, and told of a revoke of what nobody knows.
        let asked =
            |push: &Value| push["from_id"].as_str().is_some_and(|from| from.starts_with("redirect-apply"));
        let heard = self.heard().await;
        if let Some(push) = heard.iter().find(|push| !asked(push) && push["actionType"] != "revoke") {
            return Err(format!("the witness hears {push}"));
        }
        let now = self.rows().await;
        if now == self.before { Ok(()) } else { Err(format!("the witness has {now}, not {}", self.before)) }
    }
}

/// Makes noise of `strategy` at a server, so many cases with each seed.
fn noise<S: Strategy>(cases: u32, strategy: S, check: impl AsyncFn(&Ground, S::Value) -> Result<(), Wrong>) {
    listen_for_panics();
    for seed in seeds(1) {
        let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let ground = runtime.block_on(Ground::new());
        each(seed, cases, &strategy, |case| runtime.block_on(check(&ground, case)));
        let well = runtime.block_on(ground.is_well());
        well.unwrap_or_else(|wrong| panic!("SEED={seed}: {wrong}"));
    }
}

/// Tries so many cases; what fails is made smaller and shown with the seed.
fn each<S: Strategy>(seed: u64, cases: u32, strategy: &S, check: impl Fn(S::Value) -> Result<(), Wrong>) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config { cases, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let tried = runner.run(strategy, |case| {
        check(case).map_err(TestCaseError::fail)?;
        let panics = std::mem::take(&mut *PANICS.lock().unwrap());
        if panics.is_empty() { Ok(()) } else { Err(TestCaseError::fail(panics.join("\n"))) }
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("SEED={seed}: {why}\nfor {case:?}"),
        Err(TestError::Abort(why)) => panic!("SEED={seed}: {why}"),
    }
}

/// Texts with which the server says that it is its own fault: nothing that a client sends may cause one.
const FAULTS: [&str; 9] = [
    "Internal Server Error",
    "登录失败",
    "系统异常，请稍后再试",
    "服务器错误",
    "投诉提交失败",
    "获取失败",
    "更新失败",
    "删除失败",
    "存储服务不可用",
];

/// Whether a route may answer this (docs/dialects/egg.md, "Envelopes and statuses").
fn documented(path: &str, answer: &Answer) -> Result<(), Wrong> {
    let (status, body) = (answer.status, &answer.body);
    let wrong = |why: &str| {
        Err(format!("{path} answers {status} {:?}: {why}", String::from_utf8_lossy(&answer.bytes)))
    };
    if FAULTS.iter().any(|fault| body.to_string().contains(fault)) {
        return wrong("a fault");
    }
    let text = |key: &str| body[key].as_str().is_some_and(|text| !text.is_empty());
    let standard = match (status, body["msg"].as_str()) {
        (200, Some("ok")) => !body["data"].is_null() || path.starts_with("/api/userinfo/"),
        (400 | 404 | 413 | 422, Some("fail")) => text("data"),
        _ => false,
    };
    let own = match path {
        _ if path.starts_with("/public/") => status == 200 || status == 206,
        _ if path.starts_with("/api/chat/groupQrcode/") => {
            status == 200 && answer.bytes.starts_with(b"\x89PNG")
        }
        _ if path.starts_with("/api/chat/askanswer/") => {
            status == 200
                && [200, 400, 404].contains(&body["code"].as_i64().unwrap_or_default())
                && text("msg")
        }
        _ if path.starts_with("/api/chat/complaint/") => match status {
            200 => text("msg") && !body["data"].is_null(),
            _ => status == 400 && text("msg") && body["data"] == json!({}),
        },
        "/api/chat/uploadAliyun" => {
            status == 200 && body["code"] == 200 && body["data"][0]["url"].is_string()
        }
        _ => false,
    };
    if standard || own { Ok(()) } else { wrong("no envelope of this route") }
}
