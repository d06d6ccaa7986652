//! Why a service did not answer as its protocol says, in words for its owner.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tls_probe::words::{plain, spoken};

/// How far a probe had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The question itself was looked at.
    Question,
    /// The name was looked up.
    Resolve,
    /// A connection was made.
    Connect,
    /// The connection was secured with TLS.
    Secure,
    /// The service was to speak first.
    Greeting,
    /// The service was to say whether TLS may begin.
    StartTls,
    /// The service was to let the probe in.
    Login,
    /// The service was to answer the question.
    Answer,
}

/// Why there is no good answer.
///
/// `Display` is one plain sentence; what the service sent stands in it on one line, without control
/// characters, and cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The question makes no sense, so that nobody was asked.
    #[error("Nobody was asked: {reason}.")]
    BadQuestion {
        /// A clause which says what is wrong.
        reason: String,
    },
    /// No connection came about, or no TLS on it.
    #[error(transparent)]
    Connection(#[from] tls_probe::Error),
    /// The network or the host says that the address cannot be reached.
    #[error("{at} cannot be reached: {}.", plain(source))]
    Unreachable {
        /// The address; the port is 0 where there is none.
        at: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The machine of the probe is at the end of its means, which says nothing about the service.
    #[error("This machine could not ask {at}: {}.", plain(source))]
    NoSocket {
        /// The address.
        at: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Nothing came in time.
    #[error("{at} {} within {}.", silence(*phase), spoken(*after))]
    Silent {
        /// The address and port.
        at: SocketAddr,
        /// What was awaited.
        phase: Phase,
        /// The time it had.
        after: Duration,
    },
    /// No datagram came back in time.
    #[error("{at} gave no answer within {}.", spoken(*after))]
    NoAnswer {
        /// The address and port.
        at: SocketAddr,
        /// The time it had.
        after: Duration,
    },
    /// Something came, and not all in time.
    #[error("{at} began {} but did not finish it within {}.", awaited(*phase), spoken(*after))]
    Unfinished {
        /// The address and port.
        at: SocketAddr,
        /// What was awaited.
        phase: Phase,
        /// The time it had.
        after: Duration,
    },
    /// The service closed or reset the connection.
    #[error("{at} accepted the connection and closed it {}.", moment(*phase, *begun))]
    Closed {
        /// The address and port.
        at: SocketAddr,
        /// What was awaited.
        phase: Phase,
        /// Whether a part of it had come.
        begun: bool,
    },
    /// It is another service.
    #[error("{at} answers, but not like {protocol}: it begins with “{first}”.")]
    OtherProtocol {
        /// The address and port.
        at: SocketAddr,
        /// Who was expected, with an article.
        protocol: &'static str,
        /// The beginning of what it sent.
        first: String,
    },
    /// The service answers plain text with TLS.
    #[error("{at} speaks TLS from the beginning, and was asked without it.")]
    SpeaksTls {
        /// The address and port.
        at: SocketAddr,
        /// Who was expected, with an article.
        protocol: &'static str,
    },
    /// The answer begins well and breaks the rules of its protocol.
    #[error("{at} answers like {protocol}, but {reason}.")]
    Broken {
        /// The address and port.
        at: SocketAddr,
        /// Who was expected, with an article.
        protocol: &'static str,
        /// What was awaited.
        phase: Phase,
        /// A clause which says what is wrong.
        reason: String,
    },
    /// The service sent more than a probe may read.
    #[error("{at} sent more than {limit} bytes without coming to the end of {}.", awaited(*phase))]
    TooMuch {
        /// The address and port.
        at: SocketAddr,
        /// What was awaited.
        phase: Phase,
        /// The limit in bytes.
        limit: usize,
    },
    /// The service says, as its protocol has it, that it cannot serve now.
    #[error("{at} answers that it is not ready: “{text}”.")]
    NotReady {
        /// The address and port.
        at: SocketAddr,
        /// What was awaited.
        phase: Phase,
        /// What it said.
        text: String,
    },
    /// The service says, as its protocol has it, that it does not serve this probe.
    #[error("{at} answers, but declines: “{text}”.")]
    Declined {
        /// The address and port.
        at: SocketAddr,
        /// What was awaited.
        phase: Phase,
        /// What it said.
        text: String,
    },
    /// The credential was sent and not accepted.
    #[error("{at} does not accept the user name or password: “{text}”.")]
    CredentialRejected {
        /// The address and port.
        at: SocketAddr,
        /// What it said.
        text: String,
    },
    /// The credential was not sent.
    #[error("The password was not sent to {at}: {reason}.")]
    CredentialWithheld {
        /// The address and port.
        at: SocketAddr,
        /// A clause which says why.
        reason: String,
    },
    /// The service offers no way from plain text to TLS.
    #[error("{at} does not offer to secure the connection: “{text}”.")]
    NoStartTls {
        /// The address and port.
        at: SocketAddr,
        /// What it said.
        text: String,
    },
    /// What came is not what was expected.
    #[error("{at} answers, but without “{expected}”: {}.", beginning(came))]
    Unexpected {
        /// The address and port.
        at: SocketAddr,
        /// What was expected.
        expected: String,
        /// The beginning of what came.
        came: String,
    },
    /// The operating system lets this process send no echo requests.
    #[error(
        "This machine does not let the probe send pings: the group of the process, or all groups, must be \
         within net.ipv4.ping_group_range (sysctl -w net.ipv4.ping_group_range=\"0 2147483647\")."
    )]
    NotPermitted,
    /// No echo reply came.
    #[error("{at} answered none of {sent} pings within {}.", spoken(*after))]
    NoReply {
        /// The address.
        at: std::net::IpAddr,
        /// Number of requests sent.
        sent: u16,
        /// The time it had.
        after: Duration,
    },
    /// The name server knows no such record.
    #[error("{at} knows no {record} record of {name} ({rcode}).")]
    NoRecords {
        /// The address and port of the name server.
        at: SocketAddr,
        /// The name.
        name: String,
        /// The type of record.
        record: &'static str,
        /// The name of the code in the answer.
        rcode: String,
    },
}

