//! What a check asks for and from when on something is a finding, in sentences for the card of its resource.

use hob_base::wording::{counted, duration_words, listed, tidy};
use hob_feature::checks::{
    CertificateDays, CheckSpec, CheckTarget, DnsCheck, GroupCheck, GroupRule, HttpCheck, Matching, PingCheck,
    Security, StartTls,
};

/// What is asked, how often, and what counts.
pub(super) fn of(spec: &CheckSpec) -> Vec<String> {
    let mut lines = vec![question(&spec.target)];
    lines.extend(expectations(&spec.target));
    lines.push(rhythm(spec));
    lines.extend(thresholds(spec));
    if !spec.only.is_empty() {
        let windows: Vec<String> = spec.only.iter().map(|window| tidy(window, 80)).collect();
        lines.push(format!("It rests outside of {}.", listed(&windows)));
    }
    if spec.upside_down {
        lines.push("It is turned round: it is well when the check fails.".to_owned());
    }
    lines
}

/// What ends on a day that is told next.
pub(super) fn ending(target: &CheckTarget) -> &'static str {
    match target {
        CheckTarget::Domain(_) => "It is registered until",
        CheckTarget::Registry(_) => "The credential is valid until",
        _ => "Its certificate is valid until",
    }
}

fn rhythm(spec: &CheckSpec) -> String {
    if matches!(spec.target, CheckTarget::Group(_)) {
        return "Nobody is asked: it follows from its members, as soon as one changes.".to_owned();
    }
    format!(
        "Hob asks every {} and gives it {} to answer.",
        every_words(spec.every),
        duration_words(spec.timeout)
    )
}

fn thresholds(spec: &CheckSpec) -> Vec<String> {
    let mut lines = Vec::new();
    let times = |count: u32, noun: &str| counted(count as usize, noun);
    if spec.failures > 1 {
        lines.push(format!("It counts as failed after {} in a row.", times(spec.failures, "failure")));
    }
    if spec.successes > 1 {
        lines.push(format!("It is well again after {} in a row.", times(spec.successes, "answer")));
    }
    if let Some(limit) = spec.warn_after {
        lines.push(format!("An answer that takes more than {} is a warning.", duration_words(limit)));
    }
    if let Some(retry) = spec.retry {
        lines.push(format!("While it is not well it is asked every {}.", every_words(retry)));
    }
    lines
}

/// `10 seconds`, but `hour` for one.
fn every_words(every: std::time::Duration) -> String {
    let words = duration_words(every);
    words.strip_prefix("1 ").map(str::to_owned).unwrap_or(words)
}

fn question(target: &CheckTarget) -> String {
    let place = |host: &str, port: u16| format!("{}:{port}", tidy(host, 100));
    match target {
        CheckTarget::Http(http) => {
            let url = http.url.split(['?', '#']).next().unwrap_or_default();
            let by = http
                .connect_to
                .as_ref()
                .map_or_else(String::new, |to| format!(", connecting to {}", tidy(to, 100)));
            format!("{} {}{by}.", tidy(&http.method, 20), tidy(url, 200))
        }
        CheckTarget::Tcp(tcp) => format!(
            "A connection to {}{}.",
            place(&tcp.host, tcp.port),
            if tcp.tls { " over TLS" } else { "" }
        ),
        CheckTarget::Tls(tls) => {
            let how = match tls.starttls {
                Some(StartTls::Smtp) => " after SMTP's STARTTLS",
                Some(StartTls::Imap) => " after IMAP's STARTTLS",
                None => "",
            };
            format!("The certificate of {}{how}.", place(&tls.host, tls.port))
        }
        CheckTarget::Ping(ping) => {
            format!("{} to {}.", counted(ping.count.into(), "ping"), tidy(&ping.host, 100))
        }
        CheckTarget::Dns(dns) => {
            let whom = dns
                .server
                .as_deref()
                .map_or_else(|| "the usual name server".to_owned(), |name| tidy(name, 100));
            format!("The {} record of {}, asked of {whom}.", tidy(&dns.record, 10), tidy(&dns.name, 100))
        }
        CheckTarget::Domain(domain) => {
            format!(
                "The registration of {}, asked of {}.",
                tidy(&domain.domain, 100),
                tidy(&domain.server, 100)
            )
        }
        CheckTarget::Docker(docker) => format!("The container {}.", tidy(&docker.container, 80)),
        CheckTarget::Grpc(grpc) => format!("The gRPC health service of {}.", place(&grpc.host, grpc.port)),
        CheckTarget::Registry(registry) => {
            let who = registry.user.as_deref().map_or_else(|| "anybody".to_owned(), |user| tidy(user, 60));
            format!("Whether {who} may pull {}.", tidy(&registry.image, 200))
        }
        CheckTarget::Group(group) => of_group(group),
        other => match other.server() {
            Some(server) => {
                let how = match server.security {
                    Security::Plain => "",
                    Security::Starttls => " after STARTTLS",
                    Security::Tls => " over TLS",
                };
                format!("The {} server at {}{how}.", other.kind(), place(&server.host, server.port))
            }
            None => String::new(),
        },
    }
}

