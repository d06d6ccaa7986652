//! The conversation with a registry.

use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};
use http_probe::{Client, Hop, Limits, ProbeError, Redirects, Request, Response, Scheme, Url, next_hop};
use serde_json::Value;
use tokio::time::Instant;

use crate::domain::Domain;
use crate::outcome::{Outcome, Report};
use crate::record::{parse, plain};
use crate::server::Server;

/// Largest answer, in bytes.
const MAX_ANSWER: usize = 512 * 1024;

/// Number of redirects followed.
const MAX_HOPS: u8 = 5;

/// Longest wait which is believed.
const MAX_WAIT: Duration = Duration::from_secs(7 * 86_400);

/// What the answer should be (RFC 7480, section 4.2).
const ACCEPT: HeaderValue = HeaderValue::from_static("application/rdap+json, application/json;q=0.8");

/// What to ask.
#[derive(Debug, Clone)]
pub struct Question {
    /// The domain, as it was registered: see [`registrable`](crate::registrable).
    pub domain: Domain,
    /// Whom to ask.
    pub server: Server,
    /// How long all may take together.
    pub deadline: Duration,
}

impl Question {
    /// A question to be answered within 20 seconds.
    #[must_use]
    pub fn new(domain: Domain, server: Server) -> Self {
        Self { domain, server, deadline: Duration::from_secs(20) }
    }
}

/// Asks when a domain expires.
///
/// Redirects are followed over HTTPS only; where the server itself is asked over plain HTTP, as one on
/// this machine may be, those within its host, too. The future holds the connection: dropping it ends
/// the conversation at once.
pub async fn ask(client: &Client, question: &Question) -> Report {
    let outcome = Box::pin(converse(client, question)).await.unwrap_or_else(|outcome| outcome);
    Report { domain: question.domain.clone(), outcome }
}

async fn converse(client: &Client, question: &Question) -> Result<Outcome, Outcome> {
    let too_long = ProbeError::BadUrl { reason: http_probe::UrlError::TooLong };
    let first = question.server.question(&question.domain).ok_or(Outcome::Network(too_long))?;
    // A clock cannot hold every sum.
    let end = Instant::now() + question.deadline.min(Duration::from_secs(86_400));
    let mut url = first.clone();
    for hops in 0..=MAX_HOPS {
        let answer = send(client, &url, end).await?;
        let location = answer.headers.get(header::LOCATION).map(HeaderValue::as_bytes);
        let status = answer.status;
        match next_hop(&url, status, location, Redirects::Follow) {
            Hop::Final | Hop::Stop => return Ok(judge(question, &answer, hops > 0)),
            Hop::Follow(next) if may_follow(&first, &next) => url = next,
            Hop::Follow(_) => {
                let reason = "it sends on to an address without HTTPS".to_owned();
                return Err(Outcome::Fault { status, reason });
            }
            Hop::Bad { reason } => {
                let reason = format!("it sends on to an address that cannot be asked: {reason}");
                return Err(Outcome::Fault { status, reason });
            }
        }
    }
    Err(Outcome::Network(ProbeError::TooManyRedirects { limit: MAX_HOPS, last: Box::new(url) }))
}

/// Whether a redirect is followed.
fn may_follow(first: &Url, next: &Url) -> bool {
    let at_home = first.scheme() == Scheme::Http && first.host() == next.host();
    next.scheme() == Scheme::Https || at_home
}

/// Sends one request, and takes no answer of whom the roots do not trust.
async fn send(client: &Client, url: &Url, end: Instant) -> Result<Response, Outcome> {
    let total = end.saturating_duration_since(Instant::now());
    let request = Request {
        headers: vec![(header::ACCEPT, ACCEPT)],
        limits: Limits { total, body_bytes: MAX_ANSWER, redirects: 0, ..Limits::default() },
        redirects: Redirects::No,
        ..Request::get(url.clone())
    };
    let answer = client.get(&request).await.map_err(Outcome::Network)?;
    match answer.certificate.as_ref().map(|certificate| &certificate.trusted) {
        Some(Err(why)) => Err(Outcome::Network(ProbeError::TlsHandshake {
            addr: answer.remote,
            reason: format!("the certificate is {why}"),
        })),
        Some(Ok(())) | None => Ok(answer),
    }
}

/// Judges an answer. `redirected` says whether it came from another address than was asked first.
fn judge(question: &Question, answer: &Response, redirected: bool) -> Outcome {
    let fault = |reason: String| Outcome::Fault { status: answer.status, reason };
    let from_registry = redirected || matches!(question.server, Server::Registry(_));
    match answer.status {
        200 if answer.body_truncated => fault("the answer is larger than 512 KiB, or broke off".to_owned()),
        200 => match parse(&answer.body, &question.domain) {
            Ok(record) => match record.expires {
                Some(at) => Outcome::Expires { at, registrar: record.registrar, status: record.status },
                None => Outcome::NoExpiry { registrar: record.registrar, status: record.status },
            },
            Err(error) => fault(error.to_string()),
        },
        // An address that is wrong looks the same, but for the page.
        404 if is_page(&answer.headers) && from_registry => {
            fault("there is a page for people, so the address of the service may be wrong".to_owned())
        }
        404 if from_registry => Outcome::NotFound,
        404 | 501 => Outcome::Unsupported,
        429 => Outcome::RateLimited { retry_after: retry_after(&answer.headers) },
        _ => fault(said(&answer.body)),
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
}

/// How long to wait, where the answer tells it in seconds (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|wait| *wait <= MAX_WAIT)
}

/// A clause about a failure (RFC 9083, section 6).
fn said(body: &[u8]) -> String {
    let fields: Option<Value> = serde_json::from_slice(body).ok();
    let title = fields.as_ref().and_then(|fields| plain(fields.get("title")?.as_str()?));
    title.map_or_else(|| "nothing more is known".to_owned(), |title| format!("it says “{title}”"))
}
