//! Which hosts and paths rules serve, as people write them.

use super::{http, tcp, told, v2, v3};
use crate::{MAX_DEPTH, ProblemKind};

fn serves(rules: &[(&str, &[&str])]) {
    for (rule, targets) in rules {
        assert_eq!(told(&http(rule)), *targets, "{rule}");
    }
}

#[test]
fn rules_of_real_repositories() {
    serves(&[
        ("Host(`a.example.org`)", &["a.example.org /*"]),
        ("Host(`a.example.org`) || Host(`www.a.example.org`)", &["a.example.org /*", "www.a.example.org /*"]),
        ("Host(`a.x`) || Host(`b.x`) && Path(`/y`)", &["a.x /*", "b.x =/y"]),
        ("(Host(`a.x`) || Host(`b.x`)) && Path(`/y`)", &["a.x =/y", "b.x =/y"]),
        ("Host(`a.x`) && !PathPrefix(`/dev`)", &["a.x /* -/dev"]),
        ("Host(`a.x`) && PathPrefix(`/api`) && !PathPrefix(`/api/dev`)", &["a.x /api -/api/dev"]),
        // What is left out lies somewhere else.
        ("Host(`a.x`) && PathPrefix(`/api`) && !PathPrefix(`/dev/api`)", &["a.x /api"]),
        ("Host(`a.x`) && (PathPrefix(`/api`) || PathPrefix(`/ws`))", &["a.x /api /ws"]),
        ("Host(`a.x`) && PathPrefix(`/`)", &["a.x /*"]),
        ("Host(`a.x`) && (Path(`/`) || PathPrefix(`/static`))", &["a.x =/ /static"]),
        (
            "Host(`argocd.x`) && Headers(`Content-Type`, `application/grpc`)",
            &["argocd.x /* [Header(`content-type`, `application/grpc`)] closed"],
        ),
        (
            "Host(`argocd.x`) && !Header(`Content-Type`, `application/grpc`)",
            &["argocd.x /* [!Header(`content-type`, `application/grpc`)]"],
        ),
        ("Host(`a.x`) && ClientIP(`100.64.0.0/10`)", &["a.x /* [100.64.0.0/10]"]),
        (
            "Host(`a.x`) && (ClientIP(`10.0.0.0/8`) || ClientIP(`192.168.0.0/16`))",
            &["a.x /* [10.0.0.0/8,192.168.0.0/16]"],
        ),
        ("Host(`a.x`) && Method(`POST`)", &["a.x /* [POST] closed"]),
        ("Host(`a.x`) && (Method(`POST`) || Method(`GET`))", &["a.x /* [POST,GET]"]),
        ("Host(`a.x`) && !Method(`GET`)", &["a.x /* [!Method(`GET`)] closed"]),
        ("Host(`a.x`) && Query(`token`, `1`)", &["a.x /* [Query(`token`, `1`)] closed"]),
        (
            "Host(`a.x`) && HeaderRegexp(`User-Agent`, `.*Mozilla.*`)",
            &["a.x /* [HeaderRegexp(`user-agent`, `.*Mozilla.*`)]"],
        ),
        ("Host(`matrix.x`) && PathRegexp(`^/(_matrix|_synapse)/`)", &["matrix.x ~^/(_matrix|_synapse)/"]),
        ("Host(`*.x.org`) && !Host(`a.x.org`)", &["*.x.org /* [!Host(`a.x.org`)]"]),
        ("Host(`a.x.org`) && !Host(`b.x.org`)", &["a.x.org /*"]),
        ("HostRegexp(`^(www\\.)?example\\.org$`)", &["example.org /*", "www.example.org /*"]),
        ("HostRegexp(`{sub:[a-z]+}.example.org`)", &["~^[a-z]+\\.example\\.org$ /*"]),
        ("Host(`a.x`, `b.x`) && PathPrefix(`/p`, `/q`)", &["a.x /p /q", "b.x /p /q"]),
        ("PathPrefix(`/dashboard`)", &["* /dashboard"]),
        ("Host(`dev.meeting_tools.x/api`)", &["?dev.meeting_tools.x/api /* closed"]),
        ("Host(\"a.x\")&&PathPrefix(\"/\\u0061pi\")", &["a.x /api"]),
    ]);
}

