use super::*;
use crate::model::definition::read_schedule;
use proptest::prelude::*;
use recurrence::Length;

const HOUR: u64 = 3600;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus(Duration::from_secs(seconds))
}

fn job(schedule: &str, grace: &str) -> Definition {
    Definition {
        schedule: read_schedule(schedule).unwrap(),
        grace: Length::parse(grace).unwrap(),
        ..Definition::default()
    }
}

fn ping(action: Action) -> Ping {
    Ping { action, exit: None, run: None, took_ms: None, said: String::new() }
}

fn run_of(number: u8) -> Option<RunId> {
    RunId::read(&format!("5bf66975-d4c7-4bf5-bcc8-b8d8a82ea2{number:02x}"))
}

struct Life {
    state: State,
    job: Definition,
}

impl Life {
    fn of(schedule: &str, grace: &str) -> Self {
        Self { state: State::default(), job: job(schedule, grace) }
    }

    fn say(&mut self, seconds: u64, action: Action) -> Counted {
        self.say_of(seconds, action, None)
    }

    fn say_of(&mut self, seconds: u64, action: Action, run: Option<RunId>) -> Counted {
        self.state.ping(Ping { run, ..ping(action) }, at(seconds), &self.job, &TimeZone::UTC)
    }

    fn tick(&mut self, seconds: u64) -> Phase {
        self.state.tick(at(seconds), &self.job);
        self.state.phase
    }
}

#[test]
fn silence_becomes_late_and_then_down_and_a_success_clears_it() {
    let mut life = Life::of("every 1h", "10m");
    assert_eq!(life.tick(100 * HOUR), Phase::New, "of a new job nothing is expected");
    life.say(0, Action::Success);
    assert_eq!(life.state.status(at(HOUR - 1)), Status::Up);
    assert_eq!(life.state.next_look(at(0), &life.job), Some(at(HOUR)));
    assert_eq!(life.state.status(at(HOUR)), Status::Late);
    assert_eq!(life.state.next_look(at(HOUR), &life.job), Some(at(HOUR + 600)));
    assert_eq!(life.tick(HOUR + 599), Phase::Up);
    assert_eq!(life.tick(HOUR + 600), Phase::Down);
    assert_eq!(life.state.why, Some(Why::Missing { by: at(HOUR + 600) }));
    assert_eq!(life.state.next_look(at(HOUR + 600), &life.job), None);
    life.say(2 * HOUR, Action::Success);
    assert_eq!((life.state.phase, &life.state.why), (Phase::Up, &None));
}

#[test]
fn a_failure_is_down_at_once_and_keeps_its_status() {
    let mut life = Life::of("every 1h", "10m");
    let counted = life.state.ping(
        Ping { exit: Some(3), said: "no space".into(), ..ping(Action::Fail) },
        at(5),
        &life.job,
        &TimeZone::UTC,
    );
    assert_eq!(counted.action, Action::Fail);
    assert_eq!(life.state.phase, Phase::Down);
    assert_eq!(life.state.why, Some(Why::Failed { at: at(5), exit: Some(3) }));
    assert_eq!(life.state.said, "no space");
    life.say(6, Action::Log);
    assert_eq!((life.state.phase, life.state.said.as_str()), (Phase::Down, "no space"));
    life.say(7, Action::Start);
    assert_eq!(life.state.phase, Phase::Down, "that it begins again is no success");
}

#[test]
fn what_begins_and_does_not_end_is_down_after_its_grace() {
    let mut life = Life::of("every 1d", "1h");
    life.say(0, Action::Start);
    assert_eq!(life.tick(HOUR - 1), Phase::New);
    assert_eq!(life.tick(HOUR), Phase::Down);
    assert_eq!(life.state.why, Some(Why::Unfinished { since: at(0) }));
    let counted = life.say(2 * HOUR, Action::Success);
    assert_eq!(counted.took_ms, Some(7_200_000));
    assert_eq!(life.state.phase, Phase::Up);
}

