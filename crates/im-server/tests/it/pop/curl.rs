//! A whole conversation with `curl` and the file in which it keeps its cookies.
use super::{files::PNG, kit::*};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Somebody at a shell.
struct Shell {
    base: String,
    dir: tempfile::TempDir,
}

impl Shell {
    fn new(im: &Im) -> Shell {
        Shell { base: im.base.clone(), dir: tempfile::tempdir().unwrap() }
    }

    fn jar(&self) -> PathBuf {
        self.dir.path().join("cookies")
    }

    /// `curl --silent ARGUMENTS URL`, with the cookies kept.
    async fn curl(&self, path: &str, arguments: &[&str]) -> Vec<u8> {
        let jar = self.jar();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--cookie"]);
        curl.arg(&jar).arg("--cookie-jar").arg(&jar).args(arguments).arg(format!("{}{path}", self.base));
        let output = curl.output().await.expect("curl is installed: scripts/need curl");
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    async fn data(&self, path: &str, arguments: &[&str]) -> Value {
        let body: Value = serde_json::from_slice(&self.curl(path, arguments).await).unwrap();
        assert_eq!(body["code"], 0, "{path}: {body}");
        body["data"].clone()
    }

    async fn register(&self, name: &str) -> i64 {
        let fields = format!("username={name}&nickname={name}&password=secret1");
        let uid = self.data("/web/login/join", &["--data", &fields]).await["uid"].as_i64().unwrap();
        let login = format!("username={name}&password=secret1");
        assert_eq!(self.data("/web/login/check", &["--data", &login]).await["uid"], uid);
        uid
    }
}

/// Whether the jar of curl holds the cookie, out of reach of scripts.
fn kept(jar: &Path) -> bool {
    std::fs::read_to_string(jar)
        .unwrap()
        .lines()
        .any(|line| line.starts_with("#HttpOnly_") && line.contains("PHPSID"))
}

#[tokio::test]
async fn two_people_talk_by_curl() {
    let im = start().await;
    let (tom, jerry) = (Shell::new(&im), Shell::new(&im));
    let (t, j) = (tom.register("tom").await, jerry.register("jerry").await);
    assert!(kept(&tom.jar()) && kept(&jerry.jar()));

    let apply = format!("friend_uid={j}");
    tom.curl("/web/friend/apply", &["--data", &apply, "--data-urlencode", "postscript=it's me & you"]).await;
    let list = jerry.data("/web/friend/applylist", &[]).await;
    assert_eq!((&list[0]["from"], &list[0]["nickname"]), (&json!(t), &json!("tom")));
    let nid = format!("nid={}", list[0]["nid"]);
    jerry.data("/h5/friend/agree", &["--data", &nid]).await;
    assert_eq!(tom.data("/web/friend/getlist", &[]).await["J"][j.to_string()]["name"], "jerry");

    let to = format!("to={j}");
    let send = ["--data", &to, "--data", "type=friend", "--data-urlencode", "content=你好 & <b>"];
    let sent = tom.data("/h5/message/send", &send).await["mid"].clone();
    let get = format!("/web/message/get?id={t}&type=friend");
    let read = jerry.data(&get, &[]).await;
    let last = read.as_array().unwrap().last().unwrap();
    assert_eq!((&last["mid"], &last["content"]), (&sent, &json!("你好 &amp; &lt;b&gt;")));

    let picture = tom.dir.path().join("猫.png");
    std::fs::write(&picture, PNG).unwrap();
    let part = format!("file=@{}", picture.display());
    let file = tom.data("/h5/upload/img", &["--form", &part]).await;
    assert_eq!(file["name"], "猫.png");
    let path = file["src"].as_str().unwrap().strip_prefix(&format!("//{HOST}")).unwrap();
    assert_eq!(jerry.curl(path, &[]).await, PNG);

    let members = format!("members[]={j}");
    let made = tom.data("/web/group/create", &["--data", &members]).await;
    let gid = made["gid"].as_str().unwrap().to_owned();
    let to = format!("to={gid}&type=group&content=to%20all");
    jerry.data("/web/message/send", &["--data", &to]).await;
    let overview = tom.data("/web/pop/get", &[]).await;
    let group = &overview["chatting"][format!("group{gid}")];
    assert_eq!((&group["unread_count"], &group["items"][0]["content"]), (&json!(1), &json!("to all")));

    let code = tom.curl("/h5/qrcode/get?content=hello", &[]).await;
    assert!(code.starts_with(b"\x89PNG"));
    tom.data("/web/login/logout", &["--data", &format!("logout_uid={t}")]).await;
    let after: Value = serde_json::from_slice(&tom.curl("/web/pop/get", &[]).await).unwrap();
    assert_eq!(after, json!({ "code": -1, "msg": LOGIN, "data": [] }));

    // The integration, with its key.
    let (key, who) = (format!("X-Api-Key: {KEY}"), format!("/api/pop/get?login_uid={j}"));
    let body = Shell::new(&im).data(&who, &["--header", &key]).await;
    assert_eq!(body["mine"]["uid"], j);
}
