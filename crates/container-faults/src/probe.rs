//! A container runs, but a probe says that it does not answer as it should.
//!
//! Sources: the kubelet’s events `Unhealthy` and `ProbeWarning`, and the output of Docker’s and Podman’s health checks.

use crate::words::between;
use crate::{Fault, Severity, cut, quoted, single_line};

/// Which probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Whether it lives: it is started again when this fails.
    Liveness,
    /// Whether it may be asked: it gets no requests while this fails.
    Readiness,
    /// Whether its start is over: it is started again when this fails for too long.
    Startup,
    /// The health check of Docker or Podman.
    Health,
}

impl Kind {
    /// The probe’s name in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Liveness => "liveness probe",
            Self::Readiness => "readiness probe",
            Self::Startup => "startup probe",
            Self::Health => "health check",
        }
    }
}

/// How the program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// With this status of HTTP.
    Status(u16),
    /// Nothing listens.
    Refused,
    /// Not in time.
    Timeout,
    /// The connection was broken off.
    BrokenOff,
    /// HTTP where HTTPS is spoken, or the other way round.
    WrongScheme,
    /// It says itself that it does not serve (gRPC).
    NotServing,
    /// The probe’s command does not exist in the container.
    CommandMissing,
    /// The probe’s command said this.
    Output(String),
    /// Nothing is known.
    Silent,
}

/// Which probe failed and how, from the text of an event `Unhealthy`.
pub fn parse(message: &str) -> Option<(Kind, Answer)> {
    let (kind, rest) = [
        ("Liveness probe", Kind::Liveness),
        ("Readiness probe", Kind::Readiness),
        ("Startup probe", Kind::Startup),
    ]
    .into_iter()
    .find_map(|(words, kind)| message.split_once(words).map(|(_, rest)| (kind, rest)))?;
    let rest = rest.trim_start();
    let rest = ["failed:", "errored:", "errored and resulted in unknown state:", "failed", "errored"]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
        .unwrap_or(rest);
    Some((kind, answer(rest)))
}

/// How a program answered, from the text of a probe or the output of a health check.
pub fn answer(text: &str) -> Answer {
    let text = single_line(text);
    let small = text.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| small.contains(sign));
    let status = small
        .split_once("statuscode: ")
        .map(|(_, rest)| rest)
        .or_else(|| between(&small, "returned error: ", " "));
    let status = status.or_else(|| small.split_once("returned error: ").map(|(_, rest)| rest));
    let digits = status.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    if let Some(status) =
        digits.and_then(|digits| digits.parse::<u16>().ok()).filter(|status| (100..600).contains(status))
    {
        return Answer::Status(status);
    }
    if has(&["connection refused", "failed to connect"]) {
        Answer::Refused
    } else if has(&["deadline exceeded", "client.timeout", "i/o timeout", "timed out", "timeout"]) {
        Answer::Timeout
    } else if has(&["malformed http response", "http response to https client", "does not look like a tls"]) {
        Answer::WrongScheme
    } else if has(&["connection reset", "eof", "broken pipe", "stopped after"]) {
        Answer::BrokenOff
    } else if has(&["not_serving"]) {
        Answer::NotServing
    } else if has(&["executable file not found", "exec failed", "no such file or directory"]) {
        Answer::CommandMissing
    } else if text.is_empty() {
        Answer::Silent
    } else {
        Answer::Output(cut(&text, 200))
    }
}

impl Answer {
    /// The end of a sentence: “… answers with HTTP status 503”.
    pub fn words(&self) -> String {
        match self {
            Self::Status(404) => {
                "it answers with HTTP status 404 (nothing is at the path that is asked)".to_owned()
            }
            Self::Status(status @ (401 | 403)) => {
                format!("it answers with HTTP status {status} (the path that is asked wants a login)")
            }
            Self::Status(status) => format!("it answers with HTTP status {status}"),
            Self::Refused => "nothing listens on the port that is asked".to_owned(),
            Self::Timeout => "it does not answer in time".to_owned(),
            Self::BrokenOff => "it breaks the connection off".to_owned(),
            Self::WrongScheme => "HTTP and HTTPS are mixed up between probe and program".to_owned(),
            Self::NotServing => "it says itself that it does not serve".to_owned(),
            Self::CommandMissing => "the command of the probe does not exist in the container".to_owned(),
            Self::Output(text) => format!("the probe’s command says {}", quoted(text)),
            Self::Silent => "it gives no reason".to_owned(),
        }
    }

