//! The rules, as tables.

use super::code::code_only;
use super::{File, Problem, links, marks, rooms, text};

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

fn lines(problems: impl IntoIterator<Item = Problem>) -> Vec<usize> {
    problems.into_iter().map(|problem| problem.line).collect()
}

#[test]
fn a_problem_says_where_what_and_what_instead() {
    let problem = file("a.rs", "").problem(3, "a tab", "use spaces");
    assert_eq!(problem.to_string(), "a.rs:3: a tab; use spaces");
}

#[test]
fn white_space_is_where_it_belongs() {
    let cases: [(&str, &str, &[usize]); 9] = [
        ("a.md", "", &[]),
        ("a.md", "one\ntwo\n", &[]),
        ("a.md", "one \ntwo\t\n", &[1, 2]),
        ("a.md", "one\r\ntwo\n", &[1]),
        ("a.md", "one\ntwo", &[2]),
        ("a.md", "one\n\n", &[2]),
        ("a.rs", "\tone\n", &[1]),
        ("Makefile", "a:\n\tb\n", &[]),
        ("a.rs", "one\n\n\n", &[3]),
    ];
    for (path, content, expected) in cases {
        assert_eq!(lines(text::white_space(&file(path, content))), expected, "{path} {content:?}");
    }
}

#[test]
fn a_source_file_has_at_most_500_lines() {
    let cases = [
        ("crates/im-core/src/lib.rs", 500, None),
        ("crates/im-core/src/lib.rs", 501, Some(501)),
        ("crates/im-core/src/messages/mod.rs", 600, Some(501)),
        ("crates/im-server/tests/it/messages.rs", 600, None),
        ("xtask/src/main.rs", 600, None),
    ];
    for (path, count, expected) in cases {
        let problem = text::length(&file(path, &"x\n".repeat(count)));
        assert_eq!(problem.map(|problem| problem.line), expected, "{path} {count}");
    }
}

