//! What is wrong with a definition, and what would be right: one sentence for each field.

use super::CheckDefinition;
use crate::model::json_path::Assertion;
use hob_base::wording::{duration_words, nearest};
use hob_feature::checks::{
    CertificateDays, CheckTarget, DnsCheck, DockerCheck, DomainCheck, GroupCheck, GroupRule, HttpCheck,
    HttpLogin, PingCheck, RegistryCheck, Security, ServerCheck, TlsCheck,
};
use http::{HeaderName, HeaderValue};
use http_probe::{ConnectTo, Url, UrlError};
use recurrence::Window;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How often something may be probed.
pub(crate) const EVERY: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
/// How long one probe may take.
pub(crate) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(120);
/// How many results in a row may be asked for.
pub(crate) const IN_A_ROW: RangeInclusive<u32> = 1..=100;
/// How many days before its end something may become a finding.
pub(crate) const DAYS: RangeInclusive<u32> = 0..=3650;
/// The methods that a check may use.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// The types of record that can be asked for.
pub(crate) const RECORDS: [&str; 10] = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT", "SRV", "PTR", "SOA"];
/// The longest name, in characters.
pub(crate) const NAME_MAX: usize = 80;

const TEXT_MAX: usize = 10_000;
const LIST_MAX: usize = 100;
/// The most memory that a compiled pattern may take, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The field as `hob.toml` and the page call it.
    pub(crate) field: &'static str,
    /// What is wrong and what would be right: a clause without a full stop.
    pub(crate) problem: String,
}

/// Collects mistakes.
#[derive(Default)]
struct Found(Vec<Mistake>);

impl Found {
    fn add(&mut self, field: &'static str, problem: impl Into<String>) {
        self.0.push(Mistake { field, problem: problem.into() });
    }

    fn unless(&mut self, right: bool, field: &'static str, problem: impl FnOnce() -> String) {
        if !right {
            self.add(field, problem());
        }
    }

    fn of(&mut self, field: &'static str, result: Result<(), String>) {
        if let Err(problem) = result {
            self.add(field, problem);
        }
    }
}

