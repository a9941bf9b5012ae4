//! Help for those who answer customers: stored answers, and complaints.

pub mod answers;
pub mod complaints;
mod matching;

pub use matching::Fit;