fn of_group(group: &GroupCheck) -> String {
    let members = counted(group.members.len(), "member");
    match group.rule {
        GroupRule::All => format!("{members}, of which all must be well."),
        GroupRule::Any => format!("{members}, of which one must be well."),
        GroupRule::Percent(percent) => format!("{members}, of which {percent} % must be well."),
    }
}

fn expectations(target: &CheckTarget) -> Vec<String> {
    match target {
        CheckTarget::Http(http) => of_http(http),
        CheckTarget::Tcp(tcp) => {
            tcp.expect.iter().map(|text| format!("It must answer with “{}”.", tidy(text, 80))).collect()
        }
        CheckTarget::Tls(tls) => vec![days("certificate", tls.days)],
        CheckTarget::Domain(domain) => vec![days("registration", domain.days)],
        CheckTarget::Ping(PingCheck { loss_percent, .. }) => {
            vec![format!("From {loss_percent} % of lost ones on it is a warning.")]
        }
        CheckTarget::Dns(DnsCheck { expect, matching, .. }) if !expect.is_empty() => {
            let expect: Vec<String> = expect.iter().take(10).map(|text| tidy(text, 60)).collect();
            let of = if *matching == Matching::All { "all" } else { "one" };
            vec![format!("The answer must hold {of} of {}.", listed(&expect))]
        }
        _ => Vec::new(),
    }
}

fn of_http(http: &HttpCheck) -> Vec<String> {
    let mut lines = Vec::new();
    let quoted = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().take(10).map(|text| format!("“{}”", tidy(text, 80))).collect();
        listed(&texts)
    };
    if !http.expect_status.is_empty() {
        let statuses: Vec<String> = http.expect_status.iter().take(20).map(ToString::to_string).collect();
        lines.push(format!("The status must be one of {}.", statuses.join(", ")));
    }
    if !http.expect_text.is_empty() {
        lines.push(format!("The page must contain {}.", quoted(&http.expect_text)));
    }
    if !http.not_text.is_empty() {
        lines.push(format!("The page must not contain {}.", quoted(&http.not_text)));
    }
    if let Some(pattern) = &http.expect_pattern {
        lines.push(format!("Something in the page must match “{}”.", tidy(pattern, 80)));
    }
    if !http.expect_json.is_empty() {
        lines.push(format!("Of its JSON must hold {}.", quoted(&http.expect_json)));
    }
    let secured = http.url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
    if secured && http.trusted {
        lines.push(days("certificate", http.days));
    }
    lines
}

fn days(what: &str, days: CertificateDays) -> String {
    format!(
        "Its {what} is a warning when {} are left, and critical when {} are.",
        counted(days.warning as usize, "day"),
        counted(days.critical as usize, "day")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::ResourceId;
    use hob_feature::checks::TlsCheck;
    use std::time::Duration;

    fn lines(target: CheckTarget) -> Vec<String> {
        of(&CheckSpec::new(ResourceId::new("service", "nas", "x"), target, Duration::from_secs(3600)))
    }

    #[test]
    fn the_card_tells_what_is_asked_and_what_counts() {
        let http = HttpCheck {
            expect_text: vec!["Welcome".into()],
            connect_to: Some("10.0.0.2:443".into()),
            ..HttpCheck::new("https://photos.example.org/x?key=secret")
        };
        assert_eq!(
            lines(CheckTarget::Http(Box::new(http))),
            [
                "GET https://photos.example.org/x, connecting to 10.0.0.2:443.",
                "The page must contain “Welcome”.",
                "Its certificate is a warning when 14 days are left, and critical when 3 days are.",
                "Hob asks every hour and gives it 10 seconds to answer.",
                "It counts as failed after 2 failures in a row.",
            ]
        );
        let tls =
            lines(CheckTarget::Tls(TlsCheck { starttls: Some(StartTls::Smtp), ..TlsCheck::new("mail", 25) }));
        assert_eq!(tls[0], "The certificate of mail:25 after SMTP's STARTTLS.");
        assert!(tls[1].contains("21 days"));
    }
}
