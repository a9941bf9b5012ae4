//! What the generator plays. Each file is one scenario: its options, its course, its result.
pub mod bench;
pub mod chat;
pub mod group;
pub mod history;
pub mod idle;
pub mod overview;
pub mod start;
pub mod storm;
