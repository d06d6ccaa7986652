//! Rules that need nothing but values.

use crate::config::Settings;
use crate::model::{
    Admission, Network, Session, SetupCode, Throttle, Try, check_name, check_password, check_token_name,
    client_address, describe_agent, name_key, safe_next, throttle_address,
};
use crate::random::{hash_token, new_api_token, new_session_token};
use hob_base::Timestamp;
use hob_feature::{Config, Problems};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn names_are_letters_of_any_script_digits_and_four_signs() {
    for name in ["anna", "Anna.Berg-2_x@home", "Łukasz", "李雷", "0", &"a".repeat(64)] {
        check_name(name).unwrap();
    }
    for name in ["", " anna", "anna ", "anna berg", "a/b", "a\nb", "<b>", "a\u{202e}b", &"a".repeat(65)] {
        assert!(check_name(name).is_err(), "{name:?}");
    }
    assert_eq!(name_key("ÄNNA"), name_key("änna"));
}

#[test]
fn passwords_are_judged_by_length_and_by_not_being_the_name() {
    check_password("anna", "pässwör8").unwrap();
    check_password("anna", &"ä".repeat(256)).unwrap();
    assert!(check_password("anna", &"ä".repeat(257)).is_err());
    assert!(check_password("anna", "äääääää").is_err(), "seven characters, whatever their bytes");
    assert!(check_password("annabell", "AnnaBell").is_err());
}

#[test]
fn token_names_say_what_a_token_is_for() {
    check_token_name("agent on the NAS (weekly)").unwrap();
    for name in ["", " x", "x ", "a\nb", &"x".repeat(65)] {
        assert!(check_token_name(name).is_err(), "{name:?}");
    }
}

#[test]
fn tokens_carry_256_bits_and_are_kept_only_as_a_hash() {
    let (session, token) = (new_session_token().unwrap(), new_api_token().unwrap());
    assert_eq!(session.len(), 43);
    assert_eq!(token.len(), 47);
    assert!(token.starts_with("hob_"));
    assert_ne!(hash_token(&token), hash_token(&session));
    assert!(!hash_token(&token).contains(&token[4..20]));
}

#[test]
fn a_setup_code_is_read_as_people_type_it() {
    let code = SetupCode::new([0, 1, 2, 3, 23, 24, 31, 32, 255, 100, 50, 7]);
    let text = code.text();
    assert_eq!(text.len(), 14);
    assert_eq!(text, "ABCD-Z29A-9EUH");
    for typed in
        [text.clone(), text.to_lowercase(), text.replace('-', ""), format!(" {} ", text.replace('-', " "))]
    {
        assert!(code.matches(&typed), "{typed}");
    }
    for typed in ["", "ABCD", "ABCD-Z29A-9EUJ", "BBCD-Z29A-9EUH", "ABCD-Z29A-9EUH-A", "ABCD-Z29A-9EU"] {
        assert!(!code.matches(typed), "{typed}");
    }
}

#[test]
fn a_session_slides_for_a_month_and_ends_after_half_a_year() {
    let day = |n: i64| Timestamp::from_millis(n * 86_400_000);
    assert_eq!(Session::end(day(0), day(0)), day(30));
    assert_eq!(Session::end(day(0), day(100)), day(130));
    assert_eq!(Session::end(day(0), day(170)), day(180));
}

const OWNER: Try<'_> = Try { name: "anna", address: "192.0.2.1" };

/// Fails as soon as it is let, and returns the pauses in between.
fn waits(throttle: &mut Throttle, this: Try<'_>, tries: usize) -> Vec<u64> {
    let mut now = Duration::ZERO;
    let mut waits = Vec::new();
    for _ in 0..tries {
        let wait = match throttle.admit(now, this) {
            Admission::After(_) => 0,
            Admission::Wait(seconds) => {
                now += secs(seconds);
                assert!(matches!(throttle.admit(now, this), Admission::After(_)), "the wait told is enough");
                seconds
            }
        };
        waits.push(wait);
    }
    waits
}

#[test]
fn wrong_tries_wait_longer_and_longer_but_never_more_than_half_a_minute() {
    let mut throttle = Throttle::default();
    assert_eq!(waits(&mut throttle, OWNER, 12), [0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30]);
    let other_name = Try { name: "ben", ..OWNER };
    assert!(matches!(throttle.admit(secs(121), other_name), Admission::Wait(_)), "the address counts too");
}

#[test]
fn success_and_silence_both_start_afresh() {
    let mut throttle = Throttle::default();
    waits(&mut throttle, OWNER, 6);
    throttle.succeeded(OWNER);
    assert_eq!(throttle.admit(secs(7), OWNER), Admission::After(Duration::ZERO));
    waits(&mut throttle, OWNER, 6);
    assert_eq!(throttle.admit(secs(3000), OWNER), Admission::After(Duration::ZERO));
}

#[test]
fn a_refused_try_does_not_lengthen_the_wait() {
    let mut throttle = Throttle::default();
    for _ in 0..4 {
        waits(&mut throttle, OWNER, 1);
    }
    let first = throttle.admit(Duration::ZERO, OWNER);
    for _ in 0..100 {
        assert_eq!(throttle.admit(Duration::ZERO, OWNER), first);
    }
}

#[test]
fn guessing_elsewhere_slows_the_owner_by_two_seconds_at_most() {
    let mut throttle = Throttle::default();
    for n in 0..5000 {
        let address = format!("198.51.100.{n}");
        throttle.admit(secs(1), Try { name: "anna", address: &address });
    }
    assert_eq!(throttle.admit(secs(1), OWNER), Admission::After(secs(2)));
    assert_eq!(
        throttle.admit(secs(1), Try { name: "ben", address: "192.0.2.9" }),
        Admission::After(Duration::ZERO)
    );
}

