use super::*;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn id(n: usize) -> ResourceId {
    ResourceId::new("service", "config", &n.to_string())
}

/// Checks of as many hosts.
fn guard(checks: usize, anchors: usize) -> Guard {
    let mut guard = Guard::new(anchors);
    for n in 0..checks {
        guard.add(id(n), format!("host{n}.example.org"), false);
    }
    guard
}

fn fails(guard: &mut Guard, n: usize, at: Duration) -> Step {
    guard.heard(&id(n), Reach::NoWay, None, at)
}

fn answers(guard: &mut Guard, n: usize, at: Duration) -> Step {
    guard.heard(&id(n), Reach::There, None, at)
}

#[test]
fn when_all_fail_the_connection_is_lost_and_one_answer_brings_it_back() {
    let mut guard = guard(3, 0);
    answers(&mut guard, 0, SECOND);
    assert!(!guard.holds_back(&id(0)));
    assert_eq!(fails(&mut guard, 0, 10 * SECOND), Step::Ask(vec![id(1), id(2)]));
    assert!(guard.holds_back(&id(0)) && !guard.is_lost());
    assert_eq!(fails(&mut guard, 1, 11 * SECOND), Step::Nothing);
    assert_eq!(fails(&mut guard, 2, 12 * SECOND), Step::Lost);
    assert!(guard.is_lost());
    assert_eq!(fails(&mut guard, 0, 15 * SECOND), Step::Nothing);
    assert_eq!(answers(&mut guard, 1, 60 * SECOND), Step::Back);
    assert!(!guard.is_lost() && !guard.holds_back(&id(0)));
}

#[test]
fn one_answer_shows_that_it_is_not_the_connection() {
    let mut guard = guard(3, 0);
    assert_eq!(fails(&mut guard, 0, SECOND), Step::Ask(vec![id(1), id(2)]));
    assert_eq!(answers(&mut guard, 1, 2 * SECOND), Step::Unfounded(vec![id(0)]));
    assert!(!guard.holds_back(&id(0)), "now it is judged by itself");
    // It raises no suspicion again and again.
    answers(&mut guard, 0, 3 * SECOND);
    assert_eq!(fails(&mut guard, 0, 4 * SECOND), Step::Nothing);
    answers(&mut guard, 0, 5 * SECOND);
    assert!(matches!(fails(&mut guard, 0, 100 * SECOND), Step::Ask(_)));
}

#[test]
fn one_host_is_not_enough_whatever_its_names() {
    let mut guard = Guard::new(0);
    for (n, name) in ["a.example.org", "b.example.org"].into_iter().enumerate() {
        guard.add(id(n), name.to_owned(), false);
        guard.heard(&id(n), Reach::There, Some([203, 0, 113, 7].into()), SECOND);
    }
    assert!(!guard.can_tell());
    assert_eq!(fails(&mut guard, 0, 2 * SECOND), Step::Nothing);
    assert!(!guard.holds_back(&id(0)));
    assert_eq!(fails(&mut guard, 1, 2 * SECOND), Step::Nothing);
    assert!(!guard.is_lost());
}

#[test]
fn anchors_decide_where_there_are_some() {
    let mut guard = guard(1, 2);
    assert_eq!(fails(&mut guard, 0, SECOND), Step::Ask(vec![]));
    assert_eq!(guard.heard_anchor(0, false, 2 * SECOND), Step::Nothing);
    assert_eq!(guard.heard_anchor(1, false, 2 * SECOND), Step::Lost);
    assert_eq!(guard.heard_anchor(1, true, 9 * SECOND), Step::Back);
    assert!(matches!(fails(&mut guard, 0, 10 * SECOND), Step::Nothing), "it failed before, too");
    let mut guard = self::guard(3, 1);
    assert!(matches!(fails(&mut guard, 0, SECOND), Step::Ask(_)));
    fails(&mut guard, 1, SECOND);
    fails(&mut guard, 2, SECOND);
    assert!(!guard.is_lost(), "the anchor has not been heard");
    assert_eq!(guard.heard_anchor(0, true, 2 * SECOND), Step::Unfounded(vec![id(0), id(1), id(2)]));
    assert!(!guard.holds_back(&id(0)));
    // Anchors that fail in their usual round raise a suspicion by themselves.
    let mut guard = self::guard(2, 1);
    answers(&mut guard, 0, SECOND);
    assert_eq!(guard.heard_anchor(0, false, 60 * SECOND), Step::Lost);
}

