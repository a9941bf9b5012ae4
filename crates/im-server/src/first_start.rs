//! What exists from the first start on: an administrator with a random password.
use crate::Error;
use im_core::{App, administrators};

/// Letters of a password that people can read aloud; 20 of them hold 99 bits.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
const LENGTH: usize = 20;

/// A new administrator; the password is told once.
pub struct Admin {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Makes the administrator `admin` when there is none at all.
pub async fn ensure_admin(app: &App) -> Result<Option<Admin>, Error> {
    if administrators::any(app).await? { Ok(None) } else { Ok(Some(make_admin(app, "admin").await?)) }
}

/// Makes an administrator, or gives the known one a new password.
pub async fn make_admin(app: &App, name: &str) -> Result<Admin, Error> {
    let password: String =
        (0..LENGTH).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())])).collect();
    administrators::set(app, name.to_owned(), password.clone()).await?;
    Ok(Admin { name: name.to_owned(), password })
}
