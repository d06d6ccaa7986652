//! Uptime Kuma's monitors: the backup of version 1 (`monitorList` is a list), and what version 2 tells of them
//! (`monitorList` is a table by id).

use super::{
    Imported, Seal, Taking, definition, every, in_a_row, is_secret_header, place, timeout, without_login,
};
use crate::model::definition::CheckDefinition;
use crate::model::json_path::Assertion;
use hob_base::ResourceId;
use hob_base::wording::tidy;
use hob_feature::checks::{
    CheckTarget, DnsCheck, DockerCheck, GroupCheck, GroupRule, GrpcCheck, HttpCheck, HttpLogin, IpFamily,
    PingCheck, Security, ServerCheck, TcpCheck,
};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Reads a backup.
///
/// # Errors
/// One sentence when it is none.
pub(crate) fn kuma(text: &str, seal: Seal<'_>) -> Result<Imported, String> {
    // The depth of what is read is bounded by the reader itself.
    let file: Value =
        serde_json::from_str(text).map_err(|error| format!("It begins like JSON, but is none: {error}."))?;
    let none = || {
        "This JSON holds no “monitorList”: choose the file that Uptime Kuma wrote under Settings → Backup."
            .to_owned()
    };
    let list = file.get("monitorList").unwrap_or(&file);
    let monitors: Vec<Monitor<'_>> = match list {
        Value::Array(all) => all.iter().filter_map(Value::as_object).map(Monitor).collect(),
        Value::Object(all) if file.get("monitorList").is_some() => {
            all.values().filter_map(Value::as_object).map(Monitor).collect()
        }
        _ => return Err(none()),
    };
    if monitors.is_empty() || monitors.iter().all(|monitor| monitor.text("type").is_empty()) {
        return Err(none());
    }
    let mut taking = Taking::new("Uptime Kuma", seal);
    let groups: HashMap<String, &Monitor<'_>> = monitors
        .iter()
        .filter(|monitor| monitor.text("type") == "group")
        .map(|monitor| (monitor.text("id"), monitor))
        .collect();
    // What each monitor became, by its id there.
    let mut made: HashMap<String, ResourceId> = HashMap::new();
    for monitor in monitors.iter().filter(|monitor| monitor.text("type") != "group") {
        let heading = groups.get(&monitor.text("parent")).map(|group| group.text("name"));
        if let Some(id) = take(monitor, heading.as_deref(), &mut taking) {
            made.insert(monitor.text("id"), id);
        }
    }
    take_groups(&monitors, &mut made, &mut taking);
    if file.get("notificationList").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        taking.without(
            "Notifications",
            "Where messages go is not part of a check here: set it up once for the whole house.",
        );
    }
    Ok(taking.imported)
}

/// One monitor as it stands in the file.
struct Monitor<'a>(&'a Map<String, Value>);

impl Monitor<'_> {
    /// A text, also where it is written as a number; empty where there is none.
    fn text(&self, key: &str) -> String {
        match self.0.get(key) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    fn number(&self, key: &str) -> Option<f64> {
        match self.0.get(key)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number| number.is_finite() && *number >= 0.0)
    }

    /// `true`, 1 or "1": databases have no truth.
    fn is(&self, key: &str) -> Option<bool> {
        match self.0.get(key)? {
            Value::Bool(is) => Some(*is),
            Value::Number(number) => number.as_f64().map(|number| number != 0.0),
            Value::String(text) => Some(matches!(text.as_str(), "1" | "true")),
            _ => None,
        }
    }

    fn port(&self) -> Option<u16> {
        self.text("port").parse().ok().filter(|port| *port > 0)
    }

    fn name(&self) -> String {
        let name = self.text("name");
        if name.is_empty() { format!("Monitor {}", self.text("id")) } else { name }
    }
}

fn take(monitor: &Monitor<'_>, heading: Option<&str>, taking: &mut Taking<'_>) -> Option<ResourceId> {
    let name = monitor.name();
    let target = match target(monitor, &name, taking) {
        Ok(target) => target,
        Err(why) => {
            taking.leave(&name, why);
            return None;
        }
    };
    let mut check = definition(&name, target);
    common(monitor, &mut check, taking);
    check.group = heading.map(|heading| tidy(heading, 80)).filter(|heading| !heading.is_empty());
    taking.keep(check)
}

