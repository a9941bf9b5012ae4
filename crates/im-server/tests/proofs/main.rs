//! Proofs that an acknowledged message is never lost: the real binary is killed, starved of disk and
//! cut off from its database while people write, and everything it said "ok" to is looked for.
//!
//! `cargo test` runs each for seconds; `make soak` for as long as `SOAK_SECONDS` says.
#![allow(clippy::unwrap_used, reason = "what tests call is a test too")]

mod cluster;
mod crash;
mod disk;
mod flushes;
mod hostile;
mod load;
mod people;
mod postgres;
mod reader;
mod server;
mod slow;
mod torn;
mod town;
mod truth;
mod wire;
