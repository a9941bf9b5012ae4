//! One long day: what the client really does, in its own order and with its own bodies (egg.md §11).
use crate::{
    kit::*,
    template::{assert_fits, enc},
};
use reqwest::{Method, multipart};
use serde_json::{Value, json};

const SEND: &str = "/api/chat/socket/sendmessage";

/// The client on one device: it keeps the row of its last login and the messages it has seen.
struct Client {
    device: String,
    me: Person,
    socket: Socket,
}

impl Client {
    /// First start: a visitor without being asked.
    async fn start(im: &Im, n: u32) -> Client {
        let device = device(n);
        let me = Client::become_visitor(im, &device).await;
        let socket = Client::open(im, &me).await;
        Client { device, me, socket }
    }

    async fn become_visitor(im: &Im, device: &str) -> Person {
        let body = json!({
            "uniplatform": "web", "devicemodel": "PC", "deviceos": "windows 10", "devicebrand": "",
        });
        let answer = im.signed("/api/visitorRegister", device, body).await;
        assert_eq!(answer.body["msg"], "ok", "the client looks at nothing else");
        Person::new(im, check_stored(answer.ok(), "visitor"))
    }

    /// A socket as the client opens one: on `open` it fetches what waits.
    async fn open(im: &Im, me: &Person) -> Socket {
        let mut socket = im.socket(&format!("?token={}", me.token)).await;
        assert_eq!(socket.frame().await["type"], "system");
        assert_eq!(me.post("/api/chat/chatGetmessageOffLine", json!({})).await.ok(), "ok");
        socket
    }

    /// The page "register" or "login": a second socket, and the first one is forgotten, not closed.
    async fn sign_in(&mut self, im: &Im, path: &str, username: &str) -> Socket {
        let body = json!({ "username": username, "password": "123456" });
        let row = im.signed(path, &self.device, body).await.ok();
        self.me = Person::new(im, check_stored(row, "user"));
        let newer = Client::open(im, &self.me).await;
        std::mem::replace(&mut self.socket, newer)
    }

    /// Sends as the chat page does.
    async fn send(&self, to: i64, chat_type: &str, kind: &str, data: Value) -> Answer {
        let options = enc(&json!({ "chatname": "聊天 100%" }).to_string());
        let body =
            json!({ "sendto_id": to, "chatType": chat_type, "type": kind, "data": data, "options": options });
        self.me.post(SEND, body).await
    }

    async fn say(&self, to: i64, chat_type: &str, text: &str) -> Answer {
        self.send(to, chat_type, "text", json!({ "data": text, "dataType": false, "otherData": null })).await
    }

    /// The next message that is no hint, checked for what the client dereferences (§11.3, §11.9).
    async fn message(&mut self) -> Value {
        loop {
            let m = self.socket.push().await;
            assert!(m["id"].is_string() && m["chatType"].is_string() && m["type"].is_string(), "{m}");
            assert!(m["from_avatar"].is_string() && m["to_avatar"].is_string(), "{m}");
            assert!(m["from_name"].is_string() && m["to_name"].is_string() && m["to_id"].is_i64(), "{m}");
            assert!(m["create_time"].is_i64() && m["isremove"] == 0, "{m}");
            assert!(m["data"].is_object() || m["data"].is_string(), "{m}");
            said(&m); // parses
            if m["chatType"] == "group" && m["actionType"].is_null() {
                assert!(m["group"]["user_id"].is_i64() && m["group"]["remark"].is_string(), "{m}");
                assert!(m["group"]["invite_confirm"].is_i64(), "{m}");
            }
            let hint = m["from_id"].as_str().is_some_and(|key| {
                !key.starts_with("redirect-apply") || key.starts_with("redirect-applyAddMe")
            });
            if !hint {
                return m;
            }
            assert!(m["redirect"]["url"].is_string(), "{m}");
        }
    }

    async fn text(&mut self) -> String {
        said(&self.message().await)
    }
}

