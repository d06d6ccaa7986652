//! Whether what stands in `Host(…)` can be a host.

use crate::problem::shown;
use crate::{Matcher, Severity};
use std::net::Ipv6Addr;

/// What is wrong with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostFault {
    /// `https://` stands before it.
    Scheme,
    /// A path stands behind it.
    Path,
    /// A port stands behind it.
    Port,
    /// There are blanks in it.
    Blank,
    /// It is several hosts in one text.
    List,
    /// A placeholder is not filled in: `${DOMAIN}`, `{{ .Values.host }}`.
    Placeholder,
    /// It is a regular expression.
    Regexp,
    /// A star that is no wildcard.
    Star,
    /// It has characters that no host has.
    Character,
    /// It has letters that are not in ASCII.
    NonAscii,
    /// A part between two dots is empty or too long, or the whole is too long.
    Length,
    /// There are capital letters in it.
    Uppercase,
    /// There is a dot at its end.
    TrailingDot,
    /// There is an underscore in it.
    Underscore,
    /// A part of it begins or ends with a hyphen.
    Hyphen,
    /// A wildcard, which needs a newer Traefik than some that are in use.
    Wildcard,
}

/// A judgement about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) fault: HostFault,
    pub(crate) severity: Severity,
    pub(crate) sentence: String,
    /// What to write instead of the host's matcher, as values of `Host` and of `PathPrefix`.
    pub(crate) instead: Option<(Vec<String>, Option<String>)>,
}

impl Finding {
    fn new(fault: HostFault, severity: Severity, sentence: String) -> Self {
        Self { fault, severity, sentence, instead: None }
    }

    fn with(mut self, host: &str) -> Self {
        if is_name(host) {
            let host = host.strip_suffix('.').unwrap_or(host);
            self.instead = Some((vec![host.to_ascii_lowercase()], None));
        }
        self
    }
}

/// What a host of a rule says, and what is wrong with it.
pub(crate) fn read(text: &str) -> (Matcher, Vec<Finding>) {
    if let Some(finding) = impossible(text) {
        return (Matcher::HostInvalid(text.to_owned()), vec![finding]);
    }
    let shown = shown(text);
    let mut findings = Vec::new();
    let lower = text.to_ascii_lowercase();
    if lower != text {
        let sentence = format!("Traefik compares “{shown}” in lower case, which is as good.");
        findings.push(Finding::new(HostFault::Uppercase, Severity::Note, sentence).with(&lower));
    }
    let host = lower.strip_suffix('.').unwrap_or(&lower);
    if host != lower {
        let sentence = format!("The dot at the end of “{shown}” is not needed.");
        findings.push(Finding::new(HostFault::TrailingDot, Severity::Note, sentence).with(host));
    }
    if host.contains('_') {
        let sentence = format!(
            "“{shown}” has an underscore. Traefik takes it, but no public authority issues a certificate for such a \
             name, and some programs refuse it.",
        );
        findings.push(Finding::new(HostFault::Underscore, Severity::Note, sentence));
    }
    if host.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
        let sentence =
            format!("A part of “{shown}” begins or ends with a hyphen, which many programs refuse.");
        findings.push(Finding::new(HostFault::Hyphen, Severity::Note, sentence));
    }
    (kind(host), findings)
}

fn kind(host: &str) -> Matcher {
    if let Some(suffix) = host.strip_prefix("**.") {
        Matcher::HostWildcard { suffix: suffix.to_owned(), deep: true }
    } else if let Some(suffix) = host.strip_prefix("*.") {
        Matcher::HostWildcard { suffix: suffix.to_owned(), deep: false }
    } else {
        Matcher::Host(host.to_owned())
    }
}

