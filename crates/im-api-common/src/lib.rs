//! What the dialects share: where a request comes from, its parameters and cookies, uploads, stored files, times as text,
//! QR codes. No envelope.

pub mod address;
pub mod civil;
pub mod cookies;
pub mod files;
pub mod forms;
pub mod qrcode;
pub mod uploads;