/// What the client stores of a login and dereferences at every start.
fn check_stored(row: Value, role: &str) -> Value {
    let shape = json!({
        "id": "<id>", "uuid": "<uuid>", "username": "<text>", "nickname": "<text>", "avatar": "<text>",
        "role": role, "token": "<text>", "...": true,
    });
    assert_fits(&row, &shape);
    let token = row["token"].as_str().unwrap();
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)), "{token}");
    row
}

#[tokio::test]
async fn a_customer_and_an_agent_live_through_a_day() {
    let im = Im::start().await;

    // The agent has an account and sits at the computer.
    let mut agent = Client::start(&im, 1).await;
    agent.sign_in(&im, "/api/visitorregChat", "agent007").await;
    let agent_id = agent.me.id;

    // A customer follows a link with the agent's uuid: no account, no questions.
    let mut customer = Client::start(&im, 2).await;
    let profile = im.get(&format!("/api/userinfo/{}", agent.me.uuid)).await.ok();
    assert_eq!((&profile["id"], &profile["role"]), (&json!(agent_id), &json!("user")));
    assert!(profile["userinfo"].is_object() && profile["userset"].is_string());
    let asked = customer.me.post("/api/chat/getUserSetInfo", json!({ "userid": agent_id })).await.ok();
    assert_eq!((&asked["isgoodfriend"], &asked["isgoodfriend_status"]), (&json!(false), &json!(true)));
    assert_eq!(asked["invite_confirm"], 0);
    customer.me.post(&format!("/api/chat/ismygoodfriend/{agent_id}"), json!({})).await.fails(400, "不是好友");

    // One message is free.
    let sent = customer.say(agent_id, "single", "在吗？").await.ok();
    assert!(sent["id"].is_string());
    let heard = agent.message().await;
    assert_eq!((&heard["from_id"], &heard["id"]), (&json!(customer.me.id), &sent["id"]));
    assert_eq!((said(&heard).as_str(), &heard["sendUUid"]), ("在吗？", &json!(customer.me.uuid)));
    let limit = "在成为好友之前，对方只允许向他发一条消息";
    customer.say(agent_id, "single", "？？").await.fails(400, limit);
    agent.say(customer.me.id, "single", "您好，请先注册").await.ok();
    assert_eq!(customer.text().await, "您好，请先注册");

    // The customer registers. The first socket stays open, with a token that still works for a while.
    let visitor = customer.me.clone();
    let mut first_socket = customer.sign_in(&im, "/api/visitorregChat", "customer_1").await;
    assert_eq!(customer.me.id, visitor.id, "the conversation stays");
    assert_eq!(visitor.post("/api/chat/chatGetmessageOffLine", json!({})).await.ok(), "ok");
    let search = json!({ "keyword": "AGENT" });
    visitor.post("/api/chat/searchUser", search.clone()).await.fails(400, "您没有权限访问，请先注册或登录");
    customer.say(agent_id, "single", "注册好了").await.fails(400, limit);

    // The customer looks the agent up and asks for friendship.
    let found = customer.me.post("/api/chat/searchUser", search).await.ok();
    assert_eq!((&found[0]["id"], found.as_array().unwrap().len()), (&json!(agent_id), 1));
    let apply = json!({ "friend_id": found[0]["id"], "nickname": "我是客户一" });
    assert_eq!(customer.me.post("/api/chat/applyfriend", apply).await.ok(), "ok");
    let notice = agent.message().await;
    assert_eq!(notice["redirect"]["url"], "/pages/applyMyfriend/applyMyfriend");
    assert_eq!(notice["msgidKey"], notice["from_id"]);
    let waiting = agent.me.get("/api/chat/listapplyfriend/1?limit=10").await.ok();
    assert_eq!(waiting["pendingCount"], 1);
    let applicant = &waiting["alldata"][0]["user"];
    let row = agent
        .me
        .post(&format!("/api/chat/isApplyfriend/{}", applicant["uuid"].as_str().unwrap()), json!({}))
        .await
        .ok();
    let agree = json!({ "nickname": "客户一", "status": "agree" });
    assert_eq!(agent.me.post(&format!("/api/chat/handleapply/{}", row["id"]), agree).await.ok(), "ok");
    for client in [&mut agent, &mut customer] {
        let m = client.message().await;
        assert_eq!(
            (&m["type"], said(&m).as_str()),
            (&json!("systemNotice"), "我们已经是好友了，可以开始聊天了")
        );
    }
    first_socket.nothing().await;

    // They chat.
    for n in 0..3 {
        customer.say(agent_id, "single", &format!("问题 {n}")).await.ok();
        let m = agent.message().await;
        assert_eq!((said(&m), &m["from_name"]), (format!("问题 {n}"), &json!("客户一")));
        agent.say(customer.me.id, "single", &format!("回答 {n}")).await.ok();
        assert_eq!(customer.text().await, format!("回答 {n}"));
    }
    let picture = upload(&customer.me).await;
    let image =
        json!({ "data": picture, "dataType": "image", "otherData": { "type": "image", "typedata": {} } });
    customer.send(agent_id, "single", "image", image).await.ok();
    let m = agent.message().await;
    assert_eq!((&m["type"], im.get(&said(&m)).await.status), (&json!("image"), 200));

    // The customer's phone sleeps; the agent writes on.
    let customer_again = Client::open(&im, &customer.me).await; // the app leaks sockets
    customer.socket.leave().await;
    customer_again.close().await;
    for text in ["明天见", "记得带发票"] {
        im.pass(60_000);
        agent.say(customer.me.id, "single", text).await.ok();
    }
    customer.socket = Client::open(&im, &customer.me).await;
    assert_eq!(customer.text().await, "明天见");
    let m = customer.message().await;
    assert_eq!((said(&m).as_str(), &m["create_time"]), ("记得带发票", &json!(im.now())));

    // The agent makes a group of the friend list, as the page reads it.
    let friends = agent.me.get("/api/chat/goodfriendlist/1?limit=2000").await.ok();
    assert_eq!((&friends["count"], &friends["rows"]["indexList"]), (&json!(1), &json!(["K"])));
    let item = &friends["rows"]["newList"][0]["list"][0];
    assert_eq!((&item["friend_id"], &item["name"]), (&json!(customer.me.id), &json!("客户一")));
    let create = json!({ "userIds": [item["id"]] });
    assert_eq!(agent.me.post("/api/chat/group/create", create).await.ok(), "ok");
    let opened = agent.message().await; // the new conversation appears through the push
    assert_eq!((&opened["chatType"], &opened["from_id"]), (&json!("group"), &json!(agent_id)));
    let group = opened["to_id"].as_i64().unwrap();
    assert_eq!(customer.message().await["to_id"], group);
    let lists = [
        agent.me.get("/api/chat/grouplist/1?limit=30").await.ok(),
        agent.me.get("/api/chat/grouplist/2?limit=30").await.ok(),
    ];
    assert_eq!((&lists[0][0]["id"], &lists[1]), (&json!(group), &json!([])));
    let policy = json!({ "group_id": group, "addGroupSet": 1 });
    assert_eq!(agent.me.post("/api/chat/groupAddUserSet", policy).await.ok(), "设置成功");

    // The group's QR code hangs on the wall; somebody new scans it and wants in.
    let qrcode = format!(
        "/api/chat/groupQrcode/{group}?token={}&type=H5&http=http://192.168.2.6:8081/&chatType=group",
        agent.me.token
    );
    let picture = im.get(&qrcode).await;
    assert_eq!((picture.status, &picture.headers["content-type"]), (200, &"image/png".parse().unwrap()));
    let mut guest = Client::start(&im, 3).await;
    let page = guest.me.get(&format!("/api/chat/groupinfo/{group}")).await.ok();
    let members = page["group_users"].as_array().unwrap();
    assert_eq!((&page["user_id"], page["invite_confirm"].as_i64()), (&json!(agent_id), Some(1)));
    assert!(members.iter().all(|m| m["user_id"] != guest.me.id && m["user"]["avatar"].is_string()), "{page}");
    let join = json!({
        "group_id": group, "user_id": guest.me.id, "inviteuser_id": -1, "addGroupDesc": "扫码来的，请通过",
    });
    assert_eq!(guest.me.post("/api/chat/groupInviteUser", join.clone()).await.ok(), "等待群主同意");
    let again = guest.me.post("/api/chat/groupInviteUser", join).await;
    again.fails(400, "已申请加入群聊，正在等待群主同意");

    // The agent opens the page behind the notice and agrees.
    let asks = agent.message().await;
    let desc = &asks["redirect"]["desc"];
    assert_eq!(
        (&desc["addGroupUserType"], &desc["addGroupDesc"]),
        (&json!("用户自主进群"), &json!("扫码来的，请通过"))
    );
    let url = asks["redirect"]["url"].as_str().unwrap();
    let applicant = url.split("&applyUserid=").nth(1).unwrap().split('&').next().unwrap();
    let agree = json!({ "group_id": group, "user_id": applicant, "type": "agree" });
    assert_eq!(agent.me.post("/api/chat/groupAgreeOrNo", agree).await.ok(), "处理成功");
    for client in [&mut agent, &mut customer, &mut guest] {
        let m = client.message().await;
        assert_eq!((&m["from_name"], &m["to_id"]), (&json!("加群申请提醒"), &json!(group)));
    }
    guest.say(group, "group", "大家好").await.ok();
    for client in [&mut agent, &mut customer] {
        let m = client.message().await;
        assert_eq!((said(&m).as_str(), &m["from_id"]), ("大家好", &json!(guest.me.id)));
    }

    // The customer says too much in the group and takes it back: the whole local item is posted.
    let sent = customer.say(group, "group", "我的卡号是 6222").await.ok();
    let heard = [agent.message().await, guest.message().await];
    assert!(heard.iter().all(|m| m["id"] == sent["id"]));
    im.pass(5_000);
    let mut local = sent.clone();
    local["data"] = json!({ "data": "我的卡号是 6222", "dataType": false, "otherData": null });
    for (key, value) in [
        ("create_time", json!(sent["create_time"].as_i64().unwrap() + 1_500)), // the client's own clock
        ("isSendOK", json!(true)),
        ("isHidden", json!(false)),
        ("showTime", json!("18:44")),
        ("groupname", json!("agent007、customer_1")),
    ] {
        local[key] = value;
    }
    let revoked = customer.me.post("/api/chat/revokeMessage", local).await.ok();
    assert_eq!(revoked["data"]["data"], "customer_1 撤回了一条消息");
    assert_eq!((&revoked["type"], &revoked["create_time"]), (&json!("systemNotice"), &json!(im.now())));
    for client in [&mut agent, &mut customer, &mut guest] {
        let m = client.message().await;
        assert_eq!((&m["actionType"], &m["id"], &m["to_id"]), (&json!("revoke"), &sent["id"], &json!(group)));
        assert_eq!(m["data"], revoked["data"]);
    }

    customer.socket.nothing().await; // all of it arrived, and the server knows

    // The customer signs out: the device becomes a visitor again, another one than before.
    assert_eq!(customer.me.post("/api/chat/logout", json!({})).await.ok(), true);
    let gone = customer.me.clone();
    gone.post("/api/chat/chatGetmessageOffLine", json!({})).await.fails(400, "Token 令牌不合法！");
    let fresh = Client::become_visitor(&im, &customer.device).await;
    assert_ne!(fresh.id, gone.id, "a device opens no registered account");
    customer.me = Client::become_visitor(&im, &customer.device).await; // the client often asks twice
    assert_eq!(customer.me.id, fresh.id);
    let old = std::mem::replace(&mut customer.socket, Client::open(&im, &customer.me).await);
    old.close().await;
    agent.say(gone.id, "single", "发票寄出了").await.ok();
    agent.say(group, "group", "大家早").await.ok();
    assert_eq!(guest.text().await, "大家早");

    // Back in the evening, through the login page.
    customer.sign_in(&im, "/api/visitorloginChat", "customer_1").await;
    assert_eq!(customer.me.id, gone.id);
    assert_eq!([customer.text().await, customer.text().await], ["发票寄出了", "大家早"]);

    // The agent logs in at home; the computer in the office is signed out.
    let office = agent.me.clone();
    let mut home = Client::start(&im, 4).await;
    home.sign_in(&im, "/api/visitorloginChat", "agent007").await;
    assert_eq!(home.me.id, agent_id);
    let told = json!({ "msg": "force_logout", "data": "你的账号在其他设备登录" });
    assert_eq!(agent.socket.frame().await, told);
    assert_eq!(agent.socket.end().await, Some(4001));
    office.post("/api/chat/chatGetmessageOffLine", json!({})).await.fails(400, "Token 令牌不合法！");
    agent.me = Client::become_visitor(&im, &agent.device).await;
    assert_ne!(agent.me.id, agent_id);
    customer.say(agent_id, "single", "谢谢，晚安").await.ok();
    assert_eq!(home.text().await, "谢谢，晚安");
    first_socket.nothing().await; // open since the morning, and told nothing
}