impl CheckDefinition {
    /// Everything that is wrong with it; nothing when it can be used.
    pub(crate) fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Found::default();
        self.common(&mut found);
        self.times(&mut found);
        match &self.target {
            CheckTarget::Http(http) => http_mistakes(http, &mut found),
            CheckTarget::Tcp(tcp) => {
                place(&tcp.host, tcp.port, &mut found);
                for (field, text) in [("send", &tcp.send), ("expect", &tcp.expect)] {
                    let length = text.as_ref().map_or(0, String::len);
                    found.unless(length <= TEXT_MAX, field, || format!("it is longer than {TEXT_MAX} bytes"));
                }
            }
            CheckTarget::Tls(tls) => tls_mistakes(tls, &mut found),
            CheckTarget::Ping(ping) => ping_mistakes(ping, &mut found),
            CheckTarget::Dns(dns) => dns_mistakes(dns, &mut found),
            CheckTarget::Domain(domain) => domain_mistakes(domain, &mut found),
            CheckTarget::Docker(docker) => docker_mistakes(docker, &mut found),
            CheckTarget::Grpc(grpc) => place(&grpc.host, grpc.port, &mut found),
            CheckTarget::Registry(registry) => registry_mistakes(registry, &mut found),
            CheckTarget::Group(group) => self.group_mistakes(group, &mut found),
            other => {
                if let Some(server) = other.server() {
                    server_mistakes(other, server, &mut found);
                }
            }
        }
        found.0
    }

    fn common(&self, found: &mut Found) {
        let length = self.name.chars().count();
        found.unless((1..=NAME_MAX).contains(&length), "name", || {
            format!("a check needs a name of at most {NAME_MAX} characters")
        });
        found.unless(!self.slug.is_empty() || length == 0, "name", || {
            "the name needs at least one letter or digit".to_owned()
        });
        let own = self.resource("config");
        let circular = self.depends_on.iter().any(|on| on.kind() == own.kind() && on.name() == own.name());
        found.unless(!circular, "depends_on", || "a check cannot need itself".to_owned());
        for (field, count) in [("depends_on", self.depends_on.len()), ("tags", self.tags.len())] {
            found.unless(count <= LIST_MAX, field, || format!("at most {LIST_MAX} can be given"));
        }
        let plain = |tag: &String| !tag.trim().is_empty() && !tag.contains([',', '\n']) && tag.len() <= 100;
        found.unless(self.tags.iter().all(plain), "tags", || {
            "a tag is a word of at most 100 bytes without a comma".to_owned()
        });
        for (field, windows) in [("maintenance", &self.maintenance), ("only", &self.only)] {
            found.unless(windows.len() <= LIST_MAX, field, || format!("at most {LIST_MAX} can be given"));
            for window in windows {
                found.of(field, Window::parse(window).map(|_| ()).map_err(|error| error.to_string()));
            }
        }
    }

    fn times(&self, found: &mut Found) {
        within(self.every, EVERY, "interval", found);
        within(self.timeout, TIMEOUT, "timeout", found);
        if let Some(retry) = self.retry {
            within(retry, EVERY, "retry", found);
        }
        if let Some(limit) = self.warn_after {
            found.unless(limit < self.timeout && !limit.is_zero(), "warn_after", || {
                format!("it must be shorter than the timeout, which is {}", duration_words(self.timeout))
            });
        }
        if let Some(jitter) = self.jitter {
            found.unless(jitter <= self.every / 2, "jitter", || {
                format!("it must be at most half of the interval, which is {}", duration_words(self.every))
            });
        }
        for (field, count) in [("failures", self.failures), ("successes", self.successes)] {
            found.unless(IN_A_ROW.contains(&count), field, || "it must be from 1 to 100".to_owned());
        }
    }

    fn group_mistakes(&self, group: &GroupCheck, found: &mut Found) {
        found.unless(!group.members.is_empty(), "members", || {
            "a group needs members; write for example members = [\"service/config/photos\"]".to_owned()
        });
        found.unless(group.members.len() <= 500, "members", || "a group has at most 500 members".to_owned());
        let circular = group.members.iter().any(|id| id.kind() == "group" && id.name() == self.slug);
        found.unless(!circular, "members", || "a group cannot be a member of itself".to_owned());
        if let GroupRule::Percent(percent) = group.rule {
            found.unless((1..=100).contains(&percent), "rule", || "it must be from 1% to 100%".to_owned());
        }
        found.unless(!self.upside_down, "upside_down", || {
            "a group follows its members; turn these upside down".to_owned()
        });
    }
}

fn within(value: Duration, range: RangeInclusive<Duration>, field: &'static str, found: &mut Found) {
    found.unless(range.contains(&value), field, || {
        format!("it must be from {} to {}", duration_words(*range.start()), duration_words(*range.end()))
    });
}

fn place(host: &str, port: u16, found: &mut Found) {
    found.of("host", host_problem(host));
    found.unless(port != 0, "port", || "it must be from 1 to 65535".to_owned());
}

/// What is wrong with the name or address of a host.
pub(crate) fn host_problem(host: &str) -> Result<(), String> {
    let wrong = || "write the name or address of a host, for example nas.lan or 192.168.1.10".to_owned();
    if host.is_empty() || host.contains(['/', '?', '#', '@', '[', ']', ' ']) {
        return Err(wrong());
    }
    // The rules for hosts are the same everywhere.
    match Url::parse(&format!("http://{}/", super::bracketed(host))) {
        Ok(url) if url.port() == 80 => Ok(()),
        _ => Err(wrong()),
    }
}

const HOST_AND_PORT: &str = "write a host and a port, for example 192.168.1.10:443";

/// What is wrong with days before an end.
pub(crate) fn days_problem(days: CertificateDays) -> Result<(), String> {
    if !DAYS.contains(&days.warning) || !DAYS.contains(&days.critical) {
        return Err(format!("it must be from {} to {} days", DAYS.start(), DAYS.end()));
    }
    if days.critical > days.warning {
        return Err(format!(
            "critical comes after the warning: it must be at most {}, which is when it warns",
            days.warning
        ));
    }
    Ok(())
}

