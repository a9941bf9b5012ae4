//! Why a blob or a picture could not be had.

use std::io;

/// Shorthand of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a blob or a picture could not be had.
///
/// The Chinese texts belong to video covers: a dialect shows them to the person after its own
/// `截图处理失败: `. The other texts are for logs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path of a blob has characters or segments that no stored file can have.
    #[error("invalid storage key")]
    InvalidKey,
    /// A folder of #30.1 breaks the rule of `names`.
    #[error("文件夹名称不合法")]
    InvalidFolder,
    /// The settings contradict themselves; said at start.
    #[error("{0}")]
    Settings(String),
    /// The video is not in the store.
    #[error("视频不存在")]
    NoVideo,
    /// The address is neither ours nor on the allow list, or it leads into a private network.
    #[error("不支持的视频地址")]
    UnsupportedAddress,
    /// The video could not be downloaded.
    #[error("视频下载失败")]
    Download(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The video or the picture made from it is larger than the settings allow.
    #[error("文件过大")]
    TooLarge,
    /// No ffmpeg program at the configured path.
    #[error("服务器未安装 ffmpeg")]
    FfmpegMissing,
    /// The work took longer than the settings allow and was stopped.
    #[error("处理超时")]
    TimedOut,
    /// ffmpeg found no picture in the file: it is no video, or a broken one.
    #[error("无法读取视频画面")]
    NoFrame,
    /// Too many pictures are being made; come again.
    #[error("服务器繁忙，请稍后再试")]
    Busy,
    /// The local disk failed.
    #[error("disk: {0}")]
    Io(#[from] io::Error),
    /// The storage service failed.
    #[error("storage: {0}")]
    Storage(#[from] opendal::Error),
}
