//! Background work: letting time pass in the book, and telling the house what changed.

use crate::memory::with_book;
use crate::model::alert::Fingerprint;
use crate::model::book::Entry;
use crate::model::edges::Known;
use crate::model::{SOURCE, judge};
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::{Ctx, Job};
use std::time::Duration;

/// The pass that tells the house of alerts; posting alerts pokes it.
pub(crate) const TELL: &str = "alertmanager.tell";
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How many alerts are told of before the book is opened again.
const BATCH: usize = 500;

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![Job::pass(TELL, TELL_EVERY, tell)]
}

async fn tell(ctx: Ctx) -> Result<String> {
    with_book(&ctx, |book, now| {
        book.tick(now);
        book.forget_unknown(|fingerprint: Fingerprint| ctx.resources.get(&fingerprint.resource()).is_some());
    });
    let mut known = None;
    loop {
        let (gone, unsaid) =
            with_book(&ctx, |book, now| (book.take_gone(BATCH), book.take_unsaid(BATCH, now)));
        if gone.is_empty() && unsaid.is_empty() {
            break;
        }
        for fingerprint in gone {
            ctx.resources.withdraw(SOURCE, fingerprint.resource()).await;
        }
        let known = known.get_or_insert_with(|| {
            Known::of(&ctx.resources.of_kind("host"), &ctx.resources.of_kind("service"))
        });
        for (fingerprint, entry) in unsaid {
            say(&ctx, known, fingerprint, &entry).await;
        }
    }
    let counts = with_book(&ctx, |book, _| book.counts());
    Ok(match (counts.firing, counts.lost) {
        (0, 0) => "No alert fires.".to_owned(),
        (firing, 0) => format!("{}.", fire(firing)),
        (firing, lost) => {
            format!("{}; of {} nothing is heard any more.", fire(firing), counted(lost, "other"))
        }
    })
}

fn fire(count: usize) -> String {
    format!("{} {}", counted(count, "alert"), if count == 1 { "fires" } else { "fire" })
}

async fn say(ctx: &Ctx, known: &Known, fingerprint: Fingerprint, entry: &Entry) {
    let needs = known.needs(&entry.alert.labels);
    let time = |at: hob_base::Timestamp| at.date_time(&ctx.zone);
    ctx.resources.observe(judge::observation(fingerprint, &entry.alert, entry.phase, needs, time)).await;
}
