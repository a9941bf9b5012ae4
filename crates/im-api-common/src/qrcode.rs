//! QR codes as pictures.
use fast_qr::{ECL, QRBuilder};

/// Pixels of a module, and modules of the margin.
const MODULE: usize = 10;
const MARGIN: usize = 4;

/// The code as PNG; `None` when the text is too long.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let side = (code.size + 2 * MARGIN) * MODULE;
    let dark = |at: usize, line: usize| {
        let inside = |n: usize| (n / MODULE).checked_sub(MARGIN).filter(|n| *n < code.size);
        inside(at).zip(inside(line)).is_some_and(|(x, y)| code[y][x].value())
    };
    let mut pixels = Vec::with_capacity(side * side);
    for line in 0..side {
        pixels.extend((0..side).map(|at| if dark(at, line) { 0 } else { 255 }));
    }
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(picture)
}

/// The code as SVG: one path, sharp at every size. `None` when the text is too long.
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let side = code.size + 2 * MARGIN;
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let run = (x..code.size).take_while(|x| code[y][*x].value()).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + MARGIN, y + MARGIN));
            }
            x += run.max(1);
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}
