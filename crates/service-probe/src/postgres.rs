//! A PostgreSQL database: the beginning of a session
//! (<https://www.postgresql.org/docs/current/protocol-flow.html>, version 3.0 of the protocol).

mod md5;
mod message;
mod scram;

use message::{Complaint, Message};
use scram::Scram;

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::question::{Credential, Security};
use crate::random;
use crate::text::said;
use crate::wire::{Protocol, Wire};

pub(crate) const PROTOCOL: Protocol = Protocol { name: "a PostgreSQL server", may_begin };

/// Longest message in bytes. What comes before the first query is far shorter.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// Most messages before the first query may be asked.
const MOST_MESSAGES: usize = 100;

const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// Begins a session, logs in if there is a credential and the server asks for it, and leaves. No query
/// is made.
///
/// A server which asks for a password and is given none answers well, and so does one which lets the
/// user in only from elsewhere. Passwords are proven by SCRAM-SHA-256, by MD5, or sent as they are,
/// as the server wants it; one that is not ASCII is taken as it is written, without the normal form of
/// RFC 4013.
///
/// Details: `authentication` (`required`, `accepted`, or `none` where nothing was asked for); `method`, how
/// it asks for a password; `version`, which it tells only those whom it lets in; `text`, why it lets nobody in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Postgres {
    /// The database; without it that which is called like the user.
    pub database: Option<String>,
    /// The login. Without it, or without a user in it, the probe is `postgres`, who is everywhere.
    pub credential: Option<Credential>,
}

impl Postgres {
    fn user(&self) -> &str {
        self.credential.as_ref().and_then(|credential| credential.user.as_deref()).unwrap_or("postgres")
    }

    /// A clause which says why this cannot be asked.
    pub(crate) fn wrong(&self) -> Option<String> {
        let password = self.credential.as_ref().map_or("", |credential| credential.password.reveal());
        let mut texts = [self.user(), self.database.as_deref().unwrap_or_default(), password].into_iter();
        let fits = texts.all(|text| text.len() <= 1000 && !text.contains('\0'));
        (!fits).then(|| "PostgreSQL has no room for such a user, password or database".to_owned())
    }
}

pub(crate) async fn talk(wire: &mut Wire<'_>, question: &Postgres) -> Result<Said, Failure> {
    if wire.security() == Security::StartTls {
        wire.enter(Phase::StartTls);
        wire.send(&message::SSL_REQUEST).await?;
        match wire.exact(1).await?.first() {
            Some(b'S') => wire.secure().await?,
            Some(b'N') => return Err(wire.no_starttls("N".to_owned())),
            _ => {
                let body = body(wire).await?;
                return refused(wire, question, &Proof::None, &message::complaint(&body));
            }
        }
    }
    wire.enter(Phase::Login);
    wire.send(&message::startup(question.user(), question.database.as_deref())).await?;
    log_in(wire, question).await
}

/// How far the login had come.
#[derive(Debug)]
enum Proof {
    /// Nothing was asked for.
    None,
    /// The password, or a proof of it, was sent.
    Sent,
    /// SCRAM goes on.
    Begun(Box<Scram>),
    /// The server is to prove, too, that it knows the password.
    Owed([u8; 32]),
    /// It did so, or has no need to.
    Accepted,
}

async fn log_in(wire: &mut Wire<'_>, question: &Postgres) -> Result<Said, Failure> {
    let mut proof = Proof::None;
    let mut version = String::new();
    for _ in 0..MOST_MESSAGES {
        let (kind, body) = message(wire).await?;
        match message::parse(kind, &body) {
            None => return Err(wire.broken(format!("a message of type {kind:#04x} cannot be read"))),
            Some(Message::Complaint(complaint)) => return refused(wire, question, &proof, &complaint),
            Some(Message::Welcome) => match proof {
                Proof::Begun(_) | Proof::Owed(_) => {
                    return Err(wire.rejected("it did not prove that it knows the password".to_owned()));
                }
                Proof::None => {}
                _ => proof = Proof::Accepted,
            },
            Some(Message::Setting(b"server_version", value)) => version = said(value),
            Some(Message::Setting(..) | Message::Other) => {}
            Some(Message::Ready) => {
                wire.part(&TERMINATE).await;
                return Ok(let_in(&proof, &version));
            }
            Some(asked) => match &question.credential {
                None if matches!(asked, Message::SaslMore(_) | Message::SaslEnd(_)) => {
                    return Err(wire.broken("it goes on with a login which has not begun"));
                }
                None => return Ok(asks(wire, &asked).await),
                Some(credential) => {
                    wire.may_send(credential)?;
                    proof = prove(wire, question, credential, &asked, proof).await?;
                }
            },
        }
    }
    Err(wire.broken("it does not come to the end of the login"))
}

