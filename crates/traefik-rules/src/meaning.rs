//! What the matchers of a rule mean in a version of Traefik.

use crate::grammar::{Call, Given, Node};
use crate::host::{self, Finding};
use crate::pattern::Pattern;
use crate::problem::shown;
use crate::template::{self, Of, Template};
use crate::{Expr, HostFault, Matcher, Network, Problem, ProblemKind, Protocol, Severity, Version, Versions};
use std::ops::Range;

/// A rule as one version reads it.
pub(crate) struct Meaning {
    pub(crate) expression: Option<Expr>,
    /// The first ones.
    pub(crate) problems: Vec<Problem>,
    /// How many reasons there are to refuse it.
    pub(crate) refusals: usize,
}

/// More problems are counted only.
const MOST_PROBLEMS: usize = 64;

pub(crate) fn read(tree: Option<&Node>, text: &str, version: Version, protocol: Protocol) -> Meaning {
    let mut reader = Reader { text, version, protocol, problems: Vec::new(), refusals: 0 };
    let expression = tree.and_then(|tree| reader.node(tree));
    Meaning { expression, problems: reader.problems, refusals: reader.refusals }
}

/// The matchers that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Host,
    HostHeader,
    HostRegexp,
    HostSni,
    HostSniRegexp,
    Path,
    PathPrefix,
    PathRegexp,
    Header,
    Headers,
    HeaderRegexp,
    HeadersRegexp,
    Method,
    Query,
    QueryRegexp,
    ClientIp,
    Alpn,
}

/// Where a matcher is known: HTTP of v2, HTTP of v3, TCP.
type Where = (bool, bool, bool);

const NAMES: [(&str, Name, Where); 17] = [
    ("Host", Name::Host, (true, true, false)),
    ("HostHeader", Name::HostHeader, (true, false, false)),
    ("HostRegexp", Name::HostRegexp, (true, true, false)),
    ("HostSNI", Name::HostSni, (false, false, true)),
    ("HostSNIRegexp", Name::HostSniRegexp, (false, false, true)),
    ("Path", Name::Path, (true, true, false)),
    ("PathPrefix", Name::PathPrefix, (true, true, false)),
    ("PathRegexp", Name::PathRegexp, (false, true, false)),
    ("Header", Name::Header, (false, true, false)),
    ("Headers", Name::Headers, (true, false, false)),
    ("HeaderRegexp", Name::HeaderRegexp, (false, true, false)),
    ("HeadersRegexp", Name::HeadersRegexp, (true, false, false)),
    ("Method", Name::Method, (true, true, false)),
    ("Query", Name::Query, (true, true, false)),
    ("QueryRegexp", Name::QueryRegexp, (false, true, false)),
    ("ClientIP", Name::ClientIp, (true, true, true)),
    ("ALPN", Name::Alpn, (false, false, true)),
];

struct Reader<'a> {
    text: &'a str,
    version: Version,
    protocol: Protocol,
    problems: Vec<Problem>,
    refusals: usize,
}

