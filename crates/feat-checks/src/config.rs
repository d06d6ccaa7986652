//! The tables `[[service]]` and `[[check]]` of `hob.toml`: what the owner wants watched and Hob cannot find by itself.
//!
//! Both give a [`CheckDefinition`]. `[[service]]` is the short form for an address: its kind follows from how the address
//! begins.

mod address;
pub(crate) mod internet;
mod kinds;

pub(crate) use address::plain;
pub(crate) use kinds::parse_rule;

use crate::model::definition::{CONFIG_SCOPE, CheckDefinition, STANDS_FOR, slug};
use hob_base::ResourceId;
use hob_base::wording::{nearest, tidy};
use hob_feature::checks::CheckTarget;
use hob_feature::{Config, ConfigSection, Problems, Reader};
use hob_web::components::check_symbol;
use std::collections::HashMap;
use std::time::Duration;

const NAME_MAX: usize = 80;
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

/// The short form for addresses.
pub(crate) const SERVICE_SECTION: ConfigSection = ConfigSection {
    key: "service",
    // The names of both tables are looked at together.
    check: |config, problems| {
        read(config, problems);
    },
    example: SERVICE_EXAMPLE,
};

/// Checks of every kind.
pub(crate) const CHECK_SECTION: ConfigSection =
    ConfigSection { key: "check", check: |_, _| {}, example: CHECK_EXAMPLE };

const SERVICE_EXAMPLE: &str = r#"# Services that Hob cannot find by itself: on other machines, behind the proxy, in the cloud.
# What listens on this machine is found without any setting.
#
# [[service]]
# url = "https://photos.example.org/"   # http://, https:// or tcp://host:port
# name = "Photos"                       # default: host and path
# group = "Family"                      # under which heading it is shown
# icon = "📷"                           # one or two characters, or a built-in symbol: home, host, key ...
# interval = "10s"                      # 1s to 24h
# timeout = "10s"                       # how long one answer may take in all
# failures = 2                          # so many in a row make it critical
# expect_status = [200, 204]            # default: 200 to 399, 401, 403 and 405
# expect_text = "Welcome"               # must be in the page
# depends_on = ["host/home/nas"]        # what it needs: one message instead of two when that breaks
# Everything that [[check]] knows can be said here, too.
"#;

