//! The book of alerts in this hub's memory, filled from the resources when it is first opened.

use crate::model::book::{Book, Now};
use crate::model::{SOURCE, facts};
use hob_base::Timestamp;
use hob_feature::Ctx;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
struct Kept(Mutex<Option<Open>>);

struct Open {
    book: Book,
    since: Timestamp,
}

/// Opens the book for a short time. What is done with it must not wait.
pub(crate) fn with_book<T>(ctx: &Ctx, read: impl FnOnce(&mut Book, Now) -> T) -> T {
    let now = Now::from(ctx.clock.moment());
    let kept = ctx.memory.of::<Kept>();
    let mut open = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    let open = open.get_or_insert_with(|| load(ctx, now));
    read(&mut open.book, now)
}

/// When the book was opened first.
pub(crate) fn open_since(ctx: &Ctx) -> Timestamp {
    // The pass opens it as the hub starts.
    with_book(ctx, |_, _| ());
    let kept = ctx.memory.of::<Kept>();
    let open = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    open.as_ref().map_or_else(|| ctx.clock.now(), |open| open.since)
}

fn load(ctx: &Ctx, now: Now) -> Open {
    let mut book = Book::default();
    for resource in ctx.resources.of_kind("alert") {
        let word = resource.words.get(&SOURCE.into());
        if let Some((alert, phase, since)) = word.and_then(facts::alert_of) {
            book.restore(alert, phase, since, now);
        }
    }
    Open { book, since: now.wall }
}
