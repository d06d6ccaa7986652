//! Whether a rule holds for a request.

use crate::host::wildcard_holds;
use crate::{Expr, Matcher, Version};
use std::net::IpAddr;

/// What a rule is asked about: a request, or with [`crate::Protocol::Tcp`] a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Request<'a> {
    /// The host: with or without a port, in any case.
    pub host: &'a str,
    /// The path, which begins with a slash, without the query.
    pub path: &'a str,
    /// The method, in upper case.
    pub method: &'a str,
    /// Names, in any case, and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// Names and values, decoded.
    pub query: &'a [(&'a str, &'a str)],
    /// From where the request comes, where that is known.
    pub client: Option<IpAddr>,
    /// The protocols that a client offers in TLS.
    pub alpn: &'a [&'a str],
}

impl<'a> Request<'a> {
    /// What a browser asks for first: GET, without headers that matter.
    #[must_use]
    pub fn get(host: &'a str, path: &'a str) -> Self {
        Self { host, path, method: "GET", ..Self::default() }
    }
}

/// As Traefik compares it: in lower case, without port and dot at the end.
fn canonical(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some((name, port)) if name.ends_with(']') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            name.trim_start_matches('[').trim_end_matches(']')
        }
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether an expression holds; `None` where that cannot be told.
pub(crate) fn holds(expression: &Expr, request: &Request<'_>, version: Version) -> Option<bool> {
    let host = canonical(request.host);
    Asked { request, host: &host, version }.expression(expression)
}

struct Asked<'a> {
    request: &'a Request<'a>,
    host: &'a str,
    version: Version,
}

impl Asked<'_> {
    fn expression(&self, expression: &Expr) -> Option<bool> {
        match expression {
            Expr::And(parts) => self.decided(parts, false),
            Expr::Or(parts) => self.decided(parts, true),
            Expr::Not(inner) => self.expression(inner).map(|holds| !holds),
            Expr::Is(matcher) => self.matcher(matcher),
            Expr::Unknown(_) => None,
        }
    }

    /// What one part decides alone; else all of them must be known.
    fn decided(&self, parts: &[Expr], by: bool) -> Option<bool> {
        let mut known = true;
        for part in parts {
            match self.expression(part) {
                Some(holds) if holds == by => return Some(by),
                Some(_) => {}
                None => known = false,
            }
        }
        known.then_some(!by)
    }

    fn matcher(&self, matcher: &Matcher) -> Option<bool> {
        let Request { path, method, client, alpn, .. } = self.request;
        match matcher {
            Matcher::Host(host) => Some(host == self.host),
            // Traefik 2 takes the star for a letter; what its writer had in mind is another matter.
            Matcher::HostWildcard { .. } if self.version == Version::V2 => None,
            Matcher::HostWildcard { suffix, deep } => Some(wildcard_holds(suffix, *deep, self.host)),
            Matcher::HostAny => Some(true),
            Matcher::HostInvalid(_) => Some(false),
            Matcher::HostRegexp(pattern) => pattern.is_match(self.host),
            Matcher::Path(wanted) => Some(path == wanted),
            Matcher::PathPrefix(prefix) => Some(path.starts_with(prefix.as_str())),
            Matcher::PathRegexp(pattern) => pattern.is_match(path),
            Matcher::Method(wanted) => Some(method == wanted),
            Matcher::Header(name, wanted) => Some(self.header(name, |value| Some(value == wanted))?),
            Matcher::HeaderRegexp(name, pattern) => self.header(name, |value| pattern.is_match(value)),
            Matcher::Query(name, wanted) => self.query(name, |value| Some(value == wanted)),
            Matcher::QueryRegexp(name, pattern) => self.query(name, |value| pattern.is_match(value)),
            Matcher::ClientIp(network) => client.map(|client| network.contains(client)),
            Matcher::Alpn(name) => Some(alpn.contains(&name.as_str())),
        }
    }

    fn header(&self, name: &str, holds: impl Fn(&str) -> Option<bool>) -> Option<bool> {
        let values = self.request.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        one_of(values.map(|(_, value)| holds(value)))
    }

    fn query(&self, name: &str, holds: impl Fn(&str) -> Option<bool>) -> Option<bool> {
        let mut values =
            self.request.query.iter().filter(|(other, _)| *other == name).map(|(_, value)| holds(value));
        match self.version {
            // It looks at the first one only.
            Version::V2 => values.next().unwrap_or(Some(false)),
            Version::V3 => one_of(values),
        }
    }
}

fn one_of(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = false,
        }
    }
    known.then_some(false)
}
