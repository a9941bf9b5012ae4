//! What the dialects share: where a request comes from, uploads, stored files, times as text, QR codes.
//! No envelope.

pub mod address;
pub mod civil;
pub mod files;
pub mod qrcode;
pub mod uploads;
