//! Secrets of the installation, and small things that secrets need.
use crate::{App, Result};
use im_db::{Tx, params};
use sha2::{Digest, Sha256};

/// Bytes of randomness in a secret.
const BYTES: usize = 32;

/// The secret of this name: 64 hexadecimal digits, made at random when it is asked for first, and
/// the same ever after.
pub async fn kept(app: &App, name: &'static str) -> Result<String> {
    app.write(move |_, tx| Box::pin(async move { kept_within(tx, name).await })).await
}

/// The same within a unit of work that may write.
pub(crate) async fn kept_within(tx: &mut Tx, name: &str) -> Result<String> {
    let kept = "select value from secret where name = $1";
    if let Some(value) = tx.maybe(kept, params![name], |row| row.get("value")).await? {
        return Ok(value);
    }
    let fresh = hex(&rand::random::<[u8; BYTES]>());
    let sql = "insert into secret (name, value) values ($1, $2) on conflict (name) do nothing";
    tx.run(sql, params![name, &fresh]).await?;
    Ok(tx.one(kept, params![name], |row| row.get("value")).await?)
}

/// Compares two texts in a time that does not depend on where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

/// SHA-256 of a text, as lower-case hex.
pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_the_same_and_others_are_not() {
        for (a, b, equal) in [("ab", "ab", true), ("ab", "ac", false), ("ab", "abc", false), ("", "", true)] {
            assert_eq!(same(a, b), equal, "{a} {b}");
        }
    }
}
