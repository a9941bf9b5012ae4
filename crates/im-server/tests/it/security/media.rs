//! Videos, uploads, files (rows 19, 20).
use super::*;

// Rows 19, 20: media.

#[tokio::test]
async fn a_cover_is_taken_of_videos_of_our_own_only() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    // Whoever comes here was called by the server.
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let trap_url = format!("http://{}/public/uploads/a.mp4", trap.local_addr().unwrap());
    let base = &im.base;
    let database = im.data().join("hongyan.db").display().to_string();
    let addresses = [
        trap_url.clone(),
        trap_url.replace("127.0.0.1", "localhost"),
        trap_url.replace("127.0.0.1", "127.1"),
        trap_url.replace("127.0.0.1", "2130706433"),
        trap_url.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        trap_url.replacen("http", "https", 1),
        trap_url.replacen("http://", &format!("http://{}@", &base[7..]), 1),
        trap_url.replacen("http", "ftp", 1),
        format!("concat:{trap_url}|{trap_url}"),
        format!("{base}/public/uploads/a.mp4|{trap_url}"),
        format!("{base}@{}/public/uploads/a.mp4", trap.local_addr().unwrap()),
        format!("{base}/public/../hongyan.db"),
        format!("{base}/public/uploads/../../hongyan.db"),
        format!("{base}/public/uploads/%2e%2e/%2e%2e/hongyan.db"),
        format!("{base}/public/uploads/..%5c..%5chongyan.db"),
        format!("{base}/api/chat/groupQrcode/1?token={}", ann.token),
        format!("file://{database}"),
        format!("file:{database}"),
        database,
        "/etc/passwd".into(),
        "file:///etc/passwd".into(),
        "FILE:///etc/passwd".into(),
        "subfile,,start,0,end,64,,:/etc/passwd".into(),
        "data:video/mp4;base64,AAAA".into(),
        "pipe:0".into(),
        "-i /etc/passwd".into(),
        "http://169.254.169.254/latest/meta-data".into(),
        "http://[::1]/x.mp4".into(),
        "http://0/x.mp4".into(),
        "gopher://127.0.0.1:6379/_FLUSHALL".into(),
        "javascript:alert(1)".into(),
        "http://".into(),
        "\u{0}".into(),
        "x".repeat(100_000),
    ];
    let path = "/api/chat/getVideoScreenshot";
    for address in &addresses {
        let what: String = address.chars().take(80).collect();
        let got = ann.post(path, json!({ "videoUrl": address, "time": 20, "width": 260 })).await;
        refused(&got, &what);
        let text = got.body["data"].as_str().unwrap();
        assert!(text.starts_with("截图处理失败: ") || text == "视频地址不能为空", "{what}: {text}");
        assert!(!text.contains("ffmpeg version") && !text.contains("root:"), "{what}: {text}");
    }
    let called = tokio::time::timeout(std::time::Duration::from_millis(50), trap.accept()).await;
    assert!(called.is_err(), "the server called {:?}", called.unwrap().unwrap().1);

    // The other parameters are no way in either.
    let own = format!("{base}/public/uploads/none.mp4");
    for (key, value) in [
        ("format", json!("../../x")),
        ("format", json!("png;rm")),
        ("format", json!("svg")),
        ("format", json!("php")),
        ("time", json!(-1)),
        ("time", json!("1;2")),
        ("time", json!("00:00:01")),
        ("time", json!(i64::MAX)),
        ("width", json!(-1)),
        ("width", json!(3_841)),
        ("width", json!("1:flags=x")),
        ("width", json!(i64::MAX)),
    ] {
        let mut body = json!({ "videoUrl": own, "time": 20, "width": 260, "format": "png" });
        body[key] = value.clone();
        refused(&ann.post(path, body).await, format!("{key}={value}"));
    }
    assert_eq!(im.get("/public/uploads/Diy/VideoScreenshot/").await.status, 404);
}

