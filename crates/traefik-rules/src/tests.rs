mod hosts;
mod patterns;
mod properties;
mod requests;
mod rules;
mod shadow;
mod versions;

use crate::{Condition, HostPattern, PathPattern, Protocol, Rule, Syntax, Target, parse};

fn http(text: &str) -> Rule {
    parse(text, Syntax::Auto, Protocol::Http)
}

fn tcp(text: &str) -> Rule {
    parse(text, Syntax::Auto, Protocol::Tcp)
}

fn v2(text: &str) -> Rule {
    parse(text, Syntax::V2, Protocol::Http)
}

fn v3(text: &str) -> Rule {
    parse(text, Syntax::V3, Protocol::Http)
}

/// Targets on one line each: `host paths -excluded [condition] closed gathered`.
fn told(rule: &Rule) -> Vec<String> {
    rule.targets().iter().map(target).collect()
}

fn target(target: &Target) -> String {
    let mut words = vec![host(&target.host)];
    words.extend(target.paths.iter().map(path));
    words.extend(target.excluded.iter().map(|excluded| format!("-{}", path(excluded))));
    words.extend(target.conditions.iter().map(condition));
    words.extend((!target.is_open).then(|| "closed".to_owned()));
    words.extend(target.is_gathered.then(|| "gathered".to_owned()));
    words.join(" ")
}

fn host(host: &HostPattern) -> String {
    match host {
        HostPattern::Exact(host) => host.clone(),
        HostPattern::Wildcard { suffix, deep } => format!("{}.{suffix}", if *deep { "**" } else { "*" }),
        HostPattern::Regexp(pattern) => format!("~{pattern}"),
        HostPattern::Any => "*".into(),
        HostPattern::Invalid(text) => format!("?{text}"),
    }
}

fn path(path: &PathPattern) -> String {
    match path {
        PathPattern::All => "/*".into(),
        PathPattern::Exact(path) => format!("={path}"),
        PathPattern::Prefix(path) => path.clone(),
        PathPattern::Regexp(pattern) => format!("~{pattern}"),
    }
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Method(methods) => format!("[{}]", methods.join(",")),
        Condition::ClientIp(networks) => {
            format!("[{}]", networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        Condition::Is(matcher) => format!("[{}]", matcher.text(Protocol::Http)),
        Condition::Not(matcher) => format!("[!{}]", matcher.text(Protocol::Http)),
        Condition::Unknown(text) => format!("[?{text}]"),
    }
}
