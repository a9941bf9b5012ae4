use super::{
    rules::*,
    store::{FriendRow, Route},
    *,
};
use crate::{Refusal, switches::Switches};

fn face(id: i64, name: &str) -> Face {
    Face {
        id: AccountId(id),
        uuid: String::new(),
        role: Role::User,
        name: name.into(),
        avatar: String::new(),
        desk: None,
    }
}

fn route(privacy: &str, friend: Option<(bool, i64)>, has_written: bool) -> Route {
    let friend = friend.map(|(blocked, status)| FriendRow { blocked, status });
    Route::of(face(1, "ann"), face(2, "bob"), privacy.into(), friend, has_written)
}

#[test]
fn who_may_write_is_a_table() {
    use Refusal::*;
    let (none, one, all) = (
        r#"{"chatset":{"visitor":{"sendCount":0},"user":{"sendCount":0}}}"#,
        r#"{"chatset":{"visitor":{"sendCount":1},"user":{"sendCount":1}}}"#,
        r#"{"chatset":{"visitor":{"sendCount":2},"user":{"sendCount":2}}}"#,
    );
    // settings, friend (blocked, status), has written, verdict
    let cases = [
        (none, None, false, Err(FriendsOnly)),
        (none, Some((false, 1)), true, Ok(())),
        (one, None, false, Ok(())),
        (one, None, true, Err(OneMessageOnly)),
        (one, Some((false, 1)), true, Ok(())),
        (all, None, true, Ok(())),
        (all, Some((true, 1)), false, Err(Blocked)),
        (all, Some((false, 0)), false, Err(Cut)),
        (all, Some((true, 0)), false, Err(Blocked)),
    ];
    for (settings, friend, written, verdict) in cases {
        for role in [Role::User, Role::Visitor] {
            assert_eq!(
                may_write(&route(settings, friend, written), role),
                verdict,
                "{settings} {friend:?} {written}"
            );
        }
    }
}

#[test]
fn the_revoke_window_ends_at_its_last_millisecond() {
    for (age_ms, verdict) in
        [(0, Ok(())), (300_000, Ok(())), (300_001, Err(Refusal::TooLate)), (-60_000, Ok(()))]
    {
        assert_eq!(in_time(Millis(1_000_000), Millis(1_000_000 + age_ms), 300_000), verdict, "{age_ms}");
    }
}

#[test]
fn clients_cannot_say_what_only_the_server_says() {
    let draft = |body| Draft::new(To::Account(AccountId(2)), body, None);
    assert!(check_draft(&draft(Body::Notice(Notice::GroupDissolved)), 100).is_err());
    assert!(check_draft(&draft(Body::Auto { text: "yes".into(), asked: None }), 100).is_err());
    assert!(check_draft(&draft(Body::Text("雁".repeat(100))), 100).is_ok());
    assert!(check_draft(&draft(Body::Text("雁".repeat(101))), 100).is_err());
}

#[test]
fn emoji_have_a_number_up_to_100() {
    let cases = [("[表情0]", true), ("a[表情100]b", true), ("[表情101]", false), ("[表情]", false)];
    for (text, has) in cases.into_iter().chain([("[表情1", false), ("[表情x][表情2]", true), ("hi", false)])
    {
        let off = Switches { emoji: false, ..Switches::default() };
        assert_eq!(kind_is_on(&Body::Text(text.into()), None, &off).is_err(), has, "{text}");
    }
}
