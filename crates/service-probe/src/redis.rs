//! A Redis or Valkey store: PING over RESP2 (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::question::Credential;
use crate::text::said;
use crate::wire::{Protocol, Wire};

pub(crate) const PROTOCOL: Protocol =
    Protocol { name: "a Redis server", may_begin: |first| matches!(first, [b'+' | b'-', ..]) };

/// Longest line in bytes: errors are sentences, the longest that of the protected mode with 1 KiB.
const LONGEST_LINE: usize = 4096;

/// Logs in, if there is a credential, and says PING.
///
/// A store which wants a password and is given none answers well. Details: `authentication` (`required`
/// or `accepted`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redis {
    /// With which to log in first; the user is needed only where there are several (since Redis 6).
    pub credential: Option<Credential>,
}

pub(crate) async fn talk(wire: &mut Wire<'_>, question: &Redis) -> Result<Said, Failure> {
    let mut said = Said::new("a Redis server answers PING");
    if let Some(credential) = &question.credential {
        wire.may_send(credential)?;
        wire.enter(Phase::Login);
        let mut words = vec!["AUTH"];
        words.extend(credential.user.as_deref());
        words.push(credential.password.reveal());
        wire.send(&command(&words)).await?;
        match reply(wire).await? {
            Reply::Fine(_) => said = said.with("authentication", "accepted"),
            Reply::Error(text) if is_temporary(&text) => return Err(wire.not_ready(text)),
            Reply::Error(text) if text.starts_with("DENIED") => return Err(wire.declined(text)),
            Reply::Error(text) => return Err(wire.rejected(text)),
        }
    }
    wire.enter(Phase::Answer);
    wire.send(&command(&["PING"])).await?;
    let said = match reply(wire).await? {
        Reply::Fine(text) if text == "PONG" => said,
        Reply::Fine(text) => return Err(wire.broken(format!("it answers PING with “{text}”"))),
        Reply::Error(text) if text.starts_with("NOAUTH") && question.credential.is_none() => {
            Said::new("a Redis server asks for a password").asks_for_login()
        }
        // Known user, who may not even say PING.
        Reply::Error(text) if text.starts_with("NOPERM") => said.with("ping", "not permitted"),
        Reply::Error(text) if is_temporary(&text) => return Err(wire.not_ready(text)),
        Reply::Error(text) => return Err(wire.declined(text)),
    };
    wire.part(&command(&["QUIT"])).await;
    Ok(said)
}

/// Errors of a store which is as it should be, or will be soon.
fn is_temporary(error: &str) -> bool {
    let code = error.split(' ').next().unwrap_or_default();
    matches!(code, "LOADING" | "MASTERDOWN" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MISCONF")
        || error.starts_with("ERR max number of clients reached")
}

/// A command as an array of strings.
fn command(words: &[&str]) -> Vec<u8> {
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    command.into_bytes()
}

#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Fine(String),
    Error(String),
}

async fn reply(wire: &mut Wire<'_>) -> Result<Reply, Failure> {
    let line = wire.line(LONGEST_LINE).await?;
    match line.split_first() {
        Some((b'+', text)) => Ok(Reply::Fine(said(text))),
        Some((b'-', text)) => Ok(Reply::Error(said(text))),
        _ => Err(wire.broken(format!("“{}” is no answer to PING", said(&line)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_carry_their_lengths() {
        assert_eq!(command(&["PING"]), b"*1\r\n$4\r\nPING\r\n");
        assert_eq!(
            command(&["AUTH", "jö", "a b"]),
            "*3\r\n$4\r\nAUTH\r\n$3\r\njö\r\n$3\r\na b\r\n".as_bytes()
        );
    }

    #[test]
    fn what_passes_by_itself() {
        for error in [
            "LOADING Redis is loading the dataset in memory",
            "MASTERDOWN Link",
            "BUSY",
            "ERR max number of clients reached",
        ] {
            assert!(is_temporary(error), "{error}");
        }
        for error in [
            "NOAUTH Authentication required.",
            "WRONGPASS",
            "LOADINGX",
            "ERR unknown",
            "",
            "DENIED protected",
        ] {
            assert!(!is_temporary(error), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_word_cannot_become_a_second_command(word: String) {
            let bytes = command(&["AUTH", &word]);
            let rest = bytes.strip_prefix(b"*2\r\n$4\r\nAUTH\r\n").unwrap();
            let length = format!("${}\r\n", word.len());
            prop_assert_eq!(rest, [length.as_bytes(), word.as_bytes(), b"\r\n"].concat());
        }
    }
}
