//! Sending: the listener that hears messages and empties the outbox, and the pass that forgets who is silent.

use super::book::{Book, Browser};
use super::letter::{self, Letter};
use super::life::{self, Due};
use super::outbox::{Done, Outbox, Parcel};
use super::{Desk, contact, desk, locked, rights};
use crate::config;
use crate::store::browsers as store;
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::Ctx;
use ntfy_protocol::{Event, Message};
use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use webpush::{Failure, Fate};

/// How many letters are on their way at once.
const AT_ONCE: usize = 16;
/// How often it is written down how browsers are.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// How many messages may wait to be heard: more come at once only where thousands are published a second.
const HEARD_MAX: usize = 8192;
/// How many warnings one pass sends.
const WARNINGS: usize = 50;

/// A letter on its way.
type Sending = JoinSet<(String, Parcel, Result<(), Failure>)>;

/// Hears every message and sends it to the browsers that want it.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx).await?;
    let mut tap = crate::desk::desk(&ctx).broker.tap(HEARD_MAX);
    let (sending, lanes) = (JoinSet::new(), HashMap::new());
    let mut round = Round { ctx: ctx.clone(), desk: desk.clone(), sending, lanes };
    let mut write_at = ctx.clock.monotonic() + WRITE_EVERY;
    while !stop.is_cancelled() {
        round.fill();
        let now = ctx.clock.monotonic();
        let next = locked(&desk.outbox).next().filter(|_| round.sending.len() < AT_ONCE);
        let wake = next.map_or(write_at, |at| at.min(write_at));
        tokio::select! {
            () = stop.cancelled() => break,
            heard = tap.recv() => match heard {
                Some(delivery) => round.hear(&delivery.message).await,
                // The broker was closed: the hub stops, or the broker is begun anew and so is this.
                None => break,
            },
            done = finished(&mut round.sending) => round.done(done).await,
            () = desk.bell.notified() => {}
            () = ctx.clock.sleep(wake.saturating_sub(now)) => {}
        }
        if ctx.clock.monotonic() >= write_at {
            write(&ctx, &desk).await;
            write_at = ctx.clock.monotonic() + WRITE_EVERY;
        }
    }
    write(&ctx, &desk).await;
    Ok(())
}

type Finished = std::result::Result<(Id, (String, Parcel, Result<(), Failure>)), tokio::task::JoinError>;

/// The next letter that arrived or did not; waits for ever while none is on its way.
async fn finished(sending: &mut Sending) -> Finished {
    match sending.join_next_with_id().await {
        Some(done) => done,
        None => pending().await,
    }
}

/// What the listener has in its hands.
struct Round {
    ctx: Ctx,
    desk: Arc<Desk>,
    sending: Sending,
    /// Whose letter a task sends.
    lanes: HashMap<Id, String>,
}

impl Round {
    /// Puts a message into the lanes of those who want it.
    async fn hear(&mut self, message: &Message) {
        if !matches!(message.event, Event::Message | Event::MessageDelete | Event::MessageClear) {
            return;
        }
        let wanted = self.desk.book(|book| book.of_topic(&message.topic)).unwrap_or_default();
        if wanted.is_empty() {
            return;
        }
        if let Err(error) = put(&self.ctx, &self.desk, message).await {
            warn!(reason = error.chain(), "a message does not reach browsers");
        }
    }

    /// Sends as many letters at once as may be.
    fn fill(&mut self) {
        let room = AT_ONCE.saturating_sub(self.sending.len());
        let now = self.ctx.clock.monotonic();
        for (id, parcel) in locked(&self.desk.outbox).take(room, now) {
            let (ctx, desk, lane) = (self.ctx.clone(), self.desk.clone(), id.clone());
            let task = self.sending.spawn(async move {
                let browser = desk.book(|book| book.get(&id)).flatten();
                let result = match browser {
                    Some(browser) => send(&ctx, &desk, &browser, &parcel.letter).await,
                    None => Ok(()),
                };
                (id, parcel, result)
            });
            self.lanes.insert(task.id(), lane);
        }
    }

    async fn done(&mut self, finished: Finished) {
        match finished {
            Ok((task, (id, parcel, result))) => {
                self.lanes.remove(&task);
                note(&self.ctx, &self.desk, &id, &result).await;
                let (done, now) = (fate(&result), self.ctx.clock.monotonic());
                if locked(&self.desk.outbox).done(&id, parcel, done, now)
                    && let Err(failure) = result
                {
                    warn!(browser = id, reason = %failure, "a message to a browser was given up");
                }
            }
            Err(error) => {
                let id = self.lanes.remove(&error.id());
                warn!(browser = id, reason = %error, "sending a message to a browser failed");
                if let Some(id) = id {
                    locked(&self.desk.outbox).forget(&id);
                }
            }
        }
    }
}

fn fate(result: &Result<(), Failure>) -> Done {
    match result {
        Err(Failure { fate: Fate::Later(wait), .. }) => Done::Again(*wait),
        _ => Done::Over,
    }
}