const CHECK_EXAMPLE: &str = r#"# Checks of any kind. What all kinds know (and [[service]] as well):
#
# [[check]]
# kind = "http"                         # http, tcp, tls, ping, dns, domain, smtp, imap, ssh, mqtt, postgres, mysql, redis,
#                                       # docker, grpc, registry, group
# url = "https://library.example.org/"
# name = "Library"
# group = "Family"
# icon = "📚"
# tags = ["family"]                     # words by which silences and searches find it
# interval = "10s"                      # 1s to 24h
# timeout = "10s"                       # how long one answer may take in all
# failures = 2                          # so many in a row make it critical
# successes = 1                         # so many in a row make it well again
# retry = "5s"                          # how soon to look again at what is not well; default: within seconds
# warn_after = "2s"                     # a slower answer is a warning; default: four fifths of the timeout
# jitter = "1s"                         # by how much a probe may be put off; default: a little
# maintenance = ["Sun 02:00-04:00"]     # then it may fail without anybody being told
# only = ["Mon-Fri 07:00-19:00"]        # outside of these it rests: nothing is probed
# upside_down = false                   # true: it is well when it fails, as a port that must be closed
# enabled = true
# as = "host"                           # what it is: host, device, service, database, container, application;
#                                       # default: by its kind (a ping is of a host)
# depends_on = ["host/home/nas"]
#
# What "http" knows besides:
# method = "POST"                       # default: GET
# headers = ["Accept: application/json"]
# secret_header = [{ name = "X-Api-Key", value = { env = "API_KEY" } }]
# body = "{}"
# user = "me"                           # with password: Basic authentication
# password = { file = "/run/secrets/photos" }
# expect_status = [200, 204]            # default: 200 to 399, 401, 403 and 405
# expect_text = ["Welcome"]             # all of these must be in the page
# not_text = ["Error"]                  # and none of these
# expect_pattern = "version [0-9]+"     # a regular expression
# expect_json = ["$.status == \"ok\"", "$.queue[0].size < 10"] # ==, !=, <, >, <=, >=, contains, exists
# follow = true                         # whether to follow redirects
# family = "any"                        # "4" or "6": only that version of IP
# version = "any"                       # "1" or "2": only that version of HTTP
# connect_to = "192.168.1.10:443"       # go there, whatever DNS says: through the real route, from inside
# warn_days = 14                        # so long before its certificate expires it is a warning
# critical_days = 3
# trusted = true                        # false: any certificate will do
#
# [[check]]
# kind = "http"
# url = "https://status.example.org/"
# token = { env = "STATUS_TOKEN" }      # sent as bearer
#
# [[check]]
# kind = "tcp"
# host = "nas.lan"
# port = 445
# send = "PING\r\n"                     # what to send, and
# expect = "PONG"                       # what must come
# tls = false
#
# [[check]]
# kind = "tls"                          # a certificate, wherever TLS is spoken
# host = "mail.example.org"
# port = 25                             # default: 443
# starttls = "smtp"                     # or "imap"; default: TLS from the first byte on
# server_name = "example.org"           # default: the host
# warn_days = 21
# critical_days = 7
# trusted = true                        # false: one that signed itself is right
#
# [[check]]
# kind = "ping"
# host = "router.lan"
# count = 3
# loss = 50                             # from this share of lost ones on it is a warning, in per cent
# family = "any"
#
# [[check]]
# kind = "dns"
# lookup = "photos.example.org"
# record = "A"                          # A, AAAA, CAA, CNAME, MX, NS, TXT, SRV, PTR, SOA
# server = "192.168.1.1"                # default: the one that this machine uses
# expect = ["192.168.1.10"]             # default: any answer is well
# match = "any"                         # "all": every one of them must be in the answer
#
# [[check]]
# kind = "domain"                       # when its registration ends
# domain = "example.org"
# server = "https://rdap.org/"          # whom to ask over RDAP
# warn_days = 30
# critical_days = 7
#
# [[check]]
# kind = "postgres"                     # smtp, imap, ssh, mqtt, mysql and redis know the same
# host = "nas.lan"
# port = 5432                           # default: the usual one
# security = "tls"                      # "plain", "starttls"
# user = "hob"
# password = { file = "/run/secrets/postgres" }
# database = "photos"
# trusted = true
#
# [[check]]
# kind = "docker"
# container = "grafana"                 # its name or id
# socket = "/var/run/docker.sock"
#
# [[check]]
# kind = "grpc"
# host = "nas.lan"
# port = 50051
# service = ""                          # empty: the server as a whole
# tls = false
#
# [[check]]
# kind = "registry"                     # whether a credential may pull an image
# image = "ghcr.io/me/app:1"
# user = "me"
# password = { file = "/run/secrets/ghcr" }
#
# [[check]]
# kind = "group"                        # several as one
# name = "Media"
# members = ["service/config/photos", "service/config/nas-lan-445"]
# rule = "all"                          # "any": one is enough; "50%": so many of them
"#;

/// Every well-formed `[[service]]` and `[[check]]`, in the order of the file. What is wrong goes to `problems`.
pub(crate) fn read(config: &Config, problems: &Problems) -> Vec<CheckDefinition> {
    read_placed(config, problems).into_iter().map(|(definition, _)| definition).collect()
}

/// The same, each with the line in which it begins.
pub(crate) fn read_placed(config: &Config, problems: &Problems) -> Vec<(CheckDefinition, usize)> {
    // Table, number and line of the entry that has a name.
    let mut first: HashMap<ResourceId, (&str, usize, usize)> = HashMap::new();
    let mut definitions = Vec::new();
    for (table, read) in [("service", read_service as ReadFn), ("check", read_check)] {
        for (i, reader) in config.sections(table, problems).iter().enumerate() {
            let Some(definition) = read(reader) else { continue };
            let id = definition.resource(CONFIG_SCOPE);
            if let Some((table, number, line)) = first.get(&id) {
                let name = &definition.name;
                let problem = format!(
                    "it is called “{name}” like {table}[{number}] in line {line}; give one of them another name"
                );
                reader.problem("", problem);
                continue;
            }
            first.insert(id, (table, i + 1, reader.line()));
            definitions.push((definition, reader.line()));
        }
    }
    definitions
}