#[tokio::test]
async fn an_upload_stays_in_its_folder_and_runs_nowhere() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    let long = "a".repeat(51);
    let folders = [
        "..",
        ".",
        "_",
        "a_",
        "_a",
        "a__b",
        ".._.._etc",
        "a_.._b",
        "%2e%2e",
        "%2e%2e%2fetc",
        "a%2Fb",
        "a%5Cb",
        "a%00",
        "a%20b",
        "~",
        "a.b",
        "a_b_c_d_e_f",
        "%E5%9B%BE",
        "a;b",
        "a$b",
        &long,
    ];
    for folder in folders {
        // A path that leaves the route altogether is no route.
        let got = upload(&ann, folder, "a.png", "image/png", PNG).await;
        refused(&got, folder);
        assert!(matches!(got.status, 400 | 404), "{folder}");
    }
    let names = [
        "a.html",
        "a.htm",
        "a.svg",
        "a.js",
        "a.jsx",
        "a.css",
        "a.less",
        "a.xml",
        "a.php",
        "a.exe",
        "a.sh",
        "a",
        ".png",
        "a.png.html",
        "a.PNG.HTML",
        "a.png\u{0}.html",
        "a.png/",
        "a.",
        "a.png.",
    ];
    for name in names {
        let got = upload(&ann, "chatImgs", name, "text/html", b"<script>alert(1)</script>").await;
        refused(&got, name);
        let text = got.body["data"].as_str().unwrap();
        assert!(text.starts_with("Invalid filename: ") || name.contains('\0'), "{name}: {text}");
    }
    for name in ["../../a.png", "..\\..\\a.png", "/etc/a.png", "C:\\a.png", "a\u{202e}gnp.png", "'\"<>.png"] {
        let got = upload(&ann, "chatImgs", name, "image/png", PNG).await;
        if got.status != 200 {
            refused(&got, name);
            continue;
        }
        let url = got.body["data"]["url"].as_str().unwrap().to_owned();
        let rest = url.strip_prefix("/public/uploads/Diy/chatImgs/").unwrap();
        assert!(rest.bytes().all(|b| b.is_ascii_digit() || b"/_.png".contains(&b)), "{name}: {url}");
        assert_eq!(im.get(&url).await.bytes, PNG);
    }
    // A page under a picture's name is refused, or it is served as anything but a page.
    let page = b"<!doctype html><html><script>alert(1)</script></html>";
    for (name, bytes) in [
        ("a.png", &page[..]),
        ("a.txt", page),
        ("a.json", page),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.pdf", b"%PDF-1.4 <script>"),
    ] {
        let got = upload(&ann, "chatImgs", name, "image/png", bytes).await;
        if got.status != 200 {
            refused(&got, name);
            continue;
        }
        let url = got.body["data"]["url"].as_str().unwrap();
        let file = im.get(url).await;
        let kind = file.headers["content-type"].to_str().unwrap();
        assert!(!kind.contains("html") && !kind.contains("svg") && !kind.contains("xml"), "{name}: {kind}");
        assert_eq!(file.headers["x-content-type-options"], "nosniff", "{name}");
    }
    // Nothing was written anywhere else.
    let strays: Vec<_> = std::fs::read_dir(im.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".png") || name.ends_with(".html"))
        .collect();
    assert_eq!(strays, [""; 0]);
}

#[tokio::test]
async fn nothing_outside_of_public_is_served() {
    let im = Im::start().await;
    let ann = im.user("anna").await;
    upload(&ann, "chatImgs", "a.png", "image/png", PNG).await.ok();
    let depth = "../".repeat(12);
    let mut paths: Vec<String> = [
        "/public/../hongyan.db",
        "/public/uploads/../../hongyan.db",
        "/public/%2e%2e/hongyan.db",
        "/public/%2e%2e%2fhongyan.db",
        "/public/..%2fhongyan.db",
        "/public/..%5chongyan.db",
        "/public/..\\hongyan.db",
        "/public/%252e%252e/hongyan.db",
        "/public/%c0%ae%c0%ae/hongyan.db",
        "/public//hongyan.db",
        "/public/./hongyan.db",
        "/public/hongyan.db",
        "/public/hongyan.db-wal",
        "/public/uploads/hongyan.db",
        "/public//etc/passwd",
        "/public/uploads//etc/passwd",
        "/public/%2fetc%2fpasswd",
        "/public/uploads/%2fetc/passwd",
        "/public/file:///etc/passwd",
        "/public/uploads/a%00.png",
        "/public/%00",
        "/public/%ff%fe",
        "/public/%",
        "/public/%zz",
        "/public",
        "/public/",
        "/public/uploads",
        "/public/uploads/",
        "/public/uploads/Diy/",
        "/public/uploads/Diy/chatImgs",
        "/public/icons",
        "/public/icons/",
        "/public/icons/..%2f..%2fCargo.toml",
        "/public/icons/.hidden",
        "/hongyan.db",
        "/../hongyan.db",
        "/.git/config",
        "/etc/passwd",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    paths.push(format!("/public/{depth}etc/passwd"));
    paths.push(format!("/public/uploads/{}etc/passwd", depth.replace('.', "%2e")));
    paths.push(format!("/public/{}", "a/".repeat(3_000)));
    for path in &paths {
        let (status, body) = raw::get(&im, path).await;
        let text = String::from_utf8_lossy(&body);
        assert!((400..500).contains(&status), "{path}: {status} {text}");
        let leak = ["SQLite format", "root:", "[package]", "chatImgs", ".png\""];
        assert!(!leak.iter().any(|leak| text.contains(leak)), "{path}: {text}");
    }
}
