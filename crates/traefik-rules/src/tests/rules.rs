//! Rules as people write them.

use crate::{HostPattern, PathPattern, Protocol, Rule, Syntax, Target, parse};

pub(super) fn http(text: &str) -> Rule {
    parse(text, Syntax::Auto, Protocol::Http)
}

fn exact(target: &Target) -> &str {
    match &target.host {
        HostPattern::Exact(host) => host,
        other => panic!("{other:?} is not one host"),
    }
}

#[test]
fn an_alias_is_a_host_of_its_own() {
    let targets = http("Host(`a.example.org`) || Host(`www.a.example.org`)").targets();
    assert_eq!(targets.iter().map(exact).collect::<Vec<_>>(), ["a.example.org", "www.a.example.org"]);
    assert!(targets.iter().all(|target| target.is_open && target.paths == [PathPattern::All]));
}

#[test]
fn and_binds_tighter_than_or() {
    let targets = http("Host(`a.x`) || Host(`b.x`) && Path(`/y`)").targets();
    assert_eq!(targets.len(), 2);
    assert_eq!((exact(&targets[0]), &targets[0].paths), ("a.x", &vec![PathPattern::All]));
    assert_eq!((exact(&targets[1]), &targets[1].paths), ("b.x", &vec![PathPattern::Exact("/y".into())]));
}