/// What all monitors have.
fn common(monitor: &Monitor<'_>, check: &mut CheckDefinition, taking: &mut Taking<'_>) {
    let interval = monitor.number("interval").unwrap_or(60.0);
    check.every = every(interval);
    // Before there was a setting it was four fifths of the interval.
    let limit = monitor.number("timeout").filter(|limit| *limit > 0.0).unwrap_or(interval * 0.8);
    check.timeout = timeout(limit);
    // Kuma counts the tries after the first failure.
    let retries = monitor.number("maxretries").unwrap_or(0.0) as u64;
    check.failures = in_a_row(retries.saturating_add(1));
    check.retry =
        monitor.number("retryInterval").filter(|retry| *retry > 0.0 && check.failures > 1).map(every);
    check.upside_down = monitor.is("upsideDown").unwrap_or(false);
    check.enabled = monitor.is("active").unwrap_or(true) && !monitor.is("forceInactive").unwrap_or(false);
    for tag in monitor.0.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let word =
            |key: &str| tidy(tag.get(key).and_then(Value::as_str).unwrap_or_default(), 40).replace(',', " ");
        let (name, value) = (word("name"), word("value"));
        if !name.is_empty() {
            check.tags.push(if value.is_empty() { name } else { format!("{name}={value}") });
        }
    }
    if monitor.number("proxyId").is_some_and(|id| id > 0.0) {
        taking.without(&check.name, "Its proxy is left out: Hob asks directly.");
    }
    if monitor.0.get("conditions").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        taking.without(
            &check.name,
            "Its conditions are left out; look under “More options” for what can be expected.",
        );
    }
}

/// # Errors
/// Why there can be no check, and what is near it.
fn target(monitor: &Monitor<'_>, name: &str, taking: &mut Taking<'_>) -> Result<CheckTarget, String> {
    let host = || monitor.text("hostname");
    let port = |usual: u16| monitor.port().unwrap_or(usual);
    Ok(match monitor.text("type").as_str() {
        "http" | "keyword" | "json-query" | "real-browser" => {
            CheckTarget::Http(Box::new(http(monitor, name, taking)?))
        }
        "port" => {
            CheckTarget::Tcp(TcpCheck { host: host(), port: port(0), send: None, expect: None, tls: false })
        }
        "ping" => {
            let usual = PingCheck::new(host());
            let count = monitor.number("ping_count").map_or(usual.count, |count| (count as u16).clamp(1, 20));
            CheckTarget::Ping(PingCheck { count, ..usual })
        }
        "tailscale-ping" => {
            taking.without(name, "It is pinged in the ordinary way, not through Tailscale’s own command.");
            CheckTarget::Ping(PingCheck::new(host()))
        }
        "dns" => CheckTarget::Dns(dns(monitor)),
        "docker" => {
            if monitor.number("docker_host").is_some_and(|host| host > 1.0) {
                taking.without(
                    name,
                    "Hob asks the Docker of its own machine; the socket can be changed under “More options”.",
                );
            }
            CheckTarget::Docker(DockerCheck::new(monitor.text("docker_container").trim_start_matches('/')))
        }
        "mqtt" => CheckTarget::Mqtt(mqtt(monitor, name, taking)),
        "postgres" => CheckTarget::Postgres(database(monitor, name, 5432, taking)?),
        "mysql" => CheckTarget::Mysql(database(monitor, name, 3306, taking)?),
        "redis" => CheckTarget::Redis(database(monitor, name, 6379, taking)?),
        "smtp" => {
            let security = match monitor.text("smtpSecurity").as_str() {
                "secure" => Security::Tls,
                "starttls" => Security::Starttls,
                _ => Security::Plain,
            };
            CheckTarget::Smtp(ServerCheck { security, ..ServerCheck::new(host(), port(25)) })
        }
        "grpc-keyword" => {
            let at = place(&monitor.text("grpcUrl"));
            taking.without(name, "Instead of calling its method and looking for a word, Hob asks gRPC’s own health service; the server must offer it.");
            let tls = monitor.is("grpcEnableTls").unwrap_or(false);
            CheckTarget::Grpc(GrpcCheck {
                host: at.host,
                port: at.port.unwrap_or(0),
                service: String::new(),
                tls,
            })
        }
        other => return Err(why_not(other, monitor)),
    })
}

