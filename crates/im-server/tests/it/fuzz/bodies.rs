//! Bodies, queries and paths: everything that parameters may be.
use super::*;
use proptest::{collection::vec, prelude::*, sample::select};
use reqwest::Method;

/// The page that lists the routes; what it lists is tried.
const PAGE: &str = include_str!("../../../../../docs/dialects/egg.md");

/// The routes of the dialect: method, and the path with its placeholders.
fn routes() -> Vec<(Method, &'static str)> {
    let cells = PAGE
        .lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let routes: Vec<_> = cells
        .filter_map(|cell| {
            let (method, path) = cell.split_once(' ')?;
            let known = ["GET", "POST"].contains(&method)
                && (path.starts_with("/api/") || path.starts_with("/public/"));
            known.then(|| (Method::from_bytes(method.as_bytes()).unwrap(), path))
        })
        .collect();
    assert!(routes.len() >= 54, "the page lists {} routes", routes.len());
    routes
}

/// Bytes of a query that is still sent: the head of a request is read up to a limit.
const LONGEST_QUERY: usize = 7_000;

/// A case. Numbers choose from what fits the world; they are taken modulo.
#[derive(Clone, Debug)]
struct Case {
    route: usize,
    picks: Vec<u8>,
    /// Keys that are left out, by their places, and keys that say something else: the bits of a mask.
    missing: Vec<usize>,
    odd: Vec<(u64, String)>,
    in_path: Option<String>,
    shape: Shape,
    /// Bytes of the finished body that are others.
    bits: Vec<(usize, u8)>,
    cut: Option<usize>,
}

/// How the parameters travel.
#[derive(Clone, Debug)]
enum Shape {
    Json,
    Form,
    Multipart,
    Query,
    /// As JSON, and called something else.
    Called(String),
}

/// A value as it stands in JSON, which it may not be.
fn odd_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| json!(n).to_string()),
        select(vec![
            "null",
            "true",
            "false",
            "[]",
            "{}",
            "-0",
            "1e400",
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"a\\u0000b\"",
            "\"\\ud83d\"",
            "\"\\ude00\\ud83d\"",
            "\"\\\\ud83d\"",
            "\"%00\"",
            "\"%\"",
            "\"%ff%fe\"",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "1.0",
            "\"99999999999999999999\"",
            "\"1.0\"",
            "\"+1\"",
            "\"-1\"",
            "\"٣\"",
            "1",
            "0",
            "\"systemNotice\"",
            "\"' or 1=1 --\"",
            "\"%25\"",
            "\"_\"",
            "\"\\\"",
            "undefined",
            "\"\u{202e}\u{200d}\"",
            "[null]",
            "[[[[1]]]]",
            "{\"a\":{\"a\":1},\"a\":2}",
            "[1,\"1\",1.5,null,{}]",
            "\"../../etc/passwd\"",
            "\"{\\\"chatset\\\":{\\\"user\\\":9}}\"",
            "\"http://127.0.0.1:1/a.mp4\"",
            "\"file:///etc/passwd\"",
        ])
        .prop_map(str::to_owned),
        (1_usize..9).prop_map(|n| "9".repeat(1 << n)),
        (1_usize..17).prop_map(|n| json!("字".repeat(1 << n)).to_string()),
        (1_usize..300).prop_map(|n| format!("{}{}", "[".repeat(n), "]".repeat(n))),
        (1_usize..300).prop_map(|n| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n))),
        ".{0,40}".prop_map(|text| json!(text).to_string()),
        "\\PC{0,20}",
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let shape = prop_oneof![
        6 => Just(Shape::Json),
        2 => Just(Shape::Form),
        1 => Just(Shape::Multipart),
        2 => Just(Shape::Query),
        1 => "[a-z/;=\"+. -]{0,30}".prop_map(Shape::Called),
    ];
    let odd = vec(((any::<u64>(), any::<u64>()).prop_map(|(a, b)| a & b), odd_value()), 0..4);
    let in_path = proptest::option::weighted(0.2, prop_oneof![".{0,30}", "[0-9.%&=_/-]{0,30}"]);
    let bits = prop_oneof![9 => Just(Vec::new()), 1 => vec((any::<usize>(), any::<u8>()), 1..6)];
    let cut = proptest::option::weighted(0.05, any::<usize>());
    let parameters = (vec(any::<u8>(), 60), vec(any::<usize>(), 0..3), odd);
    (any::<usize>(), parameters, in_path, shape, bits, cut).prop_map(
        |(route, (picks, missing, odd), in_path, shape, bits, cut)| Case {
            route,
            picks,
            missing,
            odd,
            in_path,
            shape,
            bits,
            cut,
        },
    )
}

