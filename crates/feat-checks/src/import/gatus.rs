//! Gatus' configuration.

use super::conditions::{Answer, Wanted, go_duration, read};
use super::{
    Imported, Place, Seal, Taking, definition, every, in_a_row, is_secret_header, place, timeout,
    without_login,
};
use crate::model::definition::CheckDefinition;
use hob_base::wording::{listed, tidy};
use hob_feature::checks::{
    CertificateDays, CheckTarget, DnsCheck, DomainCheck, GrpcCheck, HttpCheck, HttpLogin, IpFamily,
    PingCheck, ServerCheck, StartTls, TcpCheck, TlsCheck,
};
use recurrence::Window;
use serde_json::{Map, Value};
use std::time::Duration;

/// Reads a configuration.
///
/// # Errors
/// One sentence when it is none.
pub(crate) fn gatus(text: &str, seal: Seal<'_>) -> Result<Imported, String> {
    let file = yaml_value::parse(text)?;
    let none = "This is neither a backup of Uptime Kuma (JSON with “monitorList”) nor a configuration of Gatus (YAML with “endpoints”).";
    let file = file.as_object().ok_or(none)?;
    let lists = ["endpoints", "services", "external-endpoints", "suites"];
    if !lists.iter().any(|list| file.get(*list).is_some_and(Value::is_array)) {
        return Err(none.to_owned());
    }
    let mut taking = Taking::new("Gatus", seal);
    for list in ["endpoints", "services"] {
        for endpoint in items(file, list) {
            take(endpoint, file, &mut taking);
        }
    }
    for endpoint in items(file, "external-endpoints") {
        taking.leave(&name_of(endpoint), "It is not asked but waits to be told how it is. Make a scheduled job under “Scheduled jobs”, and let the job report there.");
    }
    for suite in items(file, "suites") {
        taking.leave(&name_of(suite), "A suite hands what one step answers to the next, which checks here do not. Make a check for each step that stands for itself.");
    }
    match table(file, "maintenance").map(maintenance) {
        Some(Ok(Some(_))) => taking.without("maintenance", IN_OUR_ZONE),
        Some(Err(why)) => taking.without("maintenance", why),
        Some(Ok(None)) | None => {}
    }
    if file.get("alerting").is_some() {
        taking.without(
            "alerting",
            "Where alerts go is not part of a check here: set it up once for the whole house.",
        );
    }
    Ok(taking.imported)
}

fn items<'a>(file: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    file.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn name_of(table: &Map<String, Value>) -> String {
    let name = text(table, "name");
    if name.is_empty() { text(table, "url") } else { name }
}

/// A text, also where YAML takes it for a number.
fn text(table: &Map<String, Value>, key: &str) -> String {
    match table.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn table<'a>(of: &'a Map<String, Value>, key: &str) -> Option<&'a Map<String, Value>> {
    of.get(key).and_then(Value::as_object)
}

fn is(of: Option<&Map<String, Value>>, key: &str) -> bool {
    of.and_then(|of| of.get(key)).and_then(Value::as_bool).unwrap_or(false)
}

/// One endpoint.
fn take(endpoint: &Map<String, Value>, file: &Map<String, Value>, taking: &mut Taking<'_>) {
    let name = name_of(endpoint);
    if let Some(variable) = variable_in(endpoint) {
        taking.leave(&name, format!("It holds the variable {}, whose value is not in this file. Write the value in its place and import it again.", tidy(&variable, 60)));
        return;
    }
    let url = text(endpoint, "url");
    let at = place(&url);
    let answer = match (at.scheme.as_str(), table(endpoint, "dns")) {
        (_, Some(_)) => Answer::Records,
        ("http" | "https", _) => Answer::Page,
        _ => Answer::Nothing,
    };
    let conditions: Vec<String> = endpoint
        .get("conditions")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let wanted = read(&conditions, answer);
    let target = match target(endpoint, &url, &at, &wanted, taking, &name) {
        Ok(target) => target,
        Err(why) => return taking.leave(&name, why),
    };
    let mut definition = definition(&name, target);
    common(endpoint, file, &wanted, &mut definition, taking);
    for (condition, why) in &wanted.left {
        taking.without(&name, format!("The condition “{condition}” is left out: {why}."));
    }
    if let Some(days) = wanted.domain_days {
        domain(&name, &at, days, &definition, taking);
    }
    taking.keep(definition);
}

