//! Background work: letting time pass, telling the house, writing pings.

use crate::book::Book;
use crate::desk::{Desk, desk};
use crate::model::SOURCE;
use crate::model::judge::resource_of;
use crate::store;
use hob_base::resource::Moment;
use hob_base::units::Bytes;
use hob_base::wording::counted;
use hob_base::{Error, Result};
use hob_feature::{Ctx, Job};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::info;

/// How often pings are written: what is acknowledged and not yet written can be lost by a power cut.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// How often to look whether the clock jumped, and whether there is something to tell that is no news.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How soon a ping that was held back counts.
const HELD: Duration = Duration::from_millis(200);
/// A clock that goes wrong by less than this has not jumped.
const JUMP: Duration = Duration::from_secs(60);
/// How many observations are made before the book is opened again.
const BATCH: usize = 500;
const TIDY_EVERY: Duration = Duration::from_secs(3600);

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![
        Job::listener("pings.watch", watch),
        Job::listener("pings.write", write),
        Job::pass("pings.tidy", TIDY_EVERY, tidy),
    ]
}

async fn watch(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx).await?;
    let mut last = ctx.clock.moment();
    while !stop.is_cancelled() {
        let now = ctx.clock.moment();
        match jump(last, now) {
            Some(Jump::Ahead(by)) => {
                info!(
                    seconds = by.as_secs(),
                    "the clock ran ahead: what was due meanwhile is given its grace anew"
                );
                desk.with(|book| book.wake(now));
            }
            Some(Jump::Back(by)) => {
                info!(
                    seconds = by.as_secs(),
                    "the clock was set back: scheduled jobs are expected from now on"
                );
                desk.with(|book| book.rebase(now));
            }
            None => {}
        }
        last = now;
        desk.with(|book| {
            book.release(now, false);
            book.pass_time(now);
            book.ripen(now);
        });
        tell(&ctx, &desk).await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = desk.bell.notified() => {}
            () = ctx.clock.sleep(pause(&ctx, &desk)) => {}
        }
    }
    Ok(())
}

/// How the wall clock went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jump {
    /// The machine slept, or its clock was set.
    Ahead(Duration),
    /// Its clock was set back.
    Back(Duration),
}

fn jump(last: Moment, now: Moment) -> Option<Jump> {
    let passed = now.monotonic.saturating_sub(last.monotonic);
    let expected = last.wall.plus(passed);
    let (ahead, back) = (now.wall.since(expected), expected.since(now.wall));
    if ahead > JUMP {
        return Some(Jump::Ahead(ahead));
    }
    (back > JUMP).then_some(Jump::Back(back))
}

/// Until the next job is due; not long, since the clock is to be watched.
fn pause(ctx: &Ctx, desk: &Desk) -> Duration {
    let look = desk.with(|book| if book.holds_back() { Some(HELD) } else { None }).flatten();
    let next = desk.with(|book| book.next_look()).flatten();
    let until = next.map_or(LOOK_EVERY, |at| at.since(ctx.clock.now()));
    until.clamp(Duration::from_millis(1), look.unwrap_or(LOOK_EVERY))
}

async fn tell(ctx: &Ctx, desk: &Desk) {
    for handle in desk.with(Book::take_gone).unwrap_or_default() {
        ctx.resources.withdraw(SOURCE, resource_of(&handle)).await;
    }
    loop {
        let now = ctx.clock.moment();
        let news = desk.with(|book| book.take_news(now, BATCH)).unwrap_or_default();
        if news.is_empty() {
            return;
        }
        for observation in news {
            ctx.resources.observe(observation).await;
        }
    }
}

async fn write(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx).await?;
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => break,
            () = ctx.clock.sleep(WRITE_EVERY) => {}
        }
        // What the database refuses waits, and the log says so once.
        let _ = desk.flush(&ctx).await;
    }
    desk.with(|book| book.release(ctx.clock.moment(), true));
    desk.flush(&ctx).await.map(|_| ())
}

async fn tidy(ctx: Ctx) -> Result<String> {
    let desk = desk(&ctx).await?;
    let count = desk.with(|book| {
        book.repeat(ctx.clock.moment());
        book.len()
    });
    desk.bell.notify_one();
    let bytes = store::tidy_bodies(&ctx.db).await?;
    let count = count.ok_or_else(|| Error::Unavailable("The book of jobs is not open.".to_owned()))?;
    let bytes = Bytes(bytes.unsigned_abs());
    Ok(format!("Hob knows {} and keeps {bytes} of what was posted.", counted(count, "scheduled job")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Timestamp;

    #[test]
    fn a_clock_that_runs_ahead_or_back_is_noticed() {
        let moment = |wall: i64, monotonic: u64| Moment {
            wall: Timestamp::from_millis(wall * 1000),
            monotonic: Duration::from_secs(monotonic),
        };
        let last = moment(1_790_000_000, 100);
        assert_eq!(jump(last, moment(1_790_000_010, 110)), None);
        assert_eq!(jump(last, moment(1_790_000_060, 110)), None, "less than a minute");
        assert_eq!(jump(last, moment(1_790_003_610, 110)), Some(Jump::Ahead(Duration::from_secs(3600))));
        assert_eq!(jump(last, moment(1_789_996_410, 110)), Some(Jump::Back(Duration::from_secs(3600))));
    }
}
