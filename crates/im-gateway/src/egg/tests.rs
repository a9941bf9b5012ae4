use super::content::{Content, plain};
use im_core::messages::Body;
use serde_json::{Value, json};

#[test]
fn a_plain_text_needs_nothing_beside_it() {
    let content = Content::new("text".into(), plain("你好，阿祖"), Value::Null);
    let (body, raw) = content.clone().into_parts();
    assert_eq!((&body, &raw), (&Body::Text("你好，阿祖".into()), &None));
    assert_eq!(Content::of(&body, None), content);
}

#[test]
fn whatever_a_client_says_comes_back_to_the_letter() {
    let data = |kind: &str| {
        format!(r#"{{ "otherData":{{"videoData":"/v.mp4"}}, "data":"/a.png","dataType":"{kind}"}}"#)
    };
    let cases = [
        ("image", data("image"), Value::Null, Body::Image("/a.png".into())),
        ("audio", data("audio"), Value::Null, Body::Audio("/a.png".into())),
        ("video", data("video"), Value::Null, Body::Video("/v.mp4".into())),
        ("iconMenus", data("image"), Value::Null, Body::Image("/a.png".into())),
        ("iconMenus", data("emoji"), Value::Null, Body::Other("/a.png".into())),
        ("text", plain("hi"), json!({"askanswer": 1}), Body::Text("hi".into())),
        ("card", "[1,2]".into(), Value::Null, Body::Other(String::new())),
    ];
    for (kind, data, options, said) in cases {
        let content = Content::new(kind.into(), data, options);
        let (body, raw) = content.clone().into_parts();
        assert_eq!(body, said, "{kind}");
        assert_eq!(Content::of(&body, raw.as_deref()), content, "{kind}");
    }
}

#[test]
fn what_is_not_json_is_a_text() {
    let content = Content::new("text".into(), "say \"hi\"".into(), Value::Null);
    assert_eq!(content.data, r#"{"data":"say \"hi\"","dataType":false,"otherData":null}"#);
    assert_eq!(content.text(), "say \"hi\"");
}

#[test]
fn other_dialects_are_translated() {
    let shown = Content::of(&Body::Image("/x.png".into()), Some(r#"{"pop":"![](/x.png)"}"#));
    assert_eq!(shown.r#type, "image");
    assert_eq!(serde_json::from_str::<Value>(&shown.data).unwrap()["data"], "/x.png");
}