/// The first variable of the environment in what is sent.
fn variable_in(endpoint: &Map<String, Value>) -> Option<String> {
    let headers = table(endpoint, "headers").into_iter().flat_map(Map::values);
    let texts = [endpoint.get("url"), endpoint.get("body")].into_iter().flatten().chain(headers);
    texts.filter_map(Value::as_str).find_map(|text| {
        let plain = text.replace("$$", "");
        let at = plain.find('$')?;
        let rest = plain.get(at + 1..)?;
        let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '{' || c == '_');
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '{' | '}')))
            .unwrap_or(rest.len());
        is_name.then(|| format!("${}", rest.get(..end).unwrap_or_default()))
    })
}

/// # Errors
/// Why there can be no check, and what is near it.
fn target(
    endpoint: &Map<String, Value>,
    url: &str,
    at: &Place,
    wanted: &Wanted,
    taking: &mut Taking<'_>,
    name: &str,
) -> Result<CheckTarget, String> {
    let client = table(endpoint, "client");
    let port =
        |usual: Option<u16>| at.port.or(usual).ok_or_else(|| "Its address has no port: add one.".to_owned());
    if let Some(dns) = table(endpoint, "dns") {
        return Ok(CheckTarget::Dns(dns_check(dns, url, wanted)));
    }
    let days = |usual: CertificateDays| {
        wanted
            .certificate_days
            .map_or(usual, |days| CertificateDays { warning: usual.warning.max(days), critical: days })
    };
    let trusted = !is(client, "insecure");
    Ok(match at.scheme.as_str() {
        "http" | "https" => CheckTarget::Http(Box::new(http(endpoint, url, at, wanted, taking, name))),
        "tcp" => CheckTarget::Tcp(TcpCheck {
            host: at.host.clone(),
            port: port(None)?,
            send: Some(text(endpoint, "body")).filter(|body| !body.is_empty()),
            expect: None,
            tls: false,
        }),
        "icmp" => {
            let family = match client.map(|client| text(client, "network")).as_deref() {
                Some("ip4") => IpFamily::V4,
                Some("ip6") => IpFamily::V6,
                _ => IpFamily::Any,
            };
            CheckTarget::Ping(PingCheck { family, ..PingCheck::new(&at.host) })
        }
        "tls" | "starttls" => {
            let usual = TlsCheck::new(&at.host, port(Some(443))?);
            let starttls = (at.scheme == "starttls").then_some(StartTls::Smtp);
            CheckTarget::Tls(TlsCheck { days: days(usual.days), trusted, starttls, ..usual })
        }
        "ssh" => {
            if table(endpoint, "ssh").is_some_and(|ssh| !ssh.is_empty()) {
                taking.without(name, "It logs in and runs a command; a check here asks the server only who it is.");
            }
            CheckTarget::Ssh(ServerCheck::new(&at.host, port(Some(22))?))
        }
        "grpc" | "grpcs" => {
            CheckTarget::Grpc(GrpcCheck { host: at.host.clone(), port: port(None)?, service: String::new(), tls: at.scheme == "grpcs" })
        }
        "ws" | "wss" => {
            let near = url.replacen("ws", "http", 1);
            return Err(format!("WebSockets are not spoken here. A check of {} that expects the status 101, 400 or 426 shows whether the server is there.", tidy(&without_login(&near), 100)));
        }
        "udp" | "sctp" => return Err("Nothing can be said of a port that may stay silent. Watch what answers beside it, such as a name server or a page.".to_owned()),
        "" => return Err("It has no address.".to_owned()),
        other => return Err(format!("Addresses that begin with {}:// are not known here.", tidy(other, 20))),
    })
}

fn dns_check(dns: &Map<String, Value>, url: &str, wanted: &Wanted) -> DnsCheck {
    let record = text(dns, "query-type").to_ascii_uppercase();
    let server = url.split_once("://").map_or(url, |(_, server)| server).trim_end_matches('/');
    DnsCheck {
        name: text(dns, "query-name").trim_end_matches('.').to_owned(),
        record: if record.is_empty() { "A".to_owned() } else { record },
        server: Some(server.strip_suffix(":53").unwrap_or(server).to_owned())
            .filter(|server| !server.is_empty()),
        expect: wanted.answers.clone(),
        matching: Default::default(),
    }
}

