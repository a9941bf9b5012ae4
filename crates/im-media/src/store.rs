//! Where files live: the data directory, and a bucket when one is configured.

mod durable;
mod objects;

use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::Stream;
use opendal::{ErrorKind, Operator, Reader, services};
use reqwest::Url;
use tempfile::NamedTempFile;

use self::objects::Objects;
use crate::settings::Storage;
use crate::{Error, HEAD_BYTES, Key, Kind, Result, Serving, names};

/// Read from disk at a time: what one slow reader may hold in memory.
const CHUNK_BYTES: usize = 128 << 10;

/// Read from the bucket at a time: each is a request.
const OBJECT_CHUNK_BYTES: usize = 4 << 20;

/// Age at which a temporary file belongs to nobody: no upload takes a day.
const STALE: Duration = Duration::from_secs(86_400);

/// The files of the installation.
///
/// Keys live in `<data>/blobs`, uploads in flight in `<data>/tmp`. Objects of #30.2 live in the
/// bucket when there is one. A file appears whole, is flushed to disk before it is acknowledged,
/// and never changes afterwards.
pub struct Store {
    root: PathBuf,
    tmp: PathBuf,
    disk: Operator,
    objects: Option<Objects>,
}

impl Store {
    /// Opens the store below the data directory, and the bucket of `settings`.
    ///
    /// # Errors
    /// [`Error::Settings`] for a bucket that is not fully described, [`Error::Io`] when the
    /// directory cannot be made.
    pub fn open(data: &Path, settings: &Storage) -> Result<Self> {
        let (root, tmp) = (data.join("blobs"), data.join("tmp"));
        fs::create_dir_all(&root)?;
        fs::create_dir_all(&tmp)?;
        let (root, tmp) = (root.canonicalize()?, tmp.canonicalize()?);
        let path = root
            .to_str()
            .ok_or_else(|| Error::Settings("the data directory's name is not UTF-8".to_owned()))?;
        let disk = Operator::new(services::Fs::default().root(path))?;
        sweep(&tmp)?;
        Ok(Self { disk, objects: Objects::open(settings)?, root, tmp })
    }

    /// A new temporary file next to the blobs, which vanishes unless it is put.
    pub fn temp_file(&self) -> Result<NamedTempFile> {
        Ok(NamedTempFile::new_in(&self.tmp)?)
    }

    /// Keeps a finished file under `key`, on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Io`], also when the key is taken: files never change.
    pub async fn put_file(&self, key: &Key, file: NamedTempFile) -> Result<()> {
        let (root, target) = (self.root.clone(), self.path(key));
        Ok(blocking(move || durable::settle(file, &root, &target)).await?)
    }

    /// Keeps `bytes` under `key`, as [`Store::put_file`] does.
    pub async fn put_bytes(&self, key: &Key, bytes: Bytes) -> Result<()> {
        let (root, target) = (self.root.clone(), self.path(key));
        let mut file = self.temp_file()?;
        let put = move || {
            file.write_all(&bytes)?;
            durable::settle(file, &root, &target)
        };
        Ok(blocking(put).await?)
    }

    /// Keeps an object of #30.2 and answers its URL: in the bucket, or else on disk below
    /// `base_url`, the public address of this server.
    pub async fn put_object(
        &self,
        path: &Key,
        file: NamedTempFile,
        serving: Serving,
        base_url: &str,
    ) -> Result<String> {
        if let Some(objects) = &self.objects {
            objects.put(path, file.path(), serving).await?;
            return Ok(objects.url(path));
        }
        let key = path.below(names::OBJECTS_ON_DISK).ok_or(Error::InvalidKey)?;
        self.put_file(&key, file).await?;
        Ok(format!("{}{}", base_url.trim_end_matches('/'), key.public_path()))
    }

