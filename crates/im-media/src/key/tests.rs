use super::Key;

#[test]
fn a_key_is_relative_and_plain() {
    let long = "a".repeat(129);
    let deep = "abcdefgh/".repeat(60) + "x";
    let cases = [
        ("a", true),
        ("uploads/Diy/chatImgs/20250417/1744866732481_99.png", true),
        ("a-b_c.d/e..f", true),
        ("", false),
        ("/a", false),
        ("a/", false),
        ("a//b", false),
        (".", false),
        ("..", false),
        ("a/../b", false),
        ("a/./b", false),
        ("a/.hidden", false),
        ("a\\b", false),
        ("a b", false),
        ("a%2fb", false),
        ("a\0b", false),
        ("C:/x", false),
        ("图片.png", false),
        (&long, false),
        (&deep, false),
    ];
    for (text, valid) in cases {
        assert_eq!(Key::parse(text).is_some(), valid, "{text:?}");
    }
}

#[test]
fn a_public_path_is_decoded_once() {
    let cases = [
        ("/public/uploads/a.png", Some("uploads/a.png")),
        ("/public/uploads/a%2Epng", Some("uploads/a.png")),
        ("/public/uploads%2Fa.png", Some("uploads/a.png")),
        ("/public/uploads/%2e%2e/a", None),
        ("/public/uploads/..%2Fa", None),
        ("/public/uploads/%252e%252e/a", None),
        ("/public/%ff", None),
        ("/public/", None),
        ("/uploads/a.png", None),
        ("public/uploads/a.png", None),
    ];
    for (path, key) in cases {
        assert_eq!(Key::of_public_path(path).as_ref().map(Key::as_str), key, "{path:?}");
    }
}

#[test]
fn the_extension_is_of_the_last_segment() {
    let cases = [("a/b.PNG", Some("PNG")), ("a.d/b", None), ("b.tar.gz", Some("gz")), ("b.", Some(""))];
    for (text, extension) in cases {
        let key = Key::parse(text).expect("a key");
        assert_eq!(key.extension(), extension, "{text:?}");
    }
}
