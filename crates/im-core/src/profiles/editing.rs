//! What people tell about themselves, checked where they write it.
use super::tell;
use crate::{
    App, Rate, Refusal, Result,
    accounts::{self, Account, Caller, Change},
};

/// Characters of a nickname.
const NICKNAME: usize = 30;
/// Characters of the address of a picture or a page.
const ADDRESS: usize = 1_000;
/// Characters of what somebody tells about himself.
const BIO: usize = 500;
/// Characters of the other fields.
const FIELD: usize = 100;

/// Changes several fields of the caller's profile, all of them or none, and tells its devices, and its friends
/// what they see of it. Answers with the account as it is now.
///
/// # Errors
/// [`Refusal::Invalid`] with the field, [`Refusal::NoSuchAccount`], [`Refusal::TooOften`].
pub async fn edit(app: &App, caller: Caller, mut changes: Vec<Change>) -> Result<Account> {
    let censor = app.censor();
    for change in &mut changes {
        check(change)?;
        if let Change::Nickname(text) | Change::Bio(text) | Change::Location(text) = change {
            *text = censor.clean(text).into_owned();
        }
    }
    if !changes.is_empty() {
        app.limiter.take(Rate::Ask, caller.id, app.now())?; // all friends are told
    }
    app.write(move |app, tx| {
        Box::pin(async move {
            for change in &changes {
                accounts::write_profile(tx, caller.id, change, app.now()).await?;
            }
            if changes.iter().any(Change::is_profile) {
                tell(&app, tx, caller.id, changes.iter().any(Change::is_seen)).await?;
            }
            Ok(accounts::by_id(tx, caller.id).await?.ok_or(Refusal::NoSuchAccount)?)
        })
    })
    .await
}

/// Refuses what would not fit into a profile. An empty text takes the field away.
pub(super) fn check(change: &Change) -> Result<(), Refusal> {
    let (field, fits) = match change {
        Change::Nickname(text) => ("nickname", is_line(text, NICKNAME)),
        Change::Avatar(text) => ("avatar", is_line(text, ADDRESS) && (is_path(text) || is_web(text))),
        Change::Bio(text) => ("bio", is_text(text, BIO)),
        Change::Gender(text) => ("gender", is_line(text, FIELD)),
        Change::Birthday(text) => ("birthday", text.is_empty() || is_date(text)),
        Change::Location(text) => ("location", is_line(text, FIELD)),
        Change::Website(text) => ("website", is_line(text, ADDRESS) && (text.is_empty() || is_web(text))),
        Change::FriendPolicy(policy) => ("approve_friends", (0..=1).contains(policy)),
        Change::Privacy(text) => return accounts::privacy::check(text),
    };
    if fits { Ok(()) } else { Err(Refusal::Invalid(field)) }
}

/// So many characters at most, and none that a database cannot hold.
fn is_text(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.contains('\0')
}

/// The same in one line.
fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// A path of this server.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', ' '])
}

/// An address of the web.
fn is_web(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains([' ', '"', '<', '>'])
    })
}

/// `1990-12-31`, a day that there was or will be.
fn is_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    dashes && year >= 1_000 && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_a_profile_is_refused_by_its_field() {
        type Made = fn(String) -> Change;
        let cases: [(Made, &str, Option<&str>); 23] = [
            (Change::Nickname, "安娜 😀", None),
            (Change::Nickname, "", None),
            (Change::Nickname, "two\nlines", Some("nickname")),
            (Change::Avatar, "/public/a.png", None),
            (Change::Avatar, "https://example.com/a.png", None),
            (Change::Avatar, "//example.com/a.png", Some("avatar")),
            (Change::Avatar, "javascript:alert(1)", Some("avatar")),
            (Change::Avatar, "", Some("avatar")),
            (Change::Bio, "two\nlines", None),
            (Change::Bio, "nul\0", Some("bio")),
            (Change::Website, "", None),
            (Change::Website, "http://example.com", None),
            (Change::Website, "https://", Some("website")),
            (Change::Website, "javascript:alert(1)//http://", Some("website")),
            (Change::Birthday, "", None),
            (Change::Birthday, "2000-02-29", None),
            (Change::Birthday, "1900-02-29", Some("birthday")),
            (Change::Birthday, "2001-02-29", Some("birthday")),
            (Change::Birthday, "2001-13-01", Some("birthday")),
            (Change::Birthday, "2001-04-31", Some("birthday")),
            (Change::Birthday, "2001-4-3", Some("birthday")),
            (Change::Birthday, "生日生日生日生", Some("birthday")),
            (Change::Birthday, "+001-01-01", Some("birthday")),
        ];
        for (made, text, refused) in cases {
            let expected = refused.map_or(Ok(()), |field| Err(Refusal::Invalid(field)));
            assert_eq!(check(&made(text.to_owned())), expected, "{text:?}");
        }
        assert_eq!(check(&Change::Nickname("a".repeat(31))), Err(Refusal::Invalid("nickname")));
        assert_eq!(check(&Change::Bio("好".repeat(501))), Err(Refusal::Invalid("bio")));
    }
}
