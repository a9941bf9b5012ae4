//! Help for those who answer customers: stored answers, and complaints.

pub mod answers;
pub mod complaints;
mod matching;
pub mod replies;
pub mod seats;
pub mod service;

pub use matching::Fit;
