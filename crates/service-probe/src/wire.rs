//! A connection on which a conversation takes place, with its limits.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tls_probe::{ClientCertificate, Deadline, Examination, Stream, tls_failure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

use crate::failure::{Failure, Phase};
use crate::question::{Credential, Limits, Security};
use crate::text::first_line;

/// Number of bytes by which a service is recognised.
const FIRST_BYTES: usize = 64;

/// How long a service may take to close the connection after the farewell.
const FAREWELL: Duration = Duration::from_millis(250);

/// How to recognise the service which was expected.
#[derive(Debug, Clone, Copy)]
pub struct Protocol {
    /// The service, with an article.
    pub name: &'static str,
    /// Whether what the service sends may begin with these bytes, of which there is at least one.
    pub may_begin: fn(&[u8]) -> bool,
}

/// Who secures a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard<'a> {
    pub(crate) client: &'a tls_probe::Client,
    /// The name by which the certificate is judged.
    pub(crate) host: &'a str,
    pub(crate) security: Security,
}

/// What a conversation begins with.
pub(crate) struct Opening<'a> {
    pub(crate) stream: Box<dyn Stream>,
    /// The address of the service.
    pub(crate) at: SocketAddr,
    /// The address of the probe.
    pub(crate) local: Option<IpAddr>,
    pub(crate) guard: Guard<'a>,
    pub(crate) limits: &'a Limits,
    pub(crate) deadline: Deadline,
}

/// A connection, the limits of what comes over it, and the beginning of what came.
pub struct Wire<'a> {
    opening: Opening<'a>,
    protocol: Protocol,
    phase: Phase,
    phase_start: Instant,
    phase_end: Instant,
    /// Whether anything came in this phase.
    begun: bool,
    /// What was read and not taken yet.
    buffer: Vec<u8>,
    /// The first bytes since the connection, or TLS over it, began.
    first: Vec<u8>,
    /// How many bytes may still be read.
    left: usize,
    examination: Option<Examination>,
    /// When the answer was there.
    answered: Option<Instant>,
}

impl<'a> Wire<'a> {
    /// A conversation with who should be `protocol`.
    pub(crate) fn new(opening: Opening<'a>, protocol: Protocol) -> Self {
        let (now, left) = (Instant::now(), opening.limits.bytes);
        Self {
            phase: Phase::Greeting,
            phase_start: now,
            phase_end: opening.deadline.end(),
            begun: false,
            buffer: Vec::new(),
            first: Vec::with_capacity(FIRST_BYTES),
            left,
            examination: None,
            answered: None,
            opening,
            protocol,
        }
    }

    /// The address of the probe.
    #[must_use]
    pub fn local(&self) -> Option<IpAddr> {
        self.opening.local
    }

    /// What was chosen; not what is there yet.
    #[must_use]
    pub fn security(&self) -> Security {
        self.opening.guard.security
    }

    /// What the service is at.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When the answer was there, and what was seen of the service's certificate.
    pub(crate) fn end(self) -> (Instant, Option<Examination>) {
        (self.answered.unwrap_or_else(Instant::now), self.examination)
    }

    /// The address of the service.
    #[must_use]
    pub fn at(&self) -> SocketAddr {
        self.opening.at
    }

    /// The first bytes which came, at most [`FIRST_BYTES`].
    pub(crate) fn first(&self) -> &[u8] {
        &self.first
    }

    /// What was read and not taken yet.
    pub(crate) fn read(&self) -> &[u8] {
        &self.buffer
    }

