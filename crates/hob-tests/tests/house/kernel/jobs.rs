//! Background work that panics, fails, ends or hangs.

use crate::support::{PATIENCE, level, shown};
use hob_base::{Clock, Error, Level, Timestamp};
use hob_feature::jobs::JobStatus;
use hob_feature::{Ctx, Feature, Job};
use hob_testkit::hub::TestHub;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often each job of these tests has begun, and what it does.
#[derive(Default)]
struct Begun {
    bad: AtomicU64,
    good: AtomicU64,
    well_again: std::sync::atomic::AtomicBool,
}

fn begun(ctx: &Ctx) -> Arc<Begun> {
    ctx.memory.of()
}

fn good() -> Job {
    Job::pass("test.good", Duration::from_secs(1), |ctx| async move {
        Ok(format!("Ran {} times.", begun(&ctx).good.fetch_add(1, Ordering::SeqCst) + 1))
    })
}

static PANICS: &[Feature] = &[Feature {
    jobs: |_| {
        let panics = Job::pass("test.bad", Duration::from_secs(1), |ctx| async move {
            begun(&ctx).bad.fetch_add(1, Ordering::SeqCst);
            assert!(begun(&ctx).well_again.load(Ordering::SeqCst), "the kettle boiled over");
            Ok("The kettle sings.".to_owned())
        });
        vec![panics, good()]
    },
    ..Feature::new("test", "Test")
}];

static ENDS: &[Feature] = &[Feature {
    jobs: |_| {
        let ends = Job::listener("test.bad", |ctx, _| async move {
            match begun(&ctx).bad.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(()),
                1 => Err(Error::Unavailable("The line is dead.".to_owned())),
                _ => panic!("the kettle boiled over"),
            }
        });
        vec![ends, good()]
    },
    ..Feature::new("test", "Test")
}];

static HANGS: &[Feature] = &[Feature {
    jobs: |_| {
        let pass = Job::pass("test.bad", Duration::from_secs(1), |_| std::future::pending());
        let listener = Job::listener("test.listens", |_, stop| async move {
            stop.cancelled().await;
            Ok(())
        });
        vec![pass, listener, good()]
    },
    ..Feature::new("test", "Test")
}];

fn status(ctx: &Ctx, name: &str) -> JobStatus {
    ctx.jobs.list().into_iter().find(|job| job.name == name).unwrap()
}

/// Lets the fake clock run in small steps until the job has begun once more; returns how long that took.
async fn until_it_begins_again(ctx: &Ctx, clock: &Clock) -> Duration {
    let (before, start) = (begun(ctx).bad.load(Ordering::SeqCst), clock.monotonic());
    while begun(ctx).bad.load(Ordering::SeqCst) == before {
        clock.advance(Duration::from_millis(250));
        ctx.resources.settle().await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert!(clock.monotonic() - start < Duration::from_secs(300), "it never began again");
    }
    clock.monotonic() - start
}

#[tokio::test]
async fn a_job_that_panics_is_counted_shown_and_tried_again_later_and_later() {
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    let hub = TestHub::with(PANICS).clock(clock.clone()).start().await;
    let ctx = hub.ctx();
    hub.wait_until("the first panic", PATIENCE, |ctx| status(ctx, "test.bad").panics == 1).await;
    ctx.resources.settle().await;
    let job = shown(ctx, "job/hob/test.bad").unwrap();
    assert_eq!(job.health.level, Level::Critical);
    assert!(job.health.evidence.contains("the kettle boiled over"), "{}", job.health.evidence);
    assert_eq!(level(ctx, "job/hob/test.good"), Some(Level::Ok), "the others go on");

    let mut pauses = Vec::new();
    for _ in 0..5 {
        pauses.push(until_it_begins_again(ctx, &clock).await.as_secs_f64());
    }
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1] + 0.5), "{pauses:?}");
    assert!(pauses[4] >= 8.0, "{pauses:?}");
    hub.wait_until("all panics are counted", PATIENCE, |ctx| status(ctx, "test.bad").panics == 6).await;
    assert!(ctx.metrics.render().contains("job_panics_total 6"), "{}", ctx.metrics.render());

    begun(ctx).well_again.store(true, Ordering::SeqCst);
    assert_eq!(hub.run_job("test.bad").await, "The kettle sings.");
    assert_eq!(level(ctx, "job/hob/test.bad"), Some(Level::Ok));
    assert!(begun(ctx).good.load(Ordering::SeqCst) > 6, "the good one ran every second");
}

#[tokio::test]
async fn a_listener_that_ends_fails_or_panics_is_started_again() {
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    let hub = TestHub::with(ENDS).clock(clock.clone()).start().await;
    let ctx = hub.ctx();
    let said = |ctx: &Ctx| shown(ctx, "job/hob/test.bad").map(|job| job.health.evidence.clone());
    for expected in ["nobody asked it to", "The line is dead", "It panicked: the kettle boiled over"] {
        let hint = format!("the page says “{expected}”");
        hub.wait_until(&hint, PATIENCE, |ctx| said(ctx).is_some_and(|text| text.contains(expected))).await;
        until_it_begins_again(ctx, &clock).await;
    }
    assert!(status(ctx, "test.bad").runs >= 3);
}

#[tokio::test]
async fn a_pass_that_hangs_holds_up_neither_the_others_nor_the_end() {
    let hub = TestHub::with(HANGS).start().await;
    // It would be given up after half a minute.
    hub.run_job("test.good").await;
    assert!(status(hub.ctx(), "test.bad").running);
    hub.stop().await;
}

#[tokio::test]
async fn a_hub_with_work_and_open_connections_stops_within_five_seconds() {
    let hub = TestHub::with(HANGS).start().await;
    let mut connections = Vec::new();
    for _ in 0..20 {
        connections.push(tokio::net::TcpStream::connect(hub.address()).await.unwrap());
    }
    assert_eq!(hub.client().get("/healthz").await.status, 200);
    let begun = tokio::time::Instant::now();
    hub.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn who_asks_for_a_run_gets_the_result_of_one_that_began_afterwards() {
    let hub = TestHub::with(PANICS).start().await;
    let before = begun(hub.ctx()).good.load(Ordering::SeqCst);
    let reports = [hub.run_job("test.good").await, hub.run_job("test.good").await];
    assert_ne!(reports[0], reports[1]);
    assert!(begun(hub.ctx()).good.load(Ordering::SeqCst) >= before + 2);
}
