//! Rights by kind of visitor, without a hub; the whole matrix through sockets is in `crate::tests`.

use super::*;
use crate::model::access::{Pattern, Rule, Subject};

fn who(user: Option<&str>, scope: Scope) -> Known {
    Known::of(&Identity {
        user_id: user.map(ToOwned::to_owned),
        name: user.unwrap_or("token").to_owned(),
        scopes: vec![scope],
        via: if user.is_some() { Via::Password } else { Via::Token("t1".to_owned()) },
    })
}

fn rule(subject: Subject, pattern: &str, allow: Permission) -> Rule {
    Rule { subject, pattern: Pattern::new(pattern).unwrap(), allow, owner: None }
}

#[test]
fn without_rules_people_may_everything_and_others_the_default() {
    let table = Table::default();
    let may = |known: Option<&Known>| permission(&table, Permission::WRITE, known, "door");
    assert_eq!(may(None), Permission::WRITE);
    assert_eq!(may(Some(&who(Some("ben"), Scope::Read))), Permission::BOTH);
    assert_eq!(may(Some(&who(Some("anna"), Scope::Admin))), Permission::BOTH);
}

#[test]
fn a_token_of_the_hub_may_what_its_scope_says_and_never_less_than_nobody() {
    let table = Table::default();
    for (scope, allowed) in [
        (Scope::Push, Permission::WRITE),
        (Scope::Read, Permission::READ),
        (Scope::Write, Permission::BOTH),
        (Scope::Admin, Permission::BOTH),
        (Scope::Agent, Permission::DENY),
    ] {
        let token = who(None, scope);
        assert_eq!(permission(&table, Permission::DENY, Some(&token), "door"), allowed, "{scope}");
        let with_default = permission(&table, Permission::WRITE, Some(&token), "door");
        assert_eq!(with_default, allowed | Permission::WRITE, "{scope}");
    }
}

#[test]
fn rules_about_everybody_hold_for_people_too_but_not_for_administrators() {
    let table = Table::new(vec![
        rule(Subject::Everyone, "*", Permission::DENY),
        rule(Subject::Person("ben".into()), "door", Permission::READ),
    ]);
    let may = |known: Option<&Known>, topic| permission(&table, Permission::BOTH, known, topic);
    assert_eq!(may(None, "door"), Permission::DENY);
    assert_eq!(may(Some(&who(Some("ben"), Scope::Read)), "door"), Permission::READ);
    assert_eq!(may(Some(&who(Some("ben"), Scope::Read)), "cellar"), Permission::DENY);
    assert_eq!(may(Some(&who(Some("anna"), Scope::Admin)), "cellar"), Permission::BOTH);
}

#[test]
fn a_proxy_in_the_house_says_who_asks_and_only_its_own_word_counts() {
    let at = |peer: &str, forwarded: &[&str], behind_proxy| {
        let lines = forwarded.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap()));
        let headers = HeaderMap::from_iter(lines);
        let peer = Peer::Network(std::net::SocketAddr::new(peer.parse().unwrap(), 4711));
        address_of(peer, &headers, behind_proxy).unwrap().to_string()
    };
    assert_eq!(at("172.17.0.2", &["198.51.100.7"], false), "172.17.0.2");
    assert_eq!(at("172.17.0.2", &["203.0.113.9, 198.51.100.7"], true), "198.51.100.7");
    assert_eq!(at("172.17.0.2", &["[2001:db8::1]:4711"], true), "2001:db8::1");
    assert_eq!(at("172.17.0.2", &["nonsense"], true), "172.17.0.2");
    assert_eq!(at("198.51.100.1", &["203.0.113.9"], true), "198.51.100.1", "a stranger is believed nothing");
    assert_eq!(address_of(Peer::Local, &HeaderMap::new(), true), None);
}
