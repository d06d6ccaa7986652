//! Which hosts and paths a rule serves.

use crate::cases::{Bound, Case, cases};
use crate::relation::{excludes, implies, is_always};
use crate::{Expr, Matcher, Network, Pattern, Protocol, Rule};

/// Beyond this, hosts and paths are gathered without their conditions.
const BOUND: Bound = Bound { cases: 512, literals: 8192 };

/// A host with the paths that a rule serves there.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The host.
    pub host: HostPattern,
    /// Its paths: at least one, none of which another one covers.
    pub paths: Vec<PathPattern>,
    /// What is left out of them.
    pub excluded: Vec<PathPattern>,
    /// What else must hold, all of it.
    pub conditions: Vec<Condition>,
    /// A person can open it with a browser, which asks with GET and without headers of its own: nothing is known that
    /// speaks against it. Of a host that is no single one there is no link, though ([`Target::link`]).
    pub is_open: bool,
    /// The rule was too complicated or too broken to tell which paths and conditions belong to which host: the paths
    /// are those of the whole rule, and the conditions are left out.
    pub is_gathered: bool,
}

/// A host of a target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostPattern {
    /// One host, in lower case: a name or an address, and nothing else.
    Exact(String),
    /// `*.suffix` or, if deep, `**.suffix`.
    Wildcard {
        /// What stands behind the star and the dot.
        suffix: String,
        /// Any number of labels instead of one.
        deep: bool,
    },
    /// Those that match a regular expression.
    Regexp(Pattern),
    /// Every host, or none at all.
    Any,
    /// What was written is no host: never a link, and nothing is ever served there.
    Invalid(String),
}

/// Paths of a target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathPattern {
    /// Every path.
    All,
    /// One path.
    Exact(String),
    /// Those that begin so: `/app` is also the beginning of `/apples`.
    Prefix(String),
    /// Those that match a regular expression.
    Regexp(Pattern),
}

/// What else must hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The method is one of these.
    Method(Vec<String>),
    /// The client's address is in one of these networks.
    ClientIp(Vec<Network>),
    /// This holds: a header, a parameter of the query, a protocol, or a second regular expression of host or path.
    Is(Matcher),
    /// This does not hold.
    Not(Matcher),
    /// A part of the rule that is not understood, as it is written.
    Unknown(String),
}

impl Target {
    /// Host and path of a link: of one host only, and a path under it that the target serves.
    #[must_use]
    pub fn link(&self) -> Option<(&str, &str)> {
        let HostPattern::Exact(host) = &self.host else { return None };
        // An address of IPv6 without brackets is no part of a link.
        if !self.is_open || (host.contains(':') && !host.starts_with('[')) {
            return None;
        }
        let path = self.paths.iter().find_map(|path| {
            let path = match path {
                PathPattern::All => "/",
                PathPattern::Exact(path) | PathPattern::Prefix(path) => path,
                PathPattern::Regexp(_) => return None,
            };
            let left_out = self.excluded.iter().any(|excluded| excluded.holds(path) != Some(false));
            (!left_out).then_some(path)
        })?;
        Some((host, path))
    }

    /// The networks from which it can be reached; empty where that is not limited.
    #[must_use]
    pub fn networks(&self) -> &[Network] {
        let found = self.conditions.iter().find_map(|condition| match condition {
            Condition::ClientIp(networks) => Some(networks.as_slice()),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// Whether it can be reached from networks only that are not the internet.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.conditions.iter().any(|condition| {
            matches!(condition, Condition::ClientIp(networks) if networks.iter().all(Network::is_internal))
        })
    }
}

impl PathPattern {
    /// Whether a path is one of these; `None` where that cannot be told.
    #[must_use]
    pub fn holds(&self, path: &str) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Exact(exact) => Some(path == exact),
            Self::Prefix(prefix) => Some(path.starts_with(prefix.as_str())),
            Self::Regexp(pattern) => pattern.is_match(path),
        }
    }

    /// Whether each path of the other one is one of these, for certain.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Prefix(prefix), Self::Exact(path) | Self::Prefix(path)) => {
                path.starts_with(prefix.as_str())
            }
            (own, other) => own == other,
        }
    }

    fn of(matcher: &Matcher) -> Vec<Self> {
        match matcher {
            Matcher::Path(path) => vec![Self::Exact(path.clone())],
            Matcher::PathPrefix(path) => vec![Self::Prefix(path.clone())],
            Matcher::PathRegexp(pattern) => match pattern.literals() {
                Some(paths) if paths.iter().all(|path| path.starts_with('/')) => {
                    paths.into_iter().map(Self::Exact).collect()
                }
                _ => vec![Self::Regexp(pattern.clone())],
            },
            _ => Vec::new(),
        }
    }
}

