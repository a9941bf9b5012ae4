use super::*;
use crate::{egg::content::Content, pusher::content};
use serde_json::{Value, json};

fn said(body: Value) -> Result<(Body, Option<String>), &'static str> {
    serde_json::from_value::<BodyView>(body).unwrap().into_parts()
}

#[test]
fn what_is_said_is_shown_to_the_letter() {
    let cases = [
        json!({"type": "text", "text": " hi\n"}),
        json!({"type": "image", "url": "/a.png"}),
        json!({"type": "image", "url": "https://x.y/a.png?b=1", "thumb": "/t.png", "width": 2, "height": 3,
               "size_bytes": 4, "name": "a b.png"}),
        json!({"type": "audio", "url": "/a.mp3", "duration_ms": 1500, "size_bytes": 0}),
        json!({"type": "video", "url": "/a.mp4", "cover": "/c.png", "width": 2, "height": 3, "duration_ms": 1,
               "size_bytes": 9}),
        json!({"type": "file", "url": "/a.zip", "name": "雁.zip", "size_bytes": 9}),
    ];
    for case in cases {
        let (body, raw) = said(case.clone()).unwrap();
        assert_eq!(serde_json::to_value(BodyView::of(&body, raw.as_deref())).unwrap(), case);
        // The others show it from the body alone.
        let shown = Content::of(&body, raw.as_deref());
        assert!(matches!(shown.r#type.as_str(), "text" | "image" | "audio" | "video" | "file"), "{case}");
        assert!(content::say(&body, raw.as_deref()).len() > 2, "{case}");
    }
}

#[test]
fn what_nobody_may_say_is_refused_by_its_field() {
    let long = format!("/{}", "a".repeat(2_048));
    let urls = [
        "",
        "a.png",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "ftp://x/a",
        "//evil/x",
        "http://",
        "https:///x",
        "blob:x",
        "/a b",
        "/a\n",
        "/\\evil",
        "/\"",
        "/<",
        " /a",
        long.as_str(),
    ];
    for url in urls {
        for kind in ["image", "audio", "video", "file"] {
            assert_eq!(said(json!({"type": kind, "url": url})), Err("body.url"), "{kind} {url}");
        }
        assert_eq!(said(json!({"type": "image", "url": "/a", "thumb": url})), Err("body.thumb"), "{url}");
        assert_eq!(said(json!({"type": "video", "url": "/a", "cover": url})), Err("body.cover"), "{url}");
        let shown = BodyView::of(&Body::Image(url.to_owned()), None);
        assert_eq!(shown, BodyView::Other { text: url.to_owned() });
    }
    let cases = [
        (json!({"type": "text", "text": ""}), "body.text"),
        (json!({"type": "text", "text": " \n"}), "body.text"),
        (json!({"type": "other", "text": "x"}), "body.type"),
        (json!({"type": "auto", "text": "x"}), "body.type"),
        (json!({"type": "image", "url": "/a", "width": 0}), "body.width"),
        (json!({"type": "image", "url": "/a", "height": -1}), "body.height"),
        (json!({"type": "audio", "url": "/a", "duration_ms": -1}), "body.duration_ms"),
        (json!({"type": "file", "url": "/a", "size_bytes": i64::MAX}), "body.size_bytes"),
        (json!({"type": "file", "url": "/a", "name": "a\u{7}b"}), "body.name"),
        (json!({"type": "file", "url": "/a", "name": "x".repeat(256)}), "body.name"),
    ];
    for (body, field) in cases {
        assert_eq!(said(body.clone()), Err(field), "{body}");
    }
    assert!(serde_json::from_value::<BodyView>(json!({"type": "text", "text": "x", "url": "/a"})).is_err());
}

#[test]
fn what_other_dialects_know_is_shown() {
    let egg = |kind: &str, data: Value| {
        let (body, raw) = Content::new(kind.into(), data.to_string(), Value::Null).into_parts();
        serde_json::to_value(BodyView::of(&body, raw.as_deref())).unwrap()
    };
    let pop = |content: &str| {
        let (body, raw) = crate::pusher::content::parse(content);
        serde_json::to_value(BodyView::of(&body, raw.as_deref())).unwrap()
    };
    let film = json!({"data": "/p.png", "dataType": "video", "otherData": {"duration": "2.5", "videoData": "/v.mp4"}});
    assert_eq!(
        egg("video", film),
        json!({"type": "video", "url": "/v.mp4", "cover": "/p.png", "duration_ms": 2500})
    );
    let voice = json!({"data": "/a.mp3", "dataType": "audio", "otherData": {"duration": 3}});
    assert_eq!(egg("audio", voice), json!({"type": "audio", "url": "/a.mp3", "duration_ms": 3000}));
    let evil = json!({"data": "javascript:x", "dataType": "video", "otherData": {"videoData": "/v.mp4"}});
    assert_eq!(egg("video", evil), json!({"type": "video", "url": "/v.mp4"}));
    let evil = json!({"data": "javascript:x", "dataType": "image", "otherData": null});
    assert_eq!(egg("image", evil), json!({"type": "other", "text": "javascript:x"}));
    assert_eq!(
        pop("file[雁 1.zip\t12K](/a.zip)"),
        json!({"type": "file", "url": "/a.zip", "name": "雁 1.zip"})
    );
    assert_eq!(pop("look ![x](/a.png)!"), json!({"type": "image", "url": "/a.png"}));
}