type ReadFn = fn(&Reader<'_>) -> Option<CheckDefinition>;

fn read_service(reader: &Reader<'_>) -> Option<CheckDefinition> {
    let target = kinds::by_address(reader);
    finish(reader, target)
}

fn read_check(reader: &Reader<'_>) -> Option<CheckDefinition> {
    let kind = reader.required_text("kind", "http")?;
    let Some(read) = kinds::ALL.iter().find(|(name, _)| *name == kind).map(|(_, read)| read) else {
        let known: Vec<&str> = kinds::ALL.iter().map(|(name, _)| *name).collect();
        let hint = match nearest(&kind, known.iter().copied()) {
            Some(word) => format!("did you mean “{word}”?"),
            None => format!("known are: {}", known.join(", ")),
        };
        reader.problem("kind", format!("there is no such kind of check; {hint}"));
        return None;
    };
    let target = read(reader);
    finish(reader, target)
}

/// Reads what all kinds have in common. Everything is read before anything is given up, so that all mistakes are reported
/// at once.
fn finish(reader: &Reader<'_>, target: Option<CheckTarget>) -> Option<CheckDefinition> {
    let name = reader.parsed("name", parse_name);
    let plain = target.as_ref().map(plain).unwrap_or_default();
    let own_slug = name.as_deref().map(slug).filter(|slug| !slug.is_empty()).unwrap_or_else(|| plain.clone());
    let placeholder = CheckTarget::tcp("placeholder", 1);
    let readable = target.is_some();
    let mut definition =
        CheckDefinition::new(name.unwrap_or_else(|| tidy(&plain, NAME_MAX)), target.unwrap_or(placeholder));
    definition.slug = own_slug;
    read_times(reader, &mut definition);
    definition.maintenance = reader.texts("maintenance").unwrap_or_default();
    definition.only = reader.texts("only").unwrap_or_default();
    definition.group = reader.parsed("group", parse_name);
    definition.icon = reader.parsed("icon", check_symbol);
    definition.tags = reader.texts("tags").unwrap_or_default();
    definition.depends_on = read_ids(reader, "depends_on");
    definition.stands_for = reader.parsed("as", |text| {
        if STANDS_FOR.contains(&text) {
            Ok(text.to_owned())
        } else {
            Err(format!("use {}", STANDS_FOR.join(", ")))
        }
    });
    definition.upside_down = reader.boolean("upside_down").unwrap_or(false);
    definition.enabled = reader.boolean("enabled").unwrap_or(true);
    reader.finish();
    if !readable {
        return None;
    }
    let mistakes = definition.mistakes();
    for mistake in &mistakes {
        reader.problem(mistake.field, mistake.problem.clone());
    }
    // A window that cannot be read does not keep the rest from being checked; an address that cannot does.
    mistakes.is_empty().then_some(definition)
}

fn read_times(reader: &Reader<'_>, definition: &mut CheckDefinition) {
    if let Some(every) = reader.duration("interval", SECOND..=DAY) {
        definition.every = every;
    }
    if let Some(timeout) = reader.duration("timeout", Duration::from_millis(100)..=Duration::from_secs(120)) {
        definition.timeout = timeout;
    }
    let count = |key: &str| reader.integer(key, 1..=100).and_then(|n| u32::try_from(n).ok());
    definition.failures = count("failures").unwrap_or(definition.failures);
    definition.successes = count("successes").unwrap_or(definition.successes);
    definition.retry = reader.duration("retry", SECOND..=DAY);
    definition.warn_after =
        reader.duration("warn_after", Duration::from_millis(1)..=Duration::from_secs(120));
    definition.jitter = reader.duration("jitter", Duration::from_millis(1)..=DAY);
}

fn read_ids(reader: &Reader<'_>, key: &str) -> Vec<ResourceId> {
    let texts = reader.texts(key).unwrap_or_default();
    let ids = texts
        .iter()
        .filter_map(|text| text.parse().map_err(|problem: String| reader.problem(key, problem)).ok());
    ids.collect()
}

fn parse_name(text: &str) -> Result<String, String> {
    let name = tidy(text, NAME_MAX);
    if name.is_empty() { Err("it is empty; leave it out or write a name".to_owned()) } else { Ok(name) }
}

#[cfg(test)]
mod tests;
