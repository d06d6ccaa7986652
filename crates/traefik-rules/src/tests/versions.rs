//! What Traefik 2 and 3 take.

use super::{http, tcp, v2, v3};
use crate::{ProblemKind, Severity, Version, Versions};

#[test]
fn each_version_takes_its_own() {
    // Rule, whether v2 takes it, whether v3 does.
    for (rule, in_v2, in_v3) in [
        ("Host(`a.x`)", true, true),
        ("host(`a.x`) && PATHPREFIX(`/x`) || Pathprefix(`/y`) && hostregexp(`b`)", true, true),
        ("hOST(`a.x`)", false, false),
        ("PathPREFIX(`/x`)", false, false),
        ("HostHeader(`a.x`)", true, false),
        ("Host(`a.x`, `b.x`)", true, false),
        ("Path(`/a`, `/b`)", true, false),
        ("Method(`GET`, `POST`)", true, false),
        ("ClientIP(`10.0.0.1`, `::1`)", true, false),
        ("Headers(`a`, `b`)", true, false),
        ("Headers(`a`, `b`, `c`, `d`)", true, false),
        ("Headers(`a`)", false, false),
        ("HeadersRegexp(`a`, `b`)", true, false),
        ("Header(`a`, `b`)", false, true),
        ("HeaderRegexp(`a`, `b.*`)", false, true),
        ("Header(`a`, `b`, `c`, `d`)", false, false),
        ("PathRegexp(`^/x`)", false, true),
        ("QueryRegexp(`a`, `^.*$`)", false, true),
        ("QueryRegexp(`a`)", false, true),
        ("Query(`a`, `b`)", true, true),
        ("Query(`a`)", false, true),
        ("Query(`a=b`)", true, true),
        ("Query(`a=b`, `c=d`)", true, true),
        ("Query(`a=b`, `c=d`, `e=f`)", true, false),
        ("Host(``)", false, false),
        ("Host()", false, false),
        ("Host(`a.x`,)", true, true),
        ("Host(`🦭.com`)", false, false),
        ("Host(`xn--9t9h.com`)", true, true),
        ("Path(`css`)", false, false),
        ("PathPrefix(`css`)", false, false),
        ("PathRegexp(`css`)", false, true),
        ("PathRegexp(`/(css`)", false, false),
        // v2 takes this for a host, weird as it is.
        ("HostRegexp(`(example.com`)", true, false),
        ("HostRegexp(`{a.x`)", false, true),
        ("ClientIP(`1`)", false, false),
        ("ClientIP(`10.0.0.0/33`)", false, false),
        ("ClientIP(`fe80::/10`)", true, true),
        ("HostSNI(`a.x`)", false, false),
        ("Foo(`a`)", false, false),
        ("Host('a.x')", false, false),
        ("Host(a.x)", false, false),
        ("Host(\"a.x\")", true, true),
        ("HostRegexp(\"^a\\.x$\")", false, false),
        ("Host(`a.x`) && (Path(`/y`)", false, false),
        ("Host(`a.x`)\n", true, true),
        ("Host(`a.x`) &&\n  Path(`/y`)", true, true),
        ("(\n Host(`a.x`) ||\n Host(`b.x`)) && Path(\n`/y`,\n)", true, true),
        ("Host(`a.x`)\n  && Path(`/y`)", false, false),
        ("(Host(`a.x`) ||\n Host(`b.x`)\n)", false, false),
        ("Host(\n`a.x`\n)", false, false),
        ("Host(`a.x`) && Path(`/y`) // why", true, true),
        ("Host(`a.x`) == Host(`b.x`)", false, false),
        ("Host(`a.x`) | Host(`b.x`)", false, false),
        ("Host", false, false),
        ("", false, false),
        (" \n", false, false),
        // Taken, but never true.
        ("Host(`a.x/y`)", true, true),
        ("Host(`*.x.org`)", true, true),
    ] {
        let rule = http(rule);
        let verdicts = (rule.valid_in(Version::V2), rule.valid_in(Version::V3));
        assert_eq!((verdicts.0.accepted, verdicts.1.accepted), (in_v2, in_v3), "{}", rule.text());
        for (verdict, taken) in [(&verdicts.0, in_v2), (&verdicts.1, in_v3)] {
            let worst = verdict.worst().map(|problem| problem.severity);
            assert_eq!(worst == Some(Severity::Refused), !taken, "{}: {:?}", rule.text(), verdict.problems);
        }
    }
}

