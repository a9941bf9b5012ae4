//! The pop dialect (docs/dialects/pop.md), as its clients speak it: forms with a cookie, integrations
//! with a server key, and sockets of the Pusher protocol. `§` names sections of the contract.
mod digest;
mod files;
pub mod kit;

mod cross;
mod curl;
mod errata;
mod friends;
mod groups;
mod identity;
mod matrix;
mod messages;
mod overview;
mod push;
mod races;
mod reading;
mod replies;
mod security;
mod service;
mod sockets;
mod support;
mod uploads;
mod users;
