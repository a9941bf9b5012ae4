//! Blobs on disk or object storage, file types by content, video covers.
//!
//! - [`Store`]: where files live and how they become durable; [`Key`] names one.
//! - [`names`]: how new files are called.
//! - [`Kind`]: what a file is by its bytes; [`accept`]: which uploads are taken.
//! - [`Covers`]: a picture out of a video, by ffmpeg; [`picture`]: small ones of pictures.
//! - [`settings`]: the sections `[media]` and `[storage]`.

pub mod accept;
mod cover;
mod error;
mod key;
mod kind;
pub mod names;
pub mod picture;
pub mod settings;
mod store;

pub use cover::{Covers, Format, Measures, Picture, Shot, Source};
pub use error::{Error, Result};
pub use key::Key;
pub use kind::{Class, HEAD_BYTES, Kind, Serving};
pub use store::{Blob, Store};
/// The crate of [`tempfile::NamedTempFile`], the type of uploads in flight.
pub use tempfile;
