//! What holds for every rule.

use crate::cases::{Bound, cases};
use crate::{
    Condition, Expr, HostPattern, MAX_LENGTH, Matcher, Network, PathPattern, Pattern, Protocol, Request,
    Rule, Syntax, Version, parse, same, shadows,
};
use proptest::prelude::*;

const HOSTS: [&str; 5] = ["a.x.org", "b.x.org", "x.org", "c.a.x.org", "nas"];
const PATHS: [&str; 6] = ["/", "/api", "/api/dev", "/apples", "/dev", "/x y`z"];
const METHODS: [&str; 2] = ["GET", "POST"];
const CLIENTS: [&str; 3] = ["10.1.2.3", "192.168.1.7", "fd00::1"];

fn matcher() -> impl Strategy<Value = Matcher> {
    let text = |texts: &'static [&'static str]| proptest::sample::select(texts).prop_map(str::to_owned);
    let pattern = proptest::sample::select(vec![
        "^(a|b)\\.x\\.org$",
        "^.+\\.x\\.org$",
        ".*",
        "x",
        "^/a",
        "^/api$",
        "\\bfoo",
        "(?i)X",
        "`",
        "^$",
    ])
    .prop_map(Pattern::new);
    let network =
        proptest::sample::select(vec!["10.0.0.0/8", "10.1.0.0/16", "192.168.1.7", "fd00::/8", "0.0.0.0/0"])
            .prop_map(|text| Network::parse(text).unwrap());
    prop_oneof![
        4 => text(&HOSTS).prop_map(Matcher::Host),
        1 => (proptest::sample::select(vec!["x.org", "a.x.org", "org"]), any::<bool>())
            .prop_map(|(suffix, deep)| Matcher::HostWildcard { suffix: suffix.into(), deep }),
        1 => proptest::sample::select(vec!["a.x/b", "a b", "*", "a..b"]).prop_map(|host| Matcher::HostInvalid(host.into())),
        1 => pattern.clone().prop_map(Matcher::HostRegexp),
        2 => text(&PATHS).prop_map(Matcher::Path),
        3 => text(&PATHS).prop_map(Matcher::PathPrefix),
        1 => pattern.clone().prop_map(Matcher::PathRegexp),
        1 => text(&METHODS).prop_map(Matcher::Method),
        1 => text(&["x", "y\"\\", "z\n"]).prop_map(|value| Matcher::Header("x-a".into(), value)),
        1 => pattern.clone().prop_map(|pattern| Matcher::HeaderRegexp("x-a".into(), pattern)),
        1 => text(&["", "1", "2"]).prop_map(|value| Matcher::Query("q".into(), value)),
        1 => pattern.prop_map(|pattern| Matcher::QueryRegexp("q".into(), pattern)),
        1 => network.prop_map(Matcher::ClientIp),
    ]
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        9 => matcher().prop_map(Expr::Is),
        1 => proptest::sample::select(vec!["Geo(`DE`)", "foo( \"x\" , 1 )", "Header(`a`)"])
            .prop_map(|text| Expr::Unknown(text.to_owned())),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| Expr::all(parts).unwrap()),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| Expr::any(parts).unwrap()),
            inner.prop_map(Expr::negated),
        ]
    })
}

/// Without unknown parts.
fn known() -> impl Strategy<Value = Expr> {
    expression().prop_filter("all is known", |expression| {
        expression.leaves().iter().all(|leaf| matches!(leaf, Expr::Is(_)))
    })
}

#[derive(Debug, Clone)]
struct Asked {
    host: &'static str,
    path: &'static str,
    method: &'static str,
    header: Option<&'static str>,
    query: Option<&'static str>,
    client: &'static str,
}

fn asked() -> impl Strategy<Value = Asked> {
    let one = |texts: &'static [&'static str]| proptest::sample::select(texts);
    (
        one(&HOSTS),
        one(&PATHS),
        one(&METHODS),
        proptest::option::of(one(&["x", "y\"\\", "z\n", "foo"])),
        proptest::option::of(one(&["", "1", "x"])),
        one(&CLIENTS),
    )
        .prop_map(|(host, path, method, header, query, client)| Asked {
            host,
            path,
            method,
            header,
            query,
            client,
        })
}

