//! What each kind of check has of its own in `hob.toml`.

use super::address::{self, Address};
use super::read_ids;
use hob_feature::Reader;
use hob_feature::checks::{
    CertificateDays, CheckSecret, CheckTarget, DnsCheck, DockerCheck, DomainCheck, GroupCheck, GroupRule,
    GrpcCheck, HttpCheck, HttpLogin, HttpVersion, IpFamily, Matching, PingCheck, RegistryCheck, Security,
    ServerCheck, StartTls, TcpCheck, TlsCheck,
};

/// Reads one kind. `None` when something is missing without which nothing can be asked.
pub(super) type ReadKind = fn(&Reader<'_>) -> Option<CheckTarget>;

/// Every kind by its name.
pub(super) const ALL: [(&str, ReadKind); 17] = [
    ("http", |reader| {
        let url = reader.required_text("url", "http://nas.lan:5000/");
        read_http(reader, url)
    }),
    ("tcp", read_tcp),
    ("tls", read_tls),
    ("ping", read_ping),
    ("dns", read_dns),
    ("domain", read_domain),
    ("smtp", |reader| server(reader, 25).map(CheckTarget::Smtp)),
    ("imap", |reader| server(reader, 143).map(CheckTarget::Imap)),
    ("ssh", |reader| server(reader, 22).map(CheckTarget::Ssh)),
    ("mqtt", |reader| server(reader, 1883).map(CheckTarget::Mqtt)),
    ("postgres", |reader| server(reader, 5432).map(CheckTarget::Postgres)),
    ("mysql", |reader| server(reader, 3306).map(CheckTarget::Mysql)),
    ("redis", |reader| server(reader, 6379).map(CheckTarget::Redis)),
    ("docker", read_docker),
    ("grpc", read_grpc),
    ("registry", read_registry),
    ("group", read_group),
];

/// What `[[service]]` means: the kind follows from the address.
pub(super) fn by_address(reader: &Reader<'_>) -> Option<CheckTarget> {
    let address = reader
        .required_text("url", "http://nas.lan:5000/")
        .and_then(|url| address::parse(&url).map_err(|problem| reader.problem("url", problem)).ok());
    match address {
        Some(Address::Tcp { host, port }) => {
            let unread = [("expect_status", reader.integers("expect_status", 100..=599).is_some())];
            let unread = unread.into_iter().chain([("expect_text", reader.texts("expect_text").is_some())]);
            for (key, given) in unread {
                if given {
                    let problem = "a tcp:// address has no answer to look at; leave this out or use http://";
                    reader.problem(key, problem);
                }
            }
            Some(CheckTarget::Tcp(tcp(reader, host, port)))
        }
        Some(Address::Http(url)) => read_http(reader, Some(url.to_string())),
        None => read_http(reader, None),
    }
}

fn read_http(reader: &Reader<'_>, url: Option<String>) -> Option<CheckTarget> {
    let mut http = HttpCheck::new("");
    if let Some(method) = reader.text("method") {
        http.method = method;
    }
    http.headers =
        reader.texts("headers").unwrap_or_default().iter().filter_map(|line| header(reader, line)).collect();
    for table in reader.tables("secret_header") {
        let name = table.required_text("name", "X-Api-Key");
        let value = secret(&table, "value");
        if let (Some(name), Some(value)) = (name, value) {
            http.secret_headers.push((name, value));
        }
        table.finish();
    }
    http.body = reader.text("body");
    http.login = login(reader);
    let statuses = reader.integers("expect_status", 100..=599);
    http.expect_status =
        statuses.unwrap_or_default().into_iter().filter_map(|status| u16::try_from(status).ok()).collect();
    http.expect_text = reader.texts("expect_text").unwrap_or_default();
    http.not_text = reader.texts("not_text").unwrap_or_default();
    http.expect_pattern = reader.text("expect_pattern");
    http.expect_json = reader.texts("expect_json").unwrap_or_default();
    http.follow = reader.boolean("follow");
    http.family = family(reader);
    let versions = [("any", HttpVersion::Any), ("1", HttpVersion::One), ("2", HttpVersion::Two)];
    http.version = word(reader, "version", &versions).unwrap_or_default();
    http.connect_to = reader.text("connect_to");
    http.days = days(reader, http.days);
    http.trusted = reader.boolean("trusted").unwrap_or(true);
    http.url = url?;
    Some(CheckTarget::Http(Box::new(http)))
}

fn header(reader: &Reader<'_>, line: &str) -> Option<(String, String)> {
    let header = line.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    if header.is_none() {
        reader
            .problem("headers", "each must be a name and a value, for example \"Accept: application/json\"");
    }
    header
}

fn login(reader: &Reader<'_>) -> Option<HttpLogin> {
    let (user, password, token) = (reader.text("user"), secret(reader, "password"), secret(reader, "token"));
    match (user, password, token) {
        (None, None, Some(token)) => Some(HttpLogin::Bearer { token }),
        (Some(user), Some(password), None) => Some(HttpLogin::Basic { user, password }),
        (None, Some(password), None) => Some(HttpLogin::Basic { user: String::new(), password }),
        (Some(_), None, None) => {
            reader.problem(
                "user",
                "a user needs a password; give it as { file = \"/path\" } or { env = \"NAME\" }",
            );
            None
        }
        (_, _, Some(_)) => {
            reader.problem("token", "give either a token or a user and a password");
            None
        }
        (None, None, None) => None,
    }
}

fn secret(reader: &Reader<'_>, key: &str) -> Option<CheckSecret> {
    reader.secret(key).map(CheckSecret::from)
}

/// One of several words.
fn word<T: Copy>(reader: &Reader<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    reader.parsed(key, |text| {
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let known: Vec<String> = words.iter().map(|(word, _)| format!("“{word}”")).collect();
            format!("it must be one of {}", known.join(", "))
        })
    })
}

