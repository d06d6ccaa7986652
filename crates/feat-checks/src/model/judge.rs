//! How well an answer is.
//!
//! Without a wish of the owner: 200 to 399, and 401, 403 and 405 are well, since a service that asks who is there is up.
//! At the start page of a service every other 4xx is well too (many have nothing at `/`), apart from 429; on any other
//! page it is a warning: the service is up, but what was asked for is not there. 5xx is critical. An answer that takes
//! more than four fifths of the time it may take is a warning. A certificate that nobody vouches for is a warning where
//! the specification says so.
//!
//! Reasons hold no figure of a single probe, so that the same state gives the same sentence; figures are evidence.

mod certificate;
mod docker;
mod domain;
mod group;
mod grpc;
mod page;
mod registry;
mod server;
mod tls;

pub(crate) use certificate::date;

use super::Outcome;
use super::definition::bracketed;
use hob_base::wording::{duration_words, listed, tidy};
use hob_base::{Health, Level, Timestamp};
use hob_feature::checks::{CheckSpec, CheckTarget, HttpCheck};
use http::StatusCode;
use http_probe::{ProbeError, Response, TcpOutcome, Url};
use std::time::Duration;

/// The longest reason made of somebody else's words, in characters.
const REASON_MAX: usize = 300;
/// How much of a page is shown as evidence, in characters.
const EXCERPT_MAX: usize = 200;

/// What is to be thought of what came back.
pub(crate) fn judge(spec: &CheckSpec, outcome: &Outcome, now: Timestamp) -> Health {
    let health = match (outcome, &spec.target) {
        (Outcome::Http(result), _) => judge_http(spec, result.as_deref(), now),
        (Outcome::Tcp(result), _) => judge_tcp(spec, result.as_ref()),
        (Outcome::Server(result), _) => server::judge(spec, result.as_deref(), now),
        (Outcome::Tls(Ok(examined)), CheckTarget::Tls(check)) => {
            tls::judge(check, examined, now).or_worse(judge_time(spec, examined.took))
        }
        (Outcome::Tls(Err(error)), _) => judge_no_tls(error),
        (Outcome::Domain(report), CheckTarget::Domain(check)) => domain::judge(check, report, now),
        (Outcome::Registry(report), CheckTarget::Registry(check)) => registry::judge(check, report, now),
        (Outcome::Docker(result), CheckTarget::Docker(check)) => docker::judge(check, result.as_deref(), now),
        (Outcome::Grpc(Ok((state, response))), CheckTarget::Grpc(check)) => {
            grpc::judge(check, state).or_worse(judge_time(spec, response.timings.total))
        }
        (Outcome::Grpc(Err(error)), CheckTarget::Grpc(check)) => {
            judge_error(error, &format!("gRPC at {}:{}", bracketed(&check.host), check.port))
        }
        (Outcome::Group(members), CheckTarget::Group(group)) => group::judge(group.rule, members),
        (other, _) => judge_no_probe(spec, other),
    };
    if spec.upside_down { upside_down(health) } else { health }
}

/// What is to be thought when nobody was asked, or the asking did not end.
fn judge_no_probe(spec: &CheckSpec, outcome: &Outcome) -> Health {
    match outcome {
        Outcome::Overdue => Health::critical(format!(
            "It gave no answer that could be judged within {}.",
            duration_words(spec.timeout)
        ))
        .with_remedy("It hangs or is overloaded: look at its log, and restart it if it does not recover."),
        Outcome::NoSecret(why) => {
            Health::unknown(format!("It cannot be checked without its secret: {}.", tidy(why, REASON_MAX)))
                .with_remedy("Put the secret where this check looks for it, and let Hob read it.")
        }
        Outcome::Unusable(why) => Health::unknown(format!(
            "It cannot be checked as it is defined: {}.",
            tidy(why.trim_end_matches('.'), REASON_MAX)
        ))
        .with_remedy("Correct the definition of this check."),
        Outcome::Broken(how) => Health::unknown("Hob's own probe broke off, so the state is unknown.")
            .with_evidence(tidy(how, REASON_MAX))
            .with_remedy("This is a fault of Hob: please report it with the lines from its log."),
        _ => Health::unknown(format!("The check asks for {}, but got another answer.", spec.target.kind())),
    }
}