/// All parameters of all routes, each with values that fit one route or another. A route ignores
/// what it does not know.
fn parameters(ground: &Ground, noisy: &Person) -> Vec<(&'static str, Vec<Value>)> {
    let people = [noisy.id, ground.friend.id, ground.witness.id, noisy.id + 1_000];
    let people: Vec<Value> = people.map(Value::from).into();
    let numbers: Vec<Value> = [ground.group, 1, 2, 3, ground.witness.id].map(Value::from).into();
    let text = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<Value>>();
    let flag = || vec![json!(0), json!(1)];
    let now = vec![json!(ground.im.now()), json!(ground.im.now() - 400_000)];
    let mut ids = numbers.clone();
    ids.push(json!("01a1fa08-0c73-45d2-a8ab-6e29ee23630c"));
    let data = json!({ "data": "hello", "dataType": false, "otherData": null });
    vec![
        ("username", text(&["someone", "noisy", "ab"])),
        ("password", text(&["123456", "x"])),
        ("keyword", text(&["wit", "%", "_"])),
        ("userset", vec![json!({ "chatset": { "user": 2, "visitor": "1" } }), json!("{}")]),
        ("fieldname", text(&["nickname", "avatar", "invite_confirm", "username", "role"])),
        ("fieldValue", text(&["1", "/public/icons/avatar.png"])),
        ("userid", people.clone()),
        ("oldpassword", text(&["wrong", "123456"])),
        ("newpassword", text(&["123456"])),
        ("checknewpassword", text(&["123456"])),
        ("deviceId", text(&["8d1a344c-bf16-5425-adbc-d12f49cfa332"])),
        ("timestamp", now.clone()),
        ("friend_id", people.clone()),
        ("nickname", text(&["nick"])),
        ("limit", vec![json!(10), json!(0)]),
        ("id", ids),
        ("status", text(&["agree", "refuse", "pending"])),
        ("friendlookme", flag()),
        ("melookfriend", flag()),
        ("sendto_id", people.iter().chain(&numbers).cloned().collect()),
        ("chatType", text(&["single", "group"])),
        ("type", text(&["text", "single", "group", "agree", "no", "H5"])),
        ("data", vec![data, json!("plain")]),
        ("options", text(&["%7B%22askanswer%22%3Atrue%7D", "{\"askanswer\":1}", ""])),
        ("to_id", people.iter().chain(&numbers).cloned().collect()),
        ("to_name", text(&["somebody"])),
        ("to_avatar", text(&["/public/icons/avatar.png"])),
        ("create_time", now),
        ("userIds", vec![json!([1, 2, 3]), json!("1,2"), json!("[1]")]),
        ("name", text(&["name"])),
        ("remark", text(&["remark"])),
        ("group_id", numbers),
        ("user_id", people.clone()),
        ("inviteuser_id", people.clone()),
        ("addGroupDesc", text(&["please"])),
        ("addGroupSet", flag()),
        ("http", text(&["http://h5.example.com/"])),
        ("videoUrl", text(&["/public/uploads/Diy/a/20260101/1_1.mp4", "http://example.com/a.mp4"])),
        ("time", vec![json!(1), json!(1_000)]),
        ("width", vec![json!(10), json!(0)]),
        ("format", text(&["png", "jpg"])),
        ("ask", text(&["when?"])),
        ("answer", text(&["now"])),
        ("create_userId", people.clone()),
        ("userId", people.clone()),
        ("target_id", people),
        ("target_type", text(&["single", "group"])),
        ("reason", text(&["rude"])),
        ("content", text(&["content"])),
        ("images", vec![json!([]), json!(["/public/icons/avatar.png"])]),
        ("complaint_chatinfo", vec![json!([{}])]),
    ]
}

