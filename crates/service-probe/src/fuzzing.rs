//! Doors to what reads a stranger's bytes and is not public, for the fuzz targets of this repository.
//!
//! They add nothing but what a fuzzer needs: bytes in, and a panic where a promise of this library is
//! broken.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Builder;

use crate::answer::Said;
use crate::client;
use crate::wire::{Guard, Opening, Wire};
use crate::{Failure, Limits, Question, Security};

/// Asks `question` of a server which sends `answer` in pieces of `step` bytes, whatever it is asked, and
/// then closes the connection. TLS cannot be had. Gives the summary and the details.
///
/// # Errors
///
/// What a probe of such a server would give.
///
/// # Panics
///
/// If there is no runtime, or more is told of a server than may be.
pub fn converse(
    question: &Question,
    security: Security,
    answer: &[u8],
    step: usize,
) -> Result<(String, Vec<(&'static str, String)>), Failure> {
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let limits = Limits::default();
    let connector = tls_probe::Client::with_roots(Vec::new());
    let talk = async {
        let opening = Opening {
            stream: Box::new(Server { answer: answer.to_vec(), sent: 0, step: step.max(1) }),
            at: SocketAddr::new(ip, 25),
            local: Some(ip),
            guard: Guard { client: &connector, host: "nas.lan", security },
            limits: &limits,
            deadline: client::deadline(&limits),
        };
        let mut wire = Wire::new(opening, question.protocol());
        question.talk(&mut wire).await
    };
    let runtime = Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { panic!("no runtime") };
    let Said { summary, details } = runtime.block_on(talk)?;
    assert!(summary.chars().count() <= 500, "a long summary: {summary}");
    assert!(details.len() <= 1000, "many details: {}", details.len());
    Ok((summary, details))
}

/// Reads a datagram of a name server, which answers `question` if its number is `number`. Gives the
/// records.
#[must_use]
pub fn name_server(question: &crate::Dns, number: u16, answer: &[u8]) -> Option<Vec<String>> {
    crate::dns::read(question, number, answer)
}

/// Reads a packet as a reply to a ping of `ip`; gives the number of the request.
#[must_use]
pub fn echo(ip: IpAddr, packet: &[u8], token: [u8; 16]) -> Option<u16> {
    crate::ping::number_of_reply(ip, packet, &token)
}

/// A server which says its text and nothing else.
struct Server {
    answer: Vec<u8>,
    sent: usize,
    step: usize,
}

impl AsyncRead for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.step.min(buf.remaining()).min(self.answer.len() - self.sent);
        let end = self.sent + length;
        buf.put_slice(&self.answer[self.sent..end]);
        self.sent = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