impl HostPattern {
    fn of(matcher: &Matcher) -> Vec<Self> {
        match matcher {
            Matcher::Host(host) => vec![Self::Exact(host.clone())],
            Matcher::HostWildcard { suffix, deep } => {
                vec![Self::Wildcard { suffix: suffix.clone(), deep: *deep }]
            }
            Matcher::HostAny => vec![Self::Any],
            Matcher::HostInvalid(text) => vec![Self::Invalid(text.clone())],
            Matcher::HostRegexp(pattern) => match pattern.literals() {
                Some(hosts) if hosts.iter().all(|host| crate::host::is_plain(host)) => {
                    hosts.into_iter().map(Self::Exact).collect()
                }
                _ => vec![Self::Regexp(pattern.clone())],
            },
            _ => Vec::new(),
        }
    }
}

/// What a matcher asks about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Host,
    Path,
    Other,
}

fn about(matcher: &Matcher) -> About {
    match matcher {
        Matcher::Host(_)
        | Matcher::HostWildcard { .. }
        | Matcher::HostAny
        | Matcher::HostInvalid(_)
        | Matcher::HostRegexp(_) => About::Host,
        Matcher::Path(_) | Matcher::PathPrefix(_) | Matcher::PathRegexp(_) => About::Path,
        _ => About::Other,
    }
}

pub(crate) fn targets(expression: &Expr, rule: &Rule) -> Vec<Target> {
    let Some(cases) = cases(expression, BOUND) else { return gathered(expression, rule.protocol()) };
    let mut found: Vec<Target> = Vec::new();
    for target in cases.iter().filter_map(|case| of_case(case, rule.protocol())).flatten() {
        merge(&mut found, target);
    }
    if found.is_empty() && rule.is_guessed() {
        return gathered(expression, rule.protocol());
    }
    found
}

/// What holds in a case, the narrowest first known.
#[derive(Default)]
struct Held<'a> {
    host: Option<&'a Matcher>,
    path: Option<&'a Matcher>,
    others: Vec<&'a Matcher>,
    unknown: Vec<String>,
}

impl<'a> Held<'a> {
    /// Adds what must hold; `None` where it cannot hold beside the rest.
    fn add(&mut self, matcher: &'a Matcher) -> Option<()> {
        if is_always(matcher) {
            if matches!(matcher, Matcher::HostAny) {
                self.host = self.host.or(Some(matcher));
            }
            return Some(());
        }
        let slot = match about(matcher) {
            About::Host => &mut self.host,
            About::Path => &mut self.path,
            About::Other => {
                if self.others.iter().any(|other| excludes(other, matcher)) {
                    return None;
                }
                self.others.push(matcher);
                return Some(());
            }
        };
        match *slot {
            None => *slot = Some(matcher),
            Some(held) if implies(held, matcher) => {}
            Some(held) if implies(matcher, held) => *slot = Some(matcher),
            Some(held) if excludes(held, matcher) => return None,
            Some(_) => self.others.push(matcher),
        }
        Some(())
    }

    fn all(&self) -> impl Iterator<Item = &'a Matcher> {
        self.host.into_iter().chain(self.path).chain(self.others.iter().copied())
    }
}

/// The hosts of one case; `None` where it never comes true.
fn of_case(case: &Case<'_>, protocol: Protocol) -> Option<Vec<Target>> {
    let mut held = Held::default();
    let mut excluded = Vec::new();
    for literal in case {
        match (literal.leaf, literal.positive) {
            (Expr::Is(matcher), true) => held.add(matcher)?,
            (Expr::Unknown(text), true) => held.unknown.push(text.clone()),
            (Expr::Unknown(text), false) => held.unknown.push(format!("!{text}")),
            _ => {}
        }
    }
    let mut conditions = positive_conditions(&held);
    for literal in case.iter().filter(|literal| !literal.positive) {
        let Expr::Is(matcher) = literal.leaf else { continue };
        if is_always(matcher) || held.all().any(|held| implies(held, matcher)) {
            return None;
        }
        if held.all().any(|held| excludes(held, matcher)) {
            continue;
        }
        match about(matcher) {
            About::Path => excluded.extend(PathPattern::of(matcher)),
            _ => conditions.push(Condition::Not(matcher.clone())),
        }
    }
    conditions.extend(held.unknown.iter().cloned().map(Condition::Unknown));
    conditions.sort();
    conditions.dedup();
    excluded.sort();
    excluded.dedup();
    let excluded = widest(excluded);
    let paths = widest(held.path.map(PathPattern::of).unwrap_or_else(|| vec![PathPattern::All]));
    let hosts = held.host.map(HostPattern::of).unwrap_or_else(|| vec![HostPattern::Any]);
    let open = protocol == Protocol::Http && conditions.iter().all(leaves_open);
    let target = |host: HostPattern| Target {
        is_open: open && !matches!(host, HostPattern::Invalid(_)),
        host,
        paths: paths.clone(),
        excluded: excluded.clone(),
        conditions: conditions.clone(),
        is_gathered: false,
    };
    Some(hosts.into_iter().map(target).collect())
}