    /// Keeps a file where uploads are kept, in the bucket when there is one, and answers where clients
    /// find it: a path of this server, or a URL.
    ///
    /// # Errors
    /// As [`Store::put_file`], and those of the bucket.
    pub async fn keep(&self, key: &Key, file: NamedTempFile, serving: Serving) -> Result<String> {
        if let Some(objects) = &self.objects {
            objects.put(key, file.path(), serving).await?;
            return Ok(objects.url(key));
        }
        self.put_file(key, file).await?;
        Ok(key.public_path())
    }

    /// As [`Store::keep`], for bytes in memory.
    ///
    /// # Errors
    /// The same.
    pub async fn keep_bytes(&self, key: &Key, bytes: Bytes, serving: Serving) -> Result<String> {
        let mut file = self.temp_file()?;
        let written = blocking(move || file.write_all(&bytes).map(|()| file)).await?;
        self.keep(key, written, serving).await
    }

    /// The local file of `key`, or none.
    pub async fn blob(&self, key: &Key) -> Result<Option<Blob>> {
        blob(&self.disk, key, CHUNK_BYTES).await
    }

    /// The object at `path` in the bucket; none as well when there is no bucket.
    pub async fn object(&self, path: &Key) -> Result<Option<Blob>> {
        match &self.objects {
            Some(objects) => blob(&objects.bucket, path, OBJECT_CHUNK_BYTES).await,
            None => Ok(None),
        }
    }

    /// The path of a local file for programs that read it themselves, or none.
    pub async fn local_path(&self, key: &Key) -> Option<PathBuf> {
        let path = self.path(key);
        let found = tokio::fs::metadata(&path).await.ok()?;
        found.is_file().then_some(path)
    }

    /// Removes a local file; one that is not there is fine.
    pub async fn delete(&self, key: &Key) -> Result<()> {
        Ok(self.disk.delete(key.as_str()).await?)
    }

    /// The origin from which browsers load uploads, when that is not this server.
    pub fn other_origin(&self) -> Option<String> {
        self.objects_url().map(|url| url.origin().ascii_serialization())
    }

    /// URL under which clients read the bucket, when there is one.
    pub(crate) fn objects_url(&self) -> Option<&Url> {
        self.objects.as_ref().map(|objects| &objects.public)
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.root.join(key.as_str())
    }
}

/// A stored file that was found. It stays readable while it is held, even if it is removed.
pub struct Blob {
    /// Length in bytes.
    pub size_bytes: u64,
    /// When it was put.
    pub modified: SystemTime,
    reader: Reader,
}

impl Blob {
    /// What the file is, by its first bytes.
    pub async fn kind(&self) -> Result<Kind> {
        let end = self.size_bytes.min(HEAD_BYTES as u64);
        if end == 0 {
            return Ok(Kind::of(&[]));
        }
        Ok(Kind::of(&self.reader.read(0..end).await?.to_bytes()))
    }

    /// The bytes of `range`, read as they are asked for.
    pub async fn stream(
        &self,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + Unpin + use<>> {
        Ok(self.reader.clone().into_bytes_stream(range).await?)
    }
}

async fn blob(from: &Operator, key: &Key, chunk_bytes: usize) -> Result<Option<Blob>> {
    let found = match from.stat(key.as_str()).await {
        Ok(found) if found.is_file() => found,
        Ok(_) => return Ok(None),
        Err(e) if is_missing(&e) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let reader = from.reader_with(key.as_str()).chunk(chunk_bytes).await?;
    let modified = found.last_modified().map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
    Ok(Some(Blob { size_bytes: found.content_length(), modified, reader }))
}

fn is_missing(error: &opendal::Error) -> bool {
    // A path through a file has no kind of its own in opendal, and anyone may ask for one.
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    error.kind() == ErrorKind::NotFound || cause.is_some_and(|e| e.kind() == io::ErrorKind::NotADirectory)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Removes what a killed process left behind.
fn sweep(tmp: &Path) -> io::Result<()> {
    for entry in fs::read_dir(tmp)? {
        let entry = entry?;
        let found = entry.metadata()?;
        let is_stale = found.modified()?.elapsed().is_ok_and(|age| age > STALE);
        if found.is_file() && is_stale {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod bucket;
#[cfg(test)]
mod tests;
