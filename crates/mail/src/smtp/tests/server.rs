//! A mail server on this machine which can misbehave.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls_probe::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::{Address, Encryption, Mailer, Smtp};

/// What the server does instead of what is usual.
#[derive(Debug, Clone, Copy)]
pub(super) enum Does {
    Say(&'static str),
    Hang,
    Close,
    /// Says this for ever.
    Flood(&'static str),
}

/// Where, what, which kind of error comes of it, whether it is worth trying again, and a part of the sentence.
pub(super) type Trouble = (&'static str, Does, &'static str, bool, &'static str);

pub(super) struct Server {
    port: u16,
    encryption: Encryption,
    certificate: CertificateDer<'static>,
    log: Arc<Mutex<Log>>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Log {
    lines: Vec<String>,
    mails: Vec<String>,
}

#[derive(Clone)]
struct Play {
    encryption: Encryption,
    script: BTreeMap<&'static str, Does>,
    config: Arc<ServerConfig>,
    log: Arc<Mutex<Log>>,
}

impl Server {
    pub(super) async fn new(encryption: Encryption, script: &[(&'static str, Does)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
        let certificate = certificate.der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let log = Arc::default();
        let script = script.iter().copied().collect();
        let play = Play { encryption, script, config: Arc::new(config), log: Arc::clone(&log) };
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(play.begin(Box::new(stream)).await);
            }
        });
        Self { port, encryption, certificate, log, _task: task }
    }

    /// A mailer which trusts the server.
    pub(super) fn friend(&self) -> Mailer {
        Mailer::new(tls_probe::Client::with_roots(vec![self.certificate.clone()]))
    }

    pub(super) fn smtp(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            encryption: self.encryption,
            user: None,
            password: None,
            from: Address::parse("Hob <hob@home.example>").unwrap(),
            to: Address::parse_list("Anna <anna@example.org>, ben@example.org").unwrap(),
            accept_any_certificate: false,
        }
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.log.lock().unwrap().lines.clone()
    }

    pub(super) fn mails(&self) -> Vec<String> {
        self.log.lock().unwrap().mails.clone()
    }
}

impl Play {
    async fn begin(&self, stream: Box<dyn Stream>) -> io::Result<()> {
        let mut stream = if self.encryption == Encryption::Tls { self.secure(stream).await? } else { stream };
        self.act(&mut stream, "GREETING", "220 mail.example ready\r\n").await?;
        let mut recipients = 0;
        while let Some(line) = self.line(&mut stream).await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            match verb {
                "EHLO" => {
                    let Some(Does::Say(offer)) = self.script.get("OFFER") else {
                        let hello =
                            "250-mail.example\r\n250-AUTH LOGIN PLAIN\r\n250-SIZE 1000000\r\n250 HELP\r\n";
                        self.act(&mut stream, "EHLO", hello).await?;
                        continue;
                    };
                    stream
                        .write_all(format!("250-mail.example\r\n{offer}\r\n250 HELP\r\n").as_bytes())
                        .await?;
                }
                "STARTTLS" => {
                    self.act(&mut stream, "STARTTLS", "220 go on\r\n").await?;
                    if !self.script.contains_key("STARTTLS") {
                        stream = self.secure(stream).await?;
                    }
                }
                "AUTH" => self.log_in(&mut stream, &line).await?,
                "RCPT" => {
                    recipients += 1;
                    let second = recipients == 2 && self.script.contains_key("RCPT2");
                    self.act(&mut stream, if second { "RCPT2" } else { "RCPT" }, "250 ok\r\n").await?;
                }
                "DATA" => {
                    self.act(&mut stream, "DATA", "354 go on\r\n").await?;
                    if !self.script.contains_key("DATA") {
                        self.mail(&mut stream).await?;
                        self.act(&mut stream, ".", "250 2.0.0 Ok: queued as 4F2\r\n").await?;
                    }
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return stream.shutdown().await;
                }
                _ => self.act(&mut stream, "MAIL", "250 ok\r\n").await?,
            }
        }
        Ok(())
    }

    async fn secure(&self, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(TlsAcceptor::from(Arc::clone(&self.config)).accept(stream).await?))
    }

    async fn log_in(&self, stream: &mut Box<dyn Stream>, line: &str) -> io::Result<()> {
        let questions = match line {
            "AUTH LOGIN" => 2,
            "AUTH PLAIN" => 1,
            _ => 0,
        };
        for _ in 0..questions {
            stream.write_all(b"334 VXNlcm5hbWU6\r\n").await?;
            self.line(stream).await?;
        }
        self.act(stream, "AUTH", "235 welcome\r\n").await
    }

    /// Does what the script has for this place, or says what is usual.
    async fn act(&self, stream: &mut Box<dyn Stream>, place: &str, usual: &str) -> io::Result<()> {
        match self.script.get(place) {
            None => stream.write_all(usual.as_bytes()).await?,
            Some(Does::Say(text)) => stream.write_all(text.as_bytes()).await?,
            Some(Does::Hang) => std::future::pending().await,
            Some(Does::Close) => {
                stream.shutdown().await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(Does::Flood(text)) => loop {
                stream.write_all(text.as_bytes()).await?;
            },
        }
        stream.flush().await
    }

    async fn line(&self, stream: &mut Box<dyn Stream>) -> io::Result<Option<String>> {
        let line = read_until(stream, b"\r\n").await?;
        if let Some(line) = &line {
            self.log.lock().unwrap().lines.push(line.clone());
        }
        Ok(line)
    }

    /// Reads a mail, and takes away the dots which were put before others.
    async fn mail(&self, stream: &mut Box<dyn Stream>) -> io::Result<()> {
        let Some(mail) = read_until(stream, b"\r\n.\r\n").await? else { return Ok(()) };
        let mut log = self.log.lock().unwrap();
        log.lines.push(".".to_owned());
        log.mails.push(mail.replace("\r\n..", "\r\n.") + "\r\n");
        Ok(())
    }
}

/// Reads up to `end`, byte by byte, so that nothing of what follows is taken away.
async fn read_until(stream: &mut Box<dyn Stream>, end: &[u8]) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        let mut one = [0];
        if stream.read(&mut one).await? == 0 {
            return Ok(None);
        }
        bytes.push(one[0]);
    }
    bytes.truncate(bytes.len() - end.len());
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
