//! Why a mail was not sent, in words for whoever set up the sending.

use service_probe::{Failure, Phase};

use crate::smtp::Encryption;

/// Why nobody got the mail.
///
/// `Display` is one or two plain sentences; what the server said stands in it on one line, and cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The settings make no sense, so that nobody was asked.
    #[error("No mail can be sent: {0}.")]
    Settings(String),
    /// No conversation with the server came about, or it broke off.
    #[error("{failure}{}", hint(failure, *encryption))]
    Connection {
        /// What went wrong.
        failure: Failure,
        /// What was tried.
        encryption: Encryption,
    },
    /// The server's certificate is not trusted; nothing was told to it.
    #[error(
        "No mail was sent to {server}: its certificate is {why}. If that is as it should be, allow any certificate \
         for this server."
    )]
    Untrusted {
        /// The host and port.
        server: String,
        /// A clause which says why.
        why: String,
    },
    /// The server offers no encryption.
    #[error(
        "{server} does not offer STARTTLS: “{answer}”. Use encryption “tls”, mostly on port 465, or “none” if the \
         network between is your own."
    )]
    NoStartTls {
        /// The host and port.
        server: String,
        /// What it said.
        answer: String,
    },
    /// The server offers no login which is known here.
    #[error("{server} offers no login with a password{}.", offered(methods, *encryption))]
    NoLogin {
        /// The host and port.
        server: String,
        /// The ways to log in which it offers.
        methods: String,
        /// What was tried.
        encryption: Encryption,
    },
    /// The user name or the password is wrong.
    #[error("{server} does not accept the user name or the password: “{answer}”.{}", login_hint(answer))]
    Login {
        /// The host and port.
        server: String,
        /// What it said.
        answer: String,
    },
    /// The server wants a login and has been given none.
    #[error("{server} wants a user name and a password: “{answer}”.")]
    LoginWanted {
        /// The host and port.
        server: String,
        /// What it said.
        answer: String,
    },
    /// The server does not let this address write.
    #[error("{server} does not accept {address} as who writes: “{answer}”.")]
    Writer {
        /// The host and port.
        server: String,
        /// Who was to write.
        address: String,
        /// What it said.
        answer: String,
        /// Whether it may be otherwise later.
        again: bool,
    },
    /// The server does not carry mail to others for whom it does not know.
    #[error(
        "{server} does not pass on mail for {address}: “{answer}”. It may want a user name and a password, or this \
         machine among those it relays for."
    )]
    RelayDenied {
        /// The host and port.
        server: String,
        /// Whom the mail was for.
        address: String,
        /// What it said.
        answer: String,
    },
    /// The server takes no mail for any of the people.
    #[error("{server} takes no mail for {address}: “{answer}”.")]
    Recipient {
        /// The host and port.
        server: String,
        /// Whom the mail was for: the first of them.
        address: String,
        /// What it said of the first.
        answer: String,
        /// Whether it may be otherwise later.
        again: bool,
    },
    /// The server does not take this mail.
    #[error("{server} does not take the mail: “{answer}”.")]
    Refused {
        /// The host and port.
        server: String,
        /// What it said.
        answer: String,
        /// Whether it may be otherwise later.
        again: bool,
    },
    /// The mail is longer than the server takes.
    #[error("The mail has {bytes} bytes, and {server} takes at most {most}.")]
    TooLarge {
        /// The host and port.
        server: String,
        /// The size of the mail.
        bytes: usize,
        /// The limit of the server.
        most: usize,
    },
}

impl MailError {
    /// Whether the same mail may succeed later without anybody changing anything: the server was not there, was
    /// busy, or said so with a code from 400 to 499.
    #[must_use]
    pub fn worth_trying_again(&self) -> bool {
        match self {
            Self::Connection { failure, .. } => !matches!(
                failure,
                Failure::BadQuestion { .. }
                    | Failure::OtherProtocol { .. }
                    | Failure::SpeaksTls { .. }
                    | Failure::Declined { .. }
                    | Failure::Broken { .. }
                    | Failure::Connection(tls_probe::Error::NotTls { .. })
            ),
            // One which has expired is renewed.
            Self::Untrusted { why, .. } => why.starts_with("expired") || why.starts_with("not valid"),
            Self::Writer { again, .. } | Self::Recipient { again, .. } | Self::Refused { again, .. } => {
                *again
            }
            _ => false,
        }
    }

    /// What the server said, where it said something.
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::NoStartTls { answer, .. }
            | Self::Login { answer, .. }
            | Self::LoginWanted { answer, .. }
            | Self::Writer { answer, .. }
            | Self::RelayDenied { answer, .. }
            | Self::Recipient { answer, .. }
            | Self::Refused { answer, .. } => Some(answer),
            Self::Connection {
                failure: Failure::NotReady { text, .. } | Failure::Declined { text, .. },
                ..
            } => Some(text),
            _ => None,
        }
    }

    /// A word for each kind, for machines; it stays the same between versions.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::Connection { failure, .. } => failure.kind(),
            Self::Untrusted { .. } => "untrusted",
            Self::NoStartTls { .. } => "no_starttls",
            Self::NoLogin { .. } => "no_login",
            Self::Login { .. } => "login",
            Self::LoginWanted { .. } => "login_wanted",
            Self::Writer { .. } => "writer",
            Self::RelayDenied { .. } => "relay_denied",
            Self::Recipient { .. } => "recipient",
            Self::Refused { .. } => "refused_mail",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

/// What to try where a port and an encryption do not fit together.
fn hint(failure: &Failure, encryption: Encryption) -> &'static str {
    match (failure, encryption) {
        (Failure::Silent { phase: Phase::Greeting, .. }, Encryption::StartTls | Encryption::None) => {
            " If this port is one for TLS (mostly 465), use encryption “tls”."
        }
        (Failure::SpeaksTls { .. }, _) => " Use encryption “tls”.",
        (Failure::Connection(tls_probe::Error::NotTls { .. }), Encryption::Tls) => {
            " Use encryption “starttls”, as usual on the ports 587 and 25."
        }
        _ => "",
    }
}

fn offered(methods: &str, encryption: Encryption) -> String {
    match (methods, encryption) {
        ("", Encryption::None) => {
            ": many servers offer it only on an encrypted connection; try “starttls”".to_owned()
        }
        ("", _) => ": leave out the user name, or try another port, mostly 587 or 465".to_owned(),
        (methods, _) => format!(": it knows {methods} only"),
    }
}

/// What large providers mean.
fn login_hint(answer: &str) -> &'static str {
    let lower = answer.to_ascii_lowercase();
    if ["application-specific", "app password", "5.7.9"].iter().any(|words| lower.contains(words)) {
        " Make a password for this one program in the settings of your account and use that one."
    } else {
        ""
    }
}
