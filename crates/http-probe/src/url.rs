//! The part of RFC 3986 which a probe needs: absolute `http` and `https` URLs and references to
//! them in a `Location` header.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Longest URL accepted, in bytes, as given and as written. RFC 9110, section 4.1 asks for at least 8,000.
const MAX_LEN: usize = 8192;

/// Longest host name in bytes (RFC 1035, section 2.3.4, and a final dot).
const MAX_HOST: usize = 254;

/// The scheme of a [`Url`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP, by default on port 80.
    Http,
    /// HTTP over TLS, by default on port 443.
    Https,
}

impl Scheme {
    /// The scheme as written in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port used when the URL names none (RFC 9110, section 4.2).
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An absolute `http` or `https` URL without user name, password and fragment.
///
/// The host is kept in lower case and otherwise as given: a name outside ASCII is not translated.
/// Bytes which may not stand in a path or query are percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: Scheme,
    host: String,
    port: u16,
    path_and_query: String,
}

/// Why a text is not a [`Url`]. The text itself is left out, as it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It begins with neither `http://` nor `https://`.
    #[error("it does not begin with http:// or https://")]
    Scheme,
    /// It holds a user name or a password, which are never sent.
    #[error("it holds a user name or password, which are never sent")]
    UserInfo,
    /// The host is missing, too long, or holds a character which a host cannot have.
    #[error("its host is not a name or an address")]
    Host,
    /// The port is not a number from 1 to 65535.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// It is longer than 8,192 bytes, as it is or once it is encoded.
    #[error("it is longer than 8192 bytes")]
    TooLong,
}

