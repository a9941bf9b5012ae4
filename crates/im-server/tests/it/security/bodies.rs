//! Bodies and numbers that are none.
use super::*;

// Bodies that are none.

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let deep = format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        (json, b"{".to_vec()),
        (json, b"{\"fieldname\":}".to_vec()),
        (json, b"\xff\xfe{}".to_vec()),
        (json, b"{\"fieldname\":\"nickname\",\"fieldValue\":\"\xff\xfe\"}".to_vec()),
        (json, b"{\"fieldname\":\"nickname\",\"fieldValue\":\"a".to_vec()),
        (json, "[".repeat(500_000).into_bytes()),
        (json, deep.clone().into_bytes()),
        (json, format!("{{\"fieldname\":\"nickname\",\"fieldValue\":{}", deep).into_bytes()),
        (json, b"nickname".to_vec()),
        (json, b"[]".to_vec()),
        (json, b"null".to_vec()),
        (json, b"\"x\"".to_vec()),
        (json, b"{}{}".to_vec()),
        (json, vec![0; 1_000]),
        (form, b"fieldname=password&fieldValue=%".to_vec()),
        (form, b"fieldname[a][b][c]=1&fieldValue[]=2&fieldname=".to_vec()),
        (form, b"&&&===".to_vec()),
        (form, b"%00=%00&\xff\xfe".to_vec()),
        (form, format!("fieldname{}=1", "[a]".repeat(50_000)).into_bytes()),
        ("text/plain", b"x".to_vec()),
        ("application/xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>".to_vec()),
        ("application/json; charset=utf-16", b"{\0}\0".to_vec()),
        ("multipart/form-data", b"x".to_vec()),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n".to_vec()),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"fieldname\"\r\n\r\n".to_vec(),
        ),
        ("\u{fe}", b"{}".to_vec()),
    ];
    for (kind, body) in bodies {
        let what = format!("{kind}: {}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        let kind = reqwest::header::HeaderValue::from_bytes(kind.as_bytes()).unwrap();
        let path = "/api/chat/updateUserinfo";
        let request = ann.request(Method::POST, path).header("content-type", kind.clone()).body(body.clone());
        refused(&answer(request).await, &what);
        let request = im.request(Method::POST, "/api/loginChat").header("content-type", kind).body(body);
        refused(&answer(request).await, &what);
    }
    // Too much.
    let long = "x".repeat(1_100_000);
    for request in [
        ann.request(Method::POST, "/api/chat/updateUserinfo")
            .json(&json!({ "fieldname": "nickname", "fieldValue": long })),
        ann.request(Method::POST, "/api/chat/updateUserinfo")
            .form(&[("fieldname", "nickname"), ("fieldValue", &long)]),
        im.request(Method::POST, "/api/loginChat").json(&json!({ "username": long, "password": long })),
    ] {
        let got = answer(request).await;
        refused(&got, "1.1 MB");
        assert_eq!(got.status, 413);
    }
    // A megabyte that fits is judged by the parameters.
    let most = "x".repeat(1_000_000);
    let got =
        ann.post("/api/chat/updateUserinfo", json!({ "fieldname": "nickname", "fieldValue": most })).await;
    got.fails(400, "昵称长度不能超过30个字符");
    let profile = im.get(&format!("/api/userinfo/{}", ann.uuid)).await.ok();
    assert_eq!(profile["nickname"], "");
    // Without a token the body is not even looked at.
    let stranger = im.request(Method::POST, "/api/chat/searchUser").header("content-type", json).body("{");
    refused(&answer(stranger).await, "no token, no body");
}

