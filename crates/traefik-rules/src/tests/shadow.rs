//! Which rules leave others nothing to do.

use super::{http, tcp, v2};
use crate::{Shadow, same, shadows};

#[test]
fn what_shadows_what() {
    for (above, below, expected) in [
        ("Host(`a.x`)", "Host(`a.x`)", Some(Shadow::Same)),
        ("Host(`a.x`) || Host(`b.x`)", "Host(`b.x`) || Host(`a.x`)", Some(Shadow::Same)),
        ("Host(`a.x`, `b.x`)", "Host(`b.x`) || Host(`a.x`)", Some(Shadow::Same)),
        ("Host(`a.x`)", "Host(`a.x`) && PathPrefix(`/api`)", Some(Shadow::Whole)),
        ("Host(`a.x`) && PathPrefix(`/api`)", "Host(`a.x`)", None),
        ("Host(`a.x`) && PathPrefix(`/`)", "Host(`a.x`)", Some(Shadow::Same)),
        ("Host(`a.x`) && PathPrefix(`/a`)", "Host(`a.x`) && PathPrefix(`/api`)", Some(Shadow::Whole)),
        ("Host(`a.x`) && !PathPrefix(`/dev`)", "Host(`a.x`) && PathPrefix(`/api`)", Some(Shadow::Whole)),
        ("Host(`a.x`) && !PathPrefix(`/dev`)", "Host(`a.x`) && PathPrefix(`/d`)", None),
        ("Host(`a.x`) && !PathPrefix(`/dev/y`)", "Host(`a.x`) && !PathPrefix(`/dev`)", Some(Shadow::Whole)),
        ("PathPrefix(`/`)", "Host(`a.x`) && Method(`POST`)", Some(Shadow::Whole)),
        ("Host(`*.x.org`)", "Host(`a.x.org`)", Some(Shadow::Whole)),
        ("Host(`*.x.org`)", "Host(`a.b.x.org`)", None),
        ("Host(`**.x.org`)", "Host(`*.b.x.org`)", Some(Shadow::Whole)),
        ("Host(`**.x.org`)", "Host(`*.x.org`)", Some(Shadow::Whole)),
        ("Host(`*.x.org`)", "Host(`**.x.org`)", None),
        ("HostRegexp(`^.+\\.x\\.org$`)", "Host(`a.x.org`)", Some(Shadow::Whole)),
        ("HostRegexp(`^(a|b)\\.x$`)", "Host(`a.x`) || Host(`b.x`)", Some(Shadow::Same)),
        ("Host(`a.x`) || Host(`b.x`)", "HostRegexp(`^(a|b)\\.x$`)", Some(Shadow::Same)),
        ("HostRegexp(`.*`)", "Host(`a.x`)", Some(Shadow::Whole)),
        ("PathRegexp(`^/api`)", "PathRegexp(`^/api`) && Host(`a.x`)", Some(Shadow::Whole)),
        ("PathRegexp(`^/api`)", "PathRegexp(`^/api/v1`)", None),
        ("ClientIP(`10.0.0.0/8`)", "ClientIP(`10.1.0.0/16`)", Some(Shadow::Whole)),
        ("!ClientIP(`10.1.0.0/16`)", "ClientIP(`11.0.0.0/8`)", Some(Shadow::Whole)),
        ("!Method(`POST`)", "Method(`GET`)", Some(Shadow::Whole)),
        ("Geo(`DE`)", "Geo(`DE`) && Host(`a.x`)", None),
        // What never holds is not shadowed; it has another trouble.
        ("Host(`a.x`)", "Host(`a.x`) && Host(`b.x`)", None),
        ("Host(`a.x`)", "Host(`a.x/y`)", None),
        // What Traefik refuses shadows nothing.
        ("Host('a.x')", "Host(`a.x`)", None),
    ] {
        assert_eq!(shadows(&http(above), &http(below)), expected, "{above} above {below}");
    }
    assert_eq!(shadows(&v2("Host(`*.x`)"), &http("Host(`a.x`)")), None, "no wildcard in version 2");
    assert_eq!(shadows(&tcp("HostSNI(`*`)"), &tcp("HostSNI(`a.x`)")), Some(Shadow::Whole));
    assert_eq!(shadows(&tcp("HostSNI(`*`)"), &http("Host(`a.x`)")), None);
}

#[test]
fn the_same_in_other_words() {
    for (one, other, expected) in [
        ("Host(`a.x`) && Path(`/y`)", "Path(`/y`) && Host(`A.x.`)", true),
        (
            "Host(`a.x`) && (Path(`/y`) || Path(`/z`))",
            "host(\"a.x\") && Path(`/z`) || HOST(`a.x`) && Path(`/y`)",
            true,
        ),
        ("Host(`a.x`) && Headers(`K`, `v`)", "Header(`k`, `v`) && Host(`a.x`)", true),
        ("!(Host(`a.x`) || Path(`/y`))", "!Path(`/y`) && !Host(`a.x`)", true),
        ("HostRegexp(`{sub}.x`)", "HostRegexp(`^[^.]+\\.x$`)", true),
        ("Geo(`DE`) && Host(`a.x`)", "Host(`a.x`) && Geo(`DE`)", true),
        ("Host(`a.x`)", "Host(`a.x`) && PathPrefix(`/api`)", false),
        ("Path(`/y`)", "Path(`/Y`)", false),
    ] {
        assert_eq!(same(&http(one), &http(other)), expected, "{one} and {other}");
    }
}
