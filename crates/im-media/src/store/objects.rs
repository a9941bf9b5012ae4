//! The bucket of an S3 or OSS service.

use std::path::Path;
use std::time::Duration;

use bytes::BytesMut;
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::{Operator, Writer, services};
use reqwest::Url;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::settings::{Backend, Storage};
use crate::{Error, Key, Result, Serving};

/// Uploaded at a time: S3 takes no smaller parts than 5 MiB.
const PART_BYTES: usize = 8 << 20;

/// Read from disk at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Seconds for one part on a slow line.
const PART_TIME_LIMIT: Duration = Duration::from_secs(60);

/// Tries of a request before it counts as failed.
const TRIES: usize = 3;

/// A bucket and the URL under which clients read it.
pub(super) struct Objects {
    pub(super) bucket: Operator,
    pub(super) public: Url,
}

impl Objects {
    /// The bucket of `settings`; none for the data directory.
    pub(super) fn open(settings: &Storage) -> Result<Option<Self>> {
        let bucket = match settings.backend {
            Backend::Fs => return Ok(None),
            Backend::S3 => operator(s3(settings))?,
            Backend::Oss => operator(oss(settings))?,
        };
        Ok(Some(Self { bucket, public: public_url(&settings.public_url)? }))
    }

    /// Uploads a local file. Readers see all of it or nothing.
    pub(super) async fn put(&self, path: &Key, file: &Path, serving: Serving) -> Result<()> {
        let mut file = File::open(file).await?;
        let options =
            self.bucket.writer_with(path.as_str()).chunk(PART_BYTES).content_type(serving.content_type);
        let options = if serving.inline { options } else { options.content_disposition("attachment") };
        let mut writer = options.cache_control("public, max-age=31536000, immutable").await?;
        if let Err(e) = copy(&mut file, &mut writer).await {
            // Parts that were sent would be billed for ever.
            if let Err(problem) = writer.abort().await {
                tracing::debug!(%problem, "an interrupted upload was left in the bucket");
            }
            return Err(e);
        }
        writer.close().await?;
        Ok(())
    }

    /// Where clients read `path`.
    pub(super) fn url(&self, path: &Key) -> String {
        format!("{}/{path}", self.public.as_str().trim_end_matches('/'))
    }
}

async fn copy(file: &mut File, writer: &mut Writer) -> Result<()> {
    loop {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        if file.read_buf(&mut piece).await? == 0 {
            return Ok(());
        }
        writer.write(piece.freeze()).await?;
    }
}

fn operator(builder: impl opendal::Builder) -> Result<Operator> {
    // Found out now and not in the middle of an upload: without root certificates there is no TLS.
    reqwest::Client::builder().build().map_err(|e| Error::Settings(format!("storage: no HTTPS: {e}")))?;
    opendal::install_default();
    let bucket = Operator::new(builder).map_err(|e| Error::Settings(format!("storage: {e}")))?;
    let patience = TimeoutLayer::new().with_timeout(PART_TIME_LIMIT).with_io_timeout(PART_TIME_LIMIT);
    Ok(bucket.layer(patience).layer(RetryLayer::new().with_max_times(TRIES).with_jitter()))
}

fn s3(settings: &Storage) -> services::S3 {
    let service = services::S3::default()
        .bucket(&settings.bucket)
        .endpoint(&settings.endpoint)
        .region(&settings.region)
        .access_key_id(&settings.access_key_id)
        .secret_access_key(settings.secret_access_key.expose());
    let service = if settings.virtual_host { service.enable_virtual_host_style() } else { service };
    // A key in the settings is meant; AWS_* variables of the machine are for others.
    if settings.access_key_id.is_empty() {
        service
    } else {
        service.disable_config_load().disable_ec2_metadata()
    }
}

fn oss(settings: &Storage) -> services::Oss {
    services::Oss::default()
        .bucket(&settings.bucket)
        .endpoint(&settings.endpoint)
        .access_key_id(&settings.access_key_id)
        .access_key_secret(settings.secret_access_key.expose())
}

fn public_url(text: &str) -> Result<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
        })
        .ok_or_else(|| {
            Error::Settings("storage.public_url: the http(s) URL of the bucket is needed".to_owned())
        })
}