#[tokio::test]
async fn a_number_that_is_no_row_is_refused() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    let group = im.group(&ann, &[&bob]).await;
    let before = rows(&ann, group).await;
    let avatar = "/public/icons/avatar.png";
    let routes = [
        ("applyfriend", "friend_id", json!({})),
        ("autoAddFriendAndAgree", "friend_id", json!({})),
        ("socket/sendmessage", "sendto_id", json!({ "chatType": "single", "type": "text", "data": "x" })),
        ("socket/sendmessage", "sendto_id", json!({ "chatType": "group", "type": "text", "data": "x" })),
        ("groupUpdateName", "id", json!({ "name": "x" })),
        ("groupremark", "id", json!({ "remark": "x" })),
        ("groupnickname", "id", json!({ "nickname": "x" })),
        ("groupDeleteOrQuit", "id", json!({})),
        ("groupDeleteUser", "group_id", json!({ "user_id": bob.id })),
        ("groupDeleteUser", "user_id", json!({ "group_id": group + 1_000 })),
        ("groupInviteUser", "group_id", json!({ "user_id": ann.id })),
        ("groupInviteUser", "user_id", json!({ "group_id": group })),
        ("groupAddUserSet", "group_id", json!({ "addGroupSet": 0 })),
        ("groupAddUserSet", "addGroupSet", json!({ "group_id": group + 1_000 })),
        ("groupAgreeOrNo", "group_id", json!({ "user_id": bob.id, "type": "no" })),
        ("groupAgreeOrNo", "user_id", json!({ "group_id": group, "type": "no" })),
        ("getUserSetInfo", "userid", json!({})),
        (
            "revokeMessage",
            "to_id",
            json!({
                "to_name": "x", "to_avatar": avatar, "id": "x", "chatType": "single", "create_time": im.now(),
            }),
        ),
        (
            "revokeMessage",
            "create_time",
            json!({ "to_id": bob.id, "to_name": "x", "to_avatar": avatar, "id": "x", "chatType": "single" }),
        ),
    ];
    let numbers = [
        json!(0),
        json!(-1),
        json!("-9223372036854775808"),
        json!(9_999_999_999_999_i64),
        json!(i64::MAX),
        json!(u64::MAX),
        json!("9223372036854775808"),
        json!("99999999999999999999999999"),
        json!("1e3"),
        json!(1.5),
        json!(1e300),
        json!("0x1"),
        json!("１"),
        json!(" 1 "),
        json!("1;drop table account"),
        json!("NaN"),
        json!("Infinity"),
        json!(true),
        json!(null),
        json!(""),
        json!([1]),
        json!({ "id": 1 }),
    ];
    for (path, key, rest) in &routes {
        for number in &numbers {
            let zero = *key == "addGroupSet" && *number == 0;
            let mut body = rest.clone();
            body[*key] = number.clone();
            let got = ann.post(&format!("/api/chat/{path}"), body).await;
            let what = format!("{path} {key}={number}");
            refused(&got, if zero { format!("{what} (of a group that is not there)") } else { what });
        }
    }
    let paths = [
        ("POST", "handleapply/{}"),
        ("GET", "getgoodfriendinfo/{}"),
        ("POST", "setblackgoodfriend/{}"),
        ("POST", "setstargoodfriend/{}"),
        ("POST", "setmeOrfriendCanSee/{}"),
        ("POST", "ismygoodfriend/{}"),
        ("POST", "deletegoodfriend/{}"),
        ("GET", "groupinfo/{}"),
        ("GET", "groupQrcode/{}"),
        ("GET", "groupQrcode/{}?chatType=single"),
    ];
    let numbers = [
        "0",
        "-1",
        "99999999999",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999",
        "1.5",
        "1e3",
        "abc",
        "%00",
        "%20",
        "null",
        "%EF%BC%91",
        "1%3Bdrop",
        "%ff",
        "%2e%2e",
        "1%0a",
    ];
    for (method, path) in paths {
        for number in numbers {
            let path = format!("/api/chat/{}", path.replace("{}", number));
            let body = json!({ "status": "agree", "friendlookme": 1, "melookfriend": 1 });
            let request = ann.request(method.parse().unwrap(), &path).json(&body);
            refused(&answer(request).await, &path);
        }
    }
    for (method, path) in [("GET", "detail"), ("POST", "update"), ("POST", "delete")] {
        for number in numbers {
            let path = format!("/api/chat/complaint/{path}/{number}");
            let got = answer(ann.request(method.parse().unwrap(), &path).json(&json!({}))).await;
            assert!((400..500).contains(&got.status), "{path}: {} {}", got.status, got.body);
            assert!(got.body["msg"].is_string(), "{path}: {}", got.body);
        }
    }
    assert_eq!(rows(&ann, group).await, before);
}

