//! The tables `[[service]]` of `hob.toml`: what the owner wants watched and Hob cannot find by itself.

use hob_base::ResourceId;
use hob_base::wording::tidy;
use hob_feature::{CheckSpec, CheckTarget, Config, ConfigSection, Problems, Reader};
use hob_web::components::check_symbol;
use http_probe::{Url, UrlError};
use std::collections::HashMap;
use std::time::Duration;

/// Within what the names of configured services are unique.
pub(crate) const SCOPE: &str = "config";

const EVERY: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(10);
const FAILURES: u32 = 2;
const NAME_MAX: usize = 80;

/// What the crate reads from `hob.toml`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "service",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# Services that Hob cannot find by itself: on other machines, behind the proxy, in the cloud.
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
"#;

/// One `[[service]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    /// The resource that stands for it.
    pub(crate) id: ResourceId,
    /// What people call it.
    pub(crate) name: String,
    /// Its address as a link.
    pub(crate) url: String,
    /// Under which heading it is shown.
    pub(crate) group: Option<String>,
    /// A built-in symbol's name, or an emoji.
    pub(crate) symbol: Option<String>,
    /// What it needs.
    pub(crate) depends_on: Vec<ResourceId>,
    /// What to probe, how often and how patiently.
    pub(crate) check: CheckSpec,
}

/// Every well-formed `[[service]]`, in the order of the file. What is wrong goes to `problems`.
pub(crate) fn read(config: &Config, problems: &Problems) -> Vec<Service> {
    // Number and line of the entry that has a name.
    let mut first: HashMap<ResourceId, (usize, usize)> = HashMap::new();
    let mut services = Vec::new();
    for (i, reader) in config.sections("service", problems).iter().enumerate() {
        let service = read_service(reader);
        reader.finish();
        let Some(service) = service else { continue };
        if let Some((number, line)) = first.get(&service.id) {
            let name = &service.name;
            let problem = format!(
                "it is called “{name}” like service[{number}] in line {line}; give one of them another name"
            );
            reader.problem("", problem);
            continue;
        }
        first.insert(service.id.clone(), (i + 1, reader.line()));
        services.push(service);
    }
    services
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    Http(Url),
    Tcp { host: String, port: u16 },
}

fn read_service(reader: &Reader<'_>) -> Option<Service> {
    // Everything is read before anything is given up, so that all mistakes are reported at once.
    let address = reader
        .required_text("url", "http://nas.lan:5000/")
        .and_then(|url| parse_address(&url).map_err(|problem| reader.problem("url", problem)).ok());
    let name = reader.parsed("name", parse_name);
    let second = Duration::from_secs(1);
    let every = reader.duration("interval", second..=Duration::from_secs(86_400)).unwrap_or(EVERY);
    let timeout =
        reader.duration("timeout", Duration::from_millis(100)..=Duration::from_secs(120)).unwrap_or(TIMEOUT);
    let failures =
        reader.integer("failures", 1..=100).and_then(|n| u32::try_from(n).ok()).unwrap_or(FAILURES);
    let statuses = reader.integers("expect_status", 100..=599);
    let text = reader.text("expect_text");
    let group = reader.parsed("group", parse_name);
    let symbol = reader.parsed("icon", check_symbol);
    let depends_on = read_dependencies(reader);
    let address = address?;
    if matches!(address, Address::Tcp { .. }) {
        for (key, given) in [("expect_status", statuses.is_some()), ("expect_text", text.is_some())] {
            if given {
                reader
                    .problem(key, "a tcp:// address has no answer to look at; leave this out or use http://");
            }
        }
    }
    let plain = address.plain();
    let id_name = name.as_deref().map(slug).filter(|slug| !slug.is_empty()).unwrap_or_else(|| plain.clone());
    let id = ResourceId::new("service", SCOPE, &id_name);
    let check =
        CheckSpec { resource: id.clone(), target: address.target(statuses, text), every, timeout, failures };
    Some(Service {
        id,
        name: name.unwrap_or_else(|| tidy(&plain, NAME_MAX)),
        url: address.link(),
        group,
        symbol,
        depends_on,
        check,
    })
}

fn read_dependencies(reader: &Reader<'_>) -> Vec<ResourceId> {
    let texts = reader.texts("depends_on").unwrap_or_default();
    let ids = texts.iter().filter_map(|text| {
        text.parse().map_err(|problem: String| reader.problem("depends_on", problem)).ok()
    });
    ids.collect()
}

impl Address {
    /// Host, port where it is not the usual one, and path: what the service is called without a name.
    fn plain(&self) -> String {
        match self {
            Self::Http(url) => {
                let path = url.path_and_query().split('?').next().unwrap_or_default();
                let host = bracketed(url.host());
                let path = if path == "/" { "" } else { path };
                if url.port() == url.scheme().default_port() {
                    format!("{host}{path}")
                } else {
                    format!("{host}:{}{path}", url.port())
                }
            }
            Self::Tcp { host, port } => format!("{}:{port}", bracketed(host)),
        }
    }

    fn link(&self) -> String {
        match self {
            Self::Http(url) => url.to_string(),
            Self::Tcp { host, port } => format!("tcp://{}:{port}", bracketed(host)),
        }
    }

    fn target(&self, statuses: Option<Vec<i64>>, text: Option<String>) -> CheckTarget {
        match self {
            Self::Http(url) => CheckTarget::Http {
                url: url.to_string(),
                expect_status: statuses.map_or_else(usual_statuses, |list| {
                    list.into_iter().filter_map(|status| u16::try_from(status).ok()).collect()
                }),
                expect_text: text,
                found: false,
            },
            Self::Tcp { host, port } => CheckTarget::Tcp { host: host.clone(), port: *port },
        }
    }
}

/// What is well for an address that the owner wrote down: unlike with a service that was merely found, a start page that
/// is not there is a fault.
fn usual_statuses() -> Vec<u16> {
    (200..400).chain([401, 403, 405]).collect()
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn parse_address(text: &str) -> Result<Address, String> {
    let wrong = |why: &str| {
        format!(
            "{why}; write for example http://nas.lan:5000/, https://photos.example.org/ or tcp://nas.lan:22"
        )
    };
    let Some(rest) = strip_scheme(text.trim(), "tcp://") else {
        return Url::parse(text).map(Address::Http).map_err(|error| match error {
            UrlError::UserInfo => NO_PASSWORD.to_owned(),
            UrlError::Scheme => wrong("it does not begin with http://, https:// or tcp://"),
            other => wrong(&other.to_string()),
        });
    };
    let rest = rest.trim_end_matches('/');
    if rest.contains('@') {
        return Err(NO_PASSWORD.to_owned());
    }
    if rest.contains(['/', '?', '#']) {
        return Err(wrong("a tcp:// address has only a host and a port"));
    }
    // The rules for host and port are the same for all addresses.
    let url = Url::parse(&format!("http://{rest}/")).map_err(|error| wrong(&error.to_string()))?;
    let has_port = rest.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    if !has_port || rest.ends_with(':') {
        return Err(wrong("a tcp:// address needs a port"));
    }
    Ok(Address::Tcp { host: url.host().to_owned(), port: url.port() })
}

const NO_PASSWORD: &str = "it holds a user name or password, which do not belong into this file and are never sent; \
                           write the address without them (an answer that asks for a login counts as well)";

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn parse_name(text: &str) -> Result<String, String> {
    let name = tidy(text, NAME_MAX);
    if name.is_empty() { Err("it is empty; leave it out or write a name".to_owned()) } else { Ok(name) }
}

/// Small letters, digits and hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests;