/// Why no request can have this host.
fn impossible(text: &str) -> Option<Finding> {
    if text.parse::<Ipv6Addr>().is_ok() || in_brackets(text) {
        return None;
    }
    if let Some(finding) = written_like_something_else(text) {
        return Some(finding);
    }
    let shown = shown(text);
    if !text.is_ascii() {
        let sentence = format!(
            "“{shown}” has letters that are not in ASCII: Traefik wants such a name in the form that begins with “xn--”.",
        );
        return Some(Finding::new(HostFault::NonAscii, Severity::Refused, sentence));
    }
    let rest = text.strip_prefix("**.").or_else(|| text.strip_prefix("*.")).unwrap_or(text);
    if rest.contains('*') {
        let sentence = if text == "*" {
            "A star alone is not every host: leave the matcher out, or write “HostRegexp(`.*`)”.".to_owned()
        } else {
            format!("In “{shown}” the star is not a whole part before the first dot, so it matches no host.")
        };
        return Some(Finding::new(HostFault::Star, Severity::Never, sentence));
    }
    if is_name(rest) {
        return None;
    }
    let strange = rest.chars().find(|c| !is_part(*c) && *c != '.');
    let (fault, sentence) = match strange {
        Some(c) => (HostFault::Character, format!("“{shown}” is no host: it holds “{}”.", c.escape_debug())),
        None => (
            HostFault::Length,
            format!("“{shown}” is no host: between two dots stand 1 to 63 letters, and 253 in all."),
        ),
    };
    Some(Finding::new(fault, Severity::Never, sentence))
}

/// What somebody wrote where only a host belongs.
fn written_like_something_else(text: &str) -> Option<Finding> {
    let never = |fault, sentence: String| Finding::new(fault, Severity::Never, sentence);
    let shown = shown(text);
    if text.contains("{{") || text.contains("${") || text.contains("$(") || text.contains("<no value>") {
        let sentence = format!("“{shown}” holds a placeholder that was not filled in.");
        return Some(never(HostFault::Placeholder, sentence));
    }
    if let Some((_, rest)) = text.split_once("://") {
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let sentence =
            format!("“{shown}” is an address, not a host: what stands before “://” does not belong here.");
        return Some(never(HostFault::Scheme, sentence).with(host));
    }
    if text.chars().any(char::is_whitespace) {
        let sentence = format!("There are blanks in “{shown}”, and no host has any.");
        return Some(never(HostFault::Blank, sentence).with(text.trim()));
    }
    if text.contains(',') {
        let hosts: Vec<String> = text.split([',', ';']).map(str::to_ascii_lowercase).collect();
        let sentence = format!("“{shown}” is one text for Traefik, not a list of hosts.");
        let instead = hosts.iter().all(|host| is_name(host)).then_some((hosts, None));
        return Some(Finding { instead, ..never(HostFault::List, sentence) });
    }
    if text.contains(['\\', '^', '$', '(', '[', '|', '+']) || (text.contains(".*") && !has_stars_only(text)) {
        let sentence =
            format!("“{shown}” is a regular expression, which “Host” does not know: write “HostRegexp”.");
        return Some(never(HostFault::Regexp, sentence));
    }
    if let Some((host, path)) = text.split_once('/') {
        let sentence = format!("“{shown}” has a path behind the host, so no request ever matches it.");
        let mut finding = never(HostFault::Path, sentence).with(host);
        if let Some((_, prefix)) = &mut finding.instead {
            *prefix = (!path.is_empty()).then(|| format!("/{path}"));
        }
        return Some(finding);
    }
    let (host, port) = text.rsplit_once(':')?;
    if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && is_name(host) {
        let sentence = format!("“{shown}” has a port behind the host; Traefik compares hosts without it.");
        return Some(never(HostFault::Port, sentence).with(host));
    }
    None
}

/// Whether its parts are names and stars.
fn has_stars_only(text: &str) -> bool {
    text.split('.').all(|label| label == "*" || is_name(label))
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Whether this is a name (RFC 1035, and underscores), in any case, or an address of IPv4.
pub(crate) fn is_name(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| (1..=63).contains(&label.len()) && label.chars().all(is_part))
}

/// Whether this is a name as requests are compared: in lower case, without a dot at its end.
pub(crate) fn is_plain(host: &str) -> bool {
    is_name(host) && !host.ends_with('.') && !host.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn in_brackets(text: &str) -> bool {
    text.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// Whether a wildcard holds this host: exactly one label before the suffix, or at least one where it is deep.
pub(crate) fn wildcard_holds(suffix: &str, deep: bool, host: &str) -> bool {
    let labels = host.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.'));
    labels.is_some_and(|labels| !labels.is_empty() && (deep || !labels.contains('.')))
}