#[test]
fn many_at_once_do_not_slip_through() {
    let mut throttle = Throttle::default();
    let admitted = (0..100).filter(|_| matches!(throttle.admit(secs(5), OWNER), Admission::After(_))).count();
    assert_eq!(admitted, 3);
}

#[test]
fn a_flood_of_names_and_addresses_takes_bounded_memory() {
    let mut throttle = Throttle::default();
    for n in 0..30_000_u64 {
        let (name, address) = (format!("{n}{}", "x".repeat(500)), format!("a{n}"));
        throttle.admit(Duration::from_millis(n), Try { name: &name, address: &address });
    }
    assert!((9_000..=10_000).contains(&throttle.len()), "{}", throttle.len());
    let newest = Try { name: "x", address: "a29999" };
    for _ in 0..3 {
        throttle.admit(Duration::from_millis(30_000), newest);
    }
    assert!(
        matches!(throttle.admit(Duration::from_millis(30_000), newest), Admission::Wait(_)),
        "the newest stay"
    );
}

#[test]
fn a_network_of_ipv6_is_one_place() {
    assert_eq!(throttle_address("2001:db8:1:2:3:4:5:6"), throttle_address("2001:db8:1:2::1"));
    assert_ne!(throttle_address("2001:db8:1:3::1"), throttle_address("2001:db8:1:2::1"));
    assert_eq!(throttle_address("192.0.2.1"), "192.0.2.1");
    assert_eq!(throttle_address("local"), "local");
}

#[test]
fn only_what_trusted_proxies_wrote_is_believed() {
    let trusted: Vec<Network> =
        ["127.0.0.1", "172.16.0.0/12", "fd00::/8"].iter().map(|n| n.parse().unwrap()).collect();
    let of = |peer: &str, lines: &[&str]| {
        client_address(peer.parse().unwrap(), lines.iter().copied(), &trusted).to_string()
    };
    assert_eq!(of("192.0.2.1", &["203.0.113.9"]), "192.0.2.1", "anybody can write that header");
    assert_eq!(of("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    assert_eq!(of("127.0.0.1", &["1.2.3.4, 203.0.113.9, 172.20.0.5"]), "203.0.113.9");
    assert_eq!(of("127.0.0.1", &["1.2.3.4", "203.0.113.9", "172.20.0.5"]), "203.0.113.9");
    assert_eq!(of("127.0.0.1", &["unknown"]), "127.0.0.1");
    assert_eq!(of("127.0.0.1", &[]), "127.0.0.1");
    assert_eq!(of("::ffff:127.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
    assert_eq!(of("fd12::1", &["203.0.113.9:4711"]), "203.0.113.9");
}

#[test]
fn networks_are_read_or_refused() {
    assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("192.0.2.1".parse().unwrap()));
    assert!(!"10.0.0.0/8".parse::<Network>().unwrap().contains("11.0.0.1".parse().unwrap()));
    for wrong in ["", "nas.lan", "10.0.0.0/33", "::1/129", "10.0.0.0/-1", "10.0.0.0/"] {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
}

#[test]
fn settings_are_read_and_mistakes_are_named() {
    let read = |text: &str| {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let settings = Settings::read(&config, &problems);
        (settings, problems.into_sorted().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let (settings, problems) = read("[account]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\n");
    assert_eq!((settings.trusted_proxies.len(), problems.len()), (2, 0));
    let (_, problems) = read("[account]\ntrusted_proxies = [\"proxy.lan\"]\ntrusted = 1\n");
    assert!(problems[0].contains("hob.toml:2") && problems[0].contains("172.16.0.0/12"), "{problems:?}");
    assert!(problems[1].contains("did you mean") || problems[1].contains("trusted_proxies"), "{problems:?}");
    let example = crate::config::SECTION.example.replace("# trusted", "trusted");
    assert_eq!(read(&example).1, Vec::<String>::new(), "the example can be used as it is");
}

#[test]
fn browsers_are_told_in_words() {
    for (agent, words) in [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 \
             Safari/537.36 Edg/139.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile \
             Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.14.1", "curl"),
        ("Mozilla/5.0 (compatible; SomeBot/1.0)", "Mozilla"),
        ("", "Unknown browser"),
        ("<script>", "<script>"),
    ] {
        assert_eq!(describe_agent(agent), words);
    }
}

#[test]
fn a_login_leads_back_within_hob_only() {
    for next in ["/", "/account", "/resources/host/home/nas?tab=1", "/a//b", "/a%5Cb", "/?x=http://a/"] {
        assert_eq!(safe_next(next), next);
    }
    for next in [
        "",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "evil",
        "/a b",
        "/ä",
    ] {
        assert_eq!(safe_next(next), "/", "{next:?}");
    }
}

proptest! {
    #[test]
    fn whatever_next_says_the_browser_stays(next in "[/\\\\a-z.:@?#\t\r\n %0-9é]{0,24}") {
        let base = url::Url::parse("https://hob.lan:4620/login").unwrap();
        let target = base.join(safe_next(&next)).unwrap();
        prop_assert_eq!(target.origin(), base.origin());
        prop_assert!(axum::http::HeaderValue::from_str(safe_next(&next)).is_ok());
    }

    #[test]
    fn foreign_text_never_panics(text in "\\PC{0,80}", peer in any::<u32>()) {
        describe_agent(&text);
        throttle_address(&text);
        let _ = text.parse::<Network>();
        let trusted = ["0.0.0.0/0".parse::<Network>().unwrap()];
        client_address(std::net::Ipv4Addr::from(peer).into(), [text.as_str()].into_iter(), &trusted);
        let _ = (check_name(&text), check_password("x", &text), check_token_name(&text));
        SetupCode::new([7; 12]).matches(&text);
    }
}
