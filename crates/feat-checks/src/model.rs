//! What checks decide, as pure functions over values: how well an answer is ([`judge`]), when a change of state counts
//! ([`progress`]), and when each check is due ([`schedule`]).

pub(crate) mod definition;
pub(crate) mod json_path;
pub(crate) mod judge;
pub(crate) mod progress;
pub(crate) mod recent;
pub(crate) mod schedule;

use http_probe::{ProbeError, Response, TcpOutcome};

/// What came of one probe.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Of a GET.
    Http(Result<Box<Response>, ProbeError>),
    /// Of a connection.
    Tcp(Result<TcpOutcome, ProbeError>),
    /// The probe itself broke off; the text says how.
    Broken(String),
}

impl Outcome {
    /// The word for the kind of failure; `None` when there was an answer.
    pub(crate) fn failure(&self) -> Option<&'static str> {
        match self {
            Self::Http(Err(error)) | Self::Tcp(Err(error)) => Some(error.kind()),
            Self::Broken(_) => Some("broken"),
            Self::Http(Ok(_)) | Self::Tcp(Ok(_)) => None,
        }
    }

    /// The status of the answer, where there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Http(Ok(response)) => Some(response.status),
            Self::Http(Err(ProbeError::BodyTimeout { status, .. } | ProbeError::BadBody { status, .. })) => {
                Some(*status)
            }
            _ => None,
        }
    }
}