fn positive_conditions(held: &Held<'_>) -> Vec<Condition> {
    let condition = |matcher: &&Matcher| match matcher {
        Matcher::Method(method) => Condition::Method(vec![method.clone()]),
        Matcher::ClientIp(network) => Condition::ClientIp(vec![*network]),
        matcher => Condition::Is((*matcher).clone()),
    };
    held.others.iter().map(condition).collect()
}

/// Those that no other one covers.
fn widest(paths: Vec<PathPattern>) -> Vec<PathPattern> {
    let mut kept: Vec<PathPattern> = Vec::new();
    for path in paths {
        add_path(&mut kept, path);
    }
    kept
}

fn add_path(kept: &mut Vec<PathPattern>, path: PathPattern) {
    if !kept.iter().any(|other| other.covers(&path)) {
        kept.retain(|other| !path.covers(other));
        kept.push(path);
    }
}

/// Whether a browser can fulfil it with a plain address.
fn leaves_open(condition: &Condition) -> bool {
    match condition {
        Condition::Method(methods) => methods.iter().any(|method| method == "GET"),
        Condition::Not(Matcher::Method(method)) => method != "GET",
        Condition::Is(Matcher::Header(name, value)) => sends(name, value),
        Condition::Is(Matcher::HeaderRegexp(name, pattern)) => sends(name, pattern.text()),
        Condition::Is(Matcher::Query(..) | Matcher::QueryRegexp(..) | Matcher::Alpn(_)) => false,
        Condition::Not(Matcher::Header(name, value)) => !(name == "accept" && value.contains("text/html")),
        Condition::ClientIp(_) | Condition::Is(_) | Condition::Not(_) | Condition::Unknown(_) => true,
    }
}

/// Whether browsers, or the proxies before Traefik, send such a header by themselves.
fn sends(name: &str, value: &str) -> bool {
    match name {
        "accept" => value.contains("html") || value.contains('*'),
        "upgrade" | "connection" | "content-type" | "authorization" => false,
        _ => {
            matches!(name, "host" | "user-agent" | "accept-language" | "accept-encoding")
                || name.starts_with("x-forwarded-")
                || name.starts_with("sec-fetch-")
        }
    }
}

/// Adds a target to those that differ from it.
fn merge(found: &mut Vec<Target>, target: Target) {
    for other in
        found.iter_mut().filter(|other| other.host == target.host && other.excluded == target.excluded)
    {
        if other.conditions == target.conditions {
            target.paths.into_iter().for_each(|path| add_path(&mut other.paths, path));
            return;
        }
        if other.paths == target.paths && unite(&mut other.conditions, &target.conditions) {
            other.is_open = other.is_open || target.is_open;
            return;
        }
    }
    if found.iter().any(|other| covers(other, &target)) {
        return;
    }
    found.retain(|other| !covers(&target, other));
    found.push(target);
}

/// Whether a target leaves another one nothing.
fn covers(wider: &Target, target: &Target) -> bool {
    wider.host == target.host
        && wider.excluded.is_empty()
        && wider.conditions.iter().all(|condition| target.conditions.contains(condition))
        && target.paths.iter().all(|path| wider.paths.iter().any(|own| own.covers(path)))
}

/// Makes one list of conditions of two that differ in one list of methods or of networks only.
fn unite(conditions: &mut [Condition], others: &[Condition]) -> bool {
    if conditions.len() != others.len() {
        return false;
    }
    let mut different = conditions.iter_mut().zip(others).filter(|(own, other)| *own != *other);
    let (Some((own, other)), None) = (different.next(), different.next()) else { return false };
    match (own, other) {
        (Condition::Method(own), Condition::Method(other)) => own.extend(other.iter().cloned()),
        (Condition::ClientIp(own), Condition::ClientIp(other)) => own.extend(other),
        _ => return false,
    }
    true
}

/// Hosts and paths without what connects them.
fn gathered(expression: &Expr, protocol: Protocol) -> Vec<Target> {
    let mut hosts = Vec::new();
    let mut paths = Vec::new();
    gather(expression, true, &mut hosts, &mut paths);
    hosts.sort();
    hosts.dedup();
    if hosts.is_empty() {
        hosts.push(HostPattern::Any);
    }
    let mut paths = widest(paths);
    if paths.is_empty() {
        paths.push(PathPattern::All);
    }
    let target = |host: HostPattern| Target {
        is_open: protocol == Protocol::Http && !matches!(host, HostPattern::Invalid(_)),
        host,
        paths: paths.clone(),
        excluded: Vec::new(),
        conditions: Vec::new(),
        is_gathered: true,
    };
    hosts.into_iter().map(target).collect()
}

fn gather(expression: &Expr, positive: bool, hosts: &mut Vec<HostPattern>, paths: &mut Vec<PathPattern>) {
    match expression {
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter().for_each(|part| gather(part, positive, hosts, paths));
        }
        Expr::Not(inner) => gather(inner, !positive, hosts, paths),
        Expr::Is(matcher) if positive => {
            hosts.extend(HostPattern::of(matcher));
            paths.extend(PathPattern::of(matcher));
        }
        Expr::Is(_) | Expr::Unknown(_) => {}
    }
}
