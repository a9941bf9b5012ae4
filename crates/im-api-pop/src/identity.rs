//! Who calls, and whether it may (pop.md §2.2, §2.3).
use crate::{
    Pop,
    action::{Action, Family, Who},
    envelope::Fail,
    input::Input,
    keys::Key,
};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use im_api_common::{cookies::cookies, forms::urlencoded};
use im_core::{
    AccountId, Error, Refusal,
    accounts::{self, Caller, Door, sessions},
};
use std::{net::IpAddr, sync::Arc};

/// What the audit log calls the key of the old kind.
const LEGACY: &str = "legacy";

/// Who calls.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// The user, by its session or because a key acts for it.
    pub user: Option<Caller>,
    /// The server key that speaks, by name.
    pub key: Option<Arc<str>>,
    /// Whether the user may change anything: a disabled one may not.
    pub disabled: bool,
}

impl Identity {
    /// Whether a server key speaks.
    pub fn by_key(&self) -> bool {
        self.key.is_some()
    }

    /// Notes in the audit log what a server key does, and as whom.
    pub fn audit(&self, action: &Action, input: &Input, from: IpAddr) {
        if let Some(key) = &self.key {
            let login_uid = input.maybe_text("login_uid").ok().flatten().unwrap_or_default();
            tracing::info!(target: "audit", %key, action = action.name, login_uid, %from);
        }
    }
}

/// What the request itself says about who sent it.
pub struct Request<'a> {
    pub family: Family,
    pub headers: &'a HeaderMap,
    /// The parameters in the address, where keys of the old kind and some tokens stand.
    pub query: &'a Input,
    /// Whether it is a POST: what pages of other origins must not send with our cookie.
    pub is_post: bool,
    /// Where it comes from.
    pub from: IpAddr,
}

/// A credential that was shown and is good.
enum Credential<'k> {
    None,
    Session(Caller),
    Key(&'k Key),
    /// A key of the old kind, which has every scope.
    LegacyKey,
}

/// Finds out who calls `action`. `login_uid` is read from `input`.
///
/// # Errors
/// As the tables of pop.md §2.3 have them.
pub async fn identify(
    pop: &Pop,
    action: &Action,
    request: Request<'_>,
    input: &Input,
) -> Result<Identity, Fail> {
    let credential = credential(pop, action, &request).await?;
    let key = match &credential {
        Credential::Key(key) => Some(key.id.clone()),
        Credential::LegacyKey => Some(LEGACY.into()),
        Credential::None | Credential::Session(_) => None,
    };
    let mut identity = Identity { key, ..Identity::default() };
    identity.audit(action, input, request.from);
    if let Credential::Key(key) = &credential
        && !key.allows(action.scope, request.from)
    {
        return Err(Fail::refused());
    }
    match credential {
        Credential::None if action.who == Who::Anyone => {}
        Credential::None => return Err(Fail::signed_out()),
        Credential::Session(_) if matches!(action.who, Who::Key | Who::KeyForUser) => {
            return Err(Fail::refused());
        }
        Credential::Session(caller) => identity.user = Some(caller),
        Credential::Key(_) | Credential::LegacyKey => {}
    }
    if request.family == Family::Api && action.who != Who::Key {
        identity = named(pop, identity, input).await?;
    }
    if identity.user.is_none()
        && identity.by_key()
        && matches!(action.who, Who::User | Who::KeyForUser)
        && !action.streams
    {
        return Err(Fail::missing());
    }
    match action.disabled {
        Some(text) if identity.disabled => Err(Fail::new(85, text)),
        _ => Ok(identity),
    }
}

/// The same with the user that `login_uid` names: a key acts for it, a session must be its own.
pub async fn named(pop: &Pop, identity: Identity, input: &Input) -> Result<Identity, Fail> {
    let Some(id) = input.maybe_id("login_uid")?.map(AccountId) else { return Ok(identity) };
    match identity.user {
        Some(caller) if caller.id == id => Ok(identity),
        Some(_) => Err(Fail::refused()),
        None if !identity.by_key() => Ok(identity),
        None => {
            let account = accounts::find(&pop.app, id).await?.ok_or(Refusal::NoSuchPerson)?;
            let user = Some(Caller::acting_for(&account));
            Ok(Identity { user, disabled: !account.enabled, ..identity })
        }
    }
}

async fn credential<'p>(
    pop: &'p Pop,
    action: &Action,
    request: &Request<'_>,
) -> Result<Credential<'p>, Fail> {
    if request.family == Family::Api {
        if let Some(secret) = request.headers.get("x-api-key") {
            let key = secret.to_str().ok().and_then(|secret| pop.keys().with(secret));
            return key.map(Credential::Key).ok_or_else(Fail::refused);
        }
        if let Some(token) = request.query.maybe_text("pop_token")?.filter(|_| pop.keys().legacy()) {
            let timestamp = request.query.maybe_text("timestamp")?.unwrap_or_default();
            let fits = pop.keys().legacy_fits(&timestamp, &token, pop.app.now());
            return if fits { Ok(Credential::LegacyKey) } else { Err(Fail::refused()) };
        }
    }
    let name = &*pop.app.pop.session_cookie;
    let headers = request.headers;
    let query =
        if action.query_token && !request.is_post { request.query.maybe_secret("token")? } else { None };
    let shown = header_tokens(headers).map(|token| (token, false));
    let shown = shown.chain(cookies(headers, name).map(|token| (token, true)));
    for (token, by_cookie) in shown.chain(query.as_deref().map(|token| (token, false))) {
        match sessions::authenticate(&pop.app, token, Door::Pop).await {
            Ok(_)
                if by_cookie
                    && request.is_post
                    && !pop.network.trusts_page(headers, &pop.app.pop.cors_origins) =>
            {
                return Err(Fail::new(2, "非法请求"));
            }
            Ok(caller) => return Ok(Credential::Session(caller)),
            Err(Error::Refused(_)) => {} // an anonymous one, or one that ended: perhaps the next
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Credential::None)
}

/// Tokens in headers of their own.
fn header_tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let token = headers.get("token").and_then(|value| value.to_str().ok());
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    token.into_iter().chain(bearer).filter(|token| !token.is_empty())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Whether a request shows a server key, good or not: no page of another origin reads the answer.
pub fn shows_key(pop: &Pop, headers: &HeaderMap, query: Option<&str>) -> bool {
    let old = |query: &str| urlencoded(query.as_bytes()).contains_key("pop_token");
    headers.contains_key("x-api-key") || pop.keys().legacy() && query.is_some_and(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn tokens_stand_in_headers() {
        type Case<'a> = (&'a [(&'static str, &'a str)], &'a [&'a str]);
        let cases: [Case<'_>; 6] = [
            (&[("token", "a")], &["a"]),
            (&[("authorization", "Bearer b"), ("token", "a")], &["a", "b"]),
            (&[("authorization", "bearer b")], &["b"]),
            (&[("authorization", "Basic b")], &[]),
            (&[("authorization", "Bearer")], &[]),
            (&[("token", "")], &[]),
        ];
        for (pairs, tokens) in cases {
            assert_eq!(header_tokens(&headers(pairs)).collect::<Vec<_>>(), tokens, "{pairs:?}");
        }
    }
}