fn answer(rule: &Rule, asked: &Asked) -> Option<bool> {
    let headers: Vec<(&str, &str)> = asked.header.iter().map(|value| ("X-A", *value)).collect();
    let query: Vec<(&str, &str)> = asked.query.iter().map(|value| ("q", *value)).collect();
    rule.matches(&Request {
        host: asked.host,
        path: asked.path,
        method: asked.method,
        headers: &headers,
        query: &query,
        client: Some(asked.client.parse().unwrap()),
        alpn: &[],
    })
}

fn rule(expression: &Expr) -> Rule {
    parse(&expression.text(Protocol::Http), Syntax::V3, Protocol::Http)
}

fn host_holds(host: &HostPattern, asked: &str) -> bool {
    match host {
        HostPattern::Exact(host) => host == asked,
        HostPattern::Wildcard { suffix, deep } => crate::host::wildcard_holds(suffix, *deep, asked),
        HostPattern::Regexp(pattern) => pattern.is_match(asked) != Some(false),
        HostPattern::Any => true,
        HostPattern::Invalid(_) => false,
    }
}

fn condition_holds(condition: &Condition, asked: &Asked) -> Option<bool> {
    match condition {
        Condition::Method(methods) => Some(methods.iter().any(|method| method == asked.method)),
        Condition::ClientIp(networks) => {
            Some(networks.iter().any(|network| network.contains(asked.client.parse().unwrap())))
        }
        Condition::Is(matcher) => answer(&rule(&Expr::Is(matcher.clone())), asked),
        Condition::Not(matcher) => answer(&rule(&Expr::Is(matcher.clone())), asked).map(|holds| !holds),
        Condition::Unknown(_) => None,
    }
}