    /// Begins a phase, which has its own time.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.phase_start = Instant::now();
        self.phase_end = self.opening.deadline.end().min(later(self.phase_start, self.opening.limits.answer));
        self.begun = !self.buffer.is_empty();
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the service did not take them within the time of the phase.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sending = async {
            self.opening.stream.write_all(bytes).await?;
            self.opening.stream.flush().await
        };
        match timeout_at(self.phase_end, sending).await {
            Err(_) => Err(self.late()),
            // A service which closes may have said why; whoever reads next finds out.
            Ok(_) => Ok(()),
        }
    }

    /// Reads more, at least one byte.
    pub(crate) async fn fill(&mut self) -> Result<(), Failure> {
        let mut chunk = [0; 2048];
        let room = chunk.len().min(self.left);
        if room == 0 {
            return Err(Failure::TooMuch {
                at: self.at(),
                phase: self.phase,
                limit: self.opening.limits.bytes,
            });
        }
        let read = match timeout_at(self.phase_end, self.opening.stream.read(&mut chunk[..room])).await {
            Err(_) => return Err(self.late()),
            Ok(Ok(read)) if read > 0 => &chunk[..read],
            Ok(end) => return Err(self.closed(end.err())),
        };
        self.begun = true;
        self.left -= read.len();
        self.buffer.extend_from_slice(read);
        if self.first.len() < FIRST_BYTES {
            let missing = read.len().min(FIRST_BYTES - self.first.len());
            self.first.extend_from_slice(&read[..missing]);
            if !(self.protocol.may_begin)(&self.first) {
                return Err(self.other_protocol());
            }
        }
        Ok(())
    }

    /// Reads a line of at most `longest` bytes, and gives it without its end.
    ///
    /// # Errors
    ///
    /// [`Failure`] if it is longer, or did not come within the time of the phase.
    pub async fn line(&mut self, longest: usize) -> Result<Vec<u8>, Failure> {
        loop {
            let end = self.buffer.iter().position(|&byte| byte == b'\n');
            if end.unwrap_or(self.buffer.len()) > longest {
                return Err(self.broken(format!("a line is longer than {longest} bytes")));
            }
            let Some(end) = end else {
                self.fill().await?;
                continue;
            };
            let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(line);
        }
    }

    /// Reads `number` bytes. The caller has bounded the number.
    ///
    /// # Errors
    ///
    /// [`Failure`] if they did not come within the time of the phase.
    pub async fn exact(&mut self, number: usize) -> Result<Vec<u8>, Failure> {
        while self.buffer.len() < number {
            self.fill().await?;
        }
        Ok(self.buffer.drain(..number).collect())
    }

    /// Secures the connection with TLS. From here on the service is a stranger again: whatever it said
    /// before may have come from somebody else. Any certificate will do: see [`examination`](Self::examination).
    ///
    /// # Errors
    ///
    /// [`Failure`] if no TLS came about.
    pub async fn secure(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() {
            // Taken for an answer over TLS it would be the hole of CVE-2011-0411.
            return Err(self.broken("it goes on in plain text where TLS should begin"));
        }
        let Guard { client, host, .. } = self.opening.guard;
        let plain = std::mem::replace(&mut self.opening.stream, Box::new(tokio::io::empty()));
        let secured = client.handshake(plain, host, self.at(), &[], &self.opening.deadline);
        let secured = Box::pin(secured).await?;
        self.opening.stream = Box::new(secured.stream);
        self.examination = Some(secured.examination);
        self.first.clear();
        Ok(())
    }

    /// What was seen of the service's certificate; `None` as long as the connection is not secured.
    #[must_use]
    pub fn examination(&self) -> Option<&Examination> {
        self.examination.as_ref()
    }

    /// Whether a credential may be sent over this connection as it is now.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the certificate is not trusted and the credential is not for everybody.
    pub fn may_send(&self, credential: &Credential) -> Result<(), Failure> {
        match self.examination.as_ref().map(|seen| &seen.trusted) {
            Some(Err(why)) if !credential.to_untrusted => {
                let reason = format!("its certificate is {why}");
                Err(Failure::CredentialWithheld { at: self.at(), reason })
            }
            _ => Ok(()),
        }
    }

    /// The answer is there, whatever comes now.
    pub(crate) fn answered(&mut self) {
        self.answered.get_or_insert_with(Instant::now);
    }

    /// Takes leave and waits a moment for the service to close, so that it has no reason to complain. The
    /// answer is there already, so that nothing which happens now matters.
    pub async fn part(&mut self, farewell: &[u8]) {
        self.answered();
        let leaving = async {
            self.opening.stream.write_all(farewell).await?;
            self.opening.stream.shutdown().await?;
            let mut rest = [0; 512];
            let mut left = 16;
            while left > 0 && self.opening.stream.read(&mut rest).await? > 0 {
                left -= 1;
            }
            io::Result::Ok(())
        };
        drop(timeout_at(self.opening.deadline.end().min(later(Instant::now(), FAREWELL)), leaving).await);
    }

    /// It begins like the service, but goes on wrongly.
    #[must_use]
    pub fn broken(&self, reason: impl Into<String>) -> Failure {
        Failure::Broken {
            at: self.at(),
            protocol: self.protocol.name,
            phase: self.phase,
            reason: reason.into(),
        }
    }

    /// It is another service, as its first bytes show.
    pub(crate) fn other_protocol(&self) -> Failure {
        let (at, protocol) = (self.at(), self.protocol.name);
        // TLS records of an alert or a handshake (RFC 8446, section 5.1).
        if let [0x15 | 0x16, 0x03, 0..=4, ..] = self.first[..] {
            return Failure::SpeaksTls { at, protocol };
        }
        Failure::OtherProtocol { at, protocol, first: first_line(&self.first) }
    }

    /// It cannot serve now.
    #[must_use]
    pub fn not_ready(&self, text: String) -> Failure {
        Failure::NotReady { at: self.at(), phase: self.phase, text }
    }

    /// It does not want to serve the probe.
    #[must_use]
    pub fn declined(&self, text: String) -> Failure {
        Failure::Declined { at: self.at(), phase: self.phase, text }
    }

    /// It did not accept the credential.
    #[must_use]
    pub fn rejected(&self, text: String) -> Failure {
        Failure::CredentialRejected { at: self.at(), text }
    }

    /// It does not secure the connection.
    #[must_use]
    pub fn no_starttls(&self, text: String) -> Failure {
        Failure::NoStartTls { at: self.at(), text }
    }

    fn closed(&self, error: Option<io::Error>) -> Failure {
        // Since TLS 1.3 a server refuses a client without a certificate only now.
        let asked =
            self.examination.as_ref().map_or(ClientCertificate::NotAsked, |seen| seen.client_certificate);
        if let Some((reason, fault)) = error.and_then(|error| tls_failure(&error, asked)) {
            return tls_probe::Error::Handshake { addr: self.at(), reason, fault }.into();
        }
        Failure::Closed { at: self.at(), phase: self.phase, begun: self.begun }
    }

    fn late(&self) -> Failure {
        let (at, phase, after) =
            (self.at(), self.phase, self.phase_end.saturating_duration_since(self.phase_start));
        if self.begun {
            Failure::Unfinished { at, phase, after }
        } else {
            Failure::Silent { at, phase, after }
        }
    }
}

/// A moment later, or one far off where the sum is beyond what the clock can hold.
pub(crate) fn later(start: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
    start + time.min(FAR)
}
