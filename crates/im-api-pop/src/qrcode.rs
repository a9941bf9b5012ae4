//! QR codes of whatever clients ask for (pop.md §3.9). The content is never fetched.
use crate::{
    action::{Action, Who},
    call::Call,
    envelope::{Fail, Reply},
    run,
};
use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use im_api_common::qrcode;
use im_core::Rate;

pub const ACTIONS: &[Action] = &[Action::read("qrcode/get", run!(get)).by(Who::Anyone).by_query_token()];

/// Bytes of a content at most.
const LONGEST: usize = 512;

/// `qrcode/get`: a PNG.
async fn get(call: Call) -> Reply {
    let content = call.text("content")?;
    if content.len() > LONGEST {
        return Err(Fail::too_long());
    }
    if call.identity.user.is_none() && !call.identity.by_key() {
        let public_url = call.pop.network.public_url.split_once("://").map_or("", |(_, host)| host);
        let own = [&*call.app().pop.public_host, public_url.trim_end_matches('/')];
        if !leads_here(&content, &own) {
            return Err(Fail::signed_out());
        }
        call.app().limiter.take(Rate::Qr, call.address.as_str(), call.app().now())?;
    }
    let png = qrcode::png(&content).ok_or_else(Fail::too_long)?;
    let about = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=86400")];
    Ok((about, png).into_response())
}

/// Whether a content is a path of this server, or an address of one of its own hosts.
fn leads_here(content: &str, own: &[&str]) -> bool {
    if let Some(path) = content.strip_prefix('/') {
        return !path.starts_with(['/', '\\']);
    }
    let rest = content.strip_prefix("https://").or_else(|| content.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#', '\\']).next()).unwrap_or_default();
    !host.is_empty() && own.iter().any(|own| own.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_get_codes_that_lead_here() {
        let cases = [
            ("/h5/group/join?gid=5", true),
            ("https://im.test/x", true),
            ("http://IM.test", true),
            ("//evil.example/x", false),
            ("/\\evil.example/x", false),
            ("https://im.test.evil.example/", false),
            ("https://im.test@evil.example/", false),
            ("https://evil.example\\@im.test/", false),
            ("https:///x", false),
            ("hello", false),
        ];
        for (content, here) in cases {
            assert_eq!(leads_here(content, &["im.test", ""]), here, "{content}");
        }
    }
}