impl Failure {
    /// A word for each kind of failure, for machines; it stays the same between versions.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BadQuestion { .. } => "bad_question",
            Self::Connection(error) => error.kind(),
            Self::Unreachable { .. } => "unreachable",
            Self::NoSocket { .. } => "no_socket",
            Self::Silent { .. } => "silent",
            Self::NoAnswer { .. } => "no_answer",
            Self::Unfinished { .. } => "unfinished",
            Self::Closed { .. } => "closed",
            Self::OtherProtocol { .. } => "other_protocol",
            Self::SpeaksTls { .. } => "speaks_tls",
            Self::Broken { .. } => "broken",
            Self::TooMuch { .. } => "too_much",
            Self::NotReady { .. } => "not_ready",
            Self::Declined { .. } => "declined",
            Self::CredentialRejected { .. } => "credential_rejected",
            Self::CredentialWithheld { .. } => "credential_withheld",
            Self::NoStartTls { .. } => "no_starttls",
            Self::Unexpected { .. } => "unexpected",
            Self::NotPermitted => "not_permitted",
            Self::NoReply { .. } => "no_reply",
            Self::NoRecords { .. } => "no_records",
        }
    }

    /// What the probe was at when it ended.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self {
            Self::BadQuestion { .. } => Phase::Question,
            Self::Connection(error) => of_connection(error),
            Self::Unreachable { .. } | Self::NoSocket { .. } | Self::NotPermitted => Phase::Connect,
            Self::Silent { phase, .. }
            | Self::Unfinished { phase, .. }
            | Self::Closed { phase, .. }
            | Self::Broken { phase, .. }
            | Self::TooMuch { phase, .. }
            | Self::NotReady { phase, .. }
            | Self::Declined { phase, .. } => *phase,
            Self::OtherProtocol { .. } | Self::SpeaksTls { .. } => Phase::Greeting,
            Self::CredentialRejected { .. } | Self::CredentialWithheld { .. } => Phase::Login,
            Self::NoStartTls { .. } => Phase::StartTls,
            Self::NoAnswer { .. }
            | Self::Unexpected { .. }
            | Self::NoReply { .. }
            | Self::NoRecords { .. } => Phase::Answer,
        }
    }
}