/// Uploads as `uni.uploadFile` does: the token twice, the answer is JSON text.
async fn upload(me: &Person) -> String {
    let png = include_bytes!("../../../im-api-egg/icons/search.png").to_vec();
    let file = multipart::Part::bytes(png).file_name("IMG 雁.PNG").mime_str("image/png").unwrap();
    let form = multipart::Form::new().text("token", me.token.clone()).part("file", file);
    let path = "/api/chat/uploadStreamSingleToServerDiy/chatImgs";
    let url =
        answer(me.request(Method::POST, path).multipart(form)).await.ok()["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("/public/uploads/Diy/chatImgs/") && url.ends_with(".png"), "{url}");
    url
}

#[tokio::test]
async fn the_newest_client_befriends_whoever_it_chats_with() {
    // On opening a chat it asks #39 and, where nobody objects, calls #40 (egg.md §11.6).
    let im = Im::start().await;
    let mut agent = Client::start(&im, 1).await;
    agent.sign_in(&im, "/api/visitorregChat", "agent007").await;
    let mut visitor = Client::start(&im, 2).await;
    let befriend = json!({ "friend_id": agent.me.id });
    assert_eq!(visitor.me.post("/api/chat/autoAddFriendAndAgree", befriend).await.ok(), "ok");
    for client in [&mut agent, &mut visitor] {
        assert_eq!(client.text().await, "我们已经是好友了，可以开始聊天了");
    }
    let asked = visitor.me.post("/api/chat/getUserSetInfo", json!({ "userid": agent.me.id })).await.ok();
    assert_eq!((&asked["isgoodfriend"], &asked["isgoodfriend_status"]), (&json!(true), &json!(true)));
    // Friends are not limited, visitors neither; both have the other one in the list.
    for n in 0..3 {
        visitor.say(agent.me.id, "single", &n.to_string()).await.ok();
        agent.say(visitor.me.id, "single", &n.to_string()).await.ok();
        assert_eq!([agent.text().await, visitor.text().await], [n.to_string(), n.to_string()]);
    }
    let known = visitor.me.post(&format!("/api/chat/ismygoodfriend/{}", agent.me.id), json!({})).await.ok();
    assert_eq!((&known["user_id"], &known["friend_id"]), (&json!(visitor.me.id), &json!(agent.me.id)));
    assert_eq!(
        visitor.me.post(&format!("/api/chat/deletegoodfriend/{}", agent.me.id), json!({})).await.ok(),
        "删除好友成功"
    );
    let limit = "在成为好友之前，对方只允许向他发一条消息";
    visitor.say(agent.me.id, "single", "one more").await.fails(400, limit);
}