#[test]
fn overlapping_runs_are_told_apart() {
    let mut life = Life::of("every 1d", "1h");
    life.say_of(0, Action::Start, run_of(1));
    life.say_of(60, Action::Start, run_of(2));
    assert_eq!(life.say_of(100, Action::Success, run_of(2)).took_ms, Some(40_000));
    assert_eq!(life.say_of(130, Action::Success, run_of(1)).took_ms, Some(130_000));
    assert_eq!(life.say_of(131, Action::Success, run_of(3)).took_ms, None, "its start was never heard");
    assert_eq!(life.state.open, []);
    // One run hangs while the others go well: it is told.
    life.say_of(200, Action::Start, run_of(4));
    life.say_of(300, Action::Success, run_of(5));
    assert_eq!(life.tick(200 + HOUR), Phase::Down);
    // And the next success clears it for good.
    life.say_of(300 + HOUR, Action::Success, run_of(6));
    assert_eq!(life.tick(300 + HOUR + 1), Phase::Up);
}

#[test]
fn many_runs_under_way_are_bounded() {
    let mut life = Life::of("every 1d", "1h");
    for number in 0..200 {
        life.say_of(number.into(), Action::Start, run_of(number));
    }
    assert_eq!(life.state.open.len(), OPEN_MAX);
}

#[test]
fn a_paused_job_is_resumed_by_a_ping_unless_it_must_not_be() {
    let mut life = Life::of("every 1h", "10m");
    life.say(0, Action::Success);
    life.state.pause("anna");
    assert_eq!(life.tick(100 * HOUR), Phase::Paused);
    life.say(100 * HOUR, Action::Success);
    assert_eq!(life.state.phase, Phase::Up);
    life.job.manual_resume = true;
    life.state.pause("anna");
    assert_eq!(life.say(101 * HOUR, Action::Fail).action, Action::Ignored);
    assert_eq!(life.state.phase, Phase::Paused);
    assert!(life.state.resume());
    assert_eq!(life.state.phase, Phase::New);
    assert!(!life.state.resume());
}

#[test]
fn what_nobody_could_hear_is_given_its_grace_once() {
    let mut life = Life::of("every 1h", "10m");
    life.say(0, Action::Success);
    // The hub was off from before it was due until long after.
    assert!(life.state.wake(at(5 * HOUR), &life.job));
    assert_eq!(life.tick(5 * HOUR + 599), Phase::Up);
    // A second start within that time grants nothing more: somebody was there.
    assert!(!life.state.wake(at(5 * HOUR + 599), &life.job));
    assert_eq!(life.tick(5 * HOUR + 600), Phase::Down);
    assert!(!life.state.wake(at(9 * HOUR), &life.job), "what is down stays down");
}

#[test]
fn a_clock_that_was_far_ahead_does_not_silence_a_job() {
    let mut life = Life::of("every 1h", "10m");
    life.say(1_000_000 * HOUR, Action::Success);
    assert!(life.state.rebase(at(0), &life.job, &TimeZone::UTC));
    assert_eq!(life.state.due, Some(at(HOUR)));
    assert_eq!(life.tick(HOUR + 600), Phase::Down);
    assert!(!life.state.rebase(at(2 * HOUR), &life.job, &TimeZone::UTC));
}

#[test]
fn the_clock_of_the_schedule_decides_also_when_it_is_put_forward() {
    // In Berlin, on 29 March 2026, the clocks go from 02:00 to 03:00.
    let mut life = Life::of("cron 30 2 * * * in Europe/Berlin", "10m");
    let moment =
        |text: &str| Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    life.state.ping(ping(Action::Success), moment("2026-03-28T01:31:00Z"), &life.job, &TimeZone::UTC);
    assert_eq!(life.state.due, Some(moment("2026-03-29T01:00:00Z")));
}

#[test]
fn a_shorter_schedule_is_no_alarm_at_once() {
    let mut life = Life::of("every 1d", "10m");
    life.say(0, Action::Success);
    life.job = job("every 1h", "5m");
    life.state.replan(at(5 * HOUR), &life.job, &TimeZone::UTC);
    assert_eq!(life.tick(5 * HOUR + 299), Phase::Up);
    assert_eq!(life.tick(5 * HOUR + 300), Phase::Down);
}