/// Why a kind of monitor has no counterpart, and what is near it.
fn why_not(kind: &str, monitor: &Monitor<'_>) -> String {
    let place = match (monitor.text("hostname"), monitor.port()) {
        (host, Some(port)) if !host.is_empty() => format!("{} port {port}", tidy(&host, 80)),
        (host, None) if !host.is_empty() => tidy(&host, 80),
        _ => "its server".to_owned(),
    };
    match kind {
        "push" => "It is not asked but waits to be pinged. Make a scheduled job under “Scheduled jobs”, and let the job report there.".to_owned(),
        "manual" => "Its state is set by hand. An announcement on a status page says the same.".to_owned(),
        "mongodb" | "sqlserver" => {
            let at = super::place(&monitor.text("databaseConnectionString"));
            let place = if at.host.is_empty() || kind == "sqlserver" { "its port".to_owned() } else { format!("the port of {}", tidy(&at.host, 80)) };
            format!("This database is not spoken here. A check of {place} shows whether it is there.")
        }
        "steam" | "gamedig" => format!("Game servers are not asked in their own language. A ping of {place} shows whether the machine is there."),
        "radius" | "snmp" | "sip-options" => format!("This protocol is not spoken here. A ping of {place} shows whether the machine is there."),
        "kafka-producer" | "rabbitmq" => "This broker is not spoken here. A check of its port, or of the page with its state, is near.".to_owned(),
        "websocket-upgrade" => "WebSockets are not spoken here. A check of the same address over HTTP that expects the status 101, 400 or 426 shows whether the server is there.".to_owned(),
        "globalping" => "Hob asks from its own machine only. A check of the same address is near.".to_owned(),
        "system-service" => "The units of this machine are watched without any check.".to_owned(),
        other => format!("Monitors of the kind “{}” are not known here.", tidy(other, 40)),
    }
}

