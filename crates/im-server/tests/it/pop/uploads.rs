//! Files (§3.7), QR codes (§3.9) and the mosaics of groups (§3.5).
use super::{files::*, kit::*};
use reqwest::Method;
use serde_json::{Value, json};

const NOT_ALLOWED: &str = "不支持的文件类型";
const TOO_LARGE: &str = "文件过大";
const OFF: &str = "系统禁用了上传";

async fn put(who: &Pop, action: &str, name: &str, bytes: &[u8]) -> Reply {
    upload(who.request(Method::POST, action), name, bytes).await
}

/// Fetches what an upload answered.
async fn fetch(im: &Im, data: &Value) -> Answer {
    let path = data["src"].as_str().unwrap().strip_prefix(&format!("//{HOST}")).unwrap();
    im.get(path).await
}

/// Checks the form of `src` and gives the part between the folder and the name.
#[track_caller]
fn place(data: &Value, folder: &str, extension: &str) -> String {
    let src = data["src"].as_str().unwrap();
    let rest = src.strip_prefix(&format!("//{HOST}/upload/{folder}/")).unwrap_or_else(|| panic!("{src}"));
    let (middle, file) = rest.rsplit_once('/').unwrap();
    let name = file.strip_suffix(&format!(".{extension}")).unwrap_or_else(|| panic!("{src}"));
    let hex = name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    assert!(name.len() >= 32 && hex, "128 bits in lower-case hex: {name}");
    middle.to_owned()
}

#[tokio::test]
async fn a_picture_is_kept_and_served_as_it_is() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let bytes = png(40, 30, [200, 30, 30]);
    for family in ["web", "h5", "api"] {
        let data = put(&tom, &format!("/{family}/upload/img"), "猫 <1>.png", &bytes).await.ok();
        let month = place(&data, "images", "png");
        assert!(month.len() == 6 && month.starts_with("20"), "{month}");
        assert_eq!(data["name"], "猫 &lt;1&gt;.png");
        assert_eq!(data["size"], format!("{}.00 B", bytes.len()));
        assert_eq!(data.as_object().unwrap().len(), 3);
        let served = fetch(&im, &data).await;
        assert_eq!((served.status, &served.bytes), (200, &bytes));
        assert_eq!(served.headers["content-type"], "image/png");
        assert_eq!(served.headers["x-content-type-options"], "nosniff");
        let disposition = served.headers.get("content-disposition").map(|value| value.to_str().unwrap());
        assert!(!disposition.unwrap_or_default().starts_with("attachment"), "{disposition:?}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_served_as_an_attachment() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let zip = b"PK\x03\x04\x14\x00\x00\x00\x00\x00and so on".to_vec();
    let pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n".to_vec();
    for (name, bytes) in [("a.wav", wav()), ("a.txt", b"hello".to_vec()), ("a.zip", zip), ("a.pdf", pdf)] {
        let data = put(&tom, "upload/file", name, &bytes).await.ok();
        place(&data, "files", name.rsplit('.').next().unwrap());
        let served = fetch(&im, &data).await;
        assert_eq!((served.status, &served.bytes), (200, &bytes), "{name}");
        assert_eq!(served.headers["x-content-type-options"], "nosniff");
        let disposition = served.headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment"), "{name}: {disposition}");
    }
}

#[tokio::test]
async fn sizes_are_told_in_two_decimals() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for (length, told) in
        [(1, "1.00 B"), (1_023, "1023.00 B"), (1_024, "1.00 KB"), (7_322, "7.15 KB"), (1_572_864, "1.50 MB")]
    {
        let data = put(&tom, "upload/file", "a.txt", &vec![b'x'; length]).await.ok();
        assert_eq!(data["size"], told);
    }
}

#[tokio::test]
async fn names_of_files_are_cleaned_and_decoded_once() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let long = format!("{}.txt", "长".repeat(200));
    let cases = [
        ("plain.txt", "plain.txt"),
        ("../../etc/pass.txt", "pass.txt"),
        ("C:\\dir\\a.txt", "a.txt"),
        ("a](x)\t.txt", "a_(x__.txt"),
        ("%E7%8C%AB.txt", "猫.txt"),
        ("%25E7.txt", "%E7.txt"),
        ("100%.txt", "100%.txt"),
        ("%E7%8C.txt", "%E7%8C.txt"),
        ("a%2F..%2Fb.txt", "b.txt"),
        ("a'b<c>.txt", "a&#039;b&lt;c&gt;.txt"),
    ];
    for (sent, kept) in cases {
        println!("{sent}");
        assert_eq!(put(&tom, "upload/file", sent, b"x").await.ok()["name"], kept);
    }
    let name = put(&tom, "upload/file", &long, b"x").await.ok()["name"].as_str().unwrap().to_owned();
    assert!(name.chars().count() <= 120, "{}", name.chars().count());
}

