//! Base 64 and base 32 (RFC 4648), with padding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Function, Text, function, text};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    function("b64enc", &[Text], |machine, arguments| {
        machine.text(STANDARD.encode(text(arguments, 0).as_bytes()))
    }),
    function("b64dec", &[Text], |machine, arguments| {
        // As Go, which lets lines be broken.
        let encoded = text(arguments, 0).replace(['\r', '\n'], "");
        match STANDARD.decode(encoded) {
            Ok(bytes) => machine.text(String::from_utf8_lossy(&bytes)),
            Err(error) => Ok(illegal(64, place(&error))),
        }
    }),
    function("b32enc", &[Text], |machine, arguments| machine.text(base32(text(arguments, 0).as_bytes()))),
    function("b32dec", &[Text], |machine, arguments| {
        let encoded = text(arguments, 0).replace(['\r', '\n'], "");
        match from_base32(&encoded) {
            Ok(bytes) => machine.text(String::from_utf8_lossy(&bytes)),
            Err(at) => Ok(illegal(32, at)),
        }
    }),
];

/// Sprig gives back the problem instead of a text.
fn illegal(base: u8, at: usize) -> Value {
    Value::text(format!("illegal base{base} data at input byte {at}"))
}

fn place(error: &base64::DecodeError) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        base64::DecodeError::InvalidLength(length) => *length,
        base64::DecodeError::InvalidPadding => 0,
    }
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Five bytes become eight letters.
fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group.iter_mut().skip(3).zip(chunk).for_each(|(to, from)| *to = *from);
        let bits = u64::from_be_bytes(group);
        let letters = (chunk.len() * 8).div_ceil(5);
        for i in 0..8 {
            let letter = ALPHABET.get((bits >> (35 - 5 * i) & 31) as usize).copied().unwrap_or_default();
            out.push(if i < letters { char::from(letter) } else { '=' });
        }
    }
    out
}

/// The byte at which it goes wrong is the error.
fn from_base32(text: &str) -> Result<Vec<u8>, usize> {
    let letters = text.trim_end_matches('=');
    if let Some(at) = letters.bytes().position(|letter| !ALPHABET.contains(&letter)) {
        return Err(at);
    }
    if !text.len().is_multiple_of(8)
        || text.len() - letters.len() > 6
        || matches!(letters.len() % 8, 1 | 3 | 6)
    {
        return Err(letters.len());
    }
    let mut bytes = Vec::with_capacity(letters.len() * 5 / 8);
    let (mut bits, mut count) = (0_u64, 0);
    for (at, letter) in letters.bytes().enumerate() {
        let value = ALPHABET.iter().position(|known| *known == letter).ok_or(at)?;
        bits = bits << 5 | value as u64;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Ok(bytes)
}