/// # Errors
/// Why it cannot be asked.
fn http(monitor: &Monitor<'_>, name: &str, taking: &mut Taking<'_>) -> Result<HttpCheck, String> {
    let address = monitor.text("url");
    let kind = monitor.text("type");
    let mut http = HttpCheck::new(without_login(&address));
    http.method =
        monitor.optional("method").map_or_else(|| "GET".to_owned(), |method| method.to_ascii_uppercase());
    http.body = monitor.optional("body");
    if matches!(http.method.as_str(), "GET" | "HEAD") && http.body.take().is_some() {
        taking
            .without(name, format!("A {} sends no body here: choose POST if the body matters.", http.method));
    }
    headers(monitor, &mut http, name, taking);
    login(monitor, &address, &mut http, name, taking)?;
    if http.body.is_some() && monitor.text("httpBodyEncoding") != "xml" && !has_header(&http, "content-type")
    {
        let content = if monitor.text("httpBodyEncoding") == "form" {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        http.headers.push(("Content-Type".to_owned(), content.to_owned()));
    } else if http.body.is_some() && !has_header(&http, "content-type") {
        http.headers.push(("Content-Type".to_owned(), "text/xml; charset=utf-8".to_owned()));
    }
    http.expect_status = statuses(monitor.0.get("accepted_statuscodes"));
    let redirects = http.expect_status.iter().any(|status| (300..400).contains(status));
    http.follow = match monitor.number("maxredirects") {
        Some(0.0) => Some(false),
        _ => redirects.then_some(true),
    };
    http.trusted = !monitor.is("ignoreTls").unwrap_or(false);
    http.family = match monitor.text("ipFamily").as_str() {
        "ipv4" => IpFamily::V4,
        "ipv6" => IpFamily::V6,
        _ => IpFamily::Any,
    };
    match kind.as_str() {
        "keyword" => {
            let wanted = monitor.0.get("keyword").and_then(Value::as_str).unwrap_or_default().to_owned();
            let list = if monitor.is("invertKeyword").unwrap_or(false) { &mut http.not_text } else { &mut http.expect_text };
            list.extend(Some(wanted).filter(|wanted| !wanted.trim().is_empty()));
        }
        "json-query" => match assertion(monitor) {
            Some(assertion) => http.expect_json.push(assertion),
            None => taking.without(name, format!("Its query “{}” is more than a path, which is all that is known here; write what must hold under “What must hold of it as JSON”.", tidy(&monitor.text("jsonPath"), 80))),
        },
        "real-browser" => taking.without(name, "Hob asks for the page itself and runs no scripts in it."),
        _ => {}
    }
    Ok(http)
}

fn has_header(http: &HttpCheck, wanted: &str) -> bool {
    http.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

/// Headers are JSON within JSON.
fn headers(monitor: &Monitor<'_>, http: &mut HttpCheck, name: &str, taking: &mut Taking<'_>) {
    let text = monitor.text("headers");
    let inner: Value = serde_json::from_str(&text).unwrap_or_default();
    let table = monitor.0.get("headers").and_then(Value::as_object).or_else(|| inner.as_object());
    if table.is_none() && !text.is_empty() {
        taking.without(name, "Its headers could not be read.");
    }
    for (key, value) in table.into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match value.strip_prefix("Bearer ").filter(|_| key.eq_ignore_ascii_case("authorization")) {
            Some(token) => {
                http.login = taking.seal(name, token.trim()).map(|token| HttpLogin::Bearer { token });
            }
            None if is_secret_header(key) => {
                http.secret_headers.extend(taking.seal(name, &value).map(|sealed| (key.clone(), sealed)));
            }
            None => http.headers.push((key.clone(), value)),
        }
    }
}

/// # Errors
/// When it logs in as no check here can.
fn login(
    monitor: &Monitor<'_>,
    address: &str,
    http: &mut HttpCheck,
    name: &str,
    taking: &mut Taking<'_>,
) -> Result<(), String> {
    match monitor.text("authMethod").as_str() {
        "ntlm" => return Err("It logs in with NTLM, which is not spoken here. A check without login that expects the status 401 shows whether the server is there.".to_owned()),
        "oauth2-cc" => return Err("It fetches a token over OAuth 2 first, which a check here does not. A token that lasts can be sent instead, under “Login”.".to_owned()),
        "mtls" => return Err("It shows a client certificate, which a check here does not. A check of the certificate of the server is near.".to_owned()),
        _ => {}
    }
    let at = place(address);
    let user = monitor.optional("basic_auth_user").or(at.user);
    if let Some(user) = user {
        let typed = monitor.0.get("basic_auth_pass").and_then(Value::as_str).map(str::to_owned);
        let password = taking.seal(name, &typed.or(at.password).unwrap_or_default());
        http.login = password.map(|password| HttpLogin::Basic { user, password });
    }
    Ok(())
}

/// `["200-299", "404"]`
fn statuses(list: Option<&Value>) -> Vec<u16> {
    let mut statuses = Vec::new();
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for piece in list.iter().take(600) {
        let text = piece.as_str().map_or_else(|| piece.to_string(), str::to_owned);
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        if let (Ok(from @ 100..=999), Ok(to @ 100..=999)) =
            (from.trim().parse::<u16>(), to.trim().parse::<u16>())
        {
            statuses.extend((from..=to).filter(|status| *status <= 599));
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    if statuses.is_empty() { (200..=299).collect() } else { statuses }
}

/// A query that is a plain path, as a condition here.
fn assertion(monitor: &Monitor<'_>) -> Option<String> {
    let path = monitor.optional("jsonPath").unwrap_or_else(|| "$".to_owned());
    let path = match path.strip_prefix('$') {
        Some(rest) => format!("${rest}"),
        None => format!("$.{path}"),
    };
    let operator = monitor.optional("jsonPathOperator").unwrap_or_else(|| "==".to_owned());
    if !["==", "!=", "<", ">", "<=", ">=", "contains"].contains(&operator.as_str()) {
        return None;
    }
    let wanted = monitor.text("expectedValue");
    let plain = wanted.parse::<f64>().is_ok_and(f64::is_finite)
        || matches!(wanted.as_str(), "true" | "false" | "null");
    let value = if plain { wanted } else { Value::String(wanted).to_string() };
    let text = format!("{path} {operator} {value}");
    text.parse::<Assertion>().ok().map(|_| text)
}

fn dns(monitor: &Monitor<'_>) -> DnsCheck {
    // Several servers are written with commas.
    let server = monitor.text("dns_resolve_server").split(',').next().unwrap_or_default().trim().to_owned();
    let server = match monitor.port() {
        Some(port) if port != 53 && !server.is_empty() => {
            format!("{}:{port}", crate::model::definition::bracketed(&server))
        }
        _ => server,
    };
    DnsCheck {
        name: monitor.text("hostname").trim_end_matches('.').to_owned(),
        record: monitor.optional("dns_resolve_type").unwrap_or_else(|| "A".to_owned()).to_ascii_uppercase(),
        server: Some(server).filter(|server| !server.is_empty()),
        expect: Vec::new(),
        matching: Default::default(),
    }
}

fn mqtt(monitor: &Monitor<'_>, name: &str, taking: &mut Taking<'_>) -> ServerCheck {
    let at = place(&monitor.text("hostname"));
    let security =
        if matches!(at.scheme.as_str(), "mqtts" | "wss") { Security::Tls } else { Security::Plain };
    let usual = if security == Security::Tls { 8883 } else { 1883 };
    if monitor.optional("mqttTopic").is_some() {
        taking.without(
            name,
            "It waits for no message on a topic: Hob connects as a client does, and that is all.",
        );
    }
    let password = monitor.optional("mqttPassword").and_then(|password| taking.seal(name, &password));
    let user = monitor.optional("mqttUsername");
    ServerCheck {
        security,
        user,
        password,
        ..ServerCheck::new(at.host, monitor.port().or(at.port).unwrap_or(usual))
    }
}

/// # Errors
/// When there is no address of a database.
fn database(
    monitor: &Monitor<'_>,
    name: &str,
    usual_port: u16,
    taking: &mut Taking<'_>,
) -> Result<ServerCheck, String> {
    let address = monitor.text("databaseConnectionString");
    let at = place(&address);
    if at.scheme.is_empty() || at.host.is_empty() {
        return Err(
            "Its connection string is no address such as postgres://user:password@host:5432/database."
                .to_owned(),
        );
    }
    let query = monitor.text("databaseQuery").trim_end_matches(';').to_ascii_uppercase();
    if !matches!(query.as_str(), "" | "SELECT 1") {
        taking.without(name, "Its query is left out: Hob logs in and asks nothing of the tables.");
    }
    let wants_tls =
        ["sslmode=require", "sslmode=verify", "ssl=true"].iter().any(|word| at.rest.contains(word));
    let security = match at.scheme.as_str() {
        "rediss" => Security::Tls,
        "postgres" | "postgresql" if wants_tls => Security::Starttls,
        _ => Security::Plain,
    };
    let typed = monitor.optional("radiusPassword").filter(|_| at.scheme.starts_with("mysql")).or(at.password);
    let password = typed.and_then(|password| taking.seal(name, &password));
    let database =
        at.rest.split(['/', '?']).find(|part| !part.is_empty() && !part.contains('=')).map(str::to_owned);
    let trusted = !at.rest.contains("rejectUnauthorized") && !monitor.is("ignoreTls").unwrap_or(false);
    Ok(ServerCheck {
        security,
        user: at.user,
        password,
        database,
        trusted,
        ..ServerCheck::new(at.host, at.port.unwrap_or(usual_port))
    })
}

/// Groups, the innermost first: a group follows what became of its members.
fn take_groups(monitors: &[Monitor<'_>], made: &mut HashMap<String, ResourceId>, taking: &mut Taking<'_>) {
    let mut children: HashMap<String, Vec<String>> = HashMap::new();
    for monitor in monitors {
        if let Some(parent) = monitor.optional("parent") {
            children.entry(parent).or_default().push(monitor.text("id"));
        }
    }
    let ids: HashSet<String> =
        monitors.iter().filter(|one| one.text("type") == "group").map(|one| one.text("id")).collect();
    let mut open: Vec<&Monitor<'_>> = monitors.iter().filter(|one| one.text("type") == "group").collect();
    let mut done: HashSet<String> = HashSet::new();
    while !open.is_empty() {
        let before = open.len();
        open.retain(|group| {
            let id = group.text("id");
            let own = children.get(&id).map_or(&[][..], Vec::as_slice);
            if own.iter().any(|child| ids.contains(child) && !done.contains(child)) {
                return true;
            }
            take_group(group, own, made, taking);
            done.insert(id);
            false
        });
        if open.len() == before {
            // Groups that hold each other: only a file that somebody else wrote has them.
            for group in open {
                taking.leave(&group.name(), "It is a member of itself.");
            }
            return;
        }
    }
}

fn take_group(
    group: &Monitor<'_>,
    own: &[String],
    made: &mut HashMap<String, ResourceId>,
    taking: &mut Taking<'_>,
) {
    let name = group.name();
    let members: Vec<ResourceId> = own.iter().filter_map(|child| made.get(child).cloned()).collect();
    if members.is_empty() {
        return taking.leave(&name, "None of its members became a check.");
    }
    let mut check = definition(&name, CheckTarget::Group(GroupCheck { members, rule: GroupRule::All }));
    let (every, timeout, failures) = (check.every, check.timeout, check.failures);
    common(group, &mut check, taking);
    // Nobody is asked: it changes when its members do.
    (check.every, check.timeout, check.failures, check.retry) = (every, timeout, failures, None);
    if let Some(id) = taking.keep(check) {
        made.insert(group.text("id"), id);
    }
}
