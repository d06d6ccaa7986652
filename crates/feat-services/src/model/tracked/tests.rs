use super::*;
use crate::model::endpoints::group;
use crate::model::sockets::Socket;
use hob_base::Level;
use std::collections::HashMap;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ZERO: Duration = Duration::ZERO;

fn endpoint(port: u16, inode: u64) -> Endpoint {
    let socket = Socket { port, address: "0.0.0.0".parse().unwrap(), inode, uid: 0 };
    group(&[socket], &HashMap::new()).remove(0)
}

fn process(pid: u32, name: &str) -> Option<Process> {
    Some(Process::new(pid, name, name.as_bytes(), "0::/system.slice/web.service"))
}

fn web(title: Option<&str>) -> Web {
    Web { url: "http://127.0.0.1:3000/".into(), title: title.map(str::to_owned), ..Web::default() }
}

fn found(port: u16, found: Found) -> Tracked {
    let mut tracked = Tracked::new(port.to_string(), &endpoint(port, 1), process(7, "node"), START, ZERO);
    let looked = tracked.begin_look(ZERO);
    assert!(tracked.identified(found, &looked, START, ZERO));
    tracked
}

fn said(tracked: &Tracked) -> Observation {
    tracked.observation("nas", &ResourceId::new("host", "home", "nas"), "12:00").unwrap()
}

#[test]
fn a_new_endpoint_is_looked_at_and_then_told() {
    let mut tracked = Tracked::new("3000".into(), &endpoint(3000, 1), process(7, "node"), START, ZERO);
    assert_eq!(tracked.due, Some(ZERO));
    assert_eq!(tracked.observation("nas", &ResourceId::new("host", "home", "nas"), ""), None);
    let looked = tracked.begin_look(ZERO);
    assert!(tracked.identified(Found::Web(web(Some("Grafana"))), &looked, START, ZERO));
    let said = said(&tracked);
    assert_eq!(said.resource.as_str(), "service/nas/3000");
    assert_eq!((said.name.as_deref(), &said.health), (Some("Grafana"), &None));
    assert_eq!(said.facts["process"], "node".into());
    assert_eq!(said.facts["unit"], "web.service".into());
    assert_eq!(said.facts["scheme"], "http".into());
    assert_eq!(said.facts["loopback_only"], false.into());
    assert_eq!(tracked.check("nas", HOLDS_FOR).unwrap().resource, said.resource);
    assert_eq!(tracked.due, Some(IDENTIFY_EVERY));
}

#[test]
fn it_is_called_by_its_title_its_process_or_its_port() {
    for (title, expected) in [(Some("Grafana"), "Grafana"), (Some("Login"), "node"), (None, "node")] {
        assert_eq!(found(3000, Found::Web(web(title))).title(), expected);
    }
    let mut tracked = found(3000, Found::Web(web(None)));
    tracked.seen(&endpoint(3000, 1), process(8, "docker-proxy"), START, ZERO);
    assert_eq!(tracked.title(), "Port 3000");
    let other = Tracked::new("22".into(), &endpoint(22, 1), None, START, ZERO);
    assert_eq!((other.title().as_str(), other.due), ("SSH", None));
    assert_eq!(said(&other).health.unwrap().level, Level::Ok);
}

#[test]
fn what_stops_is_told_after_the_second_look_and_what_returns_at_once() {
    let mut tracked = found(3000, Found::Web(web(Some("Grafana"))));
    assert_eq!((tracked.missed(), said(&tracked).health), (Presence::Same, None));
    assert_eq!(tracked.seen(&endpoint(3000, 1), process(7, "node"), START, ZERO), Presence::Same);
    assert_eq!(tracked.missed(), Presence::Same);
    assert_eq!(tracked.missed(), Presence::Vanished);
    assert_eq!(tracked.missed(), Presence::Same);
    let health = said(&tracked).health.unwrap();
    assert_eq!(
        (health.level, health.reason.as_str()),
        (Level::Critical, "The process `node` (pid 7) no longer listens on port 3000.")
    );
    assert!(health.remedy.unwrap().contains("systemctl status web.service"));
    assert!(tracked.check("nas", HOLDS_FOR).is_some(), "the check goes on");
    assert_eq!(tracked.seen(&endpoint(3000, 2), process(9, "node"), START, HOLDS_FOR), Presence::Returned);
    assert_eq!((said(&tracked).health, tracked.due), (None, Some(HOLDS_FOR)));
}

