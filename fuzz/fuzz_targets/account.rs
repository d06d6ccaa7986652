//! What somebody who is not logged in yet may say.

#![no_main]

use feat_account::fuzzing::{agent, client_address, opens, safe_next, token, token_name, user};
use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr};
use url::Url;

fuzz_target!(|input: &[u8]| {
    let [first, second, third] = texts(input);
    stays_here(safe_next(&first));
    whose_it_is(&first, &second, &third);
    assert!(agent(&first).chars().count() <= 40, "a browser with a long name");
    if user(&first, &second).is_ok() {
        assert!((1..=64).contains(&first.chars().count()) && (8..=256).contains(&second.chars().count()));
    }
    if token_name(&first).is_ok() {
        assert!(!first.chars().any(char::is_control), "{first:?}");
    }
    assert_eq!(token(&first).len(), 43, "what is kept of a token has one length");
    let code: String = first.chars().filter(|c| *c != '-' && !c.is_ascii_whitespace()).collect();
    assert_eq!(opens(&first), code.eq_ignore_ascii_case("AAAAAAAAAAAA"), "{first:?}");
});

/// As a browser resolves it.
fn stays_here(next: &str) {
    let Ok(here) = Url::parse("https://hob.lan:4620/login?next=x") else {
        panic!("the address of the target")
    };
    let there = here.join(next);
    assert!(there.is_ok_and(|there| there.origin() == here.origin()), "a login leads to {next:?}");
}

fn whose_it_is(first: &str, second: &str, third: &str) {
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (nobody, _) = client_address(peer, &[first, second], &[]);
    assert_eq!(nobody, peer, "a stranger is believed");
    let (_, counted) = client_address(peer, &[first, second], &["127.0.0.1", third]);
    assert!(counted.len() <= 45, "{counted} is no address");
}