#[tokio::test]
async fn what_could_hurt_is_not_taken() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let html = b"<html><script>alert(1)</script></html>";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    // action, name, content
    let cases: [(&str, &str, &[u8]); 14] = [
        ("upload/img", "a.html", html),
        ("upload/img", "a.png", html),
        ("upload/img", "a.svg", svg),
        ("upload/img", "a.png", svg),
        ("upload/img", "a.gif", PNG),
        ("upload/img", "a.php", PNG),
        ("upload/img", "png", PNG),
        ("upload/img", "a.wav", &wav()),
        ("upload/file", "a.html", html),
        ("upload/file", "a.svg", svg),
        ("upload/file", "a.js", b"alert(1)"),
        ("upload/file", "a.exe", b"MZ\x90\x00"),
        ("upload/file", "a.pdf", html),
        ("upload/avatar", "a.txt", b"x"),
    ];
    for (action, name, bytes) in cases {
        println!("{action} {name}");
        put(&tom, action, name, bytes).await.fails(910, NOT_ALLOWED);
    }
    // A page that calls itself text is served, and never as a page.
    let reply = put(&tom, "upload/file", "a.txt", html).await;
    if reply.code() == 0 {
        let served = fetch(&im, &reply.ok()).await;
        assert!(!served.headers["content-type"].to_str().unwrap().contains("html"));
        assert!(served.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    } else {
        reply.fails(910, NOT_ALLOWED);
    }
}

#[tokio::test]
async fn an_upload_without_a_file_says_so() {
    let im = start().await;
    let tom = im.pop("tom").await;
    for action in ["upload/img", "upload/file", "upload/avatar"] {
        tom.post(action, form! { "file": "text" }).await.fails(917, "没有上传文件");
        let parts = reqwest::multipart::Form::new().text("other", "x");
        Reply(answer(tom.request(Method::POST, action).multipart(parts)).await).fails(917, "没有上传文件");
    }
}

#[tokio::test]
async fn each_kind_has_its_size() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let mut bytes = PNG.to_vec();
    bytes.resize((2 << 20) + 1, 0);
    put(&tom, "upload/avatar", "a.png", &bytes).await.fails(911, TOO_LARGE);
    put(&tom, "upload/img", "a.png", &bytes).await.ok();
    bytes.resize((10 << 20) + 1, 0);
    put(&tom, "upload/img", "a.png", &bytes).await.fails(911, TOO_LARGE);
    put(&tom, "upload/file", "a.txt", &vec![b'x'; (10 << 20) + 1]).await.ok();
    put(&tom, "upload/file", "a.txt", &vec![b'x'; (50 << 20) + 1]).await.fails(911, TOO_LARGE);
}

#[tokio::test]
async fn uploads_are_switched_off_by_kind() {
    let im = start().await;
    let tom = im.pop("tom").await;
    im.switch(form! { "upload_img": "off" }).await;
    put(&tom, "upload/img", "a.png", PNG).await.fails(909, OFF);
    put(&tom, "upload/file", "a.txt", b"x").await.ok();
    put(&tom, "upload/avatar", "a.png", PNG).await.ok();
    im.switch(form! { "upload_img": "on", "upload_file": "off" }).await;
    put(&tom, "upload/file", "a.txt", b"x").await.fails(909, OFF);
    put(&tom, "upload/img", "a.png", PNG).await.ok();
}

#[tokio::test]
async fn a_picture_of_oneself_is_kept_apart_and_changes_no_profile() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let data = put(&tom, "upload/avatar", "me.png", &png(60, 60, [0, 0, 200])).await.ok();
    assert_eq!(place(&data, "avatars", "png"), format!("{}/{}", tom.uid % 100, tom.uid));
    assert_eq!(tom.overview().await["mine"]["avatar"], AVATAR);
    let served = fetch(&im, &data).await;
    assert_eq!((served.status, served.headers["x-content-type-options"].to_str().unwrap()), (200, "nosniff"));
    tom.post("user/update", form! { "avatar": data["src"].as_str().unwrap() }).await.done();
    assert_eq!(tom.overview().await["mine"]["avatar"], data["src"]);
    let by_key = upload_with(
        im.key().request(Method::POST, "upload/avatar"),
        "a.png",
        PNG,
        form! { "login_uid": tom.uid },
    );
    place(&by_key.await.ok(), "avatars", "png");
}