fn http(
    endpoint: &Map<String, Value>,
    url: &str,
    at: &Place,
    wanted: &Wanted,
    taking: &mut Taking<'_>,
    name: &str,
) -> HttpCheck {
    let client = table(endpoint, "client");
    let mut http = HttpCheck::new(without_login(url).replace("$$", "$"));
    let method = text(endpoint, "method").to_ascii_uppercase();
    if !method.is_empty() {
        http.method = method;
    }
    let body = text(endpoint, "body").replace("$$", "$");
    if !body.is_empty() {
        http.body = Some(if is(Some(endpoint), "graphql") {
            Value::from_iter([("query", body.clone())]).to_string()
        } else {
            body
        });
    }
    if http.body.as_ref().is_some_and(|body| {
        body.contains("[ENDPOINT_") || body.contains("[RANDOM_STRING") || body.contains("[LOCAL_ADDRESS")
    }) {
        taking.without(name, "Its body holds places that Gatus fills in; here it is sent as it stands.");
    }
    if matches!(http.method.as_str(), "GET" | "HEAD") && http.body.take().is_some() {
        taking
            .without(name, format!("A {} sends no body here: choose POST if the body matters.", http.method));
    }
    headers(endpoint, at, &mut http, taking, name);
    http.expect_status = wanted.statuses.clone().unwrap_or_else(|| (100..=599).collect());
    http.expect_text.clone_from(&wanted.texts);
    http.not_text.clone_from(&wanted.not_texts);
    http.expect_pattern.clone_from(&wanted.pattern);
    http.expect_json.clone_from(&wanted.json);
    let redirects = http.expect_status.iter().any(|status| (300..400).contains(status));
    http.follow = if is(client, "ignore-redirect") { Some(false) } else { redirects.then_some(true) };
    http.trusted = !is(client, "insecure");
    if let Some(days) = wanted.certificate_days {
        http.days = CertificateDays { warning: http.days.warning.max(days), critical: days };
    }
    for (key, what) in [
        ("proxy-url", "Its proxy is left out: Hob asks directly."),
        (
            "oauth2",
            "Its login over OAuth 2 is left out. A token that lasts can be sent instead, under “Login”.",
        ),
        ("identity-aware-proxy", "Its login at Google’s proxy is left out."),
        ("dns-resolver", "Its own name server is left out; “Connect to” can name an address instead."),
        ("tls", "Its client certificate is left out."),
        ("tunnel", "Its tunnel is left out: Hob asks directly."),
    ] {
        if client.is_some_and(|client| client.get(key).is_some_and(|value| !value.is_null())) {
            taking.without(name, what);
        }
    }
    http
}

fn headers(
    endpoint: &Map<String, Value>,
    at: &Place,
    http: &mut HttpCheck,
    taking: &mut Taking<'_>,
    name: &str,
) {
    if let Some(user) = &at.user {
        let password = taking.seal(name, at.password.as_deref().unwrap_or_default());
        http.login = password.map(|password| HttpLogin::Basic { user: user.clone(), password });
    }
    let Some(headers) = table(endpoint, "headers") else { return };
    for key in headers.keys() {
        let value = text(headers, key).replace("$$", "$");
        let is_login = key.eq_ignore_ascii_case("authorization") && http.login.is_none();
        if let Some(token) = value.strip_prefix("Bearer ").filter(|_| is_login) {
            http.login = taking.seal(name, token.trim()).map(|token| HttpLogin::Bearer { token });
            continue;
        }
        if is_secret_header(key) {
            http.secret_headers.extend(taking.seal(name, &value).map(|sealed| (key.clone(), sealed)));
        } else {
            http.headers.push((key.clone(), value));
        }
    }
}

/// What all endpoints have.
fn common(
    endpoint: &Map<String, Value>,
    file: &Map<String, Value>,
    wanted: &Wanted,
    check: &mut CheckDefinition,
    taking: &mut Taking<'_>,
) {
    let name = check.name.clone();
    let interval = text(endpoint, "interval");
    check.every = every(go_duration(&interval).map_or(60.0, |interval| interval.as_secs_f64()));
    let limit =
        table(endpoint, "client").map(|client| text(client, "timeout")).and_then(|text| go_duration(&text));
    check.timeout = timeout(limit.map_or(10.0, |limit| limit.as_secs_f64()));
    match wanted.warn_after {
        Some(limit) if limit < check.timeout => {
            check.warn_after = Some(limit);
            taking.without(
                &name,
                format!(
                    "An answer that takes longer than {} ms is a warning here, not a failure.",
                    limit.as_millis()
                ),
            );
        }
        // The timeout says the same.
        Some(limit) => check.timeout = timeout(limit.min(check.timeout).as_secs_f64()),
        None => {}
    }
    check.upside_down = wanted.upside_down;
    check.enabled = endpoint.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    check.group = Some(tidy(&text(endpoint, "group"), 80)).filter(|group| !group.is_empty());
    for (key, value) in table(endpoint, "extra-labels").into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        check.tags.push(tidy(&format!("{key}={value}").replace(',', " "), 90));
    }
    thresholds(endpoint, file, check);
    let own = endpoint.get("maintenance-windows").and_then(Value::as_array).into_iter().flatten();
    for window in own.filter_map(Value::as_object) {
        match maintenance(window) {
            Ok(window) => check.maintenance.extend(window),
            Err(why) => taking.without(&name, why),
        }
    }
    if !check.maintenance.is_empty() {
        taking.without(&name, IN_OUR_ZONE);
    }
    // What is wrong with that of the whole file is said once.
    check
        .maintenance
        .extend(table(file, "maintenance").and_then(|window| maintenance(window).ok().flatten()));
}