#[test]
fn connections_know_other_matchers() {
    for (rule, in_v2, in_v3) in [
        ("HostSNI(`*`)", true, true),
        ("HOSTSNI(`a.x`)", true, true),
        ("Hostsni(`a.x`)", true, true),
        ("HostSNI(`a.x`, `b.x`)", true, false),
        ("HostSNI(`*.x.org`)", false, true),
        ("HostSNI(`a.x/y`)", false, false),
        ("HostSNIRegexp(`^.+\\.x$`)", true, true),
        ("HostSNIRegexp(`{sub:[a-z]+}.x`)", true, true),
        ("ALPN(`h2`)", true, true),
        ("ALPN(`acme-tls/1`)", false, false),
        ("ClientIP(`10.0.0.0/8`) && HostSNI(`a.x`)", true, true),
        ("Host(`a.x`)", false, false),
        ("PathPrefix(`/`)", false, false),
    ] {
        let rule = tcp(rule);
        let taken = (rule.valid_in(Version::V2).accepted, rule.valid_in(Version::V3).accepted);
        assert_eq!(taken, (in_v2, in_v3), "{}: {:?}", rule.text(), rule.problems());
    }
}

#[test]
fn what_to_write_for_traefik_3() {
    for (rule, rewritten) in [
        ("Host(`a`, `b`)", "Host(`a`) || Host(`b`)"),
        ("Host(`a`, `b`) && Path(`/x`,`/y`)", "(Host(`a`) || Host(`b`)) && (Path(`/x`) || Path(`/y`))"),
        ("!Host(`a`, `b`)", "!(Host(`a`) || Host(`b`))"),
        ("Host(`a`) && Headers(`K`, `v`)", "Host(`a`) && Header(`k`, `v`)"),
        ("Headers(`k`, `v`, `l`, `w`)", "Header(`k`, `v`) && Header(`l`, `w`)"),
        ("HeadersRegexp(`k`, `v.*`)", "HeaderRegexp(`k`, `v.*`)"),
        ("HostHeader(`a`)", "Host(`a`)"),
        ("HostRegexp(`{sub:[a-z]+}.a.org`)", "HostRegexp(`^[a-z]+\\.a\\.org$`)"),
        ("HostRegexp(`{sub:[A-Z]+}.a`)", "HostRegexp(`(?i)^[A-Z]+\\.a$`)"),
        ("HostRegexp(`a.org`, `{sub:(x|y)}.a.org`)", "Host(`a.org`) || HostRegexp(`^((x|y))\\.a\\.org$`)"),
        ("PathPrefix(`/a/{id:[0-9]+}`)", "PathRegexp(`^/a/[0-9]+`)"),
        ("Query(`a=b`, `c=d`)", "Query(`a`, `b`) && Query(`c`, `d`)"),
        ("Query(`a=`, `c={x}`)", "QueryRegexp(`a`, `.*`) && QueryRegexp(`c`, `^.*$`)"),
        ("hOST('a')", "Host(`a`)"),
        ("Path(`x`)", "Path(`/x`)"),
        ("Host(`https://a.org/`)", "Host(`a.org`)"),
        ("Host(`a.org:8443`)", "Host(`a.org`)"),
        ("Host(`a.org/api`)", "Host(`a.org`) && PathPrefix(`/api`)"),
        ("Host(`a.org,b.org`) && Path(`/x`)", "(Host(`a.org`) || Host(`b.org`)) && Path(`/x`)"),
        ("Host(`a`)\n&& Path(`/x`)", "Host(`a`) && Path(`/x`)"),
        ("HostSNI(`a`)", "Host(`a`)"),
    ] {
        assert_eq!(http(rule).valid_in(Version::V3).rewritten.as_deref(), Some(rewritten), "{rule}");
        assert!(v3(rewritten).is_accepted());
    }
    for nothing_to_do_or_no_way in [
        "Host(`a`)",
        "Host(`a`) && Foo(`b`)",
        "Host(`a`) Host(`b`)",
        "Host(`${X}`)",
        "PathRegexp(`(`)",
        "",
        "Host(`A`)",
    ] {
        assert_eq!(
            http(nothing_to_do_or_no_way).valid_in(Version::V3).rewritten,
            None,
            "{nothing_to_do_or_no_way}"
        );
    }
    assert_eq!(
        tcp("HostSNI(`a`, `b`) && HostSNIRegexp(`{x}.c`)").valid_in(Version::V3).rewritten.as_deref(),
        Some("(HostSNI(`a`) || HostSNI(`b`)) && HostSNIRegexp(`^[^.]+\\.c$`)")
    );
}

