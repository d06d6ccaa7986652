//! What a client sends over a WebSocket: the same whatever the pieces are in which it comes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ntfy_protocol::websocket::{Decoder, Fault, Incoming, MESSAGE_MAX};

fuzz_target!(|input: &[u8]| {
    let Some((step, bytes)) = input.split_first() else { return };
    let whole = said(bytes, bytes.len().max(1));
    let pieces = said(bytes, usize::from(*step).max(1));
    // What comes in the same piece as a fault is not said.
    assert_eq!(whole.1, pieces.1);
    assert!(if whole.1.is_none() { whole.0 == pieces.0 } else { pieces.0.starts_with(&whole.0) });
    for incoming in &whole.0 {
        match incoming {
            Incoming::Text(text) => assert!(text.len() <= MESSAGE_MAX),
            Incoming::Binary(bytes) => assert!(bytes.len() <= MESSAGE_MAX),
            Incoming::Ping(bytes) | Incoming::Pong(bytes) => assert!(bytes.len() <= 125),
            Incoming::Close(code) => assert!(code.is_none_or(|code| (1000..5000).contains(&code))),
        }
    }
});

/// What is said before the first fault, and the fault.
fn said(bytes: &[u8], step: usize) -> (Vec<Incoming>, Option<Fault>) {
    let mut decoder = Decoder::default();
    let mut said = Vec::new();
    for piece in bytes.chunks(step) {
        match decoder.feed(piece) {
            Ok(more) => said.extend(more),
            Err(fault) => return (said, Some(fault)),
        }
    }
    (said, None)
}