impl Reader<'_> {
    fn node(&mut self, node: &Node) -> Option<Expr> {
        match node {
            Node::And(parts) => {
                let parts = parts.iter().filter_map(|part| self.node(part)).collect();
                Expr::all(parts)
            }
            Node::Or(parts) => {
                let parts = parts.iter().filter_map(|part| self.node(part)).collect();
                Expr::any(parts)
            }
            Node::Not(inner) => self.node(inner).map(Expr::negated),
            Node::Opaque(at) => Some(self.unknown(at)),
            Node::Call(call) => Some(self.call(call)),
        }
    }

    fn unknown(&self, at: &Range<usize>) -> Expr {
        Expr::Unknown(self.text.get(at.clone()).unwrap_or_default().to_owned())
    }

    fn problem(&mut self, kind: ProblemKind, severity: Severity, at: &Range<usize>, sentence: String) {
        self.with_instead(kind, severity, at, sentence, None);
    }

    fn with_instead(
        &mut self,
        kind: ProblemKind,
        severity: Severity,
        at: &Range<usize>,
        sentence: String,
        instead: Option<String>,
    ) {
        self.refusals += usize::from(severity == Severity::Refused);
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let in_version = Versions::from(self.version);
        self.problems.push(Problem { kind, severity, at: at.clone(), sentence, instead, in_version });
    }

    fn v2(&self) -> bool {
        self.version == Version::V2
    }

    fn release(&self) -> &'static str {
        if self.v2() { "Traefik 2" } else { "Traefik 3" }
    }

    fn call(&mut self, call: &Call) -> Expr {
        let Some((written, name, known)) =
            NAMES.iter().copied().find(|(written, ..)| written.eq_ignore_ascii_case(&call.name))
        else {
            let near = NAMES.iter().find(|(written, ..)| is_near(written, &call.name));
            let sentence = match near {
                Some((near, ..)) => {
                    format!("Traefik knows no matcher “{}”; did you mean “{near}”?", shown(&call.name))
                }
                None => format!("Traefik knows no matcher “{}”.", shown(&call.name)),
            };
            let instead = near.map(|(near, ..)| (*near).to_owned());
            self.with_instead(
                ProblemKind::UnknownMatcher,
                Severity::Refused,
                &call.name_at,
                sentence,
                instead,
            );
            return self.unknown(&call.at);
        };
        self.name(call, written, name, known);
        if call.values.is_empty() || call.values.iter().any(|value| value.text.is_empty()) {
            let sentence = format!("“{written}” has no value, or an empty one.");
            self.problem(ProblemKind::Values, Severity::Refused, &call.at, sentence);
        }
        let values: Vec<&Given> = call.values.iter().filter(|value| !value.text.is_empty()).collect();
        if values.is_empty() {
            return self.unknown(&call.at);
        }
        let expression = match name {
            Name::Header | Name::Headers | Name::HeaderRegexp | Name::HeadersRegexp => {
                self.pairs(call, written, name, &values)
            }
            Name::Query => self.queries(call, &values),
            Name::QueryRegexp => self.query_regexp(call, &values),
            _ => self.each(call, written, name, &values),
        };
        expression.unwrap_or_else(|| self.unknown(&call.at))
    }

    /// Whether the matcher is known under this name here.
    fn name(&mut self, call: &Call, written: &str, name: Name, known: Where) {
        if !is_accepted(written, &call.name) {
            let sentence = format!("Traefik knows “{written}”, but not spelled “{}”.", call.name);
            let instead = Some(written.to_owned());
            self.with_instead(ProblemKind::Spelling, Severity::Refused, &call.name_at, sentence, instead);
        }
        let (v2, v3, tcp) = known;
        let here = match (self.protocol, self.version) {
            (Protocol::Tcp, _) => tcp,
            (Protocol::Http, Version::V2) => v2,
            (Protocol::Http, Version::V3) => v3,
        };
        if here {
            return;
        }
        let other_protocol = if self.protocol == Protocol::Tcp { !tcp } else { !v2 && !v3 };
        let instead = counterpart(name, self.version, self.protocol);
        let tail = instead.map(|name| format!(": write “{name}”")).unwrap_or_default();
        let (kind, sentence) = if other_protocol {
            let of = if self.protocol == Protocol::Tcp { "TCP" } else { "HTTP" };
            (ProblemKind::OtherProtocol, format!("Routes of {of} know no “{written}”{tail}."))
        } else {
            (ProblemKind::OtherVersion, format!("{} knows no “{written}”{tail}.", self.release()))
        };
        let instead = instead.map(str::to_owned);
        self.with_instead(kind, Severity::Refused, &call.name_at, sentence, instead);
    }

    /// Matchers of which each value stands for itself: one of them must match.
    fn each(&mut self, call: &Call, written: &str, name: Name, values: &[&Given]) -> Option<Expr> {
        if values.len() > 1 && !self.v2() {
            let count = values.len();
            let sentence =
                format!("“{written}” takes one value in Traefik 3, not {count}: join several with “||”.");
            let instead = self.split(call, written);
            self.with_instead(ProblemKind::Values, Severity::Refused, &call.at, sentence, instead);
        }
        Expr::any(values.iter().filter_map(|value| self.single(call, name, value)).collect())
    }

    /// The values as matchers of their own.
    fn split(&self, call: &Call, written: &str) -> Option<String> {
        let mut out = String::from("(");
        for (index, value) in call.values.iter().enumerate() {
            if index > 0 {
                out.push_str(" || ");
            }
            out.push_str(written);
            out.push('(');
            crate::expr::quote(&mut out, &value.text).ok()?;
            out.push(')');
        }
        out.push(')');
        Some(out)
    }

    fn single(&mut self, call: &Call, name: Name, value: &Given) -> Option<Expr> {
        let text = value.text.as_str();
        match name {
            Name::Host | Name::HostHeader | Name::HostSni => Some(self.host(call, value)),
            Name::HostRegexp | Name::HostSniRegexp => Some(self.host_regexp(value)),
            Name::Path | Name::PathPrefix => Some(self.path(name, value)),
            Name::PathRegexp => Some(Expr::Is(Matcher::PathRegexp(self.pattern(value, text)))),
            Name::Method => Some(Expr::Is(Matcher::Method(text.to_ascii_uppercase()))),
            Name::ClientIp => self.network(value),
            Name::Alpn => {
                if text == "acme-tls/1" {
                    let sentence = "Traefik keeps “acme-tls/1” to itself.".to_owned();
                    self.problem(ProblemKind::Alpn, Severity::Refused, &value.at, sentence);
                }
                Some(Expr::Is(Matcher::Alpn(text.to_owned())))
            }
            _ => None,
        }
    }

    fn pattern(&mut self, value: &Given, text: &str) -> Pattern {
        let pattern = Pattern::new(text);
        if let Some(fault) = pattern.fault() {
            let sentence = format!("Traefik refuses this regular expression: {fault}.");
            self.problem(ProblemKind::Regexp, Severity::Refused, &value.at, sentence);
        }
        pattern
    }

    fn host(&mut self, call: &Call, value: &Given) -> Expr {
        if value.text == "*" && (self.protocol == Protocol::Tcp || is_sni(&call.name)) {
            return Expr::Is(Matcher::HostAny);
        }
        let (matcher, findings) = host::read(&value.text);
        for finding in findings {
            self.host_finding(value, finding);
        }
        if let Matcher::HostWildcard { deep, .. } = &matcher {
            self.wildcard(value, *deep);
        }
        if let Matcher::HostInvalid(_) = matcher
            && template::looks_like_one(&value.text)
        {
            let sentence = "“Host” knows no templates: “HostRegexp” does.".to_owned();
            self.problem(ProblemKind::Template, Severity::Never, &value.at, sentence);
        }
        Expr::Is(matcher)
    }

    fn host_finding(&mut self, value: &Given, finding: Finding) {
        // For TLS Traefik looks at the characters, and refuses the rule.
        let severity = match finding.severity {
            Severity::Never if self.protocol == Protocol::Tcp && finding.fault != HostFault::Length => {
                Severity::Refused
            }
            _ if self.protocol == Protocol::Http && !value.text.is_ascii() => Severity::Refused,
            severity => severity,
        };
        let instead = finding.instead.and_then(|(hosts, prefix)| {
            let hosts = hosts.into_iter().map(|host| Expr::Is(Matcher::Host(host))).collect();
            let prefix = prefix.map(|prefix| Expr::Is(Matcher::PathPrefix(prefix)));
            Expr::all(Expr::any(hosts).into_iter().chain(prefix).collect())
        });
        let instead = instead.map(|instead| instead.text(self.protocol));
        self.with_instead(ProblemKind::Host(finding.fault), severity, &value.at, finding.sentence, instead);
    }

    fn wildcard(&mut self, value: &Given, deep: bool) {
        let kind = ProblemKind::Host(HostFault::Wildcard);
        let severity = match (self.v2(), self.protocol) {
            (false, _) => Severity::Note,
            (true, Protocol::Http) => Severity::Never,
            (true, Protocol::Tcp) => Severity::Refused,
        };
        let sentence = match (self.v2(), deep) {
            (true, _) => {
                format!(
                    "Traefik 2 knows no wildcards such as “{}”: write a “HostRegexp”.",
                    shown(&value.text)
                )
            }
            (false, false) => {
                format!(
                    "Before version 3.7 Traefik does not know wildcards such as “{}”.",
                    shown(&value.text)
                )
            }
            (false, true) => {
                format!("Only the newest Traefik knows wildcards such as “{}”.", shown(&value.text))
            }
        };
        self.problem(kind, severity, &value.at, sentence);
    }

    fn host_regexp(&mut self, value: &Given) -> Expr {
        let text = value.text.as_str();
        if !text.is_ascii() {
            let sentence = "In regular expressions of hosts Traefik takes ASCII only.".to_owned();
            let kind = ProblemKind::Host(HostFault::NonAscii);
            self.problem(kind, Severity::Refused, &value.at, sentence);
        }
        if self.v2() {
            return match template::compile(text, Of::Host) {
                Template::Plain => {
                    let (matcher, _) = host::read(text);
                    if !matches!(matcher, Matcher::Host(_)) && text != "*" {
                        self.braceless(value, Of::Host);
                        return Expr::Is(Matcher::HostRegexp(Pattern::new(anchored(text))));
                    }
                    Expr::Is(matcher)
                }
                Template::Regexp(pattern) => Expr::Is(Matcher::HostRegexp(self.pattern(value, &pattern))),
                Template::Malformed => self.malformed(value),
            };
        }
        if template::looks_like_one(text) {
            self.template_in_v3(value, Of::Host, "HostRegexp");
        }
        Expr::Is(Matcher::HostRegexp(self.pattern(value, text)))
    }

    /// A regular expression of v3, which v2 takes as a text that stands for itself.
    fn braceless(&mut self, value: &Given, of: Of) {
        let what = if of == Of::Host { "host" } else { "path" };
        let sentence = format!(
            "In Traefik 2 a regular expression stands in braces, as in “{{name:[a-z]+}}”; this matches no {what}.",
        );
        self.problem(ProblemKind::Template, Severity::Never, &value.at, sentence);
    }

    fn malformed(&mut self, value: &Given) -> Expr {
        let sentence = "The braces of this template do not match, or there is nothing in them.".to_owned();
        self.problem(ProblemKind::Template, Severity::Refused, &value.at, sentence);
        self.unknown(&value.at)
    }

    fn template_in_v3(&mut self, value: &Given, of: Of, written: &str) {
        let instead = match template::compile(&value.text, of) {
            Template::Regexp(pattern) => {
                let pattern = Pattern::new(pattern);
                let matcher = match of {
                    Of::Host => Matcher::HostRegexp(pattern),
                    Of::Path | Of::Prefix | Of::Query => Matcher::PathRegexp(pattern),
                };
                Some(matcher.text(self.protocol))
            }
            _ => None,
        };
        let sentence = format!(
            "What stands in braces is a template of Traefik 2; in “{written}” of Traefik 3 the braces stand for \
             themselves, so this matches nothing that people ask for.",
        );
        self.with_instead(ProblemKind::Template, Severity::Never, &value.at, sentence, instead);
    }

    fn path(&mut self, name: Name, value: &Given) -> Expr {
        let prefix = name == Name::PathPrefix;
        let (written, of) = if prefix { ("PathPrefix", Of::Prefix) } else { ("Path", Of::Path) };
        let mut text = value.text.clone();
        if !text.starts_with('/') {
            text.insert(0, '/');
            let sentence = format!("A path begins with “/”: Traefik refuses “{}”.", shown(&value.text));
            let mut instead = String::new();
            let _ = crate::expr::quote(&mut instead, &text);
            self.with_instead(ProblemKind::Path, Severity::Refused, &value.at, sentence, Some(instead));
        }
        if self.v2() {
            match template::compile(&text, of) {
                Template::Plain => {}
                Template::Regexp(pattern) => {
                    return Expr::Is(Matcher::PathRegexp(self.pattern(value, &pattern)));
                }
                Template::Malformed => return self.malformed(value),
            }
        } else if template::looks_like_one(&text) {
            self.template_in_v3(value, of, written);
        }
        Expr::Is(if prefix { Matcher::PathPrefix(text) } else { Matcher::Path(text) })
    }

    fn network(&mut self, value: &Given) -> Option<Expr> {
        if let Some(network) = Network::parse(&value.text) {
            return Some(Expr::Is(Matcher::ClientIp(network)));
        }
        let sentence =
            format!("“{}” is neither an address nor a network such as “192.168.1.0/24”.", shown(&value.text));
        self.problem(ProblemKind::Network, Severity::Refused, &value.at, sentence);
        Some(self.unknown(&value.at))
    }

    /// Names with values: all of them must match.
    fn pairs(&mut self, call: &Call, written: &str, name: Name, values: &[&Given]) -> Option<Expr> {
        let even = values.len().is_multiple_of(2);
        if !even || (!self.v2() && values.len() != 2) {
            let sentence =
                format!("“{written}” takes the name of a header and a value, not {} values.", values.len());
            self.problem(ProblemKind::Values, Severity::Refused, &call.at, sentence);
        }
        if !even {
            return None;
        }
        let regexp = matches!(name, Name::HeaderRegexp | Name::HeadersRegexp);
        let mut parts = Vec::new();
        for pair in values.chunks_exact(2) {
            let [header, value] = pair else { continue };
            let header = header.text.to_ascii_lowercase();
            parts.push(Expr::Is(if regexp {
                Matcher::HeaderRegexp(header, self.pattern(value, &value.text))
            } else {
                Matcher::Header(header, value.text.clone())
            }));
        }
        Expr::all(parts)
    }

    fn queries(&mut self, call: &Call, values: &[&Given]) -> Option<Expr> {
        if self.v2() {
            return self.queries_of_v2(call, values);
        }
        self.pairs_of_v2(values);
        match values {
            [name] => Some(Expr::Is(Matcher::Query(name.text.clone(), String::new()))),
            [name, value] => Some(Expr::Is(Matcher::Query(name.text.clone(), value.text.clone()))),
            _ => {
                let sentence = "“Query” takes a name and a value in Traefik 3.".to_owned();
                self.problem(ProblemKind::Values, Severity::Refused, &call.at, sentence);
                None
            }
        }
    }

    /// `name=value`, which Traefik 3 takes for a name.
    fn pairs_of_v2(&mut self, values: &[&Given]) {
        let pairs: Option<Vec<_>> = values.iter().map(|value| value.text.split_once('=')).collect();
        let (Some(pairs), [first, .., last] | [first @ last]) = (pairs, values) else { return };
        let queries = pairs
            .into_iter()
            .map(|(name, value)| Expr::Is(Matcher::Query(name.to_owned(), value.to_owned())));
        let instead = Expr::all(queries.collect()).map(|all| all.text(self.protocol));
        let sentence = format!("Traefik 3 takes “{}” as the name of a parameter.", shown(&first.text));
        let at = first.at.start..last.at.end;
        self.with_instead(ProblemKind::Query, Severity::Never, &at, sentence, instead);
    }

    /// `name=value`, or both by turns: all of them must match.
    fn queries_of_v2(&mut self, call: &Call, values: &[&Given]) -> Option<Expr> {
        let mut pieces = Vec::new();
        for value in values {
            match value.text.split_once('=') {
                Some((name, text)) => pieces.extend([(name, *value), (text, *value)]),
                None => pieces.push((value.text.as_str(), *value)),
            }
        }
        if !pieces.len().is_multiple_of(2) {
            let sentence =
                "In Traefik 2 “Query” takes parameters with their values, such as “name=value”.".to_owned();
            self.problem(ProblemKind::Query, Severity::Refused, &call.at, sentence);
            return None;
        }
        let mut parts = Vec::new();
        for pair in pieces.chunks_exact(2) {
            let [(name, _), (text, value)] = pair else { continue };
            let name = (*name).to_owned();
            parts.push(if text.is_empty() {
                Expr::Is(Matcher::QueryRegexp(name, Pattern::new(".*")))
            } else {
                match template::compile(text, Of::Query) {
                    Template::Plain => Expr::Is(Matcher::Query(name, (*text).to_owned())),
                    Template::Regexp(pattern) => {
                        Expr::Is(Matcher::QueryRegexp(name, self.pattern(value, &pattern)))
                    }
                    Template::Malformed => self.malformed(value),
                }
            });
        }
        Expr::all(parts)
    }

    fn query_regexp(&mut self, call: &Call, values: &[&Given]) -> Option<Expr> {
        match values {
            [name] => Some(Expr::Is(Matcher::Query(name.text.clone(), String::new()))),
            [name, value] => {
                Some(Expr::Is(Matcher::QueryRegexp(name.text.clone(), self.pattern(value, &value.text))))
            }
            _ => {
                let sentence = "“QueryRegexp” takes a name and a regular expression.".to_owned();
                self.problem(ProblemKind::Values, Severity::Refused, &call.at, sentence);
                None
            }
        }
    }
}