fn let_in(proof: &Proof, version: &str) -> Said {
    let summary = match version {
        "" => "PostgreSQL lets the probe in".to_owned(),
        version => format!("PostgreSQL {version}"),
    };
    let authentication = if matches!(proof, Proof::Accepted) { "accepted" } else { "none" };
    Said::new(summary).with("version", version).with("authentication", authentication)
}

/// It wants a password and there is none.
async fn asks(wire: &mut Wire<'_>, asked: &Message<'_>) -> Said {
    let method = match asked {
        Message::CleartextPassword => "password".to_owned(),
        Message::Md5Password(_) => "MD5".to_owned(),
        Message::Sasl(methods) => methods.iter().map(|method| said(method)).collect::<Vec<_>>().join(", "),
        _ => "another proof".to_owned(),
    };
    wire.part(&TERMINATE).await;
    Said::new(format!("PostgreSQL asks for a password ({method})")).with("method", method).asks_for_login()
}

/// Answers what the server wants as a proof.
async fn prove(
    wire: &mut Wire<'_>,
    question: &Postgres,
    credential: &Credential,
    asked: &Message<'_>,
    proof: Proof,
) -> Result<Proof, Failure> {
    let password = credential.password.reveal();
    // Each step has its own time; there are at most three.
    wire.enter(Phase::Login);
    match (asked, proof) {
        (Message::CleartextPassword, Proof::None) => {
            wire.send(&message::password(password.as_bytes())).await?;
            Ok(Proof::Sent)
        }
        (Message::Md5Password(salt), Proof::None) => {
            wire.send(&message::password(md5::proof(question.user(), password, *salt).as_bytes())).await?;
            Ok(Proof::Sent)
        }
        (Message::Sasl(methods), Proof::None) if methods.contains(&scram::NAME.as_bytes()) => {
            let scram = Scram::new("", &random::hex(&random::bytes::<18>()?));
            wire.send(&message::sasl_begin(scram::NAME, scram.first().as_bytes())).await?;
            Ok(Proof::Begun(Box::new(scram)))
        }
        (Message::SaslMore(first), Proof::Begun(scram)) => {
            let (last, server) = scram
                .last(first, password)
                .map_err(|reason| wire.broken(format!("its challenge {reason}")))?;
            wire.send(&message::sasl_more(last.as_bytes())).await?;
            Ok(Proof::Owed(server))
        }
        (Message::SaslEnd(last), Proof::Owed(server)) if scram::is_proof(last, &server) => Ok(Proof::Sent),
        (Message::SaslEnd(_), _) => {
            Err(wire.rejected("it did not prove that it knows the password".to_owned()))
        }
        (Message::Sasl(_) | Message::OtherProof, Proof::None) => {
            Err(wire.declined("it wants another proof than a password".to_owned()))
        }
        _ => Err(wire.broken("it asks for a password out of turn")),
    }
}

/// Says what a complaint of the server means.
fn refused(
    wire: &Wire<'_>,
    question: &Postgres,
    proof: &Proof,
    complaint: &Complaint<'_>,
) -> Result<Said, Failure> {
    let text = format!("{} ({})", said(complaint.text), said(complaint.code));
    // Appendix A of PostgreSQL's documentation. 53: no resources, connections among them.
    match complaint.code {
        b"57P01" | b"57P02" | b"57P03" | [b'5', b'3', ..] => Err(wire.not_ready(text)),
        b"28P01" | b"28000" if !matches!(proof, Proof::None) => Err(wire.rejected(text)),
        // It does not know the user, or lets nobody in from here: it answers as it should. Nor must the
        // database be there which nobody named.
        b"28P01" | b"28000" | b"3D000" if question.credential.is_none() && question.database.is_none() => {
            Ok(Said::new("PostgreSQL answers, and does not let the probe in")
                .with("text", text)
                .asks_for_login())
        }
        _ => Err(wire.declined(text)),
    }
}

/// Reads a message; gives its type and what follows its length.
async fn message(wire: &mut Wire<'_>) -> Result<(u8, Vec<u8>), Failure> {
    let kind = wire.exact(1).await?.first().copied().unwrap_or_default();
    Ok((kind, body(wire).await?))
}

async fn body(wire: &mut Wire<'_>) -> Result<Vec<u8>, Failure> {
    let length = wire.exact(4).await?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    // The length counts itself.
    match length.checked_sub(4) {
        Some(rest) if rest <= LONGEST_MESSAGE => wire.exact(rest).await,
        _ => Err(wire.broken(format!("a message claims to have {length} bytes"))),
    }
}

/// A message with a length below 16 MiB; or one byte which answers whether there is TLS.
fn may_begin(first: &[u8]) -> bool {
    matches!(first, [b'R' | b'E' | b'N' | b'S' | b'v'] | [b'R' | b'E' | b'N' | b'S' | b'v', 0, ..])
}
