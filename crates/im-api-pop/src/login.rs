//! Coming in and going out (pop.md §2.4, §3.1).
use crate::{
    Pop,
    action::{Action, Who},
    call::Call,
    captcha::Purpose,
    envelope::{Fail, Reply, Worded, done, ok},
    fields, run,
};
use axum::{
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use im_core::{
    Refusal,
    accounts::{self, Door, registration},
    sms::Proof,
};
use serde_json::json;

pub const ACTIONS: &[Action] = &[
    Action::write("login/check", run!(check)).in_clients().by(Who::Anyone),
    Action::write("login/logout", run!(logout)).in_clients().by(Who::Anyone),
    Action::read("login/logincaptcha", run!(login_captcha)).in_clients().by(Who::Anyone),
    Action::read("login/joincaptcha", run!(join_captcha)).in_clients().by(Who::Anyone),
    Action::write("login/join", run!(join)).by(Who::Anyone),
];

/// `login/check`: signs in; answers the uid and a token, and sets the cookie.
async fn check(call: Call) -> Reply {
    let (username, password) = (call.text("username")?, call.secret("password")?);
    if call.app().switches().login_captcha {
        fields::captcha(&call, Purpose::Login)?;
    }
    let signed_in = accounts::login(call.app(), username, password, &call.address, Door::Pop).await;
    const WRONG: &str = "用户不存在或者密码错误";
    let signed_in =
        signed_in.or_say(&[(Refusal::NoSuchAccount, 101, WRONG), (Refusal::WrongPassword, 101, WRONG)])?;
    let answer = ok(json!({ "uid": signed_in.account.id, "token": signed_in.token }))?;
    with_cookie(&call.pop, &call.headers, answer, &signed_in.token, "")
}

/// `login/logout`: ends this session; without one there is nothing to end.
async fn logout(call: Call) -> Reply {
    let Some(caller) = call.identity.user else { return done() };
    if call.maybe_id("logout_uid")?.is_some_and(|uid| uid != caller.id.0) {
        return Err(Fail::new(2, "非法参数"));
    }
    accounts::logout(call.app(), caller).await?;
    with_cookie(&call.pop, &call.headers, done()?, "", "; Max-Age=0")
}

/// `login/logincaptcha`: the picture for signing in.
async fn login_captcha(call: Call) -> Reply {
    captcha(call, Purpose::Login)
}

/// `login/joincaptcha`: the picture for registering.
async fn join_captcha(call: Call) -> Reply {
    captcha(call, Purpose::Join)
}

fn captcha(call: Call, purpose: Purpose) -> Reply {
    let captcha = call.pop.captchas().issue(purpose, call.app().now());
    let captcha = captcha.ok_or_else(|| Fail::internal("a captcha could not be drawn"))?;
    let about = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "no-store")];
    if let Some(caller) = call.identity.user {
        call.pop.captchas().keep(caller.session, &captcha);
        return Ok((about, captcha.png).into_response());
    }
    let answer = (about, captcha.png).into_response();
    with_cookie(&call.pop, &call.headers, answer, &captcha.cookie, "")
}

/// `login/join`: registers, and does not sign in.
async fn join(call: Call) -> Reply {
    if !call.app().switches().register {
        return Err(Refusal::RegisterOff.into());
    }
    let new = fields::new_user(&call)?;
    let proof = match call.app().texter {
        Some(_) => Some(Proof { phone: fields::phone(&call)?, code: call.secret("code")? }),
        None => None,
    };
    if call.app().switches().register_captcha {
        fields::captcha(&call, Purpose::Join)?;
    }
    let uid = registration::join(call.app(), new, proof, &call.address).await?;
    ok(json!({ "uid": uid }))
}

/// Sets the session cookie, for as long as the browser is open.
fn with_cookie(pop: &Pop, asked: &HeaderMap, mut answer: Response, value: &str, more: &str) -> Reply {
    let name = &pop.app.pop.session_cookie;
    let secure = if pop.network.base(asked).starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; HttpOnly; Path=/; SameSite=Lax{secure}{more}");
    answer.headers_mut().append(SET_COOKIE, HeaderValue::try_from(cookie).map_err(Fail::internal)?);
    Ok(answer)
}
