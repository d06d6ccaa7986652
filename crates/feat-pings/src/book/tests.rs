use super::*;
use crate::model::address::random_uuid;
use crate::model::definition::read_schedule;
use recurrence::Length;

fn moment(ms: u64) -> Moment {
    let passed = Duration::from_millis(ms);
    Moment { wall: Timestamp::from_millis(1_800_000_000_000).plus(passed), monotonic: passed }
}

fn job(id: JobId, slug: &str) -> Job {
    let code = random_uuid(u128::try_from(id).unwrap().to_be_bytes());
    let definition = Definition {
        slug: slug.to_owned(),
        schedule: read_schedule("every 1h").unwrap(),
        grace: Length::parse("10m").unwrap(),
        ..Definition::default()
    };
    Job {
        id,
        handle: format!("{slug}-{id}").into(),
        code: code.as_str().into(),
        code_hash: CodeHash::of(&code),
        created_at: Timestamp::default(),
        definition: Arc::new(definition),
        state: State::default(),
    }
}

fn incoming(action: Action, body: &'static [u8]) -> Incoming {
    let head = Head { method: "POST".to_owned(), ..Head::default() };
    Incoming { action, head, body: Bytes::from_static(body), size: body.len() as u64 }
}

fn book(jobs: &[Job]) -> Book {
    let mut book = Book::new(TimeZone::UTC, "key");
    jobs.iter().for_each(|job| book.put(job.clone(), moment(0)));
    book
}

#[test]
fn jobs_are_found_by_their_secret_and_by_key_and_slug() {
    let mut book = book(&[job(1, "a"), job(2, "b"), job(3, "b")]);
    assert_eq!(book.by_code(&job(2, "b").code).unwrap().id, 2);
    assert!(book.by_code("").is_none());
    assert_eq!(book.find_slug("key", "a"), Found::Job(1));
    assert_eq!(book.find_slug("key", "b"), Found::Ambiguous);
    assert_eq!(book.find_slug("key", "c"), Found::NoSuchSlug);
    assert_eq!(book.find_slug("kez", "a"), Found::Nothing);
    book.remove(2);
    assert_eq!(book.find_slug("key", "b"), Found::Job(3));
    assert_eq!(book.take_gone(), ["b-2".into()]);
    // Another slug and handle under the same number.
    book.put(Job { handle: "other".into(), ..job(3, "other") }, moment(1));
    assert_eq!(book.find_slug("key", "b"), Found::NoSuchSlug);
    assert_eq!(book.take_gone(), ["b-3".into()]);
    assert_eq!(book.next_id(), 4);
}

#[test]
fn only_what_is_due_is_looked_at_and_told_once() {
    let mut book = book(&[job(1, "a"), job(2, "b")]);
    assert_eq!(book.take_news(moment(0), 9).len(), 2);
    assert_eq!(book.next_look(), None);
    book.ping(1, incoming(Action::Success, b""), moment(1000));
    assert_eq!(book.take_news(moment(1000), 9).len(), 1);
    assert_eq!(book.next_look(), Some(moment(3_601_000).wall));
    book.pass_time(moment(3_600_999));
    assert!(book.take_news(moment(3_600_999), 9).is_empty());
    book.pass_time(moment(3_601_000));
    let late = book.take_news(moment(3_601_000), 9);
    assert!(late[0].health.as_ref().unwrap().reason.starts_with("It is late"));
    book.pass_time(moment(4_201_000));
    let down = book.take_news(moment(4_201_000), 9);
    assert!(down[0].health.as_ref().unwrap().reason.starts_with("Expected by"));
    assert_eq!(book.next_look(), None);
}

#[test]
fn a_ping_that_is_no_news_is_told_after_a_while() {
    let mut book = book(&[job(1, "a")]);
    book.ping(1, incoming(Action::Success, b""), moment(0));
    assert_eq!(book.take_news(moment(0), 9).len(), 1);
    book.ping(1, incoming(Action::Success, b""), moment(60_000));
    book.ripen(moment(60_000));
    assert!(book.take_news(moment(60_000), 9).is_empty());
    book.ripen(moment(300_000));
    assert_eq!(book.take_news(moment(300_000), 9).len(), 1);
    book.repeat(moment(400_000));
    assert!(book.take_news(moment(400_000), 9).is_empty());
    book.repeat(moment(300_000 + 6 * 3_600_000));
    assert_eq!(book.take_news(moment(30_000_000), 9).len(), 1);
}

#[test]
fn what_waits_too_long_is_bounded_and_the_newest_stays() {
    let mut book = book(&[job(1, "a")]);
    for i in 0..WAITING_MAX as u64 + 100 {
        book.ping(1, incoming(Action::Success, b"body"), moment(i * 1000));
    }
    let (writes, states) = book.take_writes();
    assert_eq!((writes.pings.len(), writes.lost, states.len()), (WAITING_MAX, 100, 1));
    assert_eq!(writes.bytes, WAITING_MAX * 4);
    // It goes back before what came since.
    book.ping(1, incoming(Action::Fail, b""), moment(99_000_000));
    book.put_back(writes);
    let (writes, _) = book.take_writes();
    assert_eq!(writes.pings.back().unwrap().head.action, Some(Action::Fail));
    assert_eq!((writes.pings.len(), writes.lost), (WAITING_MAX, 101));
    book.remove(1);
    book.put_back(writes);
    assert!(book.take_writes().0.pings.is_empty(), "of a job that has gone nothing is written");
}

#[test]
fn hashes_survive_the_table() {
    let hash = CodeHash::of("x");
    assert_eq!(CodeHash::from_text(&hash.text()), Some(hash));
    for wrong in ["", "zz", &"z".repeat(64), &"ü".repeat(32)] {
        assert_eq!(CodeHash::from_text(wrong), None);
    }
}