    fn remedy(&self, kind: Kind) -> &'static str {
        match self {
            Self::Status(401 | 403 | 404) => "Let the probe ask a path that answers without a login.",
            Self::Status(_) | Self::NotServing | Self::Output(_) => {
                "Look at its log lines: the program itself reports the trouble."
            }
            Self::Refused if kind == Kind::Startup => {
                "Give it more time (failureThreshold × periodSeconds), or correct the probe’s port."
            }
            Self::Refused => {
                "Look at its log lines: it may still be starting, or listen on another port or address than the probe asks."
            }
            Self::Timeout => {
                "Raise timeoutSeconds of the probe, or find out what keeps the program busy (processor limit, slow disk, database)."
            }
            Self::WrongScheme => "Correct the scheme of the probe (HTTP or HTTPS).",
            Self::CommandMissing => {
                "Correct the command of the probe; a newer image may lack a tool such as curl."
            }
            Self::BrokenOff | Self::Silent => "Look at its log lines.",
        }
    }
}

/// A failing probe as a sentence with the next step. `asked` is what is asked (`/health on port 8080`), may be empty.
pub fn describe(container: &str, kind: Kind, answer: &Answer, asked: &str) -> Fault {
    let name = quoted(container);
    let asked = if asked.is_empty() { String::new() } else { format!(" ({})", cut(asked, 120)) };
    let (code, does) = match kind {
        Kind::Liveness => ("probe-liveness", "is started again and again by its"),
        Kind::Readiness => ("probe-readiness", "gets no requests because of its"),
        Kind::Startup => ("probe-startup", "does not get past its"),
        Kind::Health => ("probe-health", "is unhealthy by its"),
    };
    Fault::new(
        code,
        Severity::Critical,
        format!("The container {name} {does} {}{asked}: {}.", kind.words(), answer.words()),
    )
    .remedy(answer.remedy(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_the_kubelet_mean_something() {
        for (text, kind, expected) in [
            (
                "Liveness probe failed: HTTP probe failed with statuscode: 503",
                Kind::Liveness,
                Answer::Status(503),
            ),
            (
                r#"Readiness probe failed: Get "http://10.42.0.5:8080/health": dial tcp 10.42.0.5:8080: connect: connection refused"#,
                Kind::Readiness,
                Answer::Refused,
            ),
            (
                r#"Readiness probe failed: Get "http://10.42.0.5:8080/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"#,
                Kind::Readiness,
                Answer::Timeout,
            ),
            ("Startup probe failed: dial tcp 10.42.0.5:5432: i/o timeout", Kind::Startup, Answer::Timeout),
            ("Liveness probe failed: command timed out", Kind::Liveness, Answer::Timeout),
            (
                r#"Readiness probe failed: Get "https://10.42.0.5:8443/": http: server gave HTTP response to HTTPS client"#,
                Kind::Readiness,
                Answer::WrongScheme,
            ),
            (
                r#"Liveness probe failed: service unhealthy (responded with "NOT_SERVING")"#,
                Kind::Liveness,
                Answer::NotServing,
            ),
            (
                r#"Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec: "curl": executable file not found in $PATH"#,
                Kind::Readiness,
                Answer::CommandMissing,
            ),
            (
                "Readiness probe failed: /var/run/postgresql:5432 - no response",
                Kind::Readiness,
                Answer::Output("/var/run/postgresql:5432 - no response".to_owned()),
            ),
            ("Readiness probe failed: ", Kind::Readiness, Answer::Silent),
        ] {
            assert_eq!(parse(text), Some((kind, expected)), "{text}");
        }
        assert_eq!(parse("Container image already present"), None);
    }

    #[test]
    fn health_checks_of_docker_mean_something() {
        assert_eq!(answer("curl: (22) The requested URL returned error: 500"), Answer::Status(500));
        assert_eq!(
            answer("curl: (7) Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server"),
            Answer::Refused
        );
        assert_eq!(
            answer("wget: can't connect to remote host (127.0.0.1): Connection refused"),
            Answer::Refused
        );
        assert_eq!(answer("Health check exceeded timeout (10s)"), Answer::Timeout);
    }

    #[test]
    fn the_sentence_names_probe_and_answer() {
        let fault = describe("app", Kind::Readiness, &Answer::Status(503), "/health on port 8080");
        assert_eq!(
            fault.sentence,
            "The container “app” gets no requests because of its readiness probe (/health on port 8080): it answers with HTTP status 503."
        );
        let fault = describe("app", Kind::Liveness, &Answer::Refused, "");
        assert_eq!(
            fault.sentence,
            "The container “app” is started again and again by its liveness probe: nothing listens on the port that is asked."
        );
    }
}
