//! Uploads that are none, and calls with a signature that is none.
use super::*;
use crate::{raw, template::enc};
use proptest::{collection::vec, option, prelude::*, sample::select};
use reqwest::Method;

/// A part of a form: what stands before its content, and the content.
#[derive(Clone, Debug)]
struct Part {
    head: String,
    content: Vec<u8>,
}

/// A form, and what befalls it on the way.
#[derive(Clone, Debug)]
struct Form {
    route: &'static str,
    folder: String,
    kind: String,
    parts: Vec<Part>,
    ends: bool,
    bits: Vec<(usize, u8)>,
    cut: Option<usize>,
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "a.png",
            "a",
            "",
            ".",
            "..",
            ".png",
            "a.png.",
            "../../../tmp/x.png",
            "..\\..\\x.png",
            "/etc/x.png",
            "a.PNG",
            "a.png\\0.html",
            "a.svg",
            "a.html",
            "con.png",
            "a.tar.gz",
            "%2e%2e%2fa.png",
            "a\u{202e}gnp.exe",
            "a;b.png",
            "a\".png",
            "图.png",
            "a.mp4",
            "a.txt",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,30}",
        (1_usize..4_000).prop_map(|n| format!("{}.png", "a".repeat(n))),
    ]
}

fn parts() -> impl Strategy<Value = Part> {
    let field =
        prop_oneof![4 => Just("img".to_owned()), 1 => Just("imageClassId".to_owned()), 1 => "\\PC{0,20}"];
    let disposition = (field, option::of(names()), 0..4_u8).prop_map(|(field, file, how)| {
        let file = file.map(|name| match how {
            0 => format!("; filename*=UTF-8''{}", enc(&name)),
            1 => format!("; filename=\"{name}\"; filename=\"b.png\""),
            _ => format!("; filename=\"{name}\""),
        });
        format!("Content-Disposition: form-data; name=\"{field}\"{}\r\n", file.unwrap_or_default())
    });
    let more = prop_oneof![
        3 => Just(String::new()),
        2 => select(vec!["Content-Type: image/png\r\n", "Content-Type: text/html\r\n", "Content-Type: /\r\n"])
            .prop_map(str::to_owned),
        1 => (1_usize..70_000).prop_map(|n| format!("X: {}\r\n", "y".repeat(n))),
        1 => (1_usize..300).prop_map(|n| "X: y\r\n".repeat(n)),
        1 => Just("Content-Type: multipart/mixed; boundary=b\r\n".to_owned()),
        1 => "\\PC{0,30}\r?\n?",
    ];
    let content = prop_oneof![
        vec(any::<u8>(), 0..200),
        vec(any::<u8>(), 0..60).prop_map(|tail| [&b"\x89PNG\r\n\x1a\n"[..], &tail].concat()),
        Just(b"<html><script>1</script>".to_vec()),
        Just(b"--b\r\nContent-Disposition: form-data; name=\"img\"\r\n\r\n--b--".to_vec()),
        (1_usize..200_000).prop_map(|n| vec![b'a'; n]),
    ];
    (option::weighted(0.95, disposition), more, content).prop_map(|(disposition, more, content)| Part {
        head: disposition.unwrap_or_default() + &more,
        content,
    })
}

fn forms() -> impl Strategy<Value = Form> {
    let kind = prop_oneof![
        8 => Just("multipart/form-data; boundary=b".to_owned()),
        1 => select(vec![
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=c",
            "multipart/form-data; boundary=\"b\"", "multipart/mixed; boundary=b", "image/png", "application/json",
        ])
        .prop_map(str::to_owned),
        1 => "multipart/form-data; boundary=[ -~]{0,80}",
    ];
    let route = select(vec![
        "/api/chat/uploadStreamSingleToServerDiy/",
        "/api/chat/uploadAliyun",
        "/api/chat/socket/sendmessage",
        "/api/regChat",
    ]);
    let folder = prop_oneof![3 => Just("chatImgs_a".to_owned()), 1 => "\\PC{1,20}", 1 => "[._/%-]{1,9}"];
    let bits = prop_oneof![6 => Just(Vec::new()), 1 => vec((any::<usize>(), any::<u8>()), 1..5)];
    let damage = (bits, option::weighted(0.15, any::<usize>()), any::<bool>());
    (route, folder, kind, vec(parts(), 0..4), damage).prop_map(
        |(route, folder, kind, parts, (bits, cut, ends))| Form {
            route,
            folder,
            kind,
            parts,
            ends,
            bits,
            cut,
        },
    )
}

