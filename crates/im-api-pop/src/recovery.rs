//! Codes by SMS, and passwords that are forgotten or changed (pop.md §3.1).
use crate::{
    action::{Action, Who},
    call::Call,
    captcha::Purpose as Captcha,
    envelope::{Fail, Reply, Worded, done},
    fields, run,
};
use im_core::{
    Refusal,
    accounts::recovery,
    sms::{Proof, Purpose},
};

pub const ACTIONS: &[Action] = &[
    Action::write("service/send_sms", run!(send)).by(Who::Anyone),
    Action::write("service/forget_pass", run!(recover)).by(Who::Anyone),
    Action::write("user/send_sms_pass", run!(send_own)),
    Action::write("user/updatepassword", run!(change)),
];

const TOO_OFTEN: (Refusal, i32, &str) = (Refusal::TooOften { retry_ms: 0 }, 902, "发送过于频繁，请稍后再试");

/// `service/send_sms`: a code for registering, or for who forgot the password.
async fn send(call: Call) -> Reply {
    call.text("phone")?;
    let purpose = call.text("type")?;
    let purpose = [Purpose::Register, Purpose::Forget].into_iter().find(|known| known.as_str() == purpose);
    let purpose = purpose.ok_or_else(Fail::invalid)?;
    let phone = fields::phone(&call)?;
    let switches = call.app().switches();
    if purpose == Purpose::Register && switches.register && switches.register_captcha {
        fields::captcha(&call, Captcha::Join)?;
    }
    recovery::send_code(call.app(), phone, purpose, &call.address).await.or_say(&[TOO_OFTEN])?;
    done()
}

/// `user/send_sms_pass`: a code to the caller's own telephone.
async fn send_own(call: Call) -> Reply {
    let purpose = call.text("type")?;
    call.text("phone")?;
    if purpose != Purpose::Retrieve.as_str() {
        return Err(Fail::invalid());
    }
    let phone = fields::phone(&call)?;
    recovery::send_own_code(call.app(), call.caller()?, phone, &call.address).await.or_say(&[TOO_OFTEN])?;
    done()
}

/// `service/forget_pass`: a new password by the telephone.
async fn recover(call: Call) -> Reply {
    let (code, username, password) = (call.secret("code")?, call.text("username")?, call.secret("newpass")?);
    let phone = fields::phone(&call)?;
    let password = fields::new_password(password)?;
    recovery::recover(call.app(), username, Proof { phone, code }, password).await?;
    done()
}

/// `user/updatepassword`: a new password for the caller; a key needs to know no old one.
async fn change(call: Call) -> Reply {
    let caller = call.caller()?;
    let (new, again) = (call.secret("password1")?, call.secret("password2")?);
    let old = if call.identity.by_key() { None } else { Some(call.secret("password_old")?) };
    if new != again {
        return Err(Fail::new(904, "两次输入的密码不一致"));
    }
    let new = fields::new_password(new)?;
    let changed = match old {
        Some(old) => recovery::change(call.app(), caller, old, new, call.maybe_secret("code")?).await,
        None => recovery::reset(call.app(), caller, new).await,
    };
    changed.or_say(&[(Refusal::WrongPassword, 905, "旧密码不正确")])?;
    done()
}
