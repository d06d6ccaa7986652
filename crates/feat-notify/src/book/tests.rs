use super::*;
use crate::model::news::Kind;
use crate::model::route::Refusal;
use hob_base::Level;

fn moment(seconds: u64) -> Moment {
    let monotonic = Duration::from_secs(seconds);
    Moment { wall: Timestamp::from_millis(0).plus(monotonic), monotonic }
}

fn at(seconds: u64) -> Timestamp {
    moment(seconds).wall
}

fn news(incident: i64, n: u32, severity: Level) -> News {
    News {
        key: format!("incident/{incident}/{n}"),
        kind: Kind::Opened,
        at: at(u64::from(n)),
        incident: Some(IncidentId(incident)),
        severity,
        title: format!("Title {incident}.{n}"),
        body: String::new(),
        path: String::new(),
        to: None,
        subject: None,
        untold: None,
    }
}

fn to(chains: &[&[&str]]) -> Plan {
    let errand = |(i, chain): (usize, &&[&str])| Errand {
        rule: format!("r{i}"),
        person: None,
        chain: chain.iter().map(|name| Place { channel: (*name).to_owned(), person: None }).collect(),
        patience: Duration::from_secs(300),
    };
    Plan { errands: chains.iter().enumerate().map(errand).collect(), refusals: Vec::new() }
}

fn open_gate(_: &str) -> Gate {
    Gate::Open(30)
}

fn channels(flights: &[Flight]) -> Vec<&str> {
    flights.iter().map(|flight| flight.place.channel.as_str()).collect()
}

fn taken() -> Outcome {
    Outcome::Taken { status: Some(200), text: String::new(), missed: None }
}

fn later(after: Option<u64>) -> Outcome {
    Outcome::Later { after: after.map(Duration::from_secs), status: None, text: "busy".into() }
}

#[test]
fn each_channel_has_one_message_at_a_time_the_worst_first() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"], &["b"]]), at(0));
    book.add(&news(2, 0, Level::Critical), to(&[&["a"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    let keys: Vec<&str> = flights.iter().map(|flight| flight.key.as_str()).collect();
    assert_eq!(keys, ["incident/2/0|r0|-", "incident/1/0|r1|-"]);
    assert!(book.begin(moment(1), open_gate).is_empty(), "both are busy");
    book.landed(&flights[0], &taken(), None, at(1), 0.5);
    assert_eq!(channels(&book.begin(moment(1), open_gate)), ["a"]);
    assert_eq!(book.len(), 2);
}

#[test]
fn a_delivery_is_taken_up_once() {
    let mut book = Book::default();
    for _ in 0..3 {
        book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(0));
    }
    let flights = book.begin(moment(0), open_gate);
    book.landed(&flights[0], &taken(), None, at(0), 0.5);
    book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(5));
    assert!(book.begin(moment(5), open_gate).is_empty());
}

#[test]
fn a_place_that_heard_it_because_of_another_rule_hears_it_no_more() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"], &["a", "b"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    assert_eq!(channels(&flights), ["a"]);
    book.landed(&flights[0], &taken(), None, at(0), 0.5);
    assert!(book.begin(moment(0), open_gate).is_empty());
    let states: Vec<State> = book.unsaved.deliveries.values().map(|delivery| delivery.state).collect();
    assert_eq!(states, [State::Sent, State::Sent]);
}

#[test]
fn one_that_waits_for_a_channel_that_hangs_moves_on() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(0));
    book.add(&news(2, 0, Level::Warning), to(&[&["a", "b"]]), at(0));
    assert_eq!(channels(&book.begin(moment(0), open_gate)), ["a"]);
    assert!(book.begin(moment(299), open_gate).is_empty());
    assert_eq!(channels(&book.begin(moment(300), open_gate)), ["b"]);
}

#[test]
fn what_one_channel_keeps_waiting_hides_nothing_that_becomes_due() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"], &["b"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    book.add(&news(2, 0, Level::Warning), to(&[&["a"]]), at(0));
    let b = flights.iter().find(|flight| flight.place.channel == "b").unwrap();
    book.landed(b, &later(None), None, at(0), 0.5);
    assert_eq!(book.next_due(at(0)), Some(at(10)));
}

#[test]
fn a_channel_that_asks_to_be_left_alone_is_and_one_that_is_full_waits() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(0));
    book.add(&news(2, 0, Level::Warning), to(&[&["a"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    book.landed(&flights[0], &later(Some(100)), None, at(0), 0.5);
    assert!(book.begin(moment(50), open_gate).is_empty());
    assert_eq!(book.begin(moment(101), open_gate).len(), 1);
    let mut book = Book::default();
    for n in 0..3 {
        book.add(&news(n, 0, Level::Warning), to(&[&["a"]]), at(0));
    }
    let mut sent = 0;
    while let Some(flight) = book.begin(moment(0), |_| Gate::Open(2)).first() {
        book.landed(flight, &taken(), None, at(0), 0.5);
        sent += 1;
    }
    assert_eq!((sent, book.next_due(at(0))), (2, Some(at(30))));
}

#[test]
fn a_channel_that_is_paused_or_gone_is_left_for_the_next() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["gone", "b"], &["paused", "c"]]), at(0));
    let gate = |name: &str| match name {
        "gone" => Gate::Gone,
        "paused" => Gate::Paused,
        _ => Gate::Open(30),
    };
    assert_eq!(channels(&book.begin(moment(0), gate)), ["b"], "at once");
    assert_eq!(channels(&book.begin(moment(300), gate)), ["c"]);
}

