//! Addresses as QR codes, for printing: black on white, with the margin that readers need. Knows
//! nothing of what an address leads to.

use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;
use thiserror::Error;

/// The quiet zone, in modules, that the standard asks for.
const MARGIN: usize = 4;
/// How large an SVG is unless whoever places it says otherwise: read from an arm's length.
const SIDE_MM: usize = 40;

#[derive(Debug, Error)]
pub enum QrError {
    #[error("the address is too long for a QR code")]
    TooLong(#[from] qrcode::types::QrError),
    #[error("the picture could not be written")]
    Picture(#[from] png::EncodingError),
}

/// The dark modules, row by row, without the margin.
struct Modules {
    width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// A quarter of it may be dirty or torn: it hangs where people pass by.
    fn of(address: &str) -> Result<Self, QrError> {
        let code = QrCode::with_error_correction_level(address, EcLevel::Q)?;
        let dark = code.to_colors().into_iter().map(|colour| colour == Color::Dark);
        Ok(Self { width: code.width(), dark: dark.collect() })
    }

    const fn side(&self) -> usize {
        self.width + 2 * MARGIN
    }

    /// By column and row, margin included.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < self.width);
        let place = inside(x).zip(inside(y)).map(|(x, y)| y * self.width + x);
        place.is_some_and(|place| self.dark[place])
    }
}

pub fn svg(address: &str) -> Result<String, QrError> {
    let modules = Modules::of(address)?;
    let side = modules.side();
    let mut path = String::new();
    for y in 0..side {
        for x in (0..side).filter(|x| modules.is_dark(*x, y)) {
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         width=\"{SIDE_MM}mm\" height=\"{SIDE_MM}mm\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>\n"
    ))
}

/// A side of `size` pixels at most, in whole pixels for each module; one pixel where there is no
/// room for more.
pub fn png(address: &str, size: usize) -> Result<Vec<u8>, QrError> {
    let modules = Modules::of(address)?;
    let scale = (size / modules.side()).max(1);
    let pixels = modules.side() * scale;
    let mut rows = Vec::with_capacity(pixels * pixels.div_ceil(8));
    for y in 0..pixels {
        let mut row = vec![0_u8; pixels.div_ceil(8)];
        for x in (0..pixels).filter(|x| !modules.is_dark(x / scale, y / scale)) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
        rows.extend_from_slice(&row);
    }
    let mut picture = Vec::new();
    let side = u32::try_from(pixels).expect("a code has at most 185 modules a side");
    let mut encoder = Encoder::new(&mut picture, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.write_header()?.write_image_data(&rows)?;
    Ok(picture)
}
