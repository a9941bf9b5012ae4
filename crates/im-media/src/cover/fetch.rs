//! Fetching a video from another host without becoming a door into our own network.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::address::is_public;
use crate::{Error, Result};

/// Seconds until a host must have answered our connection.
const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(5);

/// Downloads within limits of size and time, from public addresses only.
pub(super) struct Fetcher {
    limit_bytes: u64,
    time_limit: Duration,
    allowed: fn(IpAddr) -> bool,
    /// Made when the first video is fetched: most installations never do.
    client: OnceLock<Client>,
}

/// Looks a name up once, and answers only if every address may be used; the connection is made
/// to what was checked, so that a name cannot change its mind in between.
struct CheckedNames {
    allowed: fn(IpAddr) -> bool,
}

/// A name leads to an address that may not be used.
#[derive(Debug, thiserror::Error)]
#[error("the address is not public")]
struct NotPublic;

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allowed;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !found.iter().all(|address| allowed(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Fetcher {
    pub(super) fn new(limit_bytes: u64, time_limit: Duration) -> Self {
        Self { limit_bytes, time_limit, allowed: is_public, client: OnceLock::new() }
    }

    /// Fetches `url` into `file`. A redirect counts as a failure: it may lead anywhere.
    pub(super) async fn fetch(&self, url: &Url, file: NamedTempFile) -> Result<NamedTempFile> {
        // A name is checked by `CheckedNames`; the client asks no resolver for a bare address.
        let bare: Option<IpAddr> = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse().ok());
        if bare.is_some_and(|address| !(self.allowed)(address)) {
            return Err(Error::UnsupportedAddress);
        }
        let fetch = async {
            let request = self.client()?.get(url.clone()).header("accept-encoding", "identity");
            let response = request.send().await.map_err(failure)?;
            if response.status() != 200 {
                return Err(Error::Download(format!("status {}", response.status()).into()));
            }
            let size = response.content_length();
            self.save(size, Box::pin(response.bytes_stream().map_err(io::Error::other)), file).await
        };
        timeout(self.time_limit, fetch).await.map_err(|_| Error::TimedOut)?
    }

    /// Saves a stream, whose length may be known, within the limits.
    pub(super) async fn save(
        &self,
        size_bytes: Option<u64>,
        bytes: impl Stream<Item = io::Result<Bytes>> + Unpin,
        file: NamedTempFile,
    ) -> Result<NamedTempFile> {
        if size_bytes.is_some_and(|size| size > self.limit_bytes) {
            return Err(Error::TooLarge);
        }
        timeout(self.time_limit, self.copy(bytes, file)).await.map_err(|_| Error::TimedOut)?
    }

    async fn copy(
        &self,
        mut bytes: impl Stream<Item = io::Result<Bytes>> + Unpin,
        file: NamedTempFile,
    ) -> Result<NamedTempFile> {
        let mut to = File::from_std(file.reopen()?);
        let mut left = self.limit_bytes;
        while let Some(chunk) = bytes.try_next().await.map_err(|e| Error::Download(e.into()))? {
            left = left.checked_sub(chunk.len() as u64).ok_or(Error::TooLarge)?;
            to.write_all(&chunk).await?;
        }
        to.flush().await?;
        Ok(file)
    }

    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would look names up for us, unchecked.
            .no_proxy()
            .dns_resolver(CheckedNames { allowed: self.allowed })
            .connect_timeout(CONNECT_TIME_LIMIT)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(failure)?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// The part of a client's error that we tell apart.
fn failure(error: reqwest::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(at) = cause {
        if at.is::<NotPublic>() {
            return Error::UnsupportedAddress;
        }
        cause = at.source();
    }
    if error.is_timeout() { Error::TimedOut } else { Error::Download(error.without_url().into()) }
}

#[cfg(test)]
mod tests;