#[test]
fn newer_news_wait_for_what_is_on_its_way_and_take_its_place_if_it_fails() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a", "b"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    book.add(&news(1, 1, Level::Warning), to(&[&["b"]]), at(1));
    assert!(book.begin(moment(1), open_gate).is_empty(), "they are told in their order");
    book.landed(&flights[0], &later(None), None, at(2), 0.5);
    let flights = book.begin(moment(2), open_gate);
    assert_eq!(flights[0].news.untold.as_ref().unwrap().title, "Title 1.0");
    assert_eq!(book.unsaved.deliveries["incident/1/0|r0|-"].state, State::Overtaken);
}

#[test]
fn the_first_message_of_an_incident_is_what_later_ones_edit() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    assert_eq!(flights[0].previous, None);
    book.landed(&flights[0], &taken(), Some("message 7".into()), at(0), 0.5);
    book.add(&news(1, 1, Level::Warning), to(&[&["a"]]), at(1));
    assert_eq!(book.begin(moment(1), open_gate)[0].previous.as_deref(), Some("message 7"));
    assert_eq!(book.unsaved.threads.len(), 1);
}

#[test]
fn what_was_on_its_way_when_hob_stopped_is_sent_again_and_what_arrived_is_not() {
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"], &["b"]]), at(0));
    let flights = book.begin(moment(0), open_gate);
    book.landed(&flights[0], &taken(), None, at(0), 0.5);
    let all: Vec<Delivery> = book.unsaved.deliveries.values().cloned().collect();
    let open: Vec<Delivery> = all.iter().filter(|delivery| delivery.state.is_open()).cloned().collect();
    let mut book = Book::restore(open, &all, HashMap::new(), at(9));
    book.add(&news(1, 0, Level::Warning), to(&[&["a"], &["b"], &["a"]]), at(9));
    let flights = book.begin(moment(9), open_gate);
    assert_eq!(channels(&flights), ["b"]);
    assert_eq!(flights[0].dedupe, "incident/1/0|r1|-|b");
}

#[test]
fn that_nobody_was_told_is_remembered_with_the_reason() {
    let mut book = Book::default();
    let refusal = Refusal { rule: "1".into(), why: "It is not for what is a warning.".into() };
    book.add(&news(1, 0, Level::Warning), Plan { errands: Vec::new(), refusals: vec![refusal] }, at(0));
    let delivery = book.unsaved.deliveries.values().next().unwrap();
    assert_eq!(
        (delivery.state, delivery.tried[0].text.as_str()),
        (State::Nobody, "It is not for what is a warning.")
    );
    assert_eq!(book.len(), 0);
}

#[test]
fn of_too_much_the_least_bad_is_given_up() {
    let mut book = Book::default();
    book.add(&news(-1, 0, Level::Critical), to(&[&["a"]]), at(0));
    for n in 0..=OPEN_MAX {
        book.add(&news(i64::try_from(n).unwrap(), 0, Level::Warning), to(&[&["a"]]), at(1 + n as u64));
    }
    assert_eq!(book.len(), OPEN_MAX);
    assert_eq!(book.begin(moment(9999), open_gate)[0].news.severity, Level::Critical);
    assert_eq!(book.unsaved.deliveries["incident/0/0|r0|-"].state, State::GivenUp);
}

#[test]
fn where_nobody_is_to_wait_the_next_channel_is_tried_at_once() {
    let mut book = Book::default();
    let mut plan = to(&[&["paused", "b"]]);
    plan.errands[0].patience = Duration::ZERO;
    book.add(&news(1, 0, Level::Warning), plan, at(0));
    let gate = |name: &str| if name == "paused" { Gate::Paused } else { Gate::Open(30) };
    assert_eq!(channels(&book.begin(moment(0), gate)), ["b"]);
}

#[test]
fn a_clock_that_is_set_makes_nothing_too_old_and_lets_nothing_wait() {
    const DAYS: u64 = 2 * 86_400;
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(0));
    book.clock_was_set(i64::try_from(DAYS * 1000).unwrap());
    assert_eq!(channels(&book.begin(moment(DAYS), open_gate)), ["a"]);
    let mut book = Book::default();
    book.add(&news(1, 0, Level::Warning), to(&[&["a"]]), at(900));
    book.clock_was_set(-600_000);
    assert_eq!(channels(&book.begin(moment(300), open_gate)), ["a"]);
}

#[test]
fn what_a_channel_said_before_it_led_elsewhere_is_not_edited() {
    let mut book = Book::default();
    let next = |book: &mut Book, n: u32| {
        book.add(&news(1, n, Level::Warning), to(&[&["a"]]), at(0));
        book.begin(moment(0), open_gate).remove(0)
    };
    let first = next(&mut book, 0);
    book.landed(&first, &taken(), Some("7".into()), at(0), 0.5);
    let second = next(&mut book, 1);
    assert_eq!(second.previous.as_deref(), Some("7"));
    // It changes while the second message is on its way to the old place.
    book.forget_threads("a");
    book.landed(&second, &taken(), Some("7".into()), at(0), 0.5);
    assert!(book.unsaved.threads.is_empty());
    assert_eq!(next(&mut book, 2).previous, None);
}
