//! A mail server which takes mail: SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS (RFC 8314).

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::question::Security;
use crate::text::said;
use crate::wire::{Protocol, Wire};

/// How a mail server is recognised.
pub const PROTOCOL: Protocol = Protocol { name: "an SMTP server", may_begin };

/// Longest line of a reply in bytes. RFC 5321, section 4.5.3.1.5, has 512; some servers send more.
const LONGEST_LINE: usize = 2048;

/// Most lines of one reply.
const MOST_LINES: usize = 100;

/// Waits for the greeting, says EHLO, and takes leave. No mail is announced and nobody logs in.
///
/// Details: `greeting`, the text of the greeting; `name`, what the server calls itself; `capability`, each
/// extension with its parameters, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Smtp {}

pub(crate) async fn talk(wire: &mut Wire<'_>, _question: &Smtp) -> Result<Said, Failure> {
    let (greeting, hello) = begin(wire).await?;
    wire.part(b"QUIT\r\n").await;
    Ok(summary(&greeting, &hello))
}

/// Waits for the greeting, says EHLO, and secures the connection where the target wants STARTTLS. Gives the
/// greeting and the last answer to EHLO.
///
/// # Errors
///
/// [`Failure`] if the server does not want to talk, or not over TLS.
pub async fn begin(wire: &mut Wire<'_>) -> Result<(Reply, Reply), Failure> {
    wire.enter(Phase::Greeting);
    let greeting = reply(wire).await?;
    if greeting.code != 220 {
        return Err(refusal(wire, &greeting));
    }
    let mut hello = hello(wire).await?;
    if wire.security() == Security::StartTls {
        wire.enter(Phase::StartTls);
        wire.send(b"STARTTLS\r\n").await?;
        let consent = reply(wire).await?;
        if consent.code != 220 {
            return Err(wire.no_starttls(consent.text()));
        }
        wire.secure().await?;
        hello = self::hello(wire).await?;
    }
    Ok((greeting, hello))
}

/// Introduces the probe by its address (RFC 5321, section 4.1.3), in the old way if need be.
async fn hello(wire: &mut Wire<'_>) -> Result<Reply, Failure> {
    wire.enter(Phase::Answer);
    let name = match wire.local() {
        Some(std::net::IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        Some(std::net::IpAddr::V4(ip)) => format!("[{ip}]"),
        None => "[127.0.0.1]".to_owned(),
    };
    wire.send(format!("EHLO {name}\r\n").as_bytes()).await?;
    let mut answer = reply(wire).await?;
    if matches!(answer.code, 500 | 502) {
        wire.enter(Phase::Answer);
        wire.send(format!("HELO {name}\r\n").as_bytes()).await?;
        answer = reply(wire).await?;
    }
    if answer.code == 250 { Ok(answer) } else { Err(refusal(wire, &answer)) }
}

fn refusal(wire: &Wire<'_>, reply: &Reply) -> Failure {
    match reply.code {
        // 554 is “no SMTP service here” as a greeting; all of 4xx passes by itself.
        400..500 => wire.not_ready(reply.text()),
        554 if wire.phase() == Phase::Greeting => wire.not_ready(reply.text()),
        _ => wire.declined(reply.text()),
    }
}

fn summary(greeting: &Reply, hello: &Reply) -> Said {
    let greeting = said(greeting.lines.first().map_or(&[], |line| &line[..]));
    let who = if greeting.is_empty() { "an SMTP server".to_owned() } else { greeting.clone() };
    let mut lines = hello.lines.iter().map(|line| said(line));
    let name = lines.next().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
    let mut capabilities: Vec<_> = lines.collect();
    capabilities.sort_unstable();
    let said = Said::new(who).with("greeting", greeting).with("name", name);
    capabilities.into_iter().fold(said, |said, capability| said.with("capability", capability))
}

/// A reply of one or several lines with one code (RFC 5321, section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// From 200 to 599.
    pub code: u16,
    /// The text of each line, as it came.
    pub lines: Vec<Vec<u8>>,
}

impl Reply {
    /// The code and all lines as one, readable and cut.
    #[must_use]
    pub fn text(&self) -> String {
        said(format!("{} {}", self.code, String::from_utf8_lossy(&self.lines.join(&b' '))).as_bytes())
    }
}

/// Reads a reply of at most a hundred lines. The caller has entered a phase.
///
/// # Errors
///
/// [`Failure`] if none came in time, or none that is one.
pub async fn reply(wire: &mut Wire<'_>) -> Result<Reply, Failure> {
    let mut lines = Vec::new();
    let mut first = None;
    while lines.len() < MOST_LINES {
        let line = wire.line(LONGEST_LINE).await?;
        let Some((code, more, text)) = parse(&line) else {
            return Err(wire.broken(format!("“{}” is no line of a reply", said(&line))));
        };
        if *first.get_or_insert(code) != code {
            return Err(wire.broken("the lines of one reply have different codes"));
        }
        lines.push(text.to_vec());
        if !more {
            return Ok(Reply { code, lines });
        }
    }
    Err(wire.broken(format!("one reply has more than {MOST_LINES} lines")))
}

/// The code, whether more lines follow, and the text (RFC 5321, section 4.2).
fn parse(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_first_chunk::<3>()?;
    if !(b'2'..=b'5').contains(&code[0]) || !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest {
        [] => Some((code, false, rest)),
        [b' ', text @ ..] => Some((code, false, text)),
        [b'-', text @ ..] => Some((code, true, text)),
        _ => None,
    }
}

fn may_begin(first: &[u8]) -> bool {
    first.iter().zip(0..).all(|(&byte, place)| match place {
        0 => matches!(byte, b'2'..=b'5'),
        1 | 2 => byte.is_ascii_digit(),
        3 => matches!(byte, b' ' | b'-' | b'\r' | b'\n'),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_of_replies() {
        assert_eq!(parse(b"220 mail.lan ESMTP"), Some((220, false, &b"mail.lan ESMTP"[..])));
        assert_eq!(parse(b"250-SIZE 1000"), Some((250, true, &b"SIZE 1000"[..])));
        assert_eq!(parse(b"250"), Some((250, false, &b""[..])));
        for wrong in [&b""[..], b"22", b"220x", b"HTTP/1.1", b"120 a", b"620 a", b"2a0 b"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_judged(line: Vec<u8>) {
            if let Some((code, _, text)) = parse(&line) {
                prop_assert!((200..600).contains(&code) && text.len() + 3 <= line.len());
                prop_assert!(may_begin(&line));
            }
        }
    }
}
