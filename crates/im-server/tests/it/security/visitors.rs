//! What a visitor may call (row 11).
use super::*;

// Row 11: what a visitor may call.

#[tokio::test]
async fn a_visitor_reaches_its_own_routes_and_nothing_beside_them() {
    let im = Im::start().await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let id = ann.id;
    let allowed = [
        ("POST", "/api/chat/socket/sendmessage".to_owned()),
        ("POST", "/api/chat/chatGetmessageOffLine".into()),
        ("GET", "/api/chat/grouplist/1".into()),
        ("GET", "/api/chat/groupinfo/1".into()),
        ("POST", "/api/chat/groupnickname".into()),
        ("POST", "/api/chat/groupDeleteOrQuit".into()),
        ("GET", "/api/chat/groupQrcode/1".into()),
        ("POST", "/api/chat/uploadStreamSingleToServerDiy/chatImgs".into()),
        ("POST", "/api/chat/uploadAliyun".into()),
        ("POST", "/api/chat/getVideoScreenshot".into()),
        ("POST", "/api/chat/revokeMessage".into()),
        ("POST", "/api/chat/updateUserinfo".into()),
        ("POST", "/api/chat/groupInviteUser".into()),
        ("POST", "/api/chat/getUserSetInfo".into()),
        ("POST", "/api/chat/autoAddFriendAndAgree".into()),
        ("POST", "/api/chat/applyfriend".into()),
        ("POST", "/api/chat/userset".into()),
        ("POST", format!("/api/chat/ismygoodfriend/{id}")),
        ("POST", format!("/api/chat/deletegoodfriend/{id}")),
    ];
    let forbidden = [
        ("POST", "/api/chat/logout".to_owned()),
        ("POST", "/api/chat/searchUser".into()),
        ("GET", "/api/chat/listapplyfriend/1".into()),
        ("POST", "/api/chat/handleapply/1".into()),
        ("GET", "/api/chat/goodfriendlist/1".into()),
        ("GET", format!("/api/chat/getgoodfriendinfo/{id}")),
        ("POST", format!("/api/chat/setblackgoodfriend/{id}")),
        ("POST", format!("/api/chat/setstargoodfriend/{id}")),
        ("POST", format!("/api/chat/setmeOrfriendCanSee/{id}")),
        ("POST", format!("/api/chat/isApplyfriend/{}", ann.uuid)),
        ("POST", "/api/chat/group/create".into()),
        ("POST", "/api/chat/groupUpdateName".into()),
        ("POST", "/api/chat/groupremark".into()),
        ("POST", "/api/chat/groupDeleteUser".into()),
        ("POST", "/api/chat/groupAddUserSet".into()),
        ("POST", "/api/chat/groupAgreeOrNo".into()),
        ("POST", "/api/chat/setPassword".into()),
        ("POST", "/api/chat/askanswer/create".into()),
        ("POST", "/api/chat/askanswer/update".into()),
        ("POST", "/api/chat/askanswer/delete".into()),
        ("POST", "/api/chat/askanswer/list".into()),
        ("POST", "/api/chat/askanswer/detail".into()),
        ("POST", "/api/chat/askanswer/search".into()),
        ("POST", "/api/chat/complaint/create".into()),
        ("GET", "/api/chat/complaint/list".into()),
        ("GET", "/api/chat/complaint/detail/1".into()),
        ("POST", "/api/chat/complaint/update/1".into()),
        ("POST", "/api/chat/complaint/delete/1".into()),
    ];
    let call = |method: &str, path: &str| {
        let method: Method = method.parse().unwrap();
        let request = visitor.request(method.clone(), path);
        answer(if method == Method::POST { request.json(&json!({})) } else { request })
    };
    for (method, path) in &allowed {
        let answer = call(method, path).await;
        survived(&answer, path);
        assert_ne!(answer.status, 404, "{path}");
        assert_ne!(answer.body["data"], VISITORS_NOT, "{path}");
    }
    for (method, path) in &forbidden {
        call(method, path).await.fails(400, VISITORS_NOT);
    }
    // What only begins like a route of a visitor is no route of a visitor.
    let tricks = [
        "/api/chat/usersetX",
        "/api/chat/userset/",
        "/api/chat/userset/list",
        "/api/chat/userset/../searchUser",
        "/api/chat/userset/%2e%2e/searchUser",
        "/api/chat/userset%2f..%2fsearchUser",
        "/api/chat/userset;/searchUser",
        "/api/chat/userset%00",
        "/api/chat/userset?/../searchUser",
        "/api/chat//searchUser",
        "//api/chat/searchUser",
        "/api/chat/./searchUser",
        "/api//chat/searchUser",
        "/API/chat/searchUser",
        "/api/chat/SearchUser",
        "/api/chat/search%55ser",
        "/api/chat/groupinfo",
        "/api/chat/groupinfoX/1",
        "/api/chat/groupinfo/1/2",
        "/api/chat/socket/sendmessageX",
        "/api/chat/groupInviteUserX",
        "/api/chat/getUserSetInfo/1",
        "/api/chat/autoAddFriendAndAgree/../groupDeleteUser",
        "/api/chat/revokeMessage/../setPassword",
    ];
    for path in tricks {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let (status, body) = raw::exchange(
                &im,
                format!(
                    "{method} {path} HTTP/1.1\r\nHost: im\r\ntoken: {}\r\nContent-Type: application/json\r\n\
                     Content-Length: 17\r\nConnection: close\r\n\r\n{{\"keyword\":\"ann\"}}",
                    visitor.token
                ),
            )
            .await;
            let text = String::from_utf8_lossy(&body);
            let own = path.starts_with("/api/chat/userset?") && method == "POST"; // that is the route itself
            assert!(matches!(status, 400 | 404) || own && status == 422, "{method} {path}: {status} {text}");
            assert!(!text.contains("anna") && text.contains("\"fail\""), "{method} {path}: {text}");
        }
    }
    // Another method is no way in either.
    for (method, path) in allowed.iter().chain(&forbidden) {
        let other = if *method == "POST" { "GET" } else { "POST" };
        let answer = call(other, path).await;
        assert!(matches!(answer.status, 400 | 404 | 405), "{other} {path}: {}", answer.status);
        assert_eq!(answer.body["msg"], "fail", "{other} {path}");
    }
}

#[tokio::test]
async fn an_operator_may_close_friendship_to_visitors() {
    let im = Im::with(|settings| settings.egg.visitor_may_befriend = false).await;
    let (ann, visitor) = (im.user("anna").await, im.visitor(1).await);
    let cases = [
        ("/api/chat/applyfriend".to_owned(), json!({ "friend_id": ann.id })),
        ("/api/chat/userset".into(), json!({ "userset": "{}" })),
        (format!("/api/chat/ismygoodfriend/{}", ann.id), json!({})),
        (format!("/api/chat/deletegoodfriend/{}", ann.id), json!({})),
    ];
    for (path, body) in cases {
        visitor.post(&path, body.clone()).await.fails(400, VISITORS_NOT);
        assert_ne!(ann.post(&path, body).await.body["data"], VISITORS_NOT);
    }
    assert_eq!(ann.get("/api/chat/listapplyfriend/1").await.ok()["pendingCount"], 0);
}
