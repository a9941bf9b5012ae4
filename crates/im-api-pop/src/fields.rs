//! Fields that several actions take, with the rules of how they are written.
use crate::{call::Call, captcha::Purpose, envelope::Fail, input::Input};
use im_api_common::cookies::cookies;
use im_core::accounts::registration::NewUser;
use im_gateway::pusher::content::good_url;
use regex_lite::Regex;

/// The picture of who brings none: drawn by us, served by [`public`](crate::public).
pub const AVATAR: &str = "/static/img/avatar.jpg";
/// Characters of a username, a nickname, and a password.
const USERNAME: usize = 60;
const NICKNAME: usize = 64;
const PASSWORD: std::ops::RangeInclusive<usize> = 6..=64;
/// Bytes of a signature or a remark.
const SIGN: usize = 255;
/// Bytes of the address of somebody's picture.
const URL: usize = 1_000;

/// What a telephone number looks like.
pub struct Phones(Regex);

impl Phones {
    /// By the pattern of the settings.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        Regex::new(pattern).map(Phones).map_err(|e| format!("pop.phone_pattern: {e}"))
    }
}

/// `phone`: 901 for what looks like none.
pub fn phone(call: &Call) -> Result<String, Fail> {
    let phone = call.text("phone")?;
    if call.pop.phones().0.is_match(&phone) {
        Ok(phone)
    } else {
        Err(Fail::new(901, "手机号码格式不正确"))
    }
}

/// What a new user brings: 112 and 906 for names and passwords that do not do.
pub fn new_user(input: &Input) -> Result<NewUser, Fail> {
    let (username, name, password) =
        (input.text("username")?, input.text("nickname")?, input.secret("password")?);
    if username.len() > USERNAME || !username.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Fail::new(112, "用户名只能包含字母和数字，长度小于60"));
    }
    let sign = sign(input.maybe_text("sign")?.unwrap_or_default())?;
    let avatar = AVATAR.to_owned();
    Ok(NewUser { username, nickname: nickname(name)?, password: new_password(password)?, avatar, sign })
}

/// The same with the picture that whoever makes the user gives it.
pub fn new_user_with_picture(input: &Input) -> Result<NewUser, Fail> {
    let avatar = input.maybe_text("avatar")?.filter(|url| !url.is_empty());
    let avatar = avatar.map_or(Ok(AVATAR.to_owned()), url)?;
    Ok(NewUser { avatar, ..new_user(input)? })
}

/// A name of 1 to 64 characters.
pub fn nickname(text: String) -> Result<String, Fail> {
    if (1..=NICKNAME).contains(&text.chars().count()) { Ok(text) } else { Err(Fail::invalid()) }
}

/// What somebody tells about itself.
pub fn sign(text: String) -> Result<String, Fail> {
    if text.len() <= SIGN { Ok(text) } else { Err(Fail::new(2, "长度不能大于255个字节")) }
}

/// A password as new ones must be.
pub fn new_password(text: String) -> Result<String, Fail> {
    if PASSWORD.contains(&text.chars().count()) {
        Ok(text)
    } else {
        Err(Fail::new(906, "密码长度须为6-64位"))
    }
}

/// The address of somebody's picture.
pub fn url(text: String) -> Result<String, Fail> {
    if good_url(&text) && text.len() <= URL { Ok(text) } else { Err(Fail::invalid()) }
}

/// Refuses unless `captcha` answers the picture that was shown to this browser.
pub fn captcha(call: &Call, purpose: Purpose) -> Result<(), Fail> {
    let answer = call.text("captcha")?;
    let cookies = cookies(&call.headers, &call.app().pop.session_cookie);
    let kept = call.identity.user.and_then(|caller| call.pop.captchas().kept(caller.session));
    let bound = cookies.chain(kept.as_deref());
    let solved = call.pop.captchas().solves(bound, purpose, &answer, call.app().now());
    if solved { Ok(()) } else { Err(Fail::new(1, "验证码不正确")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use im_api_common::forms::urlencoded;

    #[test]
    fn addresses_are_of_the_web_and_run_nothing() {
        let cases = [
            ("/static/img/avatar.jpg", true),
            ("//im.test/upload/avatars/1.png", true),
            ("https://example.com/a.png?x=1&y=2", true),
            ("http://example.com/a.png", true),
            ("javascript:alert(1)", false),
            ("/x?JavaScript:", false),
            ("data:image/png;base64,AA", false),
            ("ftp://example.com/a", false),
            ("/a\"b", false),
            ("/a'b", false),
            ("/a\nb", false),
            ("", false),
        ];
        for (text, may) in cases {
            assert_eq!(url(text.into()).is_ok(), may, "{text}");
        }
    }

    #[test]
    fn a_new_user_is_checked_field_by_field() {
        let long = "x".repeat(61);
        let cases = [
            ("username=Tom1&nickname=T&password=123456".to_owned(), 0),
            ("nickname=T&password=123456".into(), 1),
            ("username=tom&password=123456".into(), 1),
            ("username=tom&nickname=T".into(), 1),
            ("username=to_m&nickname=T&password=123456".into(), 112),
            (format!("username={long}&nickname=T&password=123456"), 112),
            ("username=tom&nickname=T&password=12345".into(), 906),
            (format!("username=tom&nickname={long}xxxx&password=123456"), 2),
            (format!("username=tom&nickname=T&password=123456&sign={}", "x".repeat(256)), 2),
            ("username=tom&nickname=T&password=123456&avatar=javascript:x".into(), 2),
        ];
        for (query, code) in cases {
            let read = new_user_with_picture(&Input::of(urlencoded(query.as_bytes())));
            assert_eq!(read.map_or_else(|fail| fail.code(), |_| 0), code, "{query}");
        }
    }
}
