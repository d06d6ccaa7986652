//! What one matcher says about another.

use crate::Matcher;
use crate::host::wildcard_holds;

/// Whether this holds for every request whose path begins with a slash.
pub(crate) fn is_always(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::HostAny => true,
        Matcher::PathPrefix(prefix) => prefix == "/",
        Matcher::PathRegexp(pattern) => pattern.is_everything(),
        _ => false,
    }
}

/// Whether `one` holding means that `other` holds, for certain.
pub(crate) fn implies(one: &Matcher, other: &Matcher) -> bool {
    use Matcher::{
        ClientIp, Header, HeaderRegexp, Host, HostRegexp, HostWildcard, Path, PathPrefix, PathRegexp, Query,
        QueryRegexp,
    };
    if one == other || is_always(other) {
        return true;
    }
    match (one, other) {
        (Host(host), HostWildcard { suffix, deep }) => wildcard_holds(suffix, *deep, host),
        (Host(host), HostRegexp(pattern)) => pattern.is_match(host) == Some(true),
        (HostWildcard { suffix, deep }, HostWildcard { suffix: wider, deep: all }) => {
            (suffix == wider && (*all || !deep)) || (*all && is_below(suffix, wider))
        }
        (HostWildcard { .. }, HostRegexp(pattern)) => pattern.is_everything(),
        (HostRegexp(pattern), _) => each(pattern.literals(), |host| implies(&Host(host), other)),
        (Path(path), PathPrefix(prefix)) => path.starts_with(prefix.as_str()),
        (Path(path), PathRegexp(pattern)) => pattern.is_match(path) == Some(true),
        (PathPrefix(longer), PathPrefix(prefix)) => longer.starts_with(prefix.as_str()),
        (PathRegexp(pattern), _) => each(pattern.literals(), |path| implies(&Path(path), other)),
        (Header(name, value), HeaderRegexp(same, pattern))
        | (Query(name, value), QueryRegexp(same, pattern)) => {
            name == same && pattern.is_match(value) == Some(true)
        }
        (ClientIp(network), ClientIp(wider)) => wider.covers(network),
        _ => false,
    }
}

/// Whether both cannot hold at once, for certain.
pub(crate) fn excludes(one: &Matcher, other: &Matcher) -> bool {
    excluded(one, other) || excluded(other, one)
}

fn excluded(one: &Matcher, other: &Matcher) -> bool {
    use Matcher::{
        ClientIp, Host, HostInvalid, HostRegexp, HostWildcard, Method, Path, PathPrefix, PathRegexp,
    };
    match (one, other) {
        (HostInvalid(_), _) => true,
        (Host(host), Host(other)) => host != other,
        (Host(host), HostWildcard { suffix, deep }) => !wildcard_holds(suffix, *deep, host),
        (Host(host), HostRegexp(pattern)) => pattern.is_match(host) == Some(false),
        (HostWildcard { suffix, deep }, HostWildcard { suffix: second, deep: also }) => {
            let meets = suffix == second
                || (*deep && is_below(second, suffix))
                || (*also && is_below(suffix, second));
            !meets
        }
        (HostRegexp(pattern), _) => each(pattern.literals(), |host| excludes(&Host(host), other)),
        (Path(path), Path(other)) => path != other,
        (Path(path), PathPrefix(prefix)) => !path.starts_with(prefix.as_str()),
        (Path(path), PathRegexp(pattern)) => pattern.is_match(path) == Some(false),
        (PathPrefix(one), PathPrefix(other)) => {
            !one.starts_with(other.as_str()) && !other.starts_with(one.as_str())
        }
        (PathRegexp(pattern), _) => each(pattern.literals(), |path| excludes(&Path(path), other)),
        (Method(method), Method(other)) => method != other,
        (ClientIp(network), ClientIp(other)) => network.is_apart_from(other),
        _ => false,
    }
}

/// Whether a name is a part of a domain, and not the domain itself.
fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn each(texts: Option<Vec<String>>, holds: impl Fn(String) -> bool) -> bool {
    texts.is_some_and(|texts| !texts.is_empty() && texts.into_iter().all(holds))
}
