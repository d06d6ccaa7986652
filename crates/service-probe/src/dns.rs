//! A name server: one question (RFC 1035, RFC 6891), by UDP and if need be by TCP, or by TLS (RFC 7858).

mod message;
mod name;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use message::{Query, Response, Wrong};
use tokio::io::AsyncReadExt as _;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, Said};
use crate::client::{self, Client};
use crate::failure::{Failure, Phase};
use crate::question::{Limits, Security, Target};
use crate::random;
use crate::wire::{Protocol, Wire};

/// An answer begins with its length, of which nothing can be said.
pub(crate) const PROTOCOL: Protocol = Protocol { name: NAME, may_begin: |_| true };
const NAME: &str = "a DNS server";

/// How often a question is sent by UDP, which may lose it.
const ATTEMPTS: u32 = 3;

/// Most records which are named in a summary.
const MOST_NAMED: usize = 3;

const NOERROR: u16 = 0;
const FORMERR: u16 = 1;
const SERVFAIL: u16 = 2;
const NXDOMAIN: u16 = 3;
const NOTIMP: u16 = 4;

/// Asks for records of a name.
///
/// The target is the name server; [`system_resolver`] gives that of this machine. Details: `rcode`;
/// `record`, each of the type which was asked for, sorted, without the last dot of names, the strings of TXT
/// joined; `ttl`, the shortest of them in seconds; `alias`, each name on the way through CNAME records;
/// `authoritative` (`yes` or `no`); `transport` (`udp`, `tcp` or `tls`). What a name server answers may
/// differ from one time to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// The name, in ASCII; for [`Record::Ptr`] it may be an address.
    pub name: String,
    /// The type of the records.
    pub record: Record,
    /// Whether it is a good answer, too, that there is no such name or no such record. Otherwise it is
    /// [`Failure::NoRecords`].
    pub empty_is_well: bool,
}

/// A type of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// Addresses of IPv4.
    A,
    /// Addresses of IPv6 (RFC 3596).
    Aaaa,
    /// The name for which a name stands.
    Cname,
    /// Mail servers: preference and name.
    Mx,
    /// Texts.
    Txt,
    /// Name servers.
    Ns,
    /// The start of a zone: name server, mailbox, serial, refresh, retry, expire, minimum.
    Soa,
    /// Services (RFC 2782): priority, weight, port and name.
    Srv,
    /// Names of an address.
    Ptr,
    /// Who may issue certificates (RFC 8659): flags, tag and value.
    Caa,
}

impl Record {
    /// Its name: `AAAA`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Txt => "TXT",
            Self::Ns => "NS",
            Self::Soa => "SOA",
            Self::Srv => "SRV",
            Self::Ptr => "PTR",
            Self::Caa => "CAA",
        }
    }

    fn number(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Ns => 2,
            Self::Cname => 5,
            Self::Soa => 6,
            Self::Ptr => 12,
            Self::Mx => 15,
            Self::Txt => 16,
            Self::Aaaa => 28,
            Self::Srv => 33,
            Self::Caa => 257,
        }
    }
}

impl Dns {
    /// The name as it is asked for.
    fn asked(&self) -> String {
        match (self.record, self.name.parse()) {
            (Record::Ptr, Ok(ip)) => name::reverse(ip),
            _ => self.name.clone(),
        }
    }

    /// A clause which says why this cannot be asked.
    pub(crate) fn wrong(&self) -> Option<String> {
        name::encode(&self.asked()).err()
    }

    /// The question with a number which nobody can guess (RFC 5452).
    fn query(&self) -> Result<Query, Failure> {
        let name = name::encode(&self.asked()).map_err(|reason| Failure::BadQuestion { reason })?;
        Ok(Query { id: u16::from_be_bytes(random::bytes()?), name, record: self.record })
    }
}

/// The first name server of `/etc/resolv.conf`, or this machine itself if there is none (resolv.conf(5)).
pub async fn system_resolver() -> Target {
    /// The file has a few lines.
    const LONGEST: u64 = 64 * 1024;
    let read = async {
        let mut text = Vec::new();
        tokio::fs::File::open("/etc/resolv.conf").await?.take(LONGEST).read_to_end(&mut text).await?;
        io::Result::Ok(text)
    };
    let text = read.await.unwrap_or_default();
    let first = first_name_server(&String::from_utf8_lossy(&text)).unwrap_or(Ipv4Addr::LOCALHOST.into());
    Target::new(first.to_string(), 53)
}

fn first_name_server(text: &str) -> Option<IpAddr> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        // An address with a zone (fe80::1%eth0) is passed over.
        (words.next()? == "nameserver").then(|| words.next()?.parse().ok())?
    })
}

pub(crate) async fn ask(
    client: &Client,
    target: &Target,
    question: &Dns,
    limits: &Limits,
) -> Result<Answer, Failure> {
    let start = Instant::now();
    let deadline = client::deadline(limits);
    if target.security == Security::Plain {
        let addresses = client.resolve(&target.host, target.family, &deadline).await?;
        let at =
            SocketAddr::new(addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST.into()), target.port);
        let response = by_udp(at, question, limits, deadline.end()).await?;
        if !response.truncated {
            let Said { summary, details } = judge(at, question, response, "udp")?;
            return Ok(Answer { summary, details, remote: Some(at), took: start.elapsed(), tls: None });
        }
    }
    let mut wire = client.open(target, PROTOCOL, limits, deadline).await?;
    let Said { summary, details } = talk(&mut wire, question).await?;
    let remote = Some(wire.at());
    let (answered, tls) = wire.end();
    Ok(Answer { summary, details, remote, took: answered - start, tls })
}

