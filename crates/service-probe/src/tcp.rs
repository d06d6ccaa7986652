//! Any service over TCP: it accepts a connection and, if one wants so, says something expected.

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::text::{first_line, said};
use crate::wire::{Protocol, Wire};

pub(crate) const PROTOCOL: Protocol = Protocol { name: "the service", may_begin: |_| true };

/// Connects, sends, and waits for a text.
///
/// With neither text it is enough that the connection is accepted; with `send` alone, that anything is
/// answered. Details: `came`, the first line of what came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tcp {
    /// What to send, byte for byte.
    pub send: Option<String>,
    /// What must occur in the first bytes which come (as many as [`Limits::bytes`](crate::Limits)
    /// allows), byte for byte.
    pub expect: Option<String>,
}

pub(crate) async fn talk(wire: &mut Wire<'_>, question: &Tcp) -> Result<Said, Failure> {
    wire.enter(if question.send.is_some() { Phase::Answer } else { Phase::Greeting });
    if let Some(text) = &question.send {
        wire.send(text.as_bytes()).await?;
    }
    let expect = match (&question.send, &question.expect) {
        (None, None) => return Ok(Said::new("accepts connections")),
        (_, expect) => expect.as_deref().unwrap_or_default(),
    };
    let mut searched = 0;
    loop {
        let came = wire.read();
        if !came.is_empty() && find(&came[searched..], expect.as_bytes()) {
            return Ok(answered(came, expect));
        }
        // The end of what came may be the beginning of the text.
        searched = came.len().saturating_sub(expect.len());
        if let Err(failure) = wire.fill().await {
            return Err(match failure {
                failure if wire.read().is_empty() => failure,
                Failure::Unfinished { .. } | Failure::Closed { .. } | Failure::TooMuch { .. } => {
                    let came = first_line(wire.first());
                    Failure::Unexpected { at: wire.at(), expected: said(expect.as_bytes()), came }
                }
                failure => failure,
            });
        }
    }
}

fn answered(came: &[u8], expect: &str) -> Said {
    let summary = match expect {
        "" => "answers".to_owned(),
        expect => format!("answers with “{}”", said(expect.as_bytes())),
    };
    Said::new(summary).with("came", first_line(&came[..came.len().min(64)]))
}

/// Whether `text` occurs in `bytes`; no text occurs everywhere.
fn find(bytes: &[u8], text: &[u8]) -> bool {
    text.is_empty() || bytes.windows(text.len()).any(|window| window == text)
}
