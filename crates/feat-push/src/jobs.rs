//! Background work: the port, writing, delivering what is due, forgetting what is old, and how it goes.

use crate::browsers::post;
use crate::desk::desk;
use crate::store::{attachments, messages, tokens};
use crate::{config, files, mail_door, outgoing, port, shown, stream, upstream, writer};
use hob_base::units::Bytes;
use hob_base::wording::counted;
use hob_base::{Error, Health, Observation, ResourceId, Result};
use hob_feature::{Ctx, Job};
use ntfy_protocol::Message;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often subscribers whose turn it is are told that the connection lives.
const TICK: Duration = Duration::from_secs(1);
/// How often to look what is due, whatever the clock does.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How many due messages are delivered at once.
const DUE: i64 = 200;
const TIDY_EVERY: Duration = Duration::from_secs(600);
const REPORT_EVERY: Duration = Duration::from_secs(60);
const BROWSERS_EVERY: Duration = Duration::from_secs(3600);
/// How many rows go with one statement: writers do not wait long for it.
const FORGET: i64 = 500;
/// Tokens that have ended stay in lists this long, so that their owner learns why something stopped working.
const TOKEN_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// A file without a message is removed after this: until then its message may be on its way.
const ORPHAN: Duration = Duration::from_secs(3600);

pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    let settings = config::settings(ctx);
    if !settings.enabled {
        return Vec::new();
    }
    let mut jobs = vec![
        Job::listener("push.write", writer::run),
        Job::listener("push.clock", tick),
        Job::listener("push.port", port::run),
        Job::listener("push.sockets", stream::carry_upgraded),
        Job::listener("push.due", deliver_due),
        Job::listener("push.browsers", post::run),
        Job::listener("push.mail-in", mail_door::run),
        Job::listener("push.mail-out", outgoing::run),
        Job::listener("push.pages", shown::run),
        Job::pass("push.tidy", TIDY_EVERY, tidy),
        Job::pass("push.report", REPORT_EVERY, report),
        Job::pass("push.browsers-tidy", BROWSERS_EVERY, post::tidy),
    ];
    if settings.upstream.is_some() {
        jobs.push(Job::listener("push.upstream", upstream::run));
    }
    jobs
}

/// One clock for all subscriptions; and the end of all of them when the hub stops.
async fn tick(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx);
    let broker = &desk.broker;
    let round = config::settings(&ctx).keepalive.as_secs();
    broker.open(usize::try_from(round).unwrap_or(1));
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {
                broker.tick();
                desk.figures(&ctx).subscribers.set(i64::try_from(broker.subscribers()).unwrap_or(i64::MAX));
            }
        }
    }
    broker.close();
    Ok(())
}

/// Delivers what was for later.
async fn deliver_due(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx);
    while !stop.is_cancelled() {
        let due = messages::due(&ctx.db, ctx.clock.now(), DUE).await?;
        if !due.is_empty() {
            let due = due.into_iter().map(|(id, json)| revive(id, &json)).collect();
            writer::deliver(&ctx, due).await.map_err(|refusal| Error::Unavailable(refusal.error.into()))?;
            continue;
        }
        let (next, waiting) = messages::waiting(&ctx.db).await?;
        desk.scheduled.store(waiting, Ordering::Relaxed);
        let now = ctx.clock.now();
        if next.is_some_and(|at| at <= now) {
            // It became due just now.
            continue;
        }
        let pause = next.map_or(LOOK_EVERY, |at| at.since(now).min(LOOK_EVERY));
        tokio::select! {
            () = stop.cancelled() => break,
            () = desk.due.notified() => {}
            () = ctx.clock.sleep(pause) => {}
        }
    }
    Ok(())
}

/// A message that cannot be read any more is marked as delivered all the same: it must not be tried for ever.
fn revive(id: String, json: &str) -> (String, Message) {
    let message = Message::from_json(json.as_bytes()).unwrap_or_default();
    (id, message)
}

