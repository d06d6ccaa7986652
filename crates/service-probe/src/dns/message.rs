//! Questions and answers (RFC 1035, section 4; RFC 6891).

use std::net::{Ipv4Addr, Ipv6Addr};

use tls_probe::words::readable;

use super::Record;
use super::name;

/// What a server may send by UDP, in bytes: what passes every network in one piece.
pub(super) const UDP_BYTES: u16 = 1232;

/// Most records which are read of one message.
const MOST_RECORDS: usize = 500;

/// Most names on the way from an alias to what it stands for.
const MOST_ALIASES: usize = 16;

/// Longest text of a record in characters.
const LONGEST_TEXT: usize = 1000;

const CLASS_IN: u16 = 1;

/// A question: one name, one type.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) id: u16,
    /// The name as it stands in a message.
    pub(super) name: Vec<u8>,
    pub(super) record: Record,
}

/// An answer to a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Response {
    /// The code, with the upper bits of RFC 6891.
    pub(super) rcode: u16,
    /// Whether it did not fit.
    pub(super) truncated: bool,
    /// Whether the server has the name itself.
    pub(super) authoritative: bool,
    /// The records of the type, sorted, each once.
    pub(super) records: Vec<String>,
    /// The names for which the name stands, in order.
    pub(super) aliases: Vec<String>,
    /// How long the shortest-lived of the records may be kept, in seconds.
    pub(super) ttl: Option<u32>,
}

/// Why a message is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It answers another question, or none: it may be for somebody else, or forged.
    NotOurs,
    /// It cannot be read.
    Unreadable,
}

impl Query {
    /// The message; with `extended` it allows larger answers by UDP (RFC 6891).
    pub(super) fn encode(&self, extended: bool) -> Vec<u8> {
        const RECURSION: u16 = 0x0100;
        const OPT: u16 = 41;
        let mut message = Vec::with_capacity(self.name.len() + 32);
        for word in [self.id, RECURSION, 1, 0, 0, u16::from(extended)] {
            message.extend(word.to_be_bytes());
        }
        message.extend(&self.name);
        message.extend(self.record.number().to_be_bytes());
        message.extend(CLASS_IN.to_be_bytes());
        if extended {
            message.push(0);
            message.extend(OPT.to_be_bytes());
            message.extend(UDP_BYTES.to_be_bytes());
            message.extend([0; 6]);
        }
        message
    }

    /// Reads the answer to this question.
    pub(super) fn parse(&self, message: &[u8]) -> Result<Response, Wrong> {
        let mut input = Input { message, at: 0 };
        let head = input.words::<6>().ok_or(Wrong::NotOurs)?;
        let [id, flags, questions, answers, authorities, additional] = head;
        // Opcodes other than 0 are no queries.
        if id != self.id || flags & 0x8000 == 0 || flags & 0x7800 != 0 {
            return Err(Wrong::NotOurs);
        }
        let mut response = Response {
            rcode: flags & 0x000f,
            truncated: flags & 0x0200 != 0,
            authoritative: flags & 0x0400 != 0,
            ..Response::default()
        };
        match questions {
            // Who could not read the question does not repeat it.
            0 if response.rcode != 0 => return Ok(response),
            1 => self.is_asked(&mut input)?,
            _ => return Err(Wrong::NotOurs),
        }
        let read = self.read(&mut input, answers, [authorities, additional], &mut response);
        // What was cut off may be cut off anywhere.
        if read.is_none() && !response.truncated { Err(Wrong::Unreadable) } else { Ok(response) }
    }

    /// Whether the message repeats the question.
    fn is_asked(&self, input: &mut Input<'_>) -> Result<(), Wrong> {
        let start = input.at;
        let name = input.name().ok_or(Wrong::NotOurs)?;
        let own = name::decode(&self.name, 0).is_some_and(|(own, _)| own.eq_ignore_ascii_case(&name));
        let kind = input.words().ok_or(Wrong::NotOurs)?;
        let same = own && start == 12 && kind == [self.record.number(), CLASS_IN];
        if same { Ok(()) } else { Err(Wrong::NotOurs) }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        answers: u16,
        others: [u16; 2],
        response: &mut Response,
    ) -> Option<()> {
        let mut found = Vec::new();
        for _ in 0..usize::from(answers).min(MOST_RECORDS) {
            found.push(input.record()?);
        }
        let (mut wanted, _) = name::decode(&self.name, 0)?;
        while response.aliases.len() < MOST_ALIASES && self.record != Record::Cname {
            let Some(alias) = found.iter().find(|found| found.is_at(&wanted, Record::Cname)) else { break };
            wanted = alias.text(Record::Cname, input.message)?;
            response.aliases.push(wanted.clone());
        }
        for found in found.iter().filter(|found| found.is_at(&wanted, self.record)) {
            response.records.push(found.text(self.record, input.message)?);
            response.ttl = Some(response.ttl.map_or(found.ttl, |ttl| ttl.min(found.ttl)));
        }
        response.records.sort_unstable();
        response.records.dedup();
        // Behind a long list the upper bits of the code are not looked for.
        if usize::from(answers) <= MOST_RECORDS {
            let others = others.into_iter().map(usize::from).sum::<usize>();
            for _ in 0..others.min(MOST_RECORDS) {
                let other = input.record()?;
                if other.kind == 41 {
                    response.rcode |= u16::try_from(other.ttl >> 24).unwrap_or(0) << 4;
                }
            }
        }
        Some(())
    }
}

