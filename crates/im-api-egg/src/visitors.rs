//! Signed calls of devices (egg.md §3, §4 #13 to #15).
use crate::{
    Egg,
    accounts::NOT_SIGNED_IN,
    envelope::{Fail, Reply, Worded, ok},
    extract::{address, client},
    input::Input,
    params::{Params, int, params, text},
    views,
};
use axum::{
    Router,
    extract::{FromRequest, Request, State},
    routing::post,
};
use im_core::{
    Refusal,
    accounts::{self, Device, Door},
    secrets::{same, sha256_hex},
    visitors,
};
use serde_json::Value;

pub fn router() -> Router<Egg> {
    Router::new()
        .route("/visitorRegister", post(enter))
        .route("/visitorregChat", post(register))
        .route("/visitorloginChat", post(login))
}

/// A call whose signature was checked and counted.
struct Signed<P> {
    address: String,
    params: P,
}

impl<P: Params> FromRequest<Egg> for Signed<P> {
    type Rejection = Fail;

    /// The checks in the order of egg.md §3.3.
    async fn from_request(request: Request, egg: &Egg) -> Result<Self, Fail> {
        let (mut parts, body) = request.into_parts();
        let sign =
            parts.headers.get("x-security-sign").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if sign.is_empty() {
            return Err(Fail::refused("非法访问"));
        }
        let sign = sign.to_owned();
        let mut input = address(&mut parts, egg).await?;
        input.read_body(&parts, body, egg.settings.body_bytes).await?;
        let params = P::read(&input)?;
        let Origin { device_id, timestamp } = Origin::read(&input)?;
        if !same(&sign, &signature(&device_id, timestamp, &egg.settings.sign_salt)) {
            return Err(Fail::refused("非法签名"));
        }
        let age_ms = egg.app.now().0.saturating_sub(timestamp);
        if age_ms > egg.settings.sign_valid_ms || age_ms < -egg.settings.sign_ahead_ms {
            return Err(Fail::refused("请求已过期"));
        }
        if device_id.len() != 36
            || !device_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            return Err(Fail::refused("无效标识"));
        }
        let address = client(&parts, egg);
        let admitted = visitors::admit(&egg.app, &device_id, &address);
        admitted.or_say(&[(Refusal::TooOften { retry_ms: 0 }, "请求过于频繁，请1个小时后再试")])?;
        Ok(Signed { address, params })
    }
}

/// What is signed of every call.
struct Origin {
    device_id: String,
    timestamp: i64,
}

impl Origin {
    fn read(input: &Input) -> Result<Self, Fail> {
        Ok(Origin { device_id: DEVICE_ID.read(input)?, timestamp: TIMESTAMP.read(input)? })
    }
}

const DEVICE_ID: crate::params::Text = text("deviceId", "设备指纹").length(36, 200);
const TIMESTAMP: crate::params::Int = int("timestamp", "时间戳");

/// The pairs sorted by key, then the literal `APP_SECRET` (egg.md §3.2).
fn signature(device_id: &str, timestamp: i64, salt: &str) -> String {
    sha256_hex(&format!("deviceId={device_id}&salt={salt}&timestamp={timestamp}APP_SECRET"))
}

params! {
    struct Arriving {
        device_id: String = DEVICE_ID,
        _timestamp: i64 = TIMESTAMP,
        platform: String = text("uniplatform", "平台类型").length(2, 50).or(""),
        model: String = text("devicemodel", "设备型号").length(1, 50).or(""),
        os: String = text("deviceos", "操作系统").length(1, 50).or(""),
        brand: String = text("devicebrand", "设备品牌").length(1, 50).or(""),
    }
}

/// #13 `POST /api/visitorRegister`: signs the visitor of a device in.
async fn enter(State(egg): State<Egg>, call: Signed<Arriving>) -> Reply<Value> {
    let Arriving { device_id: id, platform, model, os, brand, .. } = call.params;
    let signed = visitors::enter(&egg.app, Device { id, platform, model, os, brand })
        .await
        .or_apologise(NOT_SIGNED_IN, &[])?;
    ok(views::signed_in(&egg.style, &signed))
}

params! {
    struct Credentials {
        username: String = text("username", "账号").length(4, 20),
        password: String = text("password", "密码").length(6, 20),
        device_id: String = DEVICE_ID,
        _timestamp: i64 = TIMESTAMP,
    }
}

/// #14 `POST /api/visitorregChat`: the visitor of a device becomes a user.
async fn register(State(egg): State<Egg>, call: Signed<Credentials>) -> Reply<Value> {
    let Credentials { username, password, device_id, .. } = call.params;
    let signed =
        visitors::register(&egg.app, device_id, username, password).await.or_apologise(NOT_SIGNED_IN, &[])?;
    ok(views::signed_in(&egg.style, &signed))
}

/// #15 `POST /api/visitorloginChat`: signs in with name and password; the visitor stays as it is.
async fn login(State(egg): State<Egg>, call: Signed<Credentials>) -> Reply<Value> {
    let Credentials { username, password, .. } = call.params;
    let signed = accounts::login(&egg.app, username, password, &call.address, Door::Egg)
        .await
        .or_apologise(NOT_SIGNED_IN, &[])?;
    ok(views::signed_in(&egg.style, &signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_clients() {
        let salt = "45ncashdaksh2!#@3nxjdas*_259";
        let cases = [
            (
                "8d1a344c-bf16-5425-adbc-d12f49cfa332",
                1_752_835_449_008,
                "a5b40139b65b13cf214d05c27dece58ebe840d888b12272f0ccd15ea72e68998",
            ),
            (
                "00000000-0000-5000-8000-000000000001",
                1_700_000_000_000,
                "a2248f9e3ed3574880309506c3b537e33b72b64a4d732666eff98a6f695c498f",
            ),
            (
                "abcdefgh_ijkl-5mno-8pqr-stuvwxyz0123",
                1_767_225_600_123,
                "4ce72b4ce80da0461a97371354c458146d2b83c5a43567be432491787c9064e5",
            ),
        ];
        for (device, timestamp, sign) in cases {
            assert_eq!(signature(device, timestamp, salt), sign);
        }
    }
}
