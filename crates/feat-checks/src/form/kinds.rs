//! Every kind of check: what it is called, its inputs, and how it is read.

use super::fields::{DNS, DOCKER, DOMAIN, GROUP, GRPC, HTTP, PING, REGISTRY, SERVER, Spec, TCP, TLS};
use super::reading::Reading;
use crate::config::parse_rule;
use hob_feature::checks::{
    CheckTarget, DnsCheck, DockerCheck, DomainCheck, GroupCheck, GrpcCheck, HttpCheck, HttpLogin,
    HttpVersion, IpFamily, Matching, PingCheck, RegistryCheck, Security, ServerCheck, StartTls, TcpCheck,
    TlsCheck,
};

/// One kind of check.
pub(crate) struct Kind {
    /// The word in `hob.toml`.
    pub(crate) word: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// What it is good for.
    pub(crate) what: &'static str,
    /// Its own inputs.
    pub(crate) fields: &'static [Spec],
    pub(super) read: fn(&Reading<'_>) -> CheckTarget,
}

const fn kind(
    word: &'static str,
    title: &'static str,
    what: &'static str,
    fields: &'static [Spec],
    read: fn(&Reading<'_>) -> CheckTarget,
) -> Kind {
    Kind { word, title, what, fields, read }
}

/// All kinds, the most common first.
pub(crate) const KINDS: [Kind; 17] = [
    kind(
        "http",
        "Web page or API",
        "Asks an address and looks at status, text, JSON and certificate.",
        HTTP,
        http,
    ),
    kind("tcp", "Port", "Connects to a port; may send something and wait for an answer.", TCP, tcp),
    kind("ping", "Ping", "Sends echo requests and counts what comes back.", PING, ping),
    kind("dns", "Name server", "Asks for a name and looks at the answer.", DNS, dns),
    kind("tls", "Certificate", "Looks how long a certificate still holds, and who vouches for it.", TLS, tls),
    kind("domain", "Domain", "Asks when the registration of a domain ends.", DOMAIN, domain),
    kind("docker", "Container", "Asks Docker or Podman how a container is.", DOCKER, docker),
    kind(
        "group",
        "Group",
        "Several resources as one: all, any or a share of them must be well.",
        GROUP,
        group,
    ),
    kind("postgres", "PostgreSQL", "Logs in, or asks whether anybody could.", SERVER, |r| {
        CheckTarget::Postgres(server(r, 5432))
    }),
    kind("mysql", "MySQL, MariaDB", "Reads the greeting, or logs in.", SERVER, |r| {
        CheckTarget::Mysql(server(r, 3306))
    }),
    kind("redis", "Redis, Valkey", "Says PING and waits for PONG.", SERVER, |r| {
        CheckTarget::Redis(server(r, 6379))
    }),
    kind("mqtt", "MQTT broker", "Connects as a client does.", SERVER, |r| CheckTarget::Mqtt(server(r, 1883))),
    kind("smtp", "Mail, SMTP", "Reads the greeting and says hello.", SERVER, |r| {
        CheckTarget::Smtp(server(r, 25))
    }),
    kind("imap", "Mail, IMAP", "Reads the greeting; may log in.", SERVER, |r| {
        CheckTarget::Imap(server(r, 143))
    }),
    kind("ssh", "SSH", "Asks the server who it is.", SERVER, |r| CheckTarget::Ssh(server(r, 22))),
    kind("grpc", "gRPC", "Asks the health service of gRPC.", GRPC, grpc),
    kind("registry", "Registry login", "Whether a credential may still pull an image.", REGISTRY, registry),
];

/// The kind of this name.
pub(crate) fn kind_of(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word)
}

const FAMILIES: [(&str, IpFamily); 3] = [("any", IpFamily::Any), ("4", IpFamily::V4), ("6", IpFamily::V6)];
const VERSIONS: [(&str, HttpVersion); 3] =
    [("any", HttpVersion::Any), ("1", HttpVersion::One), ("2", HttpVersion::Two)];

fn http(r: &Reading<'_>) -> CheckTarget {
    let usual = HttpCheck::new(r.text("url"));
    let url = usual.url.clone();
    CheckTarget::Http(Box::new(HttpCheck {
        url,
        method: r.optional("method").unwrap_or_else(|| usual.method.clone()),
        headers: r.headers(),
        secret_headers: r.secret_headers(),
        body: r.area("body"),
        login: login(r),
        expect_status: r.statuses("expect_status"),
        expect_text: r.lines("expect_text"),
        not_text: r.lines("not_text"),
        expect_pattern: r.raw("expect_pattern"),
        expect_json: r.lines("expect_json"),
        follow: r.choice("follow", &[("yes", true), ("no", false)]),
        family: r.choice("family", &FAMILIES).unwrap_or_default(),
        version: r.choice("version", &VERSIONS).unwrap_or_default(),
        connect_to: r.optional("connect_to"),
        days: r.days(usual.days),
        trusted: r.is_on("trusted"),
        found: false,
    }))
}

fn login(r: &Reading<'_>) -> Option<HttpLogin> {
    let before = match r.before() {
        Some(CheckTarget::Http(http)) => http.login.as_ref(),
        _ => None,
    };
    let chosen = match r.text("login") {
        // Whoever fills in a user means to log in.
        "" if !r.text("token").is_empty() => "bearer",
        "" if !r.text("user").is_empty() => "basic",
        other => other,
    };
    match chosen {
        "basic" => {
            let kept = match before {
                Some(HttpLogin::Basic { password, .. }) => Some(password),
                _ => None,
            };
            let password = r.secret("password", kept);
            if password.is_none() {
                r.wrong("password", "a user needs a password; type it here");
            }
            Some(HttpLogin::Basic { user: r.text("user").to_owned(), password: password? })
        }
        "bearer" => {
            let kept = match before {
                Some(HttpLogin::Bearer { token }) => Some(token),
                _ => None,
            };
            let token = r.secret("token", kept);
            if token.is_none() {
                r.wrong("token", "type the token here, or choose another way to log in");
            }
            Some(HttpLogin::Bearer { token: token? })
        }
        _ => None,
    }
}

fn tcp(r: &Reading<'_>) -> CheckTarget {
    CheckTarget::Tcp(TcpCheck {
        host: r.text("host").to_owned(),
        port: r.port(None),
        send: r.escaped("send"),
        expect: r.escaped("expect"),
        tls: r.is_ticked("tls"),
    })
}

fn tls(r: &Reading<'_>) -> CheckTarget {
    let usual = TlsCheck::new(r.text("host"), r.port(Some(443)));
    CheckTarget::Tls(TlsCheck {
        server_name: r.optional("server_name"),
        starttls: r.choice("starttls", &[("smtp", StartTls::Smtp), ("imap", StartTls::Imap)]),
        days: r.days(usual.days),
        trusted: r.is_on("trusted"),
        ..usual
    })
}

fn ping(r: &Reading<'_>) -> CheckTarget {
    let usual = PingCheck::new(r.text("host"));
    CheckTarget::Ping(PingCheck {
        count: r.number("count", usual.count, "a whole number from 1 to 20"),
        loss_percent: r.number("loss", usual.loss_percent, "a whole number from 1 to 100"),
        family: r.choice("family", &FAMILIES).unwrap_or_default(),
        ..usual
    })
}

fn dns(r: &Reading<'_>) -> CheckTarget {
    CheckTarget::Dns(DnsCheck {
        name: r.text("lookup").to_owned(),
        record: r.optional("record").map_or_else(|| "A".to_owned(), |record| record.to_ascii_uppercase()),
        server: r.optional("server"),
        expect: r.lines("expect"),
        matching: r.choice("match", &[("any", Matching::Any), ("all", Matching::All)]).unwrap_or_default(),
    })
}

fn domain(r: &Reading<'_>) -> CheckTarget {
    let usual = DomainCheck::new(r.text("domain"));
    CheckTarget::Domain(DomainCheck {
        server: r.optional("server").unwrap_or_else(|| usual.server.clone()),
        days: r.days(usual.days),
        ..usual
    })
}

fn server(r: &Reading<'_>, usual_port: u16) -> ServerCheck {
    let before = r.before().and_then(CheckTarget::server).and_then(|server| server.password.as_ref());
    let words = [("plain", Security::Plain), ("starttls", Security::Starttls), ("tls", Security::Tls)];
    ServerCheck {
        host: r.text("host").to_owned(),
        port: r.port(Some(usual_port)),
        security: r.choice("security", &words).unwrap_or_default(),
        user: r.optional("user"),
        password: r.secret("password", before),
        database: r.optional("database"),
        trusted: r.is_on("trusted"),
    }
}

fn docker(r: &Reading<'_>) -> CheckTarget {
    let usual = DockerCheck::new(r.text("container"));
    CheckTarget::Docker(DockerCheck {
        socket: r.optional("socket").unwrap_or_else(|| usual.socket.clone()),
        ..usual
    })
}

fn grpc(r: &Reading<'_>) -> CheckTarget {
    CheckTarget::Grpc(GrpcCheck {
        host: r.text("host").to_owned(),
        port: r.port(None),
        service: r.text("service").to_owned(),
        tls: r.is_ticked("tls"),
    })
}

fn registry(r: &Reading<'_>) -> CheckTarget {
    let before = match r.before() {
        Some(CheckTarget::Registry(registry)) => registry.password.as_ref(),
        _ => None,
    };
    CheckTarget::Registry(RegistryCheck {
        image: r.text("image").to_owned(),
        user: r.optional("user"),
        password: r.secret("password", before),
    })
}

fn group(r: &Reading<'_>) -> CheckTarget {
    let rule = match r.text("rule") {
        "" => Ok(Default::default()),
        text => parse_rule(text),
    };
    let rule = rule.unwrap_or_else(|problem| {
        r.wrong("rule", problem);
        Default::default()
    });
    CheckTarget::Group(GroupCheck { members: r.ids("members"), rule })
}
