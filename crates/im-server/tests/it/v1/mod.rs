//! The native API (docs/dialects/v1.md), as a client of ours speaks it.
mod kit;
mod wire;

mod accounts;
mod contacts;
mod conversations;
mod groups;
mod invites;
mod messages;
mod openapi;
mod people;
mod problems;
mod search;
mod sessions;
mod socket;
mod support;
mod sync;
mod telling;
mod uploads;
