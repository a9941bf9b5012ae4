//! The black-box suite: speaks HTTP and WebSocket to a real server, as a client does. The same
//! tests run on SQLite and, with `TEST_POSTGRES_URL`, on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "what tests call is a test too")]

mod accounts;
mod contacts;
mod delivery;
mod groups;
mod http;
mod kit;
mod media;
mod messages;
mod operators;
mod pushes;
mod races;
mod raw;
mod scenario;
mod security;
mod shape;
mod sockets;
mod support;
mod template;
mod visitors;
