//! A mail server which gives mail: IMAP (RFC 3501, RFC 9051), with STARTTLS or TLS (RFC 8314).

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::question::Security;
use crate::text::said;
use crate::wire::{Protocol, Wire};

pub(crate) const PROTOCOL: Protocol =
    Protocol { name: "an IMAP server", may_begin: |first| first.iter().zip(b"* ").all(|(a, b)| a == b) };

/// Longest line in bytes (RFC 7162, section 4, advises 8192 for commands; capabilities are short).
const LONGEST_LINE: usize = 8192;

/// Most lines which answer one command.
const MOST_LINES: usize = 100;

/// Waits for the greeting, asks for the capabilities, and takes leave. Nobody logs in.
///
/// Details: `greeting`, the text of the greeting; `capability`, each of them, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imap {}

pub(crate) async fn talk(wire: &mut Wire<'_>, _question: &Imap) -> Result<Said, Failure> {
    wire.enter(Phase::Greeting);
    let line = wire.line(LONGEST_LINE).await?;
    let greeting = match parse(&line) {
        Some(Line::Status(Status::Ok | Status::PreAuth, text)) => said(text),
        Some(Line::Status(Status::Bye, text)) => return Err(wire.not_ready(said(text))),
        _ => return Err(wire.broken(format!("“{}” is no greeting", said(&line)))),
    };
    if wire.security() == Security::StartTls {
        wire.enter(Phase::StartTls);
        if let Done::Refused(text) = command(wire, "a1", "STARTTLS").await?.0 {
            return Err(wire.no_starttls(text));
        }
        wire.secure().await?;
    }
    wire.enter(Phase::Answer);
    let (done, capabilities) = command(wire, "a2", "CAPABILITY").await?;
    if let Done::Refused(text) = done {
        return Err(wire.declined(text));
    }
    if capabilities.is_empty() {
        return Err(wire.broken("it does not say what it is capable of"));
    }
    wire.part(b"a3 LOGOUT\r\n").await;
    let who =
        if greeting.is_empty() { "an IMAP server".to_owned() } else { without_code(&greeting).to_owned() };
    let said = Said::new(who).with("greeting", greeting);
    Ok(capabilities.into_iter().fold(said, |said, capability| said.with("capability", capability)))
}

/// How a command ended.
enum Done {
    Ok,
    Refused(String),
}

/// Gives a command, and reads its end and the capabilities which came before it.
async fn command(wire: &mut Wire<'_>, tag: &str, command: &str) -> Result<(Done, Vec<String>), Failure> {
    wire.send(format!("{tag} {command}\r\n").as_bytes()).await?;
    let mut capabilities = Vec::new();
    for _ in 0..MOST_LINES {
        let line = wire.line(LONGEST_LINE).await?;
        if let Some(end) = line.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_prefix(b" ")) {
            return match status(end) {
                Some((Status::Ok, _)) => Ok((Done::Ok, capabilities)),
                Some((Status::No | Status::Bad, text)) => Ok((Done::Refused(said(text)), capabilities)),
                _ => Err(wire.broken(format!("“{}” ends no command", said(&line)))),
            };
        }
        match parse(&line) {
            Some(Line::Capability(list)) => capabilities = words(list),
            Some(Line::Status(Status::Bye, text)) => return Err(wire.not_ready(said(text))),
            Some(_) => {}
            None => return Err(wire.broken(format!("“{}” is no line of an answer", said(&line)))),
        }
    }
    Err(wire.broken(format!("one answer has more than {MOST_LINES} lines")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    No,
    Bad,
    PreAuth,
    Bye,
}

/// A line without a tag.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Status(Status, &'a [u8]),
    Capability(&'a [u8]),
    Other,
}

fn parse(line: &[u8]) -> Option<Line<'_>> {
    let rest = line.strip_prefix(b"* ")?;
    if let Some((status, text)) = status(rest) {
        return Some(Line::Status(status, text));
    }
    match word(rest) {
        (name, list) if name.eq_ignore_ascii_case(b"CAPABILITY") => Some(Line::Capability(list)),
        _ => Some(Line::Other),
    }
}

/// The status and its text (RFC 9051, section 7.1).
fn status(line: &[u8]) -> Option<(Status, &[u8])> {
    let (name, text) = word(line);
    let status = match name.to_ascii_uppercase().as_slice() {
        b"OK" => Status::Ok,
        b"NO" => Status::No,
        b"BAD" => Status::Bad,
        b"PREAUTH" => Status::PreAuth,
        b"BYE" => Status::Bye,
        _ => return None,
    };
    Some((status, text))
}

/// The first word, and what follows it.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|&byte| byte == b' ') {
        Some(end) => (&line[..end], &line[end + 1..]),
        None => (line, &[]),
    }
}

fn words(list: &[u8]) -> Vec<String> {
    let mut words: Vec<_> =
        list.split(|&byte| byte == b' ').map(said).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// A greeting without the code in brackets before it, which repeats the capabilities.
fn without_code(greeting: &str) -> &str {
    let text =
        greeting.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(greeting, |(_, text)| text);
    if text.trim().is_empty() { greeting } else { text.trim() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_without_a_tag() {
        assert_eq!(parse(b"* OK Dovecot ready."), Some(Line::Status(Status::Ok, b"Dovecot ready.")));
        assert_eq!(parse(b"* bye"), Some(Line::Status(Status::Bye, b"")));
        assert_eq!(parse(b"* Capability IMAP4rev1 IDLE"), Some(Line::Capability(b"IMAP4rev1 IDLE")));
        assert_eq!(parse(b"* 3 EXISTS"), Some(Line::Other));
        assert_eq!(parse(b"+ go on"), None);
        assert_eq!(without_code("[CAPABILITY IMAP4rev1] Dovecot ready."), "Dovecot ready.");
        assert_eq!(without_code("[CAPABILITY IMAP4rev1]"), "[CAPABILITY IMAP4rev1]");
    }

    proptest! {
        #[test]
        fn any_line_is_judged(line: Vec<u8>) {
            let _ = (parse(&line), status(&line), words(&line));
        }
    }
}