/// The other way round, for what must not answer. What is unknown stays so.
fn upside_down(health: Health) -> Health {
    match health.level {
        Level::Unknown => health,
        Level::Critical => {
            Health::ok(format!("It fails, as it should: {}", health.reason)).with_evidence(health.evidence)
        }
        Level::Ok | Level::Warning => Health::critical("It answers, although it should not.")
            .with_evidence(if health.evidence.is_empty() { health.reason } else { health.evidence })
            .with_remedy("Close it again, or turn this check round."),
    }
}

/// What is to be thought of an answer over HTTP.
pub(crate) fn judge_http(spec: &CheckSpec, result: Result<&Response, &ProbeError>, now: Timestamp) -> Health {
    let CheckTarget::Http(http) = &spec.target else {
        return Health::unknown("The check does not ask over HTTP, but got an HTTP answer.");
    };
    let response = match result {
        Ok(response) => response,
        Err(error) => return judge_error(error, &format!("{} {}", http.method, without_query(&http.url))),
    };
    let mut health = judge_status(http, response);
    if health.level == Level::Critical {
        return health.with_evidence(evidence(response));
    }
    if let Some(wrong) = page::judge(http, response) {
        return wrong;
    }
    health = health.or_worse(judge_certificate(http, response, now));
    if response.withheld {
        health = health.or_worse(
            Health::warning("It answers, but was not given the secret of this check, since its certificate is not trusted.")
                .with_remedy("Give it a certificate that this machine trusts, or set trusted = false for this check."),
        );
    }
    health = health.or_worse(judge_time(spec, response.timings.total));
    if health.level == Level::Ok { health } else { health.with_evidence(evidence(response)) }
}

/// What is to be thought of a connection.
pub(crate) fn judge_tcp(spec: &CheckSpec, result: Result<&TcpOutcome, &ProbeError>) -> Health {
    let target = match &spec.target {
        CheckTarget::Tcp(tcp) => format!("{}:{}", bracketed(&tcp.host), tcp.port),
        other => other.kind().to_owned(),
    };
    match result {
        Ok(outcome) => {
            let took = outcome.resolve + outcome.connect;
            let health = Health::ok(format!("{} accepts connections.", tidy(&target, 100)));
            let health = health.or_worse(judge_time(spec, took));
            if health.level == Level::Ok {
                return health;
            }
            health.with_evidence(format!(
                "{} accepted the connection after {}.",
                outcome.remote,
                milliseconds(took)
            ))
        }
        Err(error) => judge_error(error, &format!("TCP connection to {target}")),
    }
}

/// What is well for an address that the owner wrote down: unlike with a service that was merely found, a start page that
/// is not there is a fault.
fn usual_statuses() -> Vec<u16> {
    (200..400).chain([401, 403, 405]).collect()
}

