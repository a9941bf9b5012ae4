//! Who calls, and with which parameters. The token is checked before the parameters (egg.md §1.6,
//! §2.2, §2.3).
use crate::{Egg, envelope::Fail, input::Input, params::Params};
use axum::{
    extract::{ConnectInfo, FromRequest, FromRequestParts, RawPathParams, Request},
    http::request::Parts,
};
use im_core::accounts::{Caller, Door, Role, sessions};
use std::{marker::PhantomData, net::SocketAddr};

/// Who may call a route.
pub trait Access: Send {
    /// Whether a session of a visitor may.
    fn visitors(egg: &Egg) -> bool;
}

/// Registered users only.
pub struct Users;
/// Visitors too.
pub struct Everyone;
/// Visitors too, where they may have friends (egg.md §2.6, the † routes).
pub struct Befrienders;

impl Access for Users {
    fn visitors(_: &Egg) -> bool {
        false
    }
}
impl Access for Everyone {
    fn visitors(_: &Egg) -> bool {
        true
    }
}
impl Access for Befrienders {
    fn visitors(egg: &Egg) -> bool {
        egg.settings.visitor_may_befriend
    }
}

/// A call with a token.
pub struct Call<A, P> {
    pub caller: Caller,
    pub params: P,
    access: PhantomData<A>,
}

impl<A: Access, P: Params> FromRequest<Egg> for Call<A, P> {
    type Rejection = Fail;

    async fn from_request(request: Request, egg: &Egg) -> Result<Self, Fail> {
        let (mut parts, body) = request.into_parts();
        let mut input = address(&mut parts, egg).await?;
        // The body is read before anything is refused: a client that is still sending does not see
        // a refusal, and loses its connection.
        let read = input.read_body(&parts, body, egg.settings.body_bytes).await;
        let token = token(&parts, &input).or_else(|| input.body_token().map(str::to_owned));
        let caller = admit::<A>(egg, &token.ok_or_else(no_token)?).await?;
        read?;
        Ok(Call { caller, params: P::read(&input)?, access: PhantomData })
    }
}

/// A call with a token whose body is read by the handler (uploads, GETs).
pub struct Authed<A> {
    pub caller: Caller,
    access: PhantomData<A>,
}

impl<A: Access> FromRequestParts<Egg> for Authed<A> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, egg: &Egg) -> Result<Self, Fail> {
        let input = address(parts, egg).await?;
        let token = token(parts, &input).ok_or_else(no_token)?;
        Ok(Authed { caller: admit::<A>(egg, &token).await?, access: PhantomData })
    }
}

/// A call that needs no token.
pub struct Open<P> {
    /// Where it comes from.
    pub address: String,
    pub params: P,
}

impl<P: Params> FromRequest<Egg> for Open<P> {
    type Rejection = Fail;

    async fn from_request(request: Request, egg: &Egg) -> Result<Self, Fail> {
        let (mut parts, body) = request.into_parts();
        let mut input = address(&mut parts, egg).await?;
        input.read_body(&parts, body, egg.settings.body_bytes).await?;
        Ok(Open { address: client(&parts, egg), params: P::read(&input)? })
    }
}

/// The client's address.
pub fn client(parts: &Parts, egg: &Egg) -> String {
    egg.network.client(&parts.headers, parts.extensions.get::<ConnectInfo<SocketAddr>>())
}

/// The parameters in the address.
pub async fn address(parts: &mut Parts, egg: &Egg) -> Result<Input, Fail> {
    let path = RawPathParams::from_request_parts(parts, egg).await.map_err(|_| Fail::malformed())?;
    Ok(Input::of_address(parts, &path))
}

fn token(parts: &Parts, input: &Input) -> Option<String> {
    let header = parts.headers.get("token").map(|value| value.to_str().unwrap_or("?"));
    header.filter(|token| !token.is_empty()).or_else(|| input.query_token()).map(str::to_owned)
}

fn no_token() -> Fail {
    Fail::refused("您没有权限访问即时通讯接口")
}

async fn admit<A: Access>(egg: &Egg, token: &str) -> Result<Caller, Fail> {
    let caller = sessions::authenticate(&egg.app, token, Door::Egg).await?;
    if caller.role == Role::Visitor && !A::visitors(egg) {
        return Err(Fail::refused("您没有权限访问，请先注册或登录"));
    }
    Ok(caller)
}