#[test]
fn comments_and_literals_are_no_code() {
    let cases = [
        ("a // b", "a "),
        ("a /* b /* c */ d */ e", "a  e"),
        (r#"a("b \" // c") d"#, r#"a("") d"#),
        (r##"a(r#"b " c"#) d"##, r#"a("") d"#),
        ("a(br\"b\\\") c", "a(\"\") c"),
        ("a('\"') b // c", "a('') b "),
        (r"a('\'') b", "a('') b"),
        (r"a('\u{1F600}', b)", "a('', b)"),
        ("fn a<'b>(c: &'b str) { \"d\" }", "fn a<'b>(c: &'b str) { \"\" }"),
        ("r#type + bar + 雁", "r#type + bar + 雁"),
        ("\"open", "\"\""),
        (r"'\", r"'\"),
    ];
    for (source, expected) in cases {
        assert_eq!(code_only(source), [expected], "{source}");
    }
    assert_eq!(code_only("a(\"b\nc\");\n/* d\n */ e"), ["a(\"\"", ");", "", " e"]);
}

#[test]
fn marks_of_unfinished_work_are_found_as_words() {
    let [first, second, third] = [["FIX", "ME"].concat(), ["XX", "X"].concat(), ["HA", "CK"].concat()];
    let content = format!("// {first}: a\nb # {second}\n{third}\nmktemp a.{second}{second}\n{third}NEY\n");
    assert_eq!(lines(marks::unfinished(&file("a.sh", &content))), [1, 2, 3]);
}

#[test]
fn macros_of_unfinished_work_are_found_in_code_only() {
    let content =
        "todo!()\nunimplemented!(\"later\")\ndbg!(a)\n#[ignore = \"slow\"]\n// todo!()\n\"dbg!(a)\"\n";
    assert_eq!(lines(marks::macros(&file("a.rs", content))), [1, 2, 3, 4]);
}

#[test]
fn unwrap_is_for_tests() {
    let cases: [(&str, &str, &[usize]); 9] = [
        ("crates/a/src/lib.rs", "a.unwrap();\n// b.unwrap()\nc.unwrap_or(1);\n", &[1]),
        ("crates/a/src/tests.rs", "a.unwrap();\n", &[]),
        ("crates/a/tests/it/main.rs", "a.unwrap();\n", &[]),
        ("crates/a/src/lib.rs", "#![cfg(test)]\na.unwrap();\n", &[]),
        ("crates/a/src/lib.rs", "#[cfg(test)]\nmod tests;\na.unwrap();\n", &[3]),
        ("crates/a/src/lib.rs", "#[cfg(test)] mod tests;\na.unwrap();\n", &[2]),
        ("crates/a/src/lib.rs", "#[cfg(test)]\nmod t {\n  fn a() { b.unwrap(); }\n}\nc.unwrap();\n", &[5]),
        (
            "crates/a/src/lib.rs",
            "#[cfg(test)]\nfn a(b: [u8; 2]) {\n  \"}\";\n  b.unwrap();\n}\nc.unwrap();\n",
            &[6],
        ),
        ("crates/a/src/lib.rs", "#[cfg(test)]\n#[allow(a)]\nconst A: u8 = b.unwrap();\nc.unwrap();\n", &[4]),
    ];
    for (path, content, expected) in cases {
        assert_eq!(lines(marks::unwrap(&file(path, content))), expected, "{content}");
    }
}

#[test]
fn imports_point_down() {
    let cases: [(&str, &str, &[usize]); 13] = [
        ("im-core", "[package]\nname = \"im-core\"\n[dependencies]\nim-db.workspace = true\n", &[]),
        ("im-db", "[dependencies]\nim-core.workspace = true\n", &[2]),
        ("im-db", "[dependencies]\nserde = { version = \"1\", features = [\n  \"im-core\",\n] }\n", &[]),
        ("im-core", "[dev-dependencies]\nim-gateway = { path = \"../im-gateway\" }\n", &[2]),
        ("im-core", "[target.'cfg(unix)'.dependencies]\nim-media.workspace = true\n", &[2]),
        ("im-core", "[dependencies.im-server]\nworkspace = true\n", &[1]),
        ("im-core", "[dependencies]\naxum.workspace = true\nasync-nats = \"1\" # a bus\n", &[2, 3]),
        ("im-gateway", "[dependencies]\naxum.workspace = true\nim-api-common.workspace = true\n", &[]),
        ("im-api-egg", "[dependencies]\nim-gateway.workspace = true\nim-api-pop.workspace = true\n", &[3]),
        ("im-api-egg", "[dependencies]\n# im-db: through im-core only\nim-db.workspace = true\n", &[3]),
        ("im-server", "[dependencies]\nim-db.workspace = true\nim-api-v1.workspace = true\n", &[]),
        ("im-load", "[dependencies]\nim-core.workspace = true\n", &[2]),
        ("im-new", "[dependencies]\nserde.workspace = true\n", &[1]),
    ];
    for (room, content, expected) in cases {
        let problems = rooms::imports(&file(&format!("crates/{room}/Cargo.toml"), content));
        assert_eq!(lines(problems), expected, "{room}: {content}");
    }
}

#[test]
fn the_inner_rooms_do_not_know_the_outer_world() {
    let content = "use axum::Router;\n// no hyper here\nlet hyperbole = 1;\nopendal::Operator\n\"opendal\"\n";
    let cases: [(&str, &[usize]); 4] = [
        ("crates/im-core/src/lib.rs", &[1, 4]),
        ("crates/im-db/src/lib.rs", &[1, 4]),
        ("crates/im-media/src/lib.rs", &[]),
        ("xtask/src/main.rs", &[]),
    ];
    for (path, expected) in cases {
        assert_eq!(lines(rooms::foreign_words(&file(path, content))), expected, "{path}");
    }
}

#[test]
fn a_dependency_says_why_it_is_here() {
    let content = "[workspace]\nresolver = \"3\"\n[workspace.dependencies]\n# ours\nim-db = { path = \"im-db\" }\n\
        serde = \"1\" # bodies\nrand = \"1\"\nurl = \"https://a/#b\"\nmoka = { version = \"1\", features = [\n  \
        \"sync\",\n] } # cache\nuuid = { version = \"1\", features = [\n  \"v4\",\n] }\n[profile.dev]\ndebug = 1\n";
    assert_eq!(lines(rooms::reasons(&file("Cargo.toml", content))), [7, 8, 12]);
}

#[test]
fn links_lead_to_files() {
    let paths = ["README.md", "docs/adr/0001-log.md", "docs/egg.md", "docs/a b.md"].map(String::from).into();
    let cases = [
        ("README.md", "[egg](docs/egg.md) and ![x](docs/none.png \"title\")", 1),
        (
            "README.md",
            "[egg](docs/egg.md#push) [adr](docs/adr/) [here](#top) [out](https://a.b/c) [m](mailto:a@b)",
            0,
        ),
        (
            "docs/egg.md",
            "[up](../README.md) [beside](adr/0001-log.md) [root](/README.md) [space](<a b.md>)",
            0,
        ),
        ("docs/egg.md", "[out](../../issues) [gone](README.md)", 2),
        ("docs/egg.md", "`[code](none.md)` and [gone](none.md)", 1),
        ("docs/egg.md", "```\n[code](none.md)\n```\n[gone](none.md)", 1),
        ("docs/egg.md", "[adr]: adr/0001-log.md\n[gone]: none.md", 1),
        ("docs/egg.md", "[coded](a%20b.md) [ ] (not a link)", 0),
    ];
    for (path, content, expected) in cases {
        assert_eq!(links::broken(&file(path, content), &paths).len(), expected, "{path}: {content}");
    }
}
