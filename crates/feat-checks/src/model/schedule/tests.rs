use super::*;
use hob_base::Health;
use hob_feature::CheckTarget;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn id(n: usize) -> ResourceId {
    ResourceId::new("service", "nas", &n.to_string())
}

fn spec(n: usize, every: Duration) -> Arc<CheckSpec> {
    Arc::new(CheckSpec::new(id(n), CheckTarget::tcp("127.0.0.1", 80), every))
}

fn specs(count: usize, every: Duration) -> Vec<Arc<CheckSpec>> {
    (0..count).map(|n| spec(n, every)).collect()
}

fn well() -> Said {
    Said::of(Health::ok("Well."))
}

fn result(said: Said, failure: Option<&'static str>) -> Found {
    Found::Result { said, failure }
}

fn down() -> Said {
    Said::of(Health::critical("Down."))
}

fn all_due(schedule: &mut Schedule, now: Duration) -> Vec<Start> {
    std::iter::from_fn(|| schedule.start(now)).collect()
}

#[test]
fn new_checks_begin_within_a_second_and_keep_their_rhythm() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(20, 30 * SECOND), Duration::ZERO, |_| None);
    let started = all_due(&mut schedule, SECOND);
    assert_eq!(started.len(), 20);
    assert!(started.windows(2).all(|pair| pair[0].due <= pair[1].due));
    for start in &started {
        let said = schedule.finished(
            &start.spec.resource,
            start.slot,
            result(well(), None),
            start.due + SECOND / 10,
        );
        assert_eq!(said, Some(well()));
    }
    let mut again = all_due(&mut schedule, 32 * SECOND);
    again.sort_by_key(|start| start.spec.resource.clone());
    let mut first = started;
    first.sort_by_key(|start| start.spec.resource.clone());
    for (a, b) in first.iter().zip(&again) {
        let pause = b.due - a.due;
        assert!(pause >= 30 * SECOND && pause <= 30 * SECOND + SECOND / 2, "{pause:?}");
    }
}

#[test]
fn many_new_checks_do_not_begin_all_at_once() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(2000, 30 * SECOND), Duration::ZERO, |_| None);
    let mut started = 0;
    for tick in 0..=200 {
        let now = SECOND / 10 * tick;
        let batch = all_due(&mut schedule, now);
        assert!(batch.len() < 40, "{} at {now:?}", batch.len());
        started += batch.len();
        for start in batch {
            schedule.finished(&start.spec.resource, start.slot, result(well(), None), now);
        }
    }
    assert_eq!(started, 2000);
}

#[test]
fn checks_that_stay_are_not_disturbed_by_those_that_come_and_go() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(3, 30 * SECOND), Duration::ZERO, |_| None);
    for start in all_due(&mut schedule, SECOND) {
        schedule.finished(&start.spec.resource, start.slot, result(well(), None), SECOND);
    }
    let before = schedule.next_due();
    let gone =
        schedule
            .sync(vec![spec(0, 30 * SECOND), spec(1, 30 * SECOND), spec(7, 30 * SECOND)], SECOND, |_| None);
    assert_eq!(gone, [id(2)]);
    let new = all_due(&mut schedule, 3 * SECOND);
    assert_eq!(new.iter().map(|start| start.spec.resource.clone()).collect::<Vec<_>>(), [id(7)]);
    assert!(schedule.next_due() >= before);
}

#[test]
fn another_interval_holds_at_once() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(1, 3600 * SECOND), Duration::ZERO, |_| None);
    let start = all_due(&mut schedule, SECOND).remove(0);
    schedule.finished(&id(0), start.slot, result(well(), None), SECOND);
    // It was changed to a shorter interval, and is made at once.
    schedule.sync(specs(1, SECOND), 10 * SECOND, |_| None);
    let start = all_due(&mut schedule, 10 * SECOND).remove(0);
    schedule.finished(&id(0), start.slot, result(well(), None), 10 * SECOND);
    assert_eq!(
        all_due(&mut schedule, 12 * SECOND).len(),
        1,
        "not only after the hour that was left of the old one"
    );
}

#[test]
fn the_result_of_a_check_that_is_gone_or_is_another_by_now_is_dropped() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(1, SECOND), Duration::ZERO, |_| None);
    let start = all_due(&mut schedule, SECOND).remove(0);
    schedule.sync(vec![], SECOND, |_| None);
    schedule.sync(specs(1, SECOND), SECOND, |_| None);
    assert_eq!(schedule.finished(&id(0), start.slot, result(well(), None), 2 * SECOND), None);
    assert_eq!(all_due(&mut schedule, 2 * SECOND).len(), 1);
}

#[test]
fn a_poke_makes_it_due_and_one_under_way_is_made_once_more() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(1, 60 * SECOND), Duration::ZERO, |_| None);
    let start = all_due(&mut schedule, SECOND).remove(0);
    schedule.poke(&id(0), SECOND);
    assert!(all_due(&mut schedule, SECOND).is_empty(), "one at a time");
    schedule.finished(&id(0), start.slot, result(well(), None), 2 * SECOND);
    let start = all_due(&mut schedule, 2 * SECOND).remove(0);
    schedule.finished(&id(0), start.slot, result(well(), None), 2 * SECOND);
    assert!(all_due(&mut schedule, 3 * SECOND).is_empty());
    schedule.poke(&id(0), 3 * SECOND);
    assert_eq!(all_due(&mut schedule, 3 * SECOND).len(), 1);
    schedule.poke(&id(99), SECOND);
}