const IN_OUR_ZONE: &str = "Its times of maintenance are taken as they stand, in the time zone of this hub.";

/// After how many failures people are told: the soonest of its alerts.
fn thresholds(endpoint: &Map<String, Value>, file: &Map<String, Value>, check: &mut CheckDefinition) {
    let alerting = table(file, "alerting");
    let mut soonest: Option<(u64, u64)> = None;
    let alerts = endpoint.get("alerts").and_then(Value::as_array).into_iter().flatten();
    for alert in
        alerts.filter_map(Value::as_object).filter(|alert| alert.get("enabled") != Some(&Value::Bool(false)))
    {
        let usual = alerting
            .and_then(|all| table(all, &text(alert, "type")))
            .and_then(|one| table(one, "default-alert"));
        let number = |key: &str, plain: u64| {
            alert
                .get(key)
                .or_else(|| usual?.get(key))
                .and_then(Value::as_u64)
                .filter(|count| *count > 0)
                .unwrap_or(plain)
        };
        let these = (number("failure-threshold", 3), number("success-threshold", 2));
        soonest = Some(soonest.map_or(these, |known| known.min(these)));
    }
    if let Some((failures, successes)) = soonest {
        check.failures = in_a_row(failures);
        check.successes = in_a_row(successes);
    }
}

/// `start: 23:00`, `duration: 1h`, `every: [Monday, Thursday]` as a window.
///
/// # Errors
/// A sentence.
fn maintenance(table: &Map<String, Value>) -> Result<Option<String>, String> {
    if table.get("enabled") == Some(&Value::Bool(false)) {
        return Ok(None);
    }
    let wrong = || {
        "A time of maintenance could not be read; write it anew under “Maintenance”, such as Sun 02:00-04:00."
            .to_owned()
    };
    let start = text(table, "start");
    let minutes = start
        .split_once(':')
        .and_then(|(hour, minute)| Some(hour.parse::<u64>().ok()? * 60 + minute.parse::<u64>().ok()?));
    let lasts = go_duration(&text(table, "duration"))
        .map(|lasts| lasts.as_secs() / 60)
        .filter(|lasts| (1..1440).contains(lasts));
    let (Some(minutes), Some(lasts)) = (minutes.filter(|minutes| *minutes < 1440), lasts) else {
        return Err(wrong());
    };
    let end = (minutes + lasts) % 1440;
    let days: Vec<String> = table
        .get("every")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|day| day.chars().take(3).collect())
        .collect();
    let days = if days.is_empty() { "daily".to_owned() } else { days.join(",") };
    let window = format!("{days} {:02}:{:02}-{:02}:{:02}", minutes / 60, minutes % 60, end / 60, end % 60);
    Window::parse(&window).map(|_| Some(window)).map_err(|_| wrong())
}

/// A condition on the registration of the domain is a check of its own.
fn domain(name: &str, at: &Place, days: u32, of: &CheckDefinition, taking: &mut Taking<'_>) {
    let labels: Vec<&str> = at.host.split('.').collect();
    let registered = labels.get(labels.len().saturating_sub(2)..).unwrap_or_default().join(".");
    let usual = DomainCheck::new(registered.clone());
    let days = CertificateDays { warning: usual.days.warning.max(days), critical: days };
    let mut check =
        definition(&format!("{name} (domain)"), CheckTarget::Domain(DomainCheck { days, ..usual }));
    check.group.clone_from(&of.group);
    check.enabled = of.enabled;
    check.every = Duration::from_secs(43_200);
    if labels.len() > 2 {
        taking.without(name, format!("When the registration of {registered} ends is a check of its own; see that this is the domain that was registered, and not one of {}.", listed(&[at.host.as_str()])));
    }
    taking.keep(check);
}