fn family(reader: &Reader<'_>) -> IpFamily {
    let families = [("any", IpFamily::Any), ("4", IpFamily::V4), ("6", IpFamily::V6)];
    word(reader, "family", &families).unwrap_or_default()
}

fn days(reader: &Reader<'_>, usual: CertificateDays) -> CertificateDays {
    let read = |key: &str| reader.integer(key, 0..=3650).and_then(|n| u32::try_from(n).ok());
    let warning = read("warn_days");
    let critical = read("critical_days");
    let warning = warning.unwrap_or(usual.warning.max(critical.unwrap_or(0)));
    CertificateDays { warning, critical: critical.unwrap_or(usual.critical.min(warning)) }
}

fn port(reader: &Reader<'_>, usual: Option<u16>) -> Option<u16> {
    let given = reader.integer("port", 1..=65_535);
    match (given, usual) {
        (Some(port), _) => u16::try_from(port).ok(),
        (None, Some(usual)) => Some(usual),
        (None, None) => {
            // A wrong one was reported already.
            reader.problem("port", "a number from 1 to 65535 must be given here");
            None
        }
    }
}

fn read_tcp(reader: &Reader<'_>) -> Option<CheckTarget> {
    let host = reader.required_text("host", "nas.lan");
    let port = port(reader, None);
    let tcp = tcp(reader, host.clone().unwrap_or_default(), port.unwrap_or_default());
    (host.is_some() && port.is_some()).then_some(CheckTarget::Tcp(tcp))
}

fn tcp(reader: &Reader<'_>, host: String, port: u16) -> TcpCheck {
    let (send, expect) = (reader.text("send"), reader.text("expect"));
    TcpCheck { host, port, send, expect, tls: reader.boolean("tls").unwrap_or(false) }
}

fn read_tls(reader: &Reader<'_>) -> Option<CheckTarget> {
    let host = reader.required_text("host", "mail.example.org");
    let mut tls = TlsCheck::new("", port(reader, Some(443))?);
    tls.server_name = reader.text("server_name");
    tls.starttls = word(reader, "starttls", &[("smtp", StartTls::Smtp), ("imap", StartTls::Imap)]);
    tls.days = days(reader, tls.days);
    tls.trusted = reader.boolean("trusted").unwrap_or(true);
    tls.host = host?;
    Some(CheckTarget::Tls(tls))
}