#[test]
fn parameters_of_any_kind_are_answered_in_the_envelope() {
    let routes = routes();
    noise(700, cases(), async |ground, case| {
        let (method, route) = routes[case.route % routes.len()].clone();
        let noisy = ground.noisy().await;
        let mut pairs: Vec<(&str, String)> = Vec::new();
        for (n, (key, values)) in parameters(ground, &noisy).into_iter().enumerate() {
            pairs.push((key, values[case.picks[n] as usize % values.len()].to_string()));
        }
        case.missing.iter().for_each(|n| drop(pairs.remove(n % pairs.len())));
        for (n, (mask, value)) in case.odd.iter().enumerate() {
            for place in (0..pairs.len()).filter(|place| mask >> place & 1 == 1) {
                // The same key twice, now and then.
                if n == 2 {
                    pairs.push((pairs[place].0, value.clone()))
                } else {
                    pairs[place].1.clone_from(value)
                }
            }
        }
        let in_path = case.in_path.as_ref().map(|text| crate::template::enc(text));
        let path = path_of(ground, route, in_path.as_deref(), case.picks[55]);
        let text = |raw: &str| serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
        let form = pairs
            .iter()
            .map(|(key, raw)| format!("{key}={}", crate::template::enc(&text(raw))))
            .collect::<Vec<_>>()
            .join("&");
        let json = pairs.iter().map(|(key, raw)| format!("\"{key}\":{raw}")).collect::<Vec<_>>().join(",");
        let json = format!("{{{json}}}");
        let (kind, body) = match &case.shape {
            Shape::Json => ("application/json".to_owned(), json),
            Shape::Called(kind) => (kind.trim().to_owned(), json),
            Shape::Form => ("application/x-www-form-urlencoded".to_owned(), form.clone()),
            Shape::Query => (String::new(), String::new()),
            Shape::Multipart => {
                let part = |(key, raw): &(&str, String)| {
                    format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{}\r\n", text(raw))
                };
                let parts: String = pairs.iter().map(part).collect();
                ("multipart/form-data; boundary=b".to_owned(), format!("{parts}--b--\r\n"))
            }
        };
        let mut body = body.into_bytes();
        for (place, byte) in case.bits.iter().filter(|_| !body.is_empty()).cloned().collect::<Vec<_>>() {
            let place = place % body.len();
            body[place] = byte;
        }
        if let Some(end) = case.cut {
            body.truncate(end % (body.len() + 1));
        }
        let asked = matches!(case.shape, Shape::Query) || method == Method::GET;
        let address =
            if asked && form.len() < LONGEST_QUERY { format!("{path}?{form}") } else { path.clone() };
        let mut request = noisy.request(method, &address).body(body);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        documented(&path, &answer(request).await)
    });
}

/// The path with something in its placeholders.
fn path_of(ground: &Ground, route: &str, odd: Option<&str>, pick: u8) -> String {
    let fits = |name: &str| match name {
        ":uuid" => [&ground.witness, &ground.friend][usize::from(pick) % 2].uuid.clone(),
        ":page" => (1 + pick % 3).to_string(),
        ":diydir" => ["chatImgs", "a_b-c", "_"][usize::from(pick) % 3].to_owned(),
        ":name" => ["avatar.png", "none.png"][usize::from(pick) % 2].to_owned(),
        "…" => "Diy/a/20260101/1_1.png".to_owned(),
        _ => [ground.group, ground.friend.id, 1, 2][usize::from(pick) % 4].to_string(),
    };
    let filled = route.split('/').map(|part| match part {
        _ if !(part.starts_with(':') || part == "…") => part.to_owned(),
        _ => odd.map_or_else(|| fits(part), str::to_owned),
    });
    filled.collect::<Vec<_>>().join("/")
}
