//! Whether rules hold for requests: the tables of Traefik's own tests, as facts.

use super::{http, tcp, v2, v3};
use crate::{Request, Rule};

fn holds(rule: &Rule, host: &str, path: &str) -> Option<bool> {
    rule.matches(&Request::get(host, path))
}

#[test]
fn hosts_and_paths() {
    for (rule, yes, no) in [
        (
            "Host(`example.com`)",
            &["example.com/", "EXAMPLE.com:8080/x", "example.com./"][..],
            &["example.org/"][..],
        ),
        ("Host(`Example.com.`)", &["example.com/"], &["a.example.com/"]),
        (
            "Host(`*.example.com`)",
            &["a.example.com/"],
            &["example.com/", "a.b.example.com/", ".example.com/"],
        ),
        (
            "Host(`**.example.com`)",
            &["a.example.com/", "a.b.example.com/"],
            &["example.com/", "aexample.com/"],
        ),
        ("Path(`/css`)", &["x/css"], &["x/css/", "x/css/main.css", "x/"]),
        ("PathPrefix(`/css`)", &["x/css", "x/css/main.css", "x/css-for-sale"], &["x/js", "x/"]),
        ("PathRegexp(`^/(css|js)`)", &["x/css/y", "x/js"], &["x/CSS", "x/html"]),
        ("HostRegexp(`^[a-zA-Z-]+\\.com$`)", &["example.com:80/"], &["example.org/"]),
        ("HostRegexp(`^[A-Z]+\\.com$`)", &[], &["example.com/", "EXAMPLE.com/"]),
        ("!(Host(`a.x`) && !Path(`/css`))", &["a.x/css", "b.x/css", "b.x/y"], &["a.x/js"]),
        ("!(!(Host(`a.x`) && Pathprefix(`/css`)))", &["a.x/css"], &["a.x/js", "b.x/css"]),
        ("!Host(`a.x`) || !Path(`/css`)", &["a.x/js", "b.x/css"], &["a.x/css"]),
        ("Host(`a.x`) || Host(`b.x`) && Path(`/css`)", &["a.x/js", "b.x/css"], &["b.x/js"]),
        ("Host(`a.x/y`)", &[], &["a.x/y"]),
    ] {
        let rule = v3(rule);
        for (addresses, expected) in [(yes, true), (no, false)] {
            for address in addresses {
                let (host, path) = address.split_at(address.find('/').unwrap());
                assert_eq!(holds(&rule, host, path), Some(expected), "{} at {address}", rule.text());
            }
        }
    }
}

#[test]
fn templates_of_version_2() {
    for (rule, yes, no) in [
        (
            "HostRegexp(`{domain:[a-zA-Z-]+\\.com}`)",
            &["example.com/", "EXAMPLE.com/"][..],
            &["example.org/"][..],
        ),
        (
            "HostRegexp(`example.com`, `{sub}.example.org`)",
            &["example.com/", "a.example.org/"],
            &["a.b.example.org/"],
        ),
        ("Path(`/css{path:(/.*)?}`)", &["x/css/main.css", "x/css"], &["x/css.css"]),
        ("PathPrefix(`/css-{name:[0-9]?}`)", &["x/css-1/main.css", "x/css-222/main.css"], &["x/css.css"]),
    ] {
        let rule = v2(rule);
        for (addresses, expected) in [(yes, true), (no, false)] {
            for address in addresses {
                let (host, path) = address.split_at(address.find('/').unwrap());
                assert_eq!(holds(&rule, host, path), Some(expected), "{} at {address}", rule.text());
            }
        }
    }
}

#[test]
fn headers_queries_methods_and_clients() {
    let request = Request {
        headers: &[("content-type", "application/json"), ("Content-Type", "text/x")],
        query: &[("mobile", ""), ("a", "1"), ("a", "2")],
        client: Some("192.168.1.7".parse().unwrap()),
        ..Request::get("a.x", "/")
    };
    for (rule, expected) in [
        ("Header(`Content-Type`, `application/json`)", true),
        ("Header(`Content-Type`, `application/JSON`)", false),
        ("HeaderRegexp(`CONTENT-type`, `^text/`)", true),
        ("Header(`Missing`, `x`)", false),
        ("Query(`mobile`)", true),
        ("Query(`a`)", false),
        ("Query(`a`, `2`)", true),
        ("QueryRegexp(`mobile`, `^.*$`)", true),
        ("QueryRegexp(`b`, `^.*$`)", false),
        ("Method(`get`)", true),
        ("Method(`POST`)", false),
        ("ClientIP(`192.168.1.0/24`)", true),
        ("ClientIP(`192.168.2.0/24`)", false),
    ] {
        assert_eq!(v3(rule).matches(&request), Some(expected), "{rule}");
    }
    assert_eq!(v2("Query(`a=2`)").matches(&request), Some(false), "version 2 looks at the first value");
    let connection = Request { host: "a.x", alpn: &["h2", "http/1.1"], ..Request::default() };
    assert_eq!(tcp("HostSNI(`A.x`) && ALPN(`h2`)").matches(&connection), Some(true));
    assert_eq!(tcp("HostSNI(`*`) && !ALPN(`h2`)").matches(&connection), Some(false));
}

#[test]
fn what_is_not_known_is_not_guessed() {
    for (rule, expected) in [
        ("Geo(`DE`)", None),
        ("Host(`a.x`) && Geo(`DE`)", None),
        ("Host(`b.x`) && Geo(`DE`)", Some(false)),
        ("Host(`a.x`) || Geo(`DE`)", Some(true)),
        ("!Geo(`DE`) && Host(`b.x`)", Some(false)),
        ("Host(`a.x`) && HostRegexp(`\\ba`)", None),
        ("ClientIP(`10.0.0.0/8`)", None),
    ] {
        assert_eq!(holds(&http(rule), "a.x", "/"), expected, "{rule}");
    }
    assert_eq!(holds(&v2("Host(`*.x`)"), "a.x", "/"), None, "the star of version 2 is none");
    assert_eq!(holds(&http(""), "a.x", "/"), None);
}