#[tokio::test]
async fn nobody_uploads_without_a_credential() {
    let im = start().await;
    for family in ["web", "h5", "api"] {
        for action in ["img", "file", "avatar"] {
            let request = im.request(Method::POST, &format!("/{family}/upload/{action}"));
            upload(request, "a.png", PNG).await.fails(-1, LOGIN);
        }
    }
}

#[tokio::test]
async fn the_host_of_a_file_is_never_that_of_the_request() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let request = tom.request(Method::POST, "upload/img").header("Host", "evil.example");
    place(&upload(request, "a.png", PNG).await.ok(), "images", "png");
}

#[tokio::test]
async fn without_a_setting_the_host_of_a_file_is_this_machine() {
    let im = with(|s| s.pop.public_host.clear()).await;
    let tom = im.pop("tom").await;
    let own = im.base.strip_prefix("http://").unwrap();
    // asked, told
    let cases = [
        (own, own),
        ("localhost:7001", "localhost:7001"),
        ("192.168.2.6:7001", "192.168.2.6:7001"),
        ("evil.example", own),
        ("localhost.evil.example", own),
        ("203.0.113.7", own),
    ];
    for (asked, told) in cases {
        let request = tom.request(Method::POST, "upload/img").header("Host", asked);
        let src = upload(request, "a.png", PNG).await.ok()["src"].clone();
        assert!(src.as_str().unwrap().starts_with(&format!("//{told}/upload/images/")), "{asked}: {src}");
    }
}

#[tokio::test]
async fn an_upload_counts_for_whom_the_form_names() {
    let limits = |s: &mut im_server::Settings| {
        s.limits.enabled = true;
        s.limits.upload_per_minute = 1;
    };
    let im = with(limits).await;
    let (tom, jerry) = (im.account("tom", "Tom").await, im.account("jerry", "Jerry").await);
    let send = |uid: i64| {
        let request = im.key().request(Method::POST, "upload/img");
        upload_with(request, "a.png", PNG, form! { "login_uid": uid })
    };
    send(tom).await.ok();
    send(tom).await.fails(912, OFTEN);
    send(jerry).await.ok();
}

#[tokio::test]
async fn the_default_avatar_is_there() {
    let im = start().await;
    let served = im.get(AVATAR).await;
    assert_eq!(served.status, 200);
    assert!(served.headers["content-type"].to_str().unwrap().starts_with("image/"));
}

/// What a picture of a QR code says.
fn read(answer: &Answer) -> String {
    assert_eq!(answer.headers["content-type"], "image/png", "{:?}", String::from_utf8_lossy(&answer.bytes));
    let (width, height, grey) = pixels(&answer.bytes);
    assert!(width >= 200 && height >= 200, "{width} x {height}");
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "no QR code in the picture");
    let (meta, content) = grids[0].decode().unwrap();
    assert_eq!(meta.ecc_level, 0, "level M");
    content
}

/// Width, height and brightness of each pixel.
fn pixels(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let samples = info.color_type.samples();
    let grey = buffer
        .chunks(samples)
        .map(|pixel| pixel[..samples.min(3)].iter().map(|v| u32::from(*v)).sum::<u32>());
    let grey = grey.map(|sum| (sum / samples.min(3) as u32) as u8).collect();
    (info.width as usize, info.height as usize, grey)
}

#[tokio::test]
async fn a_qr_code_says_what_it_was_given() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let long = "x".repeat(512);
    for content in ["https://elsewhere.example/?a=1&b=<2>", "鸿雁", "/h5/group/join?gid=5", " ", &long] {
        let reply = tom.get("qrcode/get", form! { "content": content }).await;
        assert_eq!(read(&reply), content);
        assert_eq!(reply.header("cache-control"), "private, max-age=86400");
    }
    tom.get("qrcode/get", form! {}).await.fails(1, MISSING);
    tom.get("qrcode/get", form! { "content": "" }).await.fails(1, MISSING);
    tom.get("qrcode/get", form! { "content": "x".repeat(513) }).await.fails(913, "内容过长");
}