/// A message of which something is taken from the front.
struct Input<'a> {
    message: &'a [u8],
    at: usize,
}

impl Input<'_> {
    fn words<const N: usize>(&mut self) -> Option<[u16; N]> {
        let bytes = self.message.get(self.at..)?.get(..N * 2)?;
        self.at += N * 2;
        let mut words = [0; N];
        for (word, pair) in words.iter_mut().zip(bytes.chunks_exact(2)) {
            *word = u16::from_be_bytes([pair[0], pair[1]]);
        }
        Some(words)
    }

    fn name(&mut self) -> Option<String> {
        let (name, end) = name::decode(self.message, self.at)?;
        self.at = end;
        Some(name)
    }

    fn record(&mut self) -> Option<Found> {
        let owner = self.name()?;
        let [kind, class, high, low, length] = self.words()?;
        let start = self.at;
        self.at = start.checked_add(usize::from(length)).filter(|end| *end <= self.message.len())?;
        // A time to live with the highest bit set is none (RFC 2181, section 8); in OPT it is no time.
        let ttl = u32::from(high) << 16 | u32::from(low);
        let ttl = if kind != 41 && ttl > 0x7fff_ffff { 0 } else { ttl };
        Some(Found { owner, kind, class, ttl, start, end: self.at })
    }
}

/// A record, of which the content stands somewhere in the message.
struct Found {
    owner: String,
    kind: u16,
    class: u16,
    ttl: u32,
    start: usize,
    end: usize,
}

impl Found {
    fn is_at(&self, name: &str, record: Record) -> bool {
        self.kind == record.number() && self.class == CLASS_IN && self.owner.eq_ignore_ascii_case(name)
    }

    /// The content as text; `None` if it is not as its type wants it.
    fn text(&self, record: Record, message: &[u8]) -> Option<String> {
        // Names may point out of the content, but nothing may reach over its end.
        let message = message.get(..self.end)?;
        let content = message.get(self.start..)?;
        let mut input = Input { message, at: self.start };
        let text = match record {
            Record::A => return Some(Ipv4Addr::from(<[u8; 4]>::try_from(content).ok()?).to_string()),
            Record::Aaaa => return Some(Ipv6Addr::from(<[u8; 16]>::try_from(content).ok()?).to_string()),
            Record::Txt => return texts(content),
            Record::Caa => return authorization(content),
            Record::Cname | Record::Ns | Record::Ptr => input.name()?,
            Record::Mx => {
                let [preference] = input.words()?;
                format!("{preference} {}", input.name()?)
            }
            Record::Srv => {
                let [priority, weight, port] = input.words()?;
                format!("{priority} {weight} {port} {}", input.name()?)
            }
            Record::Soa => start_of_authority(&mut input)?,
        };
        (input.at == self.end).then_some(text)
    }
}

/// RFC 1035, section 3.3.13.
fn start_of_authority(input: &mut Input<'_>) -> Option<String> {
    let (server, mailbox) = (input.name()?, input.name()?);
    let words: [u16; 10] = input.words()?;
    let numbers =
        words.chunks_exact(2).map(|pair| (u32::from(pair[0]) << 16 | u32::from(pair[1])).to_string());
    Some([server, mailbox].into_iter().chain(numbers).collect::<Vec<_>>().join(" "))
}

/// RFC 1035, section 3.3.14: strings with their lengths, which belong together.
fn texts(mut content: &[u8]) -> Option<String> {
    let mut whole = Vec::with_capacity(content.len());
    while let Some((&length, rest)) = content.split_first() {
        let (text, rest) = rest.split_at_checked(usize::from(length))?;
        whole.extend(text);
        content = rest;
    }
    Some(shown(&whole))
}

/// RFC 8659, section 4.1.
fn authorization(content: &[u8]) -> Option<String> {
    let (&[flags, length], rest) = content.split_first_chunk()?;
    let (tag, value) = rest.split_at_checked(usize::from(length))?;
    Some(format!("{flags} {} \"{}\"", shown(tag), shown(value)))
}

fn shown(bytes: &[u8]) -> String {
    readable(String::from_utf8_lossy(bytes).chars(), LONGEST_TEXT)
}

#[cfg(test)]
mod tests;
