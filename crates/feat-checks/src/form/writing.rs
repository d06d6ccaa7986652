//! What a definition looks like in the inputs. Secrets are not in it.

use super::Entered;
use super::reading::escape;
use crate::model::definition::CheckDefinition;
use hob_base::ResourceId;
use hob_feature::checks::{
    CertificateDays, CheckTarget, GroupRule, HttpCheck, HttpLogin, HttpVersion, IpFamily, Matching, Security,
    ServerCheck, StartTls,
};
use std::fmt::Write as _;
use std::time::Duration;

/// What is in the inputs for a check as it is.
pub(crate) fn entered(definition: &CheckDefinition) -> Entered {
    let mut form = Entered::default();
    form.set("name", &definition.name);
    form.set("interval", duration_text(definition.every));
    form.set("timeout", duration_text(definition.timeout));
    form.set("failures", definition.failures.to_string());
    form.set("successes", definition.successes.to_string());
    for (name, value) in
        [("retry", definition.retry), ("warn_after", definition.warn_after), ("jitter", definition.jitter)]
    {
        form.set(name, value.map(duration_text).unwrap_or_default());
    }
    form.set("maintenance", definition.maintenance.join("\n"));
    form.set("only", definition.only.join("\n"));
    form.set("group", definition.group.clone().unwrap_or_default());
    form.set("icon", definition.icon.clone().unwrap_or_default());
    form.set("tags", definition.tags.join(", "));
    form.set("depends_on", ids(&definition.depends_on));
    form.set("upside_down", ticked(definition.upside_down));
    form.set("enabled", yes_no(definition.enabled));
    target(&mut form, &definition.target);
    form
}

fn target(form: &mut Entered, target: &CheckTarget) {
    match target {
        CheckTarget::Http(check) => http(form, check),
        CheckTarget::Tcp(check) => {
            place(form, &check.host, check.port);
            form.set("send", check.send.as_deref().map(escape).unwrap_or_default());
            form.set("expect", check.expect.as_deref().map(escape).unwrap_or_default());
            form.set("tls", ticked(check.tls));
        }
        CheckTarget::Tls(check) => {
            place(form, &check.host, check.port);
            form.set("server_name", check.server_name.clone().unwrap_or_default());
            let starttls = check.starttls.map_or("", |protocol| match protocol {
                StartTls::Smtp => "smtp",
                StartTls::Imap => "imap",
            });
            form.set("starttls", starttls);
            days(form, check.days);
            form.set("trusted", yes_no(check.trusted));
        }
        CheckTarget::Ping(check) => {
            form.set("host", &check.host);
            form.set("count", check.count.to_string());
            form.set("loss", check.loss_percent.to_string());
            form.set("family", family(check.family));
        }
        CheckTarget::Dns(check) => {
            form.set("lookup", &check.name);
            form.set("record", &check.record);
            form.set("server", check.server.clone().unwrap_or_default());
            form.set("expect", check.expect.join("\n"));
            form.set("match", if check.matching == Matching::All { "all" } else { "any" });
        }
        CheckTarget::Domain(check) => {
            form.set("domain", &check.domain);
            form.set("server", &check.server);
            days(form, check.days);
        }
        CheckTarget::Docker(check) => {
            form.set("container", &check.container);
            form.set("socket", &check.socket);
        }
        CheckTarget::Grpc(check) => {
            place(form, &check.host, check.port);
            form.set("service", &check.service);
            form.set("tls", ticked(check.tls));
        }
        CheckTarget::Registry(check) => {
            form.set("image", &check.image);
            form.set("user", check.user.clone().unwrap_or_default());
        }
        CheckTarget::Group(group) => {
            form.set("members", ids(&group.members));
            let rule = match group.rule {
                GroupRule::All => "all".to_owned(),
                GroupRule::Any => "any".to_owned(),
                GroupRule::Percent(percent) => format!("{percent}%"),
            };
            form.set("rule", rule);
        }
        other => {
            if let Some(check) = other.server() {
                server(form, check);
            }
        }
    }
}

fn http(form: &mut Entered, check: &HttpCheck) {
    form.set("url", &check.url);
    form.set("method", &check.method);
    let lines: Vec<String> = check.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    form.set("headers", lines.join("\n"));
    for (row, (name, _)) in check.secret_headers.iter().enumerate() {
        form.set(format!("secret_name_{row}"), name);
    }
    form.set("body", check.body.clone().unwrap_or_default());
    match &check.login {
        None => form.set("login", "none"),
        Some(HttpLogin::Basic { user, .. }) => {
            form.set("login", "basic");
            form.set("user", user);
        }
        Some(HttpLogin::Bearer { .. }) => form.set("login", "bearer"),
    }
    form.set("expect_status", statuses(&check.expect_status));
    form.set("expect_text", check.expect_text.join("\n"));
    form.set("not_text", check.not_text.join("\n"));
    form.set("expect_pattern", check.expect_pattern.clone().unwrap_or_default());
    form.set("expect_json", check.expect_json.join("\n"));
    form.set("follow", check.follow.map_or("", yes_no));
    form.set("family", family(check.family));
    let version = match check.version {
        HttpVersion::Any => "any",
        HttpVersion::One => "1",
        HttpVersion::Two => "2",
    };
    form.set("version", version);
    form.set("connect_to", check.connect_to.clone().unwrap_or_default());
    days(form, check.days);
    form.set("trusted", yes_no(check.trusted));
}

fn server(form: &mut Entered, check: &ServerCheck) {
    place(form, &check.host, check.port);
    let security = match check.security {
        Security::Plain => "plain",
        Security::Starttls => "starttls",
        Security::Tls => "tls",
    };
    form.set("security", security);
    form.set("user", check.user.clone().unwrap_or_default());
    form.set("database", check.database.clone().unwrap_or_default());
    form.set("trusted", yes_no(check.trusted));
}

fn place(form: &mut Entered, host: &str, port: u16) {
    form.set("host", host);
    form.set("port", port.to_string());
}

fn days(form: &mut Entered, days: CertificateDays) {
    form.set("warn_days", days.warning.to_string());
    form.set("critical_days", days.critical.to_string());
}

fn family(family: IpFamily) -> &'static str {
    match family {
        IpFamily::Any => "any",
        IpFamily::V4 => "4",
        IpFamily::V6 => "6",
    }
}

fn ids(ids: &[ResourceId]) -> String {
    let ids: Vec<&str> = ids.iter().map(ResourceId::as_str).collect();
    ids.join("\n")
}

const fn yes_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

const fn ticked(is: bool) -> &'static str {
    if is { "yes" } else { "" }
}

/// `10s`, `90s`, `5m`, `1500ms`: the largest unit of which it is a whole number.
pub(crate) fn duration_text(duration: Duration) -> String {
    let ms = duration.as_millis();
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if ms >= length && ms.is_multiple_of(length) {
            return format!("{}{unit}", ms / length);
        }
    }
    format!("{ms}ms")
}

/// `200-299, 401`: rising runs of three and more as one.
pub(crate) fn statuses(statuses: &[u16]) -> String {
    let mut text = String::new();
    let mut rest = statuses;
    while let Some(&first) = rest.first() {
        let run = rest.iter().zip(first..).take_while(|(status, wanted)| **status == *wanted).count();
        let taken = if run >= 3 { run } else { 1 };
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = match rest.get(taken - 1) {
            Some(last) if taken > 1 => write!(text, "{comma}{first}-{last}"),
            _ => write!(text, "{comma}{first}"),
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    text
}
