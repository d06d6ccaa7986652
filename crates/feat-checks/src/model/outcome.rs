//! What came of one probe, in the words of the engine that made it.

use hob_base::wording::tidy;
use hob_base::{Health, Level, ResourceId};
use http_probe::{GrpcState, ProbeError, Response, TcpOutcome};
use service_probe::Failure;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tls_probe::{Distrust, Examination, FirstExpiry};

/// What came of one probe.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Of a question over HTTP.
    Http(Result<Box<Response>, ProbeError>),
    /// Of a connection.
    Tcp(Result<TcpOutcome, ProbeError>),
    /// Of a question to a service that speaks a protocol of its own, to a name server, or of pings.
    Server(Result<Box<Answered>, Failure>),
    /// Of a handshake for the certificate alone.
    Tls(Result<Box<Examined>, tls_probe::Error>),
    /// Of asking for the end of a domain's registration.
    Domain(Box<rdap::Report>),
    /// Of asking a registry for an image.
    Registry(Box<registry_probe::Report>),
    /// Of asking Docker for a container.
    Docker(Result<Box<Response>, ProbeError>),
    /// Of asking gRPC's health service.
    Grpc(Result<(GrpcState, Box<Response>), ProbeError>),
    /// Of looking at the members of a group.
    Group(Vec<Member>),
    /// The secret that is to be sent cannot be had; the clause says why.
    NoSecret(String),
    /// What is to be asked makes no sense; the clause says why.
    Unusable(String),
    /// The probe did not come to an end in time.
    Overdue,
    /// The probe itself broke off; the text says how.
    Broken(String),
}

/// A service answered as its protocol says.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// Who answered, in its own words.
    pub(crate) summary: String,
    /// What else it told, by the engine's words for it.
    pub(crate) details: Vec<(&'static str, String)>,
    /// The address that answered.
    pub(crate) remote: Option<SocketAddr>,
    /// How long it took.
    pub(crate) took: Duration,
    /// What it showed of itself over TLS.
    pub(crate) tls: Option<Shown>,
}

impl From<service_probe::Answer> for Answered {
    fn from(answer: service_probe::Answer) -> Self {
        let tls = answer.tls.as_ref().map(Shown::of);
        let service_probe::Answer { summary, details, remote, took, .. } = answer;
        Self { summary, details, remote, took, tls }
    }
}

impl Answered {
    /// The first detail under a word.
    pub(crate) fn detail(&self, word: &str) -> Option<&str> {
        self.details.iter().find(|(name, _)| *name == word).map(|(_, value)| value.as_str())
    }

    /// All details under a word.
    pub(crate) fn all<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.details.iter().filter(move |(name, _)| *name == word).map(|(_, value)| value.as_str())
    }
}

/// What a handshake showed.
#[derive(Debug, Clone)]
pub(crate) struct Examined {
    /// The certificate.
    pub(crate) shown: Shown,
    /// The address that answered.
    pub(crate) remote: Option<SocketAddr>,
    /// How long connection and handshake took.
    pub(crate) took: Duration,
}

/// What a server showed of itself over TLS, as far as it is judged.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Whether the roots trust it, and why not.
    pub(crate) trusted: Result<(), Distrust>,
    /// The last moment of its certificate, in seconds since 1970.
    pub(crate) not_after: Option<i64>,
    /// Which certificate of its chain ends first.
    pub(crate) first: Option<FirstExpiry>,
    /// What is not safe any more in its certificates, as clauses.
    pub(crate) weak: Vec<String>,
    /// To whom it was issued.
    pub(crate) subject: Option<String>,
    /// By whom it was issued.
    pub(crate) issuer: Option<String>,
}

impl Shown {
    /// Takes from an examination what is judged.
    pub(crate) fn of(examination: &Examination) -> Self {
        let leaf = examination.leaf.as_ref();
        Self {
            trusted: examination.trusted.clone(),
            not_after: leaf.and_then(|leaf| leaf.not_after),
            first: examination.first_expiry.clone(),
            weak: examination.weaknesses.iter().map(ToString::to_string).collect(),
            subject: leaf.and_then(|leaf| leaf.subject.clone()),
            issuer: leaf.and_then(|leaf| leaf.issuer.clone()),
        }
    }
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Which resource.
    pub(crate) id: ResourceId,
    /// What people call it.
    pub(crate) name: String,
    /// How it is; `None` when nobody knows of it.
    pub(crate) level: Option<Level>,
}

/// How a probe says of the network between here and there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Something over there answered.
    There,
    /// Nothing over there answered, as if there were no way.
    NoWay,
    /// It says nothing of the way.
    Unclear,
}

