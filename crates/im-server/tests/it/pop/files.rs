//! Files that people upload.
use super::kit::{Form, Reply};
use crate::kit::answer;
use reqwest::{
    RequestBuilder,
    multipart::{self, Part},
};

/// A small picture.
pub const PNG: &[u8] = include_bytes!("../../../../im-api-egg/icons/group.png");

/// Uploads a file under this name.
pub async fn upload(request: RequestBuilder, name: &str, bytes: &[u8]) -> Reply {
    upload_with(request, name, bytes, Form::new()).await
}

/// The same with fields beside it.
pub async fn upload_with(request: RequestBuilder, name: &str, bytes: &[u8], fields: Form) -> Reply {
    let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let part = part.mime_str("application/octet-stream").unwrap();
    let form = fields.into_iter().fold(multipart::Form::new(), |form, (name, value)| form.text(name, value));
    Reply(answer(request.multipart(form.part("file", part))).await)
}

/// A tone of a tenth of a second, as a browser records it.
pub fn wav() -> Vec<u8> {
    let samples: Vec<u8> = (0..1_600_i32).flat_map(|n| ((n * 997 % 8_000) as i16).to_le_bytes()).collect();
    let mut wav = Vec::from(*b"RIFF");
    wav.extend((36 + samples.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    wav.extend([16_000_u32, 32_000].map(u32::to_le_bytes).concat());
    wav.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    wav.extend(b"data");
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    wav
}

/// A picture of one colour.
pub fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&colour.repeat((width * height) as usize)).unwrap();
    writer.finish().unwrap();
    bytes
}
