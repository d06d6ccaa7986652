//! Hands a mail to a server (RFC 5321), with STARTTLS (RFC 3207) or TLS (RFC 8314), and a login (RFC 4954).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use service_probe::conversation::smtp::{PROTOCOL, Reply, begin, reply};
use service_probe::conversation::{Wire, said};
use service_probe::{Client, Failure, Limits, Password, Phase, Security, Target};
use tls_probe::Family;

use crate::{Address, Letter, MailError};

/// Longest command that every server takes (RFC 5321, section 4.5.3.1.4).
const LONGEST_COMMAND: usize = 510;

/// Whether the way to the server is encrypted. There is no falling back to less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// TLS from the first byte on, mostly on port 465.
    Tls,
    /// Plain text first and then TLS, mostly on port 587 or 25.
    #[default]
    StartTls,
    /// None: whoever is on the way reads the mail and the password.
    None,
}

/// A server which takes mail, and who writes to whom through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// A host name, or an address without brackets.
    pub host: String,
    /// Mostly 587, 465 or 25.
    pub port: u16,
    /// Whether the way to it is encrypted.
    pub encryption: Encryption,
    /// Who logs in; without one nobody does.
    pub user: Option<String>,
    /// The password of the user.
    pub password: Option<Password>,
    /// Who writes.
    pub from: Address,
    /// To whom.
    pub to: Vec<Address>,
    /// Whether the mail and the password are sent, too, to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

/// That the server has the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the server said when it took the mail, mostly with its own number of it. Cut.
    pub answer: String,
    /// Those of the people for whom it did not take it.
    pub refused: Vec<Refused>,
}

/// Somebody for whom the server took no mail, while it took the mail for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whom.
    pub address: Address,
    /// What the server said. Cut.
    pub answer: String,
    /// Whether it may be otherwise later.
    pub again: bool,
}

/// Sends mail. A clone shares the configuration of TLS.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    limits: Limits,
}

impl Default for Mailer {
    fn default() -> Self {
        Self::new(tls_probe::Client::new())
    }
}

impl Mailer {
    /// One which connects, and judges certificates, as `connector` does. Connecting and the handshake have 10
    /// seconds each, every answer 30, the whole two minutes.
    #[must_use]
    pub fn new(connector: tls_probe::Client) -> Self {
        let limits = Limits {
            total: Duration::from_secs(120),
            connect: Duration::from_secs(10),
            // A server looks for viruses and spam before it answers to a mail.
            answer: Duration::from_secs(30),
            ..Limits::default()
        };
        Self { client: Client::new(connector), limits }
    }

    /// The same with other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sends one mail. The future holds the connection: dropping it ends the sending.
    ///
    /// A server which breaks off or is silent after the end of the mail may have taken it all the same: the mail
    /// which is sent again then has the same `Message-ID`.
    ///
    /// # Errors
    ///
    /// [`MailError`] if the server took it for nobody.
    pub async fn send(&self, smtp: &Smtp, letter: &Letter) -> Result<Sent, MailError> {
        if let Some(why) = smtp.wrong() {
            return Err(MailError::Settings(why));
        }
        let mail = letter.compose(&smtp.from, &smtp.to);
        let security = match smtp.encryption {
            Encryption::Tls => Security::Tls,
            Encryption::StartTls => Security::StartTls,
            Encryption::None => Security::Plain,
        };
        let target = Target { host: smtp.host.clone(), port: smtp.port, security, family: Family::Any };
        let failed = |failure| smtp.failed(failure);
        let wire = self.client.converse_with(&target, PROTOCOL, &self.limits);
        let mut wire = Box::pin(wire).await.map_err(failed)?;
        let mut session = Session { wire: &mut wire, smtp };
        let sent = Box::pin(session.converse(&mail)).await;
        if !matches!(sent, Err(MailError::Connection { .. })) {
            wire.part(b"QUIT\r\n").await;
        }
        sent
    }
}

/// Sends one mail with the roots of the system. Who sends more keeps a [`Mailer`].
///
/// # Errors
///
/// [`MailError`] if the server took it for nobody.
pub async fn send(smtp: &Smtp, letter: &Letter) -> Result<Sent, MailError> {
    Mailer::default().send(smtp, letter).await
}