#[test]
fn a_form_of_any_kind_is_kept_or_refused() {
    noise(400, forms(), async |ground, form| {
        let mut body = Vec::new();
        for part in &form.parts {
            body.extend(format!("--b\r\n{}\r\n", part.head).into_bytes());
            body.extend(&part.content);
            body.extend(b"\r\n");
        }
        if form.ends {
            body.extend(b"--b--\r\n");
        }
        for (place, byte) in &form.bits {
            let length = body.len().max(1);
            body.get_mut(place % length).into_iter().for_each(|old| *old = *byte);
        }
        if let Some(end) = form.cut {
            body.truncate(end % (body.len() + 1));
        }
        let own = form.route.ends_with('/');
        let path = if own { format!("{}{}", form.route, enc(&form.folder)) } else { form.route.to_owned() };
        let request = ground.noisy().await.request(Method::POST, &path).header("content-type", &form.kind);
        let given = answer(request.body(body)).await;
        documented(&path, &given)?;
        let kept = given.body["data"]["url"].as_str().or(given.body["data"][0]["path"].as_str());
        match kept.filter(|_| given.status == 200) {
            Some(url) if url.contains("..") || url.contains('\\') => Err(format!("kept as {url}")),
            _ => Ok(()),
        }
    });
}

/// A call of a device: which route, the device, the time, the signature, where they are odd.
type Call = (&'static str, String, String, Option<Vec<u8>>);

fn calls() -> impl Strategy<Value = Call> {
    let route = select(vec!["/api/visitorRegister", "/api/visitorregChat", "/api/visitorloginChat"]);
    let device = prop_oneof![
        4 => "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        1 => "\\PC{0,60}",
        1 => "[a-zA-Z0-9_-]{30,40}",
        1 => (1_usize..2_000).prop_map(|n| "a".repeat(n)),
    ];
    let time = prop_oneof![
        4 => Just("now".to_owned()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => "[0-9+.eE-]{0,25}",
        1 => "\\PC{0,20}",
    ];
    let noise = prop_oneof![vec(any::<u8>(), 0..100), "[0-9a-fA-F]{0,70}".prop_map(String::into_bytes)];
    (route, device, time, option::of(noise))
}

#[test]
fn a_device_that_signs_anyhow_is_let_in_or_refused() {
    noise(250, calls(), async |ground, (route, device, time, signature)| {
        let time = if time == "now" { ground.im.now().to_string() } else { time };
        let right = sign(&device, &time).into_bytes();
        let signed = signature.clone().unwrap_or(right);
        let body =
            json!({ "deviceId": device, "timestamp": time, "username": "witness", "password": "654321" });
        let request = ground.im.request(Method::POST, route).json(&body);
        let Ok(header) = reqwest::header::HeaderValue::from_bytes(&signed) else {
            // No client library sends such a header; a socket does.
            let head = format!(
                "POST {route} HTTP/1.1\r\nHost: im\r\nConnection: close\r\nContent-Length: 2\r\nX-Security-Sign: "
            );
            let (status, _) =
                raw::exchange(&ground.im, [head.as_bytes(), &signed, b"\r\n\r\n{}"].concat()).await;
            return if status == 400 || status == 422 { Ok(()) } else { Err(format!("status {status}")) };
        };
        let given = answer(request.header("x-security-sign", header)).await;
        documented(route, &given)?;
        let let_in = given.status == 200;
        match signature {
            Some(noise) if let_in => Err(format!("{noise:?} is no signature")),
            _ if let_in && route.ends_with("loginChat") => {
                Err("a wrong password opens an account".to_owned())
            }
            _ => Ok(()),
        }
    });
}
