//! A rule as an expression, and its text.

use crate::{Network, Pattern, Protocol};
use std::fmt::{self, Write};

/// What must hold for a router to serve a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expr {
    /// All of these hold: at least two, none of them an `And`.
    And(Vec<Expr>),
    /// One of these holds: at least two, none of them an `Or`.
    Or(Vec<Expr>),
    /// This, which is no `Not`, does not hold.
    Not(Box<Expr>),
    /// A matcher.
    Is(Matcher),
    /// Something that is not understood, as it was written: an unknown matcher, or one with wrong values.
    Unknown(String),
}

/// One question about a request or a connection, in the words of Traefik 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matcher {
    /// The host is this one, a name or an address: in lower case, without a dot at its end.
    Host(String),
    /// A host with one label, or at least one, before a dot and this suffix: `*.example.org`, `**.example.org`.
    HostWildcard {
        /// What stands behind the star and the dot.
        suffix: String,
        /// Any number of labels (`**.`).
        deep: bool,
    },
    /// Whatever the host, and also where none is named: ``HostSNI(`*`)``.
    HostAny,
    /// A host that no request can have, as it was written.
    HostInvalid(String),
    /// The host matches a regular expression.
    HostRegexp(Pattern),
    /// The path is this one.
    Path(String),
    /// The path begins so.
    PathPrefix(String),
    /// The path matches a regular expression.
    PathRegexp(Pattern),
    /// The method is this one, in upper case.
    Method(String),
    /// A header, named in lower case, has this value.
    Header(String, String),
    /// A header, named in lower case, matches a regular expression.
    HeaderRegexp(String, Pattern),
    /// A parameter of the query has this value, which may be empty.
    Query(String, String),
    /// A parameter of the query matches a regular expression.
    QueryRegexp(String, Pattern),
    /// The client's address is one of these.
    ClientIp(Network),
    /// The client offers this protocol (TLS with ALPN).
    Alpn(String),
}

impl Expr {
    /// All of these, as flat as can be; `None` where there is nothing.
    pub(crate) fn all(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Some(Self::And(flat)) } else { flat.pop() }
    }

    /// One of these, as flat as can be; `None` where there is nothing.
    pub(crate) fn any(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Some(Self::Or(flat)) } else { flat.pop() }
    }

    /// The opposite.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Each matcher and each unknown part, from left to right.
    pub fn leaves(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.gather(found)),
            Self::Not(inner) => inner.gather(found),
            Self::Is(_) | Self::Unknown(_) => found.push(self),
        }
    }

    /// The expression as a rule for Traefik 3.
    #[must_use]
    pub fn text(&self, protocol: Protocol) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, protocol, Binding::Or);
        text
    }

    fn write(&self, out: &mut String, protocol: Protocol, outer: Binding) -> fmt::Result {
        match self {
            Self::And(parts) => join(out, parts, protocol, Binding::And, outer),
            Self::Or(parts) => join(out, parts, protocol, Binding::Or, outer),
            Self::Not(inner) => {
                out.push('!');
                inner.write(out, protocol, Binding::Not)
            }
            Self::Is(matcher) => matcher.write(out, protocol),
            Self::Unknown(text) => out.write_str(text),
        }
    }
}

/// How tightly what stands around an expression binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
}

fn join(out: &mut String, parts: &[Expr], protocol: Protocol, own: Binding, outer: Binding) -> fmt::Result {
    let brackets = outer > own;
    if brackets {
        out.push('(');
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(if own == Binding::And { " && " } else { " || " });
        }
        part.write(out, protocol, own)?;
    }
    if brackets {
        out.push(')');
    }
    Ok(())
}

impl Matcher {
    fn write(&self, out: &mut String, protocol: Protocol) -> fmt::Result {
        let host = if protocol == Protocol::Tcp { "HostSNI" } else { "Host" };
        match self {
            Self::Host(name) | Self::HostInvalid(name) => call(out, host, &[name]),
            Self::HostWildcard { suffix, deep } => {
                call(out, host, &[&format!("{}.{suffix}", if *deep { "**" } else { "*" })])
            }
            // An HTTP rule cannot say it; who asked for it with HostSNI is told.
            Self::HostAny => call(out, "HostSNI", &["*"]),
            Self::HostRegexp(pattern) => call(out, &format!("{host}Regexp"), &[pattern.text()]),
            Self::Path(path) => call(out, "Path", &[path]),
            Self::PathPrefix(path) => call(out, "PathPrefix", &[path]),
            Self::PathRegexp(pattern) => call(out, "PathRegexp", &[pattern.text()]),
            Self::Method(method) => call(out, "Method", &[method]),
            Self::Header(name, value) => call(out, "Header", &[name, value]),
            Self::HeaderRegexp(name, pattern) => call(out, "HeaderRegexp", &[name, pattern.text()]),
            Self::Query(name, value) if value.is_empty() => call(out, "Query", &[name]),
            Self::Query(name, value) => call(out, "Query", &[name, value]),
            Self::QueryRegexp(name, pattern) => call(out, "QueryRegexp", &[name, pattern.text()]),
            Self::ClientIp(network) => call(out, "ClientIP", &[&network.to_string()]),
            Self::Alpn(name) => call(out, "ALPN", &[name]),
        }
    }

    /// The matcher as it stands in a rule for Traefik 3.
    #[must_use]
    pub fn text(&self, protocol: Protocol) -> String {
        let mut text = String::new();
        let _ = self.write(&mut text, protocol);
        text
    }
}

fn call(out: &mut String, name: &str, values: &[&str]) -> fmt::Result {
    out.write_str(name)?;
    out.push('(');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        quote(out, value)?;
    }
    out.push(')');
    Ok(())
}

/// In backticks where Go takes it so.
pub(crate) fn quote(out: &mut String, value: &str) -> fmt::Result {
    if !value.contains(|c: char| c == '`' || c.is_control() || c == '\u{feff}') {
        return write!(out, "`{value}`");
    }
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c == '\u{feff}' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}
