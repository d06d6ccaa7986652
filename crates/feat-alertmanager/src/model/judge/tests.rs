use super::*;
use proptest::prelude::*;

fn alert(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Alert {
    let map = |pairs: &[(&str, &str)]| -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Alert {
        labels: map(labels),
        annotations: map(annotations),
        starts_at: Timestamp::from_millis(1_800_000_000_000),
        ends_at: Timestamp::from_millis(1_800_000_240_000),
        updated_at: Timestamp::from_millis(1_800_000_000_000),
        timeout: false,
        generator: "http://prom:9090/graph?g0.expr=up".to_owned(),
    }
}

fn judged(alert: &Alert, phase: Phase) -> Health {
    health(alert, phase, |at| at.clock_time(&jiff::tz::TimeZone::UTC))
}

#[test]
fn the_severity_decides_and_the_owner_s_word_overrules_it() {
    let level = |labels: &[(&str, &str)]| level_of(&alert(labels, &[]).labels);
    for severity in ["critical", "Critical ", "page", "error", "fatal"] {
        assert_eq!(level(&[("severity", severity)]), Level::Critical, "{severity}");
    }
    for severity in ["warning", "warn", "ticket", ""] {
        assert_eq!(level(&[("severity", severity)]), Level::Warning, "{severity}");
    }
    assert_eq!(level(&[]), Level::Warning);
    for severity in ["info", "none", "notice"] {
        assert_eq!(level(&[("severity", severity)]), Level::Ok, "{severity}");
        assert_eq!(level(&[("severity", severity), ("hob_level", "warning")]), Level::Warning);
    }
    assert_eq!(level(&[("severity", "critical"), ("hob_level", "ok")]), Level::Ok);
    assert_eq!(level(&[("severity", "critical"), ("hob_level", "banana")]), Level::Critical);
}

#[test]
fn an_alert_tells_its_reason_its_evidence_and_the_way_to_the_runbook() {
    let annotations = [
        ("summary", "The processor of nas\nis   busy"),
        ("runbook_url", "https://runbooks.lan/cpu"),
        ("value", "97 %"),
    ];
    let health =
        judged(&alert(&[("alertname", "HighCPU"), ("severity", "critical")], &annotations), Phase::Firing);
    assert_eq!(health.level, Level::Critical);
    assert_eq!(health.reason, "The processor of nas is busy.");
    assert_eq!(health.evidence, "{alertname=\"HighCPU\", severity=\"critical\"}\nValue: 97 %");
    assert_eq!(health.remedy.as_deref(), Some("The runbook says what to do: https://runbooks.lan/cpu"));
}

#[test]
fn without_annotations_the_labels_make_the_sentence() {
    let labels = [("alertname", "HighCPU"), ("instance", "nas:9100"), ("job", "node"), ("severity", "info")];
    let health = judged(&alert(&labels, &[("runbook_url", "javascript:alert(1)")]), Phase::Firing);
    assert_eq!(health.level, Level::Ok);
    assert_eq!(health.reason, "HighCPU fires for instance nas:9100, job node. This is for information only.");
    assert_eq!(health.remedy, None);
    assert_eq!(sentence(&alert(&[("a", "x")], &[])), "An alert without a name fires for a x.");
}

#[test]
fn how_it_ended_is_said_and_so_is_that_nobody_knows() {
    let disk = alert(&[("alertname", "Disk")], &[("description", "Disk is full!")]);
    assert_eq!(judged(&disk, Phase::Resolved(End::Said)).reason, "It is resolved.");
    for end in [End::RanOut, End::Dropped] {
        let health = judged(&disk, Phase::Resolved(end));
        assert_eq!(health.level, Level::Ok);
        assert!(health.reason.starts_with("It is resolved: "));
    }
    let health = judged(&disk, Phase::Lost);
    assert_eq!(health.level, Level::Unknown);
    assert_eq!(
        health.reason,
        "http://prom:9090 has not been heard of since 08:00, so nobody knows whether this still holds: Disk is full!"
    );
}

proptest! {
    #[test]
    fn whatever_is_sent_makes_short_sentences(
        labels in proptest::collection::btree_map(".{1,30}", ".{0,900}", 1..9),
        annotations in proptest::collection::btree_map("summary|runbook_url|value", ".{0,900}", 0..3),
    ) {
        let mut alert = alert(&[], &[]);
        (alert.labels, alert.annotations) = (labels, annotations);
        for phase in [Phase::Firing, Phase::Lost] {
            let health = judged(&alert, phase);
            prop_assert!(health.reason.chars().count() <= 900, "{}", health.reason);
            prop_assert!(!health.reason.chars().any(char::is_control));
            prop_assert!(health.evidence.chars().count() <= EVIDENCE_CHARS_MAX + 320);
        }
    }
}
