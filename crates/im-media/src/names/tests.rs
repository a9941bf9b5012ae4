use super::*;

#[test]
fn a_folder_has_at_most_five_plain_segments() {
    let (fits, long) = ("a".repeat(50), "a".repeat(51));
    let cases = [
        ("chatImgs", Some("uploads/Diy/chatImgs/20250417/7_")),
        ("adminImg_user", Some("uploads/Diy/adminImg/user/20250417/7_")),
        ("a_b_c_d_e", Some("uploads/Diy/a/b/c/d/e/20250417/7_")),
        (fits.as_str(), Some("uploads/Diy/")),
        ("a_b_c_d_e_f", None),
        (long.as_str(), None),
        ("", None),
        ("a__b", None),
        ("_a", None),
        ("..", None),
        ("a.b", None),
        ("a/b", None),
        ("图片", None),
    ];
    for (folder, start) in cases {
        match (upload(folder, "20250417", 7, ".png"), start) {
            (Ok(key), Some(start)) => {
                assert!(key.as_str().starts_with(start) && key.as_str().ends_with(".png"), "{key}");
            }
            (Err(Error::InvalidFolder), None) => {}
            (got, _) => panic!("{folder:?} gave {got:?}"),
        }
    }
}

#[test]
fn names_have_the_published_shape() {
    let number = upload("a", "20250417", 1_744_866_732_481, ".jpg").unwrap();
    let number = number.as_str().strip_prefix("uploads/Diy/a/20250417/1744866732481_").unwrap();
    let number: u32 = number.strip_suffix(".jpg").unwrap().parse().unwrap();
    assert!(number < 100_000_000);

    let object = object("20250417", 5, ".png").unwrap();
    let hex = object.as_str().strip_prefix("images/20250417/5_").unwrap().strip_suffix(".png").unwrap();
    assert!(hex.len() == 12 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{hex}");

    let shot = screenshot(5, Format::Jpg).unwrap();
    let tail = shot.as_str().strip_prefix("uploads/Diy/VideoScreenshot/screenshot_5_").unwrap();
    let tail = tail.strip_suffix(".jpg").unwrap();
    assert!(tail.len() == 6 && tail.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{tail}");
}

#[test]
fn a_broken_date_makes_no_key() {
    assert!(matches!(object("2025/../x", 5, ".png"), Err(Error::InvalidKey)));
    assert!(matches!(upload("a", "", 5, ".png"), Err(Error::InvalidKey)));
}
