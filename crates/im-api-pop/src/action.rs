//! What an action is: a line of the dialect's table (pop.md §1.3).
use crate::{call::Call, envelope::Reply};
use futures_util::future::BoxFuture;

/// One action, in all the families that have it.
pub struct Action {
    /// `module/action`; matched without regard to case.
    pub name: &'static str,
    /// Where it is.
    pub families: &'static [Family],
    /// Where its parameters stand.
    pub method: Method,
    /// Who may call it.
    pub who: Who,
    /// What a key must be allowed to.
    pub scope: Scope,
    /// What a disabled caller is told; `None`: it may.
    pub disabled: Option<&'static str>,
    /// Whether the handler reads the body itself.
    pub streams: bool,
    /// Whether a session may be named in the address (pop.md §2.2).
    pub query_token: bool,
    /// Whether it refuses with status 403 and no envelope.
    pub forbids: bool,
    /// The handler; see [`run!`](crate::run).
    pub run: fn(Call) -> BoxFuture<'static, Reply>,
}

/// A prefix of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `/api`: integrations, and users too.
    Api,
    /// `/web`: desktop browsers and bots.
    Web,
    /// `/h5`: phones.
    H5,
}

/// How an action is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET, or POST with the body before the address.
    Read,
    /// POST, and only what its body says.
    Write,
    /// As [`Method::Read`], but it changes something (pop.md §3.3, `user/add`).
    WriteByGet,
}

/// Whose credential an action takes (pop.md §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user: by its session, or by a key that names it in `login_uid`.
    User,
    /// A session, or a key that may name a user and need not.
    UserOrKey,
    /// A key alone.
    Key,
    /// A key that names a user.
    KeyForUser,
    /// Whoever asks; a credential is looked at when there is one.
    Anyone,
}

/// What a key may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Ask.
    Read,
    /// Change what users can change.
    Write,
    /// Change what operators can change.
    Admin,
}

/// What most actions tell a disabled caller (pop.md §1.4).
pub const DISABLED: &str = "该账户被禁用";

impl Action {
    /// An action of users in every family that changes nothing.
    pub const fn read(name: &'static str, run: fn(Call) -> BoxFuture<'static, Reply>) -> Self {
        Action {
            name,
            families: &[Family::Api, Family::Web, Family::H5],
            method: Method::Read,
            who: Who::User,
            scope: Scope::Read,
            disabled: None,
            streams: false,
            query_token: false,
            forbids: false,
            run,
        }
    }

    /// An action of users in every family that changes something; not of disabled ones.
    pub const fn write(name: &'static str, run: fn(Call) -> BoxFuture<'static, Reply>) -> Self {
        let (method, scope, disabled) = (Method::Write, Scope::Write, Some(DISABLED));
        Action { method, scope, disabled, ..Action::read(name, run) }
    }

    /// For others than users.
    pub const fn by(self, who: Who) -> Self {
        Action { who, ..self }
    }

    /// Not under `/api`.
    pub const fn in_clients(self) -> Self {
        Action { families: &[Family::Web, Family::H5], ..self }
    }

    /// Under `/api` alone.
    pub const fn in_api(self) -> Self {
        Action { families: &[Family::Api], ..self }
    }

    /// For keys with the scope `admin`.
    pub const fn of_operators(self) -> Self {
        Action { scope: Scope::Admin, ..self }
    }

    /// With its own words for a disabled caller.
    pub const fn telling_disabled(self, text: &'static str) -> Self {
        Action { disabled: Some(text), ..self }
    }

    /// For disabled callers too.
    pub const fn of_disabled_too(self) -> Self {
        Action { disabled: None, ..self }
    }

    /// Whose handler reads the body.
    pub const fn streaming(self) -> Self {
        Action { streams: true, ..self }
    }

    /// Which pictures in pages call: the session may stand in the address.
    pub const fn by_query_token(self) -> Self {
        Action { query_token: true, ..self }
    }

    /// Which refuses as push services do (pop.md §4.5).
    pub const fn forbidding(self) -> Self {
        Action { forbids: true, ..self }
    }

    /// Called by GET too, parameters in the address.
    pub const fn by_get(self) -> Self {
        Action { method: Method::WriteByGet, ..self }
    }
}

/// A handler as [`Action`] keeps it.
#[macro_export]
macro_rules! run {
    ($handler:expr) => {
        |call| Box::pin($handler(call))
    };
}

impl Family {
    /// What paths of it begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Family::Api => "/api",
            Family::Web => "/web",
            Family::H5 => "/h5",
        }
    }

    /// The family of a path, and what follows its prefix.
    pub fn of(path: &str) -> Option<(Family, &str)> {
        [Family::Api, Family::Web, Family::H5]
            .into_iter()
            .find_map(|family| Some((family, path.strip_prefix(family.prefix())?)))
    }
}