/// Whether the targets of a rule say that it serves a request; not whether they say that it does not.
fn targets_hold(rule: &Rule, asked: &Asked) -> bool {
    rule.targets().iter().any(|target| {
        host_holds(&target.host, asked.host)
            && target.paths.iter().any(|path| path.holds(asked.path) != Some(false))
            && target.excluded.iter().all(|path| path.holds(asked.path) != Some(true))
            && target.conditions.iter().all(|condition| condition_holds(condition, asked) != Some(false))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(expression in expression()) {
        let text = expression.text(Protocol::Http);
        let rule = parse(&text, Syntax::V3, Protocol::Http);
        prop_assert_eq!(rule.expression(), Some(&expression), "{}", text);
        prop_assert_eq!(rule.to_string(), text);
        prop_assert!(!rule.is_guessed());
    }

    #[test]
    fn cases_say_what_the_expression_says(expression in known(), asked in asked()) {
        let whole = rule(&expression);
        if let Some(cases) = cases(&expression, Bound { cases: 512, literals: 8192 }) {
            let any: Vec<Expr> = cases.iter().filter_map(|case| Expr::all(case.iter().map(|literal| {
                if literal.positive { literal.leaf.clone() } else { literal.leaf.clone().negated() }
            }).collect())).collect();
            let by_cases = rule(&Expr::any(any).unwrap());
            let (one, other) = (answer(&whole, &asked), answer(&by_cases, &asked));
            // A case may be known not to hold where the expression is not known to, and the other way round.
            prop_assert!(one == other || one.is_none() || other.is_none(), "{one:?} {other:?} {}", whole.text());
        }
    }

    #[test]
    fn targets_lose_no_request(expression in expression(), asked in asked()) {
        let rule = rule(&expression);
        if answer(&rule, &asked) == Some(true) {
            prop_assert!(targets_hold(&rule, &asked), "{} {:?}", rule.text(), rule.targets());
        }
    }

    #[test]
    fn targets_invent_no_request(expression in known(), asked in asked()) {
        let rule = rule(&expression);
        let gathered = rule.targets().iter().any(|target| target.is_gathered);
        if answer(&rule, &asked) == Some(false) && !gathered && !rule.text().contains("\\b") {
            prop_assert!(!targets_hold(&rule, &asked), "{} {:?}", rule.text(), rule.targets());
        }
    }

    #[test]
    fn links_lead_somewhere(expression in known(), asked in asked()) {
        let rule = rule(&expression);
        for target in rule.targets().iter().filter(|target| !target.is_gathered && target.conditions.is_empty()) {
            if let Some((host, path)) = target.link() {
                let request = Request { client: Some(asked.client.parse().unwrap()), ..Request::get(host, path) };
                prop_assert_ne!(rule.matches(&request), Some(false), "{} at {}{}", rule.text(), host, path);
            }
        }
    }

    #[test]
    fn shadows_are_certain(above in expression(), below in expression(), asked in asked()) {
        let (above, below) = (rule(&above), rule(&below));
        if shadows(&above, &below).is_some() && answer(&below, &asked) == Some(true) {
            prop_assert_ne!(answer(&above, &asked), Some(false), "{} above {}", above.text(), below.text());
        }
    }

    #[test]
    fn parts_are_shadowed_by_the_whole(expression in known(), other in known(), asked in asked()) {
        let both = rule(&Expr::all(vec![expression.clone(), other.clone()]).unwrap());
        let either = rule(&Expr::any(vec![expression.clone(), other]).unwrap());
        let one = rule(&expression);
        if shadows(&either, &both).is_some() && answer(&both, &asked) == Some(true) {
            prop_assert_ne!(answer(&either, &asked), Some(false));
        }
        prop_assert!(same(&one, &rule(&expression)));
        if same(&one, &both) {
            let (first, second) = (answer(&one, &asked), answer(&both, &asked));
            prop_assert!(first == second || first.is_none() || second.is_none());
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "(?s).{0,200}") {
        strange(&text);
    }

    #[test]
    fn nor_is_what_looks_like_a_rule(parts in proptest::collection::vec(proptest::sample::select(vec![
        "Host", "HostRegexp", "PathPrefix", "Path", "Headers", "Query", "ClientIP", "HostSNI", "foo", "(", ")", "(", ")",
        "`", "\"", "'", "a.x.org", "/api", "{id:[a-z]+}", "{", "}", "*.", ",", "&&", "||", "!", "&", "and", "\n", "//", "/*",
        "*/", "\\", "\\\"", "ä", " ", "=", "10.0.0.0/8", "(?", "[", "${X}", "`a`", "(`a`)",
    ]), 0..40)) {
        strange(&parts.concat());
    }
}

/// Whatever is asked of any text, there is an answer, and it is one that can be shown.
pub(super) fn strange(text: &str) {
    for protocol in [Protocol::Http, Protocol::Tcp] {
        for syntax in [Syntax::Auto, Syntax::V2, Syntax::V3] {
            let rule = parse(text, syntax, protocol);
            for problem in rule.problems() {
                assert!(rule.text().get(problem.at.clone()).is_some(), "{problem:?} is not within {text:?}");
                assert!(!problem.sentence.chars().any(char::is_control), "{problem:?}");
                assert!(problem.sentence.ends_with('.') || problem.sentence.ends_with('?'), "{problem:?}");
            }
            for version in [Version::V2, Version::V3] {
                let verdict = rule.valid_in(version);
                if let Some(rewritten) = &verdict.rewritten {
                    let again = parse(rewritten, Syntax::V3, protocol);
                    assert!(again.is_accepted(), "{text:?} became {rewritten:?}: {:?}", again.problems());
                }
            }
            for target in rule.targets() {
                assert!(!target.paths.is_empty());
                if let Some((host, path)) = target.link() {
                    assert!(
                        path.starts_with('/') && crate::host::is_plain(host) || host.contains(':'),
                        "{host}{path}"
                    );
                }
                assert!(
                    target
                        .paths
                        .iter()
                        .all(|path| !matches!(path, PathPattern::Exact(path) if path.is_empty()))
                );
            }
            let _ = rule.matches(&Request::get("a.x.org", "/api"));
            let _ = shadows(&rule, &rule);
            if rule.expression().is_some() {
                assert!(same(&rule, &rule), "{text:?} is not the same as itself");
            }
            if rule.is_accepted() && rule.version() == Version::V3 && !rule.is_guessed() {
                let again = parse(&rule.to_string(), Syntax::V3, protocol);
                assert_eq!(again.expression(), rule.expression(), "{text:?} as {rule}");
            }
        }
    }
}

#[test]
fn long_texts_take_no_longer_than_they_should() {
    for piece in [
        "(",
        ")",
        "!",
        "Host(`a`)||",
        "Host(`a`)&&",
        "(Host(`a`)||Path(`/b`))&&",
        "`",
        "\"\\",
        "/*",
        "HostRegexp(`{a:(`)||",
        "PathRegexp(`^/a(b)?$`)||",
        "!PathRegexp(`a`)&&HostRegexp(`b`)&&",
        "{",
        "a,",
        "\n",
    ] {
        strange(&piece.repeat(MAX_LENGTH / piece.len()));
    }
}
