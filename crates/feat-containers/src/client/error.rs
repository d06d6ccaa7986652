//! Why an engine did not answer.

use hob_base::wording::tidy;
use http::StatusCode;
use std::io;

/// The longest text of an engine that is told on, in characters.
const SAID_MAX: usize = 300;

/// Why an engine did not answer. Each is a sentence for the owner.
#[derive(Debug)]
pub(crate) enum AskError {
    /// Nobody takes the connection.
    Connect {
        /// Where.
        address: String,
        /// What the system says.
        error: io::Error,
    },
    /// It takes too long.
    Slow,
    /// The connection broke, or the answer is no HTTP.
    Broken(String),
    /// It refuses.
    Status {
        /// What was asked.
        path: String,
        /// The status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// The answer is no JSON of the kind that was asked for.
    Unreadable {
        /// What was asked.
        path: String,
        /// What is wrong.
        said: String,
    },
}

impl AskError {
    /// Of a connection that broke.
    pub(super) fn reading(error: &dyn std::fmt::Display) -> Self {
        Self::Broken(tidy(&error.to_string(), SAID_MAX))
    }

    /// Of a status that is no 200, with the message that Docker and Podman put into the body.
    pub(super) fn status(path: &str, status: StatusCode, body: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct Said {
            message: String,
        }
        let said = serde_json::from_slice::<Said>(body)
            .map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |said| said.message);
        let path = path.split('?').next().unwrap_or_default().to_owned();
        Self::Status { path, status: status.as_u16(), said: tidy(&said, SAID_MAX) }
    }

    /// Whether somebody in between does not let this be asked.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Status { status: 401 | 403 | 404 | 405 | 501, .. })
    }

    /// Whether the socket is there and may not be opened.
    pub(crate) fn is_barred(&self) -> bool {
        matches!(self, Self::Connect { error, .. } if error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// What happened, for the evidence.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Connect { address, error } => format!("{address}: {error}"),
            Self::Slow => "There was no answer in time.".to_owned(),
            Self::Broken(said) => said.clone(),
            Self::Status { path, status, said } if said.is_empty() => {
                format!("GET {path} answers with status {status}.")
            }
            Self::Status { path, status, said } => format!("GET {path} answers with status {status}: {said}"),
            Self::Unreadable { path, said } => {
                format!("The answer to GET {path} cannot be read: {}", tidy(said, SAID_MAX))
            }
        }
    }
}
