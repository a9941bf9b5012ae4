//! Lists that come in pages: `?limit=&cursor=` → `{"items": […], "next": "opaque" | null}`.
use crate::{problem::Fail, reply::Items};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use utoipa::IntoParams;

/// Entries of a page when the client does not say.
const USUAL: i64 = 50;
/// Entries of a page at most.
const MOST: i64 = 200;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Entries at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// Entries at most.
    pub fn limit(&self) -> Result<i64, Fail> {
        limit(self.limit)
    }

    /// Behind which number the page begins; `None` for the first page.
    pub fn after(&self) -> Result<Option<i64>, Fail> {
        self.cursor.as_deref().map(read).transpose()
    }
}

/// How many entries a page has when the client wants so many.
pub fn limit(wanted: Option<i64>) -> Result<i64, Fail> {
    match wanted {
        None => Ok(USUAL),
        Some(limit @ 1..=MOST) => Ok(limit),
        Some(_) => Err(Fail::invalid_because("limit", format!("1 to {MOST}"))),
    }
}

/// One page: `items` were asked for with `limit`, and `key` is the number that the next one begins behind.
pub fn page<T>(items: Vec<T>, limit: i64, key: impl Fn(&T) -> i64) -> Items<T> {
    let full = i64::try_from(items.len()).is_ok_and(|found| found >= limit);
    let next = items.last().filter(|_| full).map(|last| write(key(last)));
    Items { items, next }
}

/// A number as a cursor.
pub fn write(number: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

/// The number of a cursor.
pub fn read(cursor: &str) -> Result<i64, Fail> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(i64::from_be_bytes).ok_or_else(|| Fail::invalid("cursor"))
}