fn judge_status(http: &HttpCheck, response: &Response) -> Health {
    let url = &http.url;
    let usual = if http.found { Vec::new() } else { usual_statuses() };
    let expected = if http.expect_status.is_empty() { &usual } else { &http.expect_status };
    let status = response.status;
    let line = status_line(status);
    if !expected.is_empty() {
        if expected.contains(&status) {
            return Health::ok(format!("Answers with {line}."));
        }
        return Health::critical(format!("It answers {line}, but {} is expected.", ranges(expected)))
            .with_remedy(remedy_for_status(status));
    }
    match status {
        401 | 403 | 407 => Health::ok(format!("Answers with {line}: it asks who is there, so it is up.")),
        300..400 => Health::ok(match response.location().filter(|next| leaves(&response.final_url, next)) {
            Some(next) => {
                format!("Answers with {line} and sends visitors on to {}.", tidy(next.host(), 100))
            }
            None => format!("Answers with {line}."),
        }),
        ..400 | 405 => Health::ok(format!("Answers with {line}.")),
        429 => {
            Health::warning("It answers 429 Too Many Requests: somebody asks it more often than it likes.")
                .with_remedy("Give this check a longer interval, or find out who else asks so often.")
        }
        400..500 if is_start_page(url) => {
            Health::ok(format!("Answers with {line} at its start page, so it is up."))
        }
        400..500 => Health::warning(format!(
            "It answers {line} at {}: the service is up, but this page is not well.",
            tidy(&path_of(url), 100)
        ))
        .with_remedy(remedy_for_status(status)),
        502 => Health::critical(format!(
            "It answers {line}: the proxy is up, but the service behind it cannot be reached."
        ))
        .with_remedy(remedy_for_status(status)),
        503 => Health::critical(format!("It answers {line}: it is starting, overloaded or switched off."))
            .with_remedy(remedy_for_status(status)),
        504 => Health::critical(format!(
            "It answers {line}: the proxy is up, but the service behind it does not answer in time."
        ))
        .with_remedy(remedy_for_status(status)),
        _ => Health::critical(format!("It answers {line}: the service itself reports a fault."))
            .with_remedy(remedy_for_status(status)),
    }
}

fn remedy_for_status(status: u16) -> &'static str {
    match status {
        401 | 403 => "It refuses visitors who are not logged in; if that is right, expect this status.",
        404 | 410 => {
            "Look whether the address is still right, and whether the proxy's rule for it is still there."
        }
        300..=399 => "It sends visitors elsewhere; if that is right, expect this status.",
        502 | 504 => {
            "Look whether the service behind the proxy runs, and whether the proxy's address for it is right."
        }
        503 => "If it was just started, give it a moment; otherwise look at its log.",
        500..600 => "The log of the service should say what happened.",
        _ => "If this answer is right, expect this status.",
    }
}

/// Of what was merely found nobody has to vouch for the certificate, and one that ends is a warning at worst: visitors
/// may know it by its fingerprint.
fn judge_certificate(http: &HttpCheck, response: &Response, now: Timestamp) -> Health {
    let (Some(shown), true) = (&response.certificate, http.trusted) else { return Health::ok("") };
    let first = response.examination.as_ref().and_then(|examination| examination.first_expiry.as_ref());
    let mut ending = certificate::judge_chain(shown.not_after_unix, first, http.days, now);
    if http.found {
        ending.level = ending.level.min(Level::Warning);
        return ending;
    }
    let distrust = match &shown.trusted {
        Err(why) => Health::warning(format!(
            "It answers, but visitors are warned of its certificate: it is {}.",
            tidy(why, 150)
        ))
        .with_remedy("Renew or replace the certificate, or let the proxy in front of it get one."),
        Ok(()) => Health::ok(""),
    };
    distrust.or_worse(ending)
}

fn judge_time(spec: &CheckSpec, took: Duration) -> Health {
    let limit = spec.warn_after.unwrap_or_else(|| spec.timeout.mul_f64(0.8));
    if took <= limit {
        return Health::ok("");
    }
    Health::warning(format!(
        "It answers, but takes more than {}; after {} it counts as failed.",
        duration_words(limit),
        duration_words(spec.timeout)
    ))
    .with_remedy("Look whether the machine is busy, or give this check more time.")
}

/// What is to be thought of no certificate at all.
fn judge_no_tls(error: &tls_probe::Error) -> Health {
    let level =
        if matches!(error, tls_probe::Error::NoSocket { .. }) { Level::Unknown } else { Level::Critical };
    let health = Health::new(level, tidy(&error.to_string(), REASON_MAX));
    match server::remedy(error.kind()) {
        Some(remedy) => health.with_remedy(remedy),
        None => health,
    }
}

