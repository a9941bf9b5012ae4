//! Posters of stored videos, asked for with every look at a chat and by anyone.
//!
//! Source: egg contract §8.4, `x-oss-process=video/snapshot,...` as Aliyun OSS answers it.

use std::time::Duration;

use bytes::Bytes;
use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::placeholder::placeholder;
use super::{Covers, Shot, Source, turn};
use crate::{Error, Key, Result};

/// Seconds after which a poster is made anew: a removed video's poster shall not stay for ever.
const KEPT: Duration = Duration::from_secs(3600);

/// Bytes that an entry costs besides its picture.
const ENTRY_BYTES: usize = 256;

/// A poster, ready to be sent.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The encoded picture.
    pub bytes: Bytes,
    /// Its media type.
    pub content_type: &'static str,
    /// Whether it shows the video; else it is the neutral placeholder, not worth keeping.
    pub is_real: bool,
}

impl Picture {
    fn missing() -> Self {
        Self { bytes: placeholder(), content_type: "image/png", is_real: false }
    }
}

/// What was made lately, and how many are made at once.
pub(super) struct Posters {
    made: Cache<(Key, Shot), Picture>,
    /// Half of the turns with ffmpeg: posters need no sign-in and may not crowd out those who did.
    slots: Semaphore,
}

impl Posters {
    pub(super) fn new(at_once: usize, limit_bytes: u64) -> Self {
        let weigh = |(key, _): &(Key, Shot), picture: &Picture| {
            let cost = picture.bytes.len() + key.as_str().len() + ENTRY_BYTES;
            u32::try_from(cost).unwrap_or(u32::MAX)
        };
        let made = Cache::builder().weigher(weigh).max_capacity(limit_bytes).time_to_live(KEPT).build();
        Self { made, slots: Semaphore::new((at_once / 2).max(1)) }
    }
}

impl Covers {
    /// The poster of the upload `key`, or the placeholder when none can be made; none only when
    /// there is no such file.
    pub async fn poster(&self, key: &Key, shot: Shot) -> Result<Option<Picture>> {
        if self.store.blob(key).await?.is_none() {
            return Ok(None);
        }
        let name = (key.clone(), shot);
        if let Some(picture) = self.posters.made.get(&name) {
            return Ok(Some(picture));
        }
        let Ok(_slot) = turn(&self.posters.slots, self.wait).await else {
            return Ok(Some(Picture::missing()));
        };
        // A whole group opens the chat at once: the first made it, the others waited here.
        if let Some(picture) = self.posters.made.get(&name) {
            return Ok(Some(picture));
        }
        let picture = match self.frame(&Source::Stored(name.0.clone()), shot).await {
            Ok(bytes) => Picture { bytes, content_type: shot.format().content_type(), is_real: true },
            // The file will not get better.
            Err(Error::NoFrame | Error::TooLarge) => Picture::missing(),
            Err(problem) => {
                tracing::debug!(%key, %problem, "no poster");
                return Ok(Some(Picture::missing()));
            }
        };
        self.posters.made.insert(name, picture.clone());
        Ok(Some(picture))
    }
}