fn http_mistakes(http: &HttpCheck, found: &mut Found) {
    found.of("url", url_problem(&http.url));
    found.unless(METHODS.contains(&http.method.as_str()), "method", || {
        let hint =
            nearest(&http.method.to_uppercase(), METHODS).map(|word| format!(", did you mean {word}?"));
        format!("it must be one of {}{}", METHODS.join(", "), hint.unwrap_or_default())
    });
    let names =
        http.headers.iter().map(|(name, _)| name).chain(http.secret_headers.iter().map(|(name, _)| name));
    for name in names {
        found.of("headers", header_problem(name));
    }
    for (name, value) in &http.headers {
        found.unless(HeaderValue::from_str(value).is_ok(), "headers", || {
            format!("the value of {name} holds a character that cannot be sent")
        });
        let secret =
            ["authorization", "cookie", "proxy-authorization"].contains(&name.to_ascii_lowercase().as_str());
        found.unless(!secret, "headers", || {
            format!("{name} is a secret: give it as {{ file = \"/path\" }} or {{ env = \"NAME\" }}")
        });
    }
    found.unless(http.headers.len() + http.secret_headers.len() <= 50, "headers", || {
        "at most 50 headers can be sent".to_owned()
    });
    let body = http.body.as_ref().map_or(0, String::len);
    found.unless(body <= 64 * 1024, "body", || "it is longer than 64 KiB".to_owned());
    found.unless(body == 0 || !matches!(http.method.as_str(), "GET" | "HEAD"), "body", || {
        format!("a {} sends no body; choose another method", http.method)
    });
    found.unless(
        http.expect_status.iter().all(|status| (100..=599).contains(status)),
        "expect_status",
        || "each entry must be a whole number from 100 to 599".to_owned(),
    );
    page_mistakes(http, found);
    if let Some(to) = &http.connect_to {
        found.of("connect_to", to.parse::<ConnectTo>().map(|_| ()).map_err(|_| HOST_AND_PORT.to_owned()));
    }
    if let Some(HttpLogin::Basic { user, .. }) = &http.login {
        found.unless(!user.contains([':', '\n', '\r']), "user", || "a user name holds no colon".to_owned());
    }
    found.of("critical_days", days_problem(http.days));
}

fn page_mistakes(http: &HttpCheck, found: &mut Found) {
    for (field, texts) in [("expect_text", &http.expect_text), ("not_text", &http.not_text)] {
        let fits =
            texts.len() <= LIST_MAX && texts.iter().all(|text| !text.is_empty() && text.len() <= TEXT_MAX);
        found.unless(fits, field, || {
            format!("each must be a text of 1 to {TEXT_MAX} bytes, at most {LIST_MAX} in all")
        });
    }
    if let Some(pattern) = &http.expect_pattern {
        found.of("expect_pattern", compile(pattern).map(|_| ()));
    }
    found.unless(http.expect_json.len() <= LIST_MAX, "expect_json", || {
        format!("at most {LIST_MAX} can be given")
    });
    for text in &http.expect_json {
        found.of("expect_json", text.parse::<Assertion>().map(|_| ()));
    }
    let looks = !http.expect_text.is_empty()
        || !http.not_text.is_empty()
        || http.expect_pattern.is_some()
        || !http.expect_json.is_empty();
    found.unless(!looks || http.method != "HEAD", "method", || {
        "the answer to a HEAD has no page to look at; use GET".to_owned()
    });
}

/// Compiles a pattern that is looked for in a page. The engine looks at every byte once, so no pattern is slow.
///
/// # Errors
/// One clause that says what is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<regex::bytes::Regex, String> {
    if pattern.len() > 1000 {
        return Err("it is longer than 1000 bytes".to_owned());
    }
    let built = regex::bytes::RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        _ => "it is not a pattern (a regular expression); special signs are taken literally after a \\"
            .to_owned(),
    })
}

fn header_problem(name: &str) -> Result<(), String> {
    HeaderName::from_bytes(name.as_bytes()).map(|_| ()).map_err(|_| {
        let shown: String = name.chars().take(40).collect();
        format!("“{shown}” is not the name of a header: it holds only letters, digits and hyphens")
    })
}

