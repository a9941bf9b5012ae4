use super::{Role, check_username, passwords, privacy};
use privacy::Allowance::{Anything, Nothing, One};

#[test]
fn privacy_settings_of_every_age_are_understood() {
    let cases = [
        ("", Role::User, One),
        ("not json", Role::User, One),
        ("{}", Role::Visitor, One),
        (
            r#"{"chatset":{"visitor":{"sendCount":0,"needFollow":false},"user":{"sendCount":2}}}"#,
            Role::Visitor,
            Nothing,
        ),
        (
            r#"{"chatset":{"visitor":{"sendCount":0,"needFollow":false},"user":{"sendCount":2}}}"#,
            Role::User,
            Anything,
        ),
        (r#"{"chatset":{"visitor":0,"user":2}}"#, Role::Visitor, Nothing),
        (r#"{"chatset":{"visitor":0,"user":2}}"#, Role::User, Anything),
        (r#"{"chatset":{"user":{"sendCount":"2"}}}"#, Role::User, Anything),
        (r#"{"chatset":{"user":{"sendCount":7}}}"#, Role::User, One),
        (r#"{"chatset":{"user":{}}}"#, Role::User, One),
        (r#"{"chatset":[]}"#, Role::User, One),
    ];
    for (settings, stranger, allowed) in cases {
        assert_eq!(privacy::allowance(settings, stranger), allowed, "{settings}");
    }
}

#[test]
fn only_json_objects_of_a_sensible_length_are_privacy_settings() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000));
    for (text, fits) in [("{}", true), ("[]", false), ("1", false), ("{", false), (long.as_str(), false)] {
        assert_eq!(privacy::check(text).is_ok(), fits, "{text:.20}");
    }
}

#[test]
fn usernames_are_plain() {
    let cases = [
        ("my01", true),
        ("a_b_C_9", true),
        ("abc", false),
        ("a b c", false),
        ("睿晨网络", false),
        ("a-b-c", false),
    ];
    for (name, fits) in cases {
        assert_eq!(check_username(name).is_ok(), fits, "{name}");
    }
}

#[tokio::test]
async fn an_imported_password_is_accepted_and_hashed_anew() {
    let legacy = "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92";
    let verdict = passwords::verify("123456".into(), legacy.into()).await.unwrap();
    let passwords::Verdict::Legacy { rehashed } = verdict else { panic!("not recognised") };
    assert!(rehashed.starts_with("$argon2id$"));
    assert!(matches!(
        passwords::verify("123456".into(), rehashed.clone()).await.unwrap(),
        passwords::Verdict::Right
    ));
    assert!(matches!(
        passwords::verify("1234567".into(), rehashed).await.unwrap(),
        passwords::Verdict::Wrong
    ));
    assert!(matches!(
        passwords::verify("1234567".into(), legacy.into()).await.unwrap(),
        passwords::Verdict::Wrong
    ));
    assert!(matches!(
        passwords::verify("nobody".into(), String::new()).await.unwrap(),
        passwords::Verdict::Wrong
    ));
}