/// What is to be thought of no answer at all.
fn judge_error(error: &ProbeError, asked: &str) -> Health {
    // The number of bytes that came differs from probe to probe.
    let reason = match error {
        ProbeError::BodyTimeout { status, after, .. } => format!(
            "It answers with {}, but does not finish its page within {}.",
            status_line(*status),
            duration_words(*after)
        ),
        other => other.to_string(),
    };
    let level = if matches!(error, ProbeError::NoSocket { .. }) { Level::Unknown } else { Level::Critical };
    let health = Health::new(level, tidy(&reason, REASON_MAX)).with_evidence(tidy(asked, REASON_MAX));
    match remedy_for_error(error) {
        Some(remedy) => health.with_remedy(remedy),
        None => health,
    }
}

fn remedy_for_error(error: &ProbeError) -> Option<&'static str> {
    Some(match error {
        ProbeError::Refused { .. } => "Start the service again; its log should say why it ended.",
        ProbeError::Resolve { .. } | ProbeError::NoAddress { .. } => {
            "Look whether the name is written right and whether your DNS server knows it."
        }
        ProbeError::ResolveTimeout { .. } => "Look whether the DNS server that this machine uses is up.",
        ProbeError::Unreachable { .. } | ProbeError::ConnectTimeout { .. } => {
            "Look whether that machine is on and whether a firewall stands between."
        }
        ProbeError::NoSocket { .. } => {
            "This machine, not the service, is at its limit: look at the number of open files and connections."
        }
        ProbeError::HeadTimeout { .. } | ProbeError::BodyTimeout { .. } => {
            "It hangs or is overloaded: look at its log, and restart it if it does not recover."
        }
        ProbeError::LooksLikeTls { .. } => "Write https:// in the address.",
        ProbeError::NotTls { .. } => "Write http:// in the address.",
        ProbeError::ConnectionClosed { .. } => {
            "It may have crashed on the request, or a proxy in front of it has lost it: look at their logs."
        }
        ProbeError::TooManyRedirects { .. } | ProbeError::RedirectLoop { .. } => {
            "Service and proxy disagree about the address: look at the base address in the service's settings, and \
             whether the proxy tells it that visitors come over HTTPS."
        }
        ProbeError::NotHttp2 { .. } | ProbeError::Http2 { .. } => {
            "Let the check speak HTTP/1.1: version = \"1\"."
        }
        ProbeError::Withheld { .. } => {
            "Give the server a certificate that this machine trusts, or set trusted = false for this check."
        }
        _ => return None,
    })
}

/// Status, time and the beginning of the page.
fn evidence(response: &Response) -> String {
    let mut text = format!(
        "{} answered {} after {}.",
        response.remote,
        status_line(response.status),
        milliseconds(response.timings.total)
    );
    if let Some(hop) = response.hops.last() {
        let to = response.final_url.to_string();
        let from = hop.url.to_string();
        text.push_str(&format!(
            " A redirect led from {} to {}.",
            tidy(without_query(&from), 100),
            tidy(without_query(&to), 100)
        ));
    }
    let excerpt = tidy(&String::from_utf8_lossy(&response.body), EXCERPT_MAX);
    if !excerpt.is_empty() {
        text.push_str(&format!(" The page begins: “{excerpt}”"));
    }
    text
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

/// `502 Bad Gateway`.
fn status_line(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

/// `200`, `200 or 204`, `200 to 399, 401 or 403`.
fn ranges(statuses: &[u16]) -> String {
    let mut sorted = statuses.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for status in sorted {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == status => *end = status,
            _ => runs.push((status, status)),
        }
    }
    let words: Vec<String> = runs
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from} to {to}") })
        .collect();
    match listed(&words).rsplit_once(" and ") {
        Some((first, last)) => format!("{first} or {last}"),
        None => words.concat(),
    }
}

fn leaves(here: &Url, next: &Url) -> bool {
    here.host() != next.host()
}

fn is_start_page(url: &str) -> bool {
    path_of(url) == "/"
}

fn path_of(url: &str) -> String {
    Url::parse(url)
        .map(|url| without_query(url.path_and_query()).to_owned())
        .unwrap_or_else(|_| "/".to_owned())
}

/// An address without what follows the question mark, which may be nobody's business.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests;
