//! Addresses taken apart and put together (package net/url).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Dict, Function, Text, dict, escape, function, text};
use crate::error::{Fault, quoted};
use crate::machine::Machine;
use crate::value::{Of, Value};

pub(super) static FUNCTIONS: &[Function] =
    &[function("urlParse", &[Text], parse), function("urlJoin", &[Dict], join)];

/// The parts of an address.
#[derive(Debug, Default)]
struct Parts {
    scheme: String,
    /// What comes after the scheme when no slash does, such as the address in `mailto:`.
    opaque: String,
    userinfo: String,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

fn parse(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let address = text(arguments, 0);
    let parts = Parts::read(&address).ok_or_else(|| format!("{} is no address", quoted(&address)))?;
    let hostname = hostname(&parts.host).to_owned();
    let entries = [
        ("scheme", parts.scheme),
        ("host", parts.host),
        ("hostname", hostname),
        ("path", parts.path),
        ("query", parts.query),
        ("opaque", parts.opaque),
        ("fragment", parts.fragment),
        ("userinfo", parts.userinfo),
    ];
    let mut found = BTreeMap::new();
    for (name, text) in entries {
        found.insert(Rc::from(name), machine.text(text)?);
    }
    machine.dict(found, Of::Any)
}

fn join(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let entries = dict(arguments, 0).map(|id| machine.store.entries(id)).unwrap_or_default();
    let part = |name: &str| -> Result<String, Fault> {
        match entries.get(name) {
            Some(Value::Text(text)) => Ok(text.to_string()),
            None | Some(Value::Nil) => Ok(String::new()),
            Some(other) => Err(format!("the part {} is a text, not {}", quoted(name), other.said()).into()),
        }
    };
    let parts = Parts {
        scheme: part("scheme")?,
        opaque: part("opaque")?,
        userinfo: part("userinfo")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        fragment: part("fragment")?,
    };
    machine.text(parts.written())
}

impl Parts {
    /// `None` when it is no address.
    fn read(address: &str) -> Option<Self> {
        if address.chars().any(|c| c.is_ascii_control()) {
            return None;
        }
        let mut parts = Self::default();
        let (rest, fragment) = address.split_once('#').unwrap_or((address, ""));
        parts.fragment = decoded(fragment)?;
        let rest = match scheme(rest)? {
            Some((scheme, rest)) => {
                parts.scheme = scheme.to_ascii_lowercase();
                rest
            }
            None => rest,
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        parts.query = query.to_owned();
        if !parts.scheme.is_empty() && !rest.starts_with('/') {
            parts.opaque = rest.to_owned();
            return Some(parts);
        }
        let Some(authority) = rest.strip_prefix("//") else {
            // A colon in the first part would look like a scheme.
            if parts.scheme.is_empty() && rest.split('/').next().is_some_and(|first| first.contains(':')) {
                return None;
            }
            parts.path = decoded(rest)?;
            return Some(parts);
        };
        let slash = authority.find('/').unwrap_or(authority.len());
        let (authority, path) = authority.split_at(slash);
        let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        if !is_host(host) {
            return None;
        }
        parts.userinfo = userinfo.to_owned();
        parts.host = decoded(host)?;
        parts.path = decoded(path)?;
        Some(parts)
    }

    fn written(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if self.opaque.is_empty() {
            if !self.scheme.is_empty() || !self.host.is_empty() || !self.userinfo.is_empty() {
                if !self.host.is_empty() || !self.path.is_empty() || !self.userinfo.is_empty() {
                    out.push_str("//");
                }
                if !self.userinfo.is_empty() {
                    out.push_str(&self.userinfo);
                    out.push('@');
                }
                self.host.chars().for_each(|c| encode(&mut out, c, "[]:"));
            }
            if !self.path.is_empty() && !self.path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            self.path.chars().for_each(|c| encode(&mut out, c, "/:@"));
        } else {
            out.push_str(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push('?');
            out.push_str(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            self.fragment.chars().for_each(|c| encode(&mut out, c, "/:@?!()*'"));
        }
        out
    }
}

/// What stands before the first colon, if that is a scheme; `None` when it ought to be one and is not.
fn scheme(rest: &str) -> Option<Option<(&str, &str)>> {
    for (at, c) in rest.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return None,
            ':' => return Some(rest.split_once(':')),
            _ => return Some(None),
        }
    }
    Some(None)
}

fn is_host(host: &str) -> bool {
    let port = match host.rfind(']') {
        Some(bracket) if host.starts_with('[') => host.get(bracket + 1..).unwrap_or_default(),
        Some(_) => return false,
        None if host.starts_with('[') => return false,
        None => host.rfind(':').and_then(|colon| host.get(colon..)).unwrap_or_default(),
    };
    let port_is_number =
        port.strip_prefix(':').is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    (port.is_empty() || port.starts_with(':'))
        && port_is_number
        && !host.contains([' ', '<', '>', '"', '\\', '^'])
}

/// A host without its port and without brackets.
fn hostname(host: &str) -> &str {
    if let Some((inside, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Without percent signs; `None` when there are no two digits after one.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Everything that may stand in a part of an address stays as it is.
fn encode(out: &mut String, c: char, more: &str) {
    let stays = c.is_ascii_alphanumeric() || "-_.~$&+,;=".contains(c) || more.contains(c);
    if stays { out.push(c) } else { escape::percent(out, c) }
}