fn anchored(text: &str) -> String {
    format!("^{}$", template::quoted(text))
}

fn is_sni(name: &str) -> bool {
    name.eq_ignore_ascii_case("HostSNI")
}

/// As written, in lower case, in upper case, or with one capital letter.
fn is_accepted(written: &str, name: &str) -> bool {
    let title = |(index, c): (usize, char)| {
        if index == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    name == written
        || name == written.to_ascii_lowercase()
        || name == written.to_ascii_uppercase()
        || name.chars().eq(written.chars().enumerate().map(title))
}

/// What to write for a matcher that is not known here.
fn counterpart(name: Name, version: Version, protocol: Protocol) -> Option<&'static str> {
    match (name, protocol, version) {
        (Name::Host | Name::HostHeader, Protocol::Tcp, _) => Some("HostSNI"),
        (Name::HostRegexp, Protocol::Tcp, _) => Some("HostSNIRegexp"),
        (_, Protocol::Tcp, _) => None,
        (Name::HostSni | Name::HostHeader, ..) => Some("Host"),
        (Name::HostSniRegexp, ..) => Some("HostRegexp"),
        (Name::Headers, _, Version::V3) => Some("Header"),
        (Name::HeadersRegexp, _, Version::V3) => Some("HeaderRegexp"),
        (Name::Header, _, Version::V2) => Some("Headers"),
        (Name::HeaderRegexp, _, Version::V2) => Some("HeadersRegexp"),
        (Name::PathRegexp, _, Version::V2) => Some("Path"),
        (Name::QueryRegexp, _, Version::V2) => Some("Query"),
        _ => None,
    }
}

/// Whether a name is one or two letters away from another: added, left out or exchanged.
fn is_near(written: &str, name: &str) -> bool {
    let (written, name) = (written.to_ascii_lowercase(), name.to_ascii_lowercase());
    if name.len() < 4 || name.len().abs_diff(written.len()) > 2 || name.len() > 24 {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (index, a) in written.chars().enumerate() {
        let mut next = vec![index + 1];
        for ((b, above), left_above) in name.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((left + 1).min(above + 1).min(left_above + usize::from(a != *b)));
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= 2)
}
