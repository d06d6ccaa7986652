use super::*;
use crate::model::definition::read_schedule;
use crate::model::runs::{Run, Unusual};
use hob_base::Level;
use recurrence::Length;

fn moment(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn nightly() -> Definition {
    Definition {
        name: "Backup".to_owned(),
        tags: vec!["nas".to_owned(), "backup".to_owned()],
        schedule: read_schedule("cron 0 3 * * *").unwrap(),
        grace: Length::parse("10m").unwrap(),
        needs: vec!["host/home/nas".parse().unwrap()],
        ..Definition::default()
    }
}

fn state(phase: Phase, why: Option<Why>) -> State {
    let now = moment("2026-11-23T03:10:00Z");
    State {
        phase,
        why,
        last_success: Some(now.minus(Duration::from_secs(26 * 3600))),
        runs: vec![Run { at: now, ms: 14 * 60_000 }; 5].into(),
        said: "rsync: no space left".to_owned(),
        ..State::default()
    }
}

fn judged(state: &State, now: &str) -> Health {
    judge(&nightly(), state, moment(now), &TimeZone::UTC).unwrap()
}

#[test]
fn every_kind_of_trouble_is_one_sentence() {
    let now = "2026-11-23T03:10:00Z";
    let since = moment("2026-11-23T03:00:00Z");
    for (why, reason) in [
        (
            Why::Missing { by: moment(now) },
            "Expected by 03:10, last success 26 hours ago, it usually takes 14 minutes.",
        ),
        (Why::Unfinished { since }, "It began at 03:00 and has not finished; it usually takes 14 minutes."),
        (Why::Failed { at: since, exit: Some(3) }, "It failed at 03:00 with exit status 3."),
        (Why::Failed { at: since, exit: None }, "It reported at 03:00 that it failed."),
    ] {
        let health = judged(&state(Phase::Down, Some(why)), now);
        assert_eq!((health.level, health.reason.as_str()), (Level::Critical, reason));
        assert_eq!(health.evidence, "rsync: no space left");
        assert!(health.remedy.is_some());
    }
    let never = State { last_success: None, runs: [].into(), ..state(Phase::Down, None) };
    let never = State { why: Some(Why::Missing { by: moment("2026-11-22T03:10:00Z") }), ..never };
    assert_eq!(judged(&never, now).reason, "Expected by 22 Nov, 03:10, no success yet.");
}

#[test]
fn late_is_well_with_a_reason_and_unusual_is_a_warning() {
    let due = Some(moment("2026-11-23T03:00:00Z"));
    let late = State { due, ..state(Phase::Up, None) };
    let health = judged(&late, "2026-11-23T03:05:00Z");
    assert_eq!(health.level, Level::Ok);
    assert_eq!(health.reason, "It is late: expected at 03:00, and it has until 03:10.");
    let health = judged(&late, "2026-11-23T02:05:00Z");
    assert_eq!(health.reason, "It reports as it should; next expected at 03:00.");
    let unusual = Some(Unusual { took_ms: 7_500_000, usual_ms: 840_000 });
    let health = judged(&State { unusual, ..late.clone() }, "2026-11-23T02:05:00Z");
    assert_eq!(health.level, Level::Warning);
    assert_eq!(health.reason, "The last run took 2 hours 5 minutes; it usually takes 14 minutes.");
    let unusual = Some(Unusual { took_ms: 2000, usual_ms: 840_000 });
    let health = judged(&State { unusual, ..late }, "2026-11-23T02:05:00Z");
    assert_eq!(health.reason, "The last run took only 2 seconds; it usually takes 14 minutes.");
}

#[test]
fn nobody_judges_what_was_never_heard_and_paused_is_well() {
    let now = moment("2026-11-23T03:05:00Z");
    assert_eq!(judge(&nightly(), &State::default(), now, &TimeZone::UTC), None);
    let paused = State { phase: Phase::Paused, paused_by: "anna".into(), ..State::default() };
    let health = judge(&nightly(), &paused, now, &TimeZone::UTC).unwrap();
    assert_eq!(health.reason, "It was paused by anna, so nothing is expected of it.");
}

#[test]
fn the_house_is_told_what_it_can_use() {
    let now = moment("2026-11-23T03:05:00Z");
    let told = observation("backup", &nightly(), &state(Phase::Up, None), now, &TimeZone::UTC);
    assert_eq!(told.resource.as_str(), "job/ping/backup");
    assert_eq!(told.name.as_deref(), Some("Backup"));
    let text = |key: &str| told.facts.get(key).and_then(|fact| fact.as_text().map(str::to_owned));
    assert_eq!(text("schedule").as_deref(), Some("cron 0 3 * * *"));
    assert_eq!(text("page").as_deref(), Some("/scheduled/backup"));
    assert_eq!(text("tag").as_deref(), Some("nas, backup"));
    assert_eq!(told.dependencies, ["host/home/nas".parse().unwrap()]);
}

#[test]
fn times_are_told_by_the_clock_of_the_house() {
    let down = state(Phase::Down, Some(Why::Missing { by: moment("2026-07-01T01:10:00Z") }));
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let health = judge(&nightly(), &down, moment("2026-07-01T01:10:00Z"), &berlin).unwrap();
    assert!(health.reason.starts_with("Expected by 03:10,"), "{}", health.reason);
}

#[test]
fn what_a_job_says_is_shown_and_does_nothing() {
    assert_eq!(excerpt(b"  a\r\nb\x00\x1b[31m\xff "), "a\nb\u{fffd}\u{fffd}[31m\u{fffd}");
    let long = excerpt("ä".repeat(5000).as_bytes());
    assert_eq!(long.chars().count(), 1001);
    assert!(long.ends_with('…'));
    assert_eq!(shown("safe\u{202e}gpj.exe".as_bytes()), "safe\u{fffd}gpj.exe");
    assert_eq!(run_words(14 * 60_000), "14 minutes");
    assert_eq!(run_words(999), "999 ms");
}
