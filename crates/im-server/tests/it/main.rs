//! The black-box suite: speaks HTTP and WebSocket to a real server, as a client does. The same
//! tests run on SQLite and, with `TEST_POSTGRES_URL`, on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "what tests call is a test too")]

mod accounts;
mod chance;
mod clock;
mod contacts;
mod delivery;
mod fuzz;
mod groups;
mod http;
mod kit;
mod media;
mod messages;
mod model;
mod operators;
mod pages;
mod pop;
mod proxy;
mod pushes;
mod races;
mod raw;
mod receipts;
mod scenario;
mod security;
mod shape;
mod sockets;
mod support;
mod template;
mod v1;
mod visitors;