#[test]
fn a_service_that_is_slow_to_start_again_stays_that_service() {
    let mut tracked = found(3000, Found::Web(web(Some("Grafana"))));
    tracked.seen(&endpoint(3000, 2), process(8, "node"), START, ZERO);
    let looked = tracked.begin_look(ZERO);
    assert!(tracked.identified(Found::Other(Other::Silent), &looked, START, ZERO));
    assert!(matches!(tracked.identity, Identity::Web(_)));
    assert_eq!(tracked.due, Some(SECOND_LOOKS[0]));
    // Another program that speaks something else is something else.
    tracked.seen(&endpoint(3000, 3), process(9, "ircd"), START, ZERO);
    let looked = tracked.begin_look(ZERO);
    assert!(tracked.identified(Found::Other(Other::Spoke), &looked, START, ZERO));
    assert_eq!(said(&tracked).resource.as_str(), "port/nas/3000");
}

#[test]
fn what_may_be_slow_is_looked_at_three_times_more() {
    let mut tracked = found(3000, Found::Other(Other::Silent));
    let mut dues = vec![tracked.due];
    for _ in 0..3 {
        let looked = tracked.begin_look(ZERO);
        tracked.identified(Found::Other(Other::Silent), &looked, START, ZERO);
        dues.push(tracked.due);
    }
    assert_eq!(dues, [Some(SECOND_LOOKS[0]), Some(SECOND_LOOKS[1]), Some(SECOND_LOOKS[2]), None]);
}

#[test]
fn what_was_found_of_a_socket_that_is_another_by_now_is_dropped() {
    let mut tracked = Tracked::new("3000".into(), &endpoint(3000, 1), None, START, ZERO);
    let looked = tracked.begin_look(ZERO);
    tracked.seen(&endpoint(3000, 2), None, START, HOLDS_FOR);
    assert!(!tracked.identified(Found::Web(web(None)), &looked, START, ZERO));
    assert_eq!(tracked.due, Some(HOLDS_FOR));
}

#[test]
fn passing_business_leaves_no_trace() {
    let mut high = found(40_000, Found::Other(Other::Silent));
    assert!(!high.is_kept() && !high.is_passing());
    high.missed();
    high.missed();
    assert!(high.is_passing());
    let mut low = found(8123, Found::Other(Other::Spoke));
    low.missed();
    low.missed();
    assert!(low.is_kept() && !low.is_passing());
    let mut unknown = Tracked::new("1".into(), &endpoint(9999, 1), None, START, ZERO);
    unknown.missed();
    assert!(unknown.is_passing());
    assert!(found(40_000, Found::Web(web(None))).is_kept());
}

#[test]
fn what_is_gone_is_missed_for_as_long_as_it_was_there() {
    let (minute, day) = (Duration::from_secs(60), Duration::from_secs(86_400));
    let missed = |port: u16, was_there: Duration| {
        let mut tracked = found(port, Found::Web(web(None)));
        tracked.seen(&endpoint(port, 1), process(7, "node"), START.plus(was_there), was_there);
        tracked.missed_until(14 * day).since(START.plus(was_there))
    };
    assert_eq!(missed(3000, minute), 15 * minute, "an experiment");
    assert_eq!(missed(40_000, minute), 3 * minute, "a port that the kernel chose");
    assert_eq!(missed(3000, 3 * day), 3 * day);
    assert_eq!(missed(40_000, 3 * day), 3 * day, "it was there long enough to count");
    assert_eq!(missed(3000, 400 * day), 14 * day);
}
