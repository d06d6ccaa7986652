//! Small icons, made on the fly.

use std::io::Write;

const SIDE: usize = 64;

/// A PNG: a rounded square of this colour with a lighter disc in it.
pub(crate) fn png(colour: [u8; 3]) -> Vec<u8> {
    let mut raw = Vec::new();
    for y in 0..SIDE {
        raw.push(0); // no filter
        for x in 0..SIDE {
            raw.extend(pixel(colour, x as f64 + 0.5, y as f64 + 0.5));
        }
    }
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&raw).unwrap();
    let side = u32::try_from(SIDE).unwrap().to_be_bytes();
    // 8 bits for each of red, green, blue and opacity.
    let head = [&side[..], &side, &[8, 6, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", head), (b"IDAT", packer.finish().unwrap()), (b"IEND", Vec::new())] {
        let named = [&kind[..], &data].concat();
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        file.extend(&named);
        file.extend(crc32(&named).to_be_bytes());
    }
    file
}

fn pixel(colour: [u8; 3], x: f64, y: f64) -> [u8; 4] {
    let (side, radius) = (SIDE as f64, 14.0);
    let beyond = |at: f64| (radius - at).max(at - (side - radius)).max(0.0);
    let opaque = (radius + 0.5 - beyond(x).hypot(beyond(y))).clamp(0.0, 1.0);
    let disc = (side * 0.27 + 0.5 - (x - side / 2.0).hypot(y - side / 2.0)).clamp(0.0, 1.0);
    let mix = |c: u8| (f64::from(c) + (255.0 - f64::from(c)) * disc * 0.85) as u8;
    let [r, g, b] = colour.map(mix);
    [r, g, b, (opaque * 255.0) as u8]
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