impl Url {
    /// Reads an absolute URL. White space around it and a fragment are dropped.
    ///
    /// # Errors
    ///
    /// [`UrlError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::parse_bytes(text.as_bytes())
    }

    fn parse_bytes(text: &[u8]) -> Result<Self, UrlError> {
        let text = without_fragment(text.trim_ascii());
        if text.len() > MAX_LEN {
            return Err(UrlError::TooLong);
        }
        if let Some(rest) = strip_prefix_ignoring_case(text, b"https://") {
            Self::from_authority_on(Scheme::Https, rest)
        } else if let Some(rest) = strip_prefix_ignoring_case(text, b"http://") {
            Self::from_authority_on(Scheme::Http, rest)
        } else {
            Err(UrlError::Scheme)
        }
    }

    /// Reads what follows `scheme://`.
    fn from_authority_on(scheme: Scheme, rest: &[u8]) -> Result<Self, UrlError> {
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains(&b'@') {
            return Err(UrlError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let host = parse_host(host)?;
        let port = match port {
            [] => scheme.default_port(),
            digits => parse_port(digits)?,
        };
        let mut path_and_query = String::with_capacity(path.len() + 1);
        if path.first() != Some(&b'/') {
            path_and_query.push('/');
        }
        push_encoded(&mut path_and_query, path);
        Self { scheme, host, port, path_and_query }.bounded()
    }

    /// This URL, unless it is too long as it is written: encoding makes three bytes of one.
    fn bounded(self) -> Result<Self, UrlError> {
        if self.to_string().len() > MAX_LEN { Err(UrlError::TooLong) } else { Ok(self) }
    }

    /// Resolves a reference, such as the value of `Location`, against this URL
    /// (RFC 3986, section 5.2).
    ///
    /// # Errors
    ///
    /// [`UrlError`] if the reference names another scheme than `http` and `https`, or is no URL.
    pub fn join(&self, reference: &[u8]) -> Result<Self, UrlError> {
        let reference = without_fragment(reference.trim_ascii());
        if reference.len() > MAX_LEN {
            return Err(UrlError::TooLong);
        }
        if has_scheme(reference) {
            return Self::parse_bytes(reference);
        }
        if let Some(rest) = reference.strip_prefix(b"//") {
            return Self::from_authority_on(self.scheme, rest);
        }
        let base = self.path_and_query.as_str();
        let base_path = base.split('?').next().unwrap_or(base);
        let mut merged = Vec::with_capacity(base.len() + reference.len());
        match reference.first() {
            None => merged.extend_from_slice(base.as_bytes()),
            Some(b'/') => merged.extend_from_slice(reference),
            Some(b'?') => {
                merged.extend_from_slice(base_path.as_bytes());
                merged.extend_from_slice(reference);
            }
            Some(_) => {
                let folder = base_path.rfind('/').map_or(0, |slash| slash + 1);
                merged.extend_from_slice(&base_path.as_bytes()[..folder]);
                merged.extend_from_slice(reference);
            }
        }
        let mut path_and_query = String::with_capacity(merged.len());
        push_encoded(&mut path_and_query, &without_dot_segments(&merged));
        Self { path_and_query, host: self.host.clone(), ..*self }.bounded()
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host in lower case; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, given or that of the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path and, after `?`, the query. It begins with `/`.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// Host and port as in a `Host` header (RFC 9110, section 7.2): brackets around an IPv6
    /// address, no port where it is that of the scheme.
    #[must_use]
    pub fn authority(&self) -> String {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        if self.port == self.scheme.default_port() {
            format!("{open}{}{close}", self.host)
        } else {
            format!("{open}{}{close}:{}", self.host, self.port)
        }
    }

    /// Whether both have the same scheme, host and port (RFC 6454, section 4).
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.path_and_query)
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

fn without_fragment(text: &[u8]) -> &[u8] {
    text.iter().position(|&byte| byte == b'#').map_or(text, |at| &text[..at])
}

fn strip_prefix_ignoring_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a reference begins with a scheme (RFC 3986, section 3.1).
fn has_scheme(reference: &[u8]) -> bool {
    let Some(colon) = reference.iter().position(|&byte| byte == b':') else { return false };
    let scheme = &reference[..colon];
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Splits `host:port` and `[address]:port`. The port is empty where none is given.
fn split_port(authority: &[u8]) -> Result<(&[u8], &[u8]), UrlError> {
    let colon = if authority.first() == Some(&b'[') {
        let bracket = authority.iter().position(|&byte| byte == b']').ok_or(UrlError::Host)?;
        bracket + 1
    } else {
        authority.iter().position(|&byte| byte == b':').unwrap_or(authority.len())
    };
    match &authority[colon..] {
        [] => Ok((authority, &[])),
        [b':', port @ ..] => Ok((&authority[..colon], port)),
        _ => Err(UrlError::Host),
    }
}

fn parse_port(digits: &[u8]) -> Result<u16, UrlError> {
    let digits = std::str::from_utf8(digits).map_err(|_| UrlError::Port)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UrlError::Port);
    }
    match digits.parse() {
        Ok(0) | Err(_) => Err(UrlError::Port),
        Ok(port) => Ok(port),
    }
}

fn parse_host(host: &[u8]) -> Result<String, UrlError> {
    let host = std::str::from_utf8(host).map_err(|_| UrlError::Host)?;
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().map(|ip| ip.to_string()).map_err(|_| UrlError::Host);
    }
    let fits = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '.' | '_')
            || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
    };
    if host.is_empty() || host.len() > MAX_HOST || !host.chars().all(fits) {
        return Err(UrlError::Host);
    }
    Ok(host.to_ascii_lowercase())
}

