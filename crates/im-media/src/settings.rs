//! The sections `[media]` and `[storage]` of the settings.

pub use im_core::settings::Secret;
use serde::{Deserialize, Serialize};

im_core::settings! {
    /// Uploads and pictures made from videos.
    pub struct Media {
        /// Bytes of the largest upload. Default 52428800 (50 MiB).
        upload_limit_bytes: u64 = 50 << 20,
        /// Path or name of the ffmpeg program that takes covers from videos. Default "ffmpeg".
        ffmpeg: String = "ffmpeg".to_owned(),
        /// Path or name of the ffprobe program that tells how long films and sounds are. Default "ffprobe".
        ffprobe: String = "ffprobe".to_owned(),
        /// Seconds after which a running ffmpeg is stopped. Default 15.
        ffmpeg_time_limit_s: u64 = 15,
        /// ffmpeg processes at the same time, each on one thread. Default 2.
        ffmpeg_concurrency: usize = 2,
        /// Seconds that a request waits for its turn with ffmpeg. Default 10.
        ffmpeg_wait_s: u64 = 10,
        /// Bytes of the largest picture taken from a video. Default 8388608 (8 MiB).
        cover_limit_bytes: u64 = 8 << 20,
        /// Bytes of memory for recently made video posters. Default 33554432 (32 MiB).
        poster_cache_bytes: u64 = 32 << 20,
        /// Hosts besides our own from which covers may be taken, such as the CDN of the object
        /// storage: "host" or "host:port". Addresses of private networks are refused even here.
        /// Default none.
        video_hosts: Vec<String> = Vec::new(),
        /// Bytes of the largest video fetched from another host. Default 104857600 (100 MiB).
        video_limit_bytes: u64 = 100 << 20,
        /// Seconds that fetching a video from another host may take. Default 30.
        video_time_limit_s: u64 = 30,
    }
}

im_core::settings! {
    /// Where the files of "upload to object storage" go. All others stay in the data directory.
    pub struct Storage {
        /// "fs" (the data directory), "s3" (also MinIO, COS, OBS, R2) or "oss" (Aliyun). Default "fs".
        backend: Backend = Backend::Fs,
        /// Bucket. Needed by s3 and oss.
        bucket: String = String::new(),
        /// URL of the service, such as "https://oss-cn-hangzhou.aliyuncs.com". Needed by oss; s3
        /// without it means Amazon.
        endpoint: String = String::new(),
        /// Region that requests are signed for. s3 only. Default "us-east-1".
        region: String = "us-east-1".to_owned(),
        /// Access key. Empty: credentials of the environment or the machine's role.
        access_key_id: String = String::new(),
        /// Secret of the access key.
        secret_access_key: Secret = Secret::default(),
        /// Put the bucket into the host name instead of the path. s3 only; oss always does. Default false.
        virtual_host: bool = false,
        /// URL under which clients read the bucket, such as "https://my-bucket.oss-cn-hangzhou.aliyuncs.com".
        /// Needed by s3 and oss.
        public_url: String = String::new(),
    }
}

/// The kind of service behind [`Storage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The data directory.
    Fs,
    /// Amazon S3 and everything that speaks its protocol.
    S3,
    /// Aliyun OSS in its own protocol.
    Oss,
}

#[cfg(test)]
mod tests {
    use super::{Secret, Storage};

    #[test]
    fn a_secret_is_not_printed() {
        let storage = Storage { secret_access_key: Secret::from("tiger"), ..Storage::default() };
        let text = format!("{storage:?}");
        assert!(text.contains("[set]") && !text.contains("tiger"), "{text}");
        assert_eq!(storage.secret_access_key.expose(), "tiger");
        assert_eq!(format!("{:?}", Secret::default()), "Secret()");
    }
}