#[test]
fn what_is_not_known_does_not_lose_hosts() {
    serves(&[
        ("Host(`a.x`) && Geo(`DE`)", &["a.x /* [?Geo(`DE`)]"]),
        ("Host(`a.x`) && !Geo(`DE`, 1)", &["a.x /* [?!Geo(`DE`, 1)]"]),
        ("Geo(`DE`) || Host(`a.x`)", &["* /* [?Geo(`DE`)]", "a.x /*"]),
        ("Host(`a.x`) && Header(`only-a-name`)", &["a.x /* [?Header(`only-a-name`)]"]),
        ("Host(`a.x`) && ClientIP(`home`)", &["a.x /* [?`home`]"]),
        ("Host('a.x') && PathPrefix(/api)", &["a.x /api"]),
        ("Host(a.x)", &["a.x /*"]),
        ("Host(“a.x”)", &["a.x /*"]),
        (r#"Host(\"a.x\")"#, &["a.x /*"]),
        ("Host(`a.x`) and PathPrefix(`/api`)", &["a.x /api"]),
        ("Host(`a.x`) & PathPrefix(`/api`)", &["a.x /api"]),
        ("Host(`a.x`) PathPrefix(`/api`)", &["a.x /api"]),
        ("Host(`a.x`), Host(`b.x`)", &["a.x /* gathered", "b.x /* gathered"]),
        ("(Host(`a.x`) && PathPrefix(`/api`)", &["a.x /api"]),
        ("Host(`a.x`))", &["a.x /*"]),
        ("Host(`a.x`", &["a.x /*"]),
        ("Host(`a.x) && Path(", &["a.x /* [?Path(]"]),
        ("Host(`a.x`) &&", &["a.x /*"]),
        ("Host(`a.x`)\u{a0}&& Path(`/y`)", &["a.x =/y"]),
        ("Host(`a.x`) // && Path(`/y`)", &["a.x /*"]),
        ("Host(`a.x`) /* && Path(`/y`) */ && Path(`/z`)", &["a.x =/z"]),
    ]);
}

#[test]
fn what_never_holds_serves_nothing() {
    for rule in [
        "Host(`a.x`) && Host(`b.x`)",
        "Host(`a.x`) && !Host(`a.x`)",
        "Host(`a.x`) && Path(`/a`) && PathPrefix(`/b`)",
        "Host(`a.x`) && PathPrefix(`/a/b`) && !PathPrefix(`/a`)",
        "Host(`a.x.org`) && HostRegexp(`^b\\.`)",
        "Host(`a.x`) && Method(`GET`) && Method(`POST`)",
    ] {
        assert_eq!(told(&http(rule)), [""; 0], "{rule}");
    }
}

#[test]
fn values_are_as_go_reads_them() {
    for (rule, path) in [
        (r#"Path("/a\tb")"#, "/a\tb"),
        (r#"Path("/\x41\102\u0043")"#, "/ABC"),
        (r#"Path("/\"q\"")"#, "/\"q\""),
        ("Path(`/a\\tb`)", "/a\\tb"),
        ("Path(`/a\r\nb`)", "/a\nb"),
    ] {
        assert_eq!(told(&http(rule)), [format!("* ={path}")], "{rule}");
        assert!(http(rule).is_accepted(), "{rule}");
    }
}

#[test]
fn too_many_cases_are_gathered() {
    let hosts: Vec<String> = (0..10).map(|n| format!("(Host(`{n}.x`) || Path(`/{n}`))")).collect();
    let rule = http(&hosts.join(" && "));
    let targets = rule.targets();
    assert_eq!(targets.len(), 10);
    assert!(targets.iter().all(|target| target.is_gathered && target.paths.len() == 10));
    // Many hosts alone are no trouble.
    let hosts: Vec<String> = (0..300).map(|n| format!("Host(`{n}.x`)")).collect();
    let targets = http(&hosts.join(" || ")).targets();
    assert_eq!(targets.len(), 300);
    assert!(targets.iter().all(|target| !target.is_gathered));
}

#[test]
fn connections_have_hosts_too() {
    assert_eq!(told(&tcp("HostSNI(`*`)")), ["* /* closed"]);
    assert_eq!(told(&tcp("HostSNI(`truenas.x`) && ALPN(`h2`)")), ["truenas.x /* [ALPN(`h2`)] closed"]);
    assert_eq!(told(&tcp("HostSNI(`*.x.org`)")), ["*.x.org /* closed"]);
    assert_eq!(told(&tcp("!HostSNI(`*`)")), [""; 0]);
    assert_eq!(tcp("HostSNI(`*`)").default_priority(), -1);
}

#[test]
fn a_link_is_of_one_host_and_a_path_that_is_served() {
    let link = |rule| http(rule).targets().first().and_then(|t| t.link().map(|(h, p)| format!("{h}{p}")));
    assert_eq!(link("Host(`A.x`) && !PathPrefix(`/dev`)").as_deref(), Some("a.x/"));
    assert_eq!(link("Host(`a.x`) && PathPrefix(`/dev`)").as_deref(), Some("a.x/dev"));
    assert_eq!(link("Host(`a.x`) && (PathRegexp(`^/x[0-9]`) || Path(`/y`))").as_deref(), Some("a.x/y"));
    for none in [
        "Host(`*.x`)",
        "HostRegexp(`^.+\\.x$`)",
        "Path(`/`)",
        "Host(`a.x/b`)",
        "Host(`a.x`) && Method(`PUT`)",
        "Host(`a.x`) && !Path(`/`)",
        "Host(`a.x`) && PathRegexp(`^/x[0-9]`)",
    ] {
        assert_eq!(link(none), None, "{none}");
    }
}

#[test]
fn networks_say_whether_a_host_is_internal() {
    let internal = |rule: &str| http(rule).targets()[0].is_internal();
    assert!(internal("Host(`a.x`) && ClientIP(`100.64.0.0/10`)"));
    assert!(internal("Host(`a.x`) && (ClientIP(`192.168.1.0/24`) || ClientIP(`fd7a:115c:a1e0::/48`))"));
    assert!(!internal("Host(`a.x`) && (ClientIP(`192.168.1.0/24`) || ClientIP(`8.8.8.8`))"));
    assert!(!internal("Host(`a.x`) && ClientIP(`0.0.0.0/0`)"));
    assert!(!internal("Host(`a.x`) && !ClientIP(`192.168.1.0/24`)"));
    assert!(!internal("Host(`a.x`)"));
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = |levels: usize| format!("{}Host(`a.x`){}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(told(&http(&deep(MAX_DEPTH))), ["a.x /*"]);
    let rule = http(&format!("Host(`b.x`) || {}", deep(MAX_DEPTH + 1)));
    assert!(rule.problems().iter().any(|problem| problem.kind == ProblemKind::TooDeep));
    assert!(rule.is_accepted(), "Traefik may well take it");
    assert!(told(&rule).contains(&"b.x /*".to_owned()));
    assert_eq!(told(&http(&format!("{}Host(`a.x`)", "!".repeat(7000)))), ["a.x /*"]);

    let long = format!("Host(`a.x`) && Path(`/{}`)", "x".repeat(crate::MAX_LENGTH));
    let rule = http(&long);
    assert_eq!((rule.expression(), rule.text().len()), (None, crate::MAX_LENGTH));
    assert_eq!(rule.problems()[0].kind, ProblemKind::TooLong);
}

#[test]
fn the_syntax_is_the_one_that_takes_the_rule() {
    use crate::Version::{V2, V3};
    for (rule, version) in [
        ("Host(`a.x`)", V3),
        ("Host(`a.x`, `b.x`)", V2),
        ("Headers(`a`, `b`)", V2),
        ("Header(`a`, `b`)", V3),
        ("HostRegexp(`{sub:[a-z]+}.x`)", V2),
        ("HostRegexp(`[a-z]{2,3}\\.x`)", V3),
        ("Path(`/articles/{id}`)", V2),
        ("Query(`a=b`)", V2),
        ("Query(`a`, `b`)", V3),
        ("PathRegexp(`/x`) && Host(`a.x`, `b.x`)", V3),
        ("Host(", V3),
    ] {
        assert_eq!(http(rule).version(), version, "{rule}");
    }
    assert_eq!(told(&v3("Path(`/articles/{id}`)")), ["* =/articles/{id}"]);
    assert_eq!(told(&v2("Path(`/articles/{id}`)")), ["* ~^/articles/[^/]+$"]);
    assert_eq!(told(&v2("PathPrefix(`/a.b/{id:[0-9]+|x}/`)")), ["* ~^/a\\.b/([0-9]+|x)/"]);
    assert_eq!(told(&v2("HostRegexp(`a.x`, `{sub}.x`)")), ["a.x /*", "~^[^.]+\\.x$ /*"]);
}

#[test]
fn old_containers_have_rules_of_version_1() {
    let rule = http("Host:a.x.org,www.a.x.org;PathPrefixStrip:/api");
    assert_eq!(told(&rule), ["a.x.org /api", "www.a.x.org /api"]);
    assert_eq!(rule.problems()[0].kind, ProblemKind::VersionOne);
    let verdict = rule.valid_in(crate::Version::V3);
    assert!(!verdict.accepted);
    assert_eq!(
        verdict.rewritten.as_deref(),
        Some("(Host(`a.x.org`) || Host(`www.a.x.org`)) && PathPrefix(`/api`)")
    );
    assert_eq!(told(&http("Host:a.x.org;Geo:DE")), ["a.x.org /* [?Geo:DE]"]);
    assert_ne!(http("https://a.x.org").problems()[0].kind, ProblemKind::VersionOne);
}

/// One site in two stages at two entry points, as a real repository has it: twelve rules for two places of two apps.
#[test]
fn stages_of_a_site() {
    for (rule, target) in [
        ("Host(`meet.x.org`) && !PathPrefix(`/dev`)", "meet.x.org /* -/dev"),
        ("Host(`meet.x.org`) && PathPrefix(`/api`) && !PathPrefix(`/dev/api`)", "meet.x.org /api"),
        ("Host(`meet.x.org`) && PathPrefix(`/dev`)", "meet.x.org /dev"),
        ("Host(`meet.x.org`) && PathPrefix(`/dev/api`)", "meet.x.org /dev/api"),
        ("Host(`meet.x.org`) && PathPrefix(`/dev`) && !PathPrefix(`/dev/api`)", "meet.x.org /dev -/dev/api"),
        ("Host(`meet.x.org`) && (PathPrefix(`/api`) || PathPrefix(`/api/v1`))", "meet.x.org /api"),
    ] {
        assert_eq!(told(&http(rule)), [target], "{rule}");
    }
}
