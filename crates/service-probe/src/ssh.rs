//! A server of secure shells: the exchange of versions (RFC 4253, section 4.2).

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::text::said;
use crate::wire::{Protocol, Wire};

/// Other lines may come before the version, so that no beginning is wrong.
pub(crate) const PROTOCOL: Protocol = Protocol { name: "an SSH server", may_begin };

/// Longest line in bytes. RFC 4253 has 255 for the version, and nothing for lines before it.
const LONGEST_LINE: usize = 1024;

/// Most lines before the version.
const MOST_LINES: usize = 50;

const OUR_VERSION: &str = concat!("SSH-2.0-service_probe_", env!("CARGO_PKG_VERSION"), "\r\n");

/// Reads the version of the server and tells it ours. No keys are exchanged and nobody logs in.
///
/// Details: `version`, the whole line; `software`, the name and version of the software; `comment`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ssh {}

pub(crate) async fn talk(wire: &mut Wire<'_>, _question: &Ssh) -> Result<Said, Failure> {
    wire.enter(Phase::Greeting);
    // Whoever stays silent is told of by the server as one who did not identify himself.
    wire.send(OUR_VERSION.as_bytes()).await?;
    for _ in 0..MOST_LINES {
        let line = match wire.line(LONGEST_LINE).await {
            Ok(line) => line,
            // What came was no version: as far as can be told, no SSH server sent it.
            Err(
                Failure::Closed { begun: true, .. } | Failure::Unfinished { .. } | Failure::Broken { .. },
            ) if !begins(wire.first()) => {
                return Err(wire.other_protocol());
            }
            Err(failure) => return Err(failure),
        };
        // OpenSSH turns away in this way, before it tells its version.
        if line.starts_with(b"Exceeded MaxStartups") || line.starts_with(b"Not allowed at this time") {
            return Err(wire.not_ready(said(&line)));
        }
        if !line.starts_with(b"SSH-") {
            continue;
        }
        let Some(version) = parse(&line) else {
            return Err(wire.broken(format!("“{}” is no version", said(&line))));
        };
        if !matches!(version.protocol, b"2.0" | b"1.99") {
            return Err(wire.declined(said(&line)));
        }
        wire.part(b"").await;
        return Ok(Said::new(summary(&version))
            .with("version", said(&line))
            .with("software", said(version.software))
            .with("comment", said(version.comment)));
    }
    Err(wire.other_protocol())
}

fn summary(version: &Version<'_>) -> String {
    let summary = said(&[version.software, version.comment].join(&b' '));
    if summary.is_empty() { "an SSH server".to_owned() } else { summary }
}

#[derive(Debug, PartialEq, Eq)]
struct Version<'a> {
    protocol: &'a [u8],
    software: &'a [u8],
    comment: &'a [u8],
}

fn parse(line: &[u8]) -> Option<Version<'_>> {
    let rest = line.strip_prefix(b"SSH-")?;
    let (protocol, rest) = split(rest, b'-')?;
    let (software, comment) = split(rest, b' ').unwrap_or((rest, b""));
    (!protocol.is_empty() && !software.is_empty()).then_some(Version { protocol, software, comment })
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|&byte| byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

fn begins(first: &[u8]) -> bool {
    first.iter().zip(b"SSH-").all(|(a, b)| a == b)
}

/// Lines before the version are text; a record of TLS or a database's greeting is not.
fn may_begin(first: &[u8]) -> bool {
    !first.iter().any(|&byte| byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n')) || begins(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions() {
        let version = parse(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7").unwrap();
        assert_eq!(
            (version.protocol, version.software, version.comment),
            (&b"2.0"[..], &b"OpenSSH_9.2p1"[..], &b"Debian-2+deb12u7"[..])
        );
        assert_eq!(summary(&version), "OpenSSH_9.2p1 Debian-2+deb12u7");
        assert_eq!(summary(&parse(b"SSH-2.0-\t").unwrap()), "an SSH server");
        assert_eq!(parse(b"SSH-1.99-Cisco-1.25").unwrap().software, b"Cisco-1.25");
        for wrong in [&b"SSH-"[..], b"SSH-2.0", b"SSH-2.0-", b"SSH--x", b"ssh-2.0-x"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn our_version_keeps_the_rules() {
        let version = OUR_VERSION.strip_suffix("\r\n").unwrap();
        let software = parse(version.as_bytes()).unwrap().software;
        assert!(
            OUR_VERSION.len() <= 255 && software.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'-')
        );
    }

    proptest! {
        #[test]
        fn any_line_is_judged(line: Vec<u8>) {
            let _ = (parse(&line), may_begin(&line), parse(&[b"SSH-", &line[..]].concat()));
        }
    }
}
