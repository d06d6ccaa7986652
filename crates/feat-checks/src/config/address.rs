//! Addresses as owners write them, and what something without a name is called after its address.

use crate::model::definition::bracketed;
use hob_feature::checks::CheckTarget;
use http_probe::{Url, UrlError};

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// `http://…` or `https://…`
    Http(Url),
    /// `tcp://host:port`
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

/// What a check is called that has no name: where it looks.
pub(crate) fn plain(target: &CheckTarget) -> String {
    match target {
        CheckTarget::Http(http) => Url::parse(&http.url).map(|url| plain_url(&url)).unwrap_or_default(),
        CheckTarget::Tcp(tcp) => place(&tcp.host, tcp.port),
        CheckTarget::Tls(tls) if tls.port == 443 => tls.host.clone(),
        CheckTarget::Tls(tls) => place(&tls.host, tls.port),
        CheckTarget::Ping(ping) => ping.host.clone(),
        CheckTarget::Dns(dns) => format!("{} {}", dns.name, dns.record),
        CheckTarget::Domain(domain) => domain.domain.clone(),
        CheckTarget::Docker(docker) => docker.container.clone(),
        CheckTarget::Grpc(grpc) if grpc.service.is_empty() => place(&grpc.host, grpc.port),
        CheckTarget::Grpc(grpc) => format!("{} {}", place(&grpc.host, grpc.port), grpc.service),
        CheckTarget::Registry(registry) => registry.image.clone(),
        CheckTarget::Group(_) => String::new(),
        other => other.server().map(|server| place(&server.host, server.port)).unwrap_or_default(),
    }
}

fn place(host: &str, port: u16) -> String {
    format!("{}:{port}", bracketed(host))
}

/// Host, port where it is not the usual one, and path.
fn plain_url(url: &Url) -> String {
    let path = url.path_and_query().split('?').next().unwrap_or_default();
    let host = bracketed(url.host());
    let path = if path == "/" { "" } else { path };
    if url.port() == url.scheme().default_port() {
        format!("{host}{path}")
    } else {
        format!("{host}:{}{path}", url.port())
    }
}

/// Reads an address.
///
/// # Errors
/// What is wrong with it and what would be right.
pub(super) fn parse(text: &str) -> Result<Address, String> {
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

const NO_PASSWORD: &str = "it holds a user name or password, which do not belong into an address; write the address \
                           without them, and give user and password on their own if it asks for a login";

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}