#[tokio::test]
async fn strangers_get_codes_of_this_server_alone() {
    let im = start().await;
    let own = format!("https://{HOST}/h5/user/detail/5");
    for content in ["/h5/user/detail/5", &own] {
        let reply = im.nobody(Method::GET, "/h5/qrcode/get", form! { "content": content }).await;
        assert_eq!(read(&reply), content);
    }
    let like = format!("https://{HOST}.evil.example/");
    let user = format!("https://{HOST}@evil.example/");
    for content in ["https://evil.example/", "//evil.example/x", "hello", &like, &user, "/\\evil.example"] {
        let reply = im.nobody(Method::GET, "/h5/qrcode/get", form! { "content": content }).await;
        println!("{content}");
        reply.fails(-1, LOGIN);
    }
}

#[tokio::test]
async fn strangers_get_thirty_codes_in_a_minute() {
    let im = with(|s| s.limits.enabled = true).await;
    let get = || im.nobody(Method::GET, "/web/qrcode/get", form! { "content": "/x" });
    for _ in 0..30 {
        assert_eq!(read(&get().await.0), "/x");
    }
    get().await.fails(912, OFTEN);
    im.pass(60_001);
    assert_eq!(read(&get().await.0), "/x");
}

/// The distinct colours of a picture, roughly.
fn colours(bytes: &[u8]) -> std::collections::HashSet<u8> {
    pixels(bytes).2.into_iter().collect()
}

#[tokio::test]
async fn a_mosaic_shows_the_pictures_of_its_people() {
    let im = start().await;
    let (tom, jerry) = (im.pop("tom").await, im.pop("jerry").await);
    for (who, colour) in [(&tom, [255, 0, 0]), (&jerry, [0, 0, 0])] {
        let data = put(who, "upload/avatar", "a.png", &png(100, 100, colour)).await.ok();
        who.post("user/update", form! { "avatar": data["src"].as_str().unwrap() }).await.done();
    }
    let get = |family: &str, uid: String| {
        let (path, im) = (format!("/{family}/group/avatar"), &im);
        async move { im.nobody(Method::GET, &path, form! { "uid": uid }).await }
    };
    for family in ["h5", "web"] {
        let reply = get(family, format!("{},{}", tom.uid, jerry.uid)).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/png"));
        assert_eq!(reply.header("cache-control"), "public, max-age=3600");
        let seen = colours(&reply.bytes);
        assert!(seen.contains(&85) && seen.contains(&0), "red and black: {seen:?}");
        let alone = colours(&get(family, tom.uid.to_string()).await.bytes);
        assert!(alone.contains(&85) && !alone.contains(&0), "{alone:?}");
    }
    // Whatever is asked for, a picture comes.
    let many = (1..=50).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    for uid in ["", "999999", "x", "1,,2", "../../etc", "-1", &many] {
        let reply = get("h5", uid.to_owned()).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/png"), "{uid}");
        pixels(&reply.bytes);
    }
    assert_eq!(im.nobody(Method::GET, "/h5/group/avatar", form! {}).await.status, 200);
}

#[tokio::test]
async fn a_picture_of_a_group_is_uploaded_apart() {
    let im = start().await;
    let tom = im.pop("tom").await;
    let reply = put(&tom, "upload/groupavatar", "g.png", PNG).await;
    let data = reply.ok();
    assert_eq!(data["src"].as_str().unwrap().split('/').nth(3), Some("upload"), "{data}");
    assert_eq!(fetch(&im, &data).await.status, 200);
    let made = tom.post("group/create", form! {}).await.ok();
    let fields = form! { "gid": made["gid"].as_str().unwrap(), "avatar": data["src"].as_str().unwrap() };
    tom.post("group/update", fields).await.done();
    assert_eq!(tom.overview().await["group"][0]["avatar"], json!(data["src"]));
}

#[tokio::test]
async fn a_day_has_room_for_so_many_bytes() {
    let im = with(|s| s.limits.enabled = true).await;
    let tom = im.pop("tom").await;
    let bytes = vec![b'x'; 45 << 20];
    for n in 0..4 {
        println!("{n}");
        put(&tom, "upload/file", "a.txt", &bytes).await.ok();
    }
    let over = put(&tom, "upload/file", "a.txt", &bytes).await;
    assert!([911, 912].contains(&over.code()), "{}", over.body);
    im.pass(24 * 3_600_000 + 1_000);
    put(&tom, "upload/file", "a.txt", b"x").await.ok();
}
