use super::*;
use crate::model::wire::{Moment, Pairs};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn posted(pairs: &[(&str, &str)]) -> PostedAlert {
    PostedAlert { labels: Some(Pairs { pairs: labels(pairs), over: false }), ..PostedAlert::default() }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + seconds * 1000)
}

/// What Alertmanager 0.25 answered for these labels.
#[test]
fn fingerprints_are_those_of_prometheus() {
    for (pairs, expected) in [
        (&[("alertname", "Disk"), ("instance", "nas:9100")][..], "84486b59464efa5c"),
        (&[("ok", "1")], "8d4653b8b9db0024"),
        (&[("a", "x")], "d2c7718192a8a294"),
        (&[("severity", "critical"), ("instance", "nas:9100"), ("alertname", "HighCPU")], "b5374eea001e7601"),
        (&[], "cbf29ce484222325"),
    ] {
        let fingerprint = Fingerprint::of(&labels(pairs));
        assert_eq!(fingerprint.to_string(), expected);
        assert_eq!(fingerprint.resource().as_str(), format!("alert/prometheus/{expected}"));
        assert_eq!(Fingerprint::of_resource(&fingerprint.resource()), Some(fingerprint));
    }
    for other in ["alert/prometheus/x", "alert/other/84486b59464efa5c", "host/prometheus/84486b59464efa5c"] {
        assert_eq!(Fingerprint::of_resource(&other.parse().unwrap()), None);
    }
}

#[test]
fn missing_times_are_filled_in_as_alertmanager_does() {
    let times = |starts_at: Option<Timestamp>, ends_at: Option<Timestamp>| {
        let posted =
            PostedAlert { starts_at: Moment(starts_at), ends_at: Moment(ends_at), ..posted(&[("a", "x")]) };
        let alert = Alert::from_posted(posted, NOW).unwrap();
        (alert.starts_at, alert.ends_at, alert.timeout)
    };
    assert_eq!(times(None, None), (NOW, at(300), true));
    assert_eq!(times(Some(at(-60)), None), (at(-60), at(300), true));
    assert_eq!(times(None, Some(at(-5))), (at(-5), at(-5), false));
    assert_eq!(times(Some(at(-60)), Some(at(60))), (at(-60), at(60), false));
}

#[test]
fn what_cannot_be_an_alert_is_refused_in_alertmanager_s_words() {
    let long = "x".repeat(LABEL_BYTES_MAX + 1);
    let refused = |posted: PostedAlert| Alert::from_posted(posted, NOW).unwrap_err();
    assert_eq!(refused(posted(&[])), "at least one label pair required");
    assert_eq!(refused(posted(&[("a", "")])), "at least one label pair required");
    assert_eq!(refused(posted(&[("", "x")])), "invalid label set: invalid name \"\"");
    assert!(refused(posted(&[("a", &long)])).contains("1025 bytes, the most that Hob takes is 1024"));
    let backwards = PostedAlert {
        starts_at: Moment(Some(at(60))),
        ends_at: Moment(Some(at(-60))),
        ..posted(&[("a", "x")])
    };
    assert_eq!(refused(backwards), "start time must be before end time");
    let names: Vec<String> = (0..=PAIRS_MAX).map(|i| format!("l{i}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    assert!(refused(posted(&many)).contains("more than 64 labels"));
    assert!(Alert::from_posted(posted(&many[1..]), NOW).is_ok());
}

#[test]
fn an_alert_is_not_lost_because_much_is_said_of_it() {
    let annotations = labels(&[("description", &"ü".repeat(5000)), ("empty", "")]);
    let given = PostedAlert {
        annotations: Some(Pairs { pairs: annotations, over: true }),
        generator_url: Some(format!("http://prom:9090/{}", "x".repeat(9000))),
        ..posted(&[("a", "x")])
    };
    let alert = Alert::from_posted(given, NOW).unwrap();
    let description = &alert.annotations["description"];
    assert!(description.len() <= ANNOTATION_BYTES_MAX && description.ends_with("ü…"));
    assert_eq!((alert.annotations.len(), alert.generator.as_str()), (1, ""));
}

#[test]
fn the_sender_is_the_origin_of_the_generator() {
    let sender = |generator: &str| {
        let given = PostedAlert { generator_url: Some(generator.to_owned()), ..posted(&[("a", "x")]) };
        let alert = Alert::from_posted(given, NOW).unwrap();
        (alert.sender().map(str::to_owned), alert.link().is_some())
    };
    assert_eq!(sender("http://prom:9090/graph?g0.expr=a%2Fb"), (Some("http://prom:9090".to_owned()), true));
    assert_eq!(sender("https://grafana.lan?x"), (Some("https://grafana.lan".to_owned()), true));
    for other in ["", "/graph", "http://", "http:///x", "javascript://x/%0aalert(1)", "ftp://x/"] {
        assert_eq!(sender(other), (None, false), "{other}");
    }
}

#[test]
fn the_name_says_what_and_where() {
    let name = |pairs: &[(&str, &str)]| Alert::from_posted(posted(pairs), NOW).unwrap().name();
    assert_eq!(name(&[("alertname", "HighCPU"), ("instance", "nas:9100")]), "HighCPU on nas:9100");
    assert_eq!(name(&[("alertname", "Watchdog"), ("severity", "none")]), "Watchdog");
    assert_eq!(name(&[("b", "2"), ("a", "1\n1")]), "a=1 1, b=2");
}

fn lasting(from: i64, to: i64, timeout: bool) -> Alert {
    let mut alert = Alert::from_posted(posted(&[("a", "x")]), NOW).unwrap();
    (alert.starts_at, alert.ends_at, alert.timeout) = (at(from), at(to), timeout);
    alert
}

#[test]
fn words_that_overlap_are_merged_as_alertmanager_does() {
    let merged = |old: Alert, new: Alert| {
        let alert = old.merged(new, NOW);
        (alert.starts_at, alert.ends_at)
    };
    // Repeated: the earliest start, the newest end.
    assert_eq!(merged(lasting(-60, 240, false), lasting(-30, 300, false)), (at(-60), at(300)));
    // A later end that was said explicitly stays; one that is only a time-out does not.
    assert_eq!(merged(lasting(-60, 900, false), lasting(-30, 300, true)), (at(-60), at(900)));
    assert_eq!(merged(lasting(-60, 900, true), lasting(-30, 300, true)), (at(-60), at(300)));
    // Resolved now.
    assert_eq!(merged(lasting(-60, 240, false), lasting(-60, -1, false)), (at(-60), at(-1)));
    // Another time altogether.
    assert_eq!(merged(lasting(-600, -300, false), lasting(-60, 240, false)), (at(-60), at(240)));
}

proptest! {
    #[test]
    fn whatever_is_posted_is_bounded(
        pairs in proptest::collection::btree_map(".{0,4}", ".{0,9}", 0..5),
        start in any::<i64>(), end in any::<i64>(), generator in ".{0,40}",
    ) {
        let given = PostedAlert {
            labels: Some(Pairs { pairs, over: false }),
            starts_at: Moment(Some(Timestamp::from_millis(start))),
            ends_at: Moment(Some(Timestamp::from_millis(end))),
            generator_url: Some(generator),
            ..PostedAlert::default()
        };
        if let Ok(alert) = Alert::from_posted(given, NOW) {
            prop_assert!(alert.name().chars().count() <= 120);
            prop_assert!(alert.starts_at <= alert.ends_at && !alert.labels.is_empty());
            let _ = alert.merged(lasting(-60, 60, false), NOW);
        }
    }
}