#[test]
fn a_failure_is_looked_at_again_soon_and_then_every_five_seconds() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(1, 30 * SECOND), Duration::ZERO, |_| Some(well()));
    let start = all_due(&mut schedule, 30 * SECOND).remove(0);
    let now = start.due;
    assert_eq!(schedule.finished(&id(0), start.slot, result(down(), Some("refused")), now), Some(well()));
    let due = schedule.next_due().unwrap() - now;
    assert!(due >= SECOND && due < 2 * SECOND, "{due:?}");
    let now = now + 2 * SECOND;
    let start = all_due(&mut schedule, now).remove(0);
    assert_eq!(schedule.finished(&id(0), start.slot, result(down(), Some("refused")), now), Some(down()));
    assert_eq!(schedule.next_due(), Some(now + 5 * SECOND));
}

#[test]
fn checks_that_fail_leave_slots_to_the_others() {
    let mut schedule = Schedule::default();
    let mut all = specs(300, 10 * SECOND);
    schedule.sync(all.clone(), Duration::ZERO, |_| Some(down()));
    let failing = all_due(&mut schedule, 30 * SECOND);
    assert_eq!(failing.len(), FAILING_MAX);
    all.extend((300..350).map(|n| spec(n, 10 * SECOND)));
    schedule.sync(all, 30 * SECOND, |_| None);
    assert_eq!(all_due(&mut schedule, 31 * SECOND).len(), 50);
    // As slots for what fails become free, those that waited longest get them.
    let first = &failing[0];
    schedule.finished(&first.spec.resource, first.slot, result(down(), Some("x")), 40 * SECOND);
    assert_eq!(all_due(&mut schedule, 40 * SECOND).len(), 1);
}

#[test]
fn no_more_run_than_there_are_slots() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(500, SECOND), Duration::ZERO, |_| None);
    let started = all_due(&mut schedule, 10 * SECOND);
    assert_eq!(started.len(), RUNNING_MAX);
    assert_eq!(schedule.next_due(), None, "only the end of a probe can change anything");
    let one = &started[0];
    schedule.finished(&one.spec.resource, one.slot, result(well(), None), 10 * SECOND);
    assert_eq!(all_due(&mut schedule, 10 * SECOND).len(), 1);
}

#[test]
fn a_probe_that_took_longer_than_its_interval_is_not_made_up_for() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(1, SECOND), Duration::ZERO, |_| None);
    let start = all_due(&mut schedule, SECOND).remove(0);
    let now = start.due + 10 * SECOND;
    schedule.finished(&id(0), start.slot, result(well(), None), now);
    assert!(all_due(&mut schedule, now).is_empty());
    let due = schedule.next_due().unwrap();
    assert!(due > now && due <= now + SECOND + SECOND / 20, "{due:?}");
}

#[test]
fn the_owner_says_how_soon_to_look_again_and_by_how_much_to_put_off() {
    let wish = CheckSpec {
        retry: Some(7 * SECOND),
        jitter: Some(20 * SECOND),
        ..CheckSpec::clone(&spec(0, 60 * SECOND))
    };
    let mut schedule = Schedule::default();
    schedule.sync(vec![Arc::new(wish)], Duration::ZERO, |_| Some(well()));
    let start = all_due(&mut schedule, 60 * SECOND).remove(0);
    schedule.finished(&id(0), start.slot, result(down(), Some("refused")), 60 * SECOND);
    assert_eq!(schedule.next_due(), Some(67 * SECOND));
    let start = all_due(&mut schedule, 67 * SECOND).remove(0);
    schedule.finished(&id(0), start.slot, result(well(), None), 67 * SECOND);
    let due = schedule.next_due().unwrap();
    assert!(due > 67 * SECOND && due <= 150 * SECOND, "{due:?}");
}

#[test]
fn what_is_held_back_is_asked_again_soon_and_says_what_was_said() {
    let mut schedule = Schedule::default();
    schedule.sync(specs(1, 60 * SECOND), Duration::ZERO, |_| Some(well()));
    let start = all_due(&mut schedule, 60 * SECOND).remove(0);
    assert_eq!(schedule.finished(&id(0), start.slot, Found::HeldBack, 60 * SECOND), Some(well()));
    assert_eq!(schedule.next_due(), Some(65 * SECOND));
}

proptest! {
    #[test]
    fn nothing_is_lost_whatever_happens(steps in prop::collection::vec((0..5_u8, 0..6_usize, any::<bool>()), 1..200)) {
        let mut schedule = Schedule::default();
        let (mut wanted, mut running, mut now) = (HashSet::new(), Vec::<Start>::new(), Duration::ZERO);
        for (what, n, good) in steps {
            now += SECOND / 2;
            match what {
                0 => { wanted.insert(n); }
                1 => { wanted.remove(&n); }
                2 => schedule.poke(&id(n), now),
                3 => running.extend(schedule.start(now)),
                _ => if let Some(start) = running.pop() {
                    let (said, failure) = if good { (well(), None) } else { (down(), Some("x")) };
                    schedule.finished(&start.spec.resource, start.slot, result(said, failure), now);
                }
            }
            schedule.sync(wanted.iter().map(|n| spec(*n, 10 * SECOND)).collect(), now, |_| None);
        }
        for start in running.drain(..) {
            schedule.finished(&start.spec.resource, start.slot, result(well(), None), now);
        }
        // Every check that is wanted comes up within one interval.
        let due: HashSet<_> =
            all_due(&mut schedule, now + 12 * SECOND).into_iter().map(|start| start.spec.resource.clone()).collect();
        prop_assert_eq!(due, wanted.iter().map(|n| id(*n)).collect::<HashSet<_>>());
    }
}