fn read_ping(reader: &Reader<'_>) -> Option<CheckTarget> {
    let host = reader.required_text("host", "router.lan");
    let mut ping = PingCheck::new("");
    if let Some(count) = reader.integer("count", 1..=20).and_then(|n| u16::try_from(n).ok()) {
        ping.count = count;
    }
    if let Some(loss) = reader.integer("loss", 1..=100).and_then(|n| u8::try_from(n).ok()) {
        ping.loss_percent = loss;
    }
    ping.family = family(reader);
    ping.host = host?;
    Some(CheckTarget::Ping(ping))
}

fn read_dns(reader: &Reader<'_>) -> Option<CheckTarget> {
    let name = reader.required_text("lookup", "photos.example.org");
    let record = reader.text("record").map_or_else(|| "A".to_owned(), |record| record.to_ascii_uppercase());
    let server = reader.text("server");
    let expect = reader.texts("expect").unwrap_or_default();
    let matching =
        word(reader, "match", &[("any", Matching::Any), ("all", Matching::All)]).unwrap_or_default();
    Some(CheckTarget::Dns(DnsCheck { name: name?, record, server, expect, matching }))
}

fn read_domain(reader: &Reader<'_>) -> Option<CheckTarget> {
    let mut domain = DomainCheck::new("");
    let name = reader.required_text("domain", "example.org");
    if let Some(server) = reader.text("server") {
        domain.server = server;
    }
    domain.days = days(reader, domain.days);
    domain.domain = name?;
    Some(CheckTarget::Domain(domain))
}

fn server(reader: &Reader<'_>, usual_port: u16) -> Option<ServerCheck> {
    let host = reader.required_text("host", "nas.lan");
    let port = port(reader, Some(usual_port));
    let words = [("plain", Security::Plain), ("starttls", Security::Starttls), ("tls", Security::Tls)];
    let mut server = ServerCheck::new("", port?);
    server.security = word(reader, "security", &words).unwrap_or_default();
    server.user = reader.text("user");
    server.password = secret(reader, "password");
    server.database = reader.text("database");
    server.trusted = reader.boolean("trusted").unwrap_or(true);
    server.host = host?;
    Some(server)
}

fn read_docker(reader: &Reader<'_>) -> Option<CheckTarget> {
    let container = reader.required_text("container", "grafana");
    let mut docker = DockerCheck::new("");
    if let Some(socket) = reader.text("socket") {
        docker.socket = socket;
    }
    docker.container = container?;
    Some(CheckTarget::Docker(docker))
}

fn read_grpc(reader: &Reader<'_>) -> Option<CheckTarget> {
    let host = reader.required_text("host", "nas.lan");
    let port = port(reader, None);
    let service = reader.text("service").unwrap_or_default();
    let tls = reader.boolean("tls").unwrap_or(false);
    Some(CheckTarget::Grpc(GrpcCheck { host: host?, port: port?, service, tls }))
}

fn read_registry(reader: &Reader<'_>) -> Option<CheckTarget> {
    let image = reader.required_text("image", "ghcr.io/me/app:1");
    let (user, password) = (reader.text("user"), secret(reader, "password"));
    Some(CheckTarget::Registry(RegistryCheck { image: image?, user, password }))
}

fn read_group(reader: &Reader<'_>) -> Option<CheckTarget> {
    let members = read_ids(reader, "members");
    let rule = reader.parsed("rule", parse_rule).unwrap_or_default();
    // Of one that cannot be read more need not be said.
    if members.len() < reader.texts("members").map_or(0, |texts| texts.len()) {
        return None;
    }
    Some(CheckTarget::Group(GroupCheck { members, rule }))
}

/// `all`, `any` or `50%`.
///
/// # Errors
/// What would be right.
pub(crate) fn parse_rule(text: &str) -> Result<GroupRule, String> {
    match text {
        "all" => Ok(GroupRule::All),
        "any" => Ok(GroupRule::Any),
        share => share
            .strip_suffix('%')
            .and_then(|number| number.trim().parse().ok())
            .map(GroupRule::Percent)
            .ok_or_else(|| "it must be “all”, “any” or a share such as “50%”".to_owned()),
    }
}