/// Puts a message into the lanes of those who want it and may have it.
///
/// # Errors
/// When it cannot be found out who may.
pub(super) async fn put(ctx: &Ctx, desk: &Desk, message: &Message) -> Result<()> {
    let keep = config::settings(ctx).keep;
    let wanted = desk.book(|book| book.of_topic(&message.topic)).unwrap_or_default();
    let people: Vec<&str> = wanted.iter().filter_map(|browser| browser.person.as_deref()).collect();
    let readers = rights::readers(ctx, desk, &people).await?;
    let mut letters: HashMap<String, Letter> = HashMap::new();
    for browser in wanted {
        if !readers.may(ctx, browser.person.as_deref(), &message.topic).await {
            continue;
        }
        let site = site(ctx, &browser);
        let letter =
            letters.entry(site).or_insert_with_key(|site| letter::of_message(message, site, keep)).clone();
        locked(&desk.outbox).put(&browser.id, letter, ctx.clock.monotonic());
    }
    desk.bell.notify_one();
    Ok(())
}

/// Where the browser knows the topic: on Hob's own pages, or where clients of the protocol have the push server.
fn site(ctx: &Ctx, browser: &Browser) -> String {
    let base = config::settings(ctx).base_url.clone().filter(|_| !browser.own);
    base.unwrap_or_else(|| browser.site.clone())
}

/// Sends one letter.
pub(crate) async fn send(ctx: &Ctx, desk: &Desk, browser: &Browser, letter: &Letter) -> Result<(), Failure> {
    let unready = |error: hob_base::Error| Failure {
        fate: Fate::Later(None),
        status: None,
        sentence: error.to_string(),
    };
    let sender = desk.sender().map_err(unready)?;
    let message = webpush::Message {
        payload: &letter.payload,
        ttl: letter.ttl,
        urgency: letter.urgency,
        topic: letter.replaces.clone(),
        contact: &contact(ctx, browser),
    };
    let now = ctx.clock.now().millis().div_euclid(1000);
    sender.send(&browser.subscription, &message, now).await
}

/// Notes what became of a letter: who is gone is forgotten.
pub(crate) async fn note(ctx: &Ctx, desk: &Desk, id: &str, result: &Result<(), Failure>) {
    let now = ctx.clock.now();
    match result {
        Ok(()) => desk.book(|book| book.note(id, None, now)),
        Err(Failure { fate: Fate::Gone, .. }) => {
            info!(browser = id, "a browser no longer wants messages and is forgotten");
            if let Err(error) = forget(ctx, desk, &[id.to_owned()]).await {
                warn!(reason = error.chain(), "a browser that is gone cannot be taken from the table");
            }
            Some(())
        }
        Err(failure) => desk.book(|book| book.note(id, Some(&failure.sentence), now)),
    };
}

/// Forgets browsers.
///
/// # Errors
/// When the database does not answer; they are out of memory all the same.
pub(crate) async fn forget(ctx: &Ctx, desk: &Desk, ids: &[String]) -> Result<()> {
    for id in ids {
        desk.book(|book| book.remove(id));
        locked(&desk.outbox).forget(id);
    }
    store::delete(&ctx.db, ids).await
}

/// Writes down how browsers are.
async fn write(ctx: &Ctx, desk: &Desk) {
    let states = desk.book(Book::take_unsaved).unwrap_or_default();
    locked(&desk.outbox).tidy(ctx.clock.monotonic());
    if states.is_empty() {
        return;
    }
    if let Err(error) = store::save_states(&ctx.db, &states).await {
        warn!(reason = error.chain(), "how browsers are cannot be written; it is tried again");
        desk.book(|book| book.still_unsaved(states.into_iter().map(|(id, _)| id)));
    }
}

/// Forgets who was silent or failed for too long, and tells those who soon will be.
pub(crate) async fn tidy(ctx: Ctx) -> Result<String> {
    let desk = desk(&ctx).await?;
    let mut gone = rights::forget_strangers(&ctx, &desk).await?;
    let now = ctx.clock.now();
    let (mut old, mut warned) = (Vec::new(), Vec::new());
    desk.book(|book| {
        for browser in book.all() {
            match life::due(&browser.state, now) {
                Due::Nothing => {}
                Due::Forget => old.push(browser.id.clone()),
                Due::Warn => warned.push(browser.clone()),
            }
        }
    });
    gone += old.len();
    if !old.is_empty() {
        forget(&ctx, &desk, &old).await?;
    }
    warned.truncate(WARNINGS);
    for browser in &warned {
        let result = send(&ctx, &desk, browser, &letter::expiring()).await;
        note(&ctx, &desk, &browser.id, &result).await;
        if result.is_ok() {
            desk.book(|book| book.change(&browser.id, |state| state.warned_at = Some(now)));
        }
    }
    write(&ctx, &desk).await;
    let known = desk.book(|book| book.all().count()).unwrap_or_default();
    let outbox = locked(&desk.outbox);
    Ok(report(known, gone, warned.len(), &outbox))
}

fn report(known: usize, gone: usize, warned: usize, outbox: &Outbox) -> String {
    let mut text = format!("Messages go to {}", counted(known, "browser"));
    if gone > 0 {
        text.push_str(&format!("; {} forgotten", counted(gone, "browser")));
    }
    if warned > 0 {
        text.push_str(&format!("; {} told that they will be", counted(warned, "browser")));
    }
    if outbox.waiting() > 0 {
        text.push_str(&format!("; {} waiting", counted(outbox.waiting(), "letter")));
    }
    if outbox.dropped() > 0 {
        text.push_str(&format!("; {} dropped since the start", outbox.dropped()));
    }
    text.push('.');
    text
}