#[test]
fn an_unusual_run_is_noted_until_the_next_usual_one() {
    let mut life = Life::of("every 1d", "10h");
    let run = |life: &mut Life, start: u64, took: u64| {
        life.say(start, Action::Start);
        life.say(start + took, Action::Success);
        life.state.unusual
    };
    for i in 0..6 {
        assert_eq!(run(&mut life, i * 10_000, 840), None);
    }
    let odd = run(&mut life, 100_000, 7200).unwrap();
    assert_eq!((odd.took_ms, odd.usual_ms), (7_200_000, 840_000));
    assert_eq!(run(&mut life, 200_000, 850), None);
}

#[test]
fn a_state_survives_the_database() {
    let mut life = Life::of("every 1h", "10m");
    life.say_of(0, Action::Start, run_of(1));
    life.say(5, Action::Fail);
    let text = serde_json::to_string(&life.state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&text).unwrap(), life.state);
    assert_eq!(serde_json::from_str::<State>("{}").unwrap(), State::default());
}

#[derive(Debug, Clone)]
enum Step {
    Say(Action, Option<u8>),
    Tick,
    Wake,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let action = prop::sample::select(vec![
        Action::Success,
        Action::Success,
        Action::Fail,
        Action::Start,
        Action::Log,
    ]);
    let step = prop_oneof![
        4 => (action, prop::option::of(0_u8..3)).prop_map(|(action, run)| Step::Say(action, run)),
        4 => Just(Step::Tick),
        1 => Just(Step::Wake),
    ];
    prop::collection::vec((0_u64..3000, step), 1..60)
}

proptest! {
    /// Whatever happens: no alarm before what is due, or began, and its grace, and none less than a grace after waking;
    /// one as soon as that has passed; and a success clears everything.
    #[test]
    fn alarms_come_neither_early_nor_never(steps in steps()) {
        let mut life = Life::of("every 30m", "10m");
        let grace = life.job.grace.duration();
        let (mut now, mut woke) = (0, None);
        for (pause, step) in steps {
            now += pause;
            match step {
                Step::Say(action, run) => {
                    life.say_of(now, action, run.and_then(run_of));
                    if action == Action::Success {
                        prop_assert_eq!(life.state.phase, Phase::Up);
                        prop_assert!(life.state.deadline(&life.job).is_none_or(|(by, _)| by > at(now)));
                    }
                    if action == Action::Fail {
                        prop_assert_eq!(life.state.phase, Phase::Down);
                    }
                }
                Step::Wake => {
                    if life.state.wake(at(now), &life.job) {
                        woke = Some(at(now));
                    }
                }
                Step::Tick => {
                    let before = life.state.clone();
                    let went_down = life.state.tick(at(now), &life.job);
                    let oldest = before.open.iter().map(|open| open.since).min();
                    let due = before.due.filter(|_| before.phase == Phase::Up);
                    let first = [oldest, due].into_iter().flatten().min();
                    let expected = first.map(|first| first.plus(grace));
                    if went_down {
                        prop_assert!(expected.is_some_and(|by| by <= at(now)));
                        prop_assert!(before.not_before.is_none_or(|by| by <= at(now)));
                    } else if matches!(before.phase, Phase::Up | Phase::New) {
                        let excused = woke.is_some_and(|woke: Timestamp| woke.plus(grace) > at(now));
                        prop_assert!(expected.is_none_or(|by| by > at(now)) || excused);
                    }
                }
            }
            prop_assert_eq!(life.state.phase == Phase::Down, life.state.why.is_some());
        }
    }

    /// The watch need not look at a job before it says.
    #[test]
    fn nothing_changes_before_the_next_look(steps in steps(), share in 0.0_f64..1.0) {
        let mut life = Life::of("every 30m", "10m");
        let mut now = 0;
        for (pause, step) in steps {
            now += pause;
            if let Step::Say(action, run) = step {
                life.say_of(now, action, run.and_then(run_of));
            } else {
                life.tick(now);
            }
        }
        let Some(look) = life.state.next_look(at(now), &life.job) else { return Ok(()) };
        let wait = look.since(at(now));
        let between = at(now).plus(wait.mul_f64(share * 0.999));
        let shown = life.state.status(at(now));
        if between < look {
            prop_assert!(!life.state.clone().tick(between, &life.job));
            prop_assert_eq!(life.state.status(between), shown);
        }
    }
}