impl Outcome {
    /// The word for the kind of failure; `None` when there was an answer.
    pub(crate) fn failure(&self) -> Option<&'static str> {
        match self {
            Self::Http(Err(error))
            | Self::Tcp(Err(error))
            | Self::Docker(Err(error))
            | Self::Grpc(Err(error)) => Some(error.kind()),
            Self::Server(Err(failure)) => Some(failure.kind()),
            Self::Tls(Err(error)) => Some(error.kind()),
            Self::Domain(report) => match &report.outcome {
                rdap::Outcome::Expires { .. } | rdap::Outcome::NoExpiry { .. } => None,
                rdap::Outcome::Network(error) => Some(error.kind()),
                other => Some(other.kind()),
            },
            Self::Registry(report) => match &report.outcome {
                registry_probe::Outcome::Ok(_) => None,
                registry_probe::Outcome::Network(error) => Some(error.kind()),
                other => Some(other.kind()),
            },
            Self::NoSecret(_) => Some("no_secret"),
            Self::Unusable(_) => Some("unusable"),
            Self::Overdue => Some("overdue"),
            Self::Broken(_) => Some("broken"),
            Self::Http(Ok(_))
            | Self::Tcp(Ok(_))
            | Self::Docker(Ok(_))
            | Self::Grpc(Ok(_))
            | Self::Server(Ok(_))
            | Self::Tls(Ok(_))
            | Self::Group(_) => None,
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

    /// The address that answered, or that was tried in vain.
    pub(crate) fn remote(&self) -> Option<IpAddr> {
        match self {
            Self::Http(Ok(response)) | Self::Grpc(Ok((_, response))) => Some(response.remote.ip()),
            Self::Tcp(Ok(outcome)) => Some(outcome.remote.ip()),
            Self::Server(Ok(answered)) => answered.remote.map(|remote| remote.ip()),
            Self::Tls(Ok(examined)) => examined.remote.map(|remote| remote.ip()),
            Self::Http(Err(error)) | Self::Tcp(Err(error)) | Self::Grpc(Err(error)) => match error {
                ProbeError::Refused { addr }
                | ProbeError::Unreachable { addr, .. }
                | ProbeError::ConnectTimeout { addr, .. } => Some(addr.ip()),
                _ => None,
            },
            Self::Tls(Err(error)) | Self::Server(Err(Failure::Connection(error))) => match error {
                tls_probe::Error::Refused { addr }
                | tls_probe::Error::Unreachable { addr, .. }
                | tls_probe::Error::ConnectTimeout { addr, .. } => Some(addr.ip()),
                _ => None,
            },
            _ => None,
        }
    }

    /// What it says of the network between here and there.
    pub(crate) fn reach(&self) -> Reach {
        match self.failure() {
            None if matches!(self, Self::Docker(_) | Self::Group(_)) => Reach::Unclear,
            Some(
                "resolve" | "resolve_timeout" | "no_address" | "refused" | "unreachable" | "connect_timeout"
                | "no_reply" | "no_answer",
            ) => Reach::NoWay,
            // What was connected before the way was lost ends in silence after it.
            Some(
                "head_timeout" | "body_timeout" | "tls_timeout" | "silent" | "unfinished" | "overdue"
                | "no_socket" | "no_secret" | "unusable" | "broken" | "not_permitted" | "bad_question"
                | "socket" | "bad_url" | "bad_request",
            ) => Reach::Unclear,
            // A wrong answer is an answer.
            None | Some(_) => Reach::There,
        }
    }

    /// What came of it as people read it, with the figures of this one probe.
    pub(crate) fn words(&self, health: &Health) -> String {
        let said = match self {
            Self::Server(Ok(answered)) if health.level == Level::Ok => tidy(&answered.summary, 200),
            _ => String::new(),
        };
        let parts = [health.reason.as_str(), health.evidence.as_str(), said.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }

    /// When the certificate, registration or credential ends that was looked at, in seconds since 1970.
    pub(crate) fn until(&self) -> Option<i64> {
        match self {
            Self::Http(Ok(response)) => response.certificate.as_ref()?.not_after_unix,
            Self::Tls(Ok(examined)) => examined.shown.not_after,
            Self::Server(Ok(answered)) => answered.tls.as_ref()?.not_after,
            Self::Domain(report) => match &report.outcome {
                rdap::Outcome::Expires { at, .. } => Some(at.as_second()),
                _ => None,
            },
            Self::Registry(report) => report.credential_expires_at,
            _ => None,
        }
    }

    /// How long the answer took, where the engine says so.
    pub(crate) fn took(&self) -> Option<Duration> {
        match self {
            Self::Http(Ok(response)) | Self::Grpc(Ok((_, response))) => Some(response.timings.total),
            Self::Tcp(Ok(outcome)) => Some(outcome.resolve + outcome.connect),
            Self::Server(Ok(answered)) => Some(answered.took),
            Self::Tls(Ok(examined)) => Some(examined.took),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_probe::Phase;

    #[test]
    fn silence_after_a_connection_says_nothing_of_the_way_and_a_wrong_answer_is_one() {
        let addr = ([1, 1, 1, 1], 443).into();
        let after = Duration::from_secs(1);
        for (error, reach) in [
            (ProbeError::ConnectTimeout { addr, after }, Reach::NoWay),
            (ProbeError::Refused { addr }, Reach::NoWay),
            (ProbeError::ResolveTimeout { host: "x".into(), after }, Reach::NoWay),
            (ProbeError::HeadTimeout { after, phase: Phase::BeforeHead }, Reach::Unclear),
            (ProbeError::NotHttp { first_bytes: "x".into() }, Reach::There),
        ] {
            assert_eq!(Outcome::Tcp(Err(error)).reach(), reach);
        }
        assert_eq!(Outcome::Overdue.reach(), Reach::Unclear);
        assert_eq!(Outcome::Group(vec![]).reach(), Reach::Unclear);
    }
}