fn of_connection(error: &tls_probe::Error) -> Phase {
    use tls_probe::Error;
    match error {
        Error::Resolve { .. } | Error::ResolveTimeout { .. } | Error::NoAddress { .. } => Phase::Resolve,
        Error::Handshake { .. } | Error::NotTls { .. } | Error::TlsTimeout { .. } => Phase::Secure,
        _ => Phase::Connect,
    }
}

fn silence(phase: Phase) -> &'static str {
    match phase {
        Phase::Greeting => "accepted the connection but said nothing",
        Phase::StartTls => "accepted the connection but did not say whether it can be secured",
        Phase::Login => "accepted the connection but gave no answer to the login",
        _ => "accepted the connection but gave no answer",
    }
}

fn awaited(phase: Phase) -> &'static str {
    match phase {
        Phase::Greeting => "its greeting",
        Phase::StartTls => "what it says about a secure connection",
        Phase::Login => "the login",
        _ => "its answer",
    }
}

fn moment(phase: Phase, begun: bool) -> String {
    match (phase, begun) {
        (Phase::Greeting, false) => "without a word".to_owned(),
        (phase, false) => format!("before {}", awaited(phase)),
        (phase, true) => format!("in the middle of {}", awaited(phase)),
    }
}

fn beginning(came: &str) -> String {
    if came.is_empty() { "nothing came".to_owned() } else { format!("it begins with “{came}”") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_sentences() {
        let at = SocketAddr::from(([10, 0, 0, 5], 5432));
        let after = Duration::from_secs(5);
        let silent = |phase| Failure::Silent { at, phase, after };
        let closed = |phase, begun| Failure::Closed { at, phase, begun };
        let unexpected =
            |came: &str| Failure::Unexpected { at, expected: "OK".to_owned(), came: came.to_owned() };
        for (failure, sentence) in [
            (
                silent(Phase::Greeting),
                "10.0.0.5:5432 accepted the connection but said nothing within 5 seconds.",
            ),
            (
                silent(Phase::Answer),
                "10.0.0.5:5432 accepted the connection but gave no answer within 5 seconds.",
            ),
            (
                silent(Phase::Login),
                "10.0.0.5:5432 accepted the connection but gave no answer to the login within 5 seconds.",
            ),
            (
                Failure::Unfinished { at, phase: Phase::Greeting, after },
                "10.0.0.5:5432 began its greeting but did not finish it within 5 seconds.",
            ),
            (
                closed(Phase::Greeting, false),
                "10.0.0.5:5432 accepted the connection and closed it without a word.",
            ),
            (
                closed(Phase::Login, false),
                "10.0.0.5:5432 accepted the connection and closed it before the login.",
            ),
            (
                closed(Phase::Answer, true),
                "10.0.0.5:5432 accepted the connection and closed it in the middle of its answer.",
            ),
            (unexpected(""), "10.0.0.5:5432 answers, but without “OK”: nothing came."),
            (unexpected("no"), "10.0.0.5:5432 answers, but without “OK”: it begins with “no”."),
            (
                Failure::CredentialWithheld { at, reason: "its certificate is self-signed".to_owned() },
                "The password was not sent to 10.0.0.5:5432: its certificate is self-signed.",
            ),
        ] {
            assert_eq!(failure.to_string(), sentence);
        }
        assert_eq!(silent(Phase::Login).phase(), Phase::Login);
        assert_eq!(Failure::from(tls_probe::Error::Refused { addr: at }).kind(), "refused");
    }
}
