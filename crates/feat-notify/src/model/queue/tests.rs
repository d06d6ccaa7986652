use super::super::news::Kind;
use super::*;
use hob_base::{IncidentId, Level};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(seconds * 1000).unwrap())
}

fn news(n: u32, kind: Kind) -> News {
    News {
        key: format!("incident/1/{n}"),
        kind,
        at: at(u64::from(n)),
        incident: Some(IncidentId(1)),
        severity: Level::Critical,
        title: format!("Title {n}"),
        body: format!("Body {n}"),
        path: "/incidents/1".into(),
        to: None,
        subject: None,
        untold: None,
    }
}

fn delivery(channels: &[&str]) -> Delivery {
    numbered(channels, 0, Kind::Opened)
}

fn numbered(channels: &[&str], n: u32, kind: Kind) -> Delivery {
    let chain = channels.iter().map(|name| Place { channel: (*name).to_owned(), person: None }).collect();
    let errand = Errand { rule: "r".into(), person: None, chain, patience: 5 * MINUTE };
    Delivery::new(errand, news(n, kind), at(u64::from(n)))
}

fn later(after: Option<u64>) -> Outcome {
    Outcome::Later { after: after.map(Duration::from_secs), status: Some(503), text: "busy".into() }
}

fn refused() -> Outcome {
    Outcome::Refused { status: Some(403), text: "no".into() }
}

fn taken() -> Outcome {
    Outcome::Taken { status: Some(200), text: "ok".into(), missed: None }
}

/// Tries at each time it is due, and tells which place was tried when, until it ends or `tries` are done.
fn run(
    delivery: &mut Delivery,
    tries: usize,
    answer: impl Fn(&str, Timestamp) -> Outcome,
) -> Vec<(u64, String)> {
    let mut done = Vec::new();
    let mut now = delivery.due;
    while done.len() < tries && delivery.state.is_open() {
        let step = delivery.pick(now).unwrap();
        let channel = delivery.steps[step].place.channel.clone();
        delivery.begin(step, now);
        let outcome = answer(&channel, now);
        done.push((u64::try_from(now.millis()).unwrap() / 1000, channel));
        delivery.answered(step, &outcome, now, 0.5);
        now = now.max(delivery.due);
    }
    done
}

#[test]
fn pauses_double_up_to_an_hour() {
    let seconds: Vec<u64> = (1..=12).map(|tries| pause(tries, 0.5).as_secs()).collect();
    assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    assert_eq!((pause(1, 0.0).as_secs(), pause(1, 1.0).as_secs()), (8, 12));
    assert!(pause(u32::MAX, 9.0) <= LONGEST_PAUSE.mul_f64(1.2));
}

#[test]
fn what_is_taken_at_once_is_sent_once() {
    let mut delivery = delivery(&["a", "b"]);
    let tried = run(&mut delivery, 10, |_, _| taken());
    assert_eq!(tried, [(0, "a".to_owned())]);
    assert_eq!((delivery.state, delivery.arrived().unwrap().channel.as_str()), (State::Sent, "a"));
}

#[test]
fn the_next_channel_has_its_turn_after_the_patience() {
    let mut delivery = delivery(&["a", "b"]);
    let tried = run(&mut delivery, 100, |channel, _| if channel == "a" { later(None) } else { taken() });
    let last = tried.last().unwrap();
    assert_eq!(*last, (300, "b".to_owned()), "{tried:?}");
    assert_eq!(delivery.state, State::Sent);
}

#[test]
fn the_next_channel_has_its_turn_at_once_when_one_refuses_for_good() {
    let mut one = delivery(&["a", "b"]);
    let tried = run(&mut one, 100, |channel, _| if channel == "a" { refused() } else { taken() });
    assert_eq!(tried, [(0, "a".to_owned()), (0, "b".to_owned())]);
    let mut all = delivery(&["a", "b"]);
    run(&mut all, 100, |_, _| refused());
    assert_eq!((all.state, all.tried.len()), (State::Failed, 2));
}

#[test]
fn channels_take_turns_until_a_day_has_passed() {
    let mut delivery = delivery(&["a", "b"]);
    let tried = run(&mut delivery, 1000, |_, _| later(None));
    assert_eq!(delivery.state, State::GivenUp);
    let ended = delivery.ended_at.unwrap();
    assert!(at(86_400) <= ended && ended <= at(86_400 + 4400), "{ended}");
    let b = tried.iter().filter(|(_, channel)| channel == "b").count();
    assert!(b > 10 && tried.len() - b > 10, "{tried:?}");
    assert!(tried.len() < 100, "not more than {} tries a day", tried.len());
    assert_eq!(delivery.tried.len(), TRIED_MAX);
}

