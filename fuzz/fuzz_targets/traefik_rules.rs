//! Rules of Traefik: read, judged, taken apart, written and read again; two of them against each other.

#![no_main]

use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;
use traefik_rules::{HostPattern, Protocol, Request, Rule, Syntax, Version, parse, same, shadows};

fuzz_target!(|input: &[u8]| {
    let [first, second, host, path] = texts(input);
    let request = Request::get(&host, &path);
    for protocol in [Protocol::Http, Protocol::Tcp] {
        for syntax in [Syntax::Auto, Syntax::V2, Syntax::V3] {
            let (one, other) = (parse(&first, syntax, protocol), parse(&second, syntax, protocol));
            sayable(&one);
            judged(&one, protocol);
            places(&one);
            if path.starts_with('/')
                && shadows(&one, &other).is_some()
                && other.matches(&request) == Some(true)
            {
                assert_ne!(
                    one.matches(&request),
                    Some(false),
                    "{one} does not cover {other} at {host}{path}"
                );
            }
            if one.expression().is_some() {
                assert!(same(&one, &one), "{one} is another one than itself");
            }
        }
    }
});

/// What is wrong is said in one short line, and stands where it is said to.
fn sayable(rule: &Rule) {
    for problem in rule.problems() {
        assert!(rule.text().get(problem.at.clone()).is_some(), "{problem:?} is not in the rule");
        let said = &problem.sentence;
        assert!(said.chars().count() < 400 && !said.contains(char::is_control), "{said}");
    }
}

/// What is to be written instead is taken; what is taken is read again as it was written.
fn judged(rule: &Rule, protocol: Protocol) {
    if let Some(rewritten) = rule.valid_in(Version::V3).rewritten {
        let again = parse(&rewritten, Syntax::V3, protocol);
        assert!(again.is_accepted(), "{} became {rewritten}: {:?}", rule.text(), again.problems());
    }
    if rule.is_accepted() && rule.version() == Version::V3 && !rule.is_guessed() {
        let again = parse(&rule.to_string(), Syntax::V3, protocol);
        assert_eq!(again.expression(), rule.expression(), "{} as {rule}", rule.text());
    }
}

/// A link leads to a host that is one, and to a path.
fn places(rule: &Rule) {
    for target in rule.targets() {
        assert!(!target.paths.is_empty(), "{} serves no path", rule.text());
        if let HostPattern::Exact(host) = &target.host {
            assert!(!host.contains(|c: char| c.is_control() || " /?#@\\".contains(c)), "{host}");
        }
        if let Some((_, path)) = target.link() {
            assert!(path.starts_with('/'), "{path}");
        }
    }
}
