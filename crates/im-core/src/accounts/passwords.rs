//! Passwords: argon2id; the unsalted SHA-256 of imported accounts is accepted once and replaced.
use crate::{
    Error, Result,
    secrets::{same, sha256_hex},
};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Hashes at work at once: each takes a core and 19 MiB for some tens of milliseconds.
static WORKERS: Semaphore = Semaphore::const_new(2);

/// What is verified when there is no account, so that it takes as long as when there is.
static NOBODY: LazyLock<String> = LazyLock::new(|| make("nobody").unwrap_or_default());

/// What became of a password.
pub enum Verdict {
    /// It does not fit.
    Wrong,
    /// It fits.
    Right,
    /// It fits an imported hash, which is to be replaced by this one.
    Legacy { rehashed: String },
}

/// The hash to store.
pub async fn hash(password: String) -> Result<String> {
    blocking(move || make(&password)).await
}

/// Whether `password` belongs to `hash`. An empty hash fits no password and takes as long.
pub async fn verify(password: String, hash: String) -> Result<Verdict> {
    blocking(move || {
        if is_legacy(&hash) {
            if !same(&sha256_hex(&password), &hash) {
                return Ok(Verdict::Wrong);
            }
            return Ok(Verdict::Legacy { rehashed: make(&password)? });
        }
        let known = if hash.is_empty() { &*NOBODY } else { &hash };
        let parsed = PasswordHash::new(known).map_err(Error::internal)?;
        let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
        Ok(if fits && !hash.is_empty() { Verdict::Right } else { Verdict::Wrong })
    })
    .await
}

fn make(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn is_legacy(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let place = WORKERS.acquire().await.map_err(Error::internal)?;
    let work = move || {
        let _place = place; // a caller that goes away does not give its place to the next
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}