#[test]
fn who_does_not_answer_is_not_waited_for_for_ever() {
    let mut guard = guard(3, 0);
    fails(&mut guard, 0, SECOND);
    assert_eq!(guard.next(), Some(31 * SECOND));
    assert_eq!(guard.tick(20 * SECOND), Step::Nothing);
    assert!(guard.holds_back(&id(0)));
    assert_eq!(guard.tick(31 * SECOND), Step::Unfounded(vec![id(0)]));
    assert!(!guard.holds_back(&id(0)), "one host proves nothing");
    let mut guard = self::guard(3, 0);
    fails(&mut guard, 0, SECOND);
    fails(&mut guard, 1, 2 * SECOND);
    assert_eq!(guard.tick(31 * SECOND), Step::Lost);
}

#[test]
fn a_check_that_is_gone_is_not_waited_for_and_burdens_are_spared() {
    let mut guard = guard(3, 0);
    guard.add(id(9), "rdap.org".to_owned(), true);
    assert_eq!(fails(&mut guard, 0, SECOND), Step::Ask(vec![id(1), id(2)]));
    guard.remove(&id(2));
    assert_eq!(fails(&mut guard, 1, 2 * SECOND), Step::Lost);
    let mut guard = self::guard(1, 0);
    guard.add(id(9), "rdap.org".to_owned(), true);
    assert_eq!(fails(&mut guard, 0, SECOND), Step::Ask(vec![id(9)]), "who else could tell");
    let mut guard = self::guard(50, 0);
    let Step::Ask(asked) = fails(&mut guard, 0, SECOND) else { panic!() };
    assert_eq!(asked.len(), ASKED_MAX);
}

#[test]
fn checks_within_the_house_are_none_of_its_business() {
    let mut guard = guard(2, 0);
    let inside = ResourceId::new("service", "nas", "22");
    assert_eq!(guard.heard(&inside, Reach::NoWay, None, SECOND), Step::Nothing);
    assert!(!guard.holds_back(&inside));
}

proptest! {
    #[test]
    fn one_answer_is_always_proof(anchored: bool, anchors_failed: bool, waiting: bool, failed_hosts in 0..9_usize) {
        let findings = Findings { answered: true, anchored, anchors_failed, waiting, failed_hosts };
        prop_assert_eq!(judge(&findings), Verdict::NotLost);
    }

    #[test]
    fn one_success_within_the_window_always_means_not_lost(
        checks in 1..6_usize, anchors in 0..3_usize,
        steps in prop::collection::vec((0..8_usize, any::<bool>(), 0..4_u32), 1..60),
    ) {
        let mut guard = guard(checks, anchors);
        let mut now = Duration::ZERO;
        // When the last answer came, and when what is now suspected began.
        let (mut last_answer, mut began) = (None, None::<Duration>);
        for (who, there, pause) in steps {
            now += SECOND * pause;
            let reach = if there { Reach::There } else { Reach::NoWay };
            let was_calm = !guard.holds_back(&id(0));
            let step = if who < checks {
                guard.heard(&id(who), reach, None, now)
            } else {
                guard.heard_anchor(who - checks, there, now)
            };
            let heard = who < checks || who - checks < anchors;
            if was_calm {
                began = Some(now);
            }
            if there && heard {
                last_answer = Some(now);
                prop_assert!(!guard.is_lost(), "an answer came just now");
            }
            if step == Step::Lost {
                let (began, answer) = (began.unwrap(), last_answer);
                prop_assert!(answer.is_none_or(|at| at <= began), "{answer:?} after {began:?}");
            }
        }
    }

    #[test]
    fn whatever_is_heard_it_comes_to_rest(
        checks in 1..6_usize, steps in prop::collection::vec((0..6_usize, 0..3_u8), 0..60),
    ) {
        let mut guard = guard(checks, 0);
        let mut now = Duration::ZERO;
        for (who, what) in steps {
            now += SECOND;
            let reach = [Reach::There, Reach::NoWay, Reach::Unclear][usize::from(what)];
            guard.heard(&id(who), reach, None, now);
        }
        guard.tick(now + PATIENCE);
        prop_assert!(guard.next().is_none());
    }
}