#[test]
fn one_that_refused_is_not_tried_again_while_another_may_recover() {
    let mut delivery = delivery(&["a", "b"]);
    let answer = |channel: &str, now: Timestamp| match channel {
        "a" if now < at(1000) => later(None),
        "a" => taken(),
        _ => refused(),
    };
    let tried = run(&mut delivery, 100, answer);
    assert_eq!(tried.iter().filter(|(_, channel)| channel == "b").count(), 1);
    assert_eq!(delivery.state, State::Sent);
}

#[test]
fn what_asks_to_be_left_alone_is() {
    let mut one = delivery(&["a"]);
    let tried = run(&mut one, 2, |_, _| later(Some(120)));
    assert_eq!(tried[1].0, 120);
    let mut long = delivery(&["a"]);
    assert_eq!(run(&mut long, 2, |_, _| later(Some(999_999)))[1].0, 3600);
    // The next channel does not wait for it.
    let mut two = delivery(&["a", "b"]);
    assert_eq!(run(&mut two, 2, |_, _| later(Some(3000)))[1], (300, "b".to_owned()));
}

#[test]
fn one_that_never_has_its_turn_moves_on_and_ends_all_the_same() {
    let mut delivery = delivery(&["a", "b"]);
    delivery.hold(0, at(4000), at(0));
    assert_eq!((delivery.due, delivery.pick(at(0))), (at(300), Some(0)));
    assert_eq!(delivery.pick(at(300)), Some(1));
    assert!(!delivery.expire(at(86_399)));
    assert!(delivery.expire(at(86_400)));
    assert_eq!(delivery.state, State::GivenUp);
}

#[test]
fn what_was_opened_and_closed_meanwhile_is_one_message_that_says_both() {
    let mut older = [numbered(&["a"], 0, Kind::Opened), numbered(&["a"], 1, Kind::Changed)];
    let mut closed = numbered(&["a"], 2, Kind::Closed);
    overtake(&mut closed, older.iter_mut(), at(9));
    assert!(older.iter().all(|old| old.state == State::Overtaken && old.ended_at == Some(at(9))));
    assert_eq!(closed.news.untold.as_ref().unwrap().title, "Title 0");
    // What was overtaken twice is still told by its first word.
    let mut again = numbered(&["a"], 3, Kind::Opened);
    overtake(&mut again, std::iter::once(&mut closed), at(10));
    assert_eq!(again.news.untold.as_ref().unwrap().title, "Title 0");
}

#[test]
fn what_is_on_its_way_or_another_threads_is_not_overtaken() {
    let mut sending = numbered(&["a"], 0, Kind::Opened);
    sending.begin(0, at(0));
    let mut sent = numbered(&["a"], 0, Kind::Opened);
    sent.end(State::Sent, at(1));
    let mut others = numbered(&["a"], 0, Kind::Opened);
    others.person = Some("ben".into());
    let mut closed = numbered(&["a"], 2, Kind::Closed);
    let mut older = [sending, sent, others];
    overtake(&mut closed, older.iter_mut(), at(9));
    assert_eq!(older.map(|old| old.state), [State::Sending, State::Sent, State::Waiting]);
    assert_eq!(closed.news.untold, None);
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_wait_for_ever() {
    let mut delivery = delivery(&["a"]);
    delivery.due = at(1_000_000);
    delivery.mind_the_clock(at(10));
    assert!(delivery.due <= at(10 + 7200));
}

#[test]
fn a_bucket_lets_a_few_through_at_once_and_then_one_at_a_time() {
    let mut bucket = Bucket::new(6, Duration::ZERO);
    assert_eq!((0..10).filter(|_| bucket.take(Duration::ZERO).is_ok()).count(), 6);
    assert_eq!(bucket.take(Duration::ZERO), Err(Duration::from_secs(10)));
    assert_eq!(bucket.take(Duration::from_secs(10)), Ok(()));
    assert!(bucket.take(Duration::from_secs(11)).is_err());
}

proptest! {
    /// Whatever channels answer: nothing is tried after it ended or refused, time goes forward, and it ends in a day
    /// and one pause.
    #[test]
    fn every_delivery_ends(answers in prop::collection::vec(0..4u8, 1..200), places in 1..4usize) {
        let names = ["a", "b", "c"];
        let mut delivery = delivery(&names[..places]);
        let mut now = at(0);
        for answer in answers.iter().cycle().take(2000) {
            if !delivery.state.is_open() {
                break;
            }
            let step = delivery.pick(now).unwrap();
            prop_assert!(!delivery.steps[step].refused);
            delivery.begin(step, now);
            let outcome = match answer { 0 | 1 => later(None), 2 => later(Some(50)), _ => refused() };
            delivery.answered(step, &outcome, now, 0.9);
            prop_assert!(delivery.state != State::Waiting || delivery.due >= now);
            now = now.max(delivery.due);
        }
        prop_assert!(!delivery.state.is_open());
        prop_assert!(delivery.ended_at.unwrap() <= at(86_400 + 4400));
    }
}