impl Smtp {
    /// A clause which says what is wrong with the settings.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let is_text = |text: &str| !text.contains(char::is_control);
        if self.host.trim().is_empty() || !is_text(&self.host) {
            return Some("the mail server has no name".to_owned());
        }
        if self.port == 0 {
            return Some("the mail server needs a port, mostly 587 or 465".to_owned());
        }
        if self.to.is_empty() {
            return Some("there is nobody to send it to".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            return Some("a user name needs a password, and a password a user name".to_owned());
        }
        let login = [self.user.as_deref(), self.password.as_ref().map(Password::reveal)];
        let login = login.into_iter().flatten().all(|text| is_text(text) && text.len() <= 1000);
        (!login).then(|| "the user name or the password is too long or holds a control character".to_owned())
    }

    /// The server as sentences name it.
    fn server(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn failed(&self, failure: Failure) -> MailError {
        match failure {
            Failure::NoStartTls { text, .. } => MailError::NoStartTls { server: self.server(), answer: text },
            failure => MailError::Connection { failure, encryption: self.encryption },
        }
    }
}

/// A conversation with a server.
struct Session<'w, 'a> {
    wire: &'w mut Wire<'a>,
    smtp: &'w Smtp,
}

impl Session<'_, '_> {
    async fn converse(&mut self, mail: &[u8]) -> Result<Sent, MailError> {
        let (_, hello) = begin(self.wire).await.map_err(|failure| self.smtp.failed(failure))?;
        // The greeting and STARTTLS tell nothing; from here on it matters who listens.
        self.trusts()?;
        let offers = Offers::read(&hello);
        if let (Some(user), Some(password)) = (&self.smtp.user, &self.smtp.password) {
            self.log_in(&offers, user, password).await?;
        }
        if let Some(most) = offers.size.filter(|&most| most > 0 && mail.len() > most) {
            return Err(MailError::TooLarge { server: self.smtp.server(), bytes: mail.len(), most });
        }
        self.announce(offers.size.map(|_| mail.len())).await?;
        let refused = self.name_recipients().await?;
        let answer = self.hand_over(mail).await?;
        Ok(Sent { answer, refused })
    }

