//! Mail to a topic: devices that know nothing but mail write to `ntfy-TOPIC@…`, or with a token to `ntfy-TOPIC+TOKEN@…`.
//! It is published with the rights of whoever writes, and never passed on.
//!
//! What SMTP is and what a mail says is the business of the engine `mail`; here are the socket and the decisions.

use crate::config::{self, is_private};
use crate::routes::publish;
use crate::visitor::{Cost, Right, Visitor};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hob_base::{Error, Result};
use hob_feature::Ctx;
use hob_web::Peer;
use mail::receive::{self, Event, Question, Recipient, Refusal, Rule, Session, Terms};
use ntfy_protocol::refusal;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Connections at the same time. Beyond it new ones wait to be accepted.
const CONNECTIONS_MAX: usize = 50;
/// How long a client may be silent, or not read.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long a conversation may be.
const CONVERSATION_MAX: Duration = Duration::from_secs(600);

/// Where it listens.
#[derive(Default)]
struct Bound(Mutex<Option<SocketAddr>>);

impl Bound {
    fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }
}

/// Listens until the hub stops.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let Some(address) = config::settings(&ctx).smtp_listen else {
        stop.cancelled().await;
        return Ok(());
    };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Error::Unavailable(format!(
            "Mail to topics cannot be taken on {address}: {error}. Set another address in hob.toml: [push] smtp_listen \
             = \"0.0.0.0:2525\"."
        ))
    })?;
    let bound = ctx.memory.of::<Bound>();
    bound.set(Some(listener.local_addr().unwrap_or(address)));
    info!(%address, "mail to topics is taken");
    serve(&ctx, &listener, &stop).await;
    bound.set(None);
    Ok(())
}

async fn serve(ctx: &Ctx, listener: &TcpListener, stop: &CancellationToken) {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            accepted = listener.accept(), if tasks.len() < CONNECTIONS_MAX => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let conversation = Conversation { ctx: ctx.clone(), peer, login: None };
                tasks.spawn(async move {
                    // Who breaks off has its reasons.
                    let _ = tokio::time::timeout(CONVERSATION_MAX, conversation.hold(stream)).await;
                });
            }
            Err(error) => {
                warn!(%error, "a connection for mail could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// What the server says of itself, and which addresses are topics.
fn terms(ctx: &Ctx) -> Terms {
    let settings = config::settings(ctx);
    let domain = settings.smtp_domain.clone();
    let host = domain.clone().or_else(|| settings.hostname.clone()).unwrap_or_else(|| "hob".to_owned());
    Terms { host, rule: Rule { domain, prefix: settings.smtp_prefix.clone() }, ..Terms::default() }
}

struct Conversation {
    ctx: Ctx,
    peer: SocketAddr,
    /// Who has logged in.
    login: Option<Visitor>,
}

impl Conversation {
    async fn hold(mut self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut session = Session::new(terms(&self.ctx));
        say(&mut stream, &session.greeting()).await?;
        let mut piece = vec![0; 8 * 1024];
        loop {
            let read = tokio::time::timeout(SILENCE_MAX, stream.read(&mut piece)).await??;
            let Some(heard) = piece.get(..read).filter(|heard| !heard.is_empty()) else { return Ok(()) };
            session.hear(heard);
            while let Some(event) = session.event() {
                match event {
                    Event::Say(words) => say(&mut stream, &words).await?,
                    Event::Ask(question) => {
                        let decision = self.decide(&question).await;
                        let words = session.answer(decision.map_err(|refusal| in_smtp(&refusal)));
                        say(&mut stream, &words).await?;
                    }
                    Event::End(words) => {
                        say(&mut stream, &words).await?;
                        return stream.shutdown().await;
                    }
                }
            }
        }
    }

    async fn decide(&mut self, question: &Question) -> Result<(), refusal::Refusal> {
        match question {
            Question::Login { user, password } => {
                self.login = Some(self.log_in(user, password).await?);
                Ok(())
            }
            Question::Recipient(to) => {
                let visitor = self.visitor(to).await?;
                visitor.pay(&self.ctx, Cost::Request)?;
                visitor.may(&self.ctx, &to.topic, Right::Write).await
            }
            Question::Mail { to, bytes } => self.publish(to, bytes).await,
        }
    }

    /// A password comes in the clear here, so only from where one can read it anyway.
    async fn log_in(&self, user: &str, password: &str) -> Result<Visitor, refusal::Refusal> {
        if !is_private(self.peer.ip()) {
            return Err(refusal::UNAUTHORIZED);
        }
        let words = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let value = HeaderValue::try_from(words).map_err(|_| refusal::UNAUTHORIZED)?;
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
        Visitor::recognise(&self.ctx, &headers, None, Peer::Network(self.peer)).await
    }

    /// Who writes: whose token is in the address, else who has logged in, else nobody in particular.
    async fn visitor(&self, to: &Recipient) -> Result<Visitor, refusal::Refusal> {
        match (&to.token, &self.login) {
            (None, Some(visitor)) => Ok(visitor.clone()),
            (token, _) => Visitor::by_token(&self.ctx, token.as_deref(), Some(self.peer.ip())).await,
        }
    }

    /// Publishes to each topic. If one of several has it the mail was taken: the same mail again would be there twice.
    async fn publish(&self, to: &[Recipient], bytes: &[u8]) -> Result<(), refusal::Refusal> {
        let text = receive::read(bytes).ok_or(refusal::BAD_REQUEST)?;
        let mut outcome = Err(refusal::BAD_REQUEST);
        for recipient in to {
            let published = match self.visitor(recipient).await {
                Ok(visitor) => {
                    publish::of_mail(self.ctx.clone(), visitor, &recipient.topic, &text.subject, &text.text)
                        .await
                }
                Err(refusal) => Err(refusal),
            };
            if outcome.is_err() {
                outcome = published;
            }
        }
        outcome
    }
}

/// A refusal in the words of SMTP.
fn in_smtp(refusal: &refusal::Refusal) -> Refusal {
    let again = refusal.http == 429 || refusal.http >= 500;
    Refusal { again, words: format!("{} ({})", refusal.error, refusal.code) }
}

async fn say(stream: &mut TcpStream, words: &[u8]) -> std::io::Result<()> {
    tokio::time::timeout(SILENCE_MAX, stream.write_all(words)).await?
}

/// Where mail is taken; `None` while it is not.
pub(crate) fn address(ctx: &Ctx) -> Option<SocketAddr> {
    *ctx.memory.of::<Bound>().0.lock().unwrap_or_else(PoisonError::into_inner)
}