/// Asks over a connection, where each message goes after its length (RFC 1035, section 4.2.2).
pub(crate) async fn talk(wire: &mut Wire<'_>, question: &Dns) -> Result<Said, Failure> {
    let query = question.query()?;
    let message = query.encode(true);
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX).to_be_bytes();
    wire.enter(Phase::Answer);
    wire.send(&[&length, &message[..]].concat()).await?;
    let length = wire.exact(2).await?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let message = wire.exact(length).await?;
    let Ok(response) = query.parse(&message) else {
        return Err(wire.other_protocol());
    };
    let transport = if wire.security() == Security::Tls { "tls" } else { "tcp" };
    judge(wire.at(), question, response, transport)
}

/// Asks by UDP. A server which does not understand the extension is asked again without it (RFC 6891,
/// section 6.2.2).
async fn by_udp(at: SocketAddr, question: &Dns, limits: &Limits, end: Instant) -> Result<Response, Failure> {
    let socket = udp_socket(at).await?;
    let response = exchange(&socket, at, &question.query()?, true, limits, end).await?;
    if matches!(response.rcode, FORMERR | NOTIMP) {
        return exchange(&socket, at, &question.query()?, false, limits, end).await;
    }
    Ok(response)
}

async fn udp_socket(at: SocketAddr) -> Result<UdpSocket, Failure> {
    let any: IpAddr = if at.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await;
    let socket = socket.map_err(|source| Failure::NoSocket { at: at.to_string(), source })?;
    // Connected, it hears only the server, and of a port on which nothing listens.
    socket.connect(at).await.map_err(|source| Failure::Unreachable { at: at.to_string(), source })?;
    Ok(socket)
}

/// Sends a question, several times if need be, until its answer comes.
async fn exchange(
    socket: &UdpSocket,
    at: SocketAddr,
    query: &Query,
    extended: bool,
    limits: &Limits,
    end: Instant,
) -> Result<Response, Failure> {
    let start = Instant::now();
    let time = limits.answer.min(end.saturating_duration_since(start));
    let question = query.encode(extended);
    let mut answer = vec![0; usize::from(message::UDP_BYTES).max(4096)];
    let mut unreadable = false;
    for attempt in 1..=ATTEMPTS {
        let pause = start + time * attempt / ATTEMPTS;
        let sent = socket.send(&question).await;
        sent.map_err(|source| failed(at, source))?;
        // Whoever floods the port must not keep the probe beyond its time.
        while Instant::now() < pause {
            let Ok(received) = timeout_at(pause, socket.recv(&mut answer)).await else { break };
            let length = received.map_err(|source| failed(at, source))?;
            match query.parse(answer.get(..length).unwrap_or_default()) {
                Ok(response) => return Ok(response),
                // It may be forged; the true one may still come.
                Err(wrong) => unreadable |= wrong == Wrong::Unreadable,
            }
        }
    }
    if unreadable {
        let reason = "its answer cannot be read".to_owned();
        return Err(Failure::Broken { at, protocol: NAME, phase: Phase::Answer, reason });
    }
    Err(Failure::NoAnswer { at, after: time })
}

fn failed(at: SocketAddr, source: io::Error) -> Failure {
    match source.kind() {
        io::ErrorKind::ConnectionRefused => tls_probe::Error::Refused { addr: at }.into(),
        _ => Failure::Unreachable { at: at.to_string(), source },
    }
}

/// The records in an answer to the question with this number.
#[cfg(feature = "fuzzing")]
pub(crate) fn read(question: &Dns, number: u16, answer: &[u8]) -> Option<Vec<String>> {
    let query = Query { id: number, ..question.query().ok()? };
    query.parse(answer).ok().map(|response| response.records)
}

/// What an answer is worth.
fn judge(
    at: SocketAddr,
    question: &Dns,
    response: Response,
    transport: &'static str,
) -> Result<Said, Failure> {
    let (name, record, rcode) = (question.name.clone(), question.record.name(), rcode(response.rcode));
    let text = || format!("{rcode} for {record} of {name}");
    match response.rcode {
        NOERROR | NXDOMAIN => {}
        SERVFAIL => return Err(Failure::NotReady { at, phase: Phase::Answer, text: text() }),
        _ => return Err(Failure::Declined { at, phase: Phase::Answer, text: text() }),
    }
    if response.records.is_empty() && !question.empty_is_well {
        return Err(Failure::NoRecords { at, name, record, rcode });
    }
    let mut named = response.records.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match response.records.len() {
        0 => named.push_str("none"),
        all if all > MOST_NAMED => named.push_str(&format!(" and {} more", all - MOST_NAMED)),
        _ => {}
    }
    let summary = crate::text::said(format!("{name} {record}: {named}").as_bytes());
    let mut said = Said::new(summary).with("rcode", rcode);
    said = response.records.into_iter().fold(said, |said, record| said.with("record", record));
    said = response.aliases.into_iter().fold(said, |said, alias| said.with("alias", alias));
    Ok(said
        .with("ttl", response.ttl.map_or_else(String::new, |ttl| ttl.to_string()))
        .with("authoritative", if response.authoritative { "yes" } else { "no" })
        .with("transport", transport))
}

/// The name of a code (RFC 6895, section 2.3).
fn rcode(code: u16) -> String {
    let name = match code {
        NOERROR => "NOERROR",
        FORMERR => "FORMERR",
        SERVFAIL => "SERVFAIL",
        NXDOMAIN => "NXDOMAIN",
        NOTIMP => "NOTIMP",
        5 => "REFUSED",
        9 => "NOTAUTH",
        16 => "BADVERS",
        other => return format!("code {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests;