    fn trusts(&self) -> Result<(), MailError> {
        match self.wire.examination().map(|seen| &seen.trusted) {
            Some(Err(why)) if !self.smtp.accept_any_certificate => {
                Err(MailError::Untrusted { server: self.smtp.server(), why: why.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// Says something and waits for the answer.
    async fn say(&mut self, phase: Phase, words: &[u8]) -> Result<Reply, MailError> {
        let smtp = self.smtp;
        self.wire.enter(phase);
        self.wire.send(words).await.map_err(|failure| smtp.failed(failure))?;
        reply(self.wire).await.map_err(|failure| smtp.failed(failure))
    }

    async fn log_in(&mut self, offers: &Offers, user: &str, password: &Password) -> Result<(), MailError> {
        let server = self.smtp.server();
        let answer = if offers.plain {
            let secret = STANDARD.encode(format!("\0{user}\0{}", password.reveal()));
            let command = format!("AUTH PLAIN {secret}\r\n");
            if command.len() <= LONGEST_COMMAND {
                self.say(Phase::Login, command.as_bytes()).await?
            } else {
                self.answer_questions("AUTH PLAIN", &[secret]).await?
            }
        } else if offers.login {
            let words = [STANDARD.encode(user), STANDARD.encode(password.reveal())];
            self.answer_questions("AUTH LOGIN", &words).await?
        } else {
            let (methods, encryption) = (offers.methods.clone(), self.smtp.encryption);
            return Err(MailError::NoLogin { server, methods, encryption });
        };
        match answer.code {
            200..300 => Ok(()),
            400..500 => Err(MailError::Refused { server, answer: answer.text(), again: true }),
            _ => Err(MailError::Login { server, answer: answer.text() }),
        }
    }

    /// Begins a login of which the server asks for each part with 334.
    async fn answer_questions(&mut self, command: &str, words: &[String]) -> Result<Reply, MailError> {
        let mut answer = self.say(Phase::Login, format!("{command}\r\n").as_bytes()).await?;
        for word in words {
            if answer.code != 334 {
                return Ok(answer);
            }
            answer = self.say(Phase::Login, format!("{word}\r\n").as_bytes()).await?;
        }
        Ok(answer)
    }

    async fn announce(&mut self, size: Option<usize>) -> Result<(), MailError> {
        let size = size.map_or_else(String::new, |size| format!(" SIZE={size}"));
        let words = format!("MAIL FROM:<{}>{size}\r\n", self.smtp.from.mailbox());
        let said = self.say(Phase::Answer, words.as_bytes()).await?;
        let (server, answer) = (self.smtp.server(), said.text());
        match said.code {
            200..300 => Ok(()),
            530 | 538 => Err(MailError::LoginWanted { server, answer }),
            552 => Err(MailError::Refused { server, answer, again: false }),
            code => {
                let address = self.smtp.from.mailbox().to_owned();
                Err(MailError::Writer { server, address, answer, again: code < 500 })
            }
        }
    }

    /// Gives those for whom the server takes no mail, if there are others.
    async fn name_recipients(&mut self) -> Result<Vec<Refused>, MailError> {
        let smtp = self.smtp;
        let mut refused = Vec::new();
        let mut first = None;
        for address in &smtp.to {
            let words = format!("RCPT TO:<{}>\r\n", address.mailbox());
            let said = self.say(Phase::Answer, words.as_bytes()).await?;
            if !(200..300).contains(&said.code) {
                let again = said.code < 500;
                refused.push(Refused { address: address.clone(), answer: said.text(), again });
                first.get_or_insert(said.code);
            }
        }
        match first {
            Some(code) if refused.len() == smtp.to.len() => Err(nobody(smtp.server(), code, &refused)),
            _ => Ok(refused),
        }
    }

    async fn hand_over(&mut self, mail: &[u8]) -> Result<String, MailError> {
        let refused = |reply: &Reply, smtp: &Smtp| MailError::Refused {
            server: smtp.server(),
            answer: reply.text(),
            again: reply.code < 500,
        };
        let consent = self.say(Phase::Answer, b"DATA\r\n").await?;
        if consent.code != 354 {
            return Err(refused(&consent, self.smtp));
        }
        let answer = self.say(Phase::Answer, &stuffed(mail)).await?;
        if (200..300).contains(&answer.code) { Ok(answer.text()) } else { Err(refused(&answer, self.smtp)) }
    }
}

/// Why the server takes the mail for nobody.
fn nobody(server: String, code: u16, refused: &[Refused]) -> MailError {
    let (address, answer) = refused
        .first()
        .map_or_else(Default::default, |one| (one.address.mailbox().to_owned(), one.answer.clone()));
    let again = refused.iter().any(|one| one.again);
    let lower = answer.to_ascii_lowercase();
    match code {
        530 | 538 => MailError::LoginWanted { server, answer },
        500..600 if !again && (lower.contains("relay") || lower.contains("authentication required")) => {
            MailError::RelayDenied { server, address, answer }
        }
        _ => MailError::Recipient { server, address, answer, again },
    }
}

/// What a server offers in its answer to EHLO.
#[derive(Debug, Default, PartialEq, Eq)]
struct Offers {
    plain: bool,
    login: bool,
    /// All ways to log in.
    methods: String,
    /// The largest mail it takes (RFC 1870); 0 for no limit.
    size: Option<usize>,
}

impl Offers {
    fn read(hello: &Reply) -> Self {
        let mut offers = Self::default();
        for line in hello.lines.iter().skip(1) {
            // Servers for very old programs write “AUTH=LOGIN” beside the right line.
            let line = said(line).to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split(' ');
            match words.next() {
                Some("AUTH") => {
                    let methods: Vec<&str> = words.collect();
                    offers.plain |= methods.contains(&"PLAIN");
                    offers.login |= methods.contains(&"LOGIN");
                    offers.methods = methods.join(", ");
                }
                Some("SIZE") => offers.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
                _ => {}
            }
        }
        offers
    }
}

/// The mail with a second dot where a line begins with one, and the dot which ends it (RFC 5321, section 4.5.2).
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(mail.len() + 64);
    let mut at_start = true;
    for &byte in mail {
        if at_start && byte == b'.' {
            stuffed.push(b'.');
        }
        stuffed.push(byte);
        at_start = byte == b'\n';
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend(b"\r\n");
    }
    stuffed.extend(b".\r\n");
    stuffed
}

#[cfg(test)]
mod tests;
