//! What ten thousand jobs that ping each minute cost. `cargo test -p feat-pings figures -- --nocapture` prints it.

use super::house::{START, definition, desk_of, everywhere};
use crate::book::{Book, CodeHash, Head, Incoming, Job};
use crate::model::address::{Action, random_uuid};
use crate::model::definition::Definition;
use crate::model::state::State;
use crate::store::{self, Row};
use bytes::Bytes;
use hob_base::Timestamp;
use hob_base::resource::Moment;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const JOBS: i64 = 10_000;

fn resident_kb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4
}

fn moment(seconds: u64) -> Moment {
    Moment { wall: START.plus(Duration::from_secs(seconds)), monotonic: Duration::from_secs(seconds) }
}

fn a_job(id: i64) -> Job {
    let code = random_uuid(u128::try_from(id).unwrap().to_be_bytes());
    let schedule = if id % 2 == 0 { "every 1m" } else { "cron * * * * *" };
    let slug = format!("job-number-{id}");
    Job {
        id,
        handle: slug.as_str().into(),
        code: code.as_str().into(),
        code_hash: CodeHash::of(&code),
        created_at: Timestamp::default(),
        definition: Arc::new(Definition { name: slug.clone(), slug, ..definition(schedule, "5m") }),
        state: State::default(),
    }
}

fn incoming(action: Action) -> Incoming {
    let head = Head {
        scheme: "http".into(),
        address: "192.0.2.17".into(),
        method: "POST".into(),
        agent: "curl/8.11.0".into(),
        ..Head::default()
    };
    let body = Bytes::from_static(b"sent 1,234 bytes  received 99 bytes");
    Incoming { action, head, body, size: 35 }
}

fn minute(book: &mut Book, at: u64) -> (Duration, Duration) {
    let start = Instant::now();
    for id in 0..JOBS {
        book.ping(id, incoming(Action::Start), moment(at));
        book.ping(id, incoming(Action::Success), moment(at + 2));
    }
    let pings = start.elapsed();
    let start = Instant::now();
    book.pass_time(moment(at + 30));
    (pings, start.elapsed())
}

#[tokio::test]
async fn ten_thousand_jobs_cost_little() {
    let before = resident_kb();
    let mut book = Book::new(TimeZone::UTC, "key");
    for id in 0..JOBS {
        book.put(a_job(id), moment(0));
    }
    let made = resident_kb().saturating_sub(before);
    let (mut pings, mut idle) = (Duration::ZERO, Duration::ZERO);
    for i in 1..=40 {
        let (took, passed) = minute(&mut book, i * 60);
        (pings, idle) = (pings + took, idle + passed);
        book.take_news(moment(i * 60 + 5), usize::MAX);
        book.take_writes();
    }
    let full = resident_kb().saturating_sub(before);
    eprintln!(
        "job {} B, definition {} B, state {} B",
        size_of::<Job>(),
        size_of::<Definition>(),
        size_of::<State>()
    );
    eprintln!(
        "10,000 jobs: {made} kB new, {full} kB with 30 runs each; a ping takes {:?}; a pass with nothing due {:?}",
        pings / (40 * 2 * JOBS as u32),
        idle / 40
    );
    // Nothing is heard any more: all are late, then down.
    let start = Instant::now();
    book.pass_time(moment(41 * 60 + 400));
    let down = start.elapsed();
    let news = book.take_news(moment(41 * 60 + 400), usize::MAX).len();
    eprintln!("all 10,000 of them due at once: {down:?}");
    assert_eq!(news, JOBS as usize);
    assert!(full < 80_000, "{full} kB");
    assert!(idle / 40 < Duration::from_millis(5), "a pass looks only at what is due: {:?}", idle / 40);
}

#[tokio::test]
async fn a_minute_of_ten_thousand_pings_is_written_in_batches() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let desk = desk_of(&hub).await;
        let ctx = hub.ctx();
        let rows: Vec<Row> = (1..=JOBS).map(row).collect();
        store::save_jobs(&ctx.db, &rows).await.unwrap();
        desk.with(|book| (1..=JOBS).for_each(|id| book.put(a_job(id), ctx.clock.moment())));
        // One second of a minute in which each pings once.
        let mut took = Duration::ZERO;
        for second in 0..10 {
            desk.with(|book| {
                for id in (second * 167 + 1)..=(second * 167 + 167) {
                    book.ping(id, incoming(Action::Success), ctx.clock.moment());
                }
            });
            let start = Instant::now();
            assert_eq!(desk.flush(ctx).await.unwrap(), 167);
            took += start.elapsed();
        }
        eprintln!("{}: a second of 10,000 pings each minute is written in {:?}", ctx.db.driver(), took / 10);
        assert!(took / 10 < Duration::from_millis(500), "{took:?}");
    }
}

fn row(id: i64) -> Row {
    let job = a_job(id);
    Row {
        id,
        handle: job.handle.to_string(),
        code_hash: job.code_hash.text(),
        code: Vec::new(),
        created_at: job.created_at,
        definition: Definition::clone(&job.definition),
        state: job.state,
    }
}
