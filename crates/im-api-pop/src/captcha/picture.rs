//! Drawing a captcha: letters of a small font, bent, with noise.
use rand::RngExt;

const WIDTH: usize = 128;
const HEIGHT: usize = 44;
/// Pixels of a dot of a letter.
const DOT: f32 = 4.0;
/// Pixels from one letter to the next.
const STEP: usize = 29;
/// Lines and specks across the letters.
const LINES: usize = 4;
const SPECKS: usize = 260;

/// Letters of five by seven dots, a row per number.
const FONT: &[(u8, [u8; 7])] = &[
    (b'2', [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111]),
    (b'3', [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110]),
    (b'4', [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010]),
    (b'5', [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110]),
    (b'7', [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000]),
    (b'9', [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100]),
    (b'A', [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    (b'C', [0b01111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b01111]),
    (b'D', [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110]),
    (b'E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
    (b'F', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000]),
    (b'H', [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    (b'J', [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100]),
    (b'K', [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001]),
    (b'M', [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
    (b'N', [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001]),
    (b'P', [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000]),
    (b'R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
    (b'T', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100]),
    (b'U', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    (b'V', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100]),
    (b'W', [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001]),
    (b'X', [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001]),
    (b'Y', [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100]),
];

/// The letters as a grey PNG; `None` for one that the font has not.
pub fn draw(letters: &[u8]) -> Option<Vec<u8>> {
    let mut pixels = vec![255_u8; WIDTH * HEIGHT];
    for (at, letter) in letters.iter().enumerate() {
        let (_, rows) = FONT.iter().find(|(known, _)| known == letter)?;
        stamp(&mut pixels, rows, at * STEP);
    }
    disturb(&mut pixels);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(png)
}

/// Puts a letter near `left`, leaning and swaying a little: each pixel asks which dot it is part of.
fn stamp(pixels: &mut [u8], rows: &[u8; 7], left: usize) {
    let mut rng = rand::rng();
    let (x0, y0) = (left as f32 + rng.random_range(5.0..10.0), rng.random_range(4.0..12.0));
    let (lean, sway) = (rng.random_range(-0.25..0.25), rng.random_range(0.0..1.6));
    let (phase, ink) = (rng.random_range(0.0..6.3), rng.random_range(0..90));
    for y in 0..HEIGHT {
        let down = y as f32 - y0;
        let shift = lean * (down - 14.0) + sway * (down / 5.0 + phase).sin();
        for x in left..WIDTH.min(left + 2 * STEP) {
            let (column, row) = ((x as f32 - x0 - shift) / DOT, down / DOT);
            if column < 0.0 || row < 0.0 || column >= 5.0 || row >= 7.0 {
                continue;
            }
            if rows[row as usize] >> (4 - column as usize) & 1 == 1 {
                pixels[y * WIDTH + x] = ink;
            }
        }
    }
}

fn disturb(pixels: &mut [u8]) {
    let mut rng = rand::rng();
    for _ in 0..LINES {
        let (from, to) = (rng.random_range(0..HEIGHT) as f32, rng.random_range(0..HEIGHT) as f32);
        let ink = rng.random_range(40..170);
        for x in 0..WIDTH {
            let y = from + (to - from) * x as f32 / WIDTH as f32;
            pixels[y as usize * WIDTH + x] = ink;
        }
    }
    for _ in 0..SPECKS {
        pixels[rng.random_range(0..WIDTH * HEIGHT)] = rng.random_range(60..230);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ALPHABET, *};

    #[test]
    fn the_font_has_every_letter_once() {
        let letters: Vec<u8> = FONT.iter().map(|(letter, _)| *letter).collect();
        assert_eq!(letters, ALPHABET);
        assert!(draw(b"0").is_none());
    }
}