/// Appends a path and query; percent-encodes what may not stand there. `%` stays, as the text may
/// be encoded already, and so do `[`, `]` and `|`, as browsers send them.
fn push_encoded(out: &mut String, path: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]|".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Removes `.` and `..` from the path before the query (RFC 3986, section 5.2.4).
fn without_dot_segments(path_and_query: &[u8]) -> Vec<u8> {
    let end = path_and_query.iter().position(|&byte| byte == b'?').unwrap_or(path_and_query.len());
    let (path, query) = path_and_query.split_at(end);
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|&byte| byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            b"." => {}
            b".." => drop(kept.pop()),
            other => kept.push(other),
        }
        if last && matches!(segment, b"." | b"..") {
            kept.push(b"");
        }
    }
    let mut out = Vec::with_capacity(path_and_query.len() + 1);
    for segment in &kept {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out.extend_from_slice(query);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn reads_the_parts() {
        let parsed = url(" HTTP://NAS.lan:8080/a b?q=[1]#top ");
        assert_eq!(parsed.to_string(), "http://nas.lan:8080/a%20b?q=[1]");
        assert_eq!((parsed.host(), parsed.port()), ("nas.lan", 8080));
        assert_eq!(url("https://nas.lan").to_string(), "https://nas.lan/");
        assert_eq!(url("https://nas.lan:443?x").to_string(), "https://nas.lan/?x");
        assert_eq!(url("http://nas.lan:").port(), 80);
        assert_eq!(url("http://bücher.example/ü").to_string(), "http://bücher.example/%C3%BC");
    }

    #[test]
    fn reads_addresses() {
        let six = url("http://[2001:DB8::1]:81/");
        assert_eq!((six.host(), six.port()), ("2001:db8::1", 81));
        assert_eq!(six.authority(), "[2001:db8::1]:81");
        assert_eq!(url("http://[::1]").to_string(), "http://[::1]/");
        assert_eq!(url("http://192.0.2.1:443/").authority(), "192.0.2.1:443");
    }

    #[test]
    fn refuses_what_it_cannot_probe() {
        for (text, error) in [
            ("", UrlError::Scheme),
            ("nas.lan", UrlError::Scheme),
            ("ftp://nas.lan", UrlError::Scheme),
            ("http://", UrlError::Host),
            ("http:///path", UrlError::Host),
            ("http://a b/", UrlError::Host),
            ("http://a\\b/", UrlError::Host),
            ("http://[::1", UrlError::Host),
            ("http://[::1]x/", UrlError::Host),
            ("http://::1/", UrlError::Host),
            ("http://user:secret@nas.lan/", UrlError::UserInfo),
            ("http://nas.lan:0/", UrlError::Port),
            ("http://nas.lan:65536/", UrlError::Port),
            ("http://nas.lan:+80/", UrlError::Port),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
        assert_eq!(Url::parse(&format!("http://a/{}", "a".repeat(9000))), Err(UrlError::TooLong));
    }

    /// Encoding makes three bytes of one, and a URL is kept as text and read again.
    #[test]
    fn what_is_accepted_is_not_too_long_once_it_is_written() {
        let encoded = format!("http://a/{}", "ü".repeat(2000));
        assert_eq!(Url::parse(&encoded).err(), Some(UrlError::TooLong));
        let longest = format!("http://a/{}", "a".repeat(MAX_LEN - 9));
        assert_eq!(url(&longest).to_string(), longest);
        assert_eq!(Url::parse(&longest.replace("a/", "a?")).err(), Some(UrlError::TooLong));
        let reference = format!("/{}", "a".repeat(MAX_LEN - 2));
        assert_eq!(url("http://a/").join(reference.as_bytes()).err(), Some(UrlError::TooLong));
    }

    /// The examples of RFC 3986, section 5.4, as far as they stay in HTTP.
    #[test]
    fn joins_as_the_standard_says() {
        let base = url("http://a/b/c/d;p?q");
        for (reference, result) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://B:8/x", "https://b:8/x"),
        ] {
            assert_eq!(base.join(reference.as_bytes()).unwrap().to_string(), result, "{reference}");
        }
        assert_eq!(base.join(b"javascript:alert(1)"), Err(UrlError::Scheme));
        assert_eq!(base.join(b"http:g"), Err(UrlError::Scheme));
    }

    proptest! {
        #[test]
        fn any_reference_gives_a_sound_url_or_an_error(reference: Vec<u8>) {
            if let Ok(joined) = url("http://a/b/c?d").join(&reference) {
                prop_assert!(joined.path_and_query().starts_with('/'));
                prop_assert!(joined.path_and_query().parse::<http::Uri>().is_ok());
                prop_assert_eq!(Url::parse(&joined.to_string()), Ok(joined));
            }
        }

        #[test]
        fn near_references_give_a_sound_url_or_an_error(
            reference in "(https?:)?(//)?[\\[\\]a-z.:@0-9]{0,6}([/?#.%\\\\ é]|\\.\\.){0,6}",
        ) {
            if let Ok(joined) = url("https://a/b/c?d").join(reference.as_bytes()) {
                prop_assert!(joined.path_and_query().parse::<http::Uri>().is_ok());
                prop_assert_eq!(Url::parse(&joined.to_string()), Ok(joined));
            }
        }
    }
}
