//! A picture out of a video.

mod address;
mod fetch;
mod ffmpeg;
mod placeholder;
mod poster;
mod probe;
mod shot;
mod source;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use self::fetch::Fetcher;
use self::ffmpeg::Ffmpeg;
pub use self::poster::Picture;
use self::poster::Posters;
use self::probe::Ffprobe;
pub use self::probe::Measures;
pub use self::shot::{Format, Shot};
use self::source::Hosts;
pub use self::source::Source;
use crate::settings::Media;
use crate::{Blob, Class, Error, Result, Store};

/// Takes pictures out of videos by ffmpeg, which only ever sees a local file.
pub struct Covers {
    store: Arc<Store>,
    hosts: Hosts,
    fetcher: Fetcher,
    ffmpeg: Ffmpeg,
    ffprobe: Ffprobe,
    slots: Semaphore,
    wait: Duration,
    posters: Posters,
}

/// A video where ffmpeg can read it.
enum Local {
    Stored(PathBuf),
    Fetched(NamedTempFile),
}

impl Local {
    fn path(&self) -> &Path {
        match self {
            Self::Stored(path) => path,
            Self::Fetched(file) => file.path(),
        }
    }
}

impl Covers {
    /// Covers of the videos of `store` and of the allow-listed hosts.
    ///
    /// # Errors
    /// [`Error::Settings`] for a host that is none.
    pub fn new(store: Arc<Store>, settings: &Media) -> Result<Self> {
        let at_once = settings.ffmpeg_concurrency.max(1);
        Ok(Self {
            hosts: Hosts::new(store.objects_url(), &settings.video_hosts)?,
            fetcher: Fetcher::new(
                settings.video_limit_bytes,
                Duration::from_secs(settings.video_time_limit_s),
            ),
            ffmpeg: Ffmpeg {
                program: settings.ffmpeg.clone(),
                time_limit: Duration::from_secs(settings.ffmpeg_time_limit_s),
                limit_bytes: settings.cover_limit_bytes,
            },
            ffprobe: Ffprobe {
                program: settings.ffprobe.clone(),
                time_limit: Duration::from_secs(settings.ffmpeg_time_limit_s),
            },
            slots: Semaphore::new(at_once),
            wait: Duration::from_secs(settings.ffmpeg_wait_s),
            posters: Posters::new(at_once, settings.poster_cache_bytes),
            store,
        })
    }

    /// Where the video of `address` is: an upload of ours, by its path or by a URL on one of
    /// `own_hosts` (the request's `Host`, the public base URL), an object of the bucket, or a URL
    /// on an allow-listed host.
    ///
    /// # Errors
    /// [`Error::UnsupportedAddress`] for everything else.
    pub fn resolve(&self, address: &str, own_hosts: &[&str]) -> Result<Source> {
        self.hosts.resolve(address, own_hosts).ok_or(Error::UnsupportedAddress)
    }

    /// The picture that `shot` describes.
    ///
    /// # Errors
    /// [`Error::NoVideo`], [`Error::NoFrame`], [`Error::TooLarge`], [`Error::UnsupportedAddress`]
    /// and [`Error::Download`] for the video; [`Error::Busy`], [`Error::TimedOut`] and
    /// [`Error::FfmpegMissing`] for us.
    pub async fn frame(&self, source: &Source, shot: Shot) -> Result<Bytes> {
        let _slot = turn(&self.slots, self.wait).await?;
        let video = self.local(source).await?;
        self.ffmpeg.frame(video.path(), shot).await
    }

    /// How long and how large the film or sound in a local file is.
    ///
    /// # Errors
    /// [`Error::NoFrame`] for what is neither; [`Error::Busy`], [`Error::TimedOut`] and
    /// [`Error::FfmpegMissing`] for us.
    pub async fn measure(&self, file: &Path) -> Result<Measures> {
        let _slot = turn(&self.slots, self.wait).await?;
        self.ffprobe.measure(file).await
    }

    /// The picture that `shot` describes, out of a local file.
    ///
    /// # Errors
    /// As [`Covers::frame`].
    pub async fn frame_of_file(&self, file: &Path, shot: Shot) -> Result<Bytes> {
        let _slot = turn(&self.slots, self.wait).await?;
        self.ffmpeg.frame(file, shot).await
    }

    async fn local(&self, source: &Source) -> Result<Local> {
        match source {
            Source::Stored(key) => {
                check(&self.store.blob(key).await?.ok_or(Error::NoVideo)?).await?;
                let path = self.store.local_path(key).await.ok_or(Error::NoVideo)?;
                Ok(Local::Stored(path))
            }
            Source::Object(path) => {
                let object = self.store.object(path).await?.ok_or(Error::NoVideo)?;
                check(&object).await?;
                let bytes = object.stream(0..object.size_bytes).await?;
                let file = self.store.temp_file()?;
                Ok(Local::Fetched(self.fetcher.save(Some(object.size_bytes), bytes, file).await?))
            }
            Source::Remote(url) => {
                let file = self.store.temp_file()?;
                Ok(Local::Fetched(self.fetcher.fetch(url, file).await?))
            }
        }
    }
}

/// A turn, waited for no longer than `wait`.
async fn turn(slots: &Semaphore, wait: Duration) -> Result<SemaphorePermit<'_>> {
    let permit = timeout(wait, slots.acquire()).await.map_err(|_| Error::Busy)?;
    Ok(permit.expect("the semaphore is never closed"))
}

/// Spares ffmpeg what is known to be no film, playlists above all. A container may hold only
/// sound, and old formats are not recognised: ffmpeg judges those.
async fn check(blob: &Blob) -> Result<()> {
    match blob.kind().await?.class {
        Class::Video | Class::Audio | Class::Unknown => Ok(()),
        Class::Image | Class::Text | Class::Document | Class::Archive | Class::Active => Err(Error::NoFrame),
    }
}

#[cfg(test)]
mod tests;
