//! The server's side of a WebSocket (RFC 6455), without the connection: the handshake, frames to send, and a reader
//! of what a client sends. Extensions are not offered; what clients send is short.

use crate::refusal::{self, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};

/// The longest message of a client, in bytes, all fragments together.
pub const MESSAGE_MAX: usize = 4096;

/// Checks a request to upgrade (RFC 6455, section 4.2.1) and gives the value of `Sec-WebSocket-Accept`. The answer is
/// 101 with `Upgrade: websocket`, `Connection: Upgrade` and that header.
///
/// # Errors
///
/// 40016 where it is no such request.
pub fn accept(headers: &HeaderMap) -> Result<String, Refusal> {
    let value = |name| {
        headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default().trim()
    };
    let says = |name, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    if !says("upgrade", "websocket") {
        return Err(refusal::WEBSOCKET_UPGRADE_MISSING);
    }
    let wrong = |detail| Err(refusal::WEBSOCKET_UPGRADE_MISSING.with_detail(detail));
    if !says("connection", "upgrade") {
        return wrong("the header Connection does not say Upgrade; a proxy may have removed it");
    }
    if value("sec-websocket-version") != "13" {
        return wrong("only version 13 is spoken here");
    }
    let key = value("sec-websocket-key");
    if STANDARD.decode(key).map(|key| key.len()) != Ok(16) {
        return wrong("the key is none");
    }
    Ok(accept_key(key))
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

/// Reads what a client sends, in pieces of any size. It keeps no more than one message of [`MESSAGE_MAX`] bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What came and is no whole frame yet.
    buffer: Vec<u8>,
    /// The fragments so far of a message that goes on, and whether it is a text.
    fragments: Option<(bool, Vec<u8>)>,
    /// Whether the client said goodbye or did not keep to the protocol.
    over: bool,
}

/// A frame as it came.
struct Frame {
    last: bool,
    opcode: u8,
    payload: Vec<u8>,
}

impl Decoder {
    /// Takes what came and gives what it says so far. After a fault or [`Incoming::Close`] nothing more is read; what
    /// came in the same piece before a fault is not said.
    ///
    /// # Errors
    ///
    /// See [`Fault`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Incoming>, Fault> {
        let mut said = Vec::new();
        if self.over {
            return Ok(said);
        }
        self.buffer.extend_from_slice(bytes);
        let mut taken = 0;
        let read = loop {
            match frame_of(self.buffer.get(taken..).unwrap_or_default()) {
                Err(fault) => break Err(fault),
                Ok(None) => break Ok(()),
                Ok(Some((frame, length))) => {
                    taken += length;
                    match self.take(frame) {
                        Err(fault) => break Err(fault),
                        Ok(incoming) => said.extend(incoming),
                    }
                    if self.over {
                        break Ok(());
                    }
                }
            }
        };
        if taken >= self.buffer.len() {
            // Most of the time nothing waits, and then nothing is kept.
            self.buffer = Vec::new();
        } else {
            self.buffer.drain(..taken);
        }
        if read.is_err() || self.over {
            *self = Self { over: true, ..Self::default() };
        }
        read.map(|()| said)
    }

    /// What a frame says; nothing while a message goes on.
    fn take(&mut self, frame: Frame) -> Result<Option<Incoming>, Fault> {
        let Frame { last, opcode, payload } = frame;
        let (text, bytes) = match (opcode, self.fragments.take()) {
            (0x0, Some((text, mut bytes))) => {
                bytes.extend_from_slice(&payload);
                (text, bytes)
            }
            (0x1, None) => (true, payload),
            (0x2, None) => (false, payload),
            (0x8, _) => {
                self.over = true;
                return closing(&payload).map(Some);
            }
            // A control frame may come between two fragments.
            (0x9, fragments) => {
                self.fragments = fragments;
                return Ok(Some(Incoming::Ping(payload)));
            }
            (0xA, fragments) => {
                self.fragments = fragments;
                return Ok(Some(Incoming::Pong(payload)));
            }
            _ => return Err(Fault::Protocol),
        };
        if bytes.len() > MESSAGE_MAX {
            return Err(Fault::TooBig);
        }
        if !last {
            self.fragments = Some((text, bytes));
            return Ok(None);
        }
        match text {
            true => {
                String::from_utf8(bytes).map(|text| Some(Incoming::Text(text))).map_err(|_| Fault::NotUtf8)
            }
            false => Ok(Some(Incoming::Binary(bytes))),
        }
    }
}

/// The code and reason of a frame that closes (sections 5.5.1 and 7.4).
fn closing(payload: &[u8]) -> Result<Incoming, Fault> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(Incoming::Close(None)) } else { Err(Fault::Protocol) };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Fault::Protocol);
    }
    std::str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?;
    Ok(Incoming::Close(Some(code)))
}

/// The frame at the beginning (section 5.2) and how long it is; `None` while it is not whole. What is wrong or too long
/// is known by its first bytes, before anything is waited for.
fn frame_of(bytes: &[u8]) -> Result<Option<(Frame, usize)>, Fault> {
    let Some(([first, second], rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    let (opcode, control) = (first & 0x0F, first & 0x08 != 0);
    let (last, short) = (first & 0x80 != 0, second & 0x7F);
    // Reserved bits and opcodes; a client masks all it sends; control frames are short and whole.
    let wrong = first & 0x70 != 0 || !matches!(opcode, 0..=2 | 8..=10) || second & 0x80 == 0;
    if wrong || control && (!last || short > 125) {
        return Err(Fault::Protocol);
    }
    let (length, rest) = match short {
        126 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
            None => return Ok(None),
        },
        // Whatever needs eight bytes for its length is too long.
        127 => return Err(Fault::TooBig),
        short => (u64::from(short), rest),
    };
    if short == 126 && length < 126 {
        return Err(Fault::Protocol);
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MESSAGE_MAX {
        return Err(Fault::TooBig);
    }
    let Some((mask, rest)) = rest.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let Some((masked, after)) = rest.split_at_checked(length) else {
        return Ok(None);
    };
    let payload = masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    Ok(Some((Frame { last, opcode, payload }, bytes.len() - after.len())))
}

#[cfg(test)]
mod tests;
