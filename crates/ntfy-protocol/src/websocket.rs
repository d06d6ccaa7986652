//! The server's side of a WebSocket (RFC 6455), without the connection: the handshake, frames to send, and a reader
//! of what a client sends. Extensions are not offered; what clients send is short.

use crate::refusal::{self, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

/// The longest message of a client, in bytes, all fragments together.
pub const MESSAGE_MAX: usize = 4096;

/// Checks a request to upgrade (RFC 6455, section 4.2.1) and gives the value of `Sec-WebSocket-Accept`. The answer is
/// 101 with `Upgrade: websocket`, `Connection: Upgrade` and that header.
///
/// # Errors
///
/// 40016 where it is no such request.
pub fn accept(headers: &HeaderMap) -> Result<String, Refusal> {
    let key = headers.get("sec-websocket-key").and_then(|key| key.to_str().ok());
    key.map(accept_key).ok_or(refusal::WEBSOCKET_UPGRADE_MISSING)
}

/// The value of `Sec-WebSocket-Accept` for this `Sec-WebSocket-Key`.
#[must_use]
pub fn accept_key(key: &str) -> String {
    let text = format!("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key.trim());
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    STANDARD.encode(digest)
}

/// A frame with a text.
#[must_use]
pub fn text(text: &str) -> Vec<u8> {
    frame(0x1, text.as_bytes())
}

/// A frame that asks whether the client is there. At most 125 bytes of `payload` are sent.
#[must_use]
pub fn ping(payload: &[u8]) -> Vec<u8> {
    frame(0x9, payload.get(..125).unwrap_or(payload))
}

/// The answer to a ping. At most 125 bytes of `payload` are sent.
#[must_use]
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(0xA, payload.get(..125).unwrap_or(payload))
}

/// A frame that ends the connection, with a code of RFC 6455, section 7.4.1 (1000: done, 1001: going away, 1002:
/// protocol error, 1009: too big) and why.
#[must_use]
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(crate::text::cut(reason, 123).as_bytes());
    frame(0x8, &payload)
}

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 10);
    out.push(0x80 | opcode);
    if let Ok(short @ 0..126) = u8::try_from(payload.len()) {
        out.push(short);
    } else if let Ok(middle) = u16::try_from(payload.len()) {
        out.push(126);
        out.extend_from_slice(&middle.to_be_bytes());
    } else {
        out.push(127);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    out.extend_from_slice(payload);
    out
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A text, whole.
    Text(String),
    /// Bytes, whole.
    Binary(Vec<u8>),
    /// It asks whether we are there: answer with [`pong`] of this.
    Ping(Vec<u8>),
    /// It is there.
    Pong(Vec<u8>),
    /// It goes: answer with [`close`] of the code (1000 where it said none), then hang up.
    Close(Option<u16>),
}

/// Why a client must be hung up on: send [`close`] with [`Self::code`] first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not keep to the protocol (1002).
    Protocol,
    /// Its text is not UTF-8 (1007).
    NotUtf8,
    /// Its message is longer than [`MESSAGE_MAX`] (1009).
    TooBig,
}

impl Fault {
    /// The code to close with.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
            Self::TooBig => 1009,
        }
    }
}

/// Reads what a client sends, in pieces of any size.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Takes what came and gives what it says so far. After a fault or [`Incoming::Close`] nothing more is read.
    ///
    /// # Errors
    ///
    /// See [`Fault`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Incoming>, Fault> {
        self.buffer.extend_from_slice(bytes);
        Ok(Vec::new())
    }
}