#[tokio::test]
async fn a_nul_byte_hurts_nobody() {
    let im = Im::start().await;
    let (ann, bob) = (im.user("anna").await, im.user("bobby").await);
    im.befriend(&ann, &bob).await;
    let group = im.group(&ann, &[&bob]).await;
    let nul = "a\u{0}b";
    let said = json!({ "data": nul, "dataType": false, "otherData": { "k": nul } });
    let options = enc(&json!({ "k": nul }).to_string());
    let bodies = [
        ("updateUserinfo", json!({ "fieldname": "nickname", "fieldValue": nul })),
        ("updateUserinfo", json!({ "fieldname": "avatar", "fieldValue": nul })),
        ("updateUserinfo", json!({ "fieldname": nul, "fieldValue": nul })),
        ("userset", json!({ "userset": { "k": nul } })),
        ("userset", json!({ "userset": format!("{{\"k\":\"{nul}\"}}") })),
        ("searchUser", json!({ "keyword": nul })),
        ("applyfriend", json!({ "friend_id": bob.id, "nickname": nul })),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": "text", "data": said }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": "text", "data": nul }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": nul, "data": said }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": group, "chatType": "group", "type": "image", "data": said }),
        ),
        (
            "socket/sendmessage",
            json!({ "sendto_id": bob.id, "chatType": "single", "type": "text", "data": "x", "options": options }),
        ),
        ("groupUpdateName", json!({ "id": group, "name": nul })),
        ("groupremark", json!({ "id": group, "remark": nul })),
        ("groupnickname", json!({ "id": group, "nickname": nul })),
        (
            "groupInviteUser",
            json!({ "group_id": group, "user_id": bob.id, "inviteuser_id": -1, "addGroupDesc": nul }),
        ),
        ("group/create", json!({ "userIds": [nul] })),
        (
            "revokeMessage",
            json!({
                "to_id": bob.id, "to_name": nul, "to_avatar": format!("{nul}/123456789"), "id": nul,
                "chatType": "single", "create_time": im.now(),
            }),
        ),
        ("setPassword", json!({ "oldpassword": nul, "newpassword": nul, "checknewpassword": nul })),
        ("askanswer/create", json!({ "ask": nul, "answer": nul, "type": "single", "create_userId": ann.id })),
        ("askanswer/search", json!({ "ask": nul, "type": "single", "create_userId": ann.id })),
        (
            "complaint/create",
            json!({
                "target_id": bob.id, "target_type": "single", "target_name": nul, "reason": nul, "content": nul,
                "images": [nul], "complaint_chatinfo": [{ "k": nul }],
            }),
        ),
        ("getVideoScreenshot", json!({ "videoUrl": nul, "time": 1, "format": nul })),
    ];
    for (path, body) in bodies {
        let got = ann.post(&format!("/api/chat/{path}"), body.clone()).await;
        survived(&got, format!("{path} {body}"));
        assert_ne!(got.body["code"], 500, "{path}: {}", got.body);
        assert!(got.body["msg"].is_string(), "{path}: {:?}", got.bytes);
    }
    for body in [
        json!({ "username": nul, "password": "123456" }),
        json!({ "username": "dora\u{0}", "password": "123456" }),
        json!({ "username": "dora", "password": "1234\u{0}56" }),
    ] {
        for path in ["/api/regChat", "/api/loginChat"] {
            survived(&im.post(path, body.clone()).await, format!("{path} {body}"));
        }
        for path in ["/api/visitorregChat", "/api/visitorloginChat"] {
            survived(&im.signed(path, &device(1), body.clone()).await, format!("{path} {body}"));
        }
    }
    let described =
        json!({ "uniplatform": "w\u{0}b", "devicemodel": nul, "deviceos": nul, "devicebrand": nul });
    survived(
        &im.signed("/api/visitorRegister", &device(2), described).await,
        "a device that describes itself",
    );
    survived(
        &im.signed("/api/visitorRegister", &format!("{}\u{0}", &device(3)[1..]), json!({})).await,
        "a device id",
    );
    for path in [
        format!("/api/userinfo/{}", "%00".repeat(36)),
        "/api/chat/groupQrcode/1?type=%00&http=%00&chatType=%00".into(),
        format!("/api/chat/groupQrcode/{group}?type=H5&http=%00&chatType=group"),
    ] {
        let got = ann.get(&path).await;
        assert!(got.status < 500, "{path}: {} {}", got.status, got.body);
    }
    let got = ann.post(&format!("/api/chat/isApplyfriend/{}", "%00".repeat(36)), json!({})).await;
    survived(&got, "isApplyfriend");
    survived(&upload(&ann, "chatImgs", "a\u{0}.png", "image/png", PNG).await, "a file name");

    // What was taken can be read again by everybody concerned.
    for path in ["goodfriendlist/1", "listapplyfriend/1", "grouplist/1", "complaint/list"] {
        let got = bob.get(&format!("/api/chat/{path}")).await;
        assert_eq!(got.status, 200, "{path}: {}", got.body);
    }
    let mut socket = bob.connect().await;
    bob.drain().await;
    ann.say(&bob, "the end").await.ok();
    while crate::kit::said(&socket.push().await) != "the end" {}
}