#[test]
fn problems_have_a_place_a_sentence_and_a_version() {
    let rule = http("Host(`a.x`) && Headers(`k`, `v`)");
    let [problem] = rule.problems() else { panic!("{:?}", rule.problems()) };
    assert_eq!((problem.kind, problem.in_version), (ProblemKind::OtherVersion, Versions::V3));
    assert_eq!(&rule.text()[problem.at.clone()], "Headers");
    assert_eq!(problem.sentence, "Traefik 3 knows no “Headers”: write “Header”.");
    assert_eq!(problem.instead.as_deref(), Some("Header"));

    let rule = http("Host(`a.x`, `b.x`)");
    let [problem] = rule.problems() else { panic!("{:?}", rule.problems()) };
    assert_eq!(problem.sentence, "“Host” takes one value in Traefik 3, not 2: join several with “||”.");
    assert_eq!(problem.instead.as_deref(), Some("(Host(`a.x`) || Host(`b.x`))"));

    let rule = http("HostRegex(`a`)");
    let [problem] = rule.problems() else { panic!("{:?}", rule.problems()) };
    assert_eq!((problem.kind, problem.in_version), (ProblemKind::UnknownMatcher, Versions::Both));
    assert_eq!(problem.sentence, "Traefik knows no matcher “HostRegex”; did you mean “HostRegexp”?");

    let rule = http("PathRegexp(`^/(?!api)`)");
    let problem = rule.valid_in(Version::V3).worst().cloned().unwrap();
    assert_eq!(
        problem.sentence,
        "Traefik refuses this regular expression: Go knows no look-ahead, “(?=” and “(?!”."
    );
}

#[test]
fn a_template_is_none_in_traefik_3() {
    let rule = v3("HostRegexp(`{sub:[a-z]+}.example.org`)");
    let verdict = rule.valid_in(Version::V3);
    assert!(verdict.accepted, "Go takes the braces for letters");
    let worst = verdict.worst().unwrap();
    assert_eq!((worst.kind, worst.severity), (ProblemKind::Template, Severity::Never));
    assert_eq!(worst.instead.as_deref(), Some("HostRegexp(`^[a-z]+\\.example\\.org$`)"));
    assert_eq!(v2(rule.text()).valid_in(Version::V2).problems, Vec::<&crate::Problem>::new());
    for none in ["HostRegexp(`^[a-z]{2,3}$`)", "PathRegexp(`^/\\p{Greek}`)", "HostRegexp(`^${X}`)"] {
        let kinds: Vec<ProblemKind> = v3(none).problems().iter().map(|problem| problem.kind).collect();
        assert!(!kinds.contains(&ProblemKind::Template), "{none}");
    }
}

#[test]
fn priorities_are_lengths() {
    assert_eq!(http("HostRegexp(`[a-z]+\\.traefik\\.com`)").default_priority(), 34);
    assert_eq!(http("Host(`foobar.traefik.com`)").default_priority(), 26);
    assert_eq!(http("Host(`**.a.org`)").default_priority(), 14);
    assert_eq!(http("").default_priority(), 0);
}