async fn tidy(ctx: Ctx) -> Result<String> {
    let settings = config::settings(&ctx);
    let now = ctx.clock.now();
    let mut forgotten = 0;
    loop {
        let gone = messages::forget_expired(&ctx.db, now, FORGET).await?;
        forgotten += gone;
        if gone == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut count = messages::count(&ctx.db).await?;
    while count > settings.keep_messages {
        let over = i64::try_from(count - settings.keep_messages).unwrap_or(FORGET).min(FORGET);
        let gone = messages::forget_oldest(&ctx.db, over).await?;
        if gone == 0 {
            break;
        }
        (count, forgotten) = (count - gone.min(count), forgotten + gone);
        tokio::task::yield_now().await;
    }
    tokens::remove_expired_tokens(&ctx.db, now.minus(TOKEN_KEPT)).await?;
    let files = tidy_files(&ctx).await?;
    Ok(format!(
        "{} kept, {} forgotten, {} removed; attachments take {}.",
        counted(usize::try_from(count).unwrap_or(usize::MAX), "message"),
        forgotten,
        counted(files, "file"),
        Bytes(desk(&ctx).attached.bytes())
    ))
}

/// Removes files that expired, and those of which no message knows.
async fn tidy_files(ctx: &Ctx) -> Result<usize> {
    let (desk, now) = (desk(ctx), ctx.clock.now());
    // Known before anything is taken away from it.
    desk.attached.know(&ctx.db).await?;
    let mut removed = 0;
    loop {
        let expired = attachments::expired(&ctx.db, now, FORGET).await?;
        if expired.is_empty() {
            break;
        }
        for (id, bytes) in &expired {
            // The file first: a row without a file is tried again, a file without a row is found below.
            remove(ctx, id).await?;
            attachments::forget(&ctx.db, id).await?;
            desk.attached.release(bytes.unsigned_abs());
            removed += 1;
        }
    }
    removed += remove_orphans(ctx).await?;
    Ok(removed)
}

async fn remove(ctx: &Ctx, id: &str) -> Result<()> {
    let Some(path) = files::path_of(ctx, id) else { return Ok(()) };
    match tokio::fs::remove_file(&path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::internal(format!("Removing {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

async fn remove_orphans(ctx: &Ctx) -> Result<usize> {
    let Ok(mut entries) = tokio::fs::read_dir(files::directory(ctx)).await else { return Ok(0) };
    let mut removed = 0;
    while let Ok(Some(entry)) = entries.next_entry().await {
        let Some(id) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let age = entry.metadata().await.ok().and_then(|metadata| metadata.modified().ok()?.elapsed().ok());
        if age.is_none_or(|age| age < ORPHAN) || attachments::exists(&ctx.db, &id).await? {
            continue;
        }
        remove(ctx, &id).await?;
        removed += 1;
    }
    Ok(removed)
}

/// Says how the push server is.
async fn report(ctx: Ctx) -> Result<String> {
    let desk = desk(&ctx);
    let hour = ctx.clock.now().minus(Duration::from_secs(3600));
    let messages = messages::count_since(&ctx.db, hour).await?;
    let (subscribers, topics) = (desk.broker.subscribers(), desk.broker.topics());
    let health = match (desk.address(), config::settings(&ctx).listen) {
        (Some(_), _) | (None, config::Listen::Nowhere) => Health::ok("It takes messages and hands them on."),
        (None, _) => Health::critical("Its port is not open, so phones and scripts cannot reach it.")
            .with_remedy("The job push.port says why, and what to set."),
    };
    let observation = Observation::new("push", ResourceId::new("push", "hob", "server"), REPORT_EVERY * 5)
        .named("Push server of Hob")
        .judged(health)
        .fact("subscribers", subscribers as f64)
        .fact("topics", topics as f64)
        .fact("messages in the last hour", messages as f64)
        .needs(ctx.this_host());
    ctx.resources.observe(observation).await;
    let mail = mail_door::address(&ctx).map_or_else(String::new, |at| format!(" Mail is taken on {at}."));
    Ok(format!("{} on {}.{mail}", counted(subscribers, "subscriber"), counted(topics, "topic")))
}
