use super::*;
use crate::Transition;
use proptest::prelude::*;

fn at(seconds: u64) -> Moment {
    Moment {
        wall: Timestamp::from_millis(1_000_000 + seconds as i64 * 1000),
        monotonic: Duration::from_secs(seconds),
    }
}

fn says(source: &str, level: Level) -> Observation {
    let id = ResourceId::new("service", "nas", "3000");
    Observation::new(source, id, Duration::from_secs(60))
        .judged(Health::new(level, format!("{source}: {level}")))
}

#[test]
fn the_worst_word_that_holds_is_shown() {
    let a = observe(None, says("checks", Level::Ok), at(0));
    let b = observe(Some(&a), says("cluster", Level::Critical), at(1));
    assert_eq!((b.health.level, b.source.as_str()), (Level::Critical, "cluster"));
    let c = observe(Some(&b), says("cluster", Level::Ok), at(2));
    assert_eq!(c.health.level, Level::Ok);
}

#[test]
fn of_two_equally_bad_words_the_older_is_shown() {
    let a = observe(None, says("services", Level::Critical), at(0));
    let b = observe(Some(&a), says("checks", Level::Critical), at(1));
    assert_eq!(b.source.as_str(), "services");
    assert_eq!(b.since, a.since);
}

#[test]
fn silence_makes_unknown_and_says_who_was_silent() {
    let a = observe(None, says("checks", Level::Ok), at(0));
    assert_eq!(expire(&a, at(59)), None);
    let b = expire(&a, at(60)).unwrap();
    assert_eq!(b.health.level, Level::Unknown);
    assert!(b.health.reason.contains("checks"), "{}", b.health.reason);
    assert_eq!(expire(&b, at(61)), None, "it expires once");
    let back = observe(Some(&b), says("checks", Level::Ok), at(70));
    assert_eq!(back.health.level, Level::Ok);
}

#[test]
fn a_thing_just_found_is_no_transition_until_somebody_judges_it() {
    let mut found = says("services", Level::Ok);
    found.health = None;
    let a = observe(None, found, at(0));
    assert_eq!(Transition::between(None, &a), None);
    let b = observe(Some(&a), says("checks", Level::Ok), at(1));
    let first = Transition::between(Some(&a), &b).unwrap();
    assert_eq!((first.from, first.to), (None, Level::Ok));
}

#[test]
fn a_clock_that_jumps_back_keeps_transitions_in_order() {
    let a = observe(None, says("checks", Level::Ok), at(7200));
    let jumped = Moment { wall: at(3600).wall, monotonic: at(7210).monotonic };
    let b = observe(Some(&a), says("checks", Level::Critical), jumped);
    assert!(b.since >= a.since);
}

#[test]
fn a_withdrawn_word_leaves_the_others_or_nothing() {
    let a = observe(None, says("checks", Level::Critical), at(0));
    let b = observe(Some(&a), says("services", Level::Ok), at(1));
    let Some(Withdrawn::Remains(c)) = withdraw(&b, &"checks".into(), at(2)) else {
        panic!("it should remain")
    };
    assert_eq!(c.health.level, Level::Ok);
    assert_eq!(withdraw(&c, &"services".into(), at(3)), Some(Withdrawn::Gone));
    assert_eq!(withdraw(&c, &"nobody".into(), at(3)), None);
}

#[test]
fn a_restored_resource_waits_before_it_becomes_unknown() {
    let a = observe(None, says("checks", Level::Ok), at(0));
    let b = restore(a, at(0), Duration::from_secs(60));
    assert_eq!(expire(&b, at(59)), None);
    assert!(expire(&b, at(60)).is_some());
}

proptest! {
    #[test]
    fn the_shown_level_is_never_better_than_any_word_that_holds(
        steps in proptest::collection::vec((0usize..4, 0usize..4, 0u64..100), 1..40)
    ) {
        let sources = ["a", "b", "c", "d"];
        let mut resource: Option<Resource> = None;
        let mut time = 0;
        let mut last = None;
        for (source, level, pause) in steps {
            time += pause;
            if let Some(r) = resource.as_mut() && let Some(e) = expire(r, at(time)) {
                *r = e;
            }
            let next = observe(resource.as_ref(), says(sources[source], Level::ALL[level]), at(time));
            let worst = next.words.values().map(|w| if w.expired { Level::Unknown } else { w.health.as_ref().unwrap().level }).max();
            prop_assert_eq!(Some(next.health.level), worst);
            if let Some(transition) = Transition::between(resource.as_ref(), &next) {
                prop_assert!(last.is_none_or(|l| l <= transition.at));
                last = Some(transition.at);
            }
            resource = Some(next);
        }
    }
}
