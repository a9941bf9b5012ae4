//! A call of an action: who, with which parameters.
use crate::{
    Pop,
    action::{Action, Family},
    envelope::Fail,
    identity::Identity,
    input::Input,
};
use axum::{extract::Request, http::HeaderMap};
use im_core::{App, accounts::Caller};
use std::{net::IpAddr, ops::Deref, sync::Mutex};

/// A call that [`dispatch`](crate::dispatch) let in. Parameters are read through it:
/// see [`Input`].
pub struct Call {
    /// What actions work with.
    pub pop: Pop,
    /// What is called.
    pub action: &'static Action,
    /// By which prefix it came.
    pub family: Family,
    /// Who calls.
    pub identity: Identity,
    /// The parameters.
    pub input: Input,
    /// Where it comes from.
    pub from: IpAddr,
    /// The client as limits count it.
    pub address: String,
    /// Whether it is a POST.
    pub is_post: bool,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole request, where the handler reads the body itself; in a lock, because bodies cannot be
    /// looked at by two.
    pub request: Mutex<Option<Request>>,
}

impl Deref for Call {
    type Target = Input;
    fn deref(&self) -> &Input {
        &self.input
    }
}

impl Call {
    /// The core.
    pub fn app(&self) -> &App {
        &self.pop.app
    }

    /// The request whose body the handler reads; `None` where there is none, or it was taken.
    pub fn take_request(&mut self) -> Option<Request> {
        self.request.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }

    /// Whether `login_uid` means something in its family.
    pub fn family_has_login_uid(&self) -> bool {
        self.family == Family::Api
    }

    /// The user who calls, or for whom a key acts.
    ///
    /// # Errors
    /// When nobody is: only where the table lets such a call in.
    pub fn caller(&self) -> Result<Caller, Fail> {
        match self.identity.user {
            Some(caller) => Ok(caller),
            None if self.identity.by_key() => Err(Fail::missing()),
            None => Err(Fail::signed_out()),
        }
    }
}
