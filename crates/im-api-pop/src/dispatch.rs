//! From a request to the handler of its action.
use crate::{
    Pop,
    action::{Action, Family, Method as Does},
    call::Call,
    envelope::Fail,
    identity::{self, shows_key},
    input::{Input, read_body},
    origin,
};
use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use im_api_common::{
    forms::{Fields, urlencoded},
    uploads::discard,
};
use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::Arc,
};

/// Where push clients ask for signatures besides `push/auth` (pop.md §4.5).
const PUSH_AUTH: [&str; 2] = ["/plugin/webman/push/auth", "/pusher/auth"];

/// The actions by family and name, in lower case.
type Table = Arc<HashMap<(&'static str, String), &'static Action>>;

/// Routes for all of these actions. `/web` and `/h5` are ours alone; below `/api` only the modules are.
pub fn router(actions: impl Iterator<Item = &'static Action>) -> Router<Pop> {
    let mut table = HashMap::new();
    let mut modules = BTreeSet::new();
    for action in actions {
        modules.extend(action.name.split_once('/').map(|(module, _)| module));
        for family in action.families {
            table.insert((family.prefix(), action.name.to_ascii_lowercase()), action);
        }
    }
    let table: Table = Arc::new(table);
    let route = any(move |State(pop): State<Pop>, request: Request| answer(pop, table.clone(), request));
    let own = PUSH_AUTH.into_iter().fold(Router::new(), |router, path| router.route(path, route.clone()));
    let modules = modules.into_iter().map(|module| format!("/api/{module}"));
    ["/web", "/h5"].into_iter().map(str::to_owned).chain(modules).fold(own, |router, root| {
        // What lacks its action is ours to refuse, too.
        let paths = [root.clone(), format!("{root}/"), format!("{root}/{{*action}}")];
        paths.iter().fold(router, |router, path| router.route(path, route.clone()))
    })
}

async fn answer(pop: Pop, table: Table, request: Request) -> Response {
    let headers = request.headers().clone();
    if let Some(response) = origin::preflight(&pop, request.method(), &headers) {
        return response;
    }
    let path = request.uri().path();
    let path = if PUSH_AUTH.contains(&path) { "/h5/push/auth" } else { path };
    let found = Family::of(path).and_then(|(family, rest)| {
        let name = rest.trim_matches('/').to_ascii_lowercase();
        Some((family, *table.get(&(family.prefix(), name))?))
    });
    let by_key = shows_key(&pop, &headers, request.uri().query());
    let mut response = match found {
        Some((family, action)) => run(pop.clone(), family, action, request).await,
        None => {
            discard(request.into_body()).await;
            Fail::unknown().into_response()
        }
    };
    if !by_key {
        origin::admit(&pop, &headers, &mut response);
    }
    response
}

/// The refusal of the push protocol's auth endpoint.
pub fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, "Forbidden").into_response()
}

/// Runs `action` for a request of this family.
async fn run(pop: Pop, family: Family, action: &'static Action, request: Request) -> Response {
    let call = match admit(pop, family, action, request).await {
        Ok(call) => call,
        Err(_) if action.forbids => return forbidden(),
        Err(fail) => return fail.into_response(),
    };
    (action.run)(call).await.unwrap_or_else(Fail::into_response)
}

/// Reads the request and lets it in. The body is read before anything is refused: a client that is
/// still sending does not see a refusal, and loses its connection.
async fn admit(pop: Pop, family: Family, action: &'static Action, request: Request) -> Result<Call, Fail> {
    let is_post = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => {
            discard(request.into_body()).await;
            return Err(Fail::unknown());
        }
    };
    let headers = request.headers().clone();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().copied();
    let query = urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let (request, body) = match (action.streams, is_post) {
        (true, true) => (Some(request), Ok(Fields::new())),
        (false, true) => (None, read_body(request).await),
        (_, false) => (None, Ok(Fields::new())),
    };
    let (body, failed) = match body {
        Ok(body) => (body, None),
        Err(fail) => (Fields::new(), Some(fail)),
    };
    // `login_uid` belongs to the credential, wherever it stands.
    let all = Input::of(query.clone().into_iter().chain(body.clone()).collect());
    let query = Input::of(query);
    let from = pop.network.address(&headers, peer.as_ref());
    let who = identity::Request { family, headers: &headers, query: &query, is_post, from };
    let known = identity::identify(&pop, action, who, &all).await;
    let writes_by_get = action.method == Does::Write && !is_post;
    let checked = known.and_then(|identity| match failed {
        Some(fail) => Err(fail),
        None if writes_by_get => Err(Fail::missing()),
        None => Ok(identity),
    });
    let identity = match checked {
        Ok(identity) => identity,
        Err(fail) => {
            if let Some(request) = request {
                discard(request.into_body()).await;
            }
            return Err(fail);
        }
    };
    let input = if action.method == Does::Write { Input::of(body) } else { all };
    let address = pop.network.client(&headers, peer.as_ref());
    Ok(Call {
        pop,
        action,
        family,
        identity,
        input,
        from,
        address,
        is_post,
        headers,
        request: request.into(),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_action_stands_once_in_the_table() {
        let mut seen = std::collections::HashSet::new();
        for action in crate::actions() {
            assert!(action.name.split('/').count() == 2, "{}", action.name);
            for family in action.families {
                assert!(seen.insert((family.prefix(), action.name.to_ascii_lowercase())), "{}", action.name);
            }
        }
    }
}
