//! What can be a host, and what is said about the rest.

use super::http;
use crate::HostFault::*;
use crate::{HostPattern, Network, ProblemKind, Severity};

#[test]
fn what_is_no_host() {
    for (text, fault, severity, instead) in [
        (
            "dev.meeting_tools.x/api",
            Path,
            Severity::Never,
            Some("Host(`dev.meeting_tools.x`) && PathPrefix(`/api`)"),
        ),
        ("a.org/", Path, Severity::Never, Some("Host(`a.org`)")),
        ("https://a.org", Scheme, Severity::Never, Some("Host(`a.org`)")),
        ("HTTPS://A.org:443/x", Scheme, Severity::Never, Some("Host(`a.org`)")),
        ("a.org:8080", Port, Severity::Never, Some("Host(`a.org`)")),
        (" a.org", Blank, Severity::Never, Some("Host(`a.org`)")),
        ("a b", Blank, Severity::Never, None),
        ("a.org,b.org", List, Severity::Never, Some("Host(`a.org`) || Host(`b.org`)")),
        ("app.${DOMAIN}", Placeholder, Severity::Never, None),
        ("{{ .Release.Name }}.org", Placeholder, Severity::Never, None),
        (".*-example.com", Regexp, Severity::Never, None),
        ("^a\\.org$", Regexp, Severity::Never, None),
        ("*", Star, Severity::Never, None),
        ("*a.org", Star, Severity::Never, None),
        ("a.*.org", Star, Severity::Never, None),
        ("a@b.org", Character, Severity::Never, None),
        ("a..org", Length, Severity::Never, None),
        (".a.org", Length, Severity::Never, None),
        ("bücher.example", NonAscii, Severity::Refused, None),
        ("A.org", Uppercase, Severity::Note, Some("Host(`a.org`)")),
        ("a.org.", TrailingDot, Severity::Note, Some("Host(`a.org`)")),
        ("a_b.org", Underscore, Severity::Note, None),
        ("-a.org", Hyphen, Severity::Note, None),
    ] {
        let rule = http(&format!("Host(`{text}`)"));
        let problem = rule
            .problems()
            .iter()
            .find(|problem| problem.kind == ProblemKind::Host(fault))
            .unwrap_or_else(|| panic!("{text}: {:?}", rule.problems()));
        assert_eq!((problem.severity, problem.instead.as_deref()), (severity, instead), "{text}");
        assert!(problem.sentence.ends_with('.') && !problem.sentence.contains(char::is_control));
        let target = &rule.targets()[0];
        assert_eq!(target.link().is_some(), severity == Severity::Note, "{text}");
        assert_eq!(matches!(target.host, HostPattern::Invalid(_)), severity > Severity::Note, "{text}");
    }
    let long = format!("Host(`{}.org`)", "a".repeat(64));
    assert_eq!(http(&long).problems()[0].kind, ProblemKind::Host(Length));
}

#[test]
fn what_is_a_host() {
    for text in
        ["a.org", "nas", "192.168.1.7", "::1", "[fd00::1]", "xn--bcher-kva.example", "1.2.3.4.5", "a--b.c"]
    {
        assert_eq!(http(&format!("Host(`{text}`)")).problems(), [], "{text}");
    }
    let kinds = |text| http(text).problems().iter().map(|problem| problem.kind).collect::<Vec<_>>();
    assert_eq!(kinds("Host(`*.a.org`)"), [ProblemKind::Host(Wildcard); 2], "different in each version");
}

#[test]
fn networks() {
    for (text, written) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.2.3/32", "10.1.2.3"),
        ("10.1.2.3/0", "0.0.0.0/0"),
        ("fe80::1/10", "fe80::/10"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1/104", "10.0.0.0/8"),
        ("::/0", "::/0"),
    ] {
        assert_eq!(Network::parse(text).unwrap().to_string(), written, "{text}");
    }
    for wrong in
        ["", "1", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "::/129", "a.org", "10.0.0.1:80"]
    {
        assert_eq!(Network::parse(wrong), None, "{wrong}");
    }
    let network = |text| Network::parse(text).unwrap();
    assert!(network("10.0.0.0/8").contains("::ffff:10.9.9.9".parse().unwrap()));
    assert!(!network("0.0.0.0/0").contains("::1".parse().unwrap()));
    assert!(network("10.0.0.0/8").covers(&network("10.1.0.0/16")));
    assert!(network("10.0.0.0/8").is_apart_from(&network("11.0.0.0/8")));
    for (text, internal) in [
        ("100.100.1.1", true),
        ("100.128.0.0", false),
        ("172.16.0.0/11", false),
        ("fd00::/8", true),
        ("2001:db8::/32", false),
    ] {
        assert_eq!(network(text).is_internal(), internal, "{text}");
    }
}
