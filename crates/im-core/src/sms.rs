//! Codes by SMS: they prove that somebody holds a telephone (pop.md §3.1).
use crate::{App, Millis, Rate, Refusal, Result, secrets};
use im_db::{Tx, params};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

crate::settings! {
    /// Codes by SMS.
    pub struct Sms {
        /// off (no telephone is asked for), file (a line per SMS, for development) or http.
        provider: Provider = Provider::Off,
        /// The file of provider file.
        file: PathBuf = PathBuf::new(),
        /// Where provider http posts {"phone", "code", "purpose"} as JSON.
        url: crate::settings::Secret = crate::settings::Secret::default(),
    }
}

/// What sends SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Nothing.
    Off,
    /// They are written into a file.
    File,
    /// A web service of the operator.
    Http,
}

/// Sends SMS. Must not block: whether one arrives is not told to who asked for it.
pub trait Texter: Send + Sync {
    /// Sends `code` to `phone`.
    fn send(&self, phone: &str, code: &str, purpose: Purpose);
}

/// What a code is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new account.
    Register,
    /// A new password for who forgot the old one.
    Forget,
    /// A new password for who is signed in.
    Retrieve,
}

impl Purpose {
    /// As it stands in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::Forget => "forget",
            Purpose::Retrieve => "retrieve",
        }
    }
}

/// A telephone, and the code that was sent to it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The number.
    pub phone: String,
    /// What its owner typed.
    pub code: String,
}

/// How long a code lives.
const LIFE_MS: i64 = 300_000;
/// How often it may be tried.
const TRIES: i64 = 5;

/// Counts an SMS to `phone` that `address` asked for, whether one is sent in the end or not.
///
/// # Errors
/// [`Refusal::TooOften`].
pub(crate) fn count(app: &App, phone: &str, address: &str) -> Result<(), Refusal> {
    let (limiter, now) = (&app.limiter, app.now());
    let windows = [
        (Rate::SmsMinute, phone),
        (Rate::SmsHour, phone),
        (Rate::SmsDay, phone),
        (Rate::SmsAddress, address),
    ];
    for (rate, who) in windows {
        limiter.check(rate, who, now)?;
    }
    windows.into_iter().try_for_each(|(rate, who)| limiter.take(rate, who, now))
}

/// Makes a code, in place of an older one of this purpose, and sends it.
pub(crate) async fn send(app: &App, phone: String, purpose: Purpose) -> Result<()> {
    let Some(texter) = app.texter.clone() else { return Ok(()) };
    let code = format!("{:06}", rand::rng().random_range(0..1_000_000));
    let hash = hash(app, &phone, purpose, &code).await?;
    let to = phone.clone();
    app.write(move |app, tx| {
        Box::pin(async move {
            let sql = "insert into sms_code (phone, purpose, code_hash, created_ms) values ($1, $2, $3, $4)
                       on conflict (phone, purpose) do update
                       set code_hash = excluded.code_hash, tries = 0, created_ms = excluded.created_ms";
            tx.run(sql, params![&to, purpose.as_str(), &hash, app.now()]).await?;
            Ok(())
        })
    })
    .await?;
    texter.send(&phone, &code, purpose);
    Ok(())
}

/// A code that was right a moment ago.
pub(crate) struct Right {
    phone: String,
    purpose: Purpose,
    hash: String,
}

/// Checks a code. Every try counts, also one whose use fails afterwards.
///
/// # Errors
/// [`Refusal::WrongCode`].
pub(crate) async fn check(app: &App, proof: Proof, purpose: Purpose) -> Result<Right> {
    let Proof { phone, code } = proof;
    let hash = hash(app, &phone, purpose, &code).await?;
    let right = Right { phone: phone.clone(), purpose, hash };
    let stored = app.write(move |app, tx| {
        Box::pin(async move {
            let sql = "update sms_code set tries = tries + 1
                       where phone = $1 and purpose = $2 and created_ms > $3 and tries < $4 returning code_hash";
            let alive: Millis = app.now().plus(-LIFE_MS);
            let params = params![&phone, purpose.as_str(), alive, TRIES];
            Ok(tx.maybe(sql, params, |row| row.get("code_hash")).await?)
        })
    });
    let stored: Option<String> = stored.await?;
    let fits = stored.is_some_and(|stored| secrets::same(&stored, &right.hash));
    if fits { Ok(right) } else { Err(Refusal::WrongCode.into()) }
}

/// Uses up a code, so that it serves once.
///
/// # Errors
/// [`Refusal::WrongCode`] when somebody was quicker.
pub(crate) async fn spend(tx: &mut Tx, right: &Right) -> Result<()> {
    let sql = "delete from sms_code where phone = $1 and purpose = $2 and code_hash = $3";
    let spent = tx.run(sql, params![&right.phone, right.purpose.as_str(), &right.hash]).await?;
    if spent > 0 { Ok(()) } else { Err(Refusal::WrongCode.into()) }
}

/// What is stored of a code. A million of them are tried in no time: the installation's secret makes it
/// useless to who has the database without it.
async fn hash(app: &App, phone: &str, purpose: Purpose, code: &str) -> Result<String> {
    let secret = secrets::kept(app, "sms").await?;
    Ok(secrets::sha256_hex(&format!("{secret}:{}:{phone}:{code}", purpose.as_str())))
}