/// What is wrong with the address of an HTTP check.
pub(crate) fn url_problem(text: &str) -> Result<(), String> {
    const EXAMPLES: &str = "write for example http://nas.lan:5000/ or https://photos.example.org/";
    match Url::parse(text) {
        Ok(_) => Ok(()),
        Err(UrlError::UserInfo) => Err(NO_PASSWORD.to_owned()),
        Err(UrlError::Scheme) => Err(format!("it does not begin with http:// or https://; {EXAMPLES}")),
        Err(other) => Err(format!("{other}; {EXAMPLES}")),
    }
}

const NO_PASSWORD: &str = "it holds a user name or password, which do not belong into an address; write it without them \
                           and give user and password on their own";

fn tls_mistakes(tls: &TlsCheck, found: &mut Found) {
    place(&tls.host, tls.port, found);
    if let Some(name) = &tls.server_name {
        found.of("server_name", host_problem(name));
    }
    found.of("critical_days", days_problem(tls.days));
}

fn ping_mistakes(ping: &PingCheck, found: &mut Found) {
    found.of("host", host_problem(&ping.host));
    found.unless((1..=20).contains(&ping.count), "count", || "it must be from 1 to 20".to_owned());
    found.unless((1..=100).contains(&ping.loss_percent), "loss", || {
        "it must be from 1 to 100 per cent".to_owned()
    });
}

fn dns_mistakes(dns: &DnsCheck, found: &mut Found) {
    found.unless(
        !dns.name.is_empty() && dns.name.len() <= 253 && !dns.name.contains([' ', '/']),
        "lookup",
        || "write the name that is asked for, for example photos.example.org".to_owned(),
    );
    found.unless(RECORDS.contains(&dns.record.as_str()), "record", || {
        format!("it must be one of {}", RECORDS.join(", "))
    });
    if let Some(server) = &dns.server {
        let alone = host_problem(server);
        found.of(
            "server",
            alone.or_else(|_| server.parse::<ConnectTo>().map(|_| ()).map_err(|_| HOST_AND_PORT.to_owned())),
        );
    }
    found.unless(dns.expect.len() <= LIST_MAX, "expect", || format!("at most {LIST_MAX} can be given"));
}

fn domain_mistakes(domain: &DomainCheck, found: &mut Found) {
    let registered = rdap::Domain::parse(&domain.domain);
    found.unless(registered.is_ok(), "domain", || {
        "write a registered domain, for example example.org".to_owned()
    });
    found.of("server", url_problem(&domain.server));
    found.of("critical_days", days_problem(domain.days));
}

fn server_mistakes(target: &CheckTarget, server: &ServerCheck, found: &mut Found) {
    place(&server.host, server.port, found);
    let knows = matches!(target, CheckTarget::Smtp(_) | CheckTarget::Imap(_) | CheckTarget::Postgres(_));
    found.unless(server.security != Security::Starttls || knows, "security", || {
        format!("{} knows no starttls; write “tls” or “plain”", target.kind())
    });
    let is_ssh = matches!(target, CheckTarget::Ssh(_));
    found.unless(!is_ssh || server.security == Security::Plain, "security", || {
        "SSH secures itself; leave this out".to_owned()
    });
    found.unless(!is_ssh || server.password.is_none(), "password", || {
        "an SSH server is asked who it is, not let in; leave this out".to_owned()
    });
}

fn docker_mistakes(docker: &DockerCheck, found: &mut Found) {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let right =
        !docker.container.is_empty() && docker.container.len() <= 255 && docker.container.chars().all(plain);
    found
        .unless(right, "container", || "write the name or id of a container, for example grafana".to_owned());
    found.unless(docker.socket.starts_with('/'), "socket", || {
        "write the path of the socket, for example /var/run/docker.sock".to_owned()
    });
}

fn registry_mistakes(registry: &RegistryCheck, found: &mut Found) {
    found.of(
        "image",
        registry_probe::Reference::parse(&registry.image)
            .map(|_| ())
            .map_err(|error| format!("{error} Write for example ghcr.io/me/app:1")),
    );
    found.unless(registry.user.is_none() || registry.password.is_some(), "password", || {
        "a user needs a password; give it as { file = \"/path\" } or { env = \"NAME\" }".to_owned()
    });
}
